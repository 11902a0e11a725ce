"""BEBR: the recurrence and its gradients transcribed, counts of bits against products, codes that outlive a version."""

import importlib
from typing import Any

import numpy as np
import pytest

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.compression._recurrent import Layer, Passes, nearest_other, popcounts, turned
from broadsheet_lab.compression.bebr import BEBR, Contrast
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


def torch_training() -> Any:
    """The training, where torch is installed."""
    pytest.importorskip("torch")
    return importlib.import_module("broadsheet_lab.compression._recurrent_training")


def test_what_is_trained_is_the_recurrence_and_signs_pass_gradients_within_one_of_zero() -> None:
    training = torch_training()
    torch = pytest.importorskip("torch")
    passes, rng = drawn(2), np.random.default_rng(1)
    for layer in passes.forth:
        layer.weights[0] *= 0.3  # some within 1 of zero, some not
    x, by_code = doubles(rng, 6, 5), rng.standard_normal((6, 4))
    before = passes.inputs(x)[0]
    assert 0.2 < np.mean([np.abs(h) <= 1 for h in before]) < 0.98
    network = training.Recurrent(passes)
    codes = network(torch.from_numpy(x))
    np.testing.assert_array_equal(codes.detach().numpy(), passes(x))
    for layer, own in zip(network.arrays().layers, passes.layers, strict=True):
        for weight, other in zip(layer.weights, own.weights, strict=True):
            np.testing.assert_allclose(weight, other)
    (codes * torch.from_numpy(by_code)).sum().backward()

    def surrogate() -> float:
        """Signs replaced by their value here plus the clipped move of their input."""

        def moved(i: int, h: np.ndarray) -> np.ndarray:
            return np.sign(before[i]) + (np.abs(before[i]) <= 1) * (h - before[i])

        b = moved(0, passes.forth[0](x))
        for i in (1, 2):
            f = passes.back[i - 1](b)
            b = b + 2.0**-i * moved(i, passes.forth[i](x - f / np.linalg.norm(f, axis=1, keepdims=True)))
        return float((b * by_code).sum())

    for layer, module in zip(passes.layers, [*network.forth, *network.back], strict=True):
        scales = (module.stretch, 1, 1, module.stretch)
        parameters = (module.a, module.b, module.c, module.d)
        for weight, parameter, scale in zip(layer.weights, parameters, scales, strict=True):
            for at in (0, weight.size - 1):
                kept = weight.flat[at]
                weight.flat[at] = kept + 1e-6
                above = surrogate()
                weight.flat[at] = kept - 1e-6
                slope = (above - surrogate()) / 2e-6
                weight.flat[at] = kept
                assert parameter.grad.numpy().flat[at] / scale == pytest.approx(slope, rel=1e-3, abs=1e-5)


def test_the_loss_counts_the_hardest_of_the_queue_but_none_that_is_the_same() -> None:
    training = torch_training()
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    q, own, others = doubles(rng, 5, 4), doubles(rng, 5, 4), doubles(rng, 7, 4)
    same = np.zeros((5, 7), np.bool_)
    same[0, 3] = same[4, 0] = True
    total = 0.0
    for i in range(5):
        hard = sorted((q[i] @ others[j] / 0.1 for j in range(7) if not same[i, j]), reverse=True)[:2]
        mine = q[i] @ own[i] / 0.1
        total -= mine - np.log(np.exp([mine, *hard]).sum())
    shape = Contrast(temperature=0.1, hard=2)
    loss = training.contrast(*map(torch.from_numpy, (q, own, others, same)), shape)
    assert float(loss) == pytest.approx(total / 5, rel=1e-5)


def test_the_queue_forgets_its_oldest_keys() -> None:
    torch = pytest.importorskip("torch")
    queue = torch_training().Queue.empty(1, 1, 3)
    for value in range(5):
        queue.push(torch.full((1, 1), value), torch.full((1, 1), 10 * value))
    assert (queue.vectors.flatten().tolist(), queue.codes.flatten().tolist()) == ([2, 3, 4], [20, 30, 40])


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


@pytest.mark.parametrize(("u", "each"), [(0, 8), (1, 4), (2, 2), (3, 2), (5, 1)])
def test_look_ups_of_packed_components_are_counts_of_bits(u: int, each: int) -> None:
    x = cloud(n=60)
    method = BEBR(passes=u, components=21, steps=0).fit(x)
    codes = method.encode(x)
    packed = method.for_look_up(codes)
    assert packed.fields["packed"].shape == (60, -(-21 // each))
    np.testing.assert_array_equal(method.scores(x[:7], packed), method.scores(x[:7], codes))


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


def test_training_brings_pairs_together_from_weights_that_follow_slowly() -> None:
    torch_training()
    x = cloud(n=400)
    noise = np.random.default_rng(5).standard_normal(x.shape) * np.linspace(0.25, 0, 24)  # what to heed can be learned
    partners = unit_rows((x + noise).astype(np.float32))
    shares = []
    for steps in (0, 60):
        shape = Contrast(queue=200, momentum=0.9)
        method = BEBR(hidden=8, steps=steps, batch=100, rate=3e-3, contrast=shape).fit(x, partners)
        best = method.scores(partners, method.encode(x)).argmax(axis=1)
        shares.append(float((best == np.arange(400)).mean()))
    assert method.course_.steps == 60
    assert shares[1] > shares[0] + 0.05
    assert method.course_.losses[-1] < 0.9 * method.course_.losses[0]


def test_new_queries_find_old_codes() -> None:
    torch_training()
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
    assert recall(compatible.scores(newer[:60], codes), exact) > 0.8 * before
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
        BEBR(steps=0).fit(x, x[1:])
    with pytest.raises(ValueError, match=r"old codes of shape \(10,\) do not go with 10 vectors"):
        BEBR(steps=0).fit(x, old=x[:, 0])
    with pytest.raises(ValueError, match="the partners have 23 dimensions, the method was fitted on 24"):
        BEBR(steps=0).fit(x, x[:, 1:])
    arrays = dict(BEBR(steps=0, hidden=2).fit(x).to_arrays())
    with pytest.raises(ValueError, match="layers of shapes"):
        BEBR.from_arrays({**arrays, "layer1_b": arrays["layer1_b"][1:]})


# Signs keep directions to a step of their last bit.
EXAMPLES = {
    "few components": compressor_example(
        lambda: BEBR(passes=3, hidden=8, steps=0), 4 * 8 + 4, tolerance=0.1, codes_queries=True
    ),
    "not trained": compressor_example(lambda: BEBR(passes=4, steps=0), 5 * 8 + 4, tolerance=0.05, codes_queries=True),
}
