"""Likeness in spaces of vectors: the projection that ships, papers without a vector, kept words, papers left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from broadsheet.catalogue import ReaderState
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.feed import interests
from broadsheet.pipeline.feed.background import background_of
from broadsheet.pipeline.feed.likeness import Likes, NearLikes, RawVectors, Space, compared
from broadsheet.pipeline.feed.projection import METHOD, Projection, read_metric
from broadsheet.pipeline.feed.taste import Taste
from broadsheet.pipeline.feed.word_features import WordCache, WordFeatures
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS
from broadsheet.pipeline.library import Library
from tests.pipeline import world
from tests.pipeline.world import CLOCKS, SHIPS

PLAIN = Projection(np.zeros(2, np.float32), np.eye(2, dtype=np.float32))
BOTH = Projection(np.zeros(4, np.float32), np.eye(4, dtype=np.float32))
SHIPPED = f"encoder-{artifacts.fingerprint(pretrained.ENCODER)}.bin"


def raw(present: list[bool]) -> RawVectors:
    n = len(present)
    static = np.array([[1, 0], [0, 1], [1, 1]], np.float32)[:n]
    return RawVectors(static, static[:, ::-1] * np.array(present, np.float32)[:, None], np.array(present))


def rows_of(library: Library, topic: world.Topic, *which: int) -> np.ndarray:
    return library.snapshot().rows_of([library.resolve(world.key(topic, n)) for n in which])


def test_a_paper_without_a_vector_has_no_likeness_where_it_needs_one() -> None:
    likes, weights = raw([True, True, False]), np.array([1, 0.5, 1], np.float32)
    papers, none = raw([True, False]), RawVectors.take(raw([True]), np.empty(0, np.int64))
    static = NearLikes(Space(PLAIN), likes, weights, none)
    assert static.likeness(papers).shape == (2, 3)
    assert static.columns(papers)[0, 0] == 1
    for space in (Space(PLAIN, static=False, transformer=True), Space(BOTH, transformer=True)):
        near = NearLikes(space, likes, weights, none)
        assert near.likeness(papers).shape == (2, 2)  # one like has no vector
        columns = near.columns(papers)
        assert np.isfinite(columns[0]).all()
        assert np.isnan(columns[1]).all()
        without = near.columns(papers, np.array([0, 2]))[0]  # the other like is all that is left
        assert without[0] == pytest.approx(0, abs=1e-6)


def test_the_direction_finds_what_is_near_to_all_likes_by_weight() -> None:
    near = NearLikes(Space(PLAIN), raw([True, True]), np.array([1, 0.25], np.float32), raw([True]).take(np.array([0])))
    assert near.direction.tolist() == [1, 0.25]
    assert near.columns(raw([True]))[0, 0] == pytest.approx(0.5)  # as like the dislike, of which half is taken off


def test_one_like_can_be_left_out_of_each_row() -> None:
    like, weights = np.array([[1, 0.5], [1, 0.5]], np.float32), np.ones(2, np.float32)
    nothing = np.zeros((2, 0), np.float32)
    nearest = compared(like, nothing, weights, np.array([0, -1]))[:, 0]
    assert nearest.tolist() == [0.5, 1]
    assert compared(like[:, :1], nothing, weights[:1], np.array([0, 0])).tolist() == [[0, 0, 0]] * 2


def test_the_projection_that_ships_is_for_the_encoders_it_was_learned_with() -> None:
    alone, both = (read_metric(SHIPPED, with_vectors=with_vectors) for with_vectors in (False, True))
    assert alone is not None
    assert both is not None
    assert both.mean.shape[0] > alone.mean.shape[0]
    out = alone.apply(np.random.default_rng(0).normal(size=(5, alone.mean.shape[0])).astype(np.float32))
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-5)
    assert read_metric("encoder-00000000.bin", with_vectors=False) is None  # a library that tuned its own


@pytest.mark.parametrize(
    ("arrays", "meta"),
    [
        ({"mean": np.zeros(2, np.float32)}, {"encoder": "a", "transformer": "b"}),
        (
            {"mean": np.zeros(2, np.float32), "matrix": np.zeros((3, 2), np.float16)},
            {"encoder": "a", "transformer": ""},
        ),
        ({"mean": np.zeros(2, np.float32), "matrix": np.full((2, 2), np.inf, np.float32)}, {}),
    ],
)
def test_a_damaged_projection_is_named(arrays: dict[str, np.ndarray], meta: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "feed_metric.bin"
    artifacts.write(path, arrays, method=METHOD, version=pretrained.VERSION, meta=meta)
    with pytest.raises(CorruptFile, match=r"feed_metric\.bin.*install"):
        read_metric(SHIPPED, with_vectors=False, path=path)


def test_a_library_with_its_own_encoder_is_ranked_by_what_is_left(
    shared: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broadsheet.pipeline.feed.taste.read_metric", lambda encoder, *, with_vectors: None)
    clocks = rows_of(shared, CLOCKS, 0, 1, 2)
    taste = Taste(shared.snapshot(), None, Likes(clocks, np.ones(3, np.float32)))
    evidence = taste.evidence(rows_of(shared, CLOCKS, 5))
    assert evidence[0, -3:].tolist() == evidence[0, -6:-3].tolist()  # as like as the static vectors say
    alike, others = rows_of(shared, CLOCKS, *range(5, 20)), rows_of(shared, SHIPS, *range(5, 20))
    assert taste.scores(alike).min() > np.median(taste.scores(others))


def test_kept_words_are_those_of_the_papers_in_any_order(shared: Library) -> None:
    snapshot = shared.snapshot()
    rarity = background_of(snapshot, None).rarity
    rows = np.array([7, 2, 7, 30], np.int64)
    wanted = WordFeatures.of(snapshot.positions, np.unique(rows), len(TEXT_FIELDS)).weighed(rarity)
    cache = WordCache(snapshot.positions, len(TEXT_FIELDS), rarity, size=2)
    for _ in range(2):
        words = cache.read(rows)
        for at, place in enumerate(np.searchsorted(np.unique(rows), rows).tolist()):
            one, other = words.take(np.array([at])), wanted.take(np.array([place]))
            assert one.columns.tolist() == other.columns.tolist()
            np.testing.assert_allclose(one.values, other.values)
    assert len(cache._columns) == 2  # no more than its size
    assert len(cache.read(np.empty(0, np.int64))) == 0


def test_what_was_left_alone_counts_a_little_against_what_is_like_it(shared: Library) -> None:
    snapshot = shared.snapshot()
    good = Likes(rows_of(shared, CLOCKS, *range(6)), np.ones(6, np.float32))
    left = rows_of(shared, CLOCKS, 6, 7)
    before = Taste(snapshot, None, good)
    shown = Taste(snapshot, None, good, left_alone=Likes(left, np.full(2, 0.1, np.float32)))
    disliked = Taste(snapshot, None, good, Likes(left, np.ones(2, np.float32)))
    scores = [float(taste.scores(left).mean()) for taste in (before, shown, disliked)]
    assert scores[0] > scores[1] > scores[2]
    others = rows_of(shared, CLOCKS, *range(8, 30))
    assert shown.scores(others).mean() > np.median(before.scores(rows_of(shared, SHIPS, *range(9))))


def test_papers_shown_on_several_days_count_against_what_is_like_them(shared: Library) -> None:
    snapshot = shared.snapshot()
    saved = {int(n): datetime(2026, 1, 1, tzinfo=UTC) for n in snapshot.ids[rows_of(shared, CLOCKS, *range(4))]}
    once, twice, often, tagged = (int(n) for n in snapshot.ids[rows_of(shared, CLOCKS, 4, 5, 6, 7)])
    seen = {once: 1, twice: 2, often: 9, tagged: 5, next(iter(saved)): 4}
    state = ReaderState(saved, {}, frozenset(), {}, {"later": frozenset([tagged])}, seen, 1)
    shown, fresh = (interests.learn(snapshot, one) for one in (state, replace(state, seen={})))
    assert shown is not None
    assert fresh is not None
    left = dict(zip(snapshot.ids[shown.taste.left_alone.rows].tolist(), shown.taste.left_alone.weights, strict=True))
    assert left == pytest.approx({twice: 0.05, often: 0.1})  # not what was saved, tagged or shown once
    rows = rows_of(shared, CLOCKS, 5, 6)
    assert (shown.taste.scores(rows) < fresh.taste.scores(rows)).all()


def test_a_page_names_the_like_that_carries_each_paper(shared: Library) -> None:
    snapshot = shared.snapshot()
    rows = np.concatenate([rows_of(shared, CLOCKS, 0), rows_of(shared, SHIPS, 0)])
    taste = Taste(snapshot, None, Likes(rows, np.ones(2, np.float32)))
    papers = np.concatenate([rows_of(shared, SHIPS, 4, 5), rows_of(shared, CLOCKS, 4, 5)])
    assert taste.likenesses(papers).argmax(axis=1).tolist() == [1, 1, 0, 0]
    assert taste.carriers(papers)[0].tolist() == [1, 1, 0, 0]
    assert 0 < taste.ordinary_probability < float(taste.probabilities(taste.scores(papers)).max())
