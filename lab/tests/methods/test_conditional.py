"""Conditional retrieval: what triples and galleries promise, the combiner transcribed, what is learned, and kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.retrieval.conditional import TASKS, Combiner, galleries, mined
from broadsheet_lab.retrieval.contract import Composition
from broadsheet_lab.training import Plan
from tests.contract.examples import Example

WORDS = ("the same task", "the same method", "graphs", "speech") * 3


def cloud(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    return unit_rows(np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32))


def library() -> tuple[csr_matrix, NDArray[np.int64]]:
    """160 papers with a keyword of each of three kinds, among five, and two that are of no kind, among six."""
    rng = np.random.default_rng(0)
    held = np.zeros((160, 21), np.int32)
    for kind in range(3):
        held[np.arange(160), 5 * kind + rng.integers(0, 5, 160)] = 1
    first = rng.integers(0, 6, 160)
    held[np.arange(160), 15 + first] = 1
    held[np.arange(160), 15 + (first + rng.integers(1, 6, 160)) % 6] = 1
    kinds = np.array([*(kind for kind in range(3) for _ in range(5)), *[-1] * 6], np.int64)
    return csr_matrix(held), kinds


@pytest.mark.parametrize("task", TASKS)
def test_triples_are_what_they_say(task: str) -> None:
    held, kinds = library()
    found, dense = mined(held, kinds, task, count=200), held.toarray().astype(bool)
    assert len(found.references) == 200
    for reference, condition, target in zip(found.references, found.conditions, found.targets, strict=True):
        assert reference != target
        both = dense[reference] & dense[target]
        if task == "focus attribute":
            assert (kinds[both] == condition).any()
        elif task == "focus object":
            assert both[condition]
            assert kinds[condition] == -1
            assert both.sum() >= 2
        else:
            assert both.any()
            assert dense[target, condition]
            assert not dense[reference, condition]
            assert (kinds[condition] >= 0) == (task == "change attribute")


def test_a_keyword_of_one_paper_or_of_too_many_is_no_condition() -> None:
    held = csr_matrix(np.array([[1, 1, 0, 1], [1, 1, 1, 0], [1, 0, 0, 0]], np.int32))
    of_a_kind = np.zeros(4, np.int64)
    assert set(mined(held, of_a_kind, "focus attribute", most=2, count=50).references.tolist()) == {0, 1}
    assert len(mined(held, of_a_kind, "change attribute", most=2, count=50).references) == 0  # what is new, one has
    assert len(mined(held, of_a_kind, "focus object", most=2, count=50).references) == 0  # none is an object
    with pytest.raises(ValueError, match="no task 'both'; there are focus attribute, change attribute"):
        mined(held, of_a_kind, "both")


@pytest.mark.parametrize("task", TASKS)
def test_one_candidate_is_right_and_the_others_are_right_otherwise(task: str) -> None:
    held, kinds = library()
    found, dense = galleries(held, kinds, task, size=9, count=100), held.toarray().astype(bool)
    assert found.candidates.shape == (100, 9)
    for reference, condition, row in zip(found.references, found.conditions, found.candidates, strict=True):
        assert len({reference, *row.tolist()}) == 10
        shared = dense[row] & dense[reference]
        if task == "focus attribute":
            right = (shared & (kinds == condition)).any(axis=1)
            assert shared.any(axis=1).all()
        else:
            least = 2 if task == "focus object" else 1
            right = (shared.sum(axis=1) >= least) & dense[row, condition]
            near, having = shared.sum(axis=1) >= least, dense[row, condition]
            assert not (near & having)[1:].any()
            assert having[1:].sum() == 4  # of eight
            assert shared[1:][~having[1:]].any(axis=1).all()
        np.testing.assert_array_equal(right, [True, *[False] * 8])


torch = pytest.importorskip("torch")

from broadsheet_lab.networks import Network  # noqa: E402  behind what may be missing
from broadsheet_lab.retrieval._mixtures import Combination  # noqa: E402


def small() -> Network:
    return Network.small(WORDS, hidden=16, rank=2)


def combiner(plan: Plan, dropout: float = 0.5) -> Combiner:
    return Combiner(small(), projection=3, hidden=4, dropout=dropout, plan=plan)


def test_the_combiner_is_the_papers() -> None:
    x, t = cloud(6, 5), cloud(6, 5, seed=1)
    torch.manual_seed(0)
    network = Combination(5, 3, 4, dropout=0.5).eval()
    with torch.no_grad():
        np.testing.assert_allclose(network(torch.from_numpy(x), torch.from_numpy(t)), (x + t) / 2, rtol=1e-5)
        for parameter in network.parameters():
            parameter.normal_()
        found = network(torch.from_numpy(x), torch.from_numpy(t)).numpy()
    w = {name: p.detach().numpy() for name, p in network.named_parameters()}

    def layer(values: list[float], name: str, column: int) -> float:
        weights = w[f"{name}.weight"][column]
        return sum(v * float(weights[i]) for i, v in enumerate(values)) + float(w[f"{name}.bias"][column])

    for i in range(6):
        words = [max(0.0, layer(t[i].tolist(), "words", c)) for c in range(3)]
        paper = [max(0.0, layer(x[i].tolist(), "paper", c)) for c in range(3)]
        joint = [max(0.0, layer(words + paper, "joint", c)) for c in range(4)]
        scale = [max(0.0, layer(words + paper, "scale", c)) for c in range(4)]
        share = 1 / (1 + math.exp(-layer(scale, "share", 0)))
        for c in range(5):
            expected = layer(joint, "output", c) + share * t[i, c] + (1 - share) * x[i, c]
            assert found[i, c] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_the_loss_is_the_cross_entropy_of_sharpened_cosines() -> None:
    x, f = cloud(5, 6), cloud(5, 6, seed=1)
    loss = float(Combiner(sharpness=7.0)._loss(torch.from_numpy(x), torch.from_numpy(f), 0.0))
    cosines = 7.0 * x.astype(np.float64) @ f.T
    want = np.mean([math.log(sum(math.exp(v) for v in row)) - row[i] for i, row in enumerate(cosines)])
    assert loss == pytest.approx(want, rel=1e-5)


def test_training_moves_the_combiner_and_the_conditions_from_the_mean_of_both() -> None:
    x, f = cloud(12, 16), cloud(12, 16, seed=1)
    still = combiner(Plan(1, 4, 0.0)).fit(x, WORDS, f)
    np.testing.assert_allclose(still.encode(x, WORDS), unit_rows(x + small().encode(WORDS)), atol=1e-5)
    moved = combiner(Plan(20, 6, 3e-2), dropout=0.0).fit(x, WORDS, f)
    assert moved.course_.losses[-1] < moved.course_.losses[0]
    assert moved.text_ is not None
    assert np.abs(moved.text_.encode(WORDS) - small().encode(WORDS)).max() > 0.01


def test_the_seed_decides_and_settings_travel_with_what_was_learned() -> None:
    x, f = cloud(12, 16), cloud(12, 16, seed=1)
    first, again, other = (combiner(Plan(3, 4, 1e-2, seed=seed)).fit(x, WORDS, f) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.encode(x, WORDS), again.encode(x, WORDS))
    assert not np.allclose(first.encode(x, WORDS), other.encode(x, WORDS))
    arrays = dict(first.to_arrays())
    restored = Combiner.from_arrays(arrays)
    assert (restored.projection, restored.dropout, restored.plan) == (3, 0.5, first.plan)
    with pytest.raises(ValueError, match="do not fit together"):
        Combiner.from_arrays({**arrays, "mixture.share.weight": np.zeros((3, 1), np.float32)})


def test_what_cannot_be_learned_or_encoded_is_named() -> None:
    x = cloud(4, 16)
    with pytest.raises(ValueError, match=r"\(3, 16\) are not aligned with 4 words"):
        Combiner(small()).fit(x[:3], WORDS[:4], x)
    with pytest.raises(ValueError, match="1 triples are too few"):
        Combiner(small()).fit(x[:1], WORDS[:1], x[:1])
    with pytest.raises(ValueError, match=r"not 256, 512, 128, 1\.0"):
        Combiner(dropout=1.0)


EXAMPLES = {
    "combiner": Example(
        make=lambda x, words, f: combiner(Plan(3, 4, 1e-2), dropout=0.2).fit(x, words, f),
        answer=lambda method, x, words, _: method.encode(x, words),
        inputs=(cloud(12, 16), WORDS, cloud(12, 16, seed=1)),
        keeps=(Composition,),
    ),
    "galleries": Example(
        make=lambda _: galleries,
        answer=lambda method, kinds: [method(library()[0], kinds, task, size=9, count=20) for task in TASKS],
        inputs=(library()[1],),
    ),
}
