"""The page: it learns, never repeats what is done with, turns with its sliders, and notes what it showed."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from broadsheet.catalogue import Event, ReaderState
from broadsheet.pipeline.feed import interests, ranking
from broadsheet.pipeline.feed.ranking import FeedMix
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import FeedPage
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.world import BREAD, CLOCKS

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
    assert page.policy == "taste recency=0.25 mmr=0.3 explore=1"
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
    liked = library.snapshot().ids[interest.taste.likes.rows].tolist()
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
    for weight in (0.0, 0.5, 0.9):
        plain(library, diversity=weight)
        spread.append(likeness(library, library.feed("me", log=False)))
    assert min(spread[:2]) > spread[2]
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
        reader, [Event("impression", tired, 1, "logistic", at=NOON - timedelta(days=n)) for n in range(1, 3)]
    )
    page = library.feed("me", 200, log=False)
    assert library.state("me").seen == {tired: 2}
    assert world.keys(page).index(first[0]) > 1
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
    assert sunk.score == pytest.approx(float(fresh.interest[at]) - 2 * ranking.FATIGUE, abs=1e-5)


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
    assert len(set(days[0][:10]) & set(days[2][:10])) >= 8  # but for what recency moves


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

    def counted(snapshot: IndexSnapshot, state: ReaderState, *more: Any) -> interests.Interest | None:
        fits.append(state.last_event)
        return learn(snapshot, state, *more)

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
