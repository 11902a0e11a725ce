"""Conditional retrieval: what galleries promise, the combiner transcribed, its gradients against differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.retrieval.conditional import TASKS, Combiner, combined, galleries, mined
from broadsheet_lab.retrieval.contract import Composition
from tests.contract.examples import Example

LAYERS = {"projection": 3, "hidden": 4}


def cloud(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    return unit_rows(np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32))


def library() -> tuple[csr_matrix, NDArray[np.int64]]:
    """120 papers with a keyword of each of three kinds, among five, and one that is of no kind."""
    rng = np.random.default_rng(0)
    held = np.zeros((120, 18), np.int32)
    for kind in range(3):
        held[np.arange(120), 5 * kind + rng.integers(0, 5, 120)] = 1
    held[np.arange(120), 15 + rng.integers(0, 3, 120)] = 1
    kinds = np.array([*(kind for kind in range(3) for _ in range(5)), -1, -1, -1], np.int64)
    return csr_matrix(held), kinds


@pytest.mark.parametrize("task", TASKS)
def test_triples_are_what_they_say(task: str) -> None:
    held, kinds = library()
    found, dense = mined(held, kinds, task, count=300), held.toarray().astype(bool)
    assert len(found.references) == 300
    for reference, condition, target in zip(found.references, found.conditions, found.targets, strict=True):
        assert reference != target
        both = dense[reference] & dense[target]
        if task == "focus":
            assert (kinds[both] == condition).any()
        else:
            assert both.any()
            assert dense[target, condition]
            assert not dense[reference, condition]


def test_a_keyword_of_one_paper_or_of_too_many_is_no_condition() -> None:
    held = csr_matrix(np.array([[1, 1, 0, 1], [1, 1, 1, 0], [1, 0, 0, 0]], np.int32))
    assert set(mined(held, np.zeros(4, np.int64), "focus", most=2, count=50).references.tolist()) == {0, 1}
    assert (
        len(mined(held, np.zeros(4, np.int64), "change", most=2, count=50).references) == 0
    )  # what is new, one paper has
    with pytest.raises(ValueError, match="no task 'both'; there are focus, change"):
        mined(held, np.zeros(4, np.int64), "both")


@pytest.mark.parametrize("task", TASKS)
def test_one_candidate_is_right_and_the_others_are_right_otherwise(task: str) -> None:
    held, kinds = library()
    found, dense = galleries(held, kinds, task, size=9, count=200), held.toarray().astype(bool)
    assert found.candidates.shape == (200, 9)
    for reference, condition, row in zip(found.references, found.conditions, found.candidates, strict=True):
        assert len({reference, *row.tolist()}) == 10
        shared = dense[row] & dense[reference]
        if task == "focus":
            right = (shared & (kinds == condition)).any(axis=1)
            assert shared.any(axis=1).all()
        else:
            right = shared.any(axis=1) & dense[row, condition]
            assert (shared[1:].any(axis=1) ^ dense[row[1:], condition]).all()
            assert shared[1:].any(axis=1).sum() == 4  # of eight
        np.testing.assert_array_equal(right, [True, *[False] * 8])


def test_the_combiner_is_the_papers() -> None:
    x, t, f = (cloud(6, 5, seed=seed) for seed in range(3))
    w = Combiner(epochs=3, batch=3, rate=0.1, **LAYERS).fit(x, t, f).weights_
    keep = np.random.default_rng(0).random((6, 14)).astype(np.float32)
    found = combined(w, x, t, keep)[0]

    def layer(values: list[float], name: str, column: int) -> float:
        return sum(v * float(w[name][i, column]) for i, v in enumerate(values)) + float(w[f"{name}_bias"][column])

    for i in range(6):
        words = [max(0.0, layer(t[i].tolist(), "words", c)) * float(keep[i, c]) for c in range(3)]
        paper = [max(0.0, layer(x[i].tolist(), "paper", c)) * float(keep[i, 3 + c]) for c in range(3)]
        joint = [max(0.0, layer(words + paper, "joint", c)) * float(keep[i, 6 + c]) for c in range(4)]
        scale = [max(0.0, layer(words + paper, "scale", c)) * float(keep[i, 10 + c]) for c in range(4)]
        share = 1 / (1 + math.exp(-layer(scale, "share", 0)))
        for c in range(5):
            expected = layer(joint, "output", c) + share * t[i, c] + (1 - share) * x[i, c]
            assert found[i, c] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_the_gradient_of_every_weight_is_its_slope() -> None:
    x, t, f = (cloud(5, 4, seed=seed) for seed in range(3))
    method = Combiner(epochs=1, batch=5, sharpness=3.0, **LAYERS).fit(x, t, f)
    rng = np.random.default_rng(1)
    method.weights_ = {  # away from zero, and in double precision
        name: (w + 0.3 * rng.standard_normal(w.shape)).astype(np.float64) for name, w in method.weights_.items()
    }
    keep = rng.random((5, 14)).astype(np.float32)
    gradients = method._gradient(x, t, f, keep)[1]
    assert set(gradients) == set(method.weights_)
    for name, weight in method.weights_.items():
        flat, slopes = weight.reshape(-1), gradients[name].reshape(-1)
        for at in range(0, len(flat), 3):
            held = flat[at]
            flat[at] = held + 1e-5
            above = method._gradient(x, t, f, keep)[0]
            flat[at] = held - 1e-5
            below = method._gradient(x, t, f, keep)[0]
            flat[at] = held
            assert slopes[at] == pytest.approx((above - below) / 2e-5, abs=2e-4), name


def test_an_untrained_query_is_the_mean_of_reference_and_condition() -> None:
    x, t = cloud(5, 6), cloud(5, 6, seed=1)
    method = Combiner(epochs=1, batch=2, rate=0.0, **LAYERS).fit(x, t, t)
    np.testing.assert_allclose(method.encode(x, t), unit_rows(x + t), rtol=1e-5)


def test_it_learns_which_respect_the_condition_names() -> None:
    """Papers are the sum of a colour and a shape; "colour" and "shape" are words that look like neither."""
    rng = np.random.default_rng(0)
    colours, shapes, said = cloud(6, 16, seed=1), cloud(6, 16, seed=2), cloud(2, 16, seed=3)

    def papers(colour: NDArray[np.int64], shape: NDArray[np.int64]) -> NDArray[np.float32]:
        return unit_rows(colours[colour] + shapes[shape])

    def drawn(n: int) -> tuple[NDArray[np.float32], ...]:
        """References, conditions, targets that agree as the condition says, and others that agree otherwise."""
        colour, shape, kind = rng.integers(0, 6, n), rng.integers(0, 6, n), rng.integers(0, 2, n)
        other = rng.integers(1, 6, n)
        moved_colour, moved_shape = (colour + other) % 6, (shape + other) % 6
        by_colour, by_shape = papers(colour, moved_shape), papers(moved_colour, shape)
        right = np.where(kind[:, None] == 0, by_colour, by_shape)
        wrong = np.where(kind[:, None] == 0, by_shape, by_colour)
        return papers(colour, shape), said[kind], right, wrong

    method = Combiner(projection=48, hidden=48, sharpness=10.0, dropout=0.1, epochs=30, batch=64, rate=3e-3)
    x, t, f, _ = drawn(3000)
    method.fit(x, t, f)
    x, t, right, wrong = drawn(500)
    found = method.encode(x, t)
    assert ((found * right).sum(axis=1) > (found * wrong).sum(axis=1)).mean() > 0.95
    turned = method.encode(x, said[1 - (t @ said.T).argmax(axis=1)])  # the other condition: the other answer
    assert ((turned * wrong).sum(axis=1) > (turned * right).sum(axis=1)).mean() > 0.95


def test_the_seed_decides_and_what_was_learned_travels_as_arrays() -> None:
    x, t, f = (cloud(12, 6, seed=seed) for seed in range(3))
    method = Combiner(epochs=2, batch=4, seed=1, **LAYERS).fit(f, t, x).fit(x, t, f)
    again = Combiner(epochs=2, batch=4, seed=1, **LAYERS).fit(x, t, f)
    np.testing.assert_array_equal(method.encode(x, t), again.encode(x, t))
    np.testing.assert_array_equal(Combiner.from_arrays(method.to_arrays()).encode(x, t), again.encode(x, t))
    with pytest.raises(ValueError, match="do not fit together"):
        Combiner.from_arrays({**method.to_arrays(), "share": np.zeros((3, 1), np.float32)})
    with pytest.raises(ValueError, match="do not fit together"):
        Combiner.from_arrays({})


def test_what_cannot_be_learned_or_encoded_is_named() -> None:
    x = cloud(4, 6)
    with pytest.raises(ValueError, match=r"aligned \(n, d\) arrays, not \[\(4, 6\), \(3, 6\), \(4, 6\)\]"):
        Combiner().fit(x, x[:3], x)
    with pytest.raises(ValueError, match="1 triples are too few"):
        Combiner().fit(x[:1], x[:1], x[:1])
    with pytest.raises(ValueError, match="nothing learned yet"):
        Combiner().encode(x, x)
    with pytest.raises(ValueError, match=r"not 256, 512, 256, 1\.0"):
        Combiner(dropout=1.0)
    fitted = Combiner(epochs=1, **LAYERS).fit(x, x, x)
    with pytest.raises(ValueError, match="vectors of 5 dimensions, learned on 6"):
        fitted.encode(x[:, :5], x[:, :5])


EXAMPLES = {
    "combiner": Example(
        make=lambda x, t, f: Combiner(epochs=2, batch=4, dropout=0.2, **LAYERS).fit(x, t, f),
        answer=lambda method, x, t, _: method.encode(x, t),
        inputs=tuple(cloud(12, 6, seed=seed) for seed in range(3)),
        keeps=(Composition,),
    ),
    "galleries": Example(
        make=lambda _: galleries,
        answer=lambda method, kinds: [method(library()[0], kinds, task, size=9, count=20) for task in TASKS],
        inputs=(library()[1],),
    ),
}
