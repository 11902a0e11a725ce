"""Today means today: what came since the last visit first, no filler, nothing twice, and every interest its share."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from broadsheet.catalogue import Event
from broadsheet.kit.errors import UsageError
from broadsheet.kit.reader_actions import SHOWN_IN_VAIN
from broadsheet.pipeline.feed import exploration, ranking
from broadsheet.pipeline.feed.quotas import fair_order, strictness
from broadsheet.pipeline.library import Library
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.world import BEES, BREAD, CLOCKS, SHIPS


def show(library: Library, days: int, *papers: str) -> None:
    """Note that the papers were on the page of each of the last days."""
    reader = library.catalogue.readers.get("me", create=True).id
    events = [
        Event("impression", library.resolve(paper), 1, "p", at=NOON - timedelta(days=n))
        for paper in papers
        for n in range(1, days + 1)
    ]
    library.catalogue.readers.log(reader, events)


def test_what_was_shown_in_vain_leaves_for_good_and_is_counted(library: Library) -> None:
    show(library, SHOWN_IN_VAIN, "bees-1", "bees-2", "bees-3")
    show(library, SHOWN_IN_VAIN - 1, "bees-4")
    world.act(library, "save", "bees-2")
    library.act("me", "bees-3", "tag", "later")
    page = library.feed("me", 200)
    assert {"bees-1", "bees-2"}.isdisjoint(world.keys(page))
    assert {"bees-3", "bees-4"} <= set(world.keys(page))  # a tag is an action
    assert page.passed == 1
    assert library.state("me").passed == {library.resolve("bees-1")}


def test_what_came_since_the_last_visit_stands_first(library: Library) -> None:
    world.act(library, "save", "clocks-1", "clocks-2", "clocks-3")
    assert library.feed("me", 200, log=False).visited is None
    show(library, 1, "bees-1")
    library.add(*(world.record(topic, n) for topic in (CLOCKS, BEES) for n in (30, 31)))
    page = library.feed("me", 10)
    assert page.visited == NOON - timedelta(days=1)
    # the clock of the tests stands: what it added is all of today
    assert page.arrived == library.stats().papers - 3
    number = library.resolve("clocks-30")
    snapshot, state = library.snapshot(), library.state("me")
    interest = library._readers.models.of(snapshot, library.reader("me"), state).interest
    scope = ranking.Scope(new_after=number - 1)
    made = ranking.page(snapshot, "me", state, interest, ranking.FeedMix(0, 0, 0), 10, NOON.date(), scope)
    assert (made.n_new, made.new.tolist()) == (4, [True] * 4 + [False] * 6)
    ids = snapshot.ids[made.rows].tolist()
    assert set(ids[:2]) == {number, library.resolve("clocks-31")}  # the best of the new ones first
    only = replace(scope, only_new=True)
    made = ranking.page(snapshot, "me", state, interest, ranking.FeedMix(0, 0, 0), 10, NOON.date(), only)
    assert snapshot.ids[made.rows].tolist() == ids[:4]


def test_the_end_of_the_last_visit_is_told_or_read_from_the_log(library: Library) -> None:
    library.feed("me", 3)
    assert library.feed("me", 3).visited is None  # today is no earlier day
    told = library.papers([1])[0].added_at - timedelta(minutes=1)
    page = library.feed("me", 3, visited=told)
    assert (page.visited, page.arrived) == (told, 120)
    assert all(item.is_new for item in page.items)
    assert library.feed("me", 3, visited=NOON).arrived == 0


def test_what_fits_nothing_is_left_out_but_for_exploration(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    world.act(library, "save", "clocks-1", "clocks-7", "clocks-13")
    library.tune("me", exploration=0)
    assert len(library.feed("me", 200).items) == 117  # in a small library nothing is filler
    monkeypatch.setattr(ranking, "FEW", 100)
    page = library.feed("me", 200)
    assert world.topics_of(world.keys(page)).count("clocks") >= len(page.items) - 4 > 15
    assert len(page.items) > 15
    library.tune("me", recency=1)
    assert len(library.feed("me", 200).items) == 117  # nothing but the newest is asked for
    library.tune("me", recency=0, exploration=0.2)
    strangers = [item for item in library.feed("me").items if item.reasons[0].kind == "explore"]
    assert len(strangers) == 4
    library.add(world.record(BEES, 30))
    newest = library.catalogue.papers.last_number_at(NOON + timedelta(days=1))
    monkeypatch.setattr(library.catalogue.papers, "last_number_at", lambda _: newest - 1)
    library.tune("me", exploration=0)
    page = library.feed("me", visited=NOON)
    assert page.arrived == 1
    assert not any(item.is_new for item in page.items)  # it came, and nobody asked for bees


def test_the_same_work_stands_once(library: Library) -> None:
    world.act(library, "save", "bread-1")
    library.tune("me", exploration=0)
    twin = replace(world.paper(BREAD, 2), ids=replace(world.paper(BREAD, 2).ids, arxiv="2601.99999"), venue="Elsewhere")
    saved = replace(world.paper(BREAD, 1), ids=replace(world.paper(BREAD, 1).ids, arxiv="2601.88888"))
    library.add(world.Record(twin, "other", "twin"), world.Record(saved, "other", "saved"))
    assert library.resolve("twin") != library.resolve("bread-2")
    keys = world.keys(library.feed("me", 200))
    assert len({"bread-2", "twin"} & set(keys)) == 1
    assert "saved" not in keys
    other = replace(twin, authors=(world.Person("Nobody Else"),), ids=replace(twin.ids, arxiv="2601.77777"))
    library.add(world.Record(other, "other", "namesake"))
    assert "namesake" in world.keys(library.feed("me", 200))


def order(diversity: float, k: int = 20) -> list[int]:
    """The interests of a page from three interests of 40 papers, of which the third has the weakest."""
    interests = np.repeat([0, 1, 2], 40)
    relevance = np.concatenate([np.linspace(start, start - 0.2, 40) for start in (0.95, 0.9, 0.5)]).astype(np.float32)
    x = np.eye(120, dtype=np.float32)
    shares = np.array([0.4, 0.3, 0.3], np.float32)
    places = {"interests": interests, "shares": shares, "tiers": np.zeros(120, np.int64)}
    made = fair_order(relevance, x, k, diversity=diversity, **places)
    assert len(set(made.tolist())) == k
    return [int(n) for n in interests[made]]


def test_every_interest_has_its_share() -> None:
    assert order(0.0).count(2) == 0
    page = order(0.2)
    assert [page.count(n) for n in range(3)] == [12, 4, 4]
    assert [strictness(diversity) for diversity in (0.0, 0.15, 0.3, 1.0)] == [0.0, 0.5, 1.0, 1.0]
    page = order(0.3)
    assert [page.count(n) for n in range(3)] == [8, 6, 6]
    for n in range(1, 21):  # in every beginning of the page
        assert page[:n].count(2) >= int(0.3 * n + 1e-6)
    assert len(order(0.6, 120)) == 120  # an interest without papers leaves its places to others


def test_better_tiers_go_first_whatever_the_quotas() -> None:
    interests = np.array([0, 0, 1, 1])
    made = fair_order(
        *(np.array([0.1, 0.9, 0.8, 0.7], np.float32), np.eye(4, dtype=np.float32), 4),
        interests=interests,
        shares=np.array([0.5, 0.5], np.float32),
        tiers=np.array([0, 1, 1, 0]),
        diversity=0.5,
    )
    assert made.tolist() == [3, 0, 1, 2]


def test_interests_of_two_topics_share_a_page_of_the_product(library: Library) -> None:
    world.act(library, "save", *(world.key(BREAD, n) for n in range(8)), world.key(SHIPS, 0), world.key(SHIPS, 1))
    page = world.topics_of(world.keys(library.feed("me")))
    assert page.count("ships") >= 1


def test_propensities_are_the_shares_of_pages_that_show_a_paper() -> None:
    start, n, n_random, seeds = np.arange(10)[::-1].copy(), 40, 2, 4000
    shown = np.zeros(n)
    stated = np.zeros(n)
    for seed in range(seeds):
        drawn = exploration.explore(start, n, n_random, seed)
        shown[drawn.order] += 1
        stated[drawn.order] = drawn.propensities
        assert drawn.explored.sum() == n_random
        assert drawn.order[:5].tolist() == start[:5].tolist()
    np.testing.assert_allclose(shown / seeds, stated, atol=0.03)
    assert sorted(set(stated.round(3).tolist())) == [0.067, 0.6, 1]


def test_a_dislike_works_at_once_and_says_what_left(library: Library) -> None:
    world.act(library, "save", "clocks-1", "ships-1")
    library.tune("me", exploration=0, recency=0)
    before = library.feed("me")
    shown = [item.stored.id for item in before.items]
    number = next(item.stored.id for item in before.items if "ships" in item.stored.paper.title)
    left = library.act_on_page("me", number, "down", position=2, policy="p")
    after = [item.stored.id for item in library.feed("me").items]
    assert left == tuple(n for n in shown if n not in after and n != number)
    assert left
    assert sum("ships" in library.paper(n).paper.title for n in left) > len(left) / 2
    assert world.events(library)[-21][:4] == ("down", number, 2, "p")
    library.undo("me")
    assert [item.stored.id for item in library.feed("me").items] == shown


def test_a_catch_up_is_the_best_of_what_came(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    world.act(library, "save", "clocks-1", "clocks-2", "clocks-3")
    library.add(*(world.record(topic, n) for topic in (BEES, CLOCKS) for n in (30, 31)))
    first = library.resolve("bees-30")
    monkeypatch.setattr(library.catalogue.papers, "last_number_at", lambda _: first - 1)
    page = library.catch_up("me", 7, 10)
    assert page.arrived == 4
    assert set(world.keys(page)[:2]) == {"clocks-30", "clocks-31"}
    assert page.visited
    assert page.visited.date() == (NOON - timedelta(days=7)).date()
    assert page.policy.endswith("catch-up=7")
    assert all(item.propensity is None for item in page.items)
    assert len(world.events(library)) == 3 + len(page.items)
    with pytest.raises(UsageError, match="one day or more"):
        library.catch_up("me", 0)


def test_an_interest_with_a_quota_has_no_more_than_it() -> None:
    n, relevance = 40, np.linspace(1, 0, 40).astype(np.float32)
    x = np.eye(n, dtype=np.float32)
    interests, shares = (np.arange(n) // 20).astype(np.int64), np.array([0.25, 0.75], np.float32)
    tiers, most = np.zeros(n, np.int64), np.array([0.25, 1.0], np.float32)
    made = fair_order(relevance, x, 20, interests=interests, shares=shares, tiers=tiers, diversity=0, most=most)
    assert np.bincount(interests[made]).tolist() == [5, 15]
    alone = fair_order(
        relevance[:20], x[:20], 20, interests=interests[:20], shares=shares, tiers=tiers[:20], diversity=0, most=most
    )
    assert len(alone) == 5  # where nothing else is there, the page is shorter
