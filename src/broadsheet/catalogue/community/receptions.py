"""How papers are received at other places: votes, comments and stars by day, links, and daily papers that list them.

A record brings this along (`Record.reception`); it is stored in the transaction that stores the record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.kit.lazy import lazy
from broadsheet.kit.paper import Reception

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import receptions as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "receptions")

__all__ = ["Link", "Listing", "Receptions", "save_receptions"]

_LONGEST = 200  # characters of a name
_LONGEST_URL = 2000
_MOST_LINKS = 50  # of one record
_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Link:
    """Something that belongs to a paper."""

    kind: str  # code | project | model | dataset | demo | video | other
    url: str
    title: str
    by: str  # a reader or a source


@dataclass(frozen=True, slots=True)
class Listing:
    """The daily paper of another place listed a paper."""

    place: str
    day: date  # of that daily paper
    at: datetime  # when the paper entered it
    by: str  # who submitted it there


class Receptions:
    """Reads how papers are received at other places."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def links(self, paper_ids: Collection[int]) -> dict[int, list[Link]]:
        """The links of each of these papers that has any, oldest first."""
        links: dict[int, list[Link]] = defaultdict(list)
        with self._database.read() as connection:
            for paper_id, *values in fetch(connection, sql.LINKS_OF_PAPERS, ids=in_list(set(paper_ids))):
                links[paper_id].append(Link(*values))
        return dict(links)

    def listings(self, paper_ids: Collection[int]) -> dict[int, Listing]:
        """The first listing elsewhere of each of these papers that has any."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.LISTINGS_OF_PAPERS, ids=in_list(set(paper_ids)))
        return {
            paper_id: Listing(place, date.fromisoformat(day), parse_time(at), by)
            for paper_id, place, day, at, by in reversed(rows)
        }

    def submitted_by(self, name: str) -> list[tuple[date, int]]:
        """The papers of editions that somebody submitted, here or elsewhere: (day, number), the newest day first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.SUBMITTED_BY, name=name)
        return [(date.fromisoformat(day), paper_id) for day, paper_id in rows]


def save_receptions(connection: Connection, receptions: Sequence[tuple[int, str, Reception]], at: str) -> None:
    """Store the receptions of papers, each (paper, source, reception), as of `at`."""
    if not receptions:
        return
    counts, links, listed = [], [], []
    for paper_id, source, reception in receptions:
        for place, kind, number in reception.counts:
            counts.append((paper_id, _short(place), kind, at[:10], min(max(number, 0), _LARGEST)))
        for kind, url in reception.links[:_MOST_LINKS]:
            if len(url) <= _LONGEST_URL:
                links.append((paper_id, kind, clean_text(url), "", _short(source), at))
        if reception.listed_on:
            moment = reception.listed_at or datetime.combine(reception.listed_on, time(), UTC)
            day, by = reception.listed_on.isoformat(), _short(reception.listed_by)
            listed.append((paper_id, _short(reception.place), day, stored_time(moment), by, at))
    insert(connection, statements.COUNT_ELSEWHERE, counts)
    insert(connection, statements.LINK_PAPER, links)
    insert(connection, statements.LIST_PAPER, listed)


def _short(text: str) -> str:
    return clean_text(text)[:_LONGEST]
