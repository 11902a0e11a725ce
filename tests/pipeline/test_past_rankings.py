"""Simple rankings, each against what it is said to be; windows of a history; pages of two mixes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.catalogue import ReaderState
from broadsheet.catalogue.experiments import Interleaving
from broadsheet.pipeline.feed import interests, past_rankings, ranking
from broadsheet.pipeline.feed.background import background_of
from broadsheet.pipeline.feed.given_saves import likes_of
from broadsheet.pipeline.feed.history import Want, state_of, windows_of
from broadsheet.pipeline.feed.interleaving import OTHER, OWN, SITE, contender, drafted, with_teams
from broadsheet.pipeline.feed.mixes import changed_mix
from broadsheet.pipeline.feed.past_rankings import newest, ranked_by, ranks, score_all, title_scores
from broadsheet.pipeline.feed.ranking import FeedMix, Page, Scope
from broadsheet.pipeline.feed.taste import Taste
from broadsheet.pipeline.feed.word_features import SIZE, WordFeatures
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS
from broadsheet.pipeline.library import Library
from tests.clock import NOON
from tests.pipeline import world
from tests.pipeline.world import BEES, CLOCKS, SHIPS


def rows_of(library: Library, topic: world.Topic, *numbers: int) -> np.ndarray:
    return library.snapshot().rows_of([library.resolve(world.key(topic, n)) for n in numbers])


def topic_rows(library: Library, topic: world.Topic) -> set[int]:
    return set(rows_of(library, topic, *range(world.EACH)).tolist())


def test_machines_score_every_row_as_they_would_alone(shared: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = shared.snapshot()
    background = background_of(snapshot, None)
    machines = []
    for topic in (CLOCKS, BEES):
        ids = [shared.resolve(world.key(topic, n)) for n in range(5)]
        weights = Taste(snapshot, None, likes_of(snapshot, ids, ())[0]).word_weights
        machines.append((np.flatnonzero(weights), weights[np.flatnonzero(weights)]))
    monkeypatch.setattr(past_rankings, "STEP", 7)  # so that steps end amid the rows
    found = score_all(snapshot, background, machines)
    assert found.shape == (2, len(snapshot))
    words = WordFeatures.of(snapshot.positions, np.arange(len(snapshot)), len(TEXT_FIELDS)).weighed(background.rarity)
    for (features, values), scores in zip(machines, found, strict=True):
        whole = np.zeros(SIZE, np.float32)
        whole[features] = values
        np.testing.assert_allclose(scores, words.score(whole), rtol=1e-5)
    for scores, topic in zip(found, (CLOCKS, BEES), strict=True):
        assert set(np.argsort(-scores)[:5].tolist()) <= topic_rows(shared, topic)
    assert score_all(snapshot, background, []).shape == (0, len(snapshot))


def test_titles_rank_by_words_of_titles_alone(shared: Library) -> None:
    snapshot = shared.snapshot()
    mine = rows_of(shared, SHIPS, 0, 3)
    scores = title_scores(snapshot, background_of(snapshot, None), mine)
    best = np.argsort(-scores)
    assert set(best[:10].tolist()) <= topic_rows(shared, SHIPS)
    assert set(mine.tolist()) <= set(best[:6].tolist())
    assert scores[best[0]] > 0
    both = title_scores(snapshot, background_of(snapshot, None), mine[::-1])
    np.testing.assert_array_equal(scores, both)
    nothing = title_scores(snapshot, background_of(snapshot, None), mine[:0])
    assert (nothing == 0).all()


def test_newest_is_by_date_then_by_arrival_and_unknown_dates_come_last() -> None:
    scores = newest(np.array([20, 0, 30, 20], np.int32))
    assert np.argsort(-scores).tolist() == [2, 3, 0, 1]
    assert newest(np.empty(0, np.int32)).shape == (0,)


@given(st.lists(st.integers(0, 6), min_size=2, max_size=30), st.data())
def test_a_rank_is_one_more_than_those_above_and_half_of_the_equal_ones(values: list[int], data: st.DataObject) -> None:
    wanted = data.draw(st.integers(0, len(values) - 1))
    others = np.ones(len(values), np.bool_)
    others[wanted] = False
    (rank,) = ranks(np.array(values, np.float32), others, np.array([wanted]))
    rest = [value for at, value in enumerate(values) if at != wanted]
    assert rank == 1 + sum(v > values[wanted] for v in rest) + sum(v == values[wanted] for v in rest) / 2


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.integers(1, 9), st.integers(1, 4))
def test_windows_part_a_history_into_bounded_pieces_and_no_instant(hours: list[int], steps: int, moments: int) -> None:
    wants = [Want(at, NOON + timedelta(hours=hour)) for at, hour in enumerate(sorted(hours))]
    windows = windows_of(wants, steps, moments)
    assert len(windows) <= steps
    assert all(1 <= len(window.moments) <= moments for window in windows)
    pieces = [moment for window in windows for moment in window.moments]
    assert [want for moment in pieces for want in moment.wants] == wants
    for before, after in pairwise(pieces):
        assert before.last < after.first
    assert [window.start for window in windows] == sorted({window.start for window in windows})


def reader(library: Library, topic: world.Topic, n: int = 4) -> ReaderState:
    numbers = [library.resolve(world.key(topic, at)) for at in range(n)]
    return replace(state_of({}, {}, 0), saved=dict.fromkeys(numbers, NOON))


def page(library: Library, state: ReaderState, mix: FeedMix, k: int, new_after: int | None = None) -> Page:
    snapshot = library.snapshot()
    scope = Scope(new_after=new_after)
    return ranking.page(snapshot, "me", state, interests.learn(snapshot, state), mix, k, NOON.date(), scope)


def test_what_is_new_stands_first_on_a_drafted_page_too(shared: Library) -> None:
    state = reader(shared, CLOCKS)
    own, other = (page(shared, state, FeedMix(recency, 0, 0), 12, new_after=100) for recency in (0.0, 1.0))
    both, teams = drafted(own, other, 12, "me", NOON.date(), "tag")
    assert len(both.rows) == len(set(both.rows.tolist())) == len(teams) == 12
    assert (np.diff(both.new.astype(int)) <= 0).all()
    assert both.new.sum() == own.new.sum()
    assert both.policy == f"draft tag {own.policy}"
    assert abs(Counter(teams)[OWN] - Counter(teams)[OTHER]) <= 2
    for row, score, team in zip(both.rows.tolist(), both.scores.tolist(), teams, strict=True):
        side = own if team == OWN else other
        assert score == side.scores[side.rows.tolist().index(row)]  # parts are those of the page that picked it
    again, same = drafted(own, other, 12, "me", NOON.date(), "tag")
    assert (again.rows.tolist(), same) == (both.rows.tolist(), teams)
    later, _ = drafted(own, other, 12, "me", NOON.date() + timedelta(days=1), "tag")
    assert later.rows.tolist() != both.rows.tolist()


def test_two_pages_alike_and_two_that_are_empty_can_be_drafted(shared: Library) -> None:
    own = page(shared, reader(shared, BEES), FeedMix(0, 0, 0), 10)
    both, teams = drafted(own, own, 10, "me", NOON.date(), "t")
    assert both.rows.tolist() == own.rows.tolist()
    assert Counter(teams) == {OWN: 5, OTHER: 5}
    none, nobody = drafted(Page.empty(), Page.empty(), 10, "me", NOON.date(), "t")
    assert (len(none.rows), nobody) == (0, [])
    assert with_teams((), [], []) == ()


def test_a_contender_is_the_readers_mix_with_what_is_other() -> None:
    mix = FeedMix(0.2, 0.4, 0.1)
    site = contender(None, "recency=0.9 ranking=words", mix)
    assert (site.tag, site.mix, site.ranking) == (SITE, FeedMix(0.9, 0.4, 0.1), "words")
    own = contender(Interleaving(NOON, None, {"diversity": 0.0}), "recency=0.9", mix)
    assert (own.tag, own.mix, own.ranking) == (NOON.isoformat(), FeedMix(0.2, 0.0, 0.1), "page")
    assert ranked_by("words", None, None) is None
    assert changed_mix(mix, {}) == mix


def test_the_contender_by_words_ranks_as_the_machine_does(shared: Library) -> None:
    snapshot, state = shared.snapshot(), reader(shared, CLOCKS)
    interest = interests.learn(snapshot, state)
    assert interest is not None
    assert ranked_by("page", interest, None) is interest
    words = ranked_by("words", interest, None)
    assert words is not None
    rows = np.sort(rows_of(shared, CLOCKS, *range(4, 30)))
    features = np.flatnonzero(interest.taste.word_weights)
    machine = features, interest.taste.word_weights[features]
    (alone,) = score_all(snapshot, background_of(snapshot, None), [machine])
    assert np.argsort(words.taste.scores(rows)).tolist() == np.argsort(alone[rows]).tolist()
    assert words.taste.scores(rows).tolist() != interest.taste.scores(rows).tolist()
