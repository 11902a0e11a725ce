"""The inner loop of models that predict a word from the window around it: CBOW, Order and LBL, on one thread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.encoders._word_kernels import pair_step, random_bits
from broadsheet_lab.kit.jit import jit, jit_reordering

__all__ = ["CBOW", "LBL", "ORDER", "window_epoch"]

CBOW, ORDER, LBL = range(3)
Learned = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


@jit_reordering
def _mapped(matrix: NDArray[np.float32], word: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """out += matrix word."""
    for a in range(len(out)):
        total = np.float32(0)
        for b in range(len(word)):
            total += matrix[a, b] * word[b]
        out[a] += total


@jit_reordering
def _moved(
    matrix: NDArray[np.float32], word: NDArray[np.float32], change: NDArray[np.float32], scratch: NDArray[np.float32]
) -> None:
    """The word moves by matrix' change, the matrix by change word', both as they were before."""
    scratch[:] = 0
    for a in range(len(change)):
        for b in range(len(word)):
            scratch[b] += matrix[a, b] * change[a]
            matrix[a, b] += change[a] * word[b]
    for b in range(len(word)):
        word[b] += scratch[b]


@jit
def _place(at: int, p: int, window: int) -> int:
    """Where place p of a window of 2 `window` around `at` lies."""
    return at - window + p + (1 if p >= window else 0)


@jit
def _gathered(
    text: NDArray[np.int32], size: int, at: int, span: int, learned: Learned, kind: int, x: NDArray[np.float32]
) -> int:
    """x = what the words around place `at` come to; returns how many there are."""
    words, _, maps = learned
    d = words.shape[1]
    x[:] = 0
    count = 0
    for p in range(2 * span):
        other = _place(at, p, span)
        if other < 0 or other >= size:
            continue
        count += 1
        word = words[text[other]]
        if kind == LBL:
            _mapped(maps[p], word, x)
        else:
            start = p * d if kind == ORDER else 0
            for j in range(d):
                x[start + j] += word[j]
    if kind == CBOW:
        for j in range(d):
            x[j] /= np.float32(max(count, 1))
    return count


@jit
def _spread(
    text: NDArray[np.int32],
    size: int,
    at: int,
    span: int,
    learned: Learned,
    kind: int,
    change: NDArray[np.float32],
    scratch: NDArray[np.float32],
) -> None:
    """What x is to move by, `change`, is passed on to the words around place `at` (and to the matrices)."""
    words, _, maps = learned
    d = words.shape[1]
    count = np.float32(min(at, span) + min(size - 1 - at, span))
    for p in range(2 * span):
        other = _place(at, p, span)
        if other < 0 or other >= size:
            continue
        word = words[text[other]]
        if kind == LBL:
            _moved(maps[p], word, change, scratch)
        elif kind == ORDER:
            for j in range(d):
                word[j] += change[p * d + j]
        else:
            for j in range(d):
                word[j] += change[j] / count


@jit
def window_epoch(
    slots: NDArray[np.int32],
    bounds: NDArray[np.int64],
    keep: NDArray[np.float64],
    table: NDArray[np.int32],
    learned: Learned,
    how: tuple[int, int, int],
    rates: tuple[float, float],
    state: NDArray[np.uint64],
) -> float:
    """One pass over the texts: each word, and words drawn from `table`, told apart by the words around it.

    `learned` are words (v, d), outputs (v, w) and matrices (2 window, d, d); `how` is (window, negatives, model). CBOW
    takes the mean of the words in a window drawn from 1 to the whole; Order sets the words side by side, w = 2 window
    d; LBL adds them up, each through the matrix of its place. Rates, `keep` and the return value as in skip_gram_epoch.
    """
    window, negatives, kind = how
    words, outputs, _ = learned
    longest = 0
    for i in range(len(bounds) - 1):
        longest = max(longest, bounds[i + 1] - bounds[i])
    text = np.empty(longest, np.int32)
    x, change = np.empty(outputs.shape[1], np.float32), np.empty(outputs.shape[1], np.float32)
    scratch = np.empty(words.shape[1], np.float32)
    scale = 1 / 2.0**53
    total, predicted = 0.0, 0
    for i in range(len(bounds) - 1):
        rate = rates[0] + (rates[1] - rates[0]) * i / (len(bounds) - 1)
        size = 0
        for t in range(bounds[i], bounds[i + 1]):
            if float(random_bits(state) >> np.uint64(11)) * scale < keep[slots[t]]:
                text[size] = slots[t]
                size += 1
        for at in range(size):
            span = 1 + int(random_bits(state) % np.uint64(window)) if kind == CBOW else window
            if not _gathered(text, size, at, span, learned, kind, x):
                continue
            change[:] = 0
            total += pair_step(x, outputs[text[at]], 1.0, rate, change)
            for _ in range(negatives):
                drawn = table[int(random_bits(state) % np.uint64(len(table)))]
                if drawn != text[at]:
                    total += pair_step(x, outputs[drawn], 0.0, rate, change)
            _spread(text, size, at, span, learned, kind, change, scratch)
            predicted += 1
    return total / max(predicted, 1)
