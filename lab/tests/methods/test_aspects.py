"""Aspects: pairs that share a value, precision by hand, an adapter an aspect that is best at its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet_lab.encoders.aspects import AspectEncoders, Sharing, average_precisions
from broadsheet_lab.encoders.contract import ConditionedEncoder
from tests.contract.examples import Example

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

TASKS, METHODS = ("boats", "bread", "clocks", "bees"), ("search", "proof", "chance", "force")
FILL = ("we show", "here we", "in this", "a paper", "with care", "at length")
TEXTS = [f"{FILL[i]} {t} by {m}" for i in range(6) for t in TASKS for m in METHODS]
LABELS = {
    "task": [frozenset({t}) for _ in range(6) for t in TASKS for _ in METHODS],
    "method": [frozenset({m}) for _ in range(6) for _ in TASKS for m in METHODS],
}


def base(**options: Any) -> Any:
    from broadsheet_lab.networks import Network

    return Network.small(TEXTS, layers=2, rank=4, **options)


def encoders(**options: Any) -> AspectEncoders:
    return AspectEncoders(base(), **{"upper": 1, "steps": 25, "batch": 16, "rate": 0.02, **options})


def test_pairs_share_a_value_and_are_drawn_evenly_over_values() -> None:
    values = [frozenset({"common"})] * 90 + [frozenset({"rare"})] * 3 + [frozenset({"lonely"})] + [frozenset()] * 5
    sharing = Sharing.of(values, np.arange(99))
    drawn = sharing.pairs(np.random.default_rng(0), 400)
    assert (drawn[:, 0] != drawn[:, 1]).all()
    assert all(values[i] & values[j] for i, j in drawn.tolist())
    assert 0.4 < np.mean([values[i] == {"rare"} for i in drawn[:, 0]]) < 0.6
    assert sharing.shared(np.array([0, 90]), np.array([1, 91, 93])).tolist() == [[1, 0, 0], [0, 1, 0]]
    inside = Sharing.of(values, np.arange(50, 92)).pairs(np.random.default_rng(0), 100)
    assert inside.min() >= 50
    assert inside.max() < 92
    with pytest.raises(ValueError, match="no two of 2 papers share a value"):
        Sharing.of([frozenset({"a"}), frozenset({"b"})], np.arange(2))


def test_average_precision_is_that_of_a_ranking_by_hand() -> None:
    angles = np.radians([0, 10, 20, 30, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    values = [frozenset(v) for v in ("a", "b", "a", "a", "")]  # the last has none: it is not searched
    # 0: b a a → (1/2 + 2/3) / 2; 1: nobody shares b; 2: (b or a) 1 and 3 are as near, the first first; 3: a b a
    found = average_precisions(vectors, values)
    np.testing.assert_allclose(found, [(1 / 2 + 2 / 3) / 2, (1 / 2 + 2 / 3) / 2, (1 + 2 / 3) / 2], atol=1e-6)
    assert average_precisions(vectors, values, k=1).tolist() == [0, 0, 1]


def test_without_training_an_encoder_is_its_base_and_training_leaves_the_base_alone() -> None:
    plain, method = base(), encoders(steps=6)
    expected = plain.encode(TEXTS)
    np.testing.assert_allclose(method.tower().encode(method.tower().read(TEXTS)), expected, atol=1e-2)
    method.fit(TEXTS, LABELS)
    assert method.base is not None
    np.testing.assert_allclose(method.base.encode(TEXTS), expected, atol=1e-2)
    assert np.abs(method.encode(TEXTS, "task") - expected).max() > 0.05
    lower = [name for name in method.adapters_["task"] if ".layers.0." in name]
    assert not lower  # only the upper half learns


def test_each_encoder_brings_together_the_pairs_it_learns_from() -> None:
    """Of the texts it sees; that it helps with others is a claim on the card, not a fact of the algorithm."""
    held = np.arange(len(TEXTS)) >= 64  # the last two openings are not learned from
    method = encoders().fit(TEXTS, LABELS, choose=held)
    seen = TEXTS[:64]
    found = {
        (own, of): average_precisions(method.encode(seen, own), LABELS[of][:64]).mean()
        for own in LABELS
        for of in LABELS
    }
    assert found["task", "task"] > found["method", "task"]
    assert found["method", "method"] > found["task", "method"]


def test_the_weights_are_kept_with_which_the_papers_that_choose_find_most() -> None:
    held = np.arange(len(TEXTS)) % 3 == 0
    choosing = [text for text, chooses in zip(TEXTS, held, strict=True) if chooses]
    values = [value for value, chooses in zip(LABELS["task"], held, strict=True) if chooses]
    for rate in (0.02, 5.0):  # the second spoils all: what was there before is kept
        method = encoders(rate=rate, steps=9).fit(TEXTS, {"task": LABELS["task"]}, choose=held)
        course = method.courses_["task"]
        assert [step for step, _ in course.dev][:2] == [0, 3]
        best = average_precisions(method.encode(choosing, "task"), values).mean()
        assert max(figure for _, figure in course.dev) == pytest.approx(best, abs=0.02)


def test_fitting_again_forgets_and_a_checkpoint_of_each_aspect_is_gone_in_the_end(tmp_path: Path) -> None:
    told: list[str] = []
    first = encoders(steps=4).fit(TEXTS, LABELS, kept=tmp_path, tell=told.append)
    again = encoders(steps=4).fit(TEXTS, {"other": LABELS["task"]}).fit(TEXTS, LABELS)
    assert list(again.adapters_) == ["task", "method"]
    for aspect in LABELS:
        np.testing.assert_array_equal(again.encode(TEXTS, aspect), first.encode(TEXTS, aspect))
    assert len(told) == 8
    assert not list(tmp_path.iterdir())


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="task: 95 papers are labelled, there are 96"):
        encoders().fit(TEXTS, {"task": LABELS["task"][1:]})
    with pytest.raises(ValueError, match="no encoder of 'task'; there are none: call fit first"):
        encoders().encode(TEXTS, "task")
    method = encoders(steps=1).fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match="no encoder of 'colour'; there are task, method"):
        method.encode(TEXTS, "colour")
    arrays = dict(method.to_arrays())
    name = next(name for name in arrays if name.startswith("task/"))
    for broken in (arrays[name][1:], np.full_like(arrays[name], np.inf)):
        with pytest.raises(ValueError, match=f"{name}: the arrays are not those of this network"):
            AspectEncoders.from_arrays({**arrays, name: broken}, base())
    from broadsheet_lab.networks import Network

    with pytest.raises(ValueError, match="make it with a rank"):
        AspectEncoders(Network.small(TEXTS)).fit(TEXTS, LABELS)


EXAMPLES = {
    "two aspects": Example(
        make=lambda texts, labels: encoders(steps=3).fit(texts, labels),
        answer=lambda method, texts, labels: [method.encode(texts, aspect) for aspect in labels],
        inputs=(TEXTS, LABELS),
        keeps=(ConditionedEncoder,),
        given=lambda: {"base": base()},
    )
}
