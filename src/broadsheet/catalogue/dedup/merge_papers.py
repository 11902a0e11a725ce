"""Merging two papers that one record connects by its identifiers: the older paper absorbs the newer one.

The source records, identifiers, versions, merges and reader history of the absorbed paper move to the survivor. Its
number is never used again and is redirected to the survivor. Each such merge, a "bridge", is stored in `merges` with
the records and identifiers of the absorbed paper, so that it can be undone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from broadsheet.catalogue.database import fetch, in_list, insert
from broadsheet.catalogue.dedup.merge_community_rows import move_rows
from broadsheet.catalogue.dedup.merge_reader_history import merge_history
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import Data, dumps, to_data, to_row
from broadsheet.catalogue.redirects import add_redirects
from broadsheet.catalogue.statements import dedup as statements
from broadsheet.catalogue.statements import papers

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["AbsorbedPaper", "Bridge", "merge_into"]

_Key: TypeAlias = tuple[str, str]  # (source, source id) or (scheme, value)

_MOVES = (
    statements.MOVE_SOURCES,
    statements.MOVE_IDENTIFIERS,
    statements.MOVE_MERGES,
    statements.MOVE_KEPT_APART,
)


@dataclass(frozen=True, slots=True)
class Bridge:
    """A merge of two papers: `absorbed` becomes part of `survivor`."""

    survivor: int
    absorbed: int
    unstored: Data | None = None  # the absorbed paper, if it is new in this batch


@dataclass(frozen=True, slots=True)
class AbsorbedPaper:
    """The records and identifiers of a paper when it was absorbed; stored with the merge."""

    paper: int | None  # None in old catalogues, for a paper that was new in the same batch
    records: tuple[_Key, ...]
    ids: frozenset[_Key]

    def dumps(self) -> str:
        """The JSON form, as stored."""
        return dumps({"paper": self.paper, "records": self.records, "ids": sorted(self.ids)})

    @classmethod
    def loads(cls, text: str) -> AbsorbedPaper:
        """Read the JSON form."""
        fields = json.loads(text)
        return cls(fields["paper"], tuple(map(tuple, fields["records"])), frozenset(map(tuple, fields["ids"])))


def merge_into(connection: Connection, bridges: Sequence[Bridge], at: str) -> None:
    """Move the rows of absorbed papers to their survivors, and delete the absorbed papers.

    The versions from before this batch are kept; the caller adds the contents that this batch replaces.
    """
    survivors: dict[int, int] = {}
    for bridge in reversed(bridges):
        survivors[bridge.absorbed] = survivors.get(bridge.survivor, bridge.survivor)
    new_rows = [to_row(b.absorbed, b.unstored, at) for b in bridges if b.unstored is not None]
    insert(connection, papers.ADD_PAPERS, new_rows)  # reserves their numbers for good
    stored_survivors = {b.absorbed: survivors[b.absorbed] for b in bridges if b.unstored is None}
    if stored_survivors:
        _move(connection, stored_survivors, at)
    add_redirects(connection, [(bridge.absorbed, bridge.survivor) for bridge in bridges])
    connection.execute(papers.DELETE_PAPERS, {"ids": in_list(survivors)})


def _move(connection: Connection, survivors: Mapping[int, int], at: str) -> None:
    rows = fetch(connection, sql.PAPER_ROWS, ids=in_list(survivors))
    contents = [{"words": dumps(to_data(row)), "paper": row[0]} for row in rows]
    # An only source has no content of its own (NULL: that of its paper); now it needs one.
    connection.execute(statements.GIVE_CONTENT, contents)
    _join_versions(connection, survivors)
    for statement in _MOVES:
        connection.execute(statement, [{"new_id": survivor, "old_id": old} for old, survivor in survivors.items()])
    merge_history(connection, survivors, at)
    move_rows(connection, survivors)


def _join_versions(connection: Connection, survivors: Mapping[int, int]) -> None:
    """Number the versions of each survivor and of the papers it absorbs in order of time."""
    ids = in_list({*survivors, *survivors.values()})
    versions_of: dict[int, list[tuple[int, int, str, str]]] = defaultdict(list)
    for recorded_at, paper_id, _, content in sorted(fetch(connection, sql.VERSIONS, ids=ids)):
        survivor = survivors.get(paper_id, paper_id)
        versions_of[survivor].append((survivor, len(versions_of[survivor]) + 1, recorded_at, content))
    connection.execute(statements.FORGET_VERSIONS, {"ids": ids})
    insert(connection, papers.ADD_VERSIONS, [row for versions in versions_of.values() for row in versions])
