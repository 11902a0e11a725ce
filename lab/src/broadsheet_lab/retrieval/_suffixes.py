"""The suffixes of a text in order, by induced sorting: linear time, whatever repeats.

The suffixes that are smaller than the next one while the one before is not ("leftmost S") are few; once they are in
order, two passes put all others in order. They are ordered by naming the substrings between them and sorting the
suffixes of the names, in the same way.

Nong, Zhang, Chan: Two Efficient Algorithms for Linear Time Suffix Array Construction. IEEE Transactions on Computers
60(10), 2011.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit

__all__ = ["suffix_array"]


@jit
def _small(text: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which suffixes are smaller than the next one (type S); the last is."""
    types = np.zeros(len(text), np.bool_)
    types[-1] = True
    for i in range(len(text) - 2, -1, -1):
        types[i] = text[i] < text[i + 1] or (text[i] == text[i + 1] and types[i + 1])
    return types


@jit
def _induced(
    text: NDArray[np.int32], small: NDArray[np.bool_], ends: NDArray[np.int64], leftmost: NDArray[np.int32]
) -> NDArray[np.int32]:
    """The order of all suffixes that follows from the order of `leftmost`, the S suffixes after an L suffix."""
    order = np.full(len(text), -1, np.int32)
    tails = ends.copy()
    for k in range(len(leftmost) - 1, -1, -1):
        tails[text[leftmost[k]]] -= 1
        order[tails[text[leftmost[k]]]] = leftmost[k]
    heads = np.zeros(len(ends), np.int64)
    heads[1:] = ends[:-1]
    for i in range(len(text)):
        j = order[i] - 1
        if j >= 0 and not small[j]:
            order[heads[text[j]]] = j
            heads[text[j]] += 1
    tails[:] = ends
    for i in range(len(text) - 1, -1, -1):
        j = order[i] - 1
        if j >= 0 and small[j]:
            tails[text[j]] -= 1
            order[tails[text[j]]] = j
    return order


@jit
def _named(
    text: NDArray[np.int32], small: NDArray[np.bool_], order: NDArray[np.int32], names: NDArray[np.int32]
) -> int:
    """names[i] = the rank of the substring from leftmost-S position i to the next one; how many are distinct."""
    n, name, last = len(text), -1, -1
    for place in order:
        if place == 0 or not small[place] or small[place - 1]:
            continue
        same = last >= 0
        step = 0
        while same:
            a, b = place + step, last + step
            if a >= n or b >= n or text[a] != text[b] or small[a] != small[b]:
                same = False
            elif step and small[a] and not small[a - 1]:
                break  # both come to their next leftmost-S position: b has the types of a
            step += 1
        name += not same
        names[place] = name
        last = place
    return name + 1


def suffix_array(text: NDArray[np.int32], symbols: int) -> NDArray[np.int32]:
    """The starts of the suffixes of text (n,) over 0..symbols-1 in ascending order; the last symbol is the one 0."""
    ends = np.cumsum(np.bincount(text, minlength=symbols))
    small = _small(text)
    leftmost = (np.flatnonzero(small[1:] & ~small[:-1]) + 1).astype(np.int32)
    order = _induced(text, small, ends, leftmost)  # sorts the substrings between leftmost-S positions
    names = np.empty(len(text), np.int32)
    distinct = _named(text, small, order, names)
    reduced = names[leftmost]
    sorted_ = np.argsort(reduced) if distinct == len(leftmost) else suffix_array(reduced, distinct)
    return _induced(text, small, ends, leftmost[sorted_])
