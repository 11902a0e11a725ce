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
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.search.candidates import depth_of, find_candidates
from broadsheet.pipeline.search.meaning import QueryMeaning, impute_cosines
from broadsheet.pipeline.search.ranking import Ranking, rank_hybrid
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["LIKE_TERMS", "NEGATIVE_WEIGHT", "SIMILAR_SEMANTIC", "Example", "NamedPapers", "more_like_this"]

SIMILAR_SEMANTIC = 0.6  # higher than for queries: a whole text gives a better vector than a few words
NEGATIVE_WEIGHT = 0.5  # weight of the disliked papers against the liked ones
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
    meaning = _meaning(vectors, liked, disliked) if vectors and vectors.count and fusion.semantic > 0 else None
    nearest = meaning.nearest(depth_of(k), allowed).ids if meaning else None
    candidates = find_candidates(snapshot, SparseQuery(terms, weights), vector, k, allowed, fusion, nearest)
    if meaning:
        cosines = impute_cosines(meaning.cosines(candidates.rows), candidates.semantic)
        candidates = replace(candidates, semantic=cosines)
    return rank_hybrid(candidates, k, allowed, fusion), liked_terms


def _meaning(vectors: PaperVectors, liked: Sequence[Example], disliked: Sequence[Example]) -> QueryMeaning:
    """The direction of the liked papers, away from the disliked ones, among the transformer's vectors."""
    direction = _mean_vector(vectors, liked)
    if disliked:
        direction = direction - NEGATIVE_WEIGHT * _mean_vector(vectors, disliked)
    return QueryMeaning(vectors, unit_rows(direction))


def _mean_vector(vectors: PaperVectors, examples: Sequence[Example]) -> NDArray[np.float32]:
    """The mean vector of papers, (d,); those that have none are encoded now."""
    found = vectors.vectors(np.array([row for row, _ in examples], np.int64))
    for i in np.flatnonzero(np.isnan(found[:, 0])).tolist():
        found[i] = vectors.encode_query(examples[i][1])
    return np.asarray(found.mean(axis=0), np.float32)


def _typical_terms(snapshot: IndexSnapshot, texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """The terms with the highest mean weights in the texts, at most LIKE_TERMS, and their weights."""
    bags = bag(tokenize(texts), skip=STOP_TERMS)
    counts = np.bincount(bags.columns, np.log1p(bags.counts), minlength=len(bags.terms)) / max(len(texts), 1)
    frequencies = snapshot.inverted.frequencies(bags.terms)
    weights = snapshot.weighting.query(counts.astype(np.float32), frequencies, max(len(snapshot), 1))
    first = np.argsort(-weights, kind="stable")[:LIKE_TERMS]
    return bags.terms[first], weights[first]
