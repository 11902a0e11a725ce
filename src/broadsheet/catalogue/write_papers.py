"""Writing papers with all that is derived from them: identifiers, title grams, people, affiliations. Batches only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from broadsheet.catalogue.database import fetch, in_list, insert
from broadsheet.catalogue.dedup.title_hashes import normalise_title, title_hashes
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import Data, to_row
from broadsheet.catalogue.statements import papers as statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["New", "insert_papers", "remove_derived", "replace_papers", "write_identifiers"]

_REPLACED = (
    *("paper_id", "title", "abstract", "summary", "authors", "venue", "keywords"),
    *("year", "day", "added_at", "content"),
)


class New(NamedTuple):
    """A paper to be written; `rest` and `hashes` are there where they were already worked out."""

    paper_id: int
    data: Data
    added_at: str
    rest: str | None = None
    hashes: Sequence[int] | None = None


def insert_papers(connection: Connection, papers: Sequence[New]) -> None:
    """Store new papers under ids not in use."""
    rows = [to_row(paper.paper_id, paper.data, paper.added_at, paper.rest) for paper in papers]
    insert(connection, statements.ADD_PAPERS, rows)
    _write_derived(connection, papers)


def replace_papers(connection: Connection, papers: Sequence[New]) -> None:
    """Overwrite stored papers; when they were added stays as it is. Identifiers are not touched."""
    rows = [dict(zip(_REPLACED, to_row(paper.paper_id, paper.data, ""), strict=True)) for paper in papers]
    for row in rows:
        del row["added_at"]
    if rows:
        connection.execute(statements.REPLACE_PAPERS, rows)
    remove_derived(connection, [paper.paper_id for paper in papers])
    _write_derived(connection, papers)


def remove_derived(connection: Connection, paper_ids: Iterable[int]) -> None:
    """Forget the title grams and authorships of these papers."""
    wanted = {"ids": in_list(paper_ids)}
    for statement in (statements.FORGET_GRAMS, statements.FORGET_AFFILIATIONS, statements.FORGET_AUTHORSHIPS):
        connection.execute(statement, wanted)


def write_identifiers(connection: Connection, rows: Sequence[tuple[str, str, int]]) -> None:
    """Point (scheme, value) at paper; an identifier that already points somewhere stays."""
    insert(connection, statements.ADD_IDENTIFIERS, rows)


def _write_derived(connection: Connection, papers: Sequence[New]) -> None:
    grams: list[tuple[int, int]] = []
    for paper in papers:
        hashes = paper.hashes
        if hashes is None:
            hashes = title_hashes(normalise_title(paper.data["title"]), paper.data.get("extra", {}))
        grams += [(value, paper.paper_id) for value in set(hashes)]
    grams.sort()
    insert(connection, statements.ADD_GRAMS, grams)
    _write_people(connection, papers)


def _write_people(connection: Connection, papers: Sequence[New]) -> None:
    keys: list[str] = []
    wanted: dict[str, dict[str, Any]] = {}
    for paper in papers:
        for author in paper.data.get("authors", ()):
            key = f"orcid:{author['orcid']}" if "orcid" in author else _name_key(author["name"])
            keys.append(key)
            wanted.setdefault(key, author)
    people = _people(connection, wanted)
    authorships: list[tuple[int, int, int, str | None]] = []
    worked: list[tuple[int, int, str]] = []
    key_of_next = iter(keys)
    for paper in papers:
        for position, author in enumerate(paper.data.get("authors", ())):
            person_id, name = people[next(key_of_next)]
            named = author["name"]
            authorships.append((paper.paper_id, position, person_id, named if named != name else None))
            if "affiliations" in author:
                places = dict.fromkeys(author["affiliations"])
                worked += [(paper.paper_id, position, place) for place in places if place]
    insert(connection, statements.ADD_AUTHORSHIPS, authorships)
    numbers = _affiliations(connection, {place for _, _, place in worked})
    rows = [(paper_id, position, numbers[place]) for paper_id, position, place in worked]
    insert(connection, statements.ADD_WORKPLACES, rows)


@lru_cache(maxsize=1 << 16)  # the same people write again and again; about 15 MB
def _name_key(name: str) -> str:
    return normalise_title(name) or name


def _people(connection: Connection, wanted: dict[str, dict[str, Any]]) -> dict[str, tuple[int, str]]:
    """Key to (id, name) of these people; who is new is stored as named here first."""
    found = fetch(connection, sql.PEOPLE_BY_KEY, values=in_list(wanted))
    known = {key: (person_id, name) for key, person_id, name in found}
    number = int(fetch(connection, sql.LAST_PERSON)[0][0])
    rows = []
    for key, author in wanted.items():
        if key not in known:
            number += 1
            known[key] = number, author["name"]
            parts = (author.get(part, "") for part in ("given", "family", "orcid"))
            rows.append((number, key, author["name"], *parts))
    insert(connection, statements.ADD_PEOPLE, rows)
    return known


def _affiliations(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    names = sorted(names)
    known: dict[str, int] = dict(fetch(connection, sql.AFFILIATIONS_BY_NAME, values=in_list(names)))
    number = int(fetch(connection, sql.LAST_AFFILIATION)[0][0])
    rows = []
    for name in names:
        if name not in known:
            number += 1
            known[name] = number
            rows.append((number, name))
    insert(connection, statements.ADD_AFFILIATIONS, rows)
    return known
