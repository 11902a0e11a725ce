"""Organisations: their papers and people, and what curators change about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue.community.people_index import STATE, PeopleIndex, Resolve, rewrite, roots
from broadsheet.catalogue.database import Database, Reading, fetch, in_list, numbers
from broadsheet.catalogue.dialects import sql
from broadsheet.kit.errors import UsageError
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import organisations as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "organisations")

__all__ = ["Count", "Organisation", "OrganisationTable"]


@dataclass(frozen=True, slots=True)
class Organisation:
    """Where authors work."""

    id: int
    key: str  # in its address
    name: str
    resolved_name: str  # as affiliations name it
    url: str
    joined_id: int | None  # the organisation it was joined with


@dataclass(frozen=True, slots=True)
class Count:
    """An organisation or a person with a number of papers."""

    key: str
    name: str
    papers: int


class OrganisationTable:
    """Stores organisations."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index = PeopleIndex(database)

    def update(self, resolve: Resolve, version: int, stops: Callable[[], bool] = lambda: False) -> int:
        """Bring organisations and people up to date; returns the last change of the catalogue that they hold."""
        return self._index.update(resolve, version, stops)

    def get(self, key: str) -> Organisation | None:
        """The organisation of this key, which may be joined with another."""
        with self._database.read() as connection:
            return _one(fetch(connection, sql.ORGANISATION, key=key))

    def joined_into(self, organisation: Organisation) -> Organisation:
        """The organisation that this one is joined with in the end; itself if with none."""
        with self._database.read() as connection:
            end = roots(connection).get(organisation.id, organisation.id)
            return _one(fetch(connection, sql.ORGANISATION_NUMBERED, id=end)) or organisation

    def joined_with(self, organisation_id: int) -> list[Organisation]:
        """The organisations that were joined with this one directly."""
        with self._database.read() as connection:
            return [Organisation(*row) for row in fetch(connection, sql.ORGANISATIONS_JOINED_WITH, id=organisation_id)]

    def names(self) -> list[tuple[int, str, str]]:
        """(number, key, name) of all organisations, by name."""
        with self._database.read() as connection:
            return fetch(connection, sql.ORGANISATION_NAMES)

    def papers(self, organisation_id: int) -> list[tuple[int, int]]:
        """(paper, year; 0: unknown) of an organisation, newest first."""
        with self._database.read() as connection:
            return fetch(connection, sql.PAPERS_OF_ORGANISATION, id=organisation_id)

    def state(self) -> tuple[str, int]:
        """Changes whenever the papers of an organisation may have changed; ("", …) before the first update."""
        with self._database.read() as connection:
            derived = fetch(connection, sql.META, name=STATE)
            return derived[0][0] if derived else "", fetch(connection, sql.LAST_AUDITED)[0][0]

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every organisation and paper that belong together: (organisations, papers), aligned."""
        with self._database.read() as connection:
            [(organisations, papers)] = fetch(connection, sql.ORGANISATION_PAIRS)
        return numbers(organisations), numbers(papers)

    def among(self, organisation_ids: Collection[int]) -> list[Organisation]:
        """The organisations with these numbers."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.ORGANISATIONS_AMONG, ids=in_list(set(organisation_ids)))
        return [Organisation(*row) for row in rows]

    def pending(self) -> int:
        """How many changes of the catalogue the rows lack; all of them before the first update."""
        return self._index.pending()

    def of_papers(self, paper_ids: Collection[int]) -> dict[int, list[tuple[str, str]]]:
        """(key, name) of the organisations of each of these papers, in the order of its authors."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.ORGANISATIONS_OF_PAPERS, ids=in_list(set(paper_ids)))
        named: dict[int, list[tuple[str, str]]] = {}
        for paper_id, key, name in rows:
            named.setdefault(paper_id, []).append((key, name))
        return named

    def people(self, organisation_id: int, most: int = 30) -> list[Count]:
        """The authors with most papers at an organisation."""
        with self._database.read() as connection:
            ids = in_list({organisation_id, *_joined_ids(connection, organisation_id)})
            rows = fetch(connection, sql.PEOPLE_OF_ORGANISATION, id=organisation_id, ids=ids, most=most)
        return [Count(*row) for row in rows]

    # What curators change ---------------------------------------------------------------------------------------

    def change(self, organisation_id: int, **columns: Any) -> None:
        """Overwrite columns of an organisation: its name or address."""
        with self._database.write() as connection:
            connection.execute(statements.CHANGE_ORGANISATION, {"number": organisation_id, **columns})

    def join(self, organisation_id: int, with_id: int | None, resolve: Resolve) -> None:
        """Join an organisation with another, whose papers then include its own; None: part them again.

        Raises UsageError where it would be joined with itself.
        """
        with self._database.write() as connection:
            before = roots(connection).get(organisation_id, organisation_id)
            connection.execute(statements.CHANGE_ORGANISATION, {"number": organisation_id, "joined_id": with_id})
            after = roots(connection).get(organisation_id, organisation_id)
            if with_id is not None and after == organisation_id:
                raise UsageError("these two are joined already, the other way round; part them first")
            ids = in_list({before, after, organisation_id})
            papers = [number for (number,) in fetch(connection, sql.PAPERS_OF_ORGANISATIONS, ids=ids)]
            rewrite(connection, papers, resolve)


def _joined_ids(connection: Reading, organisation_id: int) -> list[int]:
    return [number for number, end in roots(connection).items() if end == organisation_id]


def _one(rows: Sequence[Sequence[Any]]) -> Organisation | None:
    return Organisation(*rows[0]) if rows else None
