"""Trains what stands for a network's matrices by the network's own loss: low-rank factors, then codewords."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from broadsheet_lab.compression._factors import Factors
from broadsheet_lab.training import Course, Plan, train

__all__ = ["Task", "train_codewords", "train_factors"]

B = TypeVar("B")
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Task(Generic[B]):
    """What the network is for: batches, and the loss of one with weights (by name, tensors of the matrices' shapes)."""

    batch_of: Callable[[np.random.Generator, int], B]
    loss_of: Callable[[Mapping[str, Tensor], B], Tensor]


def _learn(factors: Mapping[str, Factors], task: Task[Any], plan: Plan, tell: Callable[[str], None] | None) -> Course:
    """Change `left` and `projection` of all factors in place."""
    pairs = {
        name: (nn.Parameter(torch.from_numpy(f.left.copy())), nn.Parameter(torch.from_numpy(f.projection.copy())))
        for name, f in factors.items()
    }
    codes = {name: torch.from_numpy(f.codes) for name, f in factors.items()}

    def weights() -> dict[str, Tensor]:
        found = {}
        for name, (left, projection) in pairs.items():
            parts = left @ projection
            whole = parts[codes[name]] if len(codes[name]) else parts
            found[name] = whole.reshape(factors[name].shape) * factors[name].scale
        return found

    learned = [parameter for pair in pairs.values() for parameter in pair]
    course = train(learned, task.batch_of, lambda batch: task.loss_of(weights(), batch), plan, tell=tell)
    for name, (left, projection) in pairs.items():
        factors[name].left, factors[name].projection = left.detach().numpy(), projection.detach().numpy()
    return course


def train_factors(
    factors: Mapping[str, Factors], task: Task[Any], plan: Plan, tell: Callable[[str], None] | None = None
) -> Course:
    """Low-rank pre-training: representations and projections, before there are codes. Raises ValueError after."""
    if any(len(f.codes) for f in factors.values()):
        raise ValueError("representations that are clustered are trained as codewords")
    return _learn(factors, task, plan, tell)


def train_codewords(
    factors: Mapping[str, Factors], task: Task[Any], plan: Plan, tell: Callable[[str], None] | None = None
) -> Course:
    """Codewords and projections, the codes as they are. Raises ValueError where there are none."""
    if not all(len(f.codes) for f in factors.values()):
        raise ValueError("there are no codewords before clustering")
    return _learn(factors, task, plan, tell)
