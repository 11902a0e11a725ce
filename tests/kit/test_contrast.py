"""Softmax, cross-entropy and InfoNCE written out, and their gradients against differences."""

from math import exp, log

import numpy as np
import pytest

from broadsheet.kit.contrast import cross_entropy, info_nce, softmax


def written_out(q: np.ndarray, k: np.ndarray, temperature: float, ignored: set[tuple[int, int]]) -> float:
    """The mean of -log exp(<q_i, k_i> / T) / sum_j exp(<q_i, k_j> / T)."""
    total = 0.0
    for i in range(len(q)):
        powers = {j: exp(float(q[i] @ k[j]) / temperature) for j in range(len(k)) if (i, j) not in ignored}
        total -= log(powers[i] / sum(powers.values()))
    return total / len(q)


def test_softmax_by_hand() -> None:
    found = softmax(np.array([[log(3.0), 0.0, -np.inf], [1000.0, 1000.0, 1000.0]], np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.array([[0.75, 0.25, 0], [1 / 3, 1 / 3, 1 / 3]]), rtol=1e-6)


def test_cross_entropy_by_hand() -> None:
    scores = np.array([[log(3.0), 0.0], [0.0, 0.0], [-np.inf, 5.0]], np.float32)
    loss, slopes = cross_entropy(scores, np.array([0, 1, 1]))
    assert loss == pytest.approx(-(log(0.75) + log(0.5)) / 3)
    np.testing.assert_allclose(slopes, np.array([[-0.25, 0.25], [0.5, -0.5], [0, 0]]), rtol=1e-6)
    assert scores[0, 1] == 0  # the scores are not written on


@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize("more", [0, 2])
@pytest.mark.parametrize("ignored", [set(), {(0, 2), (3, 1)}])
def test_info_nce_and_its_gradients(both_ways: bool, more: int, ignored: set[tuple[int, int]]) -> None:
    rng = np.random.default_rng(0)
    q, k = rng.standard_normal((4, 3)), rng.standard_normal((4 + more, 3))
    mask = np.zeros((4, 4 + more), np.bool_)
    mask[tuple(np.array(sorted(ignored), np.int64).reshape(-1, 2).T)] = True

    def loss() -> float:
        forth = written_out(q, k, 0.7, ignored)
        return (forth + written_out(k[:4], q, 0.7, {(j, i) for i, j in ignored})) / 2 if both_ways else forth

    found, by_q, by_k = info_nce(q, k, temperature=0.7, ignored=mask, both_ways=both_ways)
    assert found == pytest.approx(loss(), rel=1e-6)
    for array, gradient in ((q, by_q), (k, by_k)):
        for at in np.ndindex(array.shape):
            kept = array[at]
            array[at] = kept + 1e-5
            above = loss()
            array[at] = kept - 1e-5
            slope = (above - loss()) / 2e-5
            array[at] = kept
            assert gradient[at] == pytest.approx(slope, abs=1e-6)


def test_pairs_and_a_mask_say_the_same_and_a_query_alone_has_no_loss() -> None:
    q, k = np.random.default_rng(1).standard_normal((2, 3, 4)).astype(np.float32)
    mask = np.zeros((3, 3), np.bool_)
    mask[1, 2] = True
    one, two = info_nce(q, k, ignored=mask), info_nce(q, k, ignored=(np.array([1]), np.array([2])))
    assert one[0] == two[0]
    np.testing.assert_array_equal(one[1], two[1])
    assert one[1].dtype == np.float32
    loss, by_q, by_k = info_nce(q[:1], k[:1], both_ways=True)
    assert (loss, by_q.tolist(), by_k.tolist()) == (0, [[0] * 4], [[0] * 4])
