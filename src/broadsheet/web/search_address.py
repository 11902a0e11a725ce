"""The address of a page of results: every parameter that a link or a form on it has to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlencode

from fastapi import Depends, Query

from broadsheet.pipeline.search.query_fields import ORDERS

__all__ = ["LAST_PAGE", "Address", "Mode", "PageNumber", "QueryText", "SearchAddress", "Sort"]

LAST_PAGE = 50
PageNumber: TypeAlias = Annotated[int, Query(ge=1, le=LAST_PAGE)]
QueryText: TypeAlias = Annotated[str, Query(max_length=10_000, description="the query language, or text of any length")]
Sort: TypeAlias = Literal["", "relevance", "date", "votes", "citations"]
assert set(ORDERS) < set(Sort.__args__)  # type: ignore[attr-defined]
Mode: TypeAlias = Literal["default", "precise"]
_Within: TypeAlias = Annotated[list[Annotated[str, Query(max_length=2000)]] | None, Query(max_length=20)]


@dataclass(frozen=True, slots=True)
class SearchAddress:
    """A query and how it is searched, sorted and paged; what is at its default is left out of addresses."""

    q: str = ""
    within: tuple[str, ...] = ()  # earlier queries, whose results are searched; the outermost first
    among: str = ""  # a list of papers that is searched
    mode: str = "default"
    sort: str = ""  # "": as the query says
    verbatim: bool = False
    page: int = 1

    def link(self, path: str = "/search", **changes: Any) -> str:
        """The address at `path` with these parameters changed; on its first page, unless `page` is among them."""
        changed = replace(self, **{"page": 1, **changes})
        pairs = list(changed._pairs())
        return path + ("?" + urlencode(pairs) if pairs else "")

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """(name, value) of the parameters that a form keeps, except those that it asks for itself."""
        return [pair for pair in replace(self, page=1)._pairs() if pair[0] not in without]

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                yield from ((field.name, one) for one in value if one)
            elif value != field.default:
                yield field.name, "1" if value is True else str(value)


def _address(
    q: QueryText = "",
    within: _Within = None,
    among: Annotated[str, Query(max_length=2000)] = "",
    mode: Mode = "default",
    sort: Sort = "",
    verbatim: bool = False,
    page: PageNumber = 1,
) -> SearchAddress:
    return SearchAddress(q.strip(), tuple(within or ()), among, mode, sort, verbatim, page)


Address = Annotated[SearchAddress, Depends(_address)]
