"""How weights go down: AdamW, in which only matrices decay, at a rate that rises for some steps and then falls."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import Parameter

__all__ = ["adam_of", "descend", "set_rate"]

_LEAST = 0.02  # of the rate, at last
_LONGEST = 1.0  # the gradient, at most


def adam_of(parameters: Iterable[Parameter], rate: float) -> torch.optim.AdamW:
    """The optimiser of these parameters."""
    learned = list(parameters)
    groups = [
        {"params": [p for p in learned if p.ndim == 2], "weight_decay": 0.01},
        {"params": [p for p in learned if p.ndim != 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)


def set_rate(adam: torch.optim.AdamW, rate: float, *, step: int, steps: int, warm: int) -> None:
    """Set the rate of one of `steps` steps: it rises for `warm` of them, and falls with a cosine from first to last."""
    slope = math.cos(step / steps * math.pi / 2)
    for group in adam.param_groups:
        group["lr"] = rate * min(1, (step + 1) / warm) * max(_LEAST, slope)


def descend(adam: torch.optim.AdamW, loss: Tensor, parameters: Iterable[Parameter]) -> None:
    """Take one step; the gradient of `parameters` is cut to length 1."""
    adam.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, _LONGEST)
    adam.step()
