"""Codes of 1, 2, 4 or 8 bits a component: how they are packed into bytes, and the scan that never unpacks them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit_reordering

__all__ = ["add_scanned", "packed", "unpacked"]


def packed(codes: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Codes (n, d) of `bits` bits in bytes (n, w), w = ceil(d bits / 8).

    Byte j holds components j, j + w, j + 2w, ... from its low bits up, so that a scan reads each run in order.
    """
    n, d = codes.shape
    runs = 8 // bits
    width = -(-d // runs)
    padded = np.zeros((n, runs * width), np.uint8)
    padded[:, :d] = codes
    out = padded[:, :width].copy()
    for run in range(1, runs):
        out |= padded[:, run * width : (run + 1) * width] << np.uint8(run * bits)
    return out


def unpacked(bytes_: NDArray[np.uint8], bits: int, d: int) -> NDArray[np.uint8]:
    """The codes (n, d) again."""
    runs = [(bytes_ >> np.uint8(run * bits)) & np.uint8(2**bits - 1) for run in range(8 // bits)]
    return np.concatenate(runs, axis=1)[:, :d]


@jit_reordering
def _scan_bytes(
    codes: NDArray[np.uint8],
    query: NDArray[np.float32],
    step: NDArray[np.uint16],
    lower: NDArray[np.uint16],
    halves: NDArray[np.float32],
    scale: np.float32,
    offset: np.float32,
    out: NDArray[np.float32],
) -> None:
    """As `_scan` for 8 bits; four rows at a time, so that the query is read once for all of them."""
    n, width = codes.shape
    for i in range(0, n - 3, 4):
        a, b, c, d = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for j in range(width):
            value = query[j]
            a += np.float32(codes[i, j]) * value
            b += np.float32(codes[i + 1, j]) * value
            c += np.float32(codes[i + 2, j]) * value
            d += np.float32(codes[i + 3, j]) * value
        out[i] += scale * halves[step[i]] * a + offset * halves[lower[i]]
        out[i + 1] += scale * halves[step[i + 1]] * b + offset * halves[lower[i + 1]]
        out[i + 2] += scale * halves[step[i + 2]] * c + offset * halves[lower[i + 2]]
        out[i + 3] += scale * halves[step[i + 3]] * d + offset * halves[lower[i + 3]]
    for i in range(n - n % 4, n):
        total = np.float32(0)
        for j in range(width):
            total += np.float32(codes[i, j]) * query[j]
        out[i] += scale * halves[step[i]] * total + offset * halves[lower[i]]


@jit_reordering
def _scan(
    codes: NDArray[np.uint8],
    weights: NDArray[np.float32],
    bits: int,
    step: NDArray[np.uint16],
    lower: NDArray[np.uint16],
    halves: NDArray[np.float32],
    scale: np.float32,
    offset: np.float32,
    out: NDArray[np.float32],
) -> None:
    """out[i] += scale * step_i * (the sum over j of code_ij * query_j) + offset * lower_i.

    Codes packed, (n, w); weights (8 / bits, w) from `_weights`; step and lower (n,) as the bits of 16-bit floats, whose
    values `halves` holds, (65536,).
    """
    width = codes.shape[1]
    for i in range(len(codes)):
        total = np.float32(0)
        for j in range(width):
            total += np.float32(codes[i, j]) * weights[0, j]
        for run in range(1, 8 // bits):
            share = np.float32(1.0 / (1 << (run * bits)))
            for j in range(width):
                total += np.floor(np.float32(codes[i, j]) * share) * weights[run, j]
        out[i] += scale * halves[step[i]] * total + offset * halves[lower[i]]


@lru_cache(maxsize=1)
def _halves() -> NDArray[np.float32]:
    """The value of every 16-bit float, by its bits, (65536,); those that are not finite are never looked up."""
    values = np.arange(65_536, dtype=np.uint16).view(np.float16).astype(np.float32)
    return np.where(np.isfinite(values), values, 0)


def _weights(query: NDArray[np.float32], bits: int, width: int) -> NDArray[np.float32]:
    """The query's components rearranged for `_scan`, (8 / bits, w).

    A byte c holds digits c_r = h_r - 2^B h_(r+1) with h_r = floor(c / 2^(B r)), so the sum of c_r q_r over r equals the
    sum of h_r (q_r - 2^B q_(r-1)): floors of floats, which run in vector registers, instead of masks and shifts.
    """
    runs = np.zeros((8 // bits, width), np.float32)
    runs.reshape(-1)[: len(query)] = query
    runs[1:] -= 2**bits * runs[:-1].copy()
    return runs


def add_scanned(
    codes: NDArray[np.uint8],
    query: NDArray[np.float32],
    bits: int,
    step: NDArray[np.float16],
    lower: NDArray[np.float16],
    out: NDArray[np.float32],
    *,
    scale: float,
    offset: float,
) -> None:
    """out[i] += scale * step_i * <code_i, query> + offset * lower_i, for packed codes (n, w) and a query (d,)."""
    weights = _weights(query, bits, codes.shape[1])
    bits_of = step.view(np.uint16), lower.view(np.uint16)
    if bits == 8:
        _scan_bytes(codes, weights[0], *bits_of, _halves(), np.float32(scale), np.float32(offset), out)
    else:
        _scan(codes, weights, bits, *bits_of, _halves(), np.float32(scale), np.float32(offset), out)
