"""People: the authors of papers, told apart by ORCID, otherwise by name."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.catalogue.community.organisations import Count
from broadsheet.catalogue.community.people_index import roots
from broadsheet.catalogue.database import Database, fetch, in_list
from broadsheet.catalogue.dialects import sql

__all__ = ["PeopleTable", "Person"]


@dataclass(frozen=True, slots=True)
class Person:
    """An author. Without an ORCID it is everybody of this name who has none."""

    id: int
    key: str  # "orcid:…", else of the name
    name: str
    orcid: str


class PeopleTable:
    """Reads people and their papers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> Person | None:
        """The person of this key."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.PERSON, key=key)
        return Person(*rows[0]) if rows else None

    def with_orcid(self, key: str) -> list[Person]:
        """The people with an ORCID who have this name's key on some paper."""
        with self._database.read() as connection:
            return [Person(*row) for row in fetch(connection, sql.PEOPLE_NAMED, key=key)]

    def papers(self, person_id: int) -> list[tuple[int, int]]:
        """(paper, year; 0: unknown) of a person, newest first."""
        with self._database.read() as connection:
            return fetch(connection, sql.PAPERS_OF_PERSON, id=person_id)

    def coauthors(self, person_id: int, most: int = 30) -> list[Count]:
        """Those with most papers in common."""
        with self._database.read() as connection:
            return [Count(*row) for row in fetch(connection, sql.COAUTHORS, id=person_id, most=most)]

    def organisations(self, person_id: int) -> list[Count]:
        """Where a person works, by papers."""
        with self._database.read() as connection:
            ends = roots(connection)
            counts: dict[int, int] = {}
            for number, papers in fetch(connection, sql.WORKPLACES_OF_PERSON, id=person_id):
                end = ends.get(number, number)
                counts[end] = counts.get(end, 0) + papers
            rows = fetch(connection, sql.ORGANISATIONS_AMONG, ids=in_list(counts))
        named = [Count(row[1], row[2], counts[row[0]]) for row in rows]
        return sorted(named, key=lambda one: (-one.papers, one.name, one.key))
