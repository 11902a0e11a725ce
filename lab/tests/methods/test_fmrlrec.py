"""fMRLRec's gradients by differences, its recurrence and loss by transcription, and that a cut model is the model."""

from __future__ import annotations

import numpy as np
import pytest

from broadsheet_lab.compression._nested import block, block_mask, block_shapes, lambdas, nested_softmax
from broadsheet_lab.compression.fmrlrec import FMRLRec
from tests.contract.examples import Example

SIZES = (4, 8, 16)


def chains(n: int = 40, count: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of items, and sequences in which item i is mostly followed by i + 1."""
    rng = np.random.default_rng(seed)
    features = np.hstack([np.eye(n), 0.1 * rng.standard_normal((n, 4))]).astype(np.float32)
    lengths = rng.integers(2, 7, count)
    runs = [(rng.integers(n) + np.arange(length)) % n for length in lengths]
    return features, np.concatenate(runs), np.concatenate([[0], np.cumsum(lengths)])


def small(**more: object) -> FMRLRec:
    settings = {"sizes": SIZES, "dropout": 0.1, "rate": 0.01, "epochs": 12, "batch": 32, "negatives": 40} | more
    return FMRLRec(**settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def trained() -> FMRLRec:
    return small(blocks=2).fit(*chains())


def test_the_mask_is_that_of_every_smaller_model() -> None:
    mask = block_mask(SIZES)
    for m in SIZES:
        np.testing.assert_array_equal(mask[:m, :m], block_mask(tuple(s for s in SIZES if s <= m)))
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
    w = {name: trained.weights_[f"{name}.0"].astype(np.float64) for name in block_shapes(16)}

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
    params = {name: value.astype(np.float32) for name, value in w.items()}
    found = block(x, np.array([0, 3, 5]), params, SIZES, {})[0]
    np.testing.assert_allclose(found, out, atol=2e-5)
    assert (np.abs(lambdas(params)) < 1).all()


def test_all_gradients_are_the_differences_of_the_loss() -> None:
    features, flat, bounds = chains(12, 8)
    model = small(blocks=2, dropout=0.0, epochs=0, negatives=5).fit(features, flat, bounds)
    rng = np.random.default_rng(5)
    for name, value in model.weights_.items():  # away from where all gains are one and shifts zero
        model.weights_[name] = (value + 0.05 * rng.standard_normal(value.shape)).astype(np.float32)
    popular, chosen = np.bincount(flat, minlength=12) / len(flat), np.arange(8)

    def gradients() -> tuple[float, dict[str, np.ndarray]]:
        return model._gradients(flat, bounds, chosen, popular, np.random.default_rng(0))

    by_name = gradients()[1]
    assert set(by_name) == set(model.weights_)
    for name, gradient in by_name.items():
        value = model.weights_[name]
        at = np.unravel_index(np.abs(gradient).argmax(), value.shape)
        before, losses = value[at], []
        for ahead in (3e-3, -3e-3):
            value[at] = before + ahead
            losses.append(gradients()[0])
        value[at] = before
        assert gradient[at] == pytest.approx((losses[0] - losses[1]) / 6e-3, rel=0.03, abs=5e-4), name


def test_the_loss_is_the_mean_of_the_cross_entropies_of_all_sizes() -> None:
    rng = np.random.default_rng(0)
    x, items = rng.standard_normal((3, 16)).astype(np.float32), rng.standard_normal((5, 16)).astype(np.float32)
    labels, offsets = np.array([4, 0, 2]), np.log(np.array([1, 0.5, 1, 0.2, 0.9])).astype(np.float32)
    expected = []
    for m in SIZES:
        for i, label in enumerate(labels):
            scores = [float(x[i, :m] @ items[j, :m]) - float(offsets[j]) for j in range(5)]
            expected.append(np.log(np.sum(np.exp(scores))) - scores[label])
    assert nested_softmax(x, items, labels, offsets, SIZES)[0] == pytest.approx(np.mean(expected), rel=1e-5)


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
    )
}
