"""Impacts: scores by hand, and an order that 8 bits hardly change."""

import numpy as np
from scipy.sparse import csr_matrix

from broadsheet.kit.bag_of_words import Bags
from broadsheet_lab.ranking._impacts import Impacts


def test_a_score_is_a_sum_and_a_word_asked_twice_counts_twice() -> None:
    bags = Bags(
        np.array([5, 6, 8], np.uint64),
        np.array([0, 2, 3], np.int64),
        np.array([2, 0, 1], np.int32),  # not ascending
        np.array([1.0, 0.6, 0.25], np.float32),
    )
    impacts = Impacts.of(bags)
    assert impacts.impacts.tolist() == [153, 255, 64]
    asked = np.array([8, 5, 5, 7], np.uint64)
    np.testing.assert_allclose(impacts.score(asked, np.array([0, 1, 0])), [561 / 255, 0, 561 / 255], rtol=1e-6)
    np.testing.assert_allclose(impacts.score(np.array([6], np.uint64), np.array([1])), [64 / 255], rtol=1e-6)


def test_eight_bits_order_as_exact_weights_do() -> None:
    rng = np.random.default_rng(0)
    n, v = 200, 30
    dense = rng.random((n, v)).astype(np.float32) * (rng.random((n, v)) < 0.5)
    sparse = csr_matrix(dense)
    bounds, columns = sparse.indptr.astype(np.int64), sparse.indices.astype(np.int32)
    impacts = Impacts.of(Bags(np.arange(v, dtype=np.uint64), bounds, columns, sparse.data))
    for _ in range(5):
        asked = rng.integers(0, v, 8)
        exact = dense[:, asked].sum(axis=1)
        rough = impacts.score(asked.astype(np.uint64), np.arange(n))
        upper = np.triu_indices(n, 1)
        agree = np.sign(exact[:, None] - exact)[upper] * np.sign(rough[:, None] - rough)[upper]
        assert agree.mean() > 0.98  # Kendall's tau
