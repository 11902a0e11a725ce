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

from broadsheet.catalogue.database import fetch, in_list, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.events import BRIDGE, Event, PaperState, append, replay, restore
from broadsheet.catalogue.statements import readers as statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["merge_history", "split_history"]

_Happened: TypeAlias = tuple[int, str, str, str, int | None]  # as `replay` takes it


def merge_history(connection: Connection, survivors: Mapping[int, int], at: str) -> None:
    """Give events, state, tags and collections of each paper (key) to its survivor, before the papers are deleted."""
    histories = _move_events(connection, survivors)
    moved = [{"new_id": survivor, "old_id": old} for old, survivor in survivors.items()]
    connection.execute(statements.COPY_COLLECTIONS, moved)
    connection.execute(statements.MOVE_DAYS, moved)
    for (reader_id, survivor), apart in sorted(histories.items()):
        joint = replay(sorted(event for history in apart.values() for event in history))
        wanted = together([replay(history) for history in apart.values()], joint)
        amends = _amends(survivor, joint, wanted)
        append(connection, reader_id, [(event, None) for event in amends], at)
        insert(connection, statements.NOTE_PAPERS, [(reader_id, survivor)])
        restore(connection, reader_id, survivor, wanted)
    connection.execute(statements.COUNT_DAYS, {"ids": in_list(set(survivors.values()))})


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


def _move_events(
    connection: Connection, survivors: Mapping[int, int]
) -> dict[tuple[int, int], dict[int, list[_Happened]]]:
    """Point events of old papers to the survivors; per (reader, survivor) the actions on each paper before that."""
    found = fetch(connection, sql.EVENTS_OF_PAPERS, ids=in_list({*survivors, *survivors.values()}))
    histories: dict[tuple[int, int], dict[int, list[_Happened]]] = defaultdict(lambda: defaultdict(list))
    for number, reader_id, paper_id, kind, at, value, undoes in found:
        if kind != "impression":
            happened = (number, kind, at, value, undoes)
            histories[reader_id, survivors.get(paper_id, paper_id)][paper_id].append(happened)
    moved = [{"new_id": survivors[row[2]], "event": row[0]} for row in found if row[2] in survivors]
    if moved:
        connection.execute(statements.MOVE_EVENT, moved)
    return histories


def split_history(connection: Connection, old_id: int, new_id: int, until: str) -> None:
    """Give a paper brought back the events of before `until`, and both papers the state that theirs add up to."""
    move = {"old_id": old_id, "new_id": new_id}
    connection.execute(statements.MOVE_EVENTS_BEFORE, move | {"before": until})
    connection.execute(statements.MOVE_DAYS_BEFORE, move | {"before": until[:10]})
    both = in_list([old_id, new_id])
    readers = fetch(connection, sql.READERS_OF_EVENTS, ids=both)
    kept = fetch(connection, sql.READERS_OF_PAPER, paper_id=old_id)
    for reader_id, paper_id in sorted({*readers, *kept}):
        insert(connection, statements.NOTE_PAPERS, [(reader_id, paper_id)])
        history = fetch(connection, sql.HISTORY, reader_id=reader_id, paper_id=paper_id)
        restore(connection, reader_id, paper_id, replay(history))
    for statement in (statements.FORGET_DAYS, statements.COPY_DAYS, statements.FORGET_SEEN, statements.COUNT_DAYS):
        connection.execute(statement, {"ids": both})
