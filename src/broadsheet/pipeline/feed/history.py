"""A reader's log → the state of any earlier moment, and the papers that were saved later, each at its first touch.

Times in the future, as of a clock that was wrong, count as now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from broadsheet.catalogue import ReaderState
from broadsheet.catalogue.events import LoggedEvent, PaperState, replay

__all__ = ["History", "Moment", "Want", "Window", "state_of", "windows_of"]

TOUCHES = ("open", "save", "up", "tag")  # actions by which a paper is first wanted


def state_of(states: Mapping[int, PaperState], seen: Mapping[int, int], last_event: int) -> ReaderState:
    """The state of a reader from that of every paper; `seen` counts the days on which each was shown."""
    tags: dict[str, set[int]] = defaultdict(set)
    for paper, state in states.items():
        for tag in state.tags:
            tags[tag].add(paper)
    return ReaderState(
        saved={p: datetime.fromisoformat(s.saved_at) for p, s in states.items() if s.saved_at},
        ratings={p: s.rating for p, s in states.items() if s.rating},
        hidden=frozenset(p for p, s in states.items() if s.hidden),
        opened={p: datetime.fromisoformat(s.opened_at) for p, s in states.items() if s.opened_at},
        tags={tag: frozenset(papers) for tag, papers in tags.items()},
        seen=dict(seen),
        last_event=last_event,
    )


@dataclass(frozen=True, slots=True)
class Want:
    """A paper that the reader has saved, and when it was first opened, saved, tagged or asked for more of."""

    paper: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """Papers wanted one after the other that are looked for in one ranking, oldest first; at least one."""

    wants: tuple[Want, ...]

    @property
    def first(self) -> datetime:
        """When the first of them was touched."""
        return self.wants[0].at

    @property
    def last(self) -> datetime:
        """When the last of them was touched."""
        return self.wants[-1].at


@dataclass(frozen=True, slots=True)
class Window:
    """Moments that are ranked by one model: that of what was done before the first of them."""

    moments: tuple[Moment, ...]

    @property
    def start(self) -> datetime:
        """Before this the model learns."""
        return self.moments[0].first


class History:
    """What a reader did and did not undo, by paper, in the order of the log."""

    def __init__(self, events: Sequence[LoggedEvent], now: datetime) -> None:
        self._actions: dict[int, list[LoggedEvent]] = defaultdict(list)
        undone = {event.undoes for event in events}
        for event in events:
            if event.kind != "impression" and event.undoes is None and event.id not in undone:
                self._actions[event.paper_id].append(replace(event, at=min(event.at, now)))

    def before(self, moment: datetime | None) -> ReaderState:
        """The state before a moment, of now where it is None; nothing of it was shown."""
        states, last_event = {}, 0
        for paper, actions in self._actions.items():
            past = [event for event in actions if moment is None or event.at < moment]
            if past:
                states[paper] = replay((e.id, e.kind, e.at.isoformat(), e.value, e.undoes) for e in past)
                last_event = max(last_event, past[-1].id)
        return state_of(states, {}, last_event)

    def touched(self, since: datetime, before: datetime) -> frozenset[int]:
        """The papers that something was done with from one moment to before another."""
        return frozenset(
            paper for paper, actions in self._actions.items() if any(since <= event.at < before for event in actions)
        )

    def wants(self) -> list[Want]:
        """The papers that are saved now and neither hidden nor rated down, by when they were first wanted."""
        state, found = self.before(None), []
        for paper in state.saved:
            if paper in state.hidden or state.ratings.get(paper, 0) < 0:
                continue
            found.append(Want(paper, min(event.at for event in self._actions[paper] if event.kind in TOUCHES)))
        return sorted(found, key=lambda want: (want.at, want.paper))


def windows_of(wants: Sequence[Want], steps: int, moments: int) -> list[Window]:
    """The wants in at most `steps` windows of at most so many moments; papers of one instant stay together."""
    return [Window(tuple(Moment(part) for part in _split(window, moments))) for window in _split(wants, steps)]


def _split(wants: Sequence[Want], most: int) -> list[tuple[Want, ...]]:
    """At most so many parts of about one size, none of which begins at the instant at which the one before ends."""
    n, cuts = len(wants), [0]
    for part in range(1, most):
        cut = max(part * n // most, cuts[-1])
        while 0 < cut < n and wants[cut].at == wants[cut - 1].at:
            cut += 1
        cuts.append(min(cut, n))
    cuts.append(n)
    return [tuple(wants[a:b]) for a, b in pairwise(cuts) if a < b]
