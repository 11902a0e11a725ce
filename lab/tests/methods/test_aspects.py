"""Aspect heads: the loss and its slopes written out, what a head keeps and what it learns to leave out."""

import numpy as np
import pytest

from broadsheet.kit.contrast import info_nce
from broadsheet_lab.encoders.aspects import AspectHeads, pairs, projected, projected_backward
from tests.contract.examples import Example


def world(n: int = 240, seed: int = 0) -> tuple[np.ndarray, dict[str, list[frozenset[str]]]]:
    """Papers whose first half of dimensions tells the task and whose second half, louder, tells the method."""
    rng = np.random.default_rng(seed)
    tasks, methods = rng.integers(0, 6, n), rng.integers(0, 6, n)
    centres = np.random.default_rng(9).standard_normal((2, 6, 8))
    x = np.concatenate([centres[0][tasks], 4 * centres[1][methods]], axis=1) + 0.4 * rng.standard_normal((n, 16))
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return x, {"task": [frozenset({f"t{t}"}) for t in tasks], "method": [frozenset({f"m{m}"}) for m in methods]}


def precision(vectors: np.ndarray, values: list[frozenset[str]]) -> float:
    """Of the ten nearest papers, the share that has the same value."""
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    found = np.argsort(-likeness, axis=1)[:, :10]
    return float(np.mean([[values[i] == values[j] for j in row] for i, row in enumerate(found)]))


def heads() -> AspectHeads:
    return AspectHeads(dimensions=16, batch=32, epochs=2, pairs_an_epoch=1600, rate=0.01)


def test_the_slopes_are_those_of_the_loss() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((2, 6, 5)).astype(np.float32)
    head = rng.standard_normal((5, 3)).astype(np.float32)
    shared = np.zeros((6, 6), np.bool_)
    shared[0, 2] = True

    def loss(w: np.ndarray) -> float:
        return info_nce(projected(x, w), projected(y, w), temperature=1 / 3, ignored=shared)[0]

    _, by_a, by_b = info_nce(projected(x, head), projected(y, head), temperature=1 / 3, ignored=shared)
    slope = projected_backward(x, head, by_a) + projected_backward(y, head, by_b)
    for i, j in ((0, 0), (3, 1), (4, 2)):
        up, down = head.copy(), head.copy()
        up[i, j] += 1e-2
        down[i, j] -= 1e-2
        assert slope[i, j] == pytest.approx((loss(up) - loss(down)) / 2e-2, rel=0.03, abs=2e-3)


def test_each_head_is_best_at_its_own_aspect() -> None:
    x, labels = world()
    method = heads().fit(x, labels)
    unseen, truth = world(seed=5)
    found = {a: {h: precision(method.encode(unseen, h), truth[a]) for h in labels} for a in labels}
    plain = {a: precision(unseen, truth[a]) for a in labels}
    assert found["task"]["task"] > 1.3 * plain["task"]
    assert found["method"]["method"] >= plain["method"]
    assert found["task"]["task"] > 1.5 * found["task"]["method"]
    assert found["method"]["method"] > 1.5 * found["method"]["task"]


def test_pairs_share_a_value_and_are_drawn_evenly_over_values() -> None:
    values = [frozenset({"common"})] * 90 + [frozenset({"rare"})] * 3 + [frozenset({"lonely"})] + [frozenset()] * 5
    drawn = pairs(values, 400, np.random.default_rng(0))
    assert (drawn[:, 0] != drawn[:, 1]).all()
    assert all(values[i] & values[j] for i, j in drawn.tolist())
    assert 0.4 < np.mean([values[i] == {"rare"} for i in drawn[:, 0]]) < 0.6
    with pytest.raises(ValueError, match="no two of 2 papers share a value"):
        pairs([frozenset({"a"}), frozenset({"b"})], 3, np.random.default_rng(0))


def test_without_training_a_head_keeps_what_it_was_given() -> None:
    x, labels = world()
    same = AspectHeads(dimensions=16, epochs=0).fit(x, labels)
    np.testing.assert_allclose(same.encode(x, "task"), x, atol=1e-6)
    narrow = AspectHeads(dimensions=12, epochs=0).fit(x, labels)
    assert narrow.encode(x, "task").shape == (240, 12)
    assert precision(narrow.encode(x, "method"), labels["method"]) > 0.8 * precision(x, labels["method"])


def test_fitting_again_forgets_and_is_repeatable_and_heads_are_restored() -> None:
    x, labels = world()
    first = heads().fit(x, labels)
    again = heads().fit(x[::-1].copy(), {"other": labels["task"][::-1]}).fit(x, labels)
    assert list(again.heads_) == ["task", "method"]
    restored = AspectHeads.from_arrays(dict(first.to_arrays()))
    for aspect in labels:
        np.testing.assert_array_equal(again.encode(x, aspect), first.encode(x, aspect))
        np.testing.assert_array_equal(restored.encode(x, aspect), first.encode(x, aspect))


def test_what_does_not_fit_is_named() -> None:
    x, labels = world()
    with pytest.raises(ValueError, match="task: 239 papers are labelled, 240 have vectors"):
        heads().fit(x, {"task": labels["task"][1:]})
    with pytest.raises(ValueError, match="no head for 'task'; there are none: call fit first"):
        heads().encode(x, "task")
    method = AspectHeads(dimensions=16, epochs=0).fit(x, labels)
    with pytest.raises(ValueError, match="no head for 'colour'; there are task, method"):
        method.encode(x, "colour")
    with pytest.raises(ValueError, match=r"vectors of shape \(240, 15\), the heads take 16"):
        method.encode(x[:, 1:], "task")
    with pytest.raises(ValueError, match="one shape"):
        AspectHeads.from_arrays({"task": np.eye(3), "method": np.eye(4)})
    with pytest.raises(ValueError, match="one shape"):
        AspectHeads.from_arrays({})


EXAMPLES = {
    "two aspects": Example(
        make=lambda x, labels: heads().fit(x, labels),
        answer=lambda method, x, labels: [method.encode(x, aspect) for aspect in labels],
        inputs=world(60),
    )
}
