"""Postings are ordered by impact, scores are sums of impacts, and a budget reads the greatest first."""

import numpy as np
import pytest

from broadsheet.indexes.contract import Index
from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from tests.contract.index_promises import D, index_example

TERMS = np.array([10, 20, 30], np.uint64)
# row 0: 10 → 1.0, 20 → 0.5 · row 1: 10 → 0.2 · row 2: nothing · row 3: 10 → 1.0, 30 → 0.25
BLOCK = PostingBlock.of(
    TERMS, np.array([0, 2, 3, 3, 5]), np.array([0, 1, 0, 0, 2], np.int32), np.array([1, 0.5, 0.2, 1, 0.25], np.float32)
)


def query(*pairs: tuple[int, float]) -> SparseQuery:
    return SparseQuery(np.array([t for t, _ in pairs], np.uint64), np.array([w for _, w in pairs], np.float32))


def test_postings_fall_by_impact_then_rise_by_row() -> None:
    assert BLOCK.postings.tolist() == [0, 3, 1, 0, 3]
    assert BLOCK.impacts.tolist() == [255, 255, 51, 128, 64]
    assert BLOCK.indptr.tolist() == [0, 3, 4, 5]


def test_scores_are_the_sums_worked_by_hand() -> None:
    index = Inverted([BLOCK])
    scores = index.scores(query((10, 2.0), (30, 4.0), (99, 7.0)))
    np.testing.assert_allclose(scores, [2.0, 0.4, 0.0, 2.0 + 4 * 64 / 255], rtol=1e-6)
    hits = index.search(query((10, 2.0), (30, 4.0)), 10)
    assert hits.ids.tolist() == [3, 0, 1]  # row 2 scores nothing and is left out
    np.testing.assert_allclose(index.scores(query((10, 1.0), (10, 1.0))), index.scores(query((10, 2.0))))


def test_a_budget_reads_the_greatest_impacts_only() -> None:
    assert Inverted([BLOCK]).scores(query((10, 1.0)), budget=2).tolist() == [1.0, 0.0, 0.0, 1.0]


def test_frequencies_and_rows_run_through_all_blocks() -> None:
    index = Inverted([BLOCK, BLOCK])
    assert index.frequencies(np.array([10, 30, 99], np.uint64)).tolist() == [6, 2, 0]
    assert np.flatnonzero(index.rows_with(10)).tolist() == [0, 1, 3, 4, 5, 7]


def test_a_small_weight_is_kept_and_zero_is_not_stored() -> None:
    block = PostingBlock.of(
        TERMS, np.array([0, 2]), np.array([0, 1], np.int32), np.array([1e-6, 0.0], np.float32), ceiling=2.5
    )
    assert (block.postings.tolist(), block.impacts.tolist()) == ([0], [1])
    with pytest.raises(ValueError, match=r"weights must lie in 0\.\.1"):
        PostingBlock.of(TERMS, np.array([0, 1]), np.array([0], np.int32), np.array([-1], np.float32), ceiling=1.0)


def sparse_block(x: np.ndarray) -> PostingBlock:
    rows, columns = np.nonzero(x > 0)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(x)))])
    weights = x[rows, columns].astype(np.float32)
    return PostingBlock.of(np.arange(D, dtype=np.uint64), indptr, columns.astype(np.int32), weights, ceiling=1.0)


EXAMPLES = {
    "sparse vectors": index_example(
        sparse_block,
        Inverted,
        PostingBlock.from_arrays,
        (Index,),
        query=lambda q: SparseQuery(np.flatnonzero(q).astype(np.uint64), q[q != 0].astype(np.float32)),
    )
}
