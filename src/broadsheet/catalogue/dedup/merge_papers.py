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
from broadsheet.catalogue.dedup.merge_reader_history import merge_history
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import Data, dumps, to_data, to_row
from broadsheet.catalogue.redirects import leave
from broadsheet.catalogue.statements import dedup as statements
from broadsheet.catalogue.statements import papers

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Absorbed", "Bridge", "merge_into"]

_Key: TypeAlias = tuple[str, str]  # source and the id there, or scheme and value

_MOVES = (
    statements.MOVE_SOURCES,
    statements.MOVE_IDENTIFIERS,
    statements.MOVE_MERGES,
    statements.MOVE_KEPT_APART,
)


@dataclass(frozen=True, slots=True)
class Bridge:
    """Two papers are one: the absorbed one becomes part of the other."""

    survivor: int
    absorbed: int
    unstored: Data | None = None  # what the absorbed paper was, if it came in the same batch


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What a paper had when it was absorbed; kept with the merge."""

    paper: int | None  # its number; earlier versions gave none to a paper that came in the same batch
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


def merge_into(connection: Connection, bridges: Sequence[Bridge], at: str) -> None:
    """Move all that absorbed papers have to the papers they are part of after the batch, and delete them.

    What the papers said before this batch stays among the versions; what the batch replaced is the caller's to add.
    """
    survivors: dict[int, int] = {}
    for bridge in reversed(bridges):
        survivors[bridge.absorbed] = survivors.get(bridge.survivor, bridge.survivor)
    unstored = [to_row(b.absorbed, b.unstored, at) for b in bridges if b.unstored is not None]
    insert(connection, papers.ADD_PAPERS, unstored)  # so that nobody gets the number again
    stored = {b.absorbed: survivors[b.absorbed] for b in bridges if b.unstored is None}
    if stored:
        _move(connection, stored, at)
    leave(connection, [(bridge.absorbed, bridge.survivor) for bridge in bridges])
    connection.execute(papers.DELETE_PAPERS, {"ids": in_list(survivors)})


def _move(connection: Connection, survivors: Mapping[int, int], at: str) -> None:
    rows = fetch(connection, sql.PAPER_ROWS, ids=in_list(survivors))
    words = [{"words": dumps(to_data(row)), "paper": row[0]} for row in rows]
    # An only source shares its words with its paper; from now on it needs words of its own.
    connection.execute(statements.GIVE_CONTENT, words)
    _join_versions(connection, survivors)
    for statement in _MOVES:
        connection.execute(statement, [{"new_id": survivor, "old_id": old} for old, survivor in survivors.items()])
    merge_history(connection, survivors, at)


def _join_versions(connection: Connection, survivors: Mapping[int, int]) -> None:
    """Number the earlier contents of each survivor and of what it absorbs in order of time."""
    wanted = in_list({*survivors, *survivors.values()})
    joined: dict[int, list[tuple[int, int, str, str]]] = defaultdict(list)
    for recorded_at, paper_id, _, content in sorted(fetch(connection, sql.VERSIONS, ids=wanted)):
        survivor = survivors.get(paper_id, paper_id)
        joined[survivor].append((survivor, len(joined[survivor]) + 1, recorded_at, content))
    connection.execute(statements.FORGET_VERSIONS, {"ids": wanted})
    insert(connection, papers.ADD_VERSIONS, [row for versions in joined.values() for row in versions])
