"""How a reader steers their page: interests and what is muted. A state is written whole; an undo brings back the last.

Interests that a reader did not touch are found again and again; only their number, name and papers are kept.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Database, Reading, fetch, insert, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import dumps
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownReader
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import steering as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "steering")

__all__ = [
    "INTEREST_KINDS",
    "INTEREST_STATES",
    "MADE_FROM",
    "MUTE_KINDS",
    "UNSTEERED",
    "Mute",
    "Steering",
    "SteeringTable",
    "StoredInterest",
]

MADE_FROM = ("tag", "collection", "search", "author", "sentence", "list")  # what an interest can be made from
INTEREST_KINDS = ("saves", "chosen", *MADE_FROM)
INTEREST_STATES = ("on", "muted", "dropped")
MUTE_KINDS = ("word", "author", "venue", "organisation")
_KEPT = 200  # changes of a reader that can be undone


@dataclass(frozen=True, slots=True)
class StoredInterest:
    """An interest as it is stored; `id` is 0 before that."""

    name: str
    id: int = 0
    kind: str = "saves"  # one of INTEREST_KINDS
    value: str = ""  # the tag, the collection, the query, the name, the sentence
    weight: float = 1.0
    quota: float | None = None  # share of the page, 0..1; None: by weight
    state: str = "on"  # one of INTEREST_STATES
    named: bool = False  # by the reader
    papers: frozenset[int] = frozenset()

    @property
    def is_touched(self) -> bool:
        """Whether the reader changed anything."""
        return self.named or self.kind != "saves" or self.state != "on" or self.weight != 1 or self.quota is not None


@dataclass(frozen=True, slots=True)
class Mute:
    """What a page never has: a word, an author, a venue or an organisation."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Steering:
    """The interests and mutes of a reader."""

    interests: tuple[StoredInterest, ...] = ()
    mutes: tuple[Mute, ...] = field(default=())


UNSTEERED = Steering()


class SteeringTable:
    """Stores how readers steer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, reader_id: int) -> Steering:
        """How a reader steers now."""
        with self._database.read() as connection:
            return _read(connection, reader_id)

    def write(
        self, reader_id: int, steering: Steering, label: str = "", *, expected: Steering | None = None
    ) -> Steering | None:
        """Replace what is stored; with a `label`, as a change that can be undone. Returns it with its numbers.

        None, and nothing is written, where something else than `expected` is stored by now. Raises UnknownReader.
        """
        with self._database.write() as connection:
            if not fetch(connection, sql.LAST_EVENT_OF_READER, reader_id=reader_id):
                raise UnknownReader(f"no reader has the number {reader_id}")
            if expected is not None and _read(connection, reader_id) != expected:
                return None
            if label:
                before = dumps(_as_json(_read(connection, reader_id)))
                change = (reader_id, self._database.now(), label, before)
                insert(connection, statements.ADD_STEERING_CHANGE, [change])
                last = fetch(connection, sql.STEERING_CHANGES, reader_id=reader_id, most=_KEPT)[-1][0]
                connection.execute(statements.DROP_OLD_CHANGES, {"reader_id": reader_id, "first": last})
            return _write(connection, reader_id, steering, self._database.now())

    def undo(self, reader_id: int) -> str | None:
        """Bring back what was before the reader's last change; returns its label, None if there is none left."""
        with self._database.write() as connection:
            changes = fetch(connection, sql.STEERING_CHANGES, reader_id=reader_id, most=1)
            if not changes:
                return None
            number, _, label, before = changes[0]
            steering = _resolved(connection, _of_json(before))
            _write(connection, reader_id, steering, self._database.now())
            connection.execute(statements.DROP_STEERING_CHANGE, {"number": number})
        return str(label)

    def last_change(self, reader_id: int) -> str | None:
        """The label of the change that an undo would take back."""
        with self._database.read() as connection:
            changes = fetch(connection, sql.STEERING_CHANGES, reader_id=reader_id, most=1)
        return str(changes[0][2]) if changes else None

    def at(self, reader_id: int, when: datetime) -> Steering:
        """How a reader steered at an earlier time, as far as changes are kept."""
        with self._database.read() as connection:
            later = [
                before
                for _, at, _, before in fetch(connection, sql.STEERING_CHANGES, reader_id=reader_id, most=_KEPT)
                if at > stored_time(when)
            ]
            return _resolved(connection, _of_json(later[-1])) if later else _read(connection, reader_id)


def _read(connection: Reading, reader_id: int) -> Steering:
    papers: dict[int, set[int]] = defaultdict(set)
    for interest_id, paper_id in fetch(connection, sql.INTEREST_PAPERS, reader_id=reader_id):
        papers[interest_id].add(paper_id)
    own = [
        StoredInterest(name, number, kind, value, weight, quota, state, bool(named), frozenset(papers[number]))
        for number, name, kind, value, weight, quota, state, named, _ in fetch(
            connection, sql.INTERESTS, reader_id=reader_id
        )
    ]
    muted = [Mute(kind, value) for kind, value, _ in fetch(connection, sql.MUTES, reader_id=reader_id)]
    return Steering(tuple(own), tuple(muted))


def _write(connection: Connection, reader_id: int, steering: Steering, now: str) -> Steering:
    created = {row[0]: row[-1] for row in fetch(connection, sql.INTERESTS, reader_id=reader_id)}
    key = {"reader_id": reader_id}
    for statement in (statements.FORGET_INTERESTS, statements.FORGET_MUTES):
        connection.execute(statement, key)
    own: list[StoredInterest] = []
    for one in steering.interests:
        row = {name: getattr(one, name) for name in ("name", "kind", "value", "weight", "quota", "state")}
        row |= {**key, "named": int(one.named), "created_at": created.get(one.id, now)}
        if one.id:
            row["id"] = one.id
        number = int(connection.execute(statements.ADD_INTEREST, row).lastrowid)
        insert(connection, statements.ADD_INTEREST_PAPERS, [(number, paper) for paper in sorted(one.papers)])
        own.append(replace(one, id=number))
    rows = [(reader_id, mute.kind, mute.value, now) for mute in steering.mutes]
    insert(connection, statements.ADD_MUTES, rows)
    return replace(steering, interests=tuple(own))


def _as_json(steering: Steering) -> dict[str, Sequence[object]]:
    return {
        "interests": [{**asdict(one), "papers": sorted(one.papers)} for one in steering.interests],
        "mutes": [[mute.kind, mute.value] for mute in steering.mutes],
    }


def _of_json(text: str) -> Steering:
    content = json.loads(text)
    own = [StoredInterest(**{**one, "papers": frozenset(one["papers"])}) for one in content["interests"]]
    return Steering(tuple(own), tuple(Mute(kind, value) for kind, value in content["mutes"]))


def _resolved(connection: Reading, steering: Steering) -> Steering:
    """With the numbers that papers have now; those of deleted ones stay."""
    numbers = {paper for one in steering.interests for paper in one.papers}
    live = follow(connection, numbers)
    own = (replace(one, papers=frozenset(live.get(p, p) for p in one.papers)) for one in steering.interests)
    return replace(steering, interests=tuple(own))
