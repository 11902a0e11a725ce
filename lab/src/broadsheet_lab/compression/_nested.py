"""The layers of a nested sequence model, each with its gradient. Sequences lie one after the other, (positions, N).

Every function that goes forward gives its output and a function that takes the output's gradient, adds the gradients of
the weights to `grads` and gives that of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.contrast import cross_entropy
from broadsheet_lab.kit.jit import jit

__all__ = [
    "Back",
    "Floats",
    "Grads",
    "Ints",
    "block",
    "block_mask",
    "block_shapes",
    "lambdas",
    "nested_softmax",
    "sequences_checked",
]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Complex = NDArray[np.complex64]
Params = Mapping[str, Floats]
Grads = dict[str, NDArray[Any]]
Back = Callable[[Floats], Floats]

_MATRICES = ("b_real", "b_imaginary", "c_real", "c_imaginary", "gate", "up", "down")
_VECTORS = ("nu", "theta", "gamma", "gain1", "shift1", "gain2", "shift2")


def block_shapes(width: int) -> dict[str, tuple[int, int]]:
    """The arrays of one block."""
    return {**dict.fromkeys(_MATRICES, (width, width)), **dict.fromkeys(_VECTORS, (1, width))}


def block_mask(sizes: tuple[int, ...]) -> NDArray[np.bool_]:
    """(N, N), input by output: outputs m_{i-1} to m_i read inputs below m_i. Cut at any m it is the mask of m."""
    reach = np.repeat(sizes, np.diff((0, *sizes)))  # (N,) how far each output reads
    return np.arange(sizes[-1])[:, None] < reach


def _linear(x: Floats, params: Params, name: str, grads: Grads) -> tuple[Floats, Back]:
    """x W. What the mask forbids is zero in W already, and stays so if gradients are masked."""
    w = params[name]

    def back(g: Floats) -> Floats:
        grads[name] = grads.get(name, 0) + x.T @ g
        return np.asarray(g @ w.T)

    return x @ w, back


def _norm(x: Floats, params: Params, which: str, sizes: tuple[int, ...], grads: Grads) -> tuple[Floats, Back]:
    """Layer normalisation of each block of dimensions by itself, so that a cut model sees what it saw."""
    gain, shift = params[f"gain{which}"], params[f"shift{which}"]
    spans = list(zip((0, *sizes), sizes, strict=False))
    unit, scale = np.empty_like(x), np.empty((len(x), len(sizes)), np.float32)
    for k, (a, b) in enumerate(spans):
        centred = x[:, a:b] - x[:, a:b].mean(axis=1, keepdims=True)
        scale[:, k] = 1 / np.sqrt(np.square(centred).mean(axis=1) + 1e-5)
        unit[:, a:b] = centred * scale[:, k, None]

    def back(g: Floats) -> Floats:
        grads[f"gain{which}"] = (g * unit).sum(axis=0, keepdims=True)
        grads[f"shift{which}"] = g.sum(axis=0, keepdims=True)
        by_unit, out = g * gain, np.empty_like(g)
        for k, (a, b) in enumerate(spans):
            part, u = by_unit[:, a:b], unit[:, a:b]
            even = part.mean(axis=1, keepdims=True) + u * (part * u).mean(axis=1, keepdims=True)
            out[:, a:b] = (part - even) * scale[:, k, None]
        return out

    return unit * gain + shift, back


def lambdas(params: Params) -> Complex:
    """exp(-exp(nu) + i exp(theta)), (N,): inside the unit circle whatever nu and theta."""
    return np.asarray(np.exp(-np.exp(params["nu"][0]) + 1j * np.exp(params["theta"][0])), np.complex64)


@jit
def _scan(u: Complex, lam: Complex, bounds: Ints) -> Complex:
    """h_t = lambda h_{t-1} + u_t in every sequence, from zero."""
    h = u.copy()
    for s in range(len(bounds) - 1):
        for t in range(bounds[s] + 1, bounds[s + 1]):
            for j in range(len(lam)):
                h[t, j] += lam[j] * h[t - 1, j]
    return h


@jit
def _scan_back(g: Complex, h: Complex, lam: Complex, bounds: Ints, by_lam: Complex) -> Complex:
    """The gradient of u given that of h (both as real part + i imaginary part); adds lambda's to `by_lam`."""
    out = g.copy()
    for s in range(len(bounds) - 1):
        for t in range(bounds[s + 1] - 1, bounds[s], -1):
            for j in range(len(lam)):
                out[t - 1, j] += lam[j].conjugate() * out[t, j]
                by_lam[j] += out[t, j] * h[t - 1, j].conjugate()
    return out


def _recurrence(x: Floats, bounds: Ints, params: Params, grads: Grads) -> tuple[Floats, Back]:
    """The linear recurrent unit: Re(C h) with h_t = lambda h_{t-1} + gamma B x_t."""
    real, back_real = _linear(x, params, "b_real", grads)
    imaginary, back_imaginary = _linear(x, params, "b_imaginary", grads)
    lam, gamma = lambdas(params), np.exp(params["gamma"])
    bx = np.asarray(real + 1j * imaginary, np.complex64)
    h = _scan(bx * gamma, lam, bounds)
    one, back_one = _linear(np.asarray(h.real, np.float32), params, "c_real", grads)
    other, back_other = _linear(np.asarray(h.imag, np.float32), params, "c_imaginary", grads)

    def back(g: Floats) -> Floats:
        by_h = np.asarray(back_one(g) + 1j * back_other(-g), np.complex64)
        by_lam = np.zeros(len(lam), np.complex64)
        by_u = _scan_back(by_h, h, lam, bounds, by_lam)
        # the real loss moves with a real p by Re(conj(g) d lambda / d p)
        grads["nu"] = (by_lam.conj() * lam * -np.exp(params["nu"][0])).real[None]
        grads["theta"] = (by_lam.conj() * lam * 1j * np.exp(params["theta"][0])).real[None]
        grads["gamma"] = ((by_u.conj() * bx).real * gamma).sum(axis=0, keepdims=True)
        by_bx = by_u * gamma
        real_part, other_part = np.asarray(by_bx.real, np.float32), np.asarray(by_bx.imag, np.float32)
        return np.asarray(back_real(real_part) + back_imaginary(other_part))

    return one - other, back


def _feed_forward(x: Floats, params: Params, grads: Grads) -> tuple[Floats, Back]:
    """(SiLU(x G) * x U) D."""
    gate, back_gate = _linear(x, params, "gate", grads)
    up, back_up = _linear(x, params, "up", grads)
    share = np.asarray(1 / (1 + np.exp(-np.clip(gate, -60, 60))), np.float32)
    out, back_down = _linear(gate * share * up, params, "down", grads)

    def back(g: Floats) -> Floats:
        inner = back_down(g)
        by_gate = inner * up * share * (1 + gate * (1 - share))
        return back_gate(by_gate) + back_up(inner * gate * share)

    return out, back


def block(
    x: Floats,
    bounds: Ints,
    params: Params,
    sizes: tuple[int, ...],
    grads: Grads,
    masks: tuple[Floats, Floats] | None = None,
) -> tuple[Floats, Back]:
    """One block: x + LRU(norm x), then that + FFN(norm of that). `masks` drop out what the two add."""
    first, back_norm1 = _norm(x, params, "1", sizes, grads)
    mixed, back_mix = _recurrence(first, bounds, params, grads)
    middle = x + (mixed * masks[0] if masks else mixed)
    second, back_norm2 = _norm(middle, params, "2", sizes, grads)
    fed, back_feed = _feed_forward(second, params, grads)
    out = middle + (fed * masks[1] if masks else fed)

    def back(g: Floats) -> Floats:
        g = g + back_norm2(back_feed(g * masks[1] if masks else g))
        return np.asarray(g + back_norm1(back_mix(g * masks[0] if masks else g)))

    return out, back


def nested_softmax(
    x: Floats, items: Floats, labels: Ints, offsets: Floats, sizes: tuple[int, ...]
) -> tuple[float, Floats, Floats]:
    """The mean over sizes m of the cross-entropy of x[:, :m] items[:, :m]' - offsets, and its gradients.

    x (b, N), candidates (c, N), the rows of the wanted ones (b,), offsets (c,): log of the chance to be a candidate.
    """
    loss, by_x, by_items = 0.0, np.zeros_like(x), np.zeros_like(items)
    share = np.float32(1 / (len(x) * len(sizes)))
    for m in sizes:
        own, p = cross_entropy(x[:, :m] @ items[:, :m].T - offsets, labels)
        loss += own / len(sizes)
        p *= share
        by_x[:, :m] += p @ items[:, :m]
        by_items[:, :m] += p.T @ x[:, :m]
    return loss, by_x, by_items


def sequences_checked(items: NDArray[np.integer], bounds: NDArray[np.integer], n: int) -> tuple[Ints, Ints]:
    """Sequence i is items[bounds[i]:bounds[i + 1]]. Raises ValueError if bounds or items do not fit."""
    flat, ends = np.asarray(items, np.int64), np.asarray(bounds, np.int64)
    if (
        flat.ndim != 1
        or ends.ndim != 1
        or not len(ends)
        or ends[0] != 0
        or ends[-1] != len(flat)
        or (np.diff(ends) < 1).any()
    ):
        raise ValueError(f"bounds run from 0 to {len(flat)} in steps of at least 1, not {ends[:3]}...{ends[-1:]}")
    if len(flat) and not 0 <= int(flat.min()) <= int(flat.max()) < n:
        raise ValueError(f"items are numbered 0 to {n - 1}, not {flat.min()} to {flat.max()}")
    return flat, ends
