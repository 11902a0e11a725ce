"""Writing batches of papers with the rows derived from them: identifiers, title grams, people, affiliations."""

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
    """A paper to write; `rest` and `hashes` are set if the caller has computed them already."""

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
    """Overwrite stored papers, except `added_at` and their identifiers."""
    rows = [dict(zip(_REPLACED, to_row(paper.paper_id, paper.data, ""), strict=True)) for paper in papers]
    for row in rows:
        del row["added_at"]
    if rows:
        connection.execute(statements.REPLACE_PAPERS, rows)
    remove_derived(connection, [paper.paper_id for paper in papers])
    _write_derived(connection, papers)


def remove_derived(connection: Connection, paper_ids: Iterable[int]) -> None:
    """Delete the title grams, authorships and affiliations of these papers."""
    parameters = {"ids": in_list(paper_ids)}
    for statement in (statements.FORGET_GRAMS, statements.FORGET_AFFILIATIONS, statements.FORGET_AUTHORSHIPS):
        connection.execute(statement, parameters)


def write_identifiers(connection: Connection, rows: Sequence[tuple[str, str, int]]) -> None:
    """Store (scheme, value, paper); an identifier that is stored already keeps its paper."""
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
    author_of: dict[str, dict[str, Any]] = {}
    named: list[tuple[int, int, str, str]] = []  # paper, position, key, name here
    affiliations: list[tuple[int, int, str]] = []
    for paper in papers:
        paper_id = paper.paper_id
        for position, author in enumerate(paper.data.get("authors", ())):
            name = author["name"]
            key = f"orcid:{author['orcid']}" if "orcid" in author else _name_key(name)
            author_of.setdefault(key, author)
            named.append((paper_id, position, key, name))
            for affiliation in dict.fromkeys(author.get("affiliations", ())):
                if affiliation:
                    affiliations.append((paper_id, position, affiliation))
    people = _people(connection, author_of)
    authorships = [
        (paper_id, position, people[key][0], name if name != people[key][1] else None)
        for paper_id, position, key, name in named
    ]
    insert(connection, statements.ADD_AUTHORSHIPS, authorships)
    numbers = _affiliations(connection, {affiliation for _, _, affiliation in affiliations})
    rows = [(paper_id, position, numbers[affiliation]) for paper_id, position, affiliation in affiliations]
    insert(connection, statements.ADD_WORKPLACES, rows)


@lru_cache(maxsize=1 << 16)  # the same authors recur; about 15 MB
def _name_key(name: str) -> str:
    return normalise_title(name) or name


def _people(connection: Connection, author_of: dict[str, dict[str, Any]]) -> dict[str, tuple[int, str]]:
    """Key → (id, name) of these people; a new person is stored under the first name given here."""
    existing = fetch(connection, sql.PEOPLE_BY_KEY, values=in_list(author_of))
    people = {key: (person_id, name) for key, person_id, name in existing}
    number = int(fetch(connection, sql.LAST_PERSON)[0][0])
    rows = []
    for key, author in author_of.items():
        if key not in people:
            number += 1
            people[key] = number, author["name"]
            parts = (author.get(part, "") for part in ("given", "family", "orcid"))
            rows.append((number, key, author["name"], *parts))
    insert(connection, statements.ADD_PEOPLE, rows)
    return people


def _affiliations(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    names = sorted(names)
    numbers: dict[str, int] = dict(fetch(connection, sql.AFFILIATIONS_BY_NAME, values=in_list(names)))
    number = int(fetch(connection, sql.LAST_AFFILIATION)[0][0])
    rows = []
    for name in names:
        if name not in numbers:
            number += 1
            numbers[name] = number
            rows.append((number, name))
    insert(connection, statements.ADD_AFFILIATIONS, rows)
    return numbers
