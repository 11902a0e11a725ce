"""The product's indexes keep the promises of their room."""

import numpy as np
import pytest

from broadsheet.indexes.contract import VectorIndex
from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from broadsheet.indexes.ivf import Ivf, IvfBlock
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.indexes.vamana import Vamana, VamanaBlock
from broadsheet.kit.mask import Mask
from tests.contract.index_checks import (
    D,
    N,
    World,
    data,
    dense_query,
    test_a_block_is_restored_from_its_arrays,
    test_arrays_that_do_not_fit_are_refused,
    test_blocks_grow_an_index_without_disturbing_it,
    test_filters_are_exact_and_the_best_allowed_rows_come_first,
    test_nothing_asked_or_nothing_there_gives_nothing,
)

__all__ = [
    "test_a_block_is_restored_from_its_arrays",
    "test_arrays_that_do_not_fit_are_refused",
    "test_blocks_grow_an_index_without_disturbing_it",
    "test_filters_are_exact_and_the_best_allowed_rows_come_first",
    "test_nothing_asked_or_nothing_there_gives_nothing",
]


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


WORLDS = {
    "scan": World(CodeBlock.of, Scan, dense_query, CodeBlock.from_arrays, 0.02),
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


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest) -> World:
    return WORLDS[request.param]


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
