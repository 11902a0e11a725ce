"""Pages of several readers, of small libraries and of papers without a date, and what is refused."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from broadsheet.catalogue import ReaderState
from broadsheet.kit.errors import UnknownPaper, UnknownReader, UsageError
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.feed import interests, ranking
from broadsheet.pipeline.feed.ranking import FeedMix, Page
from broadsheet.pipeline.library import Library
from tests.pipeline import world
from tests.pipeline.test_feed import PLAIN, TODAY, believed, plain, topics
from tests.pipeline.world import BEES, CLOCKS


def check(page: Page, view_rows: int) -> None:
    """What holds of every page."""
    assert len(set(page.rows.tolist())) == len(page.rows) == len(page.scores)
    assert ((page.rows >= 0) & (page.rows < view_rows)).all()
    for part in (page.scores, page.interest, page.recency):
        assert np.isfinite(part).all()
    assert ((page.interest >= 0) & (page.interest <= 1)).all()
    assert ((page.recency >= 0) & (page.recency <= 1)).all()


def test_readers_do_not_learn_from_each_other(library: Library) -> None:
    library.create_reader("ada")
    library.create_reader("bo")
    world.act(library, "save", "bees-1", "bees-2", reader="ada")
    world.act(library, "save", "ships-1", "ships-2", reader="bo")
    plain(library, "ada")
    plain(library, "bo")
    assert (topics(library.feed("ada")), topics(library.feed("bo"))) == ({"bees": 20}, {"ships": 20})
    assert library.feed("me").cold
    with pytest.raises(UnknownReader):
        library.feed("cy")


def test_the_background_holds_nothing_the_reader_judged(library: Library) -> None:
    world.act(library, "save", *(world.key(BEES, n) for n in range(20)))
    world.act(library, "hide", *(world.key(CLOCKS, n) for n in range(5)))
    snapshot, state = library.snapshot(), library.state("me")
    interest = interests.learn(snapshot, state)
    assert interest is not None
    taste = interest.taste
    assert set(snapshot.ids[taste.likes.rows].tolist()) == set(state.saved)
    assert set(snapshot.ids[taste.dislikes.rows].tolist()) == state.hidden
    bees, clocks = (
        snapshot.dense.vectors(snapshot.rows_of([library.resolve(world.key(topic, n)) for n in range(25, 30)]))
        for topic in (BEES, CLOCKS)
    )
    assert (bees @ interest.direction).min() > (clocks @ interest.direction).max()


@pytest.mark.parametrize("papers", [0, 1, 2, 7])
@pytest.mark.parametrize("liked", [0, 1, 7])
@pytest.mark.parametrize("k", [0, 1, 3, 500])
def test_small_libraries_are_no_trouble(empty: Library, papers: int, liked: int, k: int) -> None:
    """Also when everything is saved, when nothing is left to show, and when more is asked for than there is."""
    if papers:
        empty.add(*world.records([BEES], papers))
    liked = min(liked, papers)
    world.act(empty, "save", *(world.key(BEES, n) for n in range(liked)))
    snapshot, state = empty.snapshot(), empty.state("me")
    interest = interests.learn(snapshot, state)
    assert (interest is None) == (liked == 0)
    if interest is not None:
        assert np.isfinite(interest.direction).all()
        assert sum(one.share for one in interest.own.all) == pytest.approx(1)
    for tuning in (FeedMix(), FeedMix(1, 1, 1), PLAIN):
        page = ranking.page(snapshot, "me", state, interest, tuning, k, TODAY)
        check(page, len(snapshot))
        assert len(page.rows) == min(k, papers - liked)
    shown = empty.feed("me", k)
    assert len(shown.items) == min(k, papers - liked)
    if not shown.items:
        assert shown.policy == "empty"


def test_a_reader_of_everything_gets_an_empty_page(library: Library) -> None:
    world.act(library, "save", *(world.key(topic, n) for topic in world.TOPICS for n in range(world.EACH)))
    page = library.feed("me")
    assert (page.items, page.cold) == ((), False)
    library.add(world.record(CLOCKS, 30))
    [item] = library.feed("me").items
    assert item.stored.source_ids[0][1] == "clocks-30"
    assert 0 < item.score < 1
    assert "which you saved" in item.reasons[0].text


def test_a_saved_paper_that_is_deleted_is_forgotten(library: Library) -> None:
    world.act(library, "save", "bees-1")
    library.catalogue.papers.delete(library.resolve("bees-1"))
    assert library.feed("me").cold


def test_papers_without_date_are_shown_too(library: Library) -> None:
    timeless = dataclasses.replace(world.paper(BEES, 31), submitted=None, year=None)
    library.add(world.Record(timeless, world.SOURCE, "bees-31"))
    page = library.feed("me", 200)
    assert len(page.items) == 121
    assert {item.stored.source_ids[0][1]: item.score for item in page.items}["bees-31"] == 0


def test_tuning_is_kept_and_checked(library: Library) -> None:
    assert library.tuning("me") == FeedMix(0.25, 0.3, 0.05)
    assert library.tune("me", recency=1, exploration=0) == FeedMix(1.0, 0.3, 0.0)
    assert library.tune("me", diversity=0.5) == library.tuning("me") == FeedMix(1.0, 0.5, 0.0)
    for value in (-0.1, 1.1, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="recency must lie between 0 and 1"):
            library.tune("me", recency=value)
    with pytest.raises(UsageError, match="'speed'"):
        library.tune("me", speed=1)
    assert library.tuning("me") == FeedMix(1.0, 0.5, 0.0)


def test_actions_are_checked(library: Library) -> None:
    with pytest.raises(UnknownPaper, match="'nope'"):
        library.act("me", "nope", "save")
    with pytest.raises(UsageError, match="no action 'love'"):
        library.act("me", "bees-1", "love")
    with pytest.raises(UsageError, match="a tag needs a name"):
        library.act("me", "bees-1", "tag", "  ")
    assert world.events(library) == []


def test_a_state_without_events_is_a_cold_start(library: Library) -> None:
    nothing = ReaderState({}, {}, frozenset(), {}, {}, {}, 0)
    assert interests.learn(library.snapshot(), nothing) is None
    page = ranking.page(library.snapshot(), "x", nothing, None, FeedMix(), 10, TODAY)
    check(page, 120)
    assert (page.interest == 0).all()
    assert page.recency[0] == page.recency.max() == np.float32(2 ** (-(TODAY - believed()[0]).days / ranking.HALF_LIFE))


def test_a_date_to_come_takes_newness_from_nobody(empty: Library) -> None:
    """A typing mistake in one year must not make yesterday's paper old."""
    yesterday = TODAY - timedelta(days=1)
    papers = [
        Paper("A paper of yesterday", announced=yesterday),
        Paper("A typing mistake in the year", year=2206),
        Paper("In press until next year", submitted=TODAY + timedelta(days=200)),
        Paper("Of last year", announced=TODAY - timedelta(days=400)),
    ]
    empty.add(*(Record(paper, "made", str(n)) for n, paper in enumerate(papers)))
    page = empty.feed("me", 4)
    assert page.items[0].stored.paper.title == "A paper of yesterday"
    told = {item.stored.paper.title: item.reasons[0].text for item in page.items}
    assert told.pop("A paper of yesterday") == "new"
    assert set(told.values()) == {"among the newest in your library"}
    [first, *_] = empty.search("-nothing", 4).results
    assert first.stored.paper.title == "A paper of yesterday"


def test_nearness_to_a_volume_of_proceedings_is_no_reason(empty: Library) -> None:
    volume = Paper("Proceedings of the second meeting on marzipan", kind="proceedings")
    others = [Paper(f"Marzipan meeting number {n}", "Marzipan, proceedings and meetings.") for n in range(5)]
    empty.add(*(Record(paper, "made", str(n)) for n, paper in enumerate([volume, *others])))
    empty.act("me", empty.search("title:second").results[0].stored.id, "save")
    assert not any(reason.kind == "near" for item in empty.feed("me", 5).items for reason in item.reasons)


def test_what_is_withdrawn_or_retracted_is_not_offered(library: Library) -> None:
    """Others take the places; a search still finds such papers."""
    first = library.feed("me", 5, log=False)
    assert len(first.items) == 5
    old = [item.stored for item in first.items[:2]]
    said = "This paper has been withdrawn by the author due to an error."
    changes: tuple[dict[str, Any], ...] = ({"comments": said}, {"is_retracted": True})
    library.add(
        *(
            Record(dataclasses.replace(old[at].paper, **change), *old[at].source_ids[0])
            for at, change in enumerate(changes)
        )
    )
    page = library.feed("me", 5, log=False)
    shown = [item.stored.id for item in page.items]
    assert len(shown) == 5
    assert not {stored.id for stored in old} & set(shown)
    assert library.search(old[0].paper.title, 3).results[0].stored.id == old[0].id


def test_a_library_of_nothing_but_withdrawn_papers_offers_nothing(empty: Library) -> None:
    empty.add(*(Record(Paper(f"WITHDRAWN: paper {n}"), "invented", str(n)) for n in range(30)))
    assert empty.feed("me", 3).items == ()
