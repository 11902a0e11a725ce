"""The verdict of a draft from logs made by hand: who is credited, which pages are won, and when it can be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from broadsheet.catalogue.events import LoggedEvent
from broadsheet.pipeline.feed.interleaving import SITE, sign_test, verdict
from tests.clock import NOON

TAG = NOON.isoformat()
POLICY = "taste recency=0.25 mmr=0.3 explore=1"
Line = tuple[float, str, int, str]  # (day, kind, paper, team or policy)


def log(*lines: Line, tag: str = TAG, undoes: dict[int, int] | None = None) -> list[LoggedEvent]:
    """Events numbered from 1; an impression's team is written as its policy is, "" for a page of one mix."""
    events = []
    for number, (day, kind, paper, team) in enumerate(lines, start=1):
        policy = f"draft {tag} {POLICY} team {team}" if team in ("own", "other") else team or POLICY
        at: datetime = NOON + timedelta(days=day)
        undone = (undoes or {}).get(number)
        events.append(LoggedEvent(number, kind, paper, at, None, "", undone, None, policy))
    return events


def page(day: float, own: Sequence[int], other: Sequence[int]) -> list[Line]:
    """The impressions of a page."""
    return [(day, "impression", paper, "own") for paper in own] + [(day, "impression", n, "other") for n in other]


def wins(*logs: Sequence[LoggedEvent], tag: str = TAG) -> tuple[int, int, int]:
    told = verdict(logs, tag)
    return told.own, told.other, told.even


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([], (0, 0, 1)),
        ([(0.1, "save", 1, "")], (1, 0, 0)),
        ([(0.1, "open", 3, "")], (0, 1, 0)),
        ([(0.1, "up", 3, ""), (0.1, "save", 4, ""), (0.1, "save", 1, "")], (0, 1, 0)),
        ([(0.1, "save", 1, ""), (0.1, "save", 3, "")], (0, 0, 1)),
        ([(0.1, "open", 1, ""), (0.2, "save", 1, ""), (0.2, "open", 3, "")], (0, 0, 1)),  # each paper once
        ([(0.1, "hide", 1, ""), (0.1, "down", 3, ""), (0.1, "tag", 3, "")], (0, 0, 1)),  # not wanted
        ([(0.1, "save", 9, "")], (0, 0, 1)),  # was not on the page
        ([(40, "save", 1, "")], (1, 0, 0)),  # later, but nothing was shown since
    ],
)
def test_a_page_is_won_by_the_team_of_which_more_is_wanted(actions: list[Line], expected: tuple[int, int, int]) -> None:
    assert wins(log(*page(0, (1, 2), (3, 4)), *actions)) == expected


def test_a_paper_shown_again_counts_for_the_page_it_was_shown_on_last() -> None:
    lines = [*page(0, (1,), (3,)), *page(1, (3,), (5,)), (1.1, "save", 3, "")]
    told = verdict([log(*lines)], TAG)
    assert (told.pages, told.own, told.other, told.even, told.wanted) == (2, 1, 0, 1, (1, 0))
    again = [*page(0, (1,), (3,)), *page(0.1, (3,), (1,)), (0.2, "save", 3, "")]
    assert wins(log(*again)) == (0, 1, 0)  # a second look on the day is the same page: its first team counts


def test_what_was_seen_on_a_page_of_one_mix_since_is_nobodys() -> None:
    lines = [*page(0, (1,), (3,)), (1, "impression", 1, ""), (1.1, "save", 1, ""), (1.2, "save", 3, "")]
    assert wins(log(*lines)) == (0, 1, 0)
    by_mail = [*page(0, (1,), (3,)), (1, "impression", 1, "mail"), (1.1, "save", 1, "")]
    assert wins(log(*by_mail)) == (0, 0, 1)


def test_what_was_undone_was_not_wanted() -> None:
    lines = [*page(0, (1,), (3,)), (0.1, "save", 1, ""), (0.2, "unsave", 1, "")]
    assert wins(log(*lines)) == (1, 0, 0)  # saved and taken back later: it was wanted
    assert wins(log(*lines, undoes={4: 3})) == (0, 0, 1)


def test_drafts_are_told_apart_by_their_names_and_readers_added_up() -> None:
    before = log(*page(0, (1,), (3,)), (0.1, "save", 1, ""), tag="2026-01-01T00:00:00+00:00")
    ours = log(*page(0, (1,), (3,)), (0.1, "save", 3, ""))
    assert wins([*before, *ours]) == (0, 1, 0)
    site = [
        log(*page(day, (1,), (3,)), (day + 0.1, "save", paper, ""), tag=SITE) for day, paper in ((0, 1), (0, 3), (0, 3))
    ]
    assert wins(*site, tag=SITE) == (1, 2, 0)  # one page each, though all of one day
    assert verdict([], TAG).pages == 0


def many(own: int, other: int, even: int) -> list[LoggedEvent]:
    """A log with so many pages won by either and even."""
    lines: list[Line] = []
    for day, wanted in enumerate([1] * own + [2] * other + [0] * even):
        lines += page(day, (10 * day + 1,), (10 * day + 2,))
        lines += [(day + 0.1, "save", 10 * day + wanted, "")] if wanted else []
    return log(*lines)


@pytest.mark.parametrize(
    ("own", "other", "even", "needed", "says"),
    [
        (0, 0, 3, None, "more than 1,000 pages more would"),
        (5, 5, 0, None, "more than 1,000 pages more would"),
        (1, 0, 0, 67, "about 67 pages more would"),
        (7, 3, 0, 47, "about 47 pages more would"),
        (7, 3, 10, 94, "about 94 pages more would"),  # even pages tell nothing: twice as many are needed
        (2, 8, 0, 19, "about 19 pages more would"),
        (1, 9, 0, 0, "The other is better (sign test, p = 0.021)."),
        (12, 1, 40, 0, "Your own is better (sign test, p = 0.003)."),
    ],
)
def test_what_is_still_needed_falls_with_how_uneven_it_is(
    own: int, other: int, even: int, needed: int | None, says: str
) -> None:
    told = verdict([many(own, other, even)], TAG)
    assert (told.own, told.other, told.even, told.pages) == (own, other, even, own + other + even)
    assert told.says.count("too few to tell") == (told.needed != 0)
    assert told.p == pytest.approx(sign_test(other, own + other))
    if needed is None:
        assert told.needed is None
    else:
        assert told.needed is not None
        assert told.needed == pytest.approx(needed, rel=0.5, abs=3)
    if needed in (0, None):
        assert says in told.says


def test_the_share_has_an_interval_that_narrows() -> None:
    few, more = verdict([many(4, 2, 0)], TAG).share, verdict([many(40, 20, 9)], TAG).share
    assert few is not None
    assert more is not None
    assert few.value == more.value == pytest.approx(1 / 3)
    assert 0 < few.low < more.low < 1 / 3 < more.high < few.high < 1
    assert verdict([many(0, 0, 2)], TAG).share is None
