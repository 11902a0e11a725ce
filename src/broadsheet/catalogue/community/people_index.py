"""The papers of organisations and people, kept up with the catalogue: derived rows, written when somebody asks.

New affiliations are resolved once; papers that were added, changed or deleted since are taken from the change log, in
portions, so that a first update of a large catalogue holds the write lock only briefly at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from broadsheet.catalogue import change_log
from broadsheet.catalogue.database import Database, Reading, fetch, in_list, insert
from broadsheet.catalogue.dedup.title_hashes import normalise_title
from broadsheet.catalogue.dialects import sql
from broadsheet.kit.errors import CorruptFile, LibraryError
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import organisations as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "organisations")

__all__ = ["STATE", "PeopleIndex", "Resolve", "name_key", "rewrite", "roots"]

Resolve: TypeAlias = Callable[[str], Sequence[tuple[str, str]]]  # an affiliation -> (key, name) of its organisations
STATE = "people_index"  # its row in `meta`
_PORTION = 4000  # papers or affiliations written in one transaction


@dataclass(frozen=True, slots=True)
class _State:
    version: int = -1  # of the rules by which affiliations were resolved
    affiliation: int = 0  # the last one resolved
    seq: int = 0  # the last change of the catalogue that is in the rows


class PeopleIndex:
    """Derived rows of organisations and people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending(self) -> int:
        """How many changes of the catalogue the rows lack."""
        with self._database.read() as connection:
            return change_log.last_seq(self._database) - _read_state(connection).seq

    def update(self, resolve: Resolve, version: int, stops: Callable[[], bool] = lambda: False) -> int:
        """Bring the rows up to date, or as far as they are when it `stops`; returns the last change that they hold.

        `version` names the rules of `resolve`; with other rules everything is derived again. Where nothing can be
        written (a full disk, a folder that may only be read) the rows stay as they are.
        """
        with self._database.read() as connection:
            state = _read_state(connection)
        last = change_log.last_seq(self._database)
        if self._database.read_only or (state.version == version and state.seq == last):
            return state.seq
        try:
            while (state.version != version or state.seq < last) and not stops():
                with self._database.write() as connection:
                    state = _step(connection, resolve, version)
        except CorruptFile:
            raise
        except LibraryError:
            return state.seq
        return state.seq


def _step(connection: Connection, resolve: Resolve, version: int) -> _State:
    """Write one portion; another process may have written some meanwhile, so the state is read again."""
    state = _read_state(connection)
    if state.version != version:
        for statement in statements.CLEAR_DERIVED:
            connection.execute(statement)
        state = _State(version)
    rows = fetch(connection, sql.AFFILIATIONS_AFTER, after=state.affiliation, most=_PORTION)
    if rows:
        write_workplaces(connection, rows, resolve)
        state = replace(state, affiliation=rows[-1][0])
    if len(rows) < _PORTION:  # all affiliations are there: the papers can follow
        changes = fetch(connection, sql.CHANGED_AFTER, after=state.seq, most=_PORTION)
        rewrite(connection, {paper_id for _, paper_id in changes}, resolve)
        state = replace(state, seq=changes[-1][0] if changes else state.seq)
    connection.execute(statements.SET_META, {"key": STATE, "value": json.dumps(asdict(state))})
    return state


def _read_state(connection: Reading) -> _State:
    rows = fetch(connection, sql.META, name=STATE)
    return _State(**json.loads(rows[0][0])) if rows else _State()


def name_key(name: str) -> str:
    """What spellings of a person's name have in common, as in the keys of people."""
    return normalise_title(name) or name


def write_workplaces(connection: Connection, affiliations: Iterable[tuple[int, str]], resolve: Resolve) -> None:
    """Store the organisations of these affiliations."""
    resolved = [(number, key, name) for number, text in affiliations for key, name in resolve(text)]
    numbers = _numbers(connection, {key: name for _, key, name in reversed(resolved)})
    rows = [(number, numbers[key]) for number, key, _ in resolved]
    insert(connection, statements.ADD_WORKPLACE_ORGANISATIONS, rows)


def rewrite(connection: Connection, paper_ids: Iterable[int], resolve: Resolve) -> None:
    """Derive the rows of these papers again; a deleted paper has none."""
    ids = in_list(set(paper_ids))
    for statement in (statements.FORGET_PAPER_ORGANISATIONS, statements.FORGET_PERSON_PAPERS):
        connection.execute(statement, {"ids": ids})
    insert(connection, statements.ADD_PAPER_ORGANISATIONS, _paper_organisations(connection, ids, resolve))
    people: set[tuple[int, int]] = set()
    names: set[tuple[str, int]] = set()
    for paper_id, person_id, orcid, name in fetch(connection, sql.AUTHORS_OF_PAPERS, ids=ids):
        people.add((person_id, paper_id))
        if orcid:
            names.add((name_key(name), person_id))
    insert(connection, statements.ADD_PERSON_PAPERS, sorted(people))
    insert(connection, statements.ADD_PERSON_NAMES, sorted(names))


def roots(connection: Reading) -> Mapping[int, int]:
    """Organisation → the one it is joined with in the end; only those that are joined."""
    joined: dict[int, int] = dict(fetch(connection, sql.JOINED))
    ends = {}
    for number, of in joined.items():
        end, seen = of, {number}
        while end in joined and end not in seen:
            seen.add(end)
            end = joined[end]
        ends[number] = end
    return ends


def _paper_organisations(connection: Connection, ids: str, resolve: Resolve) -> list[tuple[int, int, int]]:
    """(organisation, paper, place of the first author there) of these papers."""
    ends = roots(connection)
    first: dict[tuple[int, int], int] = {}
    for paper_id, position, organisation_id in fetch(connection, sql.WORKPLACES_OF_PAPERS, ids=ids):
        pair = (ends.get(organisation_id, organisation_id), paper_id)
        first[pair] = min(position, first.get(pair, position))
    named = [
        (paper_id, place, key, name)
        for paper_id, several, one in fetch(connection, sql.NAMED_APART, ids=ids)
        for place, text in enumerate(_names(several) or _names(one))
        for key, name in resolve(text)
    ]
    numbers = _numbers(connection, {key: name for _, _, key, name in reversed(named)})
    for paper_id, place, key, _ in named:
        first.setdefault((ends.get(numbers[key], numbers[key]), paper_id), place)
    return sorted((organisation_id, paper_id, place) for (organisation_id, paper_id), place in first.items())


def _names(value: Any) -> list[str]:
    """The names in a field of JSON, a list or one text."""
    if not isinstance(value, str) or not value:
        return []
    if not value.startswith("["):
        return [value]
    names = json.loads(value)
    return [name for name in names if isinstance(name, str)]


def _numbers(connection: Connection, named: Mapping[str, str]) -> dict[str, int]:
    """Key → number of these organisations; new ones are stored under the name given here."""
    if not named:
        return {}
    keys = in_list(named)
    numbers: dict[str, int] = dict(fetch(connection, sql.ORGANISATIONS_BY_KEY, values=keys))
    new = [(key, name, name) for key, name in named.items() if key not in numbers]
    if new:
        insert(connection, statements.ADD_ORGANISATIONS, new)
        numbers = dict(fetch(connection, sql.ORGANISATIONS_BY_KEY, values=keys))
    return numbers
