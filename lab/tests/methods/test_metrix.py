"""Metrix: the losses transcribed pair by pair, slopes by differences, features mixed in the middle, bad input."""

import math
from typing import Any

import numpy as np
import pytest

from broadsheet.encoders.contract import Encoder
from broadsheet_lab.encoders import metrix
from broadsheet_lab.encoders.metrix import LOSSES, Loss, Metrix, Mixed, utilization
from tests.contract.examples import Example

torch = pytest.importorskip("torch")

from broadsheet_lab.encoders._mixing import (  # noqa: E402  needs torch
    clean_loss,
    embeddings_mixed_loss,
    features_mixed_loss,
    labelled_loss,
    mixed_states,
)
from broadsheet_lab.networks import Network  # noqa: E402
from broadsheet_lab.towers import Tower  # noqa: E402
from broadsheet_lab.training import Plan  # noqa: E402

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 3])  # the last is alone in its group
GROUPS = torch.from_numpy(LABELS)
TEXTS = tuple(f"{topic} {word}" for topic in ("robots", "galaxies", "proteins") for word in ("a b", "c", "d e f"))
TOPICS = np.repeat([0, 1, 2], 3)


def network(**sizes: int) -> Network:
    found = Network.small(TEXTS, **sizes)
    found.body.precision = torch.float32
    return found


def embeddings(seed: int = 0, d: int = 4) -> Any:
    x = np.random.default_rng(seed).standard_normal((8, d))
    return torch.from_numpy(x / np.linalg.norm(x, axis=1, keepdims=True))


def slow_loss(pairs: list[tuple[float, float]], loss: Loss) -> float:
    """Of one anchor, from its (similarity, label) pairs."""
    if loss == "contrastive":
        return sum(-y * s + (1 - y) * max(s - 0.5, 0) for s, y in pairs)
    near = sum(y * math.exp(-2 * (s - 0.5)) for s, y in pairs)
    far = sum((1 - y) * math.exp(50 * (s - 0.5)) for s, y in pairs)
    return math.log(1 + near) / 2 + math.log(1 + far) / 50


def hardest_of(z: np.ndarray, labels: np.ndarray, anchor: int, most: int) -> list[int]:
    order = np.argsort(-(z @ z[anchor]), kind="stable")
    return [int(i) for i in order if labels[i] != labels[anchor]][:most]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_clean_loss_is_summed_pair_by_pair(loss: Loss) -> None:
    z = embeddings()
    x = z.numpy()
    anchors = [
        slow_loss([(float(x[a] @ x[i]), float(LABELS[a] == LABELS[i])) for i in range(8) if i != a], loss)
        for a in range(8)
    ]
    assert float(clean_loss(z, GROUPS, loss)) == pytest.approx(np.mean(anchors))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_of_mixed_embeddings_is_summed_mixture_by_mixture(loss: Loss) -> None:
    share, hardest = 0.3, 2
    z = embeddings(d=2)
    x = z.numpy()
    keys = np.random.default_rng(7).random((8, hardest, 8))
    anchors = []
    for a in range(8):
        positives = [i for i in range(8) if LABELS[i] == LABELS[a] and i != a]
        pairs = []
        for k, n in enumerate(hardest_of(x, LABELS, a, hardest)):
            if positives:
                p = max(positives, key=lambda i: keys[a, k, i])
                v = share * x[p] + (1 - share) * x[n]
                pairs.append((float(x[a] @ v / np.linalg.norm(v)), share))
        anchors.append(slow_loss(pairs, loss))
    found = embeddings_mixed_loss(z, GROUPS, share, hardest, loss, np.random.default_rng(7))
    assert float(found) == pytest.approx(np.mean(anchors))


@pytest.mark.parametrize("loss", LOSSES)
def test_slopes_are_those_of_differences(loss: Loss) -> None:
    def both(z: Any) -> Any:
        mixed = embeddings_mixed_loss(z, GROUPS, 0.6, 3, loss, np.random.default_rng(1))
        return clean_loss(z, GROUPS, loss) + mixed

    z = embeddings(seed=3).requires_grad_()
    both(z).backward()
    for at in ((0, 0), (3, 2), (5, 1), (7, 3)):
        step = torch.zeros(8, 4, dtype=torch.float64)
        step[at] = 1e-6
        with torch.no_grad():
            slope = float(both(z + step) - both(z - step)) / 2e-6
        assert float(z.grad[at]) == pytest.approx(slope, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("loss", LOSSES)
def test_whole_labels_are_positives_and_negatives_and_shares_lie_between(loss: Loss) -> None:
    valid = torch.ones(1, 1, dtype=torch.bool)
    s = torch.tensor([[0.7]], dtype=torch.float64)
    values = [float(labelled_loss(s, torch.full((1, 1), y, dtype=torch.float64), valid, loss)) for y in (0, 0.5, 1)]
    assert values == [pytest.approx(slow_loss([(0.7, y)], loss)) for y in (0.0, 0.5, 1.0)]
    assert float(labelled_loss(s, torch.ones(1, 1), ~valid, loss)) == 0


def test_states_are_mixed_place_by_place_and_where_one_ends_the_other_goes_on() -> None:
    x = torch.arange(12.0).reshape(2, 3, 2)
    seen = torch.tensor([[True, True, False], [True, True, True]])
    mixed, present = mixed_states(x, seen, torch.tensor([1, 0]), 0.75)
    assert present.tolist() == [[True] * 3] * 2
    np.testing.assert_allclose(mixed[0, :2], 0.75 * x[0, :2] + 0.25 * x[1, :2])
    np.testing.assert_allclose(mixed[0, 2], x[1, 2])
    np.testing.assert_allclose(mixed[1, 2], x[1, 2])


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_of_mixed_features_is_summed_mixture_by_mixture(loss: Loss) -> None:
    tower, share, hardest = Tower(network(layers=2), lower=1), 0.3, 2
    with torch.no_grad():
        read, rows = tower.read(TEXTS), np.arange(9)
        ids, below = read.padded(rows)
        near = tower.vectors(read, rows)
        np.testing.assert_allclose(near, network(layers=2).encode(TEXTS), rtol=1e-4, atol=1e-6)
        z = near.double().numpy()
        drawn = np.random.default_rng(5).random((9, hardest))
        partner = [hardest_of(z, TOPICS, i, hardest)[int(drawn[i].argmax())] for i in range(9)]
        mixed, present = mixed_states(below, ids != 0, torch.tensor(partner), share)
        mask = torch.where(present, 0.0, -1e4)[:, None, None, :]
        states = tower.network.body.layers[1](mixed, mask)
        means = (states * present[..., None]).sum(1) / present.sum(1)[:, None]
        v = (means / means.norm(dim=1, keepdim=True)).double().numpy()
        anchors = []
        for a in range(9):
            pairs = []
            for i in range(9):
                if TOPICS[i] == TOPICS[a] and i != a:
                    pairs.append((float(z[a] @ v[i]), share))
                elif TOPICS[partner[i]] == TOPICS[a] and partner[i] != a:
                    pairs.append((float(z[a] @ v[i]), 1 - share))
            anchors.append(slow_loss(pairs, loss))
        groups, rng = torch.from_numpy(TOPICS), np.random.default_rng(5)
        found = features_mixed_loss(tower, near, (ids, below), groups, share, hardest, loss, rng)
    assert float(found) == pytest.approx(np.mean(anchors), rel=1e-3)


def test_the_total_is_clean_plus_weighted_mixed() -> None:
    tower, rows = Tower(network(), lower=0), np.arange(9)
    groups, drawn = torch.from_numpy(TOPICS), np.random.default_rng(4)
    share = float(drawn.beta(2.0, 2.0))
    with torch.no_grad():
        read = tower.read(TEXTS)
        z = tower.vectors(read, rows)
        mixed = float(embeddings_mixed_loss(z, groups, share, 10, "contrastive", drawn))
        method = Metrix(loss="contrastive", mixing=0.25)
        total = method._loss(tower, read, rows, TOPICS, np.random.default_rng(4))
    assert float(total) == pytest.approx(float(clean_loss(z, groups, "contrastive")) + 0.25 * mixed, rel=1e-4)


def test_utilization_worked_by_hand() -> None:
    learned = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert utilization(np.array([[1.0, 0.0], [-1.0, 0.0]]), learned).tolist() == [0, 2]


@pytest.mark.parametrize("mixed", metrix.MIXED)
@pytest.mark.parametrize("loss", LOSSES)
def test_training_lessens_the_loss_and_leaves_the_start_as_it_was(loss: Loss, mixed: Mixed) -> None:
    method = Metrix(network(layers=2), loss=loss, mixed=mixed, each=3, plan=Plan(steps=8, batch=3, rate=1e-2, warm=1))
    start = method.network.encode(TEXTS)  # type: ignore[union-attr]
    method.fit(TEXTS, TOPICS)
    assert method.course_.losses[-1] < method.course_.losses[0]
    np.testing.assert_array_equal(method.network.encode(TEXTS), start)  # type: ignore[union-attr]
    again = method.encode(TEXTS)
    np.testing.assert_array_equal(method.fit(TEXTS[:6], TOPICS[:6]).fit(TEXTS, TOPICS).encode(TEXTS), again)


def test_bad_input() -> None:
    assert metrix.CARD.paper == "2106.04990"
    with pytest.raises(ValueError, match="not 'triplet'"):
        Metrix(loss="triplet")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="two groups of two"):
        Metrix(each=1)
    with pytest.raises(ValueError, match="1 groups with two"):
        Metrix(network()).fit(TEXTS, np.minimum(np.arange(9), 7))
    with pytest.raises(ValueError, match="labels of shape"):
        Metrix(network()).fit(TEXTS, TOPICS[1:])
    with pytest.raises(ValueError, match="call fit first"):
        Metrix().encode(["x"])


EXAMPLES = {
    mixed: Example(
        make=lambda texts, labels, mixed=mixed: Metrix(
            Network.small(TEXTS), each=2, plan=Plan(steps=2, batch=3), mixed=mixed
        ).fit(texts, labels),
        answer=lambda method, texts, _: method.encode(texts),
        inputs=(TEXTS, TOPICS),
        keeps=(Encoder,),
    )
    for mixed in metrix.MIXED
}
