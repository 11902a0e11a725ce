"""Words and pairs as features, the machine over them, and evidence in units of ordinary papers."""

from __future__ import annotations

import numpy as np
import pytest

from broadsheet.indexes.positions import PositionBlock, Positions
from broadsheet.kit.text import tokenize
from broadsheet.pipeline.feed.evidence import Scale, likeness_columns, recency
from broadsheet.pipeline.feed.feed_weights import MANY, FeedWeights, experience, spread
from broadsheet.pipeline.feed.linear_svm import LinearSVM
from broadsheet.pipeline.feed.word_features import SIZE, WordFeatures, rarity_among, slots_of
from broadsheet.ranking.listnet import ListNet

TEXTS = ["rye bread", "the crust of rye bread, rye bread", "keel of a ship", "ship anchors and a keel", "the of and"]


def features(texts: list[str] = TEXTS) -> WordFeatures:
    tokens = tokenize(texts)
    return WordFeatures.of(Positions([PositionBlock.of(tokens, 1)]), np.arange(len(texts)), 1)


def slot(word: str) -> int:
    return int(slots_of(tokenize([word]).terms.astype(np.uint32))[0])


def test_words_and_pairs_count_once_and_stop_words_never() -> None:
    found = features()
    assert np.diff(found.indptr).tolist() == [3, 6, 3, 5, 0]  # crust, rye, bread, and three pairs; none without words
    assert {slot("rye"), slot("bread")} <= set(found.columns[:3].tolist())
    assert (found.values == 1).all()
    pairs = [set(found.take(np.array([i])).columns.tolist()) for i in range(4)]
    assert len(pairs[0] & pairs[1]) == 3  # the pair, too
    assert not pairs[0] & pairs[2]
    assert len(pairs[2] & pairs[3]) == 2  # keel and ship, which are no neighbours in both


def test_rows_are_of_length_one_and_rare_features_count_more() -> None:
    found = features()
    rarity = rarity_among(found)
    assert rarity[slot("crust")] > rarity[slot("rye")] > 2
    weighed = found.weighed(rarity)
    products = weighed.products(weighed)
    np.testing.assert_allclose(np.diag(products), [1, 1, 1, 1, 0], atol=1e-6)
    assert 0 < products[2, 3] < products[0, 1] < 1
    assert products[0, 2] == 0
    dense = np.zeros((5, SIZE), np.float32)
    for i in range(5):
        dense[i, weighed.columns[weighed.indptr[i] : weighed.indptr[i + 1]]] = weighed.values[
            weighed.indptr[i] : weighed.indptr[i + 1]
        ]
    np.testing.assert_allclose(products, dense @ dense.T, atol=1e-6)
    np.testing.assert_allclose(weighed.score(dense[1]), products[:, 1], atol=1e-6)
    both = weighed.take(np.array([3, 0])).joined(weighed.take(np.array([1])))
    np.testing.assert_allclose(both.products(weighed), products[[3, 0, 1]], atol=1e-6)
    assert weighed.products(weighed.take(np.empty(0, np.int64))).shape == (5, 0)


def test_the_machine_finds_the_optimum_of_its_problem() -> None:
    found = features(TEXTS[:4]).weighed(np.ones(SIZE, np.float32))
    labels, costs = np.array([1, 1, -1, -1], np.float32), np.full(4, 5, np.float32)
    machine = LinearSVM(passes=2000, tolerance=1e-5).fit(found, labels, costs, SIZE)
    scores = found.score(machine.weights_) + machine.intercept_
    assert (np.sign(scores) == labels).all()
    # at the optimum every dual is twice the cost times how far its example is inside the margin
    np.testing.assert_allclose(machine.duals_ * labels, 2 * costs * np.maximum(1 - labels * scores, 0), atol=1e-3)
    np.testing.assert_allclose(scores, found.products(found) @ machine.duals_ + machine.duals_.sum(), atol=1e-4)


def test_later_saves_count_more_and_a_paper_like_one_save_is_seen() -> None:
    assert recency(3, 1.0).tolist() == [0.25, 0.5, 1.0]
    likeness = np.array([[0.9, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.9], [0.3, 0.3, 0.3, 0.3]], np.float32)
    nearest, three, mean = likeness_columns(likeness, np.ones(4, np.float32)).T
    assert nearest.tolist() == pytest.approx([0.9, 0.9, 0.3])
    assert three[1] > three[0] > 0
    assert mean[2] == pytest.approx(0.3)
    assert mean[1] > mean[0]
    one = likeness_columns(likeness[:, :1], np.ones(1, np.float32))
    assert one[0].tolist() == pytest.approx([0.9] * 3)
    assert likeness_columns(likeness[:, :0], np.empty(0, np.float32)).tolist() == [[0, 0, 0]] * 3


def test_evidence_is_measured_from_ordinary_papers() -> None:
    scale = Scale(np.array([[0, 5], [2, 5]], np.float32))
    assert scale.apply(np.array([[1, 5], [5, 5], [0, 5]], np.float32)).tolist() == [[0, 0], [2, 0], [-1, 0]]
    assert np.isfinite(Scale(np.empty((0, 2), np.float32)).apply(np.ones((1, 2), np.float32))).all()


def test_weights_go_from_one_save_to_many() -> None:
    ranker = ListNet.from_arrays({"weights": np.array([1, 2, 3, 4], np.float32)})
    weights = FeedWeights(ranker, (-2.0, 1.0, 0.5))
    assert weights.weights(1).tolist() == [3, 4]
    assert weights.weights(MANY).tolist() == weights.weights(10 * MANY).tolist() == [1, 2]
    assert experience(0) == experience(1) == 0 < experience(5) < experience(MANY) == 1
    evidence = np.array([[1, 0], [0, 2]], np.float32)
    np.testing.assert_allclose(weights.score(evidence, 7), ranker.score(spread(evidence, 7)), rtol=1e-6)
    assert weights.probability(np.zeros(1, np.float32), 1)[0] == pytest.approx(1 / (1 + np.exp(2)))
    again = FeedWeights.from_arrays(weights.to_arrays())
    assert again.weights(7).tolist() == weights.weights(7).tolist()
    with pytest.raises(ValueError, match="rise"):
        FeedWeights.from_arrays({**weights.to_arrays(), "calibration": np.array([0, -1, 0], np.float32)})
