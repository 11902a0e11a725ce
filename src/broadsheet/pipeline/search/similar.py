"""Example papers → similar papers: Rocchio's rule on words and on vectors, fused.

Papers compare by the transformer's vectors as far as they have one; a missing cosine is estimated from that of the
static vectors, so that a paper neither gains nor loses by being encoded later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import SparseQuery
from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.search.candidates import depth_of, find_candidates
from broadsheet.pipeline.search.meaning import impute_cosines
from broadsheet.pipeline.search.ranking import Ranking, rank_hybrid
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = [
    "LIKE_TERMS",
    "NEGATIVE_WEIGHT",
    "SIMILAR_SEMANTIC",
    "Example",
    "ExampleVectors",
    "NamedPapers",
    "more_like_this",
]

SIMILAR_SEMANTIC = 0.7  # higher than for queries: a whole text gives a better vector than a few words
NEGATIVE_WEIGHT = 0.5  # weight of the disliked papers against the liked ones
MOST_VECTORS = 16  # example papers whose vectors are compared, each costs a scan of all
LIKE_TERMS = 40  # terms of the query built from example papers

Example = tuple[int, str]  # (row, text) of a paper


@dataclass(frozen=True, slots=True)
class NamedPapers:
    """The example papers of a query, as (row, text); only those in the index."""

    liked: tuple[Example, ...] = ()
    disliked: tuple[Example, ...] = ()
    numbers: tuple[int, ...] = ()  # of the liked ones
    notes: tuple[str, ...] = ()


def more_like_this(
    snapshot: IndexSnapshot,
    liked: Sequence[Example],
    disliked: Sequence[Example],
    k: int,
    allowed: Mask,
    fusion: ConvexFusion,
    vectors: PaperVectors | None = None,
) -> tuple[Ranking, NDArray[np.uint64]]:
    """The k rows most similar to the liked papers and least to the disliked ones, and the terms of the liked papers.

    The examples are not among the results. `vectors` are the transformer's.
    """
    flags = allowed.flags().copy()
    flags[[row for row, _ in (*liked, *disliked)]] = False
    allowed = Mask.of(flags)
    vector = snapshot.dense.vectors(np.array([row for row, _ in liked], np.int64)).mean(axis=0)
    liked_terms, liked_weights = _typical_terms(snapshot, [text for _, text in liked])
    terms, weights = liked_terms, liked_weights
    if disliked:
        disliked_vector = snapshot.dense.vectors(np.array([row for row, _ in disliked], np.int64)).mean(axis=0)
        vector = vector - NEGATIVE_WEIGHT * disliked_vector
        disliked_terms, disliked_weights = _typical_terms(snapshot, [text for _, text in disliked])
        terms, weights = (
            np.concatenate([terms, disliked_terms]),
            np.concatenate([weights, -NEGATIVE_WEIGHT * disliked_weights]),
        )
    examples = ExampleVectors.of(vectors, liked, disliked) if vectors and vectors.count else None
    if examples is None or not fusion.semantic:
        candidates = find_candidates(snapshot, SparseQuery(terms, weights), vector, k, allowed, fusion)
        return rank_hybrid(candidates, k, allowed, fusion), liked_terms
    nearest = examples.nearest(depth_of(k), allowed)
    candidates = find_candidates(snapshot, SparseQuery(terms, weights), vector, k, allowed, fusion, nearest)
    cosines = impute_cosines(examples.cosines(candidates.rows), candidates.semantic)
    candidates = replace(candidates, semantic=np.float32(0.5) * (candidates.semantic + cosines))
    return rank_hybrid(candidates, k, allowed, fusion), liked_terms


@dataclass(frozen=True, slots=True)
class ExampleVectors:
    """The example papers among the transformer's vectors: a paper is as near as to the nearest of the liked ones.

    That finds more than the mean of their vectors does, where they are about several things.
    """

    vectors: PaperVectors
    liked: NDArray[np.float32]  # (m, d)
    disliked: NDArray[np.float32]  # (m, d)

    @classmethod
    def of(cls, vectors: PaperVectors, liked: Sequence[Example], disliked: Sequence[Example]) -> ExampleVectors:
        """The vectors of papers; one that has none is encoded now."""
        return cls(vectors, _vectors_of(vectors, liked[:MOST_VECTORS]), _vectors_of(vectors, disliked[:MOST_VECTORS]))

    def nearest(self, k: int, allowed: Mask) -> NDArray[np.int64]:
        """About k allowed rows, those nearest to each liked paper."""
        each = -(-k // len(self.liked))
        return np.unique(np.concatenate([self.vectors.search(vector, each, allowed).ids for vector in self.liked]))

    def cosines(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The greatest cosine with a liked paper, less a share of the greatest with a disliked one, (n,); NaN for a
        row without a vector."""
        near = np.max([self.vectors.score(vector, rows) for vector in self.liked], axis=0)
        if len(self.disliked):
            far = np.max([self.vectors.score(vector, rows) for vector in self.disliked], axis=0)
            near = near - np.float32(NEGATIVE_WEIGHT) * far
        return np.asarray(near, np.float32)


def _vectors_of(vectors: PaperVectors, examples: Sequence[Example]) -> NDArray[np.float32]:
    found = vectors.vectors(np.array([row for row, _ in examples], np.int64))
    for i in np.flatnonzero(np.isnan(found[:, 0])).tolist():
        found[i] = vectors.encode_query(examples[i][1])
    return found


def _typical_terms(snapshot: IndexSnapshot, texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """The terms with the highest mean weights in the texts, at most LIKE_TERMS, and their weights."""
    bags = bag(tokenize(texts), skip=STOP_TERMS)
    counts = np.bincount(bags.columns, np.log1p(bags.counts), minlength=len(bags.terms)) / max(len(texts), 1)
    frequencies = snapshot.inverted.frequencies(bags.terms)
    weights = snapshot.weighting.query(counts.astype(np.float32), frequencies, max(len(snapshot), 1))
    first = np.argsort(-weights, kind="stable")[:LIKE_TERMS]
    return bags.terms[first], weights[first]
