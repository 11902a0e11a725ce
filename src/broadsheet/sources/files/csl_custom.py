"""What an item of CSL-JSON says under `custom`: fields of a paper that the standard has no name for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper
from broadsheet.kit.paper_json import from_json
from broadsheet.sources.records.ids import clean_url, identifiers

__all__ = ["with_custom"]

_TAKEN = (
    "summary",
    "keywords",
    "categories",
    "announced",
    "updated",
    "version",
    "is_retracted",
    "licence",
    "citations",
    "kind",
)


def with_custom(paper: Paper, custom: Any) -> Paper:
    """The paper with the fields `custom` gives as `paper_json` writes them; what it holds else is kept in `extra`."""
    if not custom:
        return paper
    try:
        if not isinstance(custom, Mapping) or "title" in custom:
            raise RecordError("custom: another program's")
        ours = from_json({**custom, "title": paper.title})
    except RecordError:
        return replace(paper, extra={**paper.extra, "custom": custom})
    given = dict(ours.ids.pairs())
    found = identifiers(arxiv=given.pop("arxiv", ""), doi=given.pop("doi", ""), given=given)
    ids = Identifiers(**{one.name: getattr(paper.ids, one.name) or getattr(found, one.name) for one in fields(found)})
    same_people = [person.name for person in ours.authors] == [person.name for person in paper.authors]
    taken: dict[str, Any] = {name: value for name in _TAKEN if (value := getattr(ours, name))}
    return replace(
        paper,
        authors=ours.authors if same_people else paper.authors,
        ids=ids,
        urls=tuple(dict.fromkeys([*paper.urls, *filter(None, map(clean_url, ours.urls))])),
        pdf_url=clean_url(ours.pdf_url) or paper.pdf_url,
        extra={**ours.extra, **paper.extra},
        **taken,
    )
