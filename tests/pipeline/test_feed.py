"""The page: it learns, never repeats what is done with, turns with its sliders, and notes what it showed."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from broadsheet.catalogue import Event, ReaderState
from broadsheet.kit.errors import UnknownPaper, UnknownReader, UsageError
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.feed import interests, ranking
from broadsheet.pipeline.feed.ranking import FeedMix, Page
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import FeedPage
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.world import BEES, BREAD, CLOCKS

TODAY = NOON.date()
PLAIN = FeedMix(recency=0, diversity=0, exploration=0)


def topics(page: FeedPage) -> Counter[str]:
    return Counter(world.topics_of(world.keys(page)))


def plain(library: Library, reader: str = "me", **weights: float) -> None:
    library.tune(reader, **{"recency": 0.0, "diversity": 0.0, "exploration": 0.0, **weights})


def likeness(library: Library, page: FeedPage) -> float:
    """The mean cosine between two papers of the page."""
    snapshot = library.snapshot()
    x = snapshot.dense.vectors(snapshot.rows_of([item.stored.id for item in page.items]))
    return float(((x @ x.T).sum() - len(x)) / (len(x) * (len(x) - 1)))


def believed() -> list[date]:
    """The days of the world that have come, newest first."""
    days = (world.day(topic, n) for topic in world.TOPICS for n in range(world.EACH))
    return sorted((day for day in days if day <= TODAY), reverse=True)


def check(page: Page, view_rows: int) -> None:
    """What holds of every page."""
    assert len(set(page.rows.tolist())) == len(page.rows) == len(page.scores)
    assert ((page.rows >= 0) & (page.rows < view_rows)).all()
    for part in (page.scores, page.interest, page.recency):
        assert np.isfinite(part).all()
    assert ((page.interest >= 0) & (page.interest <= 1)).all()
    assert ((page.recency >= 0) & (page.recency <= 1)).all()


def test_a_new_reader_gets_the_newest(library: Library) -> None:
    library.tune("me", diversity=0)
    page = library.feed("me", 5)
    assert [item.stored.paper.date for item in page.items] == believed()[:5]
    assert (page.reader, page.cold, page.more_like, page.less_like) == ("me", True, (), ())
    assert page.policy == "newest recency=1 mmr=0 explore=0"
    assert [item.position for item in page.items] == [1, 2, 3, 4, 5]
    assert {reason.text for item in page.items for reason in item.reasons} == {
        "new",
        "among the newest in your library",
    }
    assert [item.reasons[0].text == "new" for item in page.items] == [
        (TODAY - item.stored.paper.date).days <= 30 for item in page.items if item.stored.paper.date
    ]


def test_hiding_alone_teaches_no_interest(library: Library) -> None:
    world.act(library, "hide", "bees-0", "bees-1")
    world.act(library, "down", "bees-2")
    page = library.feed("me", 200)
    assert page.cold
    assert len(page.items) == 117


@pytest.mark.parametrize("action", ["save", "up", "open"])
def test_the_page_leans_to_what_the_reader_liked(library: Library, action: str) -> None:
    before = topics(library.feed("me"))
    assert before["clocks"] <= 7
    world.act(library, action, *(f"clocks-{n}" for n in range(0, 30, 5)))
    page = library.feed("me")
    assert not page.cold
    assert topics(page)["clocks"] >= 10
    assert page.policy == "logistic recency=0.25 mmr=0.3 explore=1"
    plain(library)
    assert topics(library.feed("me")) == {"clocks": 20}


def test_two_interests_share_the_page(library: Library) -> None:
    world.act(library, "save", "clocks-1", "clocks-2", "bread-1", "bread-2")
    plain(library)
    found = topics(library.feed("me"))
    assert found["clocks"] >= 5
    assert found["bread"] >= 5
    assert found["clocks"] + found["bread"] == 20


def test_refusing_turns_the_page_away(library: Library) -> None:
    world.act(library, "save", "clocks-1", "ships-1")
    plain(library)
    assert topics(library.feed("me"))["ships"] >= 5
    world.act(library, "down", "ships-2", "ships-3")
    world.act(library, "hide", "ships-4")
    page = library.feed("me")
    assert topics(page)["clocks"] > topics(page)["ships"]
    assert not set(page.less_like) & set(" ".join(CLOCKS.subjects).split())


def test_a_refused_paper_is_no_example_of_what_is_wanted(library: Library) -> None:
    world.act(library, "save", "clocks-1", "clocks-2")
    world.act(library, "open", "clocks-3")
    world.act(library, "down", "clocks-2")
    interest = interests.learn(library.snapshot(), library.state("me"))
    assert interest is not None
    liked = library.snapshot().ids[interest.rows[: interest.n_liked]].tolist()
    assert sorted(liked) == sorted(library.resolve(which) for which in ("clocks-1", "clocks-3"))


@pytest.mark.parametrize(
    ("action", "inverse"), [("save", "unsave"), ("hide", "unhide"), ("up", "unrate"), ("down", "unrate")]
)
def test_what_is_done_with_never_comes_back_until_undone(library: Library, action: str, inverse: str) -> None:
    first = world.keys(library.feed("me", 200))
    assert len(first) == 120
    world.act(library, action, "bread-7")
    assert set(first) - set(world.keys(library.feed("me", 200))) == {"bread-7"}
    assert library.undo("me") == (action, library.resolve("bread-7"))
    assert world.keys(library.feed("me", 200)) == first
    world.act(library, action, "bread-7")
    world.act(library, inverse, "bread-7")
    assert world.keys(library.feed("me", 200)) == first


def test_an_opened_paper_stays_away(library: Library) -> None:
    world.act(library, "open", "bread-7")
    assert "bread-7" not in world.keys(library.feed("me", 200))
    assert library.undo("me") is None


def test_recency_orders_by_date(library: Library) -> None:
    world.act(library, "save", "clocks-1", "clocks-2")
    plain(library, recency=1.0)
    page = library.feed("me", 6)
    assert [item.stored.paper.date for item in page.items] == believed()[:6]
    assert page.items[0].reasons[-1].text == "new"


def test_diversity_spreads_the_page(library: Library) -> None:
    world.act(library, "save", "clocks-1", "clocks-2", "clocks-3")
    spread = []
    for weight in (0.0, 0.4, 0.8):
        plain(library, diversity=weight)
        spread.append(likeness(library, library.feed("me", log=False)))
    assert spread[0] > spread[1] > spread[2]
    plain(library, diversity=0.8)
    assert len(topics(library.feed("me"))) == 4


@pytest.mark.parametrize(("share", "strangers"), [(0.0, 0), (0.25, 5), (0.5, 10), (0.8, 16), (1.0, 20)])
def test_exploration_gives_that_share_to_others(library: Library, share: float, strangers: int) -> None:
    world.act(library, "save", "clocks-1", "clocks-2", "clocks-3")
    plain(library)
    best = world.keys(library.feed("me"))
    plain(library, exploration=share)
    page = library.feed("me")
    reasons = [[reason.kind for reason in item.reasons] for item in page.items]
    explored = [at for at, kinds in enumerate(reasons) if "explore" in kinds]
    assert len(explored) == strangers
    assert not {world.keys(page)[at] for at in explored} & set(best)
    assert [k for at, k in enumerate(world.keys(page)) if at not in explored] == [
        k for at, k in enumerate(best) if at not in explored
    ]
    if share <= 0.5:
        assert all(at >= 10 for at in explored)


def test_what_was_shown_and_left_alone_sinks(library: Library) -> None:
    world.act(library, "save", "clocks-1", "clocks-2", "clocks-3")
    plain(library)
    first = world.keys(library.feed("me", log=False))
    tired = library.resolve(first[0])
    reader = library.readers()[0].id
    library.catalogue.readers.log(
        reader, [Event("impression", tired, 1, "logistic", at=NOON - timedelta(days=n)) for n in range(1, 7)]
    )
    page = library.feed("me", 200, log=False)
    assert library.state("me").seen == {tired: 6}
    assert world.keys(page).index(first[0]) > 5
    sunk = next(item for item in page.items if item.stored.id == tired)
    fresh = ranking.page(
        library.snapshot(),
        "me",
        library.state("me"),
        interests.learn(library.snapshot(), library.state("me")),
        PLAIN,
        200,
        TODAY,
    )
    at = fresh.rows.tolist().index(int(library.snapshot().rows_of([tired])[0]))
    assert sunk.score == pytest.approx(float(fresh.interest[at]) - 6 * ranking.FATIGUE, abs=1e-5)


def test_a_reload_shows_the_same_page_and_a_new_day_may_not(library: Library) -> None:
    world.act(library, "save", "clocks-1", "clocks-2")
    library.tune("me", exploration=0.5)
    first = library.feed("me")
    assert world.keys(library.feed("me")) == world.keys(first)
    snapshot, state = library.snapshot(), library.state("me")
    interest = interests.learn(snapshot, state)
    days = [
        ranking.page(snapshot, "me", state, interest, library.tuning("me"), 20, TODAY + timedelta(days=n)).rows.tolist()
        for n in (0, 0, 1)
    ]
    assert days[0] == days[1] != days[2]
    assert days[0][:10] == days[2][:10]


def test_every_shown_paper_is_noted_with_its_place_and_policy(library: Library) -> None:
    page = library.feed("me", 7, policy_note="mail")
    assert page.policy == "newest recency=1 mmr=0.3 explore=0 mail"
    assert world.events(library) == [("impression", item.stored.id, item.position, page.policy) for item in page.items]
    library.feed("me", 7, log=False)
    assert len(world.events(library)) == 7
    library.act("me", page.items[2].stored.id, "save", position=3, policy=page.policy)
    assert world.events(library)[-1] == ("save", page.items[2].stored.id, 3, page.policy)
    assert library.state("me").seen == {}  # today does not count yet


def test_the_model_is_fitted_anew_after_an_action_only(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[int] = []
    learn = interests.learn

    def counted(snapshot: IndexSnapshot, state: ReaderState) -> interests.Interest | None:
        fits.append(state.last_event)
        return learn(snapshot, state)

    monkeypatch.setattr(interests, "learn", counted)
    library.feed("me")
    library.feed("me")
    assert len(fits) == 1
    world.act(library, "save", "bees-1")
    assert not library.feed("me").cold
    library.feed("me")
    assert len(fits) == 2
    library.add(world.record(BREAD, 30))
    library.feed("me")
    assert len(fits) == 3


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
    rows = interest.rows.tolist()
    assert (interest.n_liked, len(rows), len(set(rows))) == (20, 120, 120)
    assert set(snapshot.ids[rows[:20]].tolist()) == set(state.saved)
    assert set(snapshot.ids[rows[20:25]].tolist()) == state.hidden
    parts = interest.influence.explain(snapshot.dense.vectors(interest.rows))
    np.testing.assert_allclose(
        parts.sum(axis=1), snapshot.dense.vectors(interest.rows) @ interest.model.coef_, atol=1e-4
    )


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
        assert np.isfinite(interest.model.coef_).all()
        assert np.isfinite(interest.model.intercept_)
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
