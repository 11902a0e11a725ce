"""A page at its edges: whatever was done and however it is mixed, what is done with stays away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.catalogue import ReaderState
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.kit.reader_actions import SHOWN_IN_VAIN
from broadsheet.kit.text import stem
from broadsheet.pipeline.feed import interests, profile, ranking
from broadsheet.pipeline.feed.ranking import FeedMix
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import FeedItem, Reason
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.world import BEES, BREAD, CLOCKS, SHIPS

TODAY = NOON.date()
NOTHING = ReaderState({}, {}, frozenset(), {}, {}, {}, 0)
CORNERS = [FeedMix(r, d, e) for r in (0.0, 1.0) for d in (0.0, 1.0) for e in (0.0, 1.0)]


@pytest.fixture(scope="module")
def snapshot(shared: Library) -> IndexSnapshot:
    """Of the world, which nobody changes."""
    return shared.snapshot()


def state(
    saved: set[int] | None = None, down: set[int] | None = None, hidden: set[int] | None = None, **more: object
) -> ReaderState:
    """What a reader did, made up."""
    plain = replace(
        NOTHING,
        saved=dict.fromkeys(sorted(saved or ()), NOON),
        ratings=dict.fromkeys(sorted(down or ()), -1),
        hidden=frozenset(hidden or ()),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def page(
    snapshot: IndexSnapshot, who: ReaderState, mix: FeedMix, k: int = 20, *, day: date = TODAY, name: str = "me"
) -> ranking.Page:
    """The page of a made-up reader."""
    return ranking.page(snapshot, name, who, interests.learn(snapshot, who), mix, k, day)


papers = st.sets(st.integers(1, 120), max_size=25)
share = st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.99, 1.0])


@settings(max_examples=50)
@given(papers, papers, papers, papers, st.builds(FeedMix, share, share, share), st.integers(0, 130))
def test_what_is_done_with_never_comes_back(
    snapshot: IndexSnapshot,
    saved: set[int],
    down: set[int],
    hidden: set[int],
    opened: set[int],
    mix: FeedMix,
    k: int,
) -> None:
    who = state(saved, down, hidden, opened=dict.fromkeys(opened, NOON), seen={n: n % 9 for n in range(1, 121, 4)})
    made = page(snapshot, who, mix, k)
    done = saved | down | hidden | opened | {n for n in range(1, 121, 4) if n % 9 >= SHOWN_IN_VAIN}
    ids = snapshot.ids[made.rows].tolist()
    assert len(ids) == len(set(ids)) == min(k, 120 - len(done))
    assert not done & set(ids)
    for part in (made.scores, made.interest, made.recency):
        assert len(part) == len(ids)
        assert np.isfinite(part).all()
    for part in (made.interest, made.recency):
        assert ((part >= 0) & (part <= 1)).all()
    cold = not (saved | opened) - down - hidden
    assert made.policy.split()[0] == ("empty" if not ids else "newest" if cold else "taste")
    if cold:
        assert not made.explored.any()
        assert (made.interest == 0).all()
    else:
        left = 120 - len(done) - len(ids)
        assert made.explored.sum() == min(round(mix.exploration * len(ids)), max(left, 0))


@pytest.mark.parametrize("mix", CORNERS, ids=lambda mix: f"{mix.recency:g}{mix.diversity:g}{mix.exploration:g}")
@pytest.mark.parametrize("k", [1, 20, 119, 500])
def test_one_liked_paper_is_enough_for_any_mix(snapshot: IndexSnapshot, mix: FeedMix, k: int) -> None:
    liked = int(snapshot.ids[7])
    made = page(snapshot, state({liked}), mix, k)
    assert len(set(made.rows.tolist())) == len(made.rows) == min(k, 119)
    assert 7 not in made.rows
    again = page(snapshot, state({liked}), mix, k)
    assert again.rows.tolist() == made.rows.tolist()
    assert again.policy == made.policy


def test_a_mix_of_one_thing_is_in_the_order_of_that_thing(snapshot: IndexSnapshot) -> None:
    who = state({int(n) for n in snapshot.ids[:3]})
    by_interest = page(snapshot, who, FeedMix(0, 0, 0), 60)
    assert (np.diff(by_interest.interest) <= 1e-6).all()
    np.testing.assert_allclose(by_interest.scores, by_interest.interest, atol=1e-6)
    by_date = page(snapshot, who, FeedMix(1, 0, 0), 60)
    assert (np.diff(by_date.recency) <= 1e-6).all()
    np.testing.assert_allclose(by_date.scores, by_date.recency, atol=1e-6)
    half = page(snapshot, who, FeedMix(0.5, 0, 0), 60)
    np.testing.assert_allclose(half.scores, (half.interest + half.recency) / 2, atol=1e-6)
    assert (np.diff(half.scores) <= 1e-6).all()


def test_a_longer_page_begins_with_the_shorter_one(snapshot: IndexSnapshot) -> None:
    who = state({int(n) for n in snapshot.ids[:5]})
    for diversity in (0.0, 0.5, 1.0):
        long = page(snapshot, who, FeedMix(0.25, diversity, 0), 50).rows.tolist()
        for k in (1, 7, 20, 49):
            assert page(snapshot, who, FeedMix(0.25, diversity, 0), k).rows.tolist() == long[:k]


def test_saving_what_stands_first_moves_the_others_up(snapshot: IndexSnapshot) -> None:
    """Without a model the rest of the page is the same."""
    first = page(snapshot, NOTHING, FeedMix(diversity=0), 30)
    top = snapshot.ids[first.rows[:10]].tolist()
    rest = page(snapshot, state(hidden=set(top)), FeedMix(diversity=0), 20)
    assert rest.rows.tolist() == first.rows[10:].tolist()


def test_fatigue_is_the_same_for_each_day(snapshot: IndexSnapshot) -> None:
    who = state({int(snapshot.ids[0])})
    plain = page(snapshot, who, FeedMix(0, 0, 0), 119)
    target = int(plain.rows[0])
    for days in range(1, SHOWN_IN_VAIN):
        tired = page(snapshot, replace(who, seen={int(snapshot.ids[target]): days}), FeedMix(0, 0, 0), 119)
        at = tired.rows.tolist().index(target)
        others = [row for row in tired.rows.tolist() if row != target]
        assert sorted(others) == sorted(plain.rows[1:].tolist())
        if days < interests.LEFT_DAYS:  # then it counts against what is like it, too
            assert tired.scores[at] == pytest.approx(plain.scores[0] - days * ranking.FATIGUE, abs=1e-5)
            assert others == plain.rows[1:].tolist()
        assert tired.scores[at] < plain.scores[0] - days * ranking.FATIGUE + 0.05


def test_strangers_change_with_the_day_and_the_reader_and_not_with_what_they_do(snapshot: IndexSnapshot) -> None:
    who, mix = state({int(snapshot.ids[0])}), FeedMix(0, 0, 0.5)
    base = page(snapshot, who, mix).rows.tolist()
    assert page(snapshot, who, mix).rows.tolist() == base
    others = [
        page(snapshot, who, mix, day=TODAY + timedelta(days=1)),
        page(snapshot, who, mix, name="ada"),
    ]
    assert page(snapshot, replace(who, last_event=9), mix).rows.tolist() == base
    for other in others:
        assert other.rows.tolist() != base
        assert other.explored.sum() == 10


@pytest.fixture
def dated(empty: Library) -> Library:
    """Forty papers of one day and five of no day."""
    same = [
        Record(
            Paper(f"Marmot burrow survey {n * 37}", "Marmots dig.", (Person(f"Ada M{n}"),), announced=TODAY),
            "m",
            str(n),
        )
        for n in range(40)
    ]
    none = [
        Record(Paper(f"Undated ibex herd log {n * 41}", "Ibexes climb.", (Person(f"Bo N{n}"),)), "m", f"u{n}")
        for n in range(5)
    ]
    empty.add(*same, *none)
    return empty


def test_equal_dates_come_in_the_same_order_each_time_and_no_date_comes_last(dated: Library) -> None:
    dated.tune("me", diversity=0)
    first = world.keys(dated.feed("me", 45, log=False))
    assert world.keys(dated.feed("me", 45, log=False)) == first
    assert len(set(first)) == 45
    assert {key[0] for key in first[40:]} == {"u"}
    scores = [item.score for item in dated.feed("me", 45, log=False).items]
    assert scores == [1.0] * 40 + [0.0] * 5


def test_nothing_but_papers_without_a_date(empty: Library) -> None:
    empty.add(*(Record(Paper(f"Undated ibex herd log {n * 41}", "Ibexes."), "m", f"u{n}") for n in range(6)))
    made = empty.feed("me", 4)
    assert len(made.items) == 4
    assert made.cold
    assert all(np.isfinite(item.score) for item in made.items)
    empty.act("me", "u0", "save")
    made = empty.feed("me", 9)
    assert len(made.items) == 5
    assert all(0 <= item.score <= 1 for item in made.items)


def test_everything_hidden_is_an_empty_page_until_it_is_undone(library: Library) -> None:
    world.act(library, "hide", *(world.key(topic, n) for topic in world.TOPICS for n in range(world.EACH)))
    assert (library.feed("me").items, library.feed("me").policy) == ((), "empty")
    assert library.undo("me") == ("hide", library.resolve("bread-29"))
    assert world.keys(library.feed("me")) == ["bread-29"]
    world.act(library, "unhide", "bees-0", "ships-3")
    assert set(world.keys(library.feed("me"))) == {"bread-29", "bees-0", "ships-3"}


def roots(paper: Paper) -> set[str]:
    """The stems of the words of what is shown of a paper."""
    letters = "".join(c if c.isalnum() else " " for c in paper.text.lower())
    return {stem(word) for word in letters.split()}


def near(items: tuple[FeedItem, ...]) -> list[tuple[FeedItem, Reason]]:
    """The reasons that speak of a liked paper."""
    return [(item, reason) for item in items for reason in item.reasons if reason.kind == "near"]


@pytest.mark.parametrize("action", ["save", "up", "open"])
def test_a_reason_names_words_that_stand_in_both_papers(library: Library, action: str) -> None:
    world.act(library, action, "clocks-3", "clocks-9", "bread-4")
    library.tune("me", exploration=0, recency=0)
    told = near(library.feed("me", 40).items)
    assert len(told) >= 20
    verbs = {"save": "saved", "up": "rated up", "open": "opened"}
    for item, reason in told:
        assert reason.paper_id is not None
        other = library.paper(reason.paper_id).paper
        assert reason.text.startswith(f"near “{other.title}”, which you {verbs[action]}")
        assert 0 < reason.weight <= 1
        for phrase in reason.terms:
            words = {stem(word) for word in phrase.lower().split()}
            assert words <= roots(item.stored.paper)
            assert words <= roots(other)
            assert phrase in reason.text
    assert any(reason.terms for _, reason in told)


def test_a_reason_is_of_a_paper_of_the_same_topic(library: Library) -> None:
    world.act(library, "save", "clocks-3", "bread-4")
    world.act(library, "down", "ships-1")
    library.tune("me", exploration=0, recency=0, diversity=0)
    told = near(library.feed("me", 20).items)
    pairs = {
        (item.stored.source_ids[0][1].partition("-")[0], library.paper(reason.paper_id or 0).source_ids[0][1])
        for item, reason in told
    }
    assert pairs == {("clocks", "clocks-3"), ("bread", "bread-4")}


def test_a_paper_that_was_hidden_is_named_by_no_reason(library: Library) -> None:
    world.act(library, "save", "clocks-3", "clocks-8")
    world.act(library, "hide", "clocks-8")
    named = {reason.paper_id for _, reason in near(library.feed("me", 60).items)}
    assert named == {library.resolve("clocks-3")}


def test_the_profile_holds_words_of_what_is_liked_and_of_what_is_refused(library: Library) -> None:
    world.act(library, "save", *(world.key(BEES, n) for n in range(4)))
    world.act(library, "down", *(world.key(SHIPS, n) for n in range(4)))
    made = library.feed("me")
    bees, ships = ({stem(w) for w in " ".join(topic.subjects).split()} for topic in (BEES, SHIPS))
    assert {stem(word) for phrase in made.more_like for word in phrase.split()} & bees
    assert {stem(word) for phrase in made.less_like for word in phrase.split()} & ships
    assert not {stem(word) for phrase in made.more_like for word in phrase.split()} & ships
    assert not set(made.more_like) & set(made.less_like)
    assert max(len(made.more_like), len(made.less_like)) <= profile.LENGTH


def test_a_page_is_no_longer_than_asked_and_marks_what_the_reader_did(library: Library) -> None:
    for k in (-3, 0, 1, 2, 19):
        assert len(library.feed("me", k, log=False).items) == max(k, 0)
    library.act("me", "bread-1", "tag", "later")
    items = {item.stored.source_ids[0][1]: item for item in library.feed("me", 200, log=False).items}
    assert "bread-1" in items  # a tag alone is no judgement
    assert not any(item.saved or item.rating for item in items.values())
    assert len(items) == 4 * world.EACH
    assert {CLOCKS.name, BREAD.name} <= set(world.topics_of(items))
