"""Readers as they should not be: pages and replays stay sensible, whatever was done and became of the papers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import broadsheet
from broadsheet.catalogue import Event
from broadsheet.kit.errors import LibraryError, UsageError
from broadsheet.kit.paper import Identifiers, Paper, Record
from broadsheet.pipeline.feed import background, interests, ranking, replay
from broadsheet.pipeline.feed.background import background_of
from broadsheet.pipeline.feed.replay_report import ReplayReport, to_json
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import FeedPage
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.test_feed import topics
from tests.pipeline.test_mix_report import Time
from tests.pipeline.world import BEES, BREAD, CLOCKS, SHIPS

ACTIONS = 20_000


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def library(tmp_path: Path, time: Time) -> Iterator[Library]:
    """The invented world, which came sixty days before now."""
    time.now = NOON - timedelta(days=60)
    with broadsheet.open(tmp_path / "library", clock=time) as library:  # type: ignore[arg-type]
        library.add(*world.records())
        time.now = NOON
        yield library


def log(library: Library, *done: tuple[str, int, datetime]) -> None:
    """Log actions (kind, paper, when) of "me"."""
    who = library.catalogue.readers.get("me", create=True).id
    library.catalogue.readers.log(who, [Event(kind, paper, at=at) for kind, paper, at in done])


def days(n: float) -> datetime:
    return NOON - timedelta(days=50 - n)


def sensible(library: Library) -> tuple[FeedPage, ReplayReport]:
    """The page and the replay, which hold nothing but finite numbers and papers that are left to read."""
    page, state = library.feed("me", log=False), library.state("me")
    ids = [item.stored.id for item in page.items]
    assert len(set(ids)) == len(ids)
    assert not state.used & set(ids)
    assert np.isfinite([item.score for item in page.items]).all()
    report = library.replay("me")
    json.dumps(to_json(report), allow_nan=False)
    assert report.steps <= replay.STEPS
    for one in report.rankings:
        for value in (one.recall, one.ndcg):
            assert 0 <= value.low <= value.value + 1e-9 <= value.high + 2e-9 <= 1 + 1e-6
    return page, report


def test_contradictions_end_in_what_was_said_last(library: Library) -> None:
    for n in range(1, 41):
        kinds = ("open", "save", "down", "up", "hide", "unhide", "unsave", "save")
        log(library, *((kind, n, days(n + hour / 24)) for hour, kind in enumerate(kinds)))
    log(library, *(("down", n, days(41)) for n in range(1, 11)))
    page, report = sensible(library)
    assert (len(page.items), page.cold) == (20, False)
    assert (report.saves, report.left_out) == (30, 0)  # ten of the forty are liked no more
    log(library, *(("down", n, days(42)) for n in range(1, 41)))
    assert library.feed("me", log=False).cold  # nothing is liked
    with pytest.raises(UsageError, match="nothing to replay"):
        library.replay("me")


def test_saves_that_were_merged_deleted_or_withdrawn(library: Library, time: Time) -> None:
    clocks = [library.resolve(world.key(CLOCKS, n)) for n in range(12)]
    first = library.paper(clocks[0]).paper
    named = dataclasses.replace(first, title=f"Of {first.title.lower()}, revised", ids=Identifiers(doi="10.5555/twin"))
    (twin,) = library.add(Record(named, "made", "twin")).paper_ids
    assert twin > 120
    log(library, *(("save", paper, days(at)) for at, paper in enumerate(clocks)), ("save", twin, days(20)))
    both = dataclasses.replace(first.ids, doi="10.5555/twin")
    library.add(Record(dataclasses.replace(first, ids=both), "made", "both"))
    assert len(library.state("me").saved) == 12  # the twin is the first paper now
    library.delete(clocks[1])
    said = "This paper has been withdrawn by the author due to an error."
    gone = library.paper(clocks[2])
    library.add(Record(dataclasses.replace(gone.paper, comments=said), *gone.source_ids[0]))
    page, report = sensible(library)
    assert {item.stored.source_ids[0][1].split("-")[0] for item in page.items[:5]} == {"clocks"}
    assert report.saves + report.left_out == 11
    assert report.saves >= 10
    library.restore(library.deletions()[0].id)
    assert sensible(library)[1].saves == report.saves + 1


def test_dates_to_come_are_of_no_use_to_anybody(library: Library) -> None:
    late = Paper("Pendulum of a far day", "On escapement and mainspring.", submitted=date(2099, 1, 1), year=2099)
    (far,) = library.add(Record(late, "made", "far")).paper_ids
    for at in range(10):
        log(library, ("save", library.resolve(world.key(CLOCKS, at)), days(at)))
    log(library, ("save", far, NOON + timedelta(days=9999)), ("save", 1, NOON + timedelta(days=1)))
    page, report = sensible(library)
    assert len(page.items) == 20
    assert (report.saves, report.last) == (11, NOON.date())


@pytest.mark.parametrize("saves", [0, 1, 2])
def test_readers_of_next_to_nothing(library: Library, saves: int) -> None:
    log(library, ("open", 3, days(0)), *(("save", 4 + at, days(1 + at)) for at in range(saves)))
    if not saves:
        with pytest.raises(UsageError, match="me saved no paper"):
            library.replay("me")
        return
    page, report = sensible(library)
    assert (len(page.items), report.saves) == (20, saves)  # an opened paper is something to learn from
    assert all("too few to tell" in line for line in report.says)
    assert {(one.recall.low, one.recall.high) for one in report.rankings} == {(0.0, 1.0)} or saves == 2


def alike(n: int) -> Paper:
    return Paper("One and the same", "The same words for everybody.", ids=Identifiers(arxiv=f"2601.{n:05d}"))


def bare(n: int) -> Paper:
    return Paper(
        f"Title number {n}" if n % 2 else "", "" if n % 3 else "Words alone.", ids=Identifiers(arxiv=f"2602.{n:05d}")
    )


@pytest.mark.parametrize(("make", "n"), [(alike, 70), (bare, 70), (bare, 3)])
def test_libraries_of_one_kind_of_paper(tmp_path: Path, make: Callable[[int], Paper], n: int) -> None:
    time = Time()
    time.now = NOON - timedelta(days=60)
    with broadsheet.open(tmp_path / "library", clock=time) as library:  # type: ignore[arg-type]
        ids = library.add(*(Record(make(at), "made", str(at)) for at in range(n))).paper_ids
        time.now = NOON
        papers = sorted(set(ids))[:4]
        log(library, *(("save", paper, days(at)) for at, paper in enumerate(papers)))
        _, report = sensible(library)
    assert report.saves == (3 if n > 50 and len(set(ids)) > 54 else 0)


def test_twenty_thousand_actions_take_a_bounded_number_of_steps(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ("open", "save", "up", "unrate", "tag")
    who = library.catalogue.readers.get("me", create=True).id
    events = [
        Event(kinds[n % 5], 1 + n // 5 % 60, value="x" if n % 5 == 4 else "", at=days(40 * n / ACTIONS))
        for n in range(ACTIONS)
    ]
    library.catalogue.readers.log(who, events)
    made: list[int] = []
    page, learn = ranking.page, interests.learn

    def counted(what: int, call: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **options: Any) -> Any:
            made.append(what)
            return call(*arguments, **options)

        return count

    with monkeypatch.context() as patch:
        patch.setattr(ranking, "page", counted(1, page))
        patch.setattr(interests, "learn", counted(0, learn))
        _, report = sensible(library)
    assert made.count(0) <= replay.STEPS + 1
    assert made.count(1) <= replay.STEPS * replay.MOMENTS + 20
    assert (report.saves, report.days) == (57, 2)  # all of the sixty were first touched within some hours
    assert all("too few" in line for line in report.says)


@pytest.mark.parametrize("negatives", [30, 3000])  # most papers are no examples, as in a large library; or all are
@pytest.mark.parametrize(
    "saved",
    [
        [(CLOCKS, range(4))],
        [(BEES, range(3)), (SHIPS, range(3, 6))],
        [(BREAD, range(5)), (CLOCKS, range(1)), (BEES, range(2))],
    ],
)
def test_why_is_true_without_the_named_save_the_score_falls_by_its_share(
    library: Library, saved: list[tuple[world.Topic, range]], negatives: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "NEGATIVES", negatives)
    numbers = [library.resolve(world.key(topic, n)) for topic, places in saved for n in places]
    log(library, *(("save", paper, days(at)) for at, paper in enumerate(numbers)))
    library.tune("me", recency=0, exploration=0)
    page, snapshot, state = library.feed("me", 12, log=False), library.snapshot(), library.state("me")
    whole = interests.learn(snapshot, state)
    assert whole is not None
    low = float(np.median(whole.taste.scores(background_of(snapshot, None).ordinary)))
    gaps = []
    for item in page.items:
        reason = next(one for one in item.reasons if one.kind == "near")
        without = dataclasses.replace(state, saved={p: at for p, at in state.saved.items() if p != reason.paper_id})
        rest = interests.learn(snapshot, without)
        assert rest is not None
        row = snapshot.rows_of([item.stored.id])
        before, after = float(whole.taste.scores(row)[0]), float(rest.taste.scores(row)[0])
        gaps.append(abs(np.clip((before - after) / max(before - low, 1e-6), 0, 1) - reason.weight))
        assert reason.paper_id in state.saved
    assert np.mean(gaps) < 0.2


def test_an_interest_without_papers_or_a_name_has_one_all_the_same(library: Library) -> None:
    for topic in ("clocks", "bees"):
        world.act(library, "save", *(f"{topic}-{n}" for n in range(6)))
    library.tune("me", exploration=0)
    library.feed("me", 20)
    clocks = next(one for one in library.steering.view("me").interests if library.resolve("clocks-0") in one.papers)
    library.steering.weigh("me", clocks.key, 2)
    world.act(library, "unsave", *(f"clocks-{n}" for n in range(6)))
    library.steering.split("me", clocks.key, [library.resolve("clocks-0")])
    parts = [one for one in library.steering.view("me").interests if not one.papers]
    assert [(one.stored.name, len(one.stored.papers)) for one in parts] == [("Untitled", 5), ("Untitled +", 1)]
    assert topics(library.feed("me", 20, log=False)).keys() == {"bees"}
    assert library.steering.undo("me") is not None


def test_what_cannot_be_stored_cannot_be_changed_and_says_so(library: Library) -> None:
    world.act(library, "save", *(f"bees-{n}" for n in range(6)))
    library.feed("me", 20, log=False)
    with broadsheet.open(library.path, read_only=True) as reading:
        (one,) = reading.steering.view("me").interests
        with pytest.raises(UsageError, match="could not be stored yet"):
            reading.steering.rename("me", one.key, "Bees")
        with pytest.raises(LibraryError, match="for reading only"):
            reading.steering.mute("me", "word", "honey")
