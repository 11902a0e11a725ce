"""Suggestions while a query is typed: a GET that changes nothing, the same for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from broadsheet.community.accounts.limits import network_of
from broadsheet.pipeline.records import Suggestion
from broadsheet.pipeline.search.suggestions import MAX_TYPED
from broadsheet.web.accounts.common import address_of
from broadsheet.web.models import Out
from broadsheet.web.outcomes import failures
from broadsheet.web.search_address import SearchAddress
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(responses=failures(400))

_MOST = 2000  # answers to one network in five minutes, where anybody may ask


class Suggested(Out):
    """What the typed text may become: `query` is the whole text with it, `href` where choosing it leads.

    `kind` is title, author, venue or topic; `count` the number of its papers.
    """

    kind: str
    label: str
    query: str
    href: str
    count: int | None

    @classmethod
    def of(cls, suggestion: Suggestion) -> Suggested:
        """From the library's record: a title leads to its paper, anything else to a search."""
        one = suggestion
        href = SearchAddress(one.query).link() if one.paper_id is None else f"/paper/{one.paper_id}"
        return cls(kind=one.kind, label=one.label, query=one.query, href=href, count=one.count)


@router.get("/api/suggest", tags=["read"])
def suggest(
    request: Request,
    site: Here,
    q: Annotated[str, Query(max_length=MAX_TYPED, description="what is typed; its last words are completed")] = "",
) -> list[Suggested]:
    """Titles, authors, venues and topics of the library with words that begin as the last words typed, by kind."""
    if site.community.has_accounts:
        site.calls.take(f"suggestions to {network_of(address_of(request))}", _MOST, site.library.now())
    return [Suggested.of(one) for one in site.library.suggest(q)]
