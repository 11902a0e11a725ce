"""Fine codes: four more bits per component than 8-bit codes, to rescore the best rows of a search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._rotation import rotate_back
from broadsheet.indexes.contract import Arrays, check_types
from broadsheet.indexes.scan import CodeBlock
from broadsheet.kit.native import kernel

__all__ = ["MORE", "best_fine", "fine_of", "inner_of", "refine", "vectors_of"]

MORE = 20  # rows scored at 12 bits, in addition to twice the number of results

_refined = kernel("fine_refined")
_scores = kernel("fine_scores")
_finest = kernel("fine_finest")


def refine(codes: NDArray[np.int8], components: NDArray[np.float32], steps: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Fine codes, (n, D / 2): the sixteenth of its 8-bit step in which each of `components` (n, D) lies.

    Byte j holds component j in its low bits and component j + D / 2 in its high ones.
    """
    n, d = codes.shape
    out = np.empty((n, d // 2), np.uint8)
    _refined(codes, components, steps, n, d, out)
    return out


def inner_of(
    block: CodeBlock, fine: NDArray[np.uint8], rotated: NDArray[np.float32], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The inner product of a rotated query (D,) with each of the rows, aligned; at 8 bits if `fine` is empty."""
    if not fine.shape[1]:
        return block.inner(rotated, rows)
    out = np.empty(len(rows), np.float32)
    _scores(block.codes, fine, block.scales, rotated, len(rotated), rows, len(rows), out)
    return out


def vectors_of(block: CodeBlock, fine: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """These vectors, decoded and rotated back, (m, d); from 8 bits per component if `fine` is empty."""
    if not fine.shape[1]:
        return block.vectors(rows)
    more = fine[rows]
    sixteenths = np.concatenate([more & np.uint8(15), more >> np.uint8(4)], axis=1)
    steps = block.codes[rows] + (sixteenths.astype(np.float32) - np.float32(7.5)) / np.float32(16)
    return rotate_back(np.asarray(steps * block.scales[rows, None], np.float32), block.dimensions)


def fine_of(arrays: Arrays, block: CodeBlock) -> NDArray[np.uint8]:
    """The fine codes of a block, (n, D / 2), or (n, 0) without any. Raises ValueError if they do not fit."""
    n, size = block.codes.shape
    check_types(arrays, fine=np.uint8)
    fine = arrays.get("fine", np.empty((n, 0), np.uint8))  # older files have none
    if fine.shape not in ((n, 0), (n, size // 2)):
        raise ValueError(f"{n} codes of {size} components and fine codes {fine.shape} differ")
    return fine


def best_fine(
    codes_and_fine: tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.uint8]],
    rotated: NDArray[np.float32],
    rows: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(rows, scores): the k best of the rows for a rotated query (D,), best first; at 8 bits without fine codes."""
    codes, scales, fine = codes_and_fine
    n, k = len(rows), min(k, len(rows))
    every, keys = np.empty(n, np.float32), np.empty(k, np.int64)
    best, values = np.empty(k, np.int64), np.empty(k, np.float32)
    arguments = (codes, scales, fine, fine.shape[1], rotated, len(rotated), rows, n, k)
    size = _finest(*arguments, every, keys, best, values)
    return best[:size], values[:size]
