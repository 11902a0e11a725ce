"""Negatives of STAR and ADORE against a plain sort, and the weights of pairs by hand."""

import numpy as np
import pytest

from broadsheet_lab.encoders._negatives import (
    batch_weights,
    dynamic_candidates,
    lambda_weights,
    nearest,
    static_negatives,
)


def unit(n: int, d: int, seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def test_nearest_and_static_negatives_are_the_best_and_the_best_wrong_ones() -> None:
    queries, documents = unit(7, 5, 0), unit(40, 5, 1)
    positives = [np.array([int(i), int(i) + 9]) for i in range(7)]
    negatives = static_negatives(queries, documents, positives, depth=6, chunk=3)
    for i in range(7):
        order = sorted(range(40), key=lambda j: -float(queries[i] @ documents[j]))
        assert nearest(queries, documents, 40)[i].tolist() == order
        assert negatives[i].tolist() == [j for j in order if j not in positives[i]][:6]
    with pytest.raises(ValueError, match="no 39 negatives among 40 documents"):
        static_negatives(queries, documents, positives, depth=39)


def test_a_right_document_that_was_not_found_joins_the_candidates_without_a_rank() -> None:
    documents = np.eye(6, dtype=np.float32)
    queries = np.array([[6, 5, 4, 3, 2, 1], [6, 5, 4, 3, 2, 1]], np.float32)
    found = dynamic_candidates(queries, documents, [np.array([1]), np.array([5, 4])], depth=3)
    assert found.rows.tolist() == [[0, 1, 2, 1], [0, 1, 2, 4]]
    assert found.right.tolist() == [[False, True, False, False], [False, False, False, True]]
    np.testing.assert_allclose(found.reciprocal[0], [1, 1 / 2, 1 / 3, 0])
    weights = lambda_weights(found.right, found.reciprocal)
    np.testing.assert_allclose(weights[0, 1], [1 / 2, 0, 1 / 6, 0], atol=1e-7)  # |1/2 - 1|, itself, |1/2 - 1/3|
    np.testing.assert_allclose(weights[1, 3], [1, 1 / 2, 1 / 3, 0])  # its own rank counts as none
    assert weights[0, [0, 2, 3]].sum() == weights[1, :3].sum() == 0


def test_in_a_batch_every_other_document_that_is_not_right_counts_alike() -> None:
    rows = np.array([4, 7, 9, 7, 4, 2])  # three own documents, three static negatives
    weights = batch_weights(rows, np.arange(3), [np.array([4]), np.array([7, 9]), np.array([9])])
    assert weights[0, 0].tolist() == [0, 0.25, 0.25, 0.25, 0, 0.25]
    np.testing.assert_allclose(weights[1, 1], [1 / 3, 0, 0, 0, 1 / 3, 1 / 3])
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), 1)
    assert weights[0, 1:].sum() == 0
