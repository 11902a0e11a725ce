"""The layers of a nested sequence model in torch. Sequences lie one after the other, (positions, N)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy, layer_norm, silu

__all__ = ["block", "block_mask", "block_shapes", "drawn", "lambdas", "nested_loss", "places_of"]

Ints = NDArray[np.int64]
Params = Mapping[str, Any]  # name -> tensor

_MATRICES = ("b_real", "b_imaginary", "c_real", "c_imaginary", "gate", "up", "down")
_VECTORS = ("nu", "theta", "gamma", "gain1", "shift1", "gain2", "shift2")
_RADIUS = (0.0, 0.1)  # of |lambda| at the start


def block_shapes(width: int) -> dict[str, tuple[int, int]]:
    """The arrays of one block."""
    return {**dict.fromkeys(_MATRICES, (width, width)), **dict.fromkeys(_VECTORS, (1, width))}


def block_mask(sizes: tuple[int, ...]) -> NDArray[np.bool_]:
    """(N, N), input by output: outputs m_{i-1} to m_i read inputs below m_i. Cut at any m it is the mask of m."""
    reach = np.repeat(sizes, np.diff((0, *sizes)))  # (N,) how far each output reads
    return np.arange(sizes[-1])[:, None] < reach


def drawn(wide: int, sizes: tuple[int, ...], blocks: int, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Normal matrices of size 1 / sqrt(inputs); lambda uniform on a ring; gamma = sqrt(1 - |lambda|^2)."""
    n, mask = sizes[-1], block_mask(sizes)
    found = {"project": rng.standard_normal((wide, n)) / wide**0.5, "bias": np.zeros((1, n))}
    for k in range(blocks):
        made = {name: np.zeros(shape) for name, shape in block_shapes(n).items()}
        for name in _MATRICES:
            made[name] = rng.standard_normal((n, n)) * mask / np.sqrt(mask.sum(axis=0))
        low, high = _RADIUS
        square = rng.uniform(low**2 + 1e-6, high**2, (1, n))  # |lambda|^2
        made["nu"] = np.log(-0.5 * np.log(square))
        made["theta"] = np.log(2 * np.pi * rng.uniform(1e-3, 1, (1, n)))
        made["gamma"] = 0.5 * np.log(1 - square)
        made["gain1"], made["gain2"] = np.ones((1, n)), np.ones((1, n))
        found.update({f"{name}.{k}": value for name, value in made.items()})
    return {name: value.astype(np.float32) for name, value in found.items()}


def places_of(bounds: Ints) -> Any:
    """How far each position is from the start of its sequence, a tensor (positions,)."""
    lengths = np.diff(bounds)
    return torch.from_numpy(np.arange(bounds[-1]) - np.repeat(bounds[:-1], lengths))


def lambdas(params: Params) -> Any:
    """exp(-exp(nu) + i exp(theta)), (N,): inside the unit circle whatever nu and theta."""
    return torch.exp(torch.complex(-torch.exp(params["nu"][0]), torch.exp(params["theta"][0])))


def _norm(x: Any, params: Params, which: str, sizes: tuple[int, ...]) -> Any:
    """Layer normalisation of each block of dimensions by itself, so that a cut model sees what it saw."""
    parts = [layer_norm(x[:, a:b], (b - a,)) for a, b in zip((0, *sizes), sizes, strict=False)]
    return torch.cat(parts, dim=1) * params[f"gain{which}"] + params[f"shift{which}"]


def _scan(u: Any, power: Any, places: Any) -> Any:
    """h_t = lambda h_{t-1} + u_t in every sequence, from zero, by doubling how far back each position has looked."""
    h, step, longest = u, 1, int(places.max()) if len(places) else 0
    while step <= longest:
        late = torch.nonzero(places >= step)[:, 0]
        h = h.index_add(0, late, power * h[late - step])
        power, step = power * power, 2 * step
    return h


def _recurrence(x: Any, places: Any, params: Params) -> Any:
    """The linear recurrent unit: Re(C h) with h_t = lambda h_{t-1} + gamma B x_t."""
    gamma = torch.exp(params["gamma"])
    u = torch.complex((x @ params["b_real"]) * gamma, (x @ params["b_imaginary"]) * gamma)
    h = _scan(u, lambdas(params), places)
    return h.real @ params["c_real"] - h.imag @ params["c_imaginary"]


def block(x: Any, places: Any, params: Params, sizes: tuple[int, ...], drop: Any = lambda x: x) -> Any:
    """One block: x + LRU(norm x), then that + FFN(norm of that), (SiLU(x G) * x U) D; `drop` is for what they add."""
    x = x + drop(_recurrence(_norm(x, params, "1", sizes), places, params))
    inner = _norm(x, params, "2", sizes)
    return x + drop((silu(inner @ params["gate"]) * (inner @ params["up"])) @ params["down"])


def nested_loss(x: Any, items: Any, labels: Any, sizes: tuple[int, ...], *, half: bool = False) -> Any:
    """The mean over sizes m of the cross-entropy of x[:, :m] items[:, :m]' over all items.

    x (b, N), items (n, N), the wanted ones (b,). The scores of a size are those of the size before and what it adds;
    `half` multiplies in bfloat16.
    """
    if half:
        x, items = x.bfloat16(), items.bfloat16()
    scores, loss, start = 0.0, 0.0, 0
    for m in sizes:
        scores = scores + (x[:, start:m] @ items[:, start:m].T).float()
        loss = loss + cross_entropy(scores, labels)
        start = m
    return loss / len(sizes)
