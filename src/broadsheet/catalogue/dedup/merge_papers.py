"""A record that carries names of two papers of the library shows that they are one: the older absorbs the other.

All that hangs on the absorbed paper moves to the other: source records, identifiers, versions, merges, and what
readers did. Its number is never given again and leads to the paper it is part of. Each bridge is kept in `merges`
with what the absorbed paper had, so that it can be undone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from broadsheet.catalogue.database import fetch, in_list, insert
from broadsheet.catalogue.dedup.matching import Item
from broadsheet.catalogue.dedup.merge_reader_history import merge_history
from broadsheet.catalogue.paper_row import COLUMNS, Data, dumps, to_data
from broadsheet.catalogue.redirects import leave

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Absorbed", "Bridge", "log_bridges", "merge_into", "records_of"]

_Key: TypeAlias = tuple[str, str]  # source and the id there, or scheme and value

_MOVES = (  # ?1: the paper that stays, ?2: the one that goes
    "UPDATE source_records SET paper_id = ?1 WHERE paper_id = ?2",
    "UPDATE identifiers SET paper_id = ?1 WHERE paper_id = ?2",
    "UPDATE merges SET paper_id = ?1 WHERE paper_id = ?2",
    "UPDATE OR IGNORE kept_apart SET paper_id = ?1 WHERE paper_id = ?2",
)


@dataclass(frozen=True, slots=True)
class Bridge:
    """One record's finding that two papers are one."""

    position: int  # of the record in its batch
    survivor: int
    absorbed: int
    ids: frozenset[_Key]  # the absorbed paper's identifiers until then


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What a paper had when it was absorbed; kept with the merge."""

    paper: int | None  # its number; None if it came in the same batch and so never had one
    records: tuple[_Key, ...]
    ids: frozenset[_Key]

    def dumps(self) -> str:
        """As stored."""
        return dumps({"paper": self.paper, "records": self.records, "ids": sorted(self.ids)})

    @classmethod
    def loads(cls, text: str) -> Absorbed:
        """What `dumps` wrote."""
        held = json.loads(text)
        return cls(held["paper"], tuple(map(tuple, held["records"])), frozenset(map(tuple, held["ids"])))


def merge_into(connection: Connection, bridges: Sequence[Bridge], heirs: Mapping[int, int], at: str) -> None:
    """Move all that stored papers have to their heirs, the papers they are part of after the batch, and delete them."""
    sql = f"SELECT {COLUMNS} FROM papers WHERE id IN (SELECT value FROM json_each(?))"
    last = {row[0]: to_data(row) for row in fetch(connection, sql, in_list(heirs))}
    words = [(dumps(data), paper_id) for paper_id, data in last.items()]
    # An only source shares its words with its paper; from now on it needs words of its own.
    connection.exec_driver_sql("UPDATE source_records SET content = ? WHERE paper_id = ? AND content IS NULL", words)
    _join_versions(connection, heirs, last, at)
    for sql in _MOVES:
        connection.exec_driver_sql(sql, [(heir, old) for old, heir in heirs.items()])
    merge_history(connection, heirs, at)
    leave(connection, [(bridge.absorbed, bridge.survivor) for bridge in bridges if bridge.absorbed in heirs])
    connection.exec_driver_sql("DELETE FROM papers WHERE id = ?", [(old,) for old in heirs])


def records_of(
    connection: Connection, bridges: Sequence[Bridge], items: Sequence[Item], targets: Sequence[int]
) -> list[tuple[_Key, ...]]:
    """Per bridge the records of the paper that was absorbed, at that moment; `targets` are the papers of the items."""
    held: dict[int, dict[_Key, None]] = defaultdict(dict)  # in order
    sql = (
        "SELECT s.paper_id, s.source, s.source_id FROM json_each(?) j "
        "CROSS JOIN source_records s ON s.paper_id = j.value ORDER BY s.id"
    )
    for paper_id, *key in fetch(connection, sql, in_list({p for b in bridges for p in (b.survivor, b.absorbed)})):
        held[paper_id][key[0], key[1]] = None
    left = list(reversed(bridges))
    found = []
    for position, (item, target) in enumerate(zip(items, targets, strict=True)):
        while left and left[-1].position == position:
            bridge = left.pop()
            gone = held.pop(bridge.absorbed, {})
            held[bridge.survivor].update(gone)
            found.append(tuple(gone))
        held[target][item.source, item.source_id] = None
    return found


def log_bridges(connection: Connection, bridges: Sequence[tuple[int, Item, Absorbed]], at: str) -> None:
    """Keep (paper, the record that showed it, what was absorbed) among the merges."""
    rows = [
        (paper_id, item.source, item.source_id, "bridge", 1.0, at, absorbed.dumps())
        for paper_id, item, absorbed in bridges
    ]
    insert(connection, "INSERT INTO merges (paper_id, source, source_id, rule, score, at, absorbed)", 7, rows)


def _join_versions(connection: Connection, heirs: Mapping[int, int], last: Mapping[int, Data], at: str) -> None:
    """Number the earlier contents of each heir and of what it absorbs, which ends with `last`, in order of time."""
    wanted = in_list({*heirs, *heirs.values()})
    sql = (
        "SELECT v.recorded_at, v.paper_id, v.n, v.content FROM json_each(?) j "
        "CROSS JOIN versions v ON v.paper_id = j.value"
    )
    rows = fetch(connection, sql, wanted) + [(at, old, 1 << 60, dumps(data)) for old, data in last.items()]
    joined: dict[int, list[tuple[int, int, str, str]]] = defaultdict(list)
    for recorded_at, paper_id, _, content in sorted(rows):
        heir = heirs.get(paper_id, paper_id)
        joined[heir].append((heir, len(joined[heir]) + 1, recorded_at, content))
    connection.exec_driver_sql("DELETE FROM versions WHERE paper_id IN (SELECT value FROM json_each(?))", (wanted,))
    rows = [row for versions in joined.values() for row in versions]
    insert(connection, "INSERT INTO versions (paper_id, n, recorded_at, content)", 4, rows)
