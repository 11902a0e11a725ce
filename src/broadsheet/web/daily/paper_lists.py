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
from broadsheet.web.site import Site

__all__ = ["Chosen", "FieldName", "PageNumber", "Restricted", "paper_feed", "paper_list"]

Sort: TypeAlias = Literal["newest", "votes"]
_SIZE = 18  # a page stays below 150 kB
_LAST = 500
_FEED_SIZE = 50
_FIELDS = 8  # offered to choose from
_LOOKED_AT = 500  # papers, the newest, whose fields are offered
PageNumber = Annotated[int, Query(ge=1, le=_LAST)]
FieldName = Annotated[str, Query(max_length=100)]
_Year = Annotated[int, Query(ge=0, le=9999)]
_Votes = Annotated[int, Query(ge=0, le=1_000_000)]


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


@dataclass(frozen=True, slots=True)
class Restriction:
    """Which papers a feed has: of one field, with so many votes, here and elsewhere together, as they are now."""

    field: str  # its name in addresses
    votes: int

    @property
    def query(self) -> dict[str, str | int]:
        """What it is in an address."""
        values: dict[str, str | int] = {"field": self.field, "min_votes": self.votes}
        return {name: value for name, value in values.items() if value}


def _choice(sort: Sort = "newest", year: _Year = 0, field: FieldName = "", page: PageNumber = 1) -> Choice:
    return Choice(sort, year, slug(field), page)


def _restriction(field: FieldName = "", min_votes: _Votes = 0, min_upvotes: _Votes = 0) -> Restriction:
    return Restriction(slug(field), max(min_votes, min_upvotes))


Chosen = Annotated[Choice, Depends(_choice)]
Restricted = Annotated[Restriction, Depends(_restriction)]


def paper_list(
    site: Site, path: str, papers: Sequence[tuple[int, int]], choice: Choice, *, among: str = ""
) -> dict[str, Any]:
    """The values of a page of these papers, given as (number, year), newest first.

    `among` is the name of their set, by which they can be searched.
    """
    ids = [number for number, of in papers if not choice.year or of == choice.year]
    fields = _fields(site, ids)
    ids = _of_field(site, ids, choice.field)
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
    ids = _of_field(site, ids, only.field)
    if only.votes:
        votes = site.community.votes.totals(ids)
        ids = [number for number in ids if votes[number] >= only.votes]
    stored = site.library.papers(ids[:_FEED_SIZE])
    printed = site.library.catalogue.community.editions.of_papers([one.id for one in stored])
    entries = [Entry(one, number=printed[one.id].paper_id if one.id in printed else 0) for one in stored]
    query = "?" + urlencode(only.query) if only.query else ""
    here = f"{path}/feed.{form}{query}" if site.community.has_accounts else ""
    name = [site.community.fields.named(only.field)] if only.field else []
    topic = ", ".join([topic, *name, *([f"{only.votes} votes or more"] if only.votes else [])])
    listing = Listing(topic, path + query, path, entries, _FEED_SIZE, here, is_public=site.community.has_accounts)
    return feed_answer(request, site, form, listing)


def _of_field(site: Site, ids: Sequence[int], field: str) -> list[int]:
    """Those of the papers that are of a field; all where it is ""."""
    if not field:
        return list(ids)
    categories, fields = site.library.catalogue.papers.categories(ids), site.community.fields
    return [number for number in ids if field in map(slug, fields.of_categories(categories.get(number, ())))]


def _fields(site: Site, ids: Sequence[int]) -> list[tuple[str, str]]:
    """(field, its name in addresses) of the newest papers, the most frequent first."""
    categories = site.library.catalogue.papers.categories(ids[:_LOOKED_AT])
    counts = Counter(field for own in categories.values() for field in site.community.fields.of_categories(own))
    return [(field, slug(field)) for field, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_FIELDS]]
