"""Moving the reader history of an absorbed paper to its survivor.

Events keep their numbers and point to the survivor. If the replay of the joint history loses something that a reader
had on one of the papers (saved on one, unsaved on the other), the missing events are appended, so that a replay still
gives the stored state.
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
from broadsheet.kit.reader_actions import RATINGS

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["bridge", "merge_history", "split_history"]

_KIND_OF_RATING = {rating: action.value for action, rating in RATINGS.items()}

_Action: TypeAlias = tuple[int, str, str, str, int | None]  # as `replay` takes it


def merge_history(connection: Connection, survivors: Mapping[int, int], at: str) -> None:
    """Move events, state, tags and collections of each absorbed paper (key) to its survivor; call before deletion."""
    histories = _move_events(connection, survivors)
    moves = [{"new_id": survivor, "old_id": old} for old, survivor in survivors.items()]
    connection.execute(statements.COPY_COLLECTIONS, moves)
    connection.execute(statements.MOVE_DAYS, moves)
    for (reader_id, survivor), actions_by_paper in sorted(histories.items()):
        joint = replay(sorted(event for history in actions_by_paper.values() for event in history))
        target = combined([replay(history) for history in actions_by_paper.values()], joint)
        missing = bridge(survivor, joint, target)
        append(connection, reader_id, [(event, None) for event in missing], at)
        insert(connection, statements.NOTE_PAPERS, [(reader_id, survivor)])
        restore(connection, reader_id, survivor, target)
    connection.execute(statements.COUNT_DAYS, {"ids": in_list(set(survivors.values()))})


def combined(states: Sequence[PaperState], joint: PaperState) -> PaperState:
    """Combine a reader's states of several papers; `joint` is the replay of all their events in order.

    Saved at the earliest time; the latest rating; hidden if any is hidden; the tags of all.
    """
    ratings = [state.rating for state in states if state.rating]
    return replace(
        joint,
        saved_at=min((state.saved_at for state in states if state.saved_at), default=None),
        rating=joint.rating or (ratings[0] if ratings else 0),
        hidden=any(state.hidden for state in states),
        tags=set().union(*(state.tags for state in states)),
    )


def bridge(paper_id: int, joint: PaperState, target: PaperState) -> list[Event]:
    """The events that lead from the replayed state `joint` to `target`."""
    events: list[Event] = []
    if target.saved_at != joint.saved_at:
        events += [Event("unsave", paper_id)] if joint.saved_at else []
        events += [Event("save", paper_id, at=parse_time(target.saved_at))] if target.saved_at else []
    if target.rating != joint.rating:
        events.append(Event(_KIND_OF_RATING[target.rating], paper_id))
    if target.hidden != joint.hidden:
        events.append(Event("hide" if target.hidden else "unhide", paper_id))
    if target.opened_at != joint.opened_at and target.opened_at:
        events.append(Event("open", paper_id, at=parse_time(target.opened_at)))
    events += [Event("tag", paper_id, value=tag) for tag in sorted(target.tags - joint.tags)]
    events += [Event("untag", paper_id, value=tag) for tag in sorted(joint.tags - target.tags)]
    return [replace(event, policy=BRIDGE) for event in events]


def _move_events(
    connection: Connection, survivors: Mapping[int, int]
) -> dict[tuple[int, int], dict[int, list[_Action]]]:
    """Point the events of absorbed papers to the survivors; returns (reader, survivor) → paper → earlier actions."""
    rows = fetch(connection, sql.EVENTS_OF_PAPERS, ids=in_list({*survivors, *survivors.values()}))
    histories: dict[tuple[int, int], dict[int, list[_Action]]] = defaultdict(lambda: defaultdict(list))
    for number, reader_id, paper_id, kind, at, value, undoes in rows:
        if kind != "impression":
            action = (number, kind, at, value, undoes)
            histories[reader_id, survivors.get(paper_id, paper_id)][paper_id].append(action)
    moves = [{"new_id": survivors[row[2]], "event": row[0]} for row in rows if row[2] in survivors]
    if moves:
        connection.execute(statements.MOVE_EVENT, moves)
    return histories


def split_history(connection: Connection, old_id: int, new_id: int, until: str) -> None:
    """Move the events before `until` to the new paper, and recompute the reader state of both papers."""
    move = {"old_id": old_id, "new_id": new_id}
    connection.execute(statements.MOVE_EVENTS_BEFORE, move | {"before": until})
    connection.execute(statements.MOVE_DAYS_BEFORE, move | {"before": until[:10]})
    both = in_list([old_id, new_id])
    with_events = fetch(connection, sql.READERS_OF_EVENTS, ids=both)
    with_state = fetch(connection, sql.READERS_OF_PAPER, paper_id=old_id)
    for reader_id, paper_id in sorted({*with_events, *with_state}):
        insert(connection, statements.NOTE_PAPERS, [(reader_id, paper_id)])
        history = fetch(connection, sql.HISTORY, reader_id=reader_id, paper_id=paper_id)
        restore(connection, reader_id, paper_id, replay(history))
    for statement in (statements.FORGET_DAYS, statements.COPY_DAYS, statements.FORGET_SEEN, statements.COUNT_DAYS):
        connection.execute(statement, {"ids": both})
