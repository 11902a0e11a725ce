"""Late interaction over word vectors: every word of the query looks for the word of the paper that is nearest to it.

Problem: one vector a paper blurs what it says, and exact words miss synonyms. Idea: keep a vector for every word;
each word of the query takes its best match among the words of the document, and the matches add up (MaxSim). Here the
vectors are those of a static encoder, so nothing is stored but the words themselves; beside it, the stretch of the
document whose summed vector is nearest to the query's speaks for the passage that answers.

Khattab, Zaharia: ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT.
SIGIR 2020, equation 3; passages: Callan: Passage-Level Evidence in Document Retrieval. SIGIR 1994.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.jit import jit, jit_reordering

__all__ = ["CARD", "WordVectors", "best_matches", "cosines", "nearest", "passages", "unit_rows"]

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


@dataclass(frozen=True, slots=True)
class WordVectors:
    """The vectors of words as they are kept: row w is codes[w] * scales[w]."""

    codes: NDArray[Any]  # (v, d), 8-bit or float
    scales: NDArray[np.float32]  # (v,)


@jit_reordering
def _cosines(
    codes: NDArray[Any], rows: NDArray[np.int64], units: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """out[i, q] = the cosine of codes[rows[i]] and units[q]; of those four at a time, as many as a row is read for."""
    d, m = codes.shape[1], len(units)
    row = np.empty(d, np.float32)
    for i in range(len(rows)):
        square = np.float32(0)
        for j in range(d):
            row[j] = np.float32(codes[rows[i], j])
        for j in range(d):
            square += row[j] * row[j]
        if square == 0:
            out[i] = 0
            continue
        scale = np.float32(1) / np.sqrt(square)
        for q in range(0, m - 3, 4):
            a, b, c, e = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for j in range(d):
                x = row[j]
                a += x * units[q, j]
                b += x * units[q + 1, j]
                c += x * units[q + 2, j]
                e += x * units[q + 3, j]
            out[i, q], out[i, q + 1], out[i, q + 2], out[i, q + 3] = a * scale, b * scale, c * scale, e * scale
        for q in range(m - m % 4, m):
            a = np.float32(0)
            for j in range(d):
                a += row[j] * units[q, j]
            out[i, q] = a * scale


def cosines(vectors: WordVectors, rows: NDArray[np.int64], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosine of the vector of each of `rows` (u,) with each of query (m, d), (u, m); 0 beside zeros."""
    out = np.empty((len(rows), len(query)), np.float32)
    _cosines(vectors.codes, rows, unit_rows(query), out)  # a matrix library would wake other threads for so little
    return out


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
    affinities: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The greatest affinity each query word reaches in each document, 0..1, (n, m).

    `words` (t,) is each word of the documents as a row of `affinities` (u, m), their cosines with the query's words, -1
    without one; `inside` (t,) as a position among the query's words, -1 for another: the same word matches fully,
    vector or none; `bounds` (n + 1,).
    """
    out = np.zeros((len(bounds) - 1, affinities.shape[1]), np.float32)
    _best(words, inside, bounds, affinities, out)
    return out


@jit
def _nearest(
    at: NDArray[np.int64],
    words: NDArray[np.int32],
    bounds: NDArray[np.int64],
    affinities: NDArray[np.float32],
    out: NDArray[np.int32],
) -> None:
    for i in range(len(at)):
        for t in range(bounds[at[i]], bounds[at[i] + 1]):
            if words[t] >= 0:
                for q in range(out.shape[1]):
                    if out[i, q] < 0 or affinities[words[t], q] > affinities[out[i, q], q]:
                        out[i, q] = words[t]


def nearest(
    at: NDArray[np.int64], words: NDArray[np.int32], bounds: NDArray[np.int64], affinities: NDArray[np.float32]
) -> NDArray[np.int32]:
    """Which word of each of the documents `at` (n,) matches each query word, (n, m) rows of affinities; -1 for none.

    The rest as for `best_matches`.
    """
    out = np.full((len(at), affinities.shape[1]), -1, np.int32)
    _nearest(at, words, bounds, affinities, out)
    return out


@jit_reordering
def _passages(
    words: NDArray[np.int32],
    bounds: NDArray[np.int64],
    codes: NDArray[Any],
    scales: NDArray[np.float32],
    query: NDArray[np.float32],
    sizes: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    d, block = codes.shape[1], sizes[0] // 2
    most = np.int64(0)
    for i in range(len(out)):
        most = max(most, bounds[i + 1] - bounds[i])
    sums = np.zeros((most // block + 2, d), np.float32)  # of the first so many blocks of a text
    pull = np.zeros(most // block + 2, np.float32)
    pulls = np.full(len(codes), np.nan, np.float32)  # the inner product of each word with the query, once it is met
    for i in range(len(out)):
        blocks = 0
        for start in range(bounds[i], bounds[i + 1], block):
            blocks += 1
            pull[blocks] = pull[blocks - 1]
            for j in range(d):
                sums[blocks, j] = sums[blocks - 1, j]
            for t in range(start, min(start + block, bounds[i + 1])):
                word = words[t]
                if word < 0:
                    continue
                scale = scales[word]
                if np.isnan(pulls[word]):
                    inner = np.float32(0)
                    for j in range(d):
                        inner += np.float32(codes[word, j]) * query[j]
                    pulls[word] = inner * scale
                pull[blocks] += pulls[word]
                for j in range(d):
                    sums[blocks, j] += scale * np.float32(codes[word, j])
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
    vectors: WordVectors,
    query: NDArray[np.float32],
    *,
    sizes: tuple[int, ...] = (24,),
) -> NDArray[np.float32]:
    """The greatest cosine of any stretch of each text with the query's unit vector (d,), 0..1, (n, sizes).

    `words` (t,) is each word of the texts as a row of `vectors`, -1 without one; `bounds` (n + 1,). Stretches of each
    of the `sizes` in words overlap by half. Raises ValueError unless every size is a multiple of the first, and that
    is even.
    """
    if not sizes or sizes[0] < 2 or sizes[0] % 2 or any(size % sizes[0] for size in sizes):
        raise ValueError(f"sizes must be multiples of the first, an even number of words, not {sizes}")
    out = np.zeros((len(bounds) - 1, len(sizes)), np.float32)
    _passages(words, bounds, vectors.codes, vectors.scales, query, np.array(sizes, np.int64), out)
    return out
