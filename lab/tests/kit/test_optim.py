"""The optimisers against their papers' algorithms, a number at a time."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet_lab.kit.optim import AdamW, LazyAdam

GRADIENTS = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32) * np.float32(1e-3)


def literal(
    value: float,
    gradients: list[float],
    *,
    rate: float = 0.1,
    decay: float = 0.0,
    towards: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
    hat: bool = False,
) -> float:
    """Algorithm 1 of Kingma and Ba with line 12 of algorithm 2 of Loshchilov and Hutter, on one number."""
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        if hat:  # section 2, last lines
            step = rate * (1 - betas[1] ** t) ** 0.5 / (1 - betas[0] ** t) * m / (v**0.5 + epsilon)
        else:
            step = rate * (m / (1 - betas[0] ** t)) / ((v / (1 - betas[1] ** t)) ** 0.5 + epsilon)
        value -= step + rate * decay * (value - towards)
    return value


@pytest.mark.parametrize(
    ("options", "as_written"),
    [
        ({}, {}),
        ({"decay": 0.05}, {"decay": 0.05}),
        ({"decay": 0.05, "towards": {"w": np.full(3, 2, np.float32)}}, {"decay": 0.05, "towards": 2.0}),
        ({"betas": (0.5, 0.9)}, {"betas": (0.5, 0.9)}),
        ({"epsilon": 1e-3}, {"epsilon": 1e-3}),
        ({"epsilon": 1e-3, "epsilon_hat": True}, {"epsilon": 1e-3, "hat": True}),
    ],
)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_adam_takes_the_steps_of_its_paper(options: dict[str, Any], as_written: dict[str, Any], kind: type) -> None:
    weights: dict[str, NDArray[Any]] = {"w": np.array([1.0, -2.0, 0.0], kind), "still": np.ones(2, kind)}
    optimiser = AdamW(rate=0.1, **options)
    for gradient in GRADIENTS:
        optimiser.step(weights, {"w": gradient.astype(kind)})
    expected = [literal(start, GRADIENTS[:, i].tolist(), **as_written) for i, start in enumerate((1.0, -2.0, 0.0))]
    np.testing.assert_allclose(weights["w"], expected, rtol=1e-4, atol=1e-5)
    assert weights["w"].dtype == kind
    assert weights["still"].tolist() == [1, 1]


def test_the_rate_may_change_and_two_steps_worked_by_hand() -> None:
    weights, optimiser = {"w": np.array([1.0, 5.0], np.float32)}, AdamW(rate=0.2, betas=(0.5, 0.9))
    optimiser.rate = 0.1
    optimiser.step(weights, {"w": np.array([2.0, 0.0], np.float32)})
    np.testing.assert_allclose(weights["w"], [0.9, 5.0], rtol=1e-6)  # the first step is rate * sign
    optimiser.step(weights, {"w": np.array([-1.0, 0.0], np.float32)})
    # moments: 0.5 * 1 + 0.5 * -1 = 0 and 0.9 * 0.4 + 0.1 * 1 = 0.46, so nothing moves
    np.testing.assert_allclose(weights["w"], [0.9, 5.0], rtol=1e-6)


def test_moments_never_become_subnormal() -> None:
    weights, optimiser = {"w": np.zeros(1, np.float32)}, AdamW(rate=0.1, betas=(0.5, 0.5))
    optimiser.step(weights, {"w": np.ones(1, np.float32)})
    for _ in range(400):
        optimiser.step(weights, {"w": np.zeros(1, np.float32)})
        for moment in (optimiser._means["w"][0], optimiser._squares["w"][0]):
            assert moment == 0 or moment > np.finfo(np.float32).tiny


def test_lazy_adam_moves_the_rows_named_alone_and_adds_up_a_row_named_twice() -> None:
    value = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.float32)
    lazy, moved = LazyAdam(value), value.copy()
    for gradient in GRADIENTS[:5]:
        lazy.step(np.array([2, 0, 2]), np.stack([gradient, 2 * gradient, 3 * gradient]), 0.01)
    for row, times in ((0, 2.0), (2, 4.0)):
        for column in range(3):
            gradients = (GRADIENTS[:5, column] * times).tolist()
            moved[row, column] = literal(float(moved[row, column]), gradients, rate=0.01)
    np.testing.assert_allclose(value, moved, rtol=1e-5)
    assert value[1].tolist() == [4, 5, 6]


def test_a_row_that_rests_keeps_its_moments() -> None:
    """Only the number of steps goes on, as in the sparse Adam of TensorFlow and PyTorch."""
    value = np.zeros((2, 1), np.float32)
    lazy = LazyAdam(value)
    lazy.step(np.array([0]), np.array([[1.0]], np.float32), 0.1)
    lazy.step(np.array([1]), np.array([[1.0]], np.float32), 0.1)
    lazy.step(np.array([0]), np.array([[1.0]], np.float32), 0.1)
    mean, square = 0.1 * 0.9 + 0.1, 0.001 * 0.999 + 0.001
    second = 0.1 * (mean / (1 - 0.9**3)) / (square / (1 - 0.999**3)) ** 0.5
    assert value[0, 0] == pytest.approx(-0.1 - second, rel=1e-5)
