"""Rows of an archive in another library: what is there already stays, all or none of the rest is added.

Events are added in their order, and what they sum up to is worked out again: where the library has events of its own
for a paper, the later one counts, wherever it happened.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, select

from broadsheet.catalogue.community.vote_rule import apply_rule
from broadsheet.catalogue.database import Database, fetch, in_list, insert, next_id, parse_time
from broadsheet.catalogue.dedup.merge_reader_history import bridge
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.dialects.building import into
from broadsheet.catalogue.events import Event, append, replay, restore
from broadsheet.catalogue.paper_row import dumps
from broadsheet.catalogue.schema import takeout_imports
from broadsheet.catalogue.statements import readers as statements
from broadsheet.catalogue.takeout.shape import brought, filled, keys_of, paper_columns, target_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Brought", "bring", "settle"]


@dataclass
class Brought:
    """What an archive brought."""

    added: dict[str, list[list[Any]]] = field(default_factory=dict)  # table → keys of its new rows
    counts: Counter[str] = field(default_factory=Counter)  # new rows by table
    known: int = 0  # rows that were here already
    lost: int = 0  # rows about a paper or a thing that is not here


def bring(
    database: Database,
    reader_id: int,
    import_id: int,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    paper_of: Mapping[str, int],
    newest: int,
) -> Brought:
    """Add the rows of an archive for a reader; `paper_of` gives the papers of its keys."""
    done = Brought()
    with database.write() as connection:
        values = {"newest": newest, "last_change": int(fetch(connection, sql.LAST_SEQ)[0][0] or 0), "zero": 0}
        ids: dict[str, dict[int, int]] = defaultdict(dict)
        for table in brought():
            place = _Place(connection, table, reader_id, paper_of, ids, values)
            for row in rows.get(table.name, ()):
                place.take(row, done)
        _bring_events(connection, reader_id, rows.get("events", ()), paper_of, done)
        voted = {paper_of[row["paper_id"]] for row in rows.get("votes", ()) if row["paper_id"] in paper_of}
        apply_rule(connection, voted)
        if done.added:
            kept = (import_id, reader_id, database.now(), dumps(done.added))
            insert(connection, into(takeout_imports), [kept])
    return done


@dataclass
class _Place:
    """A table that rows are taken into."""

    connection: Connection
    table: Table
    reader_id: int
    paper_of: Mapping[str, int]
    ids: dict[str, dict[int, int]]  # table → place in the archive → number here
    values: Mapping[str, int]

    def take(self, row: Mapping[str, Any], done: Brought) -> None:
        """Add a row unless it is here already, or about something that is not."""
        mine = self._mine(row)
        if mine is None:
            done.lost += 1
            return
        present = self._present(mine)
        if present is None:
            result = self.connection.execute(self.table.insert().values(mine))
            key = (
                [result.lastrowid] if "id" in self.table.columns else [mine[one.name] for one in self.table.primary_key]
            )
            done.added.setdefault(self.table.name, []).append(key)
            done.counts[self.table.name] += 1
            present = key[0]
        else:
            done.known += 1
        if "id" in self.table.columns and isinstance(row.get("id"), int):
            self.ids[self.table.name][row["id"]] = present

    def _mine(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The row with the numbers of this library; None where something that it names is not here."""
        papers = set(paper_columns(self.table))
        out: dict[str, Any] = {}
        for column in self.table.columns:
            name, value = column.name, row.get(column.name)
            if name == "id" or (name not in row and name not in ("reader_id", *filled(self.table))):
                continue
            if name == "reader_id":
                value = self.reader_id
            elif name == "account_id":
                value = None  # what was said to others becomes a note
            elif name in filled(self.table):
                value = self.values[filled(self.table)[name]]
            elif name in papers:
                value = self.paper_of.get(value) if value is not None else None
            elif target := target_of(self.table, column):
                value = self.ids[target].get(value) if value is not None else None
            if value is None and not column.nullable and row.get(name) is not None:
                return None
            out[name] = value
        if self.table.name == "alerts" and out["kind"] == "search":
            number = self.ids["saved_searches"].get(int(row["target"]) if row["target"].isdigit() else 0)
            return {**out, "target": str(number), "hook_url": ""} if number else None
        return {**out, "hook_url": ""} if "hook_url" in self.table.columns else out

    def _present(self, mine: Mapping[str, Any]) -> Any:
        """The number or key of the row that is the same; None without one."""
        for key in keys_of(self.table):
            columns = [self.table.columns[name] for name in key if name in mine]
            same = [
                column.is_(None) if mine[column.name] is None else column == mine[column.name] for column in columns
            ]
            first = self.table.columns["id"] if "id" in self.table.columns else next(iter(self.table.primary_key))
            found = self.connection.execute(select(first).where(*same).limit(1)).first()
            if found:
                return found[0]
        return None


def _bring_events(
    connection: Connection,
    reader_id: int,
    rows: Iterable[Mapping[str, Any]],
    paper_of: Mapping[str, int],
    done: Brought,
) -> None:
    """Add the events that the reader does not have yet, and work out again what they sum up to."""
    present: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for number, kind, paper, at, position, value, undoes, _, policy in fetch(
        connection, sql.LOG_OF_READER, reader_id=reader_id
    ):
        present[kind, paper, at, position, value, policy, undoes is None].append(number)
    numbers: dict[int, int] = {}
    new: list[tuple[Event, int | None]] = []
    last = next_id(connection, "events") - 1
    for row in rows:
        paper = paper_of.get(row["paper_id"])
        if paper is None:
            done.lost += 1
            continue
        key = (row["kind"], paper, row["at"], row["position"], row["value"], row["policy"], row["undoes"] is None)
        if present[key]:
            numbers[row["id"]] = present[key].pop(0)
            done.known += 1
            continue
        event = Event(
            *(
                row["kind"],
                paper,
                row["position"],
                row["policy"],
                row["value"],
                parse_time(row["at"]),
                row["propensity"],
            )
        )
        undoes = numbers.get(row["undoes"]) if row["undoes"] is not None else None
        new.append((event, undoes))
        numbers[row["id"]] = last + len(new)
    if new:
        append(connection, reader_id, new, "")
        settle(connection, reader_id, {event.paper_id for event, _ in new})
        done.added["events"] = [[last + 1, next_id(connection, "events") - 1]]  # with those that bridge the two
        done.counts["events"] = len(new)


def settle(connection: Connection, reader_id: int, papers: set[int]) -> None:
    """Work out again what a reader's events of these papers sum up to: the later one counts, whatever its number."""
    insert(connection, statements.NOTE_PAPERS, [(reader_id, paper) for paper in sorted(papers)])
    for paper in sorted(papers):
        history = fetch(connection, sql.HISTORY, reader_id=reader_id, paper_id=paper)
        joint, wanted = replay(history), replay(sorted(history, key=lambda row: (row[2], row[0])))
        missing = [(event, None) for event in bridge(paper, joint, wanted)]
        if missing:
            append(connection, reader_id, missing, max(row[2] for row in history))
        restore(connection, reader_id, paper, wanted)
    ids = in_list(papers)
    connection.execute(statements.FORGET_DAYS_OF, {"ids": ids, "reader": reader_id})
    connection.execute(statements.COPY_DAYS_OF, {"ids": ids, "reader": reader_id})
    connection.execute(statements.FORGET_SEEN_OF, {"ids": ids, "reader": reader_id})
    connection.execute(statements.COUNT_DAYS_OF_READER, {"ids": ids, "reader": reader_id})
