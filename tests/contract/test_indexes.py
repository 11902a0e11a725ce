"""Every index keeps the promises of its room: exact filters, growth by blocks, restoring, stable ties."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from broadsheet.indexes.contract import Block, Index, VectorIndex
from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from broadsheet.indexes.ivf import Ivf, IvfBlock
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.indexes.squash import Squash, SquashBlock
from broadsheet.indexes.vamana import Vamana, VamanaBlock
from broadsheet.kit.mask import Mask

N, D = 700, 48


@dataclass(frozen=True)
class World:
    """One index over a world whose right answer is computed by hand."""

    make: Callable[[np.ndarray], Block]  # dense rows to a block
    index: Callable[[list[Block]], Any]
    query: Callable[[np.ndarray], Any]
    restore: Callable[[Any], Block]
    tolerance: float


def sparse_block(x: np.ndarray) -> PostingBlock:
    rows, columns = np.nonzero(x > 0)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(x)))])
    return PostingBlock.of(
        np.arange(D, dtype=np.uint64),
        indptr,
        columns.astype(np.int32),
        x[rows, columns].astype(np.float32),
        ceiling=1.0,
    )


def dense_query(q: np.ndarray) -> np.ndarray:
    return q.astype(np.float32)


WORLDS = {
    "scan": World(CodeBlock.of, Scan, dense_query, CodeBlock.from_arrays, 0.02),
    "squash": World(SquashBlock.of, Squash, dense_query, SquashBlock.from_arrays, 0.02),
    "vamana": World(VamanaBlock.of, Vamana, dense_query, VamanaBlock.from_arrays, 0.02),
    "vamana, a narrow beam": World(
        VamanaBlock.of, lambda blocks: Vamana(blocks, beam=3), dense_query, VamanaBlock.from_arrays, 0.05
    ),
    "ivf": World(IvfBlock.of, Ivf, dense_query, IvfBlock.from_arrays, 0.02),
    "ivf, every list": World(
        lambda x: IvfBlock.of(x, lists=7), lambda blocks: Ivf(blocks, probes=7), dense_query, IvfBlock.from_arrays, 0.02
    ),
    "inverted": World(
        sparse_block,
        Inverted,
        lambda q: SparseQuery(np.flatnonzero(q).astype(np.uint64), q[q != 0].astype(np.float32)),
        PostingBlock.from_arrays,
        0.02,
    ),
}

if importlib.util.find_spec("hnswlib"):  # the extra `ann`, which needs a compiler
    from broadsheet.indexes.hnsw_order import Hnsw, HnswBlock, ordered_block

    WORLDS |= {
        "hnsw_order": World(ordered_block, Hnsw, dense_query, HnswBlock.from_arrays, 1e-5),
        "hnsw_order, beam against a mask": World(
            ordered_block, lambda blocks: Hnsw(blocks, beam=8), dense_query, HnswBlock.from_arrays, 0.05
        ),
    }


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest) -> World:
    return WORLDS[request.param]


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sparse non-negative unit vectors, so that one world serves dense and sparse indexes."""
    rng = np.random.default_rng(seed)
    x = rng.random((N, D)) * (rng.random((N, D)) < 0.3)
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    q = rng.random(D) * (rng.random(D) < 0.4)
    return x.astype(np.float32), (q / np.linalg.norm(q)).astype(np.float32)


@pytest.mark.parametrize("share", [0.002, 0.05, 0.5, 1.0])
def test_filters_are_exact_and_the_best_allowed_rows_come_first(world: World, share: float) -> None:
    x, q = data()
    index = world.index([world.make(x)])
    assert isinstance(index, Index)
    allowed = np.random.default_rng(1).random(N) < share
    allowed[5] = True
    hits = index.search(world.query(q), 10, Mask.of(allowed))
    exact = x @ q
    rows = np.flatnonzero(allowed & (exact > 0))
    assert allowed[hits.ids].all()
    assert len(set(hits.ids.tolist())) == len(hits) == min(10, len(rows))
    assert hits.scores.tolist() == sorted(hits.scores.tolist(), reverse=True)
    np.testing.assert_allclose(hits.scores, exact[hits.ids], atol=world.tolerance)
    assert hits.scores[-1] >= np.sort(exact[rows])[::-1][: len(hits)][-1] - world.tolerance


def test_blocks_grow_an_index_without_disturbing_it(world: World) -> None:
    x, q = data()
    whole = world.index([world.make(x)])
    first = world.index([world.make(x[:300])])
    grown = first.extended(world.make(x[300:]))
    assert (len(whole), len(first), len(grown)) == (N, 300, N)
    a, b = whole.search(world.query(q), 20), grown.search(world.query(q), 20)
    np.testing.assert_allclose(a.scores, b.scores, atol=world.tolerance)
    assert len(set(a.ids.tolist()) & set(b.ids.tolist())) >= 18
    mask = np.zeros(N, np.bool_)
    mask[[10, 299, 300, 650]] = True
    assert set(grown.search(world.query(q), 9, Mask.of(mask)).ids.tolist()) <= {10, 299, 300, 650}


def test_a_block_is_restored_from_its_arrays(world: World) -> None:
    x, q = data()
    block = world.make(x)
    again = world.restore(dict(block.to_arrays()))
    assert again.rows == N
    a, b = (world.index([part]).search(world.query(q), 15) for part in (block, again))
    assert (a.ids.tolist(), a.scores.tolist()) == (b.ids.tolist(), b.scores.tolist())


def test_arrays_that_do_not_fit_are_refused(world: World) -> None:
    arrays = dict(world.make(data()[0]).to_arrays())
    name = next(name for name in ("scales", "impacts", "norms", "element_levels") if name in arrays)
    with pytest.raises(ValueError, match="differ"):
        world.restore({**arrays, name: arrays[name][:-1]})


def test_nothing_asked_or_nothing_there_gives_nothing(world: World) -> None:
    x, q = data()
    assert len(world.index([]).search(world.query(q), 5)) == 0
    index = world.index([world.make(x)])
    assert len(index.search(world.query(q), 0)) == 0
    assert len(index.search(world.query(q), 5, Mask.of(np.zeros(N, np.bool_)))) == 0
    with pytest.raises(ValueError, match="the mask covers 3 rows"):
        index.search(world.query(q), 5, Mask.full(3))


def test_indexes_of_vectors_give_the_vectors_and_scores_of_rows() -> None:
    x, q = data()
    for name in ("scan", "vamana", "ivf"):
        world = WORLDS[name]
        index = world.index([world.make(x[:400]), world.make(x[400:])])
        assert isinstance(index, VectorIndex)
        rows = np.array([699, 3, 400, 399])
        scale = float(np.abs(x).max())
        np.testing.assert_allclose(index.vectors(rows), x[rows], atol=0.02 * scale)
        np.testing.assert_allclose(index.score(q.astype(np.float32), rows), x[rows] @ q, atol=world.tolerance)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_indexes_of_codes_refuse_a_query_that_is_not_finite(bad: float) -> None:
    x, q = data()
    q[7] = bad
    for name in ("scan", "vamana", "ivf"):
        for blocks in ([x], [x[:400], x[400:]]):
            index = WORLDS[name].index([WORLDS[name].make(part) for part in blocks])
            for allowed in (None, Mask.of_rows(np.arange(9), N), Mask.full(N)):
                with pytest.raises(ValueError, match="the query is not finite"):
                    index.search(q, 5, allowed)
            with pytest.raises(ValueError, match="the query is not finite"):
                index.score(q, np.arange(3))
