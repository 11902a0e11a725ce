"""A reader's taste: what it ranks first, dislikes, partial vectors, its scale, and weights that cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.kit.mask import Mask
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.feed import feed_weights
from broadsheet.pipeline.feed.background import background_of
from broadsheet.pipeline.feed.evidence import COLUMNS, COLUMNS_WITH_VECTORS
from broadsheet.pipeline.feed.feed_weights import read_feed_weights
from broadsheet.pipeline.feed.projection import Projection
from broadsheet.pipeline.feed.taste import Likes, Taste
from broadsheet.pipeline.library import Library
from tests.pipeline import world
from tests.pipeline.world import BEES, CLOCKS, SHIPS


def likes(library: Library, topic: world.Topic, *which: int) -> Likes:
    rows = library.snapshot().rows_of([library.resolve(world.key(topic, n)) for n in which])
    return Likes(rows, np.ones(len(rows), np.float32))


def test_two_interests_come_before_everything_else(shared: Library) -> None:
    snapshot = shared.snapshot()
    clocks, bees = likes(shared, CLOCKS, 0, 1, 2), likes(shared, BEES, 0, 1, 2)
    both = Likes(np.concatenate([clocks.rows, bees.rows]), np.ones(6, np.float32))
    taste = Taste(snapshot, None, both)
    rows = np.setdiff1d(snapshot.alive.rows(), both.rows)
    first = rows[np.argsort(-taste.scores(rows), kind="stable")[:54]]
    wanted = np.concatenate([likes(shared, topic, *range(3, 30)).rows for topic in (CLOCKS, BEES)])
    assert len(set(first.tolist()) & set(wanted.tolist())) >= 50
    assert taste.columns == COLUMNS
    assert taste.scores(rows[::-1]).tolist() == taste.scores(rows)[::-1].tolist()


def test_a_dislike_counts_at_once(shared: Library) -> None:
    snapshot, good = shared.snapshot(), likes(shared, CLOCKS, *range(6))
    bad, alike, others = (
        likes(shared, CLOCKS, 6),
        likes(shared, CLOCKS, *range(7, 30)).rows,
        likes(shared, SHIPS, 1).rows,
    )
    before, after = Taste(snapshot, None, good), Taste(snapshot, None, good, bad)
    assert after.scores(bad.rows)[0] < before.scores(bad.rows)[0]
    assert after.scores(alike).mean() < before.scores(alike).mean()
    assert after.scores(alike).mean() > after.scores(others).mean()


def test_without_the_named_save_the_score_falls_by_its_share(shared: Library) -> None:
    snapshot, good = shared.snapshot(), likes(shared, CLOCKS, 0, 1, 2, 3)
    rows = likes(shared, CLOCKS, *range(6, 24, 3)).rows
    taste = Taste(snapshot, None, good)
    places, shares = taste.carriers(rows)
    assert (shares > 0.02).all()
    assert (shares < 0.9).all()
    low = np.median(taste.scores(background_of(snapshot, None).ordinary))
    falls = []
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        less = Taste(snapshot, None, Likes(np.delete(good.rows, place), np.ones(3, np.float32)))
        before, after = taste.scores(np.array([row]))[0], less.scores(np.array([row]))[0]
        falls.append((before - after) / (before - low))
    assert np.abs(np.array(falls) - shares).mean() < 0.2
    only = Taste(snapshot, None, likes(shared, CLOCKS, 0))
    assert only.carriers(rows)[0].tolist() == [0] * len(rows)
    assert (only.carriers(rows)[1] > 0.9).all()


def test_candidates_of_a_large_library_have_the_best(shared: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = shared.snapshot()
    taste = Taste(snapshot, None, likes(shared, CLOCKS, 0, 1, 2))
    everything = taste.candidates(snapshot.alive, 5)
    assert everything.tolist() == snapshot.alive.rows().tolist()
    some = taste.candidates(snapshot.alive, 5, depth=0.01)
    assert 15 <= len(some) < len(everything)
    best = everything[np.argsort(-taste.scores(everything), kind="stable")[:8]]
    assert len(set(best.tolist()) & set(some.tolist())) >= 6
    none = Mask.of(np.zeros(len(snapshot), np.bool_))
    assert not len(taste.candidates(none, 5))


def test_scores_have_a_scale_and_chances_are_small(shared: Library) -> None:
    snapshot = shared.snapshot()
    taste = Taste(snapshot, None, likes(shared, CLOCKS, 0, 1, 2))
    scores = np.sort(taste.scores(snapshot.alive.rows()))
    interest, chances = taste.interest(scores), taste.probabilities(scores)
    assert interest[-1] == 1
    assert 0 < np.count_nonzero(interest == 0) < 0.6 * len(scores)
    for values in (interest, chances):
        assert (np.diff(values) >= 0).all()
        assert 0 <= values[0] <= values[-1] <= 1


def test_the_same_papers_need_no_more_than_one_background(shared: Library) -> None:
    snapshot = shared.snapshot()
    background = background_of(snapshot, None)
    assert background_of(snapshot, None) is background
    assert np.isfinite(background.rarity).all()
    assert background.terms.astype(np.uint32).tolist() == background.short_terms.tolist()


def test_whitening_takes_away_what_all_share() -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(500, 4)) * [10, 1, 1, 1] + [5, 0, 0, 0]).astype(np.float32)
    white = Projection.whitening(vectors)
    out = white.apply(vectors)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-5)
    spread = np.sort(((vectors - white.mean) @ white.matrix).std(axis=0))
    assert spread[-1] / spread[0] < 4  # 10 before
    target = out[0]
    raw = (vectors - white.mean) @ white.direction(target)
    np.testing.assert_allclose(raw, ((vectors - white.mean) @ white.matrix) @ target, rtol=1e-3, atol=1e-3)
    one = Projection.whitening(vectors[:1])
    assert np.isfinite(one.apply(vectors[:3])).all()


def test_the_shipped_weights_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, with_vectors in ((COLUMNS, False), (COLUMNS_WITH_VECTORS, True)):
        weights = read_feed_weights(columns, with_vectors=with_vectors)
        assert len(weights.weights(1)) == len(weights.weights(100)) == len(columns)
        assert weights.weights(100)[0] > 0
    monkeypatch.setattr(feed_weights, "FEED", tmp_path / "feed.bin")
    read_feed_weights.cache_clear()
    meta = {"columns": ["other"]}
    arrays = {"weights": np.ones(2, np.float32), "calibration": np.ones(3, np.float32)}
    artifacts.write(tmp_path / "feed.bin", arrays, method="feed", version=pretrained.VERSION, meta=meta)
    with pytest.raises(CorruptFile, match=r"feed\.bin.*other"):
        read_feed_weights(COLUMNS, with_vectors=False)
    read_feed_weights.cache_clear()
