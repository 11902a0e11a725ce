"""BEBR: the recurrence and its gradients transcribed, counts of bits against products, codes that outlive a version."""

import numpy as np
import pytest

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.compression._recurrent import Layer, Passes, contrast, nearest_other, turned
from broadsheet_lab.compression.bebr import BEBR, popcounts
from lab.tests.contract.compression_promises import compressor_example


def cloud(n: int = 400, d: int = 24, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(9).standard_normal((40, d))
    x = centres[rng.integers(0, 40, n)] + 0.5 * rng.standard_normal((n, d))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def recall(scores: np.ndarray, exact: np.ndarray) -> float:
    tops = zip(np.argsort(-scores)[:, :10], np.argsort(-exact)[:, :10], strict=True)
    return float(np.mean([len(set(a) & set(b)) / 10 for a, b in tops]))


def doubles(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Unit rows in float64, (n, d)."""
    rows: np.ndarray = rng.standard_normal((n, d))
    return unit_rows(rows)


def drawn(u: int, d: int = 5, m: int = 4, hidden: int = 3) -> Passes:
    """Layers with every weight drawn, in float64."""
    rng = np.random.default_rng(u)

    def layer(wide: int, out: int) -> Layer:
        weights: list[np.ndarray] = [
            rng.standard_normal(shape) for shape in ((wide, out), (wide, hidden), (hidden,), (hidden, out))
        ]
        return Layer(weights)

    return Passes([layer(d, m) for _ in range(u + 1)], [layer(m, d) for _ in range(u)])


def test_codes_are_those_of_the_recurrence() -> None:
    passes, x = drawn(2), doubles(np.random.default_rng(0), 6, 5)

    def through(layer: Layer, v: np.ndarray) -> np.ndarray:
        a, b, c, d = layer.weights
        return v @ a + np.array([max(value, 0) for value in v @ b + c]) @ d

    for row, code in zip(x, passes(x), strict=True):
        b = np.sign(through(passes.forth[0], row))
        for i in (1, 2):
            f = through(passes.back[i - 1], b)
            b = b + 2.0**-i * np.sign(through(passes.forth[i], row - f / np.linalg.norm(f)))
        np.testing.assert_array_equal(code, b)


def test_gradients_are_differences_where_a_sign_passes_what_is_within_one() -> None:
    passes, rng = drawn(2), np.random.default_rng(1)
    for layer in passes.forth:
        layer.weights[0] *= 0.3  # some within 1 of zero, some not
    x = doubles(rng, 6, 5)
    by_code: np.ndarray = rng.standard_normal((6, 4))
    before = passes.inputs(x)[0]
    assert 0.2 < np.mean([np.abs(h) <= 1 for h in before]) < 0.98

    def surrogate() -> float:
        """Signs replaced by their value here plus the clipped move of their input."""

        def moved(i: int, h: np.ndarray) -> np.ndarray:
            return np.sign(before[i]) + (np.abs(before[i]) <= 1) * (h - before[i])

        b = moved(0, passes.forth[0](x))
        for i in (1, 2):
            f = passes.back[i - 1](b)
            b = b + 2.0**-i * moved(i, passes.forth[i](x - f / np.linalg.norm(f, axis=1, keepdims=True)))
        return float((b * by_code).sum())

    for layer, gradients in zip(passes.layers, passes.gradients(x, by_code), strict=True):
        for weight, gradient in zip(layer.weights, gradients, strict=True):
            for at in (0, weight.size - 1):
                kept = weight.flat[at]
                weight.flat[at] = kept + 1e-6
                above = surrogate()
                weight.flat[at] = kept - 1e-6
                slope = (above - surrogate()) / 2e-6
                weight.flat[at] = kept
                assert gradient.flat[at] == pytest.approx(slope, rel=1e-3, abs=1e-5)


def test_the_loss_counts_the_hardest_of_the_others_and_has_the_gradients_it_gives() -> None:
    rng = np.random.default_rng(2)
    q, k = (doubles(rng, 5, 4) for _ in range(2))
    same = np.eye(5, dtype=np.bool_)
    same[0, 3] = True

    def slow(q: np.ndarray, k: np.ndarray) -> float:
        total = 0.0
        for i in range(5):
            others = sorted((q[i] @ k[j] / 0.1 for j in range(5) if not same[i, j]), reverse=True)[:2]
            own = q[i] @ k[i] / 0.1
            total -= own - np.log(np.exp([own, *others]).sum())
        return total / 5

    loss, by_q, by_k = contrast(q, k, same, temperature=0.1, hard=2)
    assert loss == pytest.approx(slow(q, k), rel=1e-5)
    nudge = np.zeros((5, 4))
    nudge[0, 1] = 1e-6
    assert by_q[0, 1] == pytest.approx((slow(q + nudge, k) - slow(q - nudge, k)) / 2e-6, rel=1e-4)
    assert by_k[0, 1] == pytest.approx((slow(q, k + nudge) - slow(q, k - nudge)) / 2e-6, rel=1e-4)


def test_counts_of_bits_are_inner_products_of_codes() -> None:
    rng = np.random.default_rng(3)
    bits = rng.integers(0, 2, (7, 3, 70)).astype(np.uint8)
    padded = np.zeros((7, 3, 128), np.uint8)
    padded[..., :70] = bits
    planes = np.packbits(padded, axis=2, bitorder="little").view(np.uint64)
    values = np.einsum("npm,p->nm", 2.0 * bits - 1, [1, 0.5, 0.25])
    out = np.empty(7, np.int64)
    popcounts(planes[2], planes, 70, out)
    np.testing.assert_array_equal(out, 16 * values @ values[2])


@pytest.mark.parametrize("u", [0, 1, 2, 3])
def test_every_component_has_as_many_evenly_spaced_values_as_its_bits_allow(u: int) -> None:
    x = cloud()
    method = BEBR(passes=u, steps=0).fit(x)
    values = method.values(method.encode(x))
    assert np.unique(values).tolist() == [i * 2.0 ** (1 - u) - 2 + 2.0**-u for i in range(2 ** (u + 1))]
    np.testing.assert_array_equal(values, method.layers_(x))


def test_every_pass_finds_more_and_half_the_bits_do_better_than_signs() -> None:
    x, q = cloud(n=1000, d=64), cloud(n=60, d=64, seed=1)
    exact = q @ x.T
    found = []
    for u in range(4):
        method = BEBR(passes=u, steps=0).fit(x)
        found.append(recall(method.scores(q, method.encode(x)), exact))
    assert found == sorted(found)
    signs = np.random.default_rng(0).standard_normal((64, 256))
    assert found[1] > recall(np.sign(q @ signs) @ np.sign(x @ signs).T, exact)  # 128 bits against 256
    assert found[3] > 0.85


def test_training_lowers_the_loss_it_is_for() -> None:
    x = cloud(n=800)
    partners = unit_rows(x + 0.15 * np.random.default_rng(5).standard_normal(x.shape).astype(np.float32))
    losses = []
    for steps in (0, 60):
        layers = BEBR(components=12, hidden=16, steps=steps, batch=256).fit(x, partners).layers_
        q, k = unit_rows(layers(partners)), unit_rows(layers(x))
        losses.append(contrast(q, k, np.eye(800, dtype=np.bool_), temperature=0.05, hard=5)[0])
    assert losses[1] < 0.9 * losses[0]


def test_new_queries_find_old_codes() -> None:
    x = cloud(n=800)
    rng = np.random.default_rng(7)
    turn = np.linalg.qr(rng.standard_normal((32, 32)))[0][:24]  # the new version has 32 dimensions, seen differently
    newer = unit_rows((x @ turn + 0.02 * rng.standard_normal((800, 32))).astype(np.float32))
    old = BEBR(passes=2, steps=0).fit(x)
    codes = old.encode(x)
    exact = x[:60] @ x.T
    before = recall(old.scores(x[:60], codes), exact)
    compatible = BEBR(passes=2, hidden=0, steps=20, rate=1e-3).fit(newer, newer, old=old.values(codes))
    strange = BEBR(passes=2, components=24, steps=0).fit(newer)
    assert recall(compatible.scores(newer[:60], codes), exact) > 0.85 * before
    assert recall(strange.scores(newer[:60], codes), exact) < 0.2
    assert compatible.encode(newer).fields["planes"].shape == codes.fields["planes"].shape


def test_the_nearest_other_and_the_turn_that_brings_nearest() -> None:
    x = cloud(n=50)
    similar = x @ x.T - 9 * np.eye(50)
    assert nearest_other(x, chunk=7).tolist() == similar.argmax(axis=1).tolist()
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((30, 30)))[0][:24]
    np.testing.assert_allclose(turned(x, x @ turn), turn, atol=1e-4)


def test_what_cannot_be_is_refused() -> None:
    x = cloud(n=10)
    with pytest.raises(ValueError, match="0 to 7 passes, at least 1 component, no or more hidden: 8, None, 256"):
        BEBR(passes=8)
    with pytest.raises(ValueError, match=r"partners of shape \(9, 24\) do not go with 10 vectors"):
        BEBR().fit(x, x[1:])
    with pytest.raises(ValueError, match=r"old codes of shape \(10,\) do not go with 10 vectors"):
        BEBR().fit(x, old=x[:, 0])
    with pytest.raises(ValueError, match="the partners have 23 dimensions, the method was fitted on 24"):
        BEBR().fit(x, x[:, 1:])
    arrays = dict(BEBR(steps=0, hidden=2).fit(x).to_arrays())
    with pytest.raises(ValueError, match="layers of shapes"):
        BEBR.from_arrays({**arrays, "layer1_b": arrays["layer1_b"][1:]})


# Signs keep directions to a step of their last bit.
EXAMPLES = {
    "trained": compressor_example(
        lambda: BEBR(passes=3, hidden=8, steps=20, batch=64), 4 * 8 + 4, tolerance=0.1, codes_queries=True
    ),
    "not trained": compressor_example(lambda: BEBR(passes=4, steps=0), 5 * 8 + 4, tolerance=0.05, codes_queries=True),
}
