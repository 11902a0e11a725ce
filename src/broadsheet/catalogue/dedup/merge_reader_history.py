"""What readers did with a paper that became part of another is handed over to that one.

Events keep their numbers and only point to the other paper. Where the joint history adds up to less than the papers
had apart (saved here, unsaved there, because it was there twice), what is missing is appended as an event of its own,
so that a replay still gives the state that is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from broadsheet.catalogue.database import fetch, in_list, parse_time
from broadsheet.catalogue.events import BRIDGE, Event, PaperState, append, replay, restore

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["merge_history", "split_history"]

_Happened: TypeAlias = tuple[int, str, str, str, int | None]  # as `replay` takes it

_MOVES = (  # ?1: the paper that stays, ?2: the one that goes
    "INSERT INTO collection_papers (collection_id, paper_id, added_at) "
    "SELECT collection_id, ?1, added_at FROM collection_papers WHERE paper_id = ?2 "
    "ON CONFLICT DO UPDATE SET added_at = min(added_at, excluded.added_at)",
    "UPDATE OR IGNORE reader_days SET paper_id = ?1 WHERE paper_id = ?2",
)
_DAYS = (
    "INSERT INTO reader_papers (reader_id, paper_id, days_seen, last_seen_day) "
    "SELECT reader_id, paper_id, count(*), max(day) FROM reader_days "
    "WHERE paper_id IN (SELECT value FROM json_each(?)) GROUP BY reader_id, paper_id "
    "ON CONFLICT DO UPDATE SET days_seen = excluded.days_seen, last_seen_day = excluded.last_seen_day"
)


def merge_history(connection: Connection, heirs: Mapping[int, int], at: str) -> None:
    """Give events, state, tags and collections of each paper (key) to its heir. Call before the papers are deleted."""
    histories = _move_events(connection, heirs)
    connection.exec_driver_sql(_MOVES[0], [(heir, old) for old, heir in heirs.items()])
    connection.exec_driver_sql(_MOVES[1], [(heir, old) for old, heir in heirs.items()])
    for (reader_id, heir), apart in sorted(histories.items()):
        joint = replay(sorted(event for history in apart.values() for event in history))
        wanted = together([replay(history) for history in apart.values()], joint)
        amends = _amends(heir, joint, wanted)
        append(connection, reader_id, [(event, None) for event in amends], at)
        key = (reader_id, heir)
        connection.exec_driver_sql("INSERT OR IGNORE INTO reader_papers (reader_id, paper_id) VALUES (?, ?)", key)
        restore(connection, reader_id, heir, wanted)
    connection.exec_driver_sql(_DAYS, (in_list(set(heirs.values())),))


def together(apart: Sequence[PaperState], joint: PaperState) -> PaperState:
    """What a reader's states of several papers are as one state; `joint` is the replay of all events in order.

    Saved since the earliest; the latest rating that any has now; hidden if any is; the tags of all.
    """
    ratings = [state.rating for state in apart if state.rating]
    return replace(
        joint,
        saved_at=min((state.saved_at for state in apart if state.saved_at), default=None),
        rating=joint.rating or (ratings[0] if ratings else 0),
        hidden=any(state.hidden for state in apart),
        tags=set().union(*(state.tags for state in apart)),
    )


def _amends(paper_id: int, joint: PaperState, wanted: PaperState) -> list[Event]:
    """The events that lead from the replayed state to the one wanted, which never has less."""
    amends: list[Event] = []
    if wanted.saved_at and wanted.saved_at != joint.saved_at:
        amends += [Event("unsave", paper_id)] if joint.saved_at else []
        amends += [Event("save", paper_id, at=parse_time(wanted.saved_at))]
    if wanted.rating != joint.rating:
        amends.append(Event("up" if wanted.rating > 0 else "down", paper_id))
    if wanted.hidden != joint.hidden:
        amends.append(Event("hide", paper_id))
    amends += [Event("tag", paper_id, value=tag) for tag in sorted(wanted.tags - joint.tags)]
    return [replace(event, policy=BRIDGE) for event in amends]


def _move_events(connection: Connection, heirs: Mapping[int, int]) -> dict[tuple[int, int], dict[int, list[_Happened]]]:
    """Point the events of old papers to their heirs; per (reader, heir) the actions on each paper before that."""
    sql = (
        "SELECT id, reader_id, paper_id, kind, at, value, undoes FROM events "
        "WHERE paper_id IN (SELECT value FROM json_each(?)) ORDER BY id"
    )
    found = fetch(connection, sql, in_list({*heirs, *heirs.values()}))
    histories: dict[tuple[int, int], dict[int, list[_Happened]]] = defaultdict(lambda: defaultdict(list))
    for number, reader_id, paper_id, kind, at, value, undoes in found:
        if kind != "impression":
            happened = (number, kind, at, value, undoes)
            histories[reader_id, heirs.get(paper_id, paper_id)][paper_id].append(happened)
    moved = [(heirs[row[2]], row[0]) for row in found if row[2] in heirs]
    if moved:
        connection.exec_driver_sql("UPDATE events SET paper_id = ? WHERE id = ?", moved)
    return histories


def split_history(connection: Connection, old_id: int, new_id: int, until: str) -> None:
    """Give a paper brought back the events of before `until`, and both papers the state that theirs add up to."""
    connection.exec_driver_sql("UPDATE events SET paper_id = ? WHERE paper_id = ? AND at < ?", (new_id, old_id, until))
    sql = "UPDATE OR IGNORE reader_days SET paper_id = ? WHERE paper_id = ? AND day < ?"
    connection.exec_driver_sql(sql, (new_id, old_id, until[:10]))
    readers = fetch(
        connection, "SELECT DISTINCT reader_id, paper_id FROM events WHERE paper_id IN (?, ?)", new_id, old_id
    )
    kept = fetch(connection, "SELECT reader_id, paper_id FROM reader_papers WHERE paper_id = ?", old_id)
    sql = (
        "SELECT id, kind, at, value, undoes FROM events "
        "WHERE reader_id = ? AND paper_id = ? AND kind <> 'impression' ORDER BY id"
    )
    for reader_id, paper_id in sorted({*readers, *kept}):
        key = (reader_id, paper_id)
        connection.exec_driver_sql("INSERT OR IGNORE INTO reader_papers (reader_id, paper_id) VALUES (?, ?)", key)
        restore(connection, reader_id, paper_id, replay(fetch(connection, sql, *key)))
    days = "DELETE FROM reader_days WHERE paper_id IN (?1, ?2)"
    connection.exec_driver_sql(days, (old_id, new_id))
    shown = (
        "INSERT INTO reader_days (reader_id, paper_id, day) SELECT DISTINCT reader_id, paper_id, substr(at, 1, 10) "
        "FROM events WHERE kind = 'impression' AND paper_id IN (?, ?)"
    )
    connection.exec_driver_sql(shown, (old_id, new_id))
    none = "UPDATE reader_papers SET days_seen = 0, last_seen_day = '' WHERE paper_id IN (?, ?)"
    connection.exec_driver_sql(none, (old_id, new_id))
    connection.exec_driver_sql(_DAYS, (in_list([old_id, new_id]),))
