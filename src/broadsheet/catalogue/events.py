"""Readers' events: an append-only log, and the state that is their sum, written in the same transaction.

An undo appends the inverse of an event and names that event in `undoes`. A replay skips both of them, so an undo
restores exactly the state before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Database, fetch, in_list, insert, numbers, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownPaper, UnknownReader, UsageError
from broadsheet.kit.lazy import lazy
from broadsheet.kit.reader_actions import RATINGS, SHOWN_IN_VAIN, ReaderAction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import readers as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "readers")

__all__ = [
    "BRIDGE",
    "KINDS",
    "Event",
    "LoggedEvent",
    "PaperState",
    "ReaderState",
    "append",
    "log_in",
    "replay",
    "restore",
]

_RATINGS: dict[str, int] = {action.value: rating for action, rating in RATINGS.items()}
KINDS = ("impression", *(action.value for action in ReaderAction))
_LONGEST = 200  # characters of a tag or policy name, at most
BRIDGE = "bridge"  # the policy of the events that a merge of two papers adds; they cannot be undone


@dataclass(frozen=True, slots=True)
class Event:
    """An action of a reader, or an impression. The catalogue sets `at` where it is None."""

    kind: str  # one of KINDS
    paper_id: int
    position: int | None = None  # on the page, from 1
    policy: str = ""  # the ranking of the page
    value: str = ""  # the tag's name
    at: datetime | None = None
    propensity: float | None = None  # of an impression: the probability that the policy showed this paper, if known


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as the log has it."""

    id: int
    kind: str
    paper_id: int
    at: datetime
    position: int | None
    value: str
    undoes: int | None
    propensity: float | None
    policy: str


@dataclass(frozen=True, slots=True)
class ReaderState:
    """The sum of a reader's events, over papers that still exist."""

    saved: dict[int, datetime]
    ratings: dict[int, int]  # +1 or -1
    hidden: frozenset[int]
    opened: dict[int, datetime]  # when last
    tags: dict[str, frozenset[int]]
    seen: dict[int, int]  # paper to the number of earlier days (UTC) on which it was shown
    last_event: int  # number of the last event that is no impression: a model fitted before it is out of date

    @property
    def used(self) -> set[int]:
        """The papers saved, rated, opened or hidden."""
        return {*self.saved, *self.ratings, *self.hidden, *self.opened}

    @property
    def passed(self) -> frozenset[int]:
        """The papers shown on SHOWN_IN_VAIN earlier days or more, of which the reader made nothing."""
        marked = self.used.union(*self.tags.values())
        return frozenset(p for p, days in self.seen.items() if days >= SHOWN_IN_VAIN and p not in marked)


@dataclass(slots=True)
class PaperState:
    """One reader's state of one paper."""

    saved_at: str | None = None
    rating: int = 0
    hidden: bool = False
    opened_at: str | None = None
    tags: set[str] = field(default_factory=set)


def replay(events: Iterable[tuple[int, str, str, str, int | None]]) -> PaperState:
    """The state after (id, kind, at, value, undoes) in order, all of one reader and one paper."""
    events = list(events)
    undone = {undoes for *_, undoes in events if undoes is not None}
    state = PaperState()
    for number, kind, at, value, undoes in events:
        if undoes is not None or number in undone:
            continue
        if kind == "open":
            state.opened_at = at
        elif kind == "save":
            state.saved_at = state.saved_at or at
        elif kind == "unsave":
            state.saved_at = None
        elif kind in _RATINGS:
            state.rating = _RATINGS[kind]
        elif kind in {"hide", "unhide"}:
            state.hidden = kind == "hide"
        elif kind == "tag":
            state.tags.add(value)
        elif kind == "untag":
            state.tags.discard(value)
    return state


def log(database: Database, reader_id: int, events: Sequence[Event]) -> list[int]:
    """Append events, all or none, and return their numbers. Raises UsageError, UnknownPaper, UnknownReader."""
    with database.write() as connection:
        return log_in(connection, reader_id, events, database.now())


def log_in(connection: Connection, reader_id: int, events: Sequence[Event], at: str) -> list[int]:
    """Append events inside a transaction, as `log` does."""
    events = [_validated(event) for event in events]
    papers = _resolve(connection, reader_id, {event.paper_id for event in events})
    if any(number != paper_id for number, paper_id in papers.items()):
        events = [replace(event, paper_id=papers[event.paper_id]) for event in events]
    numbers = append(connection, reader_id, [(event, None) for event in events], at)
    timed = [(event, stored_time(event.at) if event.at else at) for event in events]
    impressions = [(event, time) for event, time in timed if event.kind == "impression"]
    if impressions:
        _count_days(connection, reader_id, impressions)
    for event, time in timed:
        if event.kind != "impression":
            _apply(connection, reader_id, event, time)
    return numbers


def undo(database: Database, reader_id: int) -> Event | None:
    """Undo the reader's last action that is not undone yet; returns it, or None if there is none."""
    with database.write() as connection:
        _resolve(connection, reader_id, set())
        rows = fetch(connection, sql.LAST_UNDOABLE, reader_id=reader_id)
        if not rows:
            return None
        number, kind, paper_id, position, policy, value, at = rows[0]
        event = Event(kind, paper_id, position, policy, value, parse_time(at))
        history = fetch(connection, sql.HISTORY, reader_id=reader_id, paper_id=paper_id)
        state = replay(row for row in history if row[0] != number)
        inverse = replace(event, kind=_inverse(event, state), position=None, at=None)
        append(connection, reader_id, [(inverse, number)], database.now())
        restore(connection, reader_id, paper_id, state)
    return event


def state(database: Database, reader_id: int) -> ReaderState:
    """The reader's present state. Raises UnknownReader."""
    today = database.today().isoformat()
    with database.read() as connection:
        last = fetch(connection, sql.LAST_EVENT_OF_READER, reader_id=reader_id)
        if not last:
            raise UnknownReader(f"no reader has the number {reader_id}")
        rows = fetch(connection, sql.PAPERS_TOUCHED, reader_id=reader_id)
        seen, days = fetch(connection, sql.PAPERS_SEEN, reader_id=reader_id, today=today)[0]
        tags: dict[str, set[int]] = defaultdict(set)
        for tag, paper_id in fetch(connection, sql.TAGS_OF_READER, reader_id=reader_id):
            tags[tag].add(paper_id)
    return ReaderState(
        saved={row[0]: parse_time(row[1]) for row in rows if row[1]},
        ratings={row[0]: row[2] for row in rows if row[2]},
        hidden=frozenset(row[0] for row in rows if row[3]),
        opened={row[0]: parse_time(row[4]) for row in rows if row[4]},
        tags={tag: frozenset(papers) for tag, papers in sorted(tags.items())},
        seen=dict(zip(numbers(seen).tolist(), numbers(days).tolist(), strict=True)),
        last_event=last[0][0],
    )


def whole_log(database: Database, reader_id: int) -> list[LoggedEvent]:
    """All events of a reader, in order."""
    with database.read() as connection:
        rows = fetch(connection, sql.LOG_OF_READER, reader_id=reader_id)
    return [LoggedEvent(number, kind, paper, parse_time(at), *rest) for number, kind, paper, at, *rest in rows]


def _validated(event: Event) -> Event:
    if event.kind not in KINDS:
        raise UsageError(f"no kind of event {event.kind!r}; there are {', '.join(KINDS)}")
    value = clean_text(event.value).strip()
    if event.kind in {"tag", "untag"} and not 0 < len(value) <= _LONGEST:
        raise UsageError(f"a tag's name has 1 to {_LONGEST} characters, not {len(value)}")
    return replace(event, value=value[:_LONGEST], policy=clean_text(event.policy)[:_LONGEST])


def _resolve(connection: Connection, reader_id: int, paper_ids: set[int]) -> dict[int, int]:
    """Map each number to the paper it leads to now: a paper on the page may have been merged into another since."""
    if not fetch(connection, sql.LAST_EVENT_OF_READER, reader_id=reader_id):
        raise UnknownReader(f"no reader has the number {reader_id}")
    live = follow(connection, paper_ids)
    if missing := paper_ids - live.keys():
        raise UnknownPaper(f"no paper has the number {min(missing)}")
    return live


def append(connection: Connection, reader_id: int, events: Sequence[tuple[Event, int | None]], at: str) -> list[int]:
    """Append (event, the event it undoes) to the log without changing the state; returns the events' numbers."""
    insert(
        connection,
        statements.ADD_EVENTS,
        [
            (
                *(reader_id, stored_time(e.at) if e.at else at, e.kind, e.paper_id),
                *(e.position, e.policy, e.value, undoes, e.propensity),
            )
            for e, undoes in events
        ],
    )
    last = int(fetch(connection, sql.LAST_EVENT)[0][0])
    numbers = list(range(last - len(events) + 1, last + 1))
    actions = [number for number, (event, _) in zip(numbers, events, strict=True) if event.kind != "impression"]
    if actions:
        connection.execute(statements.SET_LAST_EVENT, {"reader": reader_id, "last_event": actions[-1]})
    return numbers


def _count_days(connection: Connection, reader_id: int, impressions: Sequence[tuple[Event, str]]) -> None:
    insert(connection, statements.ADD_DAYS, [(reader_id, event.paper_id, at[:10]) for event, at in impressions])
    parameters = {"reader": reader_id, "ids": in_list({event.paper_id for event, _ in impressions})}
    connection.execute(statements.COUNT_DAYS_OF_READER, parameters)


def _apply(connection: Connection, reader_id: int, event: Event, at: str) -> None:
    key = {"reader": reader_id, "paper": event.paper_id}
    if event.kind == "tag":
        insert(connection, statements.ADD_TAGS, [(reader_id, event.value, event.paper_id)])
    elif event.kind == "untag":
        connection.execute(statements.REMOVE_TAG, key | {"of_tag": event.value})
    else:
        insert(connection, statements.NOTE_PAPERS, [(reader_id, event.paper_id)])
        connection.execute(statements.EFFECTS[event.kind], key | {"at": at})


def restore(connection: Connection, reader_id: int, paper_id: int, state: PaperState) -> None:
    """Overwrite the stored state of one paper and its tags with `state`."""
    key = {"reader": reader_id, "paper": paper_id}
    row = {
        "saved_at": state.saved_at,
        "rating": state.rating,
        "hidden": int(state.hidden),
        "opened_at": state.opened_at,
    }
    connection.execute(statements.CHANGE_STATE, key | row)
    connection.execute(statements.REMOVE_TAGS, key)
    insert(connection, statements.ADD_TAGS, [(reader_id, tag, paper_id) for tag in sorted(state.tags)])


def _inverse(event: Event, state: PaperState) -> str:
    """The kind of event that restores `state`, the state before `event`."""
    if event.kind in _RATINGS:
        return {1: "up", -1: "down", 0: "unrate"}[state.rating]
    if event.kind in {"hide", "unhide"}:
        return "hide" if state.hidden else "unhide"
    if event.kind in {"tag", "untag"}:
        return "tag" if event.value in state.tags else "untag"
    return "save" if state.saved_at else "unsave"
