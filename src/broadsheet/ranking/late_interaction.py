"""Late interaction over word vectors: every query word is matched with the nearest word of the paper.

Problem: one vector per paper loses detail, and exact words miss synonyms. Idea: keep a vector for every word; each
query word takes its best match among the words of the document, and the matches are summed (MaxSim). The vectors are
those of a static encoder, so only the words are stored. A second feature is the passage of the document whose summed
vector is nearest to the query.

Khattab, Zaharia: ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT.
SIGIR 2020, equation 3; passages: Callan: Passage-Level Evidence in Document Retrieval. SIGIR 1994.

>>> import numpy as np
>>> from broadsheet.ranking.late_interaction import WordVectors, best_matches, cosines
>>> vectors = WordVectors(np.array([[100, 0], [0, 100], [70, 70]], np.int8), np.full(3, 0.01, np.float32))
>>> affinities = cosines(vectors, np.arange(3), np.array([[1, 0]], np.float32))  # with a query of one word
>>> words, bounds = np.array([1, 2, 0], np.int32), np.array([0, 2, 3])  # of two papers
>>> best_matches(words, np.full(3, -1, np.int32), bounds, affinities).round(2)[:, 0]
array([0.71, 1.  ], dtype=float32)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.native import kernel
from broadsheet.kit.unit import unit_rows

__all__ = ["CARD", "WordVectors", "best_matches", "cosines", "nearest", "passages", "unit_rows"]

CARD = Card(
    title="ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT",
    paper="2004.12832",
    year=2020,
    fidelity="renamed",
    solves="papers that say the query's words or near ones, with the matches to show for it",
    when=(
        "Choose it to order a hundred candidates by near words without a network; with the states of a network, see "
        "colberter."
    ),
    costs=(
        "Nothing of its own is trained; the vectors of words in 8 bits, and the words of the candidates are read once."
    ),
    stage="ranking: a feature of the candidates",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, tldr queries, test half",
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

# By the type of word vectors.
_cosines = {np.int8: kernel("late_interaction_cosines"), np.float32: kernel("late_interaction_cosines_of_floats")}
_passages = {np.int8: kernel("late_interaction_passages"), np.float32: kernel("late_interaction_passages_of_floats")}
_best = kernel("late_interaction_best")
_nearest = kernel("late_interaction_nearest")


@dataclass(frozen=True, slots=True)
class WordVectors:
    """Quantised word vectors: row w is codes[w] * scales[w]."""

    codes: NDArray[Any]  # (v, d), int8 or float32
    scales: NDArray[np.float32]  # (v,)


def cosines(vectors: WordVectors, rows: NDArray[np.int64], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosine of the vector of each of `rows` (u,) with each of query (m, d), (u, m); 0 for zero vectors."""
    n, (m, d) = len(rows), query.shape
    out = np.empty((n, m), np.float32)
    # for so few rows a matrix library's threads cost more than they gain
    _cosines[vectors.codes.dtype.type](vectors.codes, rows, n, d, unit_rows(query), m, np.empty(d, np.float32), out)
    return out


def best_matches(
    words: NDArray[np.int32],
    inside: NDArray[np.int32],
    bounds: NDArray[np.int64],
    affinities: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The greatest affinity each query word reaches in each document, 0..1, (n, m).

    `affinities` (u, m) are cosines of document words with query words. For each word of the documents, `words` (t,) is
    its row there, -1 without a vector, and `inside` (t,) its position in the query, -1 if absent: a query word matches
    itself fully, with or without a vector. `bounds` (n + 1,) are the documents.
    """
    n, (u, m) = len(bounds) - 1, affinities.shape
    out = np.zeros((n, m), np.float32)
    _best(words, inside, np.ascontiguousarray(bounds), n, affinities, u, m, out)
    return out


def nearest(
    at: NDArray[np.int64], words: NDArray[np.int32], bounds: NDArray[np.int64], affinities: NDArray[np.float32]
) -> NDArray[np.int32]:
    """The word of each document `at` (n,) nearest to each query word, as rows of affinities (n, m); -1 for none.

    The other arguments are those of `best_matches`.
    """
    u, m = affinities.shape
    out = np.full((len(at), m), -1, np.int32)
    _nearest(at, len(at), words, np.ascontiguousarray(bounds), affinities, u, m, out)
    return out


def passages(
    words: NDArray[np.int32],
    bounds: NDArray[np.int64],
    vectors: WordVectors,
    query: NDArray[np.float32],
    *,
    sizes: tuple[int, ...] = (24,),
) -> NDArray[np.float32]:
    """The greatest cosine of any passage of each text with the query's unit vector (d,), 0..1, (n, sizes).

    `words` (t,) is each word of the texts as a row of `vectors`, -1 without one; `bounds` (n + 1,). Passages have each
    of the `sizes` in words and overlap by half. Raises ValueError unless every size is a multiple of the first, which
    must be even.
    """
    if not sizes or sizes[0] < 2 or sizes[0] % 2 or any(size % sizes[0] for size in sizes):
        raise ValueError(f"sizes must be multiples of the first, an even number of words, not {sizes}")
    n, (v, d) = len(bounds) - 1, vectors.codes.shape
    out = np.zeros((n, len(sizes)), np.float32)
    blocks = int(np.diff(bounds).max(initial=0)) // (sizes[0] // 2) + 2  # of the longest text, plus one
    sums, pull, pulls = np.empty((blocks, d), np.float32), np.empty(blocks, np.float32), np.empty(v, np.float32)
    arguments = (
        words,
        np.ascontiguousarray(bounds),
        n,
        vectors.codes,
        vectors.scales,
        v,
        d,
        query,
        np.array(sizes, np.int64),
        len(sizes),
    )
    _passages[vectors.codes.dtype.type](*arguments, sums, pull, pulls, out)
    return out
