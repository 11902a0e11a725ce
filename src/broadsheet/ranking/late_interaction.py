"""Late interaction over word vectors: every word of the query looks for the word of the paper that is nearest to it.

Problem: one vector a paper blurs what it says, and exact words miss synonyms. Idea: keep a vector for every word;
each word of the query takes its best match among the words of the document, and the matches add up (MaxSim). Here the
vectors are those of a static encoder, so nothing is stored but the words themselves; beside it, the stretch of the
document whose summed vector is nearest to the query's speaks for the passage that answers.

Khattab, Zaharia: ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT.
SIGIR 2020, equation 3; passages: Callan: Passage-Level Evidence in Document Retrieval. SIGIR 1994.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.jit import jit, jit_reordering

__all__ = ["CARD", "best_matches", "passages", "unit_rows"]

CARD = Card(
    title="ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT",
    paper="2004.12832",
    year=2020,
    solves="papers that say the query's words or near ones, with the matches to show for it",
    claims=(
        Claim(
            "ours",
            "papers.parquet, tldr queries, test half",
            "MRR@10, reranked by word vectors over cosine of summed vectors (ratio)",
            1.05,
            ours=True,
        ),
    ),
    departures=(
        "word vectors are static, so that a word always has the same one and documents keep none",
        "each match counts by how telling its word is: the length of its vector",
    ),
    builds_on=("static",),
)


def unit_rows(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows (n, d) scaled to unit length; zeros stay zeros."""
    return np.asarray(x / np.maximum(np.sqrt(np.einsum("ij,ij->i", x, x)), 1e-12)[:, None], np.float32)


@jit
def _best(
    words: NDArray[np.int32],
    inside: NDArray[np.int32],
    bounds: NDArray[np.int64],
    affinities: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    m = out.shape[1]
    for i in range(len(bounds) - 1):
        for t in range(bounds[i], bounds[i + 1]):
            if words[t] >= 0:
                for q in range(m):
                    out[i, q] = max(out[i, q], affinities[words[t], q])
            if inside[t] >= 0:
                out[i, inside[t]] = 1


def best_matches(
    words: NDArray[np.int32],
    inside: NDArray[np.int32],
    bounds: NDArray[np.int64],
    vectors: NDArray[np.float32],
    query: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The greatest cosine each query word reaches in each document, 0..1, (n, m).

    `words` (t,) is each word of the documents as a row of `vectors` (v, d), -1 without one; `inside` (t,) as a position
    among the query's words, -1 for another: the same word matches fully, vector or none; `bounds` (n + 1,); `query`
    (m, d), zeros for a word without a vector.
    """
    out = np.zeros((len(bounds) - 1, len(query)), np.float32)
    _best(words, inside, bounds, unit_rows(vectors) @ unit_rows(query).T, out)
    return out


@jit_reordering
def _passages(
    words: NDArray[np.int32],
    bounds: NDArray[np.int64],
    vectors: NDArray[np.float32],
    pulls: NDArray[np.float32],
    sizes: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    d, block = vectors.shape[1], sizes[0] // 2
    most = np.int64(0)
    for i in range(len(out)):
        most = max(most, bounds[i + 1] - bounds[i])
    sums = np.zeros((most // block + 2, d), np.float32)  # of the first so many blocks of a text
    pull = np.zeros(most // block + 2, np.float32)
    for i in range(len(out)):
        blocks = 0
        for start in range(bounds[i], bounds[i + 1], block):
            blocks += 1
            pull[blocks] = pull[blocks - 1]
            for j in range(d):
                sums[blocks, j] = sums[blocks - 1, j]
            for t in range(start, min(start + block, bounds[i + 1])):
                word = words[t]
                if word >= 0:
                    pull[blocks] += pulls[word]
                    for j in range(d):
                        sums[blocks, j] += vectors[word, j]
        for s in range(len(sizes)):
            width = sizes[s] // block
            for first in range(0, blocks, max(width // 2, 1)):
                last = min(first + width, blocks)
                square = np.float32(0)
                for j in range(d):
                    part = sums[last, j] - sums[first, j]
                    square += part * part
                if square > 1e-9:
                    out[i, s] = max(out[i, s], (pull[last] - pull[first]) / np.sqrt(square))


def passages(
    words: NDArray[np.int32],
    bounds: NDArray[np.int64],
    vectors: NDArray[np.float32],
    query: NDArray[np.float32],
    *,
    sizes: tuple[int, ...] = (24,),
) -> NDArray[np.float32]:
    """The greatest cosine of any stretch of each text with the query's unit vector (d,), 0..1, (n, sizes).

    Stretches of each of the `sizes` in words overlap by half; `words`, `bounds` and `vectors` as for `best_matches`.
    Raises ValueError unless every size is a multiple of the first, and that is even.
    """
    if not sizes or sizes[0] < 2 or sizes[0] % 2 or any(size % sizes[0] for size in sizes):
        raise ValueError(f"sizes must be multiples of the first, an even number of words, not {sizes}")
    out = np.zeros((len(bounds) - 1, len(sizes)), np.float32)
    _passages(words, bounds, vectors, vectors @ query, np.array(sizes, np.int64), out)
    return out
