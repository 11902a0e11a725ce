"""The last step of a search: a cross-encoder reads the first few papers together with the query and reranks them.

papers near the first ──► excerpts ──► cross-encoder ──► scores minus their mean, times a learned weight ──► order

Every search has papers read that stand close together at the top, a few dozen words of each; a precise search has many
read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Document
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.excerpts import excerpts
from broadsheet.pipeline.search.ranking import Ranking

__all__ = [
    "NEAR_TIES",
    "PRECISE",
    "STEPS",
    "WEIGHTS",
    "CrossEncode",
    "Depth",
    "centre_scores",
    "cross_encoder_scores",
    "positions_to_rerank",
    "rerank",
    "to_score_delta",
]

WEIGHTS = pretrained.FOLDER / "ranker_reading.bin"  # the learned weights of both scores
STEPS = ("evidence", "reading")  # the ranker's score and the cross-encoder's

CrossEncode = Callable[[str, Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Depth:
    """How far down the cross-encoder reads."""

    papers: int  # at most
    gap: float  # difference of scores to the first at most, in log-odds of being right


NEAR_TIES = Depth(3, 2.0)  # more papers or a wider gap gain little on the dev queries, and cost as much again
PRECISE = Depth(20, math.inf)


def positions_to_rerank(scores: NDArray[np.float32], depth: Depth) -> NDArray[np.int64]:
    """The positions to rerank, best first: the few whose scores (n,) are near the best."""
    first = np.argsort(-scores, kind="stable")[: depth.papers]
    close = first[scores[first] >= scores[first[:1]] - np.float32(depth.gap)]
    return close if len(close) > 1 else close[:0]


def cross_encoder_scores(
    query: AnalyzedQuery, documents: Sequence[Document | None], cross_encode: CrossEncode
) -> NDArray[np.float32]:
    """The score of each paper's excerpt for the query, (n,); NaN for a deleted paper (None)."""
    papers = [(d.title, d.abstract or d.summary) for d in documents if d]
    scores = np.full(len(documents), np.nan, np.float32)
    texts = excerpts(query.snapshot.encoder, query.vector, papers)
    scores[[d is not None for d in documents]] = cross_encode(query.text, texts)
    return scores


def centre_scores(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores (n,) of one query minus their mean; 0 for NaN."""
    has_score = ~np.isnan(scores)
    middle = scores[has_score].mean() if has_score.any() else np.float32(0)
    return np.asarray(np.where(has_score, scores - middle, 0), np.float32)


def to_score_delta(scores: NDArray[np.float32], familiarity: float = 1.0) -> NDArray[np.float32]:
    """Turn cross-encoder scores (n,) of one query into changes of the ranker's scores, (n,), which sum to zero.

    `familiarity`, 0..1, is how well the models know the field of the papers.
    """
    ranker_weight, encoder_weight = pretrained.read_ranker(STEPS, WEIGHTS, familiarity).weights_.tolist()
    return np.asarray(centre_scores(scores) * (encoder_weight / max(ranker_weight, 1e-6)), np.float32)


def rerank(
    query: AnalyzedQuery,
    ranking: Ranking,
    documents: Callable[[NDArray[np.int64]], Mapping[int, Document]],
    cross_encode: CrossEncode,
    share: float = 1.0,
    depth: Depth = PRECISE,
) -> Ranking:
    """The ranking with the papers near the first in another order; `documents` gives texts of rows, by paper number.

    They change places among themselves alone, and each place keeps its score, so that pages of results follow one
    another. `share` scales what reading changes.
    """
    first = positions_to_rerank(ranking.scores, depth)
    if not len(first):
        return ranking
    texts = documents(ranking.rows[first])
    numbers = query.snapshot.ids[ranking.rows[first]].tolist()
    papers = [texts.get(number) for number in numbers]  # a paper may have been deleted meanwhile
    read = cross_encoder_scores(query, papers, cross_encode)
    deltas = np.float32(share) * to_score_delta(read, query.snapshot.familiarity)
    order = np.arange(len(ranking.rows))
    order[first] = first[np.argsort(-(ranking.scores[first] + deltas), kind="stable")]
    lexical = np.minimum(ranking.lexical[order], ranking.scores)
    return replace(ranking, rows=ranking.rows[order], lexical=lexical, semantic=ranking.scores - lexical)
