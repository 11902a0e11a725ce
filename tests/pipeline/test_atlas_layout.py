"""The map of vectors whose clusters are known: near stays near, the same every time, and old places never move."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline.atlas import neighbours as lists
from broadsheet.pipeline.atlas.layout import align, lay_out, place
from broadsheet.pipeline.atlas.neighbours import neighbours

CLUSTERS, EACH, K = 8, 30, 10


def clustered(seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Unit vectors about eight middles, and the cluster of each."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(CLUSTERS), EACH)
    middles = rng.standard_normal((CLUSTERS, 32))
    x = middles[labels] + 0.5 * rng.standard_normal((len(labels), 32))
    return unit_rows(x.astype(np.float32)), labels


def exact(x: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    cosines = x @ x.T
    np.fill_diagonal(cosines, -2)
    return np.argsort(-cosines, axis=1, kind="stable")[:, :k]


def near_on(map_: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    apart = ((map_[:, None].astype(np.float64) - map_) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return np.argsort(apart, axis=1, kind="stable")[:, :k]


@pytest.fixture(scope="module")
def laid() -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
    """(vectors, nearest rows, map)."""
    x, _ = clustered()
    near, _ = neighbours(x, np.arange(len(x)), K)
    return x, near, lay_out(x, near)


def test_the_nearest_are_those_of_comparing_all() -> None:
    x, _ = clustered()
    queries = np.array([0, 239, 33])
    near, scores = neighbours(x, queries, 5)
    assert near.tolist() == exact(x, 5)[queries].tolist()
    np.testing.assert_allclose(scores, np.take_along_axis(x[queries] @ x.T, near.astype(np.int64), 1), rtol=1e-5)


def test_by_lists_nearly_all_of_the_nearest_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "EXACT", 10)
    monkeypatch.setattr(lists, "_AT_ONCE", 64)
    x, _ = clustered()
    near, scores = neighbours(x, np.arange(len(x)), K)
    right = exact(x, K)
    assert np.mean([len(set(a) & set(b)) for a, b in zip(near.tolist(), right.tolist(), strict=True)]) > 0.9 * K
    assert (np.diff(scores, axis=1) <= 0).all()
    assert not (near == np.arange(len(x))[:, None]).any()


def test_where_there_are_fewer_neighbours_the_rest_is_minus_one() -> None:
    near, _ = neighbours(clustered()[0][:3], np.arange(3), 5)
    assert [sorted(row) for row in near.tolist()] == [[-1, -1, -1, 1, 2], [-1, -1, -1, 0, 2], [-1, -1, -1, 0, 1]]
    assert neighbours(clustered()[0][:1], np.arange(1), 2)[0].tolist() == [[-1, -1]]


def test_a_map_keeps_clusters_apart_and_neighbours_together(
    laid: tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]],
) -> None:
    x, _, map_ = laid
    labels = np.repeat(np.arange(CLUSTERS), EACH)
    on_map = near_on(map_, 29)
    assert (labels[on_map[:, :20]] == labels[:, None]).mean() > 0.96
    kept = [len(set(a) & set(b)) for a, b in zip(exact(x, 10).tolist(), on_map.tolist(), strict=True)]
    assert np.mean(kept) / 10 > 0.9
    by_components = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[0][:, :2].astype(np.float32)
    assert (labels[near_on(by_components, 20)] == labels[:, None]).mean() < 0.9  # which a projection does not


def test_the_same_vectors_and_seed_give_the_same_map(
    laid: tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]],
) -> None:
    x, near, map_ = laid
    assert (lay_out(x, near) == map_).all()
    assert not (lay_out(x, near, seed=1) == map_).all()


def test_new_papers_go_to_their_like_and_no_other_paper_moves(
    laid: tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]],
) -> None:
    x, _, map_ = laid
    labels = np.repeat(np.arange(CLUSTERS), EACH)
    new = np.zeros(len(x), np.bool_)
    new[::7] = True
    near, scores = neighbours(x, np.flatnonzero(new), K)
    placed = place(np.where(new[:, None], np.float32(99), map_), new, near, scores)
    assert (placed[~new] == map_[~new]).all()
    assert (labels[near_on(placed, 10)[new]] == labels[new][:, None]).mean() > 0.95
    assert (place(map_, new, near, scores) == place(map_, new, near, scores)).all()


def test_papers_near_only_to_new_ones_follow_them_and_strangers_are_placed_too() -> None:
    map_ = np.array([[0, 0], [1, 0], [9, 9], [9, 9], [9, 9]], np.float32)
    new = np.array([False, False, True, True, True])
    near = np.array([[0, 1], [2, -1], [-1, -1]], np.int32)  # of rows 2, 3 and 4
    placed = place(map_, new, near, np.ones((3, 2), np.float32))
    assert np.isfinite(placed).all()
    assert np.abs(placed[3] - placed[2]).max() < 8
    nobody = place(
        np.zeros((2, 2), np.float32), np.ones(2, np.bool_), np.full((2, 1), -1, np.int32), np.ones((2, 1), np.float32)
    )
    assert np.isfinite(nobody).all()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 40])
def test_few_papers_and_papers_that_are_all_the_same_have_places(n: int) -> None:
    x = unit_rows(np.ones((n, 8), np.float32))
    near, _ = neighbours(x, np.arange(n), 15) if n else (np.empty((0, 15), np.int32), None)
    map_ = lay_out(x, near)
    assert map_.shape == (n, 2)
    assert np.isfinite(map_).all()
    assert len(np.unique(map_, axis=0)) == n  # none covers another


def test_a_map_is_turned_and_mirrored_to_lie_like_the_old_one() -> None:
    old = np.random.default_rng(0).standard_normal((30, 2)).astype(np.float32)
    mirrored = (old @ np.array([[0, 1], [1, 0]], np.float32)) + np.float32(7)
    np.testing.assert_allclose(align(mirrored, np.arange(20), old[:20]), old, atol=1e-4)
    assert align(mirrored, np.empty(0, np.int64), old[:0]) is mirrored
