"""Metrix: the losses transcribed pair by pair, gradients by differences, groups never seen, bad input."""

import math

import numpy as np
import pytest

from broadsheet_lab.encoders import metrix
from broadsheet_lab.encoders.contract import VectorMap
from broadsheet_lab.encoders.metrix import LOSSES, Loss, Metrix, clean_loss, labelled_loss, mixed_loss, utilization
from tests.contract.examples import Example

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 3])  # the last is alone in its group


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def embeddings(seed: int = 0, d: int = 4) -> np.ndarray:
    return unit(np.random.default_rng(seed).standard_normal((8, d)))


def slow_loss(pairs: list[tuple[float, float]], loss: Loss) -> float:
    """Of one anchor, from its (similarity, label) pairs."""
    if loss == "contrastive":
        return sum(-y * s + (1 - y) * max(s - 0.5, 0) for s, y in pairs)
    near = sum(y * math.exp(-2 * (s - 0.5)) for s, y in pairs)
    far = sum((1 - y) * math.exp(50 * (s - 0.5)) for s, y in pairs)
    return math.log(1 + near) / 2 + math.log(1 + far) / 50


def worlds(groups: int, seed: int, n: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Groups told apart in 6 dimensions of 24, the others louder."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(groups), n)
    own = rng.standard_normal((groups, 6))[labels] + 0.3 * rng.standard_normal((len(labels), 6))
    return np.hstack([own, 2.0 * rng.standard_normal((len(labels), 18))]).astype(np.float32), labels


def recall_at_1(z: np.ndarray, labels: np.ndarray) -> float:
    s = z @ z.T
    np.fill_diagonal(s, -np.inf)
    return float((labels[s.argmax(axis=1)] == labels).mean())


@pytest.mark.parametrize("loss", LOSSES)
def test_the_clean_loss_is_summed_pair_by_pair(loss: Loss) -> None:
    z = embeddings()
    anchors = [
        slow_loss([(float(z[a] @ z[i]), float(LABELS[a] == LABELS[i])) for i in range(8) if i != a], loss)
        for a in range(8)
    ]
    assert clean_loss(z, LABELS, loss)[0] == pytest.approx(np.mean(anchors))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_mixed_loss_is_summed_mixture_by_mixture(loss: Loss) -> None:
    z, share, hardest = embeddings(d=2), 0.3, 2
    same = LABELS[:, None] == LABELS
    keys = np.random.default_rng(7).random((8, hardest, 8))
    anchors = []
    for a in range(8):
        negatives = [i for i in np.argsort(-(z @ z[a]), kind="stable") if LABELS[i] != LABELS[a]][:hardest]
        positives = [i for i in range(8) if same[a, i] and i != a]
        pairs = []
        for k, n in enumerate(negatives):
            if positives:
                p = max(positives, key=lambda i: keys[a, k, i])
                v = unit(share * z[p] + (1 - share) * z[n])
                pairs.append((float(z[a] @ v), share))
        anchors.append(slow_loss(pairs, loss))
    found = mixed_loss(z, LABELS, share, hardest, loss, np.random.default_rng(7))[0]
    assert found == pytest.approx(np.mean(anchors))


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_those_of_differences(loss: Loss) -> None:
    z = embeddings(seed=3)

    def mixed(z: np.ndarray) -> float:
        return mixed_loss(z, LABELS, 0.6, 3, loss, np.random.default_rng(1))[0]

    both = (
        (lambda z: clean_loss(z, LABELS, loss)[0], clean_loss(z, LABELS, loss)[1]),
        (mixed, mixed_loss(z, LABELS, 0.6, 3, loss, np.random.default_rng(1))[1]),
    )
    for value, gradient in both:
        for at in ((0, 0), (3, 2), (5, 1), (7, 3)):
            step = np.zeros_like(z)
            step[at] = 1e-6
            assert gradient[at] == pytest.approx((value(z + step) - value(z - step)) / 2e-6, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("loss", LOSSES)
def test_whole_labels_are_positives_and_negatives_and_shares_lie_between(loss: Loss) -> None:
    s, valid = np.array([[0.7]]), np.ones((1, 1), np.bool_)
    values = [labelled_loss(s, np.array([[y]]), valid, loss)[0][0] for y in (0.0, 0.5, 1.0)]
    slopes = [labelled_loss(s, np.array([[y]]), valid, loss)[1][0, 0] for y in (0.0, 0.5, 1.0)]
    assert values == [pytest.approx(slow_loss([(0.7, y)], loss)) for y in (0.0, 0.5, 1.0)]
    assert slopes[0] > slopes[1] > slopes[2]
    assert slopes[0] > 0 > slopes[2]
    nothing = labelled_loss(s, np.ones((1, 1)), ~valid, loss)
    assert (nothing[0][0], nothing[1][0, 0]) == (0, 0)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("mixing", [0.0, 0.4])
def test_groups_never_seen_are_told_apart(loss: Loss, mixing: float) -> None:
    method = Metrix(dimensions=6, loss=loss, mixing=mixing, batch=(5, 5), steps=150, rate=0.02).fit(*worlds(12, seed=0))
    x, labels = worlds(6, seed=1)
    z = method.encode(x)
    assert recall_at_1(unit(x), labels) < 0.5
    assert recall_at_1(z, labels) > 0.8
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, atol=1e-5)
    assert method.losses_[-1] < method.losses_[0]


def test_the_total_is_clean_plus_weighted_mixed() -> None:
    z, rng = embeddings(), np.random.default_rng(4)
    share = float(np.random.default_rng(4).beta(2.0, 2.0))
    drawn = np.random.default_rng(4)
    drawn.beta(2.0, 2.0)
    mixed, to_mixed = mixed_loss(z, LABELS, share, 10, "contrastive", drawn)
    clean, to_clean = clean_loss(z, LABELS, "contrastive")
    total, gradient = Metrix(loss="contrastive", mixing=0.25)._loss(z, LABELS, rng)
    assert total == pytest.approx(clean + 0.25 * mixed)
    np.testing.assert_allclose(gradient, to_clean + 0.25 * to_mixed)


def test_utilization_worked_by_hand() -> None:
    learned = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert utilization(np.array([[1.0, 0.0], [-1.0, 0.0]]), learned) == pytest.approx((0 + 2) / 2)


def test_it_begins_at_the_principal_directions() -> None:
    x, labels = worlds(4, seed=2)
    method = Metrix(dimensions=3, steps=1, rate=1e-12).fit(x, labels)
    exact = np.linalg.svd(x.astype(np.float64))[2][:3].T
    np.testing.assert_allclose(np.abs(np.sum(exact * method.weight_, axis=0)), 1, atol=1e-4)


def test_a_second_fit_forgets_the_first_and_arrays_keep_it() -> None:
    x, labels = worlds(4, seed=2)
    method = Metrix(dimensions=3, steps=5).fit(*worlds(3, seed=9)).fit(x, labels)
    for other in (Metrix(dimensions=3, steps=5).fit(x, labels), Metrix.from_arrays(method.to_arrays())):
        np.testing.assert_array_equal(other.encode(x), method.encode(x))
    np.testing.assert_array_equal(method.encode(np.zeros((1, 24), np.float32)), np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"a map of shape \(3,\)"):
        Metrix.from_arrays({"weight": np.zeros(3, np.float32)})


def test_bad_input() -> None:
    x, labels = worlds(3, seed=0)
    assert metrix.CARD.paper == "2106.04990"
    with pytest.raises(ValueError, match="not 'triplet'"):
        Metrix(loss="triplet")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="above zero"):
        Metrix(steps=0)
    with pytest.raises(ValueError, match="64 dimensions of vectors that have 24"):
        Metrix().fit(x, labels)
    with pytest.raises(ValueError, match="1 groups with two"):
        Metrix(dimensions=3).fit(x, np.minimum(np.arange(90), 88))
    with pytest.raises(ValueError, match="labels of shape"):
        Metrix(dimensions=3).fit(x, labels[1:])
    with pytest.raises(ValueError, match="learned on 0 dimensions"):
        Metrix().encode(x)


EXAMPLES = {
    loss: Example(
        make=lambda x, labels, loss=loss: Metrix(dimensions=3, steps=5, loss=loss).fit(x, labels),
        answer=lambda method, x, _: method.encode(x),
        inputs=worlds(4, seed=2, n=10),
        keeps=(VectorMap,),
    )
    for loss in LOSSES
}
