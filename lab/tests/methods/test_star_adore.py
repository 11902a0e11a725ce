"""STAR and ADORE: the paper's sums written out, numerical gradients, and queries that have to be turned."""

from typing import Any

import numpy as np
import pytest

from broadsheet_lab.encoders.contract import VectorMap
from broadsheet_lab.encoders.star_adore import (
    StarAdore,
    batch_weights,
    dynamic_candidates,
    lambda_weights,
    nearest,
    pairwise,
    static_negatives,
)
from broadsheet_lab.kit.optim import AdamW
from tests.contract.examples import Example


def unit(n: int, d: int, seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def turned(n: int = 300, d: int = 16) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Documents, and queries that are they turned and blurred: a linear map brings them back."""
    documents = unit(n, d, 0)
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((d, d)))[0].astype(np.float32)
    half = (0.5 * np.eye(d, dtype=np.float32) + 0.5 * turn).astype(np.float32)
    queries = documents @ half + 0.15 * unit(n, d, 2)
    return queries / np.linalg.norm(queries, axis=1, keepdims=True), documents, [np.array([i]) for i in range(n)]


def mrr(queries: np.ndarray, documents: np.ndarray, wanted: np.ndarray) -> float:
    scores = queries @ documents.T
    ranks = 1 + (scores > scores[np.arange(len(queries)), wanted][:, None]).sum(axis=1)
    return float(np.where(ranks <= 10, 1 / ranks, 0).mean())


def test_nearest_and_static_negatives_are_the_best_and_the_best_wrong_ones() -> None:
    queries, documents = unit(7, 5, 0), unit(40, 5, 1)
    positives = [np.array([int(i), int(i) + 9]) for i in range(7)]
    negatives = static_negatives(queries, documents, positives, depth=6, chunk=3)
    for i in range(7):
        order = sorted(range(40), key=lambda j: -float(queries[i] @ documents[j]))
        assert nearest(queries, documents, 40)[i].tolist() == order
        assert negatives[i].tolist() == [j for j in order if j not in positives[i]][:6]


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


def test_the_pairwise_loss_is_the_sum_written_out_and_its_gradient_the_numerical_one() -> None:
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((3, 5)).astype(np.float32)
    weights = (rng.random((3, 5, 5)) * (rng.random((3, 5, 5)) < 0.4)).astype(np.float32)

    def slow(s: np.ndarray) -> float:
        total = 0.0
        for b in range(3):
            for i in range(5):
                for j in range(5):
                    total += weights[b, i, j] * np.log(1 + np.exp(float(s[b, j]) - float(s[b, i])))
        return total / 3

    loss, gradient = pairwise(scores, weights)
    assert loss == pytest.approx(slow(scores), rel=1e-5)
    for b, k in np.ndindex(3, 5):
        step = np.zeros((3, 5))
        step[b, k] = 1e-5
        numerical = (slow(scores.astype(float) + step) - slow(scores.astype(float) - step)) / 2e-5
        assert gradient[b, k] == pytest.approx(numerical, abs=1e-4)


def test_the_optimiser_is_adamw_written_out() -> None:
    rng = np.random.default_rng(0)
    value, start = rng.standard_normal((2, 3)).astype(np.float32), np.ones((2, 3), np.float32)
    found, optimiser = {"w": value.copy()}, AdamW(rate=0.1, decay=0.5, towards={"w": start})
    slow, mean, square = value.astype(float), np.zeros((2, 3)), np.zeros((2, 3))
    for t in range(1, 6):
        gradient = rng.standard_normal((2, 3)).astype(np.float32)
        optimiser.step(found, {"w": gradient})
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        slow = slow - 0.1 * 0.5 * (slow - start)
        slow = slow - 0.1 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(found["w"], slow, rtol=1e-4, atol=1e-5)


def test_in_a_batch_every_other_document_that_is_not_right_counts_alike() -> None:
    rows = np.array([4, 7, 9, 7, 4, 2])  # three own documents, three static negatives
    weights = batch_weights(rows, np.arange(3), [np.array([4]), np.array([7, 9]), np.array([9])])
    assert weights[0, 0].tolist() == [0, 0.25, 0.25, 0.25, 0, 0.25]
    np.testing.assert_allclose(weights[1, 1], [1 / 3, 0, 0, 0, 1 / 3, 1 / 3])
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), 1)
    assert weights[0, 1:].sum() == 0


def test_training_finds_the_turn_and_queries_never_seen_gain() -> None:
    queries, documents, positives = turned()
    unseen = np.arange(200, 300)
    before = mrr(queries[200:], documents, unseen)
    kwargs: dict[str, Any] = {"depth": 50, "rate": 3e-3, "seed": 0}
    gains = []
    for star, adore in ((6, 0), (0, 6), (3, 3)):
        method = StarAdore(star_epochs=star, adore_epochs=adore, **kwargs).fit(
            queries[:200], documents, positives[:200]
        )
        gains.append(mrr(method.encode(queries[200:]), documents, unseen) - before)
    assert min(gains) > 0.1
    assert gains[1] > gains[0]  # negatives searched anew at every step teach more than those of the start


def test_documents_stay_and_a_second_fit_forgets_the_first() -> None:
    queries, documents, positives = turned(n=120)
    kept = documents.copy()
    method = StarAdore(star_epochs=1, adore_epochs=1, depth=20, rate=1e-3)
    method.fit(queries[60:], documents, positives[60:])
    method.fit(queries[:60], documents, positives[:60])
    fresh = StarAdore(star_epochs=1, adore_epochs=1, depth=20, rate=1e-3).fit(queries[:60], documents, positives[:60])
    assert method.map_.tolist() == fresh.map_.tolist()
    assert documents.tolist() == kept.tolist()
    again = StarAdore.from_arrays(dict(method.to_arrays()))
    assert again.encode(queries).tolist() == method.encode(queries).tolist()
    np.testing.assert_allclose(np.linalg.norm(again.encode(queries), axis=1), 1, rtol=1e-5)


def test_it_starts_from_the_map_it_is_given_and_decay_draws_back_to_it() -> None:
    queries, documents, positives = turned(n=60)
    start = 2 * np.eye(16, dtype=np.float32)
    idle = StarAdore(star_epochs=0, adore_epochs=0).fit(queries, documents, positives, start=start)
    assert idle.map_.tolist() == start.tolist()
    far = [
        np.abs(
            StarAdore(star_epochs=0, adore_epochs=8, depth=20, rate=1e-2, decay=decay)
            .fit(queries, documents, positives, start=start)
            .map_
            - start
        ).max()
        for decay in (0.0, 20.0)
    ]
    assert far[1] < 0.7 * far[0]


def test_what_does_not_fit_is_named() -> None:
    queries, documents, positives = turned(n=30)
    method = StarAdore(depth=10)
    with pytest.raises(ValueError, match=r"queries \(30, 16\) and documents \(30, 15\)"):
        method.fit(queries, documents[:, :15], positives)
    with pytest.raises(ValueError, match=r"positives\[2\] = \[30\]: at least one row from 0 to 29"):
        method.fit(queries[:3], documents, [*positives[:2], np.array([30])])
    with pytest.raises(ValueError, match="no 30 negatives among 30 documents"):
        static_negatives(queries, documents, positives, depth=30)
    with pytest.raises(ValueError, match=r"a start of shape \(3, 3\)"):
        method.fit(queries, documents, positives, start=np.eye(3, dtype=np.float32))
    with pytest.raises(ValueError, match=r"a map of shape \(2, 3\)"):
        StarAdore.from_arrays({"map": np.zeros((2, 3), np.float32)})
    with pytest.raises(ValueError, match="the map is for rows of 0"):
        method.encode(queries)


EXAMPLES = {
    "both trainings": Example(
        make=lambda queries, documents, positives: StarAdore(star_epochs=1, adore_epochs=1, depth=20, rate=1e-3).fit(
            queries, documents, positives
        ),
        answer=lambda method, queries, *_: method.encode(queries),
        inputs=turned(60),
        keeps=(VectorMap,),
    )
}
