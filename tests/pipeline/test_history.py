"""A log made by hand → the state of any moment, and what was wanted from when."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from broadsheet.catalogue.events import LoggedEvent, PaperState
from broadsheet.pipeline.feed.history import History, Moment, Want, Window, state_of
from tests.clock import NOON

Line = tuple[float, str, int]  # (hour, kind, paper)


def hour(n: float) -> datetime:
    return NOON + timedelta(hours=n)


def history(*lines: Line, now: float = 1000, undoes: dict[int, int] | None = None, tag: str = "t") -> History:
    """Events numbered from 1 in the given order."""
    return History(
        [
            LoggedEvent(
                *(number, kind, paper, hour(at), None, tag if kind.endswith("tag") else "", (undoes or {}).get(number)),
                propensity=None,
                policy="",
            )
            for number, (at, kind, paper) in enumerate(lines, start=1)
        ],
        hour(now),
    )


def wants(past: History) -> list[tuple[int, float]]:
    return [(want.paper, (want.at - NOON) / timedelta(hours=1)) for want in past.wants()]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], []),
        ([(1, "save", 7)], [(7, 1)]),
        ([(1, "open", 7), (9, "save", 7)], [(7, 1)]),
        ([(1, "tag", 7), (9, "save", 7)], [(7, 1)]),
        ([(1, "up", 7), (9, "save", 7)], [(7, 1)]),
        ([(1, "up", 7)], []),  # liked, but not saved
        ([(1, "open", 7)], []),
        ([(1, "save", 7), (2, "unsave", 7)], []),
        ([(1, "save", 7), (2, "unsave", 7), (3, "save", 7)], [(7, 1)]),
        ([(1, "save", 7), (2, "down", 7)], []),
        ([(1, "save", 7), (2, "down", 7), (3, "unrate", 7)], [(7, 1)]),
        ([(1, "save", 7), (2, "hide", 7)], []),
        ([(1, "hide", 7), (2, "unhide", 7), (3, "save", 7)], [(7, 3)]),  # hiding is no wanting
        ([(1, "down", 7), (2, "up", 7), (3, "save", 7)], [(7, 2)]),
        ([(5, "save", 8), (5, "save", 7), (1, "save", 9)], [(9, 1), (7, 5), (8, 5)]),  # by time, then by number
        ([(1, "impression", 7), (2, "save", 7)], [(7, 2)]),
    ],
)
def test_a_paper_is_wanted_from_its_first_touch_if_it_is_saved_in_the_end(
    lines: list[Line], expected: list[tuple[int, float]]
) -> None:
    assert wants(history(*lines)) == expected


def test_what_was_undone_never_happened() -> None:
    lines = [(1, "save", 7), (2, "save", 8), (3, "unsave", 8), (4, "open", 9)]
    past = history(*lines, undoes={3: 2})
    assert wants(past) == [(7, 1)]
    assert set(past.before(hour(2.5)).saved) == {7}  # not even before it was undone
    assert past.touched(hour(0), hour(10)) == {7, 9}


def test_the_future_is_now() -> None:
    past = history((1, "save", 7), (5000, "save", 8), (6000, "open", 9), now=100)
    assert wants(past) == [(7, 1), (8, 100)]
    assert set(past.before(None).saved) == {7, 8}
    assert set(past.before(hour(100)).saved) == {7}


@pytest.mark.parametrize(
    ("at", "saved", "ratings", "hidden", "opened", "tagged"),
    [
        (0, set(), {}, set(), set(), set()),
        (1, set(), {}, set(), set(), set()),  # before a moment is before it
        (1.5, {1}, {}, set(), set(), set()),
        (3.5, {1}, {2: 1}, set(), {3}, set()),
        (5.5, {1}, {2: -1}, {4}, {3}, set()),
        (7.5, set(), {2: -1}, {4}, {3}, {5}),
        (9.5, set(), {}, set(), {3}, set()),
    ],
)
def test_the_state_of_a_moment_is_the_sum_of_what_was_before(
    at: float, saved: set[int], ratings: dict[int, int], hidden: set[int], opened: set[int], tagged: set[int]
) -> None:
    lines: list[Line] = [(1, "save", 1), (2, "up", 2), (3, "open", 3), (4, "hide", 4), (5, "down", 2), (6, "unsave", 1)]
    lines += [(7, "tag", 5), (8, "unrate", 2), (8, "unhide", 4), (9, "untag", 5)]
    state = history(*lines).before(hour(at))
    assert (set(state.saved), state.ratings, state.hidden, set(state.opened)) == (saved, ratings, hidden, opened)
    assert state.tags.get("t", frozenset()) == tagged
    assert state.seen == {}
    assert state.last_event == sum(line[0] < at for line in lines)


def test_times_are_those_of_the_log() -> None:
    state = history((1, "save", 1), (2, "open", 2), (3, "open", 2), (4, "save", 1)).before(None)
    assert state.saved == {1: hour(1)}  # when first
    assert state.opened == {2: hour(3)}  # when last


def test_touched_is_from_one_moment_to_before_another() -> None:
    past = history((1, "save", 1), (2, "hide", 2), (3, "down", 3), (3, "open", 1))
    assert past.touched(hour(1), hour(3)) == {1, 2}
    assert past.touched(hour(2), hour(2)) == frozenset()
    assert past.touched(hour(3), hour(9)) == {1, 3}


def test_a_state_is_made_of_those_of_its_papers() -> None:
    states = {
        1: PaperState(saved_at=NOON.isoformat(), tags={"b", "a"}),
        2: PaperState(rating=-1, hidden=True, tags={"a"}),
        3: PaperState(opened_at=NOON.isoformat()),
        4: PaperState(),
    }
    state = state_of(states, {1: 2}, 17)
    assert (state.saved, state.opened, state.ratings, state.hidden) == ({1: NOON}, {3: NOON}, {2: -1}, frozenset({2}))
    assert state.tags == {"a": frozenset({1, 2}), "b": frozenset({1})}
    assert (state.seen, state.last_event, state.used) == ({1: 2}, 17, {1, 2, 3})


def test_a_window_starts_with_its_first_want() -> None:
    wanted = [Want(n, hour(n)) for n in range(5)]
    window = Window((Moment(tuple(wanted[1:3])), Moment((wanted[3],))))
    assert (window.start, window.moments[0].last, window.moments[1].first) == (hour(1), hour(2), hour(3))
