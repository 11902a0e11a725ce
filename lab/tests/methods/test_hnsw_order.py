"""The intrinsic dimension is the paper's estimate, orders are what they say, selective filters are exact."""

import numpy as np
import pytest

from broadsheet.indexes.contract import Index
from broadsheet.kit.mask import Mask
from tests.contract.index_promises import index_example

pytest.importorskip("hnswlib", reason="the extra `ann`, which needs a compiler")
from broadsheet_lab.indexes.hnsw_order import (
    Hnsw,
    HnswBlock,
    by_category,
    by_lid,
    lid,
    neighbour_distances,
    ordered_block,
)


def of_rank(rank: int, n: int = 3000, d: int = 64, seed: int = 0) -> np.ndarray:
    """Gaussian coefficients times an orthonormal basis of `rank` directions in d dimensions."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((d, rank)))[0]
    return np.asarray(rng.standard_normal((n, rank)) @ basis.T, np.float32)


def test_lid_is_the_papers_formula() -> None:
    distances = np.array([[1.0, 2.0, 4.0], [3.0, 3.0, 3.0], [0.0, 1.0, 2.0]], np.float32)
    found = lid(distances)
    assert found[0] == pytest.approx(-1 / np.mean(np.log([1 / 4, 2 / 4, 1])))
    assert found[1] == np.inf  # neighbours on a sphere say nothing
    assert found[2] == pytest.approx(-1 / np.mean(np.log([1 / 2, 1])))  # a duplicate is left out


def test_neighbour_distances_are_those_of_brute_force() -> None:
    x = of_rank(5, n=200, d=16)
    x[7] = x[3]
    literal = np.sort(np.linalg.norm(x[:, None] - x[None], axis=2), axis=1)[:, 1:11]
    np.testing.assert_allclose(neighbour_distances(x, 10), literal, atol=2e-3)
    assert neighbour_distances(x, 10)[7, 0] == 0
    sampled = neighbour_distances(x, 10, sample=50)
    assert sampled.shape == (200, 10)
    assert (sampled >= literal - 2e-3).all()


def test_lid_grows_with_the_rank_and_is_near_it_where_that_is_small() -> None:
    means = [float(lid(neighbour_distances(of_rank(rank))).mean()) for rank in (2, 4, 8, 16, 32)]
    assert means == sorted(means)
    for rank, mean in zip((2, 4, 8), means, strict=False):
        assert mean == pytest.approx(rank, rel=0.3)


def test_orders() -> None:
    x = np.concatenate([of_rank(2, n=300), of_rank(30, n=300)])
    down, up = by_lid(x, "descending"), by_lid(x, "ascending")
    assert sorted(down.tolist()) == list(range(600))
    assert (down[:250] >= 300).mean() > 0.9  # the complex half goes in first
    assert (up[:250] < 300).mean() > 0.9
    assert by_lid(x, "given").tolist() == list(range(600))
    assert by_lid(x, "random", seed=1).tolist() == by_lid(x, "random", seed=1).tolist() != list(range(600))
    order = by_category(["b", "a", "c", "a", "b"], seed=0).tolist()
    assert sorted(map(tuple, ([1, 3], [0, 4], [2]))) == sorted(
        tuple(r for r in order if r in group) for group in ({1, 3}, {0, 4}, {2})
    )
    places = {name: [order.index(r) for r in rows] for name, rows in {"a": (1, 3), "b": (0, 4)}.items()}
    assert all(b - a == 1 for a, b in places.values())


@pytest.fixture(scope="module")
def world() -> tuple[np.ndarray, Hnsw]:
    x = of_rank(20, n=3000, d=32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x, Hnsw([ordered_block(x, links=8, beam=64)], beam=64)


def test_the_graph_finds_the_neighbours(world: tuple[np.ndarray, Hnsw]) -> None:
    x, index = world
    found = [len(set(index.search(q, 10).ids.tolist()) & set(np.argsort(-(x @ q))[:10].tolist())) for q in x[:50]]
    assert np.mean(found) >= 9.5
    np.testing.assert_allclose(index.score(x[3], np.array([3, 9])), x[[3, 9]] @ x[3], atol=1e-6)


def test_selective_filters_are_answered_exactly(world: tuple[np.ndarray, Hnsw]) -> None:
    x, index = world
    rng = np.random.default_rng(1)
    for share in (0.001, 0.01, 0.1):
        flags = rng.random(len(x)) < share
        flags[11] = True
        for q in x[100:110]:
            hits = index.search(q, 10, Mask.of(flags))
            scores = np.sort(x[flags] @ q)[::-1][:10]
            np.testing.assert_allclose(hits.scores, scores, atol=1e-6)
            assert flags[hits.ids].all()


def test_a_filter_that_forbids_the_neighbourhood_is_answered_by_a_scan(world: tuple[np.ndarray, Hnsw]) -> None:
    x, index = world
    for q in x[:10]:
        scores = x @ q
        flags = scores < np.sort(scores)[-1000]  # two thirds, none of them near
        hits = index.search(q, 10, Mask.of(flags))
        assert flags[hits.ids].all()
        np.testing.assert_allclose(hits.scores, np.sort(scores[flags])[::-1][:10], atol=1e-6)


def test_the_same_seed_builds_the_same_graph() -> None:
    x = of_rank(10, n=400)
    a, b = (ordered_block(x, "random", seed=5).to_arrays() for _ in range(2))
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_what_cannot_be_indexed_or_restored_is_named() -> None:
    x = of_rank(3, n=20)
    x[5, 0] = np.nan
    with pytest.raises(ValueError, match="vector 5 is not finite"):
        ordered_block(x, "given")
    empty = HnswBlock.of(x[:0])
    assert HnswBlock.from_arrays(empty.to_arrays()).rows == 0
    with pytest.raises(ValueError, match=r"\[8, 64\] dimensions"):
        Hnsw([empty, HnswBlock.of(np.ones((1, 8), np.float32))])
    arrays = dict(HnswBlock.of(of_rank(3, n=20)).to_arrays())
    with pytest.raises(ValueError, match="differ"):
        HnswBlock.from_arrays({**arrays, "order": np.zeros(20, np.int64)})


EXAMPLES = {
    "plain": index_example(ordered_block, Hnsw, HnswBlock.from_arrays, (Index,), tolerance=1e-5),
    "beam against a mask": index_example(
        ordered_block, lambda blocks: Hnsw(blocks, beam=8), HnswBlock.from_arrays, (Index,), tolerance=0.05
    ),
}
