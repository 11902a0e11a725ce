"""fMRLRec's block and loss by transcription, and that a cut model is the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from broadsheet_lab.compression.contract import SequenceModel
from broadsheet_lab.compression.fmrlrec import FMRLRec
from tests.contract.examples import Example

torch = pytest.importorskip("torch")
nested = pytest.importorskip("broadsheet_lab.compression._nested")

SIZES = (4, 8, 16)


def chains(n: int = 40, count: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of items, and sequences in which item i is mostly followed by i + 1."""
    rng = np.random.default_rng(seed)
    features = np.hstack([np.eye(n), 0.1 * rng.standard_normal((n, 4))]).astype(np.float32)
    lengths = rng.integers(2, 7, count)
    runs = [(rng.integers(n) + np.arange(length)) % n for length in lengths]
    return features, np.concatenate(runs), np.concatenate([[0], np.cumsum(lengths)])


def small(**more: object) -> FMRLRec:
    settings = {"sizes": SIZES, "dropout": 0.1, "rate": 0.01, "epochs": 12, "batch": 32} | more
    return FMRLRec(**settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def trained() -> FMRLRec:
    return small(blocks=2).fit(*chains())


def test_the_mask_is_that_of_every_smaller_model() -> None:
    mask = nested.block_mask(SIZES)
    for m in SIZES:
        np.testing.assert_array_equal(mask[:m, :m], nested.block_mask(tuple(s for s in SIZES if s <= m)))
        assert not mask[m:, :m].any()  # outputs below m read nothing from m on
    assert mask[:, 8:].all()
    assert mask.sum() == 4 * 4 + 8 * 4 + 16 * 8


@pytest.mark.parametrize("size", SIZES)
def test_a_cut_model_gives_the_first_numbers_of_the_whole(trained: FMRLRec, size: int) -> None:
    _, flat, bounds = chains(seed=1)
    cut = trained.cut(size)
    np.testing.assert_allclose(cut.items(), trained.items()[:, :size], atol=1e-5)
    np.testing.assert_allclose(cut.encode(flat, bounds), trained.encode(flat, bounds)[:, :size], atol=1e-4)
    assert cut.weights_["gate.0"].shape == (size, size)


def test_a_block_is_its_literal_transcription(trained: FMRLRec) -> None:
    x = np.random.default_rng(3).standard_normal((5, 16)).astype(np.float32)
    w = {name: trained.weights_[f"{name}.0"].astype(np.float64) for name in nested.block_shapes(16)}

    def norm(row: np.ndarray, which: str) -> np.ndarray:
        parts = [row[a:b] for a, b in ((0, 4), (4, 8), (8, 16))]
        unit = np.concatenate([(p - p.mean()) / np.sqrt(p.var() + 1e-5) for p in parts])
        return unit * w[f"gain{which}"][0] + w[f"shift{which}"][0]

    lam = np.exp(-np.exp(w["nu"][0]) + 1j * np.exp(w["theta"][0]))
    b, c = (w[f"{name}_real"] + 1j * w[f"{name}_imaginary"] for name in "bc")
    out = []
    h = np.zeros(b.shape[1], np.complex128)
    for t, row in enumerate(x):
        h = (t not in (0, 3)) * h * lam + np.exp(w["gamma"][0]) * (norm(row, "1") @ b)
        middle = row + (h @ c).real
        fed = norm(middle, "2")
        gate = fed @ w["gate"]
        out.append(middle + (gate / (1 + np.exp(-gate)) * (fed @ w["up"])) @ w["down"])
    params = {name: torch.from_numpy(value.astype(np.float32)) for name, value in w.items()}
    places = nested.places_of(np.array([0, 3, 5]))
    assert places.tolist() == [0, 1, 2, 0, 1]
    found = nested.block(torch.from_numpy(x), places, params, SIZES)
    np.testing.assert_allclose(found.numpy(), out, atol=2e-5)
    assert (nested.lambdas(params).abs() < 1).all()


def test_looking_back_by_doubling_is_the_recurrence_step_by_step() -> None:
    rng = np.random.default_rng(0)
    bounds = np.array([0, 1, 12, 14, 31])
    u = rng.standard_normal((31, 3)) + 1j * rng.standard_normal((31, 3))
    lam = np.array([0.9 + 0.1j, -0.5j, 0.2])
    expected = u.copy()
    for t in set(range(31)) - set(bounds.tolist()):
        expected[t] += lam * expected[t - 1]  # a set of small whole numbers comes in order
    found = nested._scan(torch.from_numpy(u), torch.from_numpy(lam), nested.places_of(bounds))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("half", [False, True])
def test_gradients_reach_every_weight_and_nothing_that_is_masked(half: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadsheet_lab.compression.fmrlrec.halves", lambda: half)
    features, flat, bounds = chains(12, 8)
    model = small(blocks=2, dropout=0.0, epochs=0).fit(features, flat, bounds)
    weights = {name: torch.nn.Parameter(torch.from_numpy(value)) for name, value in model.weights_.items()}
    model._loss(weights, torch.from_numpy(features), model._batch(flat, bounds, np.arange(8))).backward()
    forbidden = ~torch.from_numpy(nested.block_mask(SIZES))
    for name, value in weights.items():
        assert value.grad.abs().max() > 0, name
        if value.shape == (16, 16) and name != "project":
            assert value.grad[forbidden].abs().max() == 0


def test_the_loss_is_the_mean_of_the_cross_entropies_of_all_sizes_over_all_items() -> None:
    rng = np.random.default_rng(0)
    x, items = rng.standard_normal((3, 16)).astype(np.float32), rng.standard_normal((5, 16)).astype(np.float32)
    labels, expected = np.array([4, 0, 2]), []
    for m in SIZES:
        for i, label in enumerate(labels):
            scores = [float(x[i, :m] @ items[j, :m]) for j in range(5)]
            expected.append(np.log(np.sum(np.exp(scores))) - scores[label])
    given = [torch.from_numpy(value) for value in (x, items, labels)]
    assert float(nested.nested_loss(*given, SIZES)) == pytest.approx(np.mean(expected), rel=1e-5)
    assert float(nested.nested_loss(*given, SIZES, half=True)) == pytest.approx(np.mean(expected), rel=0.05)


def test_a_training_that_was_stopped_goes_on_to_the_same_end(tmp_path: Path) -> None:
    whole = small(epochs=3).fit(*chains(count=64))
    assert whole.course_.steps == 3 * (64 // 32)
    assert whole.course_.losses[-1] < whole.course_.losses[0]
    again = small(epochs=3).fit(*chains(count=64), kept=tmp_path / "course")
    np.testing.assert_array_equal(again.items(), whole.items())
    part = small(epochs=1, share=0.5).fit(*chains(count=64))
    assert part.course_.steps == 2
    assert (part.items() != small(epochs=1).fit(*chains(count=64)).items()).any()


def test_what_follows_is_found_and_cut_models_find_more_than_if_only_the_whole_is_trained(trained: FMRLRec) -> None:
    features, flat, bounds = chains()
    last = np.arange(40)
    found = {}
    alone = small(sizes=(16,), blocks=2).fit(features, flat, bounds)
    for name, items, readers in (
        ("whole", trained.items(), trained.encode(last, np.arange(41))),
        ("cut", trained.cut(4).items(), trained.cut(4).encode(last, np.arange(41))),
        ("alone, cut", alone.items()[:, :4], alone.encode(last, np.arange(41))[:, :4]),
    ):
        top = np.argsort(-(readers @ items.T), axis=1)[:, :3]
        found[name] = float((top == (last[:, None] + 1) % 40).any(axis=1).mean())
    assert found["whole"] >= 0.8
    assert found["cut"] > found["alone, cut"]


def test_readers_do_not_depend_on_each_other_or_on_what_is_too_long_ago(trained: FMRLRec) -> None:
    _, flat, bounds = chains(seed=2)
    whole = trained.encode(flat, bounds)
    np.testing.assert_allclose(trained.encode(flat[: bounds[1]], bounds[:2])[0], whole[0], atol=1e-5)
    short = small(longest=3, epochs=1).fit(*chains())
    history = np.array([1, 9, 5, 6, 7])
    all_five, last_three = (short.encode(history[-n:], np.array([0, n])) for n in (5, 3))
    np.testing.assert_allclose(all_five, last_three, atol=1e-6)
    assert trained.encode(flat[:0], bounds[:1]).shape == (0, 16)


def test_it_is_restored_repeatable_and_forgets() -> None:
    model = small(epochs=2).fit(*chains())
    again = FMRLRec.from_arrays(dict(model.to_arrays()))
    _, flat, bounds = chains(seed=4)
    np.testing.assert_array_equal(again.encode(flat, bounds), model.encode(flat, bounds))
    before = model.items()
    np.testing.assert_array_equal(model.fit(*chains(seed=7)).fit(*chains()).items(), before)
    arrays = dict(model.to_arrays())
    for name, says in (("gate.0", "do not have the shapes of 1 blocks"), ("features", "sizes, longest, features have")):
        wrong = {**arrays, name: arrays[name][:-1] if name == "gate.0" else arrays[name][0]}
        with pytest.raises(ValueError, match=says):
            FMRLRec.from_arrays(wrong)


def test_impossible_requests_are_refused(trained: FMRLRec) -> None:
    features, flat, bounds = chains()
    with pytest.raises(ValueError, match=r"sizes grow by 2 or more"):
        FMRLRec(sizes=(8, 8))
    with pytest.raises(ValueError, match=r"of sizes \(4, 8, 16\) cannot be cut at 5"):
        trained.cut(5)
    with pytest.raises(ValueError, match="items are numbered 0 to 39, not 0 to 40"):
        small().fit(features, np.array([0, 40]), np.array([0, 2]))
    with pytest.raises(ValueError, match="bounds run from 0 to 5"):
        small().fit(features, flat[:5], np.array([0, 3]))
    with pytest.raises(ValueError, match="call fit first"):
        small().items()
    with pytest.raises(ValueError, match="item 1 is not finite"):
        small().fit(np.array([[1.0], [np.nan]], np.float32), flat, bounds)


EXAMPLES = {
    "two blocks": Example(
        make=lambda features, items, bounds: small(epochs=1, blocks=2).fit(features, items, bounds),
        answer=lambda method, _, items, bounds: (method.encode(items, bounds), method.cut(4).items()),
        inputs=chains(count=60),
        keeps=(SequenceModel,),
    )
}
