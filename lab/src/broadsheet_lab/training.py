"""The one loop that trains: AdamW over any parameters, seeded, resumable, stopped early, with the time that is left.

`batch_of` draws, `loss_of` says how wrong; everything else about training is here and nowhere else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Course", "Epochs", "Plan", "seeded", "train"]

B = TypeVar("B")

_LEAST = 0.02  # of the rate, at last
_LONGEST = 1.0  # the gradient, at most
_DECAY = 0.01  # of matrices
_BETAS = (0.9, 0.98)
_KEPT_EVERY = 60.0  # seconds between two checkpoints
_TOLD = 20  # times in a training


@dataclass(frozen=True, slots=True)
class Plan:
    """The course that training is to take. A step is one change of the weights, from `accumulate` batches of `batch`.

    `every` steps the dev figure is looked at (0: never), and after `patience` looks without a gain training stops.
    `minutes` is how long it may take at most.
    """

    steps: int
    batch: int = 32
    rate: float = 1e-4
    warm: int = 20
    accumulate: int = 1
    seed: int = 0
    every: int = 0
    patience: int = 3
    minutes: float | None = None

    def rate_at(self, step: int) -> float:
        """The rate of a step: it rises for `warm` of them, and falls with a cosine from first to last."""
        slope = math.cos(step / self.steps * math.pi / 2)
        return self.rate * min(1.0, (step + 1) / max(self.warm, 1)) * max(_LEAST, slope)


@dataclass(slots=True)
class Course:
    """The course that training took: the steps taken, that of the best weights, every look at the dev figure."""

    steps: int = 0
    best: int = 0
    dev: list[tuple[int, float]] = field(default_factory=list)  # (step, figure), from before the first step on
    each: list[float] = field(default_factory=list)  # the loss of every step
    seconds: float = 0.0

    @property
    def losses(self) -> list[float]:
        """The mean loss of each tenth of the steps."""
        return [float(part.mean()) for part in np.array_split(np.array(self.each), 10) if len(part)]

    def to_json(self) -> dict[str, Any]:
        """As a result file holds it."""
        dev = [(step, round(figure, 4)) for step, figure in self.dev]
        losses = [round(loss, 4) for loss in self.losses]
        return {"steps": self.steps, "best": self.best, "dev": dev, "losses": losses, "seconds": round(self.seconds)}


class Epochs(Generic[B]):
    """A `batch_of` that goes through n items in an order drawn anew each epoch; `make` gets the places of a batch.

    The last items of an epoch that fill no batch are left out of it.
    """

    def __init__(self, n: int, make: Callable[[np.random.Generator, NDArray[np.int64]], B]) -> None:
        if n < 1:
            raise ValueError("there is nothing to draw batches from")
        self.n = n
        self.make = make
        self.left: NDArray[np.int64] = np.empty(0, np.int64)

    def __call__(self, rng: np.random.Generator, size: int) -> B:
        """The next batch."""
        if len(self.left) < min(size, self.n):
            self.left = rng.permutation(self.n)
        places, self.left = self.left[:size], self.left[size:]
        return self.make(rng, places)


def train(
    learned: Iterable[Any],
    batch_of: Callable[[np.random.Generator, int], B],
    loss_of: Callable[[B], Any],
    plan: Plan,
    *,
    dev: Callable[[], float] | None = None,
    before: Callable[[int], None] | None = None,
    kept: Path | None = None,
    tell: Callable[[str], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Course:
    """Change the parameters `learned` in place so that the mean of `loss_of(batch_of(rng, batch))` falls.

    `batch_of` draws from nothing but the generator that it is given (or is an `Epochs`). `dev` is a figure that should
    be great: the weights with the greatest are put back at the end. `before` gets the number of each step before it is
    taken. A training that is killed goes on from the checkpoint `kept`, to the same end; the file is gone at the end.
    The same seed gives the same weights on the same machine, and draws of others are left alone.

    Raises ImportError without torch, ValueError for a plan without a step or nothing to learn, FloatingPointError for a
    loss that is not finite.
    """
    parameters = [p for p in learned if p.requires_grad]
    if plan.steps < 1 or plan.batch < 1 or plan.accumulate < 1 or not parameters:
        raise ValueError(f"{len(parameters)} parameters, {plan.steps} steps of {plan.accumulate} × {plan.batch}")
    run = _Run(parameters, batch_of, loss_of, plan, dev, tell or (lambda _: None), clock)
    with seeded(plan.seed):
        if kept is None or not run.resume(kept):
            run.look()
        saved = clock()
        while not run.is_over():
            if before:
                before(run.course.steps)
            run.step()
            if kept is not None and clock() - saved >= _KEPT_EVERY:
                run.keep(kept)
                saved = clock()
        run.finish()
    if kept is not None:
        kept.unlink(missing_ok=True)
    return run.course


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The draws of torch from a seed, and after it as if there had been none."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _adam(parameters: Sequence[Any], rate: float) -> Any:
    """The optimiser: only matrices decay."""
    import torch

    groups = [
        {"params": [p for p in parameters if p.ndim == 2], "weight_decay": _DECAY},
        {"params": [p for p in parameters if p.ndim != 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=rate, betas=_BETAS, fused=True)


class _Run(Generic[B]):
    """A training on its way."""

    def __init__(
        self,
        parameters: Sequence[Any],
        batch_of: Callable[[np.random.Generator, int], B],
        loss_of: Callable[[B], Any],
        plan: Plan,
        dev: Callable[[], float] | None,
        tell: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self.parameters = parameters
        self.batch_of, self.loss_of, self.dev = batch_of, loss_of, dev
        self.plan, self.tell, self.clock = plan, tell, clock
        self.adam = _adam(parameters, plan.rate)
        self.rng = np.random.default_rng(plan.seed)
        self.course = Course()
        self.best: list[Any] = []
        self.began, self.since = clock(), 0.0  # the seconds before this process

    def _seconds(self) -> float:
        return self.since + self.clock() - self.began

    def is_over(self) -> bool:
        """Whether all steps are taken, the time is up, or the dev figure has long not grown."""
        course, plan = self.course, self.plan
        late = plan.minutes is not None and self._seconds() >= 60 * plan.minutes
        stale = len([at for at, _ in course.dev if at > course.best]) >= plan.patience
        return course.steps >= plan.steps or late or stale

    def step(self) -> None:
        """Change the weights once."""
        import torch

        plan, course = self.plan, self.course
        for group in self.adam.param_groups:
            group["lr"] = plan.rate_at(course.steps)
        self.adam.zero_grad()
        total = 0.0
        for _ in range(plan.accumulate):
            loss = self.loss_of(self.batch_of(self.rng, plan.batch)) / plan.accumulate
            loss.backward()
            total += loss.item()
        if not math.isfinite(total):
            raise FloatingPointError(f"step {course.steps + 1}: the loss is {total}")
        torch.nn.utils.clip_grad_norm_(self.parameters, _LONGEST)
        self.adam.step()
        course.steps += 1
        course.each.append(total)
        if plan.every and course.steps % plan.every == 0:
            self.look()
        if course.steps % max(1, plan.steps // _TOLD) == 0:
            self._report()

    def _report(self) -> None:
        course, plan = self.course, self.plan
        recent = float(np.mean(course.each[-max(1, plan.steps // _TOLD) :]))
        left = self._seconds() / course.steps * (plan.steps - course.steps)
        figure = f", dev {course.dev[-1][1]:.4f}" if course.dev else ""
        self.tell(f"step {course.steps} of {plan.steps}: loss {recent:.4f}{figure}, {_spoken(left)} left")

    def look(self) -> None:
        """Look at the dev figure, and keep the weights if it is the best."""
        import torch

        course = self.course
        if self.dev is None or not self.plan.every or (course.dev and course.dev[-1][0] == course.steps):
            return
        with torch.no_grad():
            figure = float(self.dev())
        if not course.dev or figure > max(value for _, value in course.dev):
            self.best, course.best = [p.detach().clone() for p in self.parameters], course.steps
        course.dev.append((course.steps, figure))

    def finish(self) -> None:
        """Put back the best weights; without a dev figure the last are the best."""
        import torch

        self.look()
        course = self.course
        course.seconds = self._seconds()
        if not self.best:
            course.best = course.steps
            return
        with torch.no_grad():
            for parameter, value in zip(self.parameters, self.best, strict=True):
                parameter.copy_(value)

    def keep(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        import torch

        course = asdict(self.course) | {"seconds": self._seconds()}
        state = {
            "plan": asdict(self.plan),
            "course": course,
            "weights": [p.detach() for p in self.parameters],
            "best": self.best,
            "adam": self.adam.state_dict(),
            "numpy": self.rng.bit_generator.state,
            "torch": torch.random.get_rng_state(),
            "left": torch.from_numpy(self.batch_of.left) if isinstance(self.batch_of, Epochs) else None,
        }
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.replace(path)

    def resume(self, path: Path) -> bool:
        """Go on where the checkpoint stands; False without one, or if it is of another plan or other parameters."""
        import torch

        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        shapes = [tuple(w.shape) for w in state["weights"]]
        if state["plan"] != asdict(self.plan) or shapes != [tuple(p.shape) for p in self.parameters]:
            self.tell(f"{path.name} is of another training: it starts anew")
            return False
        with torch.no_grad():
            for parameter, value in zip(self.parameters, state["weights"], strict=True):
                parameter.copy_(value)
        self.adam.load_state_dict(state["adam"])
        self.rng.bit_generator.state = state["numpy"]
        torch.random.set_rng_state(state["torch"].cpu())
        if isinstance(self.batch_of, Epochs):
            self.batch_of.left = state["left"].numpy()
        self.best, self.since = state["best"], state["course"]["seconds"]
        self.course = Course(**state["course"])
        self.tell(f"going on after step {self.course.steps} of {self.plan.steps}")
        return True


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
