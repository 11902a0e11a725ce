"""Low-rank corrections of the weights of a frozen network: small to train and store, free once added in.

Problem: a fine-tuned network is as large as the one it came from. Idea: every matrix W becomes W + B A, where B has few
columns and A few rows; only A and B are trained and stored, and the sum is computed once, before use.

Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang, Chen: LoRA: Low-Rank Adaptation of Large Language Models. ICLR 2022.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["add", "add_trainable", "read_corrections"]

Arrays = Mapping[str, NDArray[Any]]
_A, _B = ".a", ".b"


def add_trainable(network: Any, rank: int) -> dict[str, Any]:
    """Freeze a network and add a trainable correction of this rank to every linear layer; returns parameters by name.

    A starts at random and B at zero, so that the network's output does not change.
    """
    import torch
    from torch import nn
    from torch.nn.functional import linear

    class CorrectedLinear(nn.Module):  # type: ignore[misc]  # torch has no types here
        """A frozen layer and its correction."""

        def __init__(self, base: Any) -> None:
            super().__init__()
            self.base = base
            self.a = nn.Parameter(torch.randn(rank, base.in_features) / math.sqrt(base.in_features))
            self.b = nn.Parameter(torch.zeros(base.out_features, rank))

        def forward(self, x: Any) -> Any:
            return self.base(x) + linear(linear(x, self.a.to(x.dtype)), self.b.to(x.dtype))

    parameters: dict[str, Any] = {}
    for parameter in network.parameters():
        parameter.requires_grad = False
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.Linear):
            parent, _, own = name.rpartition(".")
            layer = CorrectedLinear(module)
            setattr(network.get_submodule(parent), own, layer)
            parameters |= {name + _A: layer.a, name + _B: layer.b}
    return parameters


def read_corrections(arrays: Arrays) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Read the corrections (A, B) of every layer from arrays. Raises ValueError if they do not fit together."""
    corrections = {}
    for name in (n.removesuffix(_A) for n in arrays if n.endswith(_A)):
        a, b = arrays[name + _A], arrays.get(name + _B)
        if b is None or a.ndim != 2 or b.ndim != 2 or len(a) != b.shape[1]:
            raise ValueError(f"the two matrices of {name} do not fit together")
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            raise ValueError(f"a matrix of {name} is not finite")
        corrections[name] = a.astype(np.float32), b.astype(np.float32)
    return corrections


def add(network: Any, corrections: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]) -> None:
    """Add the corrections to the network's own weights. Raises ValueError if they belong to another network."""
    import torch
    from torch import nn

    with torch.no_grad():
        for name, (a, b) in corrections.items():
            try:
                layer = network.get_submodule(name)
            except AttributeError:
                raise ValueError(f"the network has no layer {name}") from None
            if not isinstance(layer, nn.Linear) or layer.weight.shape != (len(b), a.shape[1]):
                raise ValueError(f"the correction of {name} is one of another network")
            layer.weight.copy_(layer.weight.float() + torch.from_numpy(b @ a))
