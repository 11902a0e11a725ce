"""Another mix, estimated from the log of a reader's pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

import broadsheet
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.feed import mix_report
from broadsheet.pipeline.feed.mix_report import shown_pages
from broadsheet.pipeline.library import Library
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.world import CLOCKS

DAYS = 6


class Time:
    """A clock that is put forward."""

    now = NOON

    def __call__(self) -> object:
        return self.now


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library whose reader looks at a page of ten a day, saves clocks among the first three, and hides bees."""
    time = Time()
    with broadsheet.open(tmp_path_factory.mktemp("lived") / "library", create=True, clock=time) as library:  # type: ignore[arg-type]
        library.add(*world.records(count=20))
        world.act(library, "save", "clocks-1")
        library.tune("me", recency=0, diversity=0, exploration=0.3)
        for day in range(DAYS):
            time.now = NOON + timedelta(days=day)
            page = library.feed("me", 10)
            for item in page.items[:3]:
                if "clocks" in item.stored.paper.title:
                    library.act("me", item.stored.id, "save", position=item.position, policy=page.policy)
            time.now += timedelta(hours=1)
            library.feed("me", 2)  # a second look on that day is no page of its own
        yield library


def test_the_log_gives_back_the_pages_and_the_state_before_each(lived: Library) -> None:
    reader = lived.catalogue.readers.get("me").id
    pages = shown_pages(lived.catalogue.readers.whole_log(reader))
    assert len(pages) == DAYS
    assert pages[0].before is None
    assert [page.at for page in pages] == [NOON + timedelta(days=n) for n in range(DAYS)]
    assert pages[1].before == pages[0].at + timedelta(hours=1)
    assert set(pages[0].state.saved) == {lived.resolve("clocks-1")}
    assert pages[0].state.seen == {}
    for page, following in pairwise(pages):
        assert page.positions == tuple(range(1, len(page.papers) + 1))
        assert set(following.state.saved) == set(page.state.saved) | page.wanted
        assert page.wanted <= set(page.papers[:3])
    assert set(lived.state("me").saved) == set(pages[-1].state.saved) | pages[-1].wanted
    assert min(q for page in pages for q in page.propensities) < 0.2
    whole = lived.catalogue.readers.state(reader)
    assert {p for p, n in whole.seen.items() if n} >= set(pages[0].papers)


def test_the_mix_of_the_log_is_told_from_one_that_passes_its_interest_over(lived: Library) -> None:
    report = lived.compare_mixes("me", recency=1)
    assert (report.pages, report.wanted > 3) == (DAYS, True)
    assert report.mix["dr"].value > report.other["dr"].value
    for estimates in (report.mix, report.other, report.difference):
        assert set(estimates) == {"ips", "snips", "dr"}
        assert all(e.low <= e.value <= e.high for e in estimates.values())
    assert 0 < report.support.effective < report.shown
    assert report.support.papers == report.shown
    assert report.support.never == 0  # every page explored
    assert any("too few to rely on" in warning for warning in report.warnings)
    same = lived.compare_mixes("me", recency=0).difference
    assert {round(e.value, 9) for e in same.values()} == {0.0}


def test_another_ranking_is_estimated_as_another_mix_is(lived: Library) -> None:
    report = lived.compare_mixes("me", ranking="words")
    assert report.pages == DAYS
    assert all(np.isfinite([e.low, e.value, e.high]).all() for e in report.other.values())
    assert report.mix == lived.compare_mixes("me", recency=1).mix
    with pytest.raises(UsageError, match="no ranking is called 'fame'; there are page, words"):
        lived.compare_mixes("me", ranking="fame")


def test_only_the_latest_pages_are_worked_out(lived: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    log = lived.catalogue.readers.whole_log(lived.catalogue.readers.get("me").id)
    whole = shown_pages(log)
    monkeypatch.setattr(mix_report, "MOST", 2)
    assert shown_pages(log) == whole[-2:]


def test_a_log_without_exploration_knows_nothing_of_other_papers(library: Library) -> None:
    world.act(library, "save", "clocks-1")
    library.tune("me", recency=0, diversity=0, exploration=0)
    library.feed("me", 10)
    report = library.compare_mixes("me", recency=1)
    assert 0 < report.support.never <= report.support.papers == 10
    assert report.warnings[0].startswith(f"{report.support.never} of 10 papers of the other mix could never be on")
    assert all(np.isfinite([e.low, e.high]).all() for e in report.difference.values())


def test_a_reader_without_pages_is_told_so(library: Library) -> None:
    with pytest.raises(UsageError, match="no page of me is in the log"):
        library.compare_mixes("me", recency=1)
    assert CLOCKS.name == "clocks"
