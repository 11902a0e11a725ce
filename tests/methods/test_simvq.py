"""SimVQ's gradients against differences of its loss, and why it is used whole: every codeword moves."""

import numpy as np
import pytest

from broadsheet.compression._codebooks import codebook_use
from broadsheet.compression.simvq import SimVQ, _Adam, gradients


def cloud(n: int = 600, d: int = 8, seed: int = 0) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, d)) * np.linspace(1.5, 0.3, d) + 0.5
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def test_the_gradients_are_the_differences_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    z, c = rng.standard_normal((2, 5, 3))
    w, b = rng.standard_normal((3, 3)), rng.standard_normal(3)

    def loss(w: np.ndarray, b: np.ndarray) -> float:
        return float(np.square(c @ w.T + b - z).sum(axis=1).mean())

    by_w, by_b = gradients(c @ w.T + b - z, c)
    for i in range(3):
        nudge = np.eye(3)[i] * 1e-6
        assert by_b[i] == pytest.approx((loss(w, b + nudge) - loss(w, b - nudge)) / 2e-6, rel=1e-5)
        for j in range(3):
            step = np.zeros((3, 3))
            step[i, j] = 1e-6
            assert by_w[i, j] == pytest.approx((loss(w + step, b) - loss(w - step, b)) / 2e-6, rel=1e-5)


def test_two_steps_of_adam_worked_by_hand() -> None:
    adam = _Adam.of(np.array([1.0, 5.0], np.float32))
    adam.step(np.array([2.0, 0.0], np.float32), 0.1, (0.5, 0.9))
    np.testing.assert_allclose(adam.value, [0.9, 5.0], rtol=1e-6)  # the first step is rate * sign
    adam.step(np.array([-1.0, 0.0], np.float32), 0.1, (0.5, 0.9))
    # moments: 0.5 * 1 + 0.5 * -1 = 0 and 0.9 * 0.4 + 0.1 * 1 = 0.46, so nothing moves
    np.testing.assert_allclose(adam.value, [0.9, 5.0], rtol=1e-6)


def test_codewords_learned_directly_are_left_behind_and_mapped_ones_are_not() -> None:
    x = cloud()
    learned = {
        layer: SimVQ(codewords=64, epochs=25, batch=64, layer=layer, rate=3e-3).fit(x) for layer in (True, False)
    }
    use = {layer: codebook_use(m.encode(x).fields["word"], 64)[0] for layer, m in learned.items()}
    assert use[True] >= 1.5 * use[False]
    start = np.random.default_rng(0).uniform(-1, 1, (64, 8)) / 64
    still = np.abs(learned[False].codebook_ - start).max(axis=1) < 1e-6
    unused = np.bincount(learned[False].encode(x).fields["word"], minlength=64) == 0
    assert still.sum() >= 10  # chosen by no batch, so moved by none
    assert unused[still].all()
    moved = np.random.default_rng(0).standard_normal((64, 8)) / np.sqrt(8)
    assert (np.abs(learned[True].codebook_ - moved).max(axis=1) > 0.05).all()


def test_training_lowers_the_error() -> None:
    x = cloud()
    errors = []
    for epochs in (0, 5, 40):
        method = SimVQ(codewords=64, epochs=epochs, batch=64, rate=3e-3).fit(x)
        errors.append(float(np.square(method.decode(method.encode(x)) - x).sum(axis=1).mean()))
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 0.6 * errors[0]


def test_codes_take_two_bytes_until_they_need_four() -> None:
    book = np.zeros((65_537, 1), np.float32)
    assert SimVQ.from_arrays({"codebook": book[:-1]}).encode(book[:3]).bytes_per_vector == 2
    assert SimVQ.from_arrays({"codebook": book}).encode(book[:3]).bytes_per_vector == 4


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="not 1 and 256"):
        SimVQ(codewords=1)
