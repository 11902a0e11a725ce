"""The inner loops of word embedding: skip-gram with negative sampling, GloVe, and sums of word vectors.

The formulas about counts stand at the end. One thread and one generator of random numbers, so that a seed gives the
same vectors every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit, jit_reordering

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = [
    "cooccurrences",
    "counted",
    "glove_epoch",
    "glove_weights",
    "kept_share",
    "noise_table",
    "pair_step",
    "random_bits",
    "skip_gram_epoch",
    "summed",
]

_TABLE = 1_000_000  # places the noise distribution is rounded to
_CHUNK = 200_000  # tokens whose co-occurrences are counted at once
_MULTIPLIER = np.uint64(0x2545F4914F6CDD1D)


@jit
def random_bits(state: NDArray[np.uint64]) -> np.uint64:
    """The next 64 random bits of state (1,), not zero: xorshift64*."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return np.uint64(x * _MULTIPLIER)


@jit_reordering
def pair_step(
    word: NDArray[np.float32],
    context: NDArray[np.float32],
    label: float,
    rate: float,
    change: NDArray[np.float32],
) -> float:
    """One step of log sigma(w c) where label is 1, of log sigma(-w c) where it is 0; returns its loss.

    `context` moves at once; what `word` is to move by is added to `change`.
    """
    product = np.float32(0)
    for j in range(len(word)):
        product += word[j] * context[j]
    score = float(product)
    signed = score if label > 0 else -score
    loss = np.log1p(np.exp(-abs(signed))) + max(-signed, 0.0)
    step = np.float32(rate * (label - 1 / (1 + np.exp(-score))))
    for j in range(len(word)):
        change[j] += step * context[j]
        context[j] += step * word[j]
    return float(loss)


@jit
def skip_gram_epoch(
    slots: NDArray[np.int32],
    bounds: NDArray[np.int64],
    keep: NDArray[np.float64],
    table: NDArray[np.int32],
    words: NDArray[np.float32],
    contexts: NDArray[np.float32],
    reach: tuple[int, int],
    rates: tuple[float, float],
    state: NDArray[np.uint64],
) -> float:
    """One pass over the texts, the rate falling from the first of `rates` to the second. Returns the mean loss a pair.

    A token stays with the probability keep[slot] (v,); negatives are drawn evenly from `table`; `reach` is the
    window and how many negatives a pair has; the window of each token is drawn from 1 to the whole. Rates of zero
    leave the vectors (v, d) as they are.
    """
    longest = 0
    for i in range(len(bounds) - 1):
        longest = max(longest, bounds[i + 1] - bounds[i])
    text = np.empty(longest, np.int32)
    change = np.empty(words.shape[1], np.float32)
    scale = 1 / 2.0**53
    total, pairs = 0.0, 0
    for i in range(len(bounds) - 1):
        rate = rates[0] + (rates[1] - rates[0]) * i / (len(bounds) - 1)
        size = 0
        for t in range(bounds[i], bounds[i + 1]):
            if float(random_bits(state) >> np.uint64(11)) * scale < keep[slots[t]]:
                text[size] = slots[t]
                size += 1
        for at in range(size):
            span = 1 + int(random_bits(state) % np.uint64(reach[0]))
            for other in range(max(0, at - span), min(size, at + span + 1)):
                if other == at:
                    continue
                word = words[text[at]]
                change[:] = 0
                total += pair_step(word, contexts[text[other]], 1.0, rate, change)
                for _ in range(reach[1]):
                    drawn = table[int(random_bits(state) % np.uint64(len(table)))]
                    if drawn != text[other]:
                        total += pair_step(word, contexts[drawn], 0.0, rate, change)
                for j in range(len(word)):
                    word[j] += change[j]
                pairs += 1
    return total / max(pairs, 1)


@jit
def cooccurrences(
    slots: NDArray[np.int32],
    bounds: NDArray[np.int64],
    window: int,
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
) -> int:
    """Every two tokens at most `window` apart, in both orders, with 1 / their distance. Returns how many there are."""
    count = 0
    for i in range(len(bounds) - 1):
        for at in range(bounds[i], bounds[i + 1]):
            for other in range(max(bounds[i], at - window), at):
                value = np.float32(1 / (at - other))
                rows[count], columns[count], values[count] = slots[at], slots[other], value
                rows[count + 1], columns[count + 1], values[count + 1] = slots[other], slots[at], value
                count += 2
    return count


@jit_reordering
def glove_epoch(
    order: NDArray[np.int64],
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    logs: NDArray[np.float32],
    weights: NDArray[np.float32],
    words: NDArray[np.float32],
    contexts: NDArray[np.float32],
    squares: NDArray[np.float32],
    rate: float,
) -> float:
    """One AdaGrad pass over the cells in `order`: f(x) (w c + b + b' - log x)^2. Returns the mean loss a cell.

    Rows of words and contexts are (d + 1,): the last is the bias. `squares` (2, v, d + 1) are the summed squares
    of the gradients of words and contexts, which begin at 1.
    """
    d = words.shape[1] - 1
    total = 0.0
    eta = np.float32(rate)
    for n in range(len(order)):
        cell = order[n]
        w, c = words[rows[cell]], contexts[columns[cell]]
        gw, gc = squares[0, rows[cell]], squares[1, columns[cell]]
        error = w[d] + c[d] - logs[cell]
        for j in range(d):
            error += w[j] * c[j]
        weighted = weights[cell] * error
        total += float(weighted * error)
        for j in range(d):
            to_word, to_context = weighted * c[j], weighted * w[j]
            w[j] -= eta * to_word / np.sqrt(gw[j])
            c[j] -= eta * to_context / np.sqrt(gc[j])
            gw[j] += to_word * to_word
            gc[j] += to_context * to_context
        w[d] -= eta * weighted / np.sqrt(gw[d])
        c[d] -= eta * weighted / np.sqrt(gc[d])
        gw[d] += weighted * weighted
        gc[d] += weighted * weighted
    return total / max(len(order), 1)


@jit
def summed(
    indptr: NDArray[np.int64],
    columns: NDArray[np.int64],
    counts: NDArray[np.float32],
    words: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """out[i] += the sum of words[columns[t]] times counts[t] over row i; columns below 0 are left out."""
    for i in range(len(indptr) - 1):
        for t in range(indptr[i], indptr[i + 1]):
            if columns[t] >= 0:
                for j in range(out.shape[1]):
                    out[i, j] += counts[t] * words[columns[t], j]


def kept_share(counts: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    """With what probability a token of each word stays, sqrt(threshold / frequency), at most 1: 1310.4546, eq. 5."""
    return np.asarray(np.minimum(1.0, np.sqrt(threshold * counts.sum() / np.maximum(counts, 1))))


def noise_table(counts: NDArray[np.float64], size: int = _TABLE, power: float = 0.75) -> NDArray[np.int32]:
    """Words in proportion to their count to the power, each at least once: an even draw is a draw of a negative."""
    shares = counts**power / (counts**power).sum()
    return np.repeat(np.arange(len(counts), dtype=np.int32), np.maximum(1, np.rint(shares * size)).astype(np.int64))


def glove_weights(counts: NDArray[np.float32], most: float = 10.0, power: float = 0.75) -> NDArray[np.float32]:
    """f(x) = (x / most)^power, at most 1: GloVe, equation 9; most is 10 for small corpora, not 100."""
    return np.asarray(np.minimum(1.0, (counts / most) ** power), np.float32)


def counted(slots: NDArray[np.int32], bounds: NDArray[np.int64], size: int, window: int) -> sp.coo_matrix:
    """How often two of `size` words meet within the window, each meeting weighed by 1 / distance; symmetric (v, v)."""
    from scipy.sparse import coo_matrix  # costs a tenth of a second that no query should pay

    none = np.empty(0, np.int32)
    total = coo_matrix((np.empty(0, np.float32), (none, none)), shape=(size, size)).tocsr()
    first = 0
    while first < len(bounds) - 1:
        last = int(np.searchsorted(bounds, bounds[first] + _CHUNK))
        last = min(max(last, first + 1), len(bounds) - 1)
        part = bounds[first : last + 1]
        room = 2 * window * int(part[-1] - part[0])
        rows, columns = np.empty(room, np.int32), np.empty(room, np.int32)
        values = np.empty(room, np.float32)
        n = cooccurrences(slots, part, window, rows, columns, values)
        total = total + coo_matrix((values[:n], (rows[:n], columns[:n])), shape=(size, size)).tocsr()
        first = last
    return total.tocoo()
