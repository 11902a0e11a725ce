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
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import Data, dumps, to_data
from broadsheet.catalogue.redirects import leave
from broadsheet.catalogue.statements import dedup as statements
from broadsheet.catalogue.statements import papers

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Absorbed", "Bridge", "log_bridges", "merge_into", "records_of"]

_Key: TypeAlias = tuple[str, str]  # source and the id there, or scheme and value

_MOVES = (
    statements.MOVE_SOURCES,
    statements.MOVE_IDENTIFIERS,
    statements.MOVE_MERGES,
    statements.MOVE_KEPT_APART,
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


def merge_into(connection: Connection, bridges: Sequence[Bridge], survivors: Mapping[int, int], at: str) -> None:
    """Move all that stored papers have to their survivors, the papers they are part of now, and delete them."""
    last = {row[0]: to_data(row) for row in fetch(connection, sql.PAPER_ROWS, ids=in_list(survivors))}
    words = [{"words": dumps(data), "paper": paper_id} for paper_id, data in last.items()]
    # An only source shares its words with its paper; from now on it needs words of its own.
    connection.execute(statements.GIVE_CONTENT, words)
    _join_versions(connection, survivors, last, at)
    for statement in _MOVES:
        connection.execute(statement, [{"new_id": survivor, "old_id": old} for old, survivor in survivors.items()])
    merge_history(connection, survivors, at)
    leave(connection, [(bridge.absorbed, bridge.survivor) for bridge in bridges if bridge.absorbed in survivors])
    connection.execute(papers.DELETE_PAPERS, {"ids": in_list(survivors)})


def records_of(
    connection: Connection, bridges: Sequence[Bridge], items: Sequence[Item], targets: Sequence[int]
) -> list[tuple[_Key, ...]]:
    """Per bridge the records of the paper that was absorbed, at that moment; `targets` are the papers of the items."""
    held: dict[int, dict[_Key, None]] = defaultdict(dict)  # in order
    wanted = in_list({paper_id for bridge in bridges for paper_id in (bridge.survivor, bridge.absorbed)})
    for paper_id, *key in fetch(connection, sql.SOURCE_IDS, ids=wanted):
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
    insert(connection, statements.LOG_BRIDGES, rows)


def _join_versions(connection: Connection, survivors: Mapping[int, int], last: Mapping[int, Data], at: str) -> None:
    """Number the earlier contents of each survivor and of what it absorbs, which ends with `last`, in order of time."""
    wanted = in_list({*survivors, *survivors.values()})
    rows = fetch(connection, sql.VERSIONS, ids=wanted) + [(at, old, 1 << 60, dumps(data)) for old, data in last.items()]
    joined: dict[int, list[tuple[int, int, str, str]]] = defaultdict(list)
    for recorded_at, paper_id, _, content in sorted(rows):
        survivor = survivors.get(paper_id, paper_id)
        joined[survivor].append((survivor, len(joined[survivor]) + 1, recorded_at, content))
    connection.execute(statements.FORGET_VERSIONS, {"ids": wanted})
    rows = [row for versions in joined.values() for row in versions]
    insert(connection, papers.ADD_VERSIONS, rows)
