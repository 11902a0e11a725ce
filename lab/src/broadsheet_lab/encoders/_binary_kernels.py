"""The inner loops of binary paragraph vectors, one document after another on one thread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.encoders._word_kernels import random_bits
from broadsheet_lab.kit.jit import jit, jit_reordering

__all__ = ["memory_epoch", "paragraph_epoch"]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # of small seeds over all bits


@jit_reordering
def _adagrad(
    row: NDArray[np.float32], squares: NDArray[np.float32], gradient: NDArray[np.float32], rate: float
) -> None:
    """row -= rate * gradient / sqrt(sum of its squares so far)."""
    eta = np.float32(rate)
    for j in range(len(row)):
        squares[j] += gradient[j] * gradient[j]
        row[j] -= eta * gradient[j] / np.sqrt(squares[j])


@jit_reordering
def _predict(
    code: NDArray[np.float32],
    gram: int,
    drawn: NDArray[np.int64],
    log_noise: NDArray[np.float32],
    grams: NDArray[np.float32],
    errors: NDArray[np.float32],
) -> float:
    """Sampled softmax of one n-gram against those drawn: errors (k + 1,) = p - y, returns -log p of the n-gram.

    The logits are code . gram + bias - log(expected draws), the n-gram's own first; a draw of itself has no part.
    """
    d = len(code)
    greatest = np.float32(-1e30)
    for n in range(len(errors)):
        which = gram if n == 0 else drawn[n - 1]
        logit = grams[which, d] - log_noise[which]
        for j in range(d):
            logit += code[j] * grams[which, j]
        errors[n] = np.float32(-1e30) if n and which == gram else logit
        greatest = max(greatest, errors[n])
    total = np.float32(0)
    for n in range(len(errors)):
        errors[n] = np.exp(errors[n] - greatest)
        total += errors[n]
    for n in range(len(errors)):
        errors[n] /= total
    loss = -np.log(max(errors[0], np.float32(1e-30)))
    errors[0] -= np.float32(1)
    return float(loss)


@jit
def _encoded(
    real: NDArray[np.float32], projection: NDArray[np.float32], soft: NDArray[np.float32], code: NDArray[np.float32]
) -> None:
    """soft = sigma(P r), code = soft rounded; without a projection (0, ...) the embedding itself is P r."""
    d = len(code)
    for j in range(d):
        if len(projection):
            total = np.float32(0)
            for i in range(len(real)):
                total += projection[j, i] * real[i]
        else:
            total = real[j]
        soft[j] = np.float32(1) / (np.float32(1) + np.exp(-total))
        code[j] = np.float32(1) if soft[j] > 0.5 else np.float32(0)


@jit_reordering
def _through(
    to_code: NDArray[np.float32],
    projection: NDArray[np.float32],
    squares: NDArray[np.float32],
    real: NDArray[np.float32],
    to_real: NDArray[np.float32],
    rate: float,
) -> None:
    """to_real += P' to_code; then P moves by AdaGrad, unless the rate is zero."""
    eta = np.float32(rate)
    for j in range(len(to_code)):
        for k in range(len(real)):
            to_real[k] += to_code[j] * projection[j, k]
            if eta > 0:
                gradient = to_code[j] * real[k]
                squares[j, k] += gradient * gradient
                projection[j, k] -= eta * gradient / np.sqrt(squares[j, k])


@jit_reordering
def _charged(
    code: NDArray[np.float32],
    gram: NDArray[np.float32],
    error: float,
    squares: NDArray[np.float32],
    to_code: NDArray[np.float32],
    rate: float,
) -> None:
    """One n-gram's part: to_code += error * gram; then the n-gram and its bias move, unless the rate is zero."""
    wrong, eta, d = np.float32(error), np.float32(rate), len(code)
    for j in range(d):
        to_code[j] += wrong * gram[j]
    if eta > 0:
        for j in range(d):
            gradient = wrong * code[j]
            squares[j] += gradient * gradient
            gram[j] -= eta * gradient / np.sqrt(squares[j])
        squares[d] += wrong * wrong
        gram[d] -= eta * wrong / np.sqrt(squares[d])


@jit
def _masked(kept: NDArray[np.float32], dropout: float, state: NDArray[np.uint64]) -> None:
    """0 with the probability `dropout`, else 1 / (1 - dropout): what is kept of a code in one step."""
    scale = 1 / 2.0**53
    for j in range(len(kept)):
        drawn = float(random_bits(state) >> np.uint64(11)) * scale
        kept[j] = np.float32(0) if drawn < dropout else np.float32(1 / (1 - dropout))


@jit
def paragraph_epoch(  # long: one loop: its scratch arrays are made once, before the first document
    slots: NDArray[np.int32],
    bounds: NDArray[np.int64],
    order: NDArray[np.int64],
    noise: tuple[NDArray[np.int32], NDArray[np.float32]],
    reals: NDArray[np.float32],
    projection: NDArray[np.float32],
    grams: NDArray[np.float32],
    squares: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]],
    how: tuple[float, int, int, bool, int, float],
) -> float:
    """One pass over the documents in `order`; returns the mean loss an n-gram.

    `noise` is the table of n-grams to draw from and the logarithm of the expected draws of each (v,); rows of `grams`
    are (d + 1,), the last the bias; `squares` are those of reals, projection and grams. `how` is (rate, n-grams a step,
    draws an n-gram, whether n-grams and projection stay as they are, seed, dropout): with them fixed, what becomes of a
    document depends on it and the seed alone. The gradient passes the rounding as if it were not there. With the chance
    `dropout` a step does not see a bit; it sees the others so much greater.
    """
    rate, group, draws, frozen, seed, dropout = how
    table, log_noise = noise
    d = grams.shape[1] - 1
    soft, code, to_code = np.empty(d, np.float32), np.empty(d, np.float32), np.empty(d, np.float32)
    kept = np.ones(d, np.float32)
    errors = np.empty(draws + 1, np.float32)
    to_real = np.empty(reals.shape[1], np.float32)
    drawn = np.empty(draws, np.int64)
    start = np.uint64(2 * seed + 1) * _SPREAD  # odd times odd: not zero
    state = np.array([start], np.uint64)
    total, count = 0.0, 0
    for i in order:
        if frozen:
            state[0] = start
        first, size = bounds[i], bounds[i + 1] - bounds[i]
        steps = -(-size // group)
        for _ in range(steps):
            _encoded(reals[i], projection, soft, code)
            if dropout > 0:
                _masked(kept, dropout, state)
                for j in range(d):
                    code[j] *= kept[j]
            to_code[:] = 0
            for _ in range(group):
                gram = slots[first + int(random_bits(state) % np.uint64(size))]
                for n in range(draws):
                    drawn[n] = table[int(random_bits(state) % np.uint64(len(table)))]
                total += _predict(code, gram, drawn, log_noise, grams, errors)
                count += 1
                for n in range(draws + 1):
                    which = gram if n == 0 else drawn[n - 1]
                    _charged(code, grams[which], errors[n], squares[2][which], to_code, 0.0 if frozen else rate)
            for j in range(d):
                to_code[j] *= kept[j] * soft[j] * (np.float32(1) - soft[j]) / np.float32(group)
            if len(projection):
                to_real[:] = 0
                _through(to_code, projection, squares[1], reals[i], to_real, 0.0 if frozen else rate)
                _adagrad(reals[i], squares[0][i], to_real, rate)
            else:
                _adagrad(reals[i], squares[0][i], to_code, rate)
    return total / max(count, 1)


@jit
def _surroundings(
    slots: NDArray[np.int32],
    at: int,
    bounds: tuple[int, int],
    window: int,
    contexts: NDArray[np.float32],
    out: NDArray[np.float32],
) -> int:
    """out = the mean of the vectors of the words at most `window` places from `at` in its text; returns how many."""
    out[:] = 0
    count = 0
    for t in range(max(bounds[0], at - window), min(bounds[1], at + window + 1)):
        if t != at:
            count += 1
            for j in range(len(out)):
                out[j] += contexts[slots[t], j]
    for j in range(len(out)):
        out[j] /= np.float32(max(count, 1))
    return count


@jit
def memory_epoch(  # long: one loop: its scratch arrays are made once, before the first document
    slots: NDArray[np.int32],
    bounds: NDArray[np.int64],
    order: NDArray[np.int64],
    noise: tuple[NDArray[np.int32], NDArray[np.float32]],
    reals: NDArray[np.float32],
    contexts: NDArray[np.float32],
    grams: NDArray[np.float32],
    squares: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]],
    how: tuple[float, int, int, bool, int, float, int],
) -> float:
    """As `paragraph_epoch`, with distributed memory: a word is predicted from the code and the words around it.

    Words are predicted at places drawn at random; the code and the mean of the `contexts` (v, c) of the words up to
    a window away, the last of `how`, stand side by side, so that rows of `grams` are (bits + c + 1,).
    """
    rate, group, draws, frozen, seed, dropout, window = how
    table, log_noise = noise
    bits, d = reals.shape[1], grams.shape[1] - 1
    soft, whole, kept = np.empty(bits, np.float32), np.empty(bits, np.float32), np.ones(bits, np.float32)
    given, to_given = np.empty(d, np.float32), np.empty(d, np.float32)
    to_code, by_word = np.empty(bits, np.float32), np.empty(d - bits, np.float32)
    errors, drawn = np.empty(draws + 1, np.float32), np.empty(draws, np.int64)
    none = np.empty((0, 0), np.float32)
    start = np.uint64(2 * seed + 1) * _SPREAD
    state = np.array([start], np.uint64)
    total, count = 0.0, 0
    for i in order:
        if frozen:
            state[0] = start
        first, size = bounds[i], bounds[i + 1] - bounds[i]
        for _ in range(-(-size // group)):
            _encoded(reals[i], none, soft, whole)
            if dropout > 0:
                _masked(kept, dropout, state)
            for j in range(bits):
                given[j] = whole[j] * kept[j]
            to_code[:] = 0
            for _ in range(group):
                at = first + int(random_bits(state) % np.uint64(size))
                near = _surroundings(slots, at, (first, first + size), window, contexts, given[bits:])
                for n in range(draws):
                    drawn[n] = table[int(random_bits(state) % np.uint64(len(table)))]
                total += _predict(given, slots[at], drawn, log_noise, grams, errors)
                count += 1
                to_given[:] = 0
                for n in range(draws + 1):
                    which = slots[at] if n == 0 else drawn[n - 1]
                    _charged(given, grams[which], errors[n], squares[2][which], to_given, 0.0 if frozen else rate)
                to_code += to_given[:bits]
                if near and not frozen:
                    for j in range(d - bits):
                        by_word[j] = to_given[bits + j] / np.float32(near)
                    for t in range(max(first, at - window), min(first + size, at + window + 1)):
                        if t != at:
                            _adagrad(contexts[slots[t]], squares[1][slots[t]], by_word, rate)
            for j in range(bits):
                to_code[j] *= kept[j] * soft[j] * (np.float32(1) - soft[j]) / np.float32(group)
            _adagrad(reals[i], squares[0][i], to_code, rate)
    return total / max(count, 1)
