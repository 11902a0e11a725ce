"""The loop: killed it ends the same, small batches add up to a large one, the best weights come back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet_lab.training import Course, Epochs, Plan, train

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)
X = torch.from_numpy(RNG.normal(size=(64, 5)).astype(np.float32))
Y = X @ torch.tensor([1.0, -2, 0, 0.5, 3])


def clock() -> Callable[[], float]:
    """Every look at it is half a minute after the last."""
    ticks = count()
    return lambda: 30.0 * next(ticks)


class Line:
    """A linear model of X, with noise drawn by torch so that its state counts."""

    def __init__(self) -> None:
        self.weights = torch.nn.Parameter(torch.zeros(5, 1))
        self.bias = torch.nn.Parameter(torch.zeros(1))
        self.batches: Any = Epochs(64, lambda rng, places: (places, rng.normal()))
        self.losses = 0
        self.dies_at = -1
        self.noise = 0.01

    def loss(self, batch: tuple[Any, float]) -> Any:
        self.losses += 1
        if self.losses == self.dies_at:
            raise KeyboardInterrupt
        said = X[batch[0]] @ self.weights[:, 0] + self.bias + self.noise * torch.randn(len(batch[0]))
        return ((said - Y[batch[0]]) ** 2).mean()

    def fit(self, plan: Plan, **more: Any) -> Course:
        return train([self.weights, self.bias], self.batches, self.loss, plan, **more)

    @property
    def values(self) -> list[float]:
        return [*self.weights.detach()[:, 0].tolist(), float(self.bias.detach()[0])]


PLAN = Plan(steps=12, batch=10, rate=0.1, warm=2, seed=3)


def test_a_killed_training_ends_the_same(tmp_path: Path) -> None:
    whole, killed, rest = Line(), Line(), Line()
    plan = Plan(steps=12, batch=10, rate=0.1, warm=2, seed=3, every=3, patience=9)
    course = whole.fit(plan, dev=lambda: -abs(float(whole.bias.detach()[0]) - 0.1), clock=clock())
    killed.dies_at, path = 9, tmp_path / "line.pt"
    with pytest.raises(KeyboardInterrupt):
        killed.fit(plan, dev=lambda: -abs(float(killed.bias.detach()[0]) - 0.1), kept=path, clock=clock())
    assert path.exists()
    told: list[str] = []
    again = rest.fit(
        plan, dev=lambda: -abs(float(rest.bias.detach()[0]) - 0.1), kept=path, clock=clock(), tell=told.append
    )
    assert told[0].startswith("going on after step")
    assert 0 < rest.losses < 12
    assert rest.values == whole.values
    assert (again.each, again.dev, again.best) == (course.each, course.dev, course.best)
    assert not path.exists()


def test_a_checkpoint_of_another_training_is_not_gone_on_with(tmp_path: Path) -> None:
    killed, other, path = Line(), Line(), tmp_path / "line.pt"
    killed.dies_at = 9
    with pytest.raises(KeyboardInterrupt):
        killed.fit(PLAN, kept=path, clock=clock())
    told: list[str] = []
    other.fit(Plan(steps=4, batch=10, rate=0.1, seed=4), kept=path, tell=told.append)
    assert told[0] == "line.pt is of another training: it starts anew"
    assert other.losses == 4


def test_accumulated_batches_are_one_large_batch() -> None:
    small, large = Line(), Line()
    for line, plan in (
        (small, Plan(steps=6, batch=4, accumulate=4, rate=0.1)),
        (large, Plan(steps=6, batch=16, rate=0.1)),
    ):
        line.noise, line.batches = 0.0, Epochs(64, lambda _, places: (places, 0.0))
        line.fit(plan)
    assert small.losses == 4 * large.losses
    np.testing.assert_allclose(small.values, large.values, atol=1e-5)


def test_the_same_seed_learns_the_same_and_draws_of_others_are_left_alone() -> None:
    first, second, other = Line(), Line(), Line()
    torch.manual_seed(5)
    course = first.fit(PLAN)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert torch.rand(1) == drawn
    second.fit(PLAN)
    other.fit(Plan(steps=12, batch=10, rate=0.1, warm=2, seed=4))
    assert first.values == second.values != other.values
    assert (course.steps, course.best, len(course.losses), len(course.each)) == (12, 12, 10, 12)
    assert course.each[-1] < course.each[0]


def test_it_stops_when_dev_no_longer_grows_and_puts_the_best_back() -> None:
    line = Line()
    figures = iter([0.1, 0.5, 0.9, 0.4, 0.3, 0.2])
    seen: list[list[float]] = []

    def dev() -> float:
        seen.append(line.values)
        return next(figures)

    course = line.fit(Plan(steps=100, batch=8, rate=0.1, every=2, patience=2), dev=dev)
    assert course.dev == [(0, 0.1), (2, 0.5), (4, 0.9), (6, 0.4), (8, 0.3)]
    assert (course.steps, course.best, line.losses) == (8, 4, 8)
    assert line.values == seen[2]
    assert course.to_json()["dev"][-1] == (8, 0.3)


def test_it_stops_in_time_and_tells_what_is_left() -> None:
    line, told = Line(), list[str]()
    line.fit(Plan(steps=200, batch=8, minutes=20), tell=told.append, clock=clock())
    assert 10 < line.losses < 40
    assert told[0].startswith("step 10 of 200: loss ")
    assert told[0].endswith(" min left")


def test_every_step_may_be_prepared_and_its_rate_rises_and_falls() -> None:
    line, steps = Line(), list[int]()
    line.fit(Plan(steps=3, batch=8), before=steps.append)
    assert steps == [0, 1, 2]
    plan = Plan(steps=100, rate=1.0, warm=4)
    rates = [plan.rate_at(step) for step in range(100)]
    assert rates[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0], rel=2e-3)
    assert rates[50] == pytest.approx(np.cos(np.pi / 4))
    assert rates[99] == 0.02  # never nothing


def test_only_matrices_decay() -> None:
    matrix, vector = torch.nn.Parameter(torch.ones(1, 1)), torch.nn.Parameter(torch.ones(1))
    train([matrix, vector], lambda rng, n: n, lambda _: 0 * (matrix.sum() + vector.sum()), Plan(steps=10, rate=1.0))
    assert float(vector.detach()) == 1.0
    assert 0.9 < float(matrix.detach()) < 1.0


def test_an_epoch_sees_everything_once() -> None:
    batches, rng = Epochs(10, lambda _, places: sorted(places.tolist())), np.random.default_rng(0)
    first, second, third = (batches(rng, 4) for _ in range(3))
    assert len({*first, *second}) == 8
    assert len(third) == 4  # of the next epoch: two are left out
    assert batches(rng, 50) == list(range(10))


def test_what_cannot_be_trained_is_said() -> None:
    with pytest.raises(ValueError, match="0 parameters, 1 steps"):
        train([], lambda rng, n: n, lambda _: None, Plan(steps=1))
    with pytest.raises(ValueError, match="nothing to draw"):
        Epochs(0, lambda _, places: places)
    weight = torch.nn.Parameter(torch.ones(1))
    with pytest.raises(FloatingPointError, match="step 1: the loss is nan"):
        train([weight], lambda rng, n: n, lambda _: weight.sum() * float("nan"), Plan(steps=1))
