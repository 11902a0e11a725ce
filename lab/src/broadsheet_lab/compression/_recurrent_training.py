"""Trains the layers of recurrent binary codes: contrast against a queue of keys that a slower copy codes.

A query's code shall be nearest to its key's among the keys of the batch and of the batches before, whose codes come
from weights that follow those being trained (He et al.: Momentum Contrast, CVPR 2020). Of the others only the hardest
count.
The gradient of a sign is passed where its input is within 1 of zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as f

from broadsheet_lab.compression._recurrent import Contrast, Floats, Layer, Passes
from broadsheet_lab.training import Course, Epochs, Plan, train

__all__ = ["Queue", "Recurrent", "contrast", "learned"]

_SAME = 0.999  # cosine of vectors that are taken to be one


class _Sign(torch.autograd.Function):  # type: ignore[misc]
    """1 or -1, never 0; straight through within 1 of zero."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        context.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0).to(x.dtype)

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        (x,) = context.saved_tensors
        return gradients[0] * (x.abs() <= 1)


class _Layer(nn.Module):  # type: ignore[misc]
    """`stretch` (x A + max(x B + c, 0) C): A and C are as small as B, so that one rate of Adam fits all weights."""

    def __init__(self, layer: Layer, stretch: float = 1.0) -> None:
        super().__init__()
        a, b, c, d = (torch.from_numpy(w.copy()) for w in layer.weights)
        self.stretch = stretch
        self.a, self.b, self.c, self.d = map(nn.Parameter, (a / stretch, b, c, d / stretch))

    def forward(self, x: Tensor) -> Tensor:
        """(n, out) for x (n, in)."""
        return self.stretch * (x @ self.a + f.relu(x @ self.b + self.c) @ self.d)

    def arrays(self) -> Layer:
        """The weights as they are used."""
        weights = (self.stretch * self.a, self.b, self.c, self.stretch * self.d)
        return Layer([w.detach().numpy().copy() for w in weights])


class Recurrent(nn.Module):  # type: ignore[misc]
    """The recurrence with weights that learn, begun as those of `Passes`."""

    def __init__(self, passes: Passes) -> None:
        super().__init__()
        self.forth = nn.ModuleList(_Layer(layer, len(layer.weights[0]) ** 0.5) for layer in passes.forth)
        self.back = nn.ModuleList(_Layer(layer) for layer in passes.back)

    def forward(self, x: Tensor) -> Tensor:
        """The codes b_u (n, m) of unit vectors (n, d)."""
        code: Tensor = _Sign.apply(self.forth[0](x))
        for i, (w, v) in enumerate(zip(list(self.forth)[1:], self.back, strict=True), 1):
            left = w(x - f.normalize(v(code), dim=1))
            code = code + 2.0**-i * _Sign.apply(left)
        return code

    def arrays(self) -> Passes:
        """The layers to code with."""
        return Passes([layer.arrays() for layer in self.forth], [layer.arrays() for layer in self.back])


@dataclass(slots=True)
class Queue:
    """The newest keys: their vectors and their codes, unit rows, oldest first."""

    vectors: Tensor  # (q, d)
    codes: Tensor  # (q, m)
    most: int

    @classmethod
    def empty(cls, d: int, m: int, most: int) -> Queue:
        """No key yet."""
        return cls(torch.empty(0, d), torch.empty(0, m), most)

    def push(self, vectors: Tensor, codes: Tensor) -> None:
        """Append keys; the oldest beyond `most` go."""
        self.vectors = torch.cat([self.vectors, vectors])[-self.most :] if self.most else self.vectors
        self.codes = torch.cat([self.codes, codes.detach()])[-self.most :] if self.most else self.codes


def contrast(queries: Tensor, own: Tensor, others: Tensor, same: Tensor, shape: Contrast) -> Tensor:
    """InfoNCE of unit codes (n, m): query i asks for own[i] against the hardest of others (q, m).

    others[j] is no negative for query i where same[i, j] (n, q).
    """
    scores = (queries @ others.T / shape.temperature).masked_fill(same, -torch.inf)
    hardest = scores.topk(min(shape.hard, len(others)), dim=1).values
    mine = (queries * own).sum(dim=1, keepdim=True) / shape.temperature
    return f.cross_entropy(torch.cat([mine, hardest], dim=1), torch.zeros(len(queries), dtype=torch.long))


def learned(
    passes: Passes,
    x: Floats,
    partners: Floats,
    old: Floats | None,
    plan: Plan,
    shape: Contrast,
    tell: Callable[[str], None] | None = None,
) -> tuple[Passes, Course]:
    """The layers after training on pairs of unit vectors (n, d): partners ask for x, and for its `old` codes (n, m)."""
    network, slow = Recurrent(passes), Recurrent(passes).requires_grad_(False)
    m = passes.forth[0].weights[0].shape[1]
    queue, before = Queue.empty(x.shape[1], m, shape.queue), Queue.empty(x.shape[1], m, shape.queue)
    kept = [torch.from_numpy(rows) for rows in (x, partners)]
    stored = None if old is None else torch.from_numpy(old)

    def follow(_: int) -> None:
        with torch.no_grad():
            for mine, other in zip(slow.parameters(), network.parameters(), strict=True):
                mine.lerp_(other, 1 - shape.momentum)

    def loss(at: Tensor) -> Tensor:
        keys, asked = (rows[at] for rows in kept)
        with torch.no_grad():
            codes = f.normalize(slow(keys), dim=1)
        queue.push(keys, codes)
        asking = f.normalize(network(asked), dim=1)
        same = keys @ queue.vectors.T > _SAME
        total = contrast(asking, codes, queue.codes, same, shape)
        if stored is not None:
            before.push(keys, stored[at])
            total = total + contrast(asking, stored[at], before.codes, same, shape)
        return total

    batches = Epochs(len(x), lambda _, at: torch.from_numpy(np.sort(at)))
    course = train(network.parameters(), batches, loss, plan, before=follow, tell=tell)
    return network.arrays(), course
