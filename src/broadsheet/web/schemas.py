"""The request bodies of the JSON API, with their limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from broadsheet.kit.reader_actions import ReaderAction
from broadsheet.web.search_address import Mode, Sort

__all__ = ["ActionIn", "CollectionIn", "ImportIn", "In", "PaperIn", "Papers", "RenameIn", "SearchIn", "TuningIn"]


class In(BaseModel):
    """A request body: nothing but what it names."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Papers = Annotated[tuple[Annotated[str | int, Field(union_mode="left_to_right")], ...], Field(max_length=1000)]


class ActionIn(In):
    """An action on a paper; `value` is the tag's name for tag and untag."""

    action: ReaderAction
    value: Annotated[str, Field(max_length=200)] = ""
    position: Annotated[int | None, Field(ge=1)] = None
    policy: Annotated[str, Field(max_length=200)] = ""


class PaperIn(In):
    """A paper, by its number in this library or any identifier."""

    paper: Annotated[str, Field(max_length=500)]


class CollectionIn(In):
    """A collection and the papers to add to it, by number or any identifier."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    papers: Papers = ()


class RenameIn(In):
    """The new name of a collection or a saved search."""

    name: Annotated[str, Field(min_length=1, max_length=200)]


class SearchIn(In):
    """A search to save: the query `q`, `within` the results of other queries, the outermost first, `among` the papers
    of a set such as organisation:mit. Without a name it is called by its words."""

    name: Annotated[str, Field(max_length=200)] = ""
    q: Annotated[str, Field(max_length=10_000)] = ""
    within: Annotated[tuple[Annotated[str, Field(max_length=2000)], ...], Field(max_length=10)] = ()
    among: Annotated[str, Field(max_length=500)] = ""
    mode: Mode = "default"
    sort: Sort = ""


class ImportIn(In):
    """Ids in any form, one per line, or the text of a BibTeX or RIS file."""

    text: Annotated[str, Field(min_length=1, max_length=5_000_000)]


class TuningIn(In):
    """New weights, each 0 to 1; an omitted one stays as it is."""

    recency: Annotated[float | None, Field(ge=0, le=1)] = None
    diversity: Annotated[float | None, Field(ge=0, le=1)] = None
    exploration: Annotated[float | None, Field(ge=0, le=1)] = None
