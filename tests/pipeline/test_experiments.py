"""The front door of replays and drafts: what may be asked, what is kept, and who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue import Event
from broadsheet.kit.errors import UnknownReader, UsageError
from broadsheet.pipeline.feed.replay_report import RANKINGS, ReplayReport
from broadsheet.pipeline.library import Library
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.test_mix_report import Time
from tests.pipeline.world import BREAD, SHIPS

SAVES = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library whose reader saves two papers on ships a day, at one moment, and rates one on bread down."""
    folder, time = tmp_path_factory.mktemp("experiments") / "library", Time()
    with broadsheet.open(folder, clock=time) as library:  # type: ignore[arg-type]
        library.add(*world.records(count=20))
        who = library.catalogue.readers.get("me", create=True).id
        for n in range(SAVES):
            at = NOON + timedelta(days=1 + n // 2)
            library.catalogue.readers.log(who, [Event("save", library.resolve(world.key(SHIPS, n)), at=at)])
        library.catalogue.readers.log(who, [Event("down", library.resolve(world.key(BREAD, 1)), at=NOON)])
    return folder


@pytest.fixture(scope="module")
def lived(folder: Path) -> Iterator[Library]:
    time = Time()
    time.now = NOON + timedelta(days=90)
    with broadsheet.open(folder, clock=time) as library:  # type: ignore[arg-type]
        yield library


def plain(report: ReplayReport) -> ReplayReport:
    return replace(report, seconds=0)


def test_papers_of_one_moment_are_judged_together(lived: Library) -> None:
    report = lived.replay("me")
    assert (report.saves, report.days, report.steps, report.left_out) == (14, 7, 7, 2)
    assert (report.first, report.last) == (date(2026, 7, 3), date(2026, 7, 9))
    assert [one.name for one in report.rankings] == [name for name in RANKINGS if name != "tried"]
    assert [one.label for one in report.rankings] == [label for name, (label, _) in RANKINGS.items() if name != "tried"]
    assert report.papers == 80 - 14 - 1 - 1  # not what was saved before, disliked, or stands beside it


@pytest.mark.parametrize(("steps", "models"), [(1, 0), (2, 1), (4, 3), (8, 7), (100, 7)])
def test_so_many_models_are_fitted_at_most(lived: Library, steps: int, models: int) -> None:
    report = lived.replay("me", steps=steps)
    assert report.steps == models
    assert report.saves + report.left_out == SAVES
    if not models:  # one model of what was before everything is none
        assert (report.rankings, report.differences, report.calibration, report.says) == ((), (), None, ())


@pytest.mark.parametrize(("since", "saves"), [(date(2026, 7, 5), 10), (date(2026, 7, 9), 2), (date(2026, 1, 1), 14)])
def test_since_leaves_out_saves_and_learns_from_them(lived: Library, since: date, saves: int) -> None:
    report = lived.replay("me", since=since)
    assert (report.saves, report.left_out) == (saves, 0 if since > date(2026, 7, 2) else 2)


def test_seeds_draw_other_intervals_of_the_same_values(lived: Library) -> None:
    first, second = lived.replay("me", seed=0), lived.replay("me", seed=1)
    assert plain(first) == plain(lived.replay("me", seed=0))
    assert plain(first) != plain(second)
    for one, other in zip(first.rankings, second.rankings, strict=True):
        assert (one.recall.value, one.ndcg.value) == (other.recall.value, other.ndcg.value)


@pytest.mark.parametrize(
    ("tried", "says"),
    [({"recency": 1.5}, "recency must lie between 0 and 1"), ({"size": 1}, "nothing called 'size' to tune")],
)
def test_a_mix_that_is_none_is_refused(lived: Library, tried: dict[str, float], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        lived.replay("me", tried=tried)


def test_trying_the_own_mix_changes_nothing(lived: Library) -> None:
    report = lived.replay("me", tried={"recency": 0.25})
    gap = report.differences[-1]
    assert (gap.name, gap.other, gap.recall.value, gap.ndcg.value) == ("tried", "page", 0.0, 0.0)
    assert (gap.recall.low, gap.recall.high) == (0.0, 0.0)
    assert report.tried == report.mix


def test_more_exploration_costs_what_it_takes(lived: Library) -> None:
    report = lived.replay("me", tried={"exploration": 1.0})
    page, tried = (one.ndcg.value for one in report.rankings[:2])
    assert tried == 0.0 < page  # every place is given to papers that are not on the ranked page
    some = lived.replay("me", tried={"exploration": 0.3})
    assert 0 < some.rankings[1].ndcg.value <= some.rankings[0].ndcg.value


def test_readers_are_known_or_refused_and_see_nobody_elses(lived: Library) -> None:
    for call in (lived.replay, lived.last_replay, lived.interleaving, lived.stop_interleaving, lived.days_away):
        with pytest.raises(UnknownReader):
            call("nobody")
    lived.create_reader("ann")
    with pytest.raises(UsageError, match="ann saved no paper"):
        lived.replay("ann")
    lived.replay("me")
    assert lived.last_replay("ann") is None
    lived.start_interleaving("ann", recency=0.5)
    assert lived.interleaving("me") is None
    lived.delete_reader("ann")
    lived.create_reader("ann")
    assert lived.interleaving("ann") is None


def test_the_last_report_takes_the_place_of_the_one_before(lived: Library) -> None:
    lived.replay("me", steps=2)
    lived.replay("me", steps=4)
    kept = lived.last_replay("me")
    assert kept is not None
    assert (kept["steps"], kept["reader"], kept["made_at"]) == (3, "me", lived.now())
    assert kept["mix"] == {"recency": 0.25, "diversity": 0.3, "exploration": 0.05}


def test_what_cannot_be_written_is_replayed_all_the_same(lived: Library, folder: Path) -> None:
    kept = lived.last_replay("me")
    with broadsheet.open(folder, read_only=True, clock=lived.now) as library:
        assert library.replay("me", steps=8).steps == 7
        assert library.last_replay("me") == kept
        assert library.interleaving("me") is None


def test_a_visitor_and_a_new_reader_have_nothing_to_replay(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path / "library", clock=lambda: NOON) as library:
        assert (library.last_replay("me"), library.interleaving("me"), library.days_away("me")) == (None, None, 0)
        for name in ("me", ""):
            with pytest.raises(UsageError, match="nothing to replay"):
                library.replay(name)
        with pytest.raises(UsageError, match="no page of me is in the log"):
            library.compare_mixes("me", recency=1)
        assert library.site_verdict().pages == 0
