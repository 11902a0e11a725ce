"""The random rotation of vectors before they are coded: random signs, then the Hadamard transform; nothing is kept."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.jit import jit

__all__ = ["signs_of", "turned", "turned_back"]


@lru_cache(maxsize=8)
def signs_of(d: int) -> NDArray[np.float32]:
    """The random signs of d-dimensional vectors over sqrt(D), (D,); D is the next multiple-of-64 power of two."""
    size = max(64, 1 << (d - 1).bit_length())
    signs = np.random.default_rng(d).choice(np.array([-1.0, 1.0], np.float32), size)
    return np.asarray(signs / np.float32(np.sqrt(size)), np.float32)


@jit
def _hadamard(x: NDArray[np.float32]) -> None:
    """Multiply every row of x (n, D) by the Hadamard matrix of Sylvester, in place."""
    for i in range(len(x)):
        span = 1
        while span < x.shape[1]:
            for first in range(0, x.shape[1], 2 * span):
                for j in range(first, first + span):
                    low, high = x[i, j], x[i, j + span]
                    x[i, j] = low + high
                    x[i, j + span] = low - high
            span *= 2


def turned(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors (n, d) rotated at random, (n, D): signs flipped, then the Hadamard transform; orthonormal."""
    signs = signs_of(vectors.shape[1])
    out = np.zeros((len(vectors), len(signs)), np.float32)
    np.multiply(vectors, signs[: vectors.shape[1]], out=out[:, : vectors.shape[1]])
    _hadamard(out)
    return out


def turned_back(rotated: NDArray[np.float32], d: int) -> NDArray[np.float32]:
    """The d-dimensional vectors (n, d) of which these (n, D) are the rotated ones."""
    out = np.ascontiguousarray(rotated, np.float32).copy()
    _hadamard(out)
    return np.asarray(out[:, :d] * signs_of(d)[:d])
