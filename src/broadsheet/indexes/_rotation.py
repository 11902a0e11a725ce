"""The random rotation of vectors before they are coded: random signs, then Hadamard transforms; nothing is kept.

A Hadamard matrix has a power of two of rows, and 384 components padded to 512 would be a third more to read. So
components are dealt out in turn to as many transforms as it takes, each of 128 or more.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.jit import jit

__all__ = ["signs_of", "turned", "turned_back", "turned_query"]


@lru_cache(maxsize=8)
def signs_of(d: int) -> NDArray[np.float32]:
    """The random signs of d-dimensional vectors, (D,), over the root of the width of a transform.

    D is the next multiple of 128 above d, 64 for up to as many dimensions.
    """
    least = 64 if d <= 64 else 128
    size = least * max(1, -(-d // least))
    signs = np.random.default_rng(d).choice(np.array([-1.0, 1.0], np.float32), size)
    return np.asarray(signs / np.float32(np.sqrt(_width(size))), np.float32)


@jit
def _width(size: int) -> int:
    """Of a transform, when rows of `size` components are split into as few equal ones as can be."""
    return size & -size


@jit
def _butterflies(x: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """The sums of neighbours, then their differences: one and the same round for every bit of a place."""
    half = len(x) >> 1
    sums, differences = out[:half], out[half:]
    for j in range(half):
        even, odd = x[2 * j], x[2 * j + 1]
        sums[j], differences[j] = even + odd, even - odd


@jit
def _hadamard(x: NDArray[np.float32]) -> None:
    """Multiply every part of every row of x (n, D) by the Hadamard matrix of Sylvester, in place.

    A round transforms the lowest bit of every place and makes it the highest, so after all of them bits are where they
    were; unlike butterflies in place, each round is one loop that runs in vector registers.
    """
    width = _width(x.shape[1])
    other = np.empty(width, np.float32)
    flat = x.reshape(-1)
    for first in range(0, len(flat), width):
        part = flat[first : first + width]
        left = width
        while left > 2:
            _butterflies(part, other)
            _butterflies(other, part)
            left >>= 2
        if left == 2:
            _butterflies(part, other)
            part[:] = other


@jit
def _dealt(vectors: NDArray[np.float32], signs: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Components with their signs, dealt out in turn to the parts of a row."""
    width = _width(len(signs))
    parts = len(signs) // width
    for i in range(len(vectors)):
        for part in range(parts):
            row = out[i, part * width : (part + 1) * width]
            for j in range(-(-(vectors.shape[1] - part) // parts)):
                row[j] = vectors[i, j * parts + part] * signs[j * parts + part]


@jit
def _finite(vector: NDArray[np.float32]) -> bool:
    """Whether every component is a number; counted by index, which runs in vector registers."""
    wrong = 0
    for j in range(len(vector)):
        wrong += int(not np.isfinite(vector[j]))
    return wrong == 0


@jit
def turned_query(query: NDArray[np.float32], signs: NDArray[np.float32]) -> NDArray[np.float32]:
    """`turned` for one vector (d,) whose signs are at hand, (D,). Raises ValueError on NaN or infinity."""
    if not _finite(query):  # before anything is allocated, which compiled code would not give back
        raise ValueError("the query is not finite")
    out = np.zeros((1, len(signs)), np.float32)
    _dealt(query.reshape(1, -1), signs, out)
    _hadamard(out)
    return out.ravel()


def turned(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors (n, d) rotated at random, (n, D): signs flipped, then Hadamard transforms; orthonormal."""
    signs = signs_of(vectors.shape[1])
    out = np.zeros((len(vectors), len(signs)), np.float32)
    _dealt(np.asarray(vectors, np.float32), signs, out)
    _hadamard(out)
    return out


def turned_back(rotated: NDArray[np.float32], d: int) -> NDArray[np.float32]:
    """The d-dimensional vectors (n, d) of which these (n, D) are the rotated ones."""
    out, signs = np.array(rotated, np.float32, order="C"), signs_of(d)
    _hadamard(out)
    width = _width(len(signs))
    parts, j = len(signs) // width, np.arange(d)
    return np.asarray(out[:, (j % parts) * width + j // parts] * signs[:d], np.float32)
