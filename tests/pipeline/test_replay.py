"""A reader's past walked again: known histories in the invented world have known outcomes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import broadsheet
from broadsheet.catalogue import Event
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.feed.history import History, Moment, Want, windows_of
from broadsheet.pipeline.feed.past_rankings import ranks
from broadsheet.pipeline.feed.replay import _explored
from broadsheet.pipeline.feed.replay_report import (
    Comparison,
    Measured,
    ReplayReport,
    bootstrap,
    calibration,
    comparison_sentence,
    gain,
    signed,
    to_json,
)
from broadsheet.pipeline.library import Library
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.test_mix_report import Time
from tests.pipeline.world import BEES, CLOCKS

SAVES = 24  # of clocks, one a day


def live(library: Library, papers: list[str], *, reader: str = "me", kind: str = "save") -> None:
    """Do the same with papers, one a day, from noon on."""
    who = library.catalogue.readers.get(reader, create=True).id
    events = [
        Event(kind, library.resolve(name), at=NOON + timedelta(days=day)) for day, name in enumerate(papers, start=1)
    ]
    library.catalogue.readers.log(who, events)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Its reader saves a paper on clocks every day; another member saves nothing that belongs together."""
    time = Time()
    with broadsheet.open(tmp_path_factory.mktemp("replay") / "library", create=True, clock=time) as library:  # type: ignore[arg-type]
        library.add(*world.records())
        time.now = NOON + timedelta(days=60)
        live(library, [world.key(CLOCKS, n) for n in range(SAVES)])
        live(library, [world.key(world.TOPICS[n % 4], 29 - n) for n in range(SAVES)], reader="ann")
        yield library


@pytest.fixture(scope="module")
def report(lived: Library) -> ReplayReport:
    return lived.replay("me", steps=6, tried={"recency": 1})


def of(report: ReplayReport) -> dict[str, tuple[float, float]]:
    return {one.name: (one.recall.value, one.ndcg.value) for one in report.rankings}


def test_a_steady_reader_is_served_by_what_reads_and_not_by_dates(report: ReplayReport) -> None:
    # the first window has nothing before it: its four saves are what the next model learns from
    assert (report.saves, report.days, report.left_out, report.by_date) == (20, 20, 4, 0)
    assert (report.steps, report.first, report.papers) == (5, date(2026, 7, 6), 97)
    found = of(report)
    assert list(found) == ["page", "tried", "fit", "machine", "titles", "newest", "random"]
    for name in ("fit", "machine", "titles"):
        assert found[name][0] == 1.0
        assert found[name][1] > 3 * found["random"][1]  # one of thirty on clocks, not of 120
    assert found["page"][0] == 1.0 > found["newest"][0] + 0.3
    assert found["random"][0] == pytest.approx(np.mean([50 / n for n in range(97, 117)]), abs=0.02)
    for one in report.rankings:
        assert 0 <= one.recall.low <= one.recall.value <= one.recall.high <= 1
        assert 0 <= one.ndcg.low <= one.ndcg.value <= one.ndcg.high <= 1


def test_what_is_tried_is_set_against_the_page_with_an_interval(report: ReplayReport) -> None:
    tried = next(one for one in report.differences if one.name == "tried")
    assert tried.other == "page"
    assert tried.recall.high < 0
    assert report.tried == {"recency": 1, "diversity": 0.3, "exploration": 0.05}
    assert report.says[-1].startswith("The mix you try is worse than your page: -")
    assert any(line.startswith("Your page is better than newest first: +") for line in report.says)
    assert {(one.name, one.other) for one in report.differences} == {
        *(("page", other) for other in ("fit", "machine", "titles", "newest", "random")),
        ("tried", "page"),
    }


def test_probabilities_are_set_against_what_was_saved(report: ReplayReport) -> None:
    told = report.calibration
    assert told is not None
    assert (told.papers, sum(one.papers for one in told.bins)) == (100, 100)  # the first 20 of five models
    assert 0 <= told.brier <= 1
    assert told.brier_of_rate == pytest.approx(told.saved / 100 * (1 - told.saved / 100))
    said = [one.said for one in told.bins]
    assert said == sorted(said)
    assert all(0 <= one.saved.low <= one.saved.value <= one.saved.high <= 1 for one in told.bins)


def test_the_same_seed_gives_the_same_report_which_is_kept(lived: Library, report: ReplayReport) -> None:
    again = lived.replay("me", steps=6, tried={"recency": 1})
    assert replace(again, seconds=0) == replace(report, seconds=0)
    kept = lived.last_replay("me")
    assert kept is not None
    assert kept.pop("made_at") == lived.now()
    assert kept == json.loads(json.dumps(to_json(again)))
    assert json.dumps(kept, allow_nan=False)
    assert lived.last_replay("ann") is None


def test_few_saves_are_said_to_tell_nothing(lived: Library) -> None:
    few = lived.replay("me", since=date(2026, 7, 20))
    assert few.saves == 6
    assert all(line.startswith("6 saves on 6 days: too few to tell") for line in few.says)
    with pytest.raises(UsageError, match="saved no paper since 2030-01-01"):
        lived.replay("me", since=date(2030, 1, 1))
    with pytest.raises(UsageError, match="recency must lie between 0 and 1"):
        lived.replay("me", tried={"recency": 2})


def test_members_have_replays_of_their_own(lived: Library) -> None:
    other = lived.replay("ann", steps=3)
    assert other.reader == "ann"
    assert of(other)["fit"][1] < of(lived.replay("me", steps=3))["fit"][1]
    lived.forget_history("ann")
    assert lived.last_replay("ann") is None
    assert lived.last_replay("me") is not None


def test_history_older_than_the_library_is_judged_by_dates(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path / "library", clock=lambda: NOON) as library:
        library.add(*world.records())
        who = library.catalogue.readers.get("me", create=True).id
        papers = [world.key(CLOCKS, n) for n in (5, 6, 17, 18, 29, 30 - 1)]
        events = [
            Event("save", library.resolve(name), at=NOON - timedelta(days=300 - 10 * at))
            for at, name in enumerate(dict.fromkeys(papers))
        ]
        library.catalogue.readers.log(who, events)
        report = library.replay("me")
    assert report.by_date == report.saves == 4
    assert report.papers < 120  # those published in 2026 after the save were not there


def test_a_paper_is_wanted_from_its_first_touch_and_not_after_a_change_of_mind(lived: Library) -> None:
    readers, time = lived.catalogue.readers, NOON + timedelta(days=1)
    who = readers.get("bo", create=True).id
    log = [("open", 1, 1), ("save", 1, 5), ("save", 2, 2), ("down", 2, 3), ("save", 3, 4), ("unsave", 3, 5)]
    log += [("save", 4, 999), ("save", 5, 6), ("hide", 5, 7), ("up", 6, 8), ("save", 6, 9)]
    for kind, paper, hour in log:
        readers.log(who, [Event(kind, paper, at=time + timedelta(hours=hour))])
    readers.log(who, [Event("save", 7, at=time)])
    readers.undo(who)
    history = History(readers.whole_log(who), time + timedelta(days=3))
    hours = [(want.paper, (want.at - time) / timedelta(hours=1)) for want in history.wants()]
    assert hours == [(1, 1), (6, 8), (4, 72)]  # a save in the future is of now
    past = history.before(time + timedelta(hours=5))
    assert (set(past.saved), past.ratings, set(past.opened)) == ({2, 3}, {2: -1}, {1})
    assert history.touched(time + timedelta(hours=5), time + timedelta(hours=8)) == {1, 3, 5}


@pytest.mark.parametrize(("times", "sizes"), [([0, 1, 2, 3, 4], [2, 3]), ([0, 0, 0, 0, 1], [4, 1]), ([0] * 5, [5])])
def test_papers_of_one_instant_stay_in_one_window(times: list[int], sizes: list[int]) -> None:
    wants = [Want(n, NOON + timedelta(hours=hour)) for n, hour in enumerate(times)]
    windows = windows_of(wants, 2, 1)
    assert [len(window.moments[0].wants) for window in windows] == sizes
    assert Moment(tuple(wants)).last == wants[-1].at
    assert sum(len(window.moments) for window in windows_of(wants, 2, 9)) == len(set(times))


def test_ranks_share_the_places_of_equal_scores() -> None:
    scores = np.array([9.0, 5, 5, 1, 5, -np.inf], np.float32)
    others = np.array([True, True, True, True, False, False])
    assert ranks(scores, others, np.array([4, 5])).tolist() == [3.0, math.inf]
    assert gain(np.array([1.0, 3.0, 20.0, 21.0, math.inf])).tolist() == pytest.approx([1, 0.5, 1 / math.log2(21), 0, 0])


def test_exploration_takes_from_the_lower_half_what_it_gives_to_the_rest() -> None:
    places, among = np.array([1.0, 25, 26, 50, math.inf]), np.array([1.0, 1, 1, 1, 0])
    assert _explored(places, among, np.ones(50), 0.0, 100).tolist() == [1, 1, 1, 1, 0]
    assert _explored(places, among, np.ones(50), 0.1, 100).tolist() == pytest.approx([1, 1, 0.8, 0.8, 0.1])
    assert _explored(places, among, np.ones(50), 1.0, 100).tolist() == pytest.approx([0, 0, 0, 0, 1])
    assert _explored(places, among, np.ones(50), 1.0, 1050).tolist() == pytest.approx([0, 0, 0, 0, 0.05])
    assert _explored(places, among, np.ones(50), 1.0, 55).tolist() == pytest.approx([1, 1, 0.8, 0.8, 1])  # five others
    assert _explored(places, among, np.ones(50), 1.0, 40).tolist() == [1, 1, 1, 1, 0]  # nothing else is there


def test_intervals_draw_days_and_know_nothing_of_a_single_one() -> None:
    values = np.repeat([[0.0], [1.0]], 50, axis=0)
    (by_day,) = bootstrap(values, np.repeat([1, 2], 50), 0)
    (by_save,) = bootstrap(values, np.arange(100), 0)
    assert (by_day.low, by_day.value, by_day.high) == (0.0, 0.5, 1.0)
    assert (by_save.low, by_save.high) == pytest.approx((0.4, 0.6), abs=0.03)
    assert bootstrap(values, np.ones(100, np.int64), 0, least=-1.0) == [Measured(0.5, -1.0, 1.0)]
    assert calibration(np.empty(0), np.empty(0, np.bool_)) is None


def test_a_difference_is_called_one_only_where_its_interval_shows_it() -> None:
    wide, better = Measured(0.1, -0.1, 0.3), Measured(0.2, 0.1, 0.3)
    worse = Measured(-0.2, -0.3, -0.1)
    says = {
        name: comparison_sentence(Comparison("page", "newest", recall, wide), 40, 30)
        for name, recall in (("wide", wide), ("better", better), ("worse", worse))
    }
    numbers = "+10 of 100 saves among the first 50, interval -10 to +30, which holds 0."
    assert says["wide"] == f"No difference is shown between your page and newest first: {numbers}"
    assert says["better"].startswith("Your page is better than newest first: +20 of 100")
    assert says["worse"].startswith("Your page is worse than newest first: -20 of 100")
    assert [signed(value) for value in (-0.4, 0.0, 0.6, -12.5)] == ["0", "0", "+1", "-12"]
    assert "too few" in comparison_sentence(Comparison("page", "newest", better, wide), 40, 3)
    assert BEES.name == "bees"
