"""Lists of papers of an organisation, an author, a tag or a member, and their feeds.

Of all years or one, of all fields or one, newest or most voted first, page by page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlencode

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from broadsheet.kit.fields import slug
from broadsheet.web import presenters
from broadsheet.web.daily.ballots import with_ballots
from broadsheet.web.feeds import Entry, Listing, feed_answer
from broadsheet.web.restricting import FieldName, Restriction, of_field, restricted
from broadsheet.web.site import Site

__all__ = ["Chosen", "PageNumber", "paper_feed", "paper_list"]

Sort: TypeAlias = Literal["newest", "votes"]
_SIZE = 15  # a page stays below 150 kB
_LAST = 500
_FEED_SIZE = 50
_FIELDS = 8  # offered to choose from
_LOOKED_AT = 500  # papers, the newest, whose fields are offered
PageNumber = Annotated[int, Query(ge=1, le=_LAST)]
_Year = Annotated[int, Query(ge=0, le=9999)]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which papers of a list a page shows; year 0 is all years, field "" all fields."""

    sort: Sort
    year: int
    field: str  # its name in addresses
    page: int

    def query(self, **changes: str | int) -> str:
        """The query of an address with this choice, changed, on its first page."""
        values = {"sort": self.sort, "year": self.year, "field": self.field, **changes}
        return urlencode({name: value for name, value in values.items() if value})


def _choice(sort: Sort = "newest", year: _Year = 0, field: FieldName = "", page: PageNumber = 1) -> Choice:
    return Choice(sort, year, slug(field), page)


Chosen = Annotated[Choice, Depends(_choice)]


def paper_list(
    site: Site, path: str, papers: Sequence[tuple[int, int]], choice: Choice, *, among: str = ""
) -> dict[str, Any]:
    """The values of a page of these papers, given as (number, year), newest first.

    `among` is the name of their set, by which they can be searched.
    """
    ids = [number for number, of in papers if not choice.year or of == choice.year]
    fields = _fields(site, ids)
    ids = of_field(site, ids, choice.field)
    if choice.sort == "votes":
        counts = site.community.votes.counts(ids)
        ids.sort(key=lambda number: -counts[number])
    start = (choice.page - 1) * _SIZE
    shown = site.library.papers(ids[start : start + _SIZE])
    marks = site.marks(stored.id for stored in shown)
    before, after = presenters.page_numbers(choice.page, _SIZE, len(shown), len(ids), _LAST)
    return {
        "path": path,
        "among": among,
        "total": len(ids),
        "cards": with_ballots(site, [presenters.card(stored, marks[stored.id]) for stored in shown]),
        "choice": choice,
        "year": choice.year,
        "list_fields": fields,
        "field_name": site.community.fields.named(choice.field) if choice.field else "",
        "page": choice.page,
        "before": before,
        "after": after,
        "here_link": f"{path}?{choice.query()}",
    }


def paper_feed(
    request: Request, site: Site, form: str, path: str, topic: str, ids: Sequence[int], only: Restriction
) -> Response:
    """The feed of the newest of these papers; `path` is that of their page. A printed paper keeps its entry's id."""
    ids = restricted(site, ids, only)
    stored = site.library.papers(ids[:_FEED_SIZE])
    printed = site.library.catalogue.community.editions.of_papers([one.id for one in stored])
    entries = [Entry(one, number=printed[one.id].paper_id if one.id in printed else 0) for one in stored]
    here = f"{path}/feed.{form}{only.query}" if site.community.has_accounts else ""
    listing = Listing(topic, path, path, entries, _FEED_SIZE, here, is_public=site.community.has_accounts)
    return feed_answer(request, site, form, listing.restricted(site, only))


def _fields(site: Site, ids: Sequence[int]) -> list[tuple[str, str]]:
    """(field, its name in addresses) of the newest papers, the most frequent first."""
    categories = site.library.catalogue.papers.categories(ids[:_LOOKED_AT])
    counts = Counter(field for own in categories.values() for field in site.community.fields.of_categories(own))
    return [(field, slug(field)) for field, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_FIELDS]]
