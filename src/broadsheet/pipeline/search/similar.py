"""Example papers → similar papers: Rocchio's rule on words and on vectors, fused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import SparseQuery
from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.search.candidates import find_candidates
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
) -> tuple[Ranking, NDArray[np.uint64]]:
    """The k rows most similar to the liked papers and least to the disliked ones, and the terms of the liked papers.

    The examples are not among the results.
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
    candidates = find_candidates(snapshot, SparseQuery(terms, weights), vector, k, allowed, fusion)
    return rank_hybrid(candidates, k, allowed, fusion), liked_terms


def _typical_terms(snapshot: IndexSnapshot, texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """The terms with the highest mean weights in the texts, at most LIKE_TERMS, and their weights."""
    bags = bag(tokenize(texts), skip=STOP_TERMS)
    counts = np.bincount(bags.columns, np.log1p(bags.counts), minlength=len(bags.terms)) / max(len(texts), 1)
    frequencies = snapshot.inverted.frequencies(bags.terms)
    weights = snapshot.weighting.query(counts.astype(np.float32), frequencies, max(len(snapshot), 1))
    first = np.argsort(-weights, kind="stable")[:LIKE_TERMS]
    return bags.terms[first], weights[first]
