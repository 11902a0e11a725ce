"""The random rotation of vectors before they are coded: random signs, then Hadamard transforms; nothing is stored.

The size of a Hadamard matrix is a power of two, and padding 384 components to 512 would add a third. So components are
divided in turn among several transforms, each of 128 components or more.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel

__all__ = ["rotate", "rotate_back", "rotate_query", "signs_of"]

_hadamard = kernel("rotation_hadamard")
_turned = kernel("rotation_turned")
_turned_query = kernel("rotation_turned_query")


@lru_cache(maxsize=8)
def signs_of(d: int) -> NDArray[np.float32]:
    """The random signs of d-dimensional vectors, (D,), divided by the square root of the width of a transform.

    D is d rounded up to a multiple of 128, or 64 for at most 64 dimensions.
    """
    least = 64 if d <= 64 else 128
    size = least * max(1, -(-d // least))
    signs = np.random.default_rng(d).choice(np.array([-1.0, 1.0], np.float32), size)
    return np.asarray(signs / np.float32(np.sqrt(_width(size))), np.float32)


def _width(size: int) -> int:
    """The width of a transform: rows of `size` components have as few equal transforms as possible."""
    return size & -size


def rotate_query(query: NDArray[np.float32], signs: NDArray[np.float32]) -> NDArray[np.float32]:
    """`rotate` for one vector (d,), given its signs, (D,). Raises ValueError on NaN or infinity."""
    size = len(signs)
    out = np.empty(size, np.float32)
    if _turned_query(query, len(query), signs, size, out, np.empty(_width(size), np.float32)):
        raise ValueError("the query is not finite")
    return out


def rotate(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rotate vectors (n, d) at random, (n, D): random signs, then Hadamard transforms; orthonormal."""
    n, d = vectors.shape
    signs = signs_of(d)
    size = len(signs)
    out = np.empty((n, size), np.float32)
    rows = np.ascontiguousarray(vectors, np.float32)
    _turned(rows, n, d, signs, size, out, np.empty(_width(size), np.float32))
    return out


def rotate_back(rotated: NDArray[np.float32], d: int) -> NDArray[np.float32]:
    """Undo the rotation: from (n, D) to the original vectors (n, d)."""
    out, signs = np.array(rotated, np.float32, order="C"), signs_of(d)
    width = _width(len(signs))
    _hadamard(out, len(out), len(signs), np.empty(width, np.float32))
    parts, j = len(signs) // width, np.arange(d)
    return np.asarray(out[:, (j % parts) * width + j // parts] * signs[:d], np.float32)
