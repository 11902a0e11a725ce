"""Losses by their formulas, word by word; negatives that are wrong and near."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from broadsheet_lab import losses
from broadsheet_lab.mining import hard_negatives

RNG = np.random.default_rng(1)


def test_hard_negatives_are_near_and_never_right() -> None:
    documents = np.eye(6, dtype=np.float32)
    queries = np.array([[9, 8, 7, 6, 5, 4], [1, 2, 3, 4, 5, 6]], np.float32)
    wanted = [np.array([1]), np.array([5, 2])]
    found = hard_negatives(queries, documents, wanted, count=2, depth=2)
    assert found.tolist() == [[0, 2], [4, 3]]
    assert hard_negatives(queries, documents, wanted, count=1, depth=2, skip=1).tolist() == [[2], [3]]
    rng = np.random.default_rng(0)
    drawn = {tuple(hard_negatives(queries[:1], documents, wanted[:1], depth=3, rng=rng)[0]) for _ in range(40)}
    assert drawn == {(0,), (2,), (3,)}
    with pytest.raises(ValueError, match="among 6 documents"):
        hard_negatives(queries, documents, wanted, depth=5)


def test_pieces_are_hidden_as_in_the_paper() -> None:
    rows = [np.arange(2, 4000, dtype=np.int32), np.array([2, 3], np.int32)]
    hidden, asked = losses.masked(rows, np.random.default_rng(0), share=0.15, mask=9999, first=4, pieces=4000)
    places = asked[0]
    assert len(places) / 4000 == pytest.approx(0.15, abs=0.02)
    assert (rows[0][places] >= 4).all()
    now, was = hidden[0][places], rows[0][places]
    assert (now == 9999).mean() == pytest.approx(0.8, abs=0.04)
    assert (now == was).mean() == pytest.approx(0.1, abs=0.03)
    others = np.setdiff1d(np.arange(len(rows[0])), places)
    assert (hidden[0][others] == rows[0][others]).all()
    assert len(asked[1]) == 0


def test_contrast_is_a_softmax_over_its_own_and_the_wrong_documents() -> None:
    torch: Any = pytest.importorskip("torch")
    q, d, extra = (RNG.normal(size=(n, 4)) for n in (3, 3, 2))
    scores = np.exp(5 * q @ np.concatenate([d, extra]).T)
    expected = -np.log(scores[np.arange(3), np.arange(3)] / scores.sum(1)).mean()
    a, b, c = (torch.tensor(x) for x in (q, d, extra))
    assert float(losses.info_nce(a, b, scale=5, extra=c)) == pytest.approx(expected)
    ignored = torch.zeros(3, 3, dtype=torch.bool)
    ignored[0, 1] = ignored[0, 0] = True  # a query's own document is never ignored
    scores = np.exp(5 * q @ d.T)
    scores[0, 1] = 0
    expected = -np.log(scores[np.arange(3), np.arange(3)] / scores.sum(1)).mean()
    assert float(losses.info_nce(a, b, scale=5, ignored=ignored)) == pytest.approx(expected)
    one, other = (float(losses.info_nce(x, y, scale=5)) for x, y in ((a, b), (b, a)))
    assert float(losses.info_nce(a, b, scale=5, both=True)) == pytest.approx((one + other) / 2)


def test_scores_are_held_to_a_teachers() -> None:
    torch: Any = pytest.importorskip("torch")
    s, t = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
    expected = np.mean([(s[i, 0] - s[i, j] - t[i, 0] + t[i, j]) ** 2 for i in range(4) for j in (1, 2)])
    assert float(losses.margin_mse(torch.tensor(s), torch.tensor(t))) == pytest.approx(expected)
    p, q = (np.exp(x / 2) / np.exp(x / 2).sum(1, keepdims=True) for x in (t, s))
    found = losses.listwise_kl(torch.tensor(s), torch.tensor(t), temperature=2)
    assert float(found) == pytest.approx((p * np.log(p / q)).sum(1).mean())
    assert float(losses.listwise_kl(torch.tensor(t), torch.tensor(t))) == pytest.approx(0)
    assert float(losses.hinge(torch.tensor([3.0, 0.5]), torch.tensor([0.0, 1.0]))) == pytest.approx(0.75)


def test_hidden_words_are_learned() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("tokenizers")
    from broadsheet_lab.networks import Network
    from broadsheet_lab.training import Plan, train

    texts = ["one two one two one two", "red blue red blue red blue"]
    network = Network.small(texts, seed=1)
    rows, pairs = network.ids(texts), network.pair_ids(texts, texts)
    plan = Plan(steps=40, rate=1e-2, warm=2)
    course = train(
        network.learned(), lambda rng, n: rng, lambda rng: losses.masked_words(network, rows, rng, 0.3), plan
    )
    assert course.losses[-1] < 0.6 * course.losses[0]
    rng = np.random.default_rng(0)
    assert np.isfinite(losses.masked_words(network, pairs, rng).item())
    assert losses.masked_words(network, rows, rng, 0.0).item() == 0
