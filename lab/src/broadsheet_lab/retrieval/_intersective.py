"""What a document is worth by the n-grams it holds, each word counted once in full: the scorer of SEAL.

Bevilacqua and others: Autoregressive Search Engines (2204.10628), section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit

__all__ = ["intersective"]


@jit
def _step(keys: NDArray[np.int64], nodes: NDArray[np.int64], key: int) -> int:
    """The node under a key of the trie, -1 if there is none."""
    at = np.searchsorted(keys, key)
    return nodes[at] if at < len(keys) and keys[at] == key else -1


@jit
def _occurrences(
    document: NDArray[np.int32],
    keys: NDArray[np.int64],
    nodes: NDArray[np.int64],
    ends: NDArray[np.int64],
    last: NDArray[np.int64],
    places: list[int],
    before: list[int],
) -> None:
    """Where each n-gram starts: last[g] is its last entry in places, and before[e] the one before entry e, or -1."""
    size = ends[0]
    for start in range(len(document)):
        node = 0
        for at in range(start, len(document)):
            node = _step(keys, nodes, node * size + document[at])
            if node < 0:
                break
            if ends[node] >= 0:
                places.append(start)
                before.append(last[ends[node]])
                last[ends[node]] = len(places) - 1


@jit
def _intersective(
    documents: NDArray[np.int64],
    symbols: NDArray[np.int32],
    bounds: NDArray[np.int64],
    trie: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    lengths: NDArray[np.int64],
    weights: NDArray[np.float64],
    beta: float,
    scores: NDArray[np.float32],
) -> None:
    """Equation 3: the summed weights of a document's n-grams (heaviest first) that overlap no heavier one.

    Each is worth 1 - beta + beta * the share of its distinct words that no heavier one has.
    """
    keys, nodes, ends = trie
    seen = np.full(ends[0], -1, np.int64)  # 2 d: document d has the word in a heavier n-gram; 2 d + 1: in this one
    for d in range(len(documents)):
        document = symbols[bounds[documents[d]] : bounds[documents[d] + 1]]
        last = np.full(len(weights), -1, np.int64)
        places, before = [0], [-1]
        _occurrences(document, keys, nodes, ends, last, places, before)
        taken = np.zeros(len(document), np.bool_)
        for gram in range(len(weights)):
            entry, free = last[gram], False
            while entry >= 0 and not free:
                free = not taken[places[entry] : places[entry] + lengths[gram]].any()
                entry = before[entry]
            if not free:
                continue
            words = document[places[last[gram]] : places[last[gram]] + lengths[gram]]
            fresh, distinct = 0, 0
            for word in words:
                fresh += seen[word] < 2 * d
                distinct += seen[word] <= 2 * d
                seen[word] = 2 * d + 1
            seen[words] = 2 * d
            scores[d] += weights[gram] * (1 - beta + beta * fresh / distinct)
            entry = last[gram]
            while entry >= 0:
                taken[places[entry] : places[entry] + lengths[gram]] = True
                entry = before[entry]


def _trie(ngrams: Sequence[Sequence[int]], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(keys node * size + symbol ascending, the node under each, the n-gram that ends at each node or -1).

    No n-gram ends at the root: its place holds `size`.
    """
    under: dict[int, int] = {}
    ends = [size]
    for i, ngram in enumerate(ngrams):
        node = 0
        for symbol in ngram:
            key = node * size + symbol
            if key not in under:
                under[key] = len(ends)
                ends.append(-1)
            node = under[key]
        ends[node] = i
    keys = np.array(sorted(under), np.int64)
    return keys, np.array([under[k] for k in keys.tolist()], np.int64), np.array(ends, np.int64)


def intersective(
    ngrams: Sequence[Sequence[int]],
    weights: NDArray[np.float64],
    documents: NDArray[np.int64],
    symbols: NDArray[np.int32],
    bounds: NDArray[np.int64],
    *,
    size: int,
    beta: float,
) -> NDArray[np.float32]:
    """The score of each of documents (m,), whose symbols below `size` are symbols[bounds[d]:bounds[d + 1]].

    The n-grams come heaviest first, with aligned weights.
    """
    scores = np.zeros(len(documents), np.float32)
    lengths = np.array([len(n) for n in ngrams], np.int64)
    _intersective(documents, symbols, bounds, _trie(ngrams, size), lengths, weights, beta, scores)
    return scores
