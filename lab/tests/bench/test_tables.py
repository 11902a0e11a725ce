"""What the benchmarks of tables, codes and nested models count, by hand."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from broadsheet_lab.bench._cached import cached
from broadsheet_lab.bench._clicks import auc, auc_interval
from broadsheet_lab.bench._purchases import Purchases, hits, item_knn, neighbours_and_transitions, transitions
from broadsheet_lab.bench.embedding_tables import BUDGETS, Choice, Trained
from broadsheet_lab.compression.embedding_compression import Method


def test_an_interval_draws_rows_and_seeds_together() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(400) < 0.3).astype(np.float32)
    good, bad = (labels + size * rng.standard_normal((3, 400)).astype(np.float32) for size in (1, 3))
    low, high = auc_interval([(good, bad)], labels, draws=60)
    value = np.mean([auc(a, labels) - auc(b, labels) for a, b in zip(good, bad, strict=True)])
    assert 0 < low < value < high < 1
    assert auc_interval([(good, good)], labels, draws=20) == (0.0, 0.0)
    alone = auc_interval([(good[0], None)], labels, draws=60)
    assert alone[0] < auc(good[0], labels) < alone[1]
    halved = auc_interval([(good, bad), (good, good)], labels, draws=60)
    assert halved == pytest.approx((low / 2, high / 2))


def trained(validation: float) -> Trained:
    return Trained(validation, np.array([0.0]), np.zeros((1, 2), np.float32), 0.1, 1.0)


def test_the_best_method_of_a_budget_and_of_all_are_those_of_validation() -> None:
    figures: dict[Method, tuple[float, float, float, float]] = {
        "hash": (0.9, 0.8, 0.7, 0.6),
        "robe": (0.85, 0.84, 0.75, 0.65),
        "scalar": (0.95, 0.83, 0.5, 0.0),
    }
    found = {
        (method, budget): trained(value)
        for method, values in figures.items()
        for budget, value in zip(BUDGETS, values, strict=True)
        if value
    }
    choice = Choice.of(found)
    assert choice.best == {"1/2": "scalar", "1/8": "robe", "1/32": "robe", "1/100": "robe"}
    assert (choice.everywhere, choice.sharing, choice.shortening) == ("robe", "robe", "scalar")
    assert {("scalar", "1/2"), ("robe", "1/2"), ("hash", "1/100"), ("mgqe", "1/8")} <= set(choice.compared())


def test_seeds_are_put_together() -> None:
    both = Trained.of([trained(0.2), trained(0.4)])
    assert (both.validation, both.scores.shape, both.tests.shape) == (pytest.approx(0.3), (2, 2), (2,))
    assert both.to_json()["auc_by_seed"] == [0.0, 0.0]


def test_what_was_made_by_the_same_source_in_the_same_way_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_CACHE", str(tmp_path / "cache"))
    source, made = tmp_path / "source.py", []
    module = ModuleType("source")
    module.__file__ = str(source)

    def make(checkpoint: Path) -> dict[str, object]:
        assert checkpoint.parent == tmp_path / "cache"
        made.append(checkpoint)
        return {"x": [1.0, 2.0]}

    for text, how in (("a = 1\n", 0), ("a = 1  # one\n", 0), ("a = 1\n", 1), ("a = 2\n", 1)):
        source.write_text(text)
        assert cached("figures", how, (module,), make)["x"].tolist() == [1.0, 2.0]  # type: ignore[arg-type]
    assert len(made) == 3  # a comment changes no figure


def purchases() -> Purchases:
    """Three readers and four items; the last two purchases of each are kept back."""
    items = np.array([0, 1, 2, 3, 1, 2, 0, 3, 0, 1, 2, 3])
    return Purchases(items, np.array([0, 4, 8, 12]), csr_matrix(np.eye(4)))


def test_neighbours_share_readers_and_transitions_follow_each_other() -> None:
    w = purchases()  # without the last two: (0, 1), (1, 2), (0, 1)
    near = item_knn(w).toarray()
    assert not near.diagonal().any()
    assert near[0, 1] == near[1, 0] > near[1, 2] > near[0, 2] == 0
    after = transitions(w).toarray()
    assert after[0, 1] == pytest.approx(2 / 2**0.5 / 3**0.3)  # twice; 0 was bought twice, 1 three times
    assert after[1, 2] == pytest.approx(1 / 3**0.5 / 1)
    assert after[1, 0] == 0
    scores = neighbours_and_transitions(w)(np.array([0, 1, 2]), np.array([0, 2, 3]))
    np.testing.assert_allclose(scores[0], 0.6 * near[0] + near[1] + 2 * after[1], rtol=1e-5)
    np.testing.assert_allclose(scores[1], near[2] + 2 * after[2], rtol=1e-5)
    found = hits(scores.copy(), np.array([0, 1, 2]), np.array([0, 2, 3]), np.array([2, 0]), k=1)
    assert found[0].tolist() == [1.0, 0.0]
