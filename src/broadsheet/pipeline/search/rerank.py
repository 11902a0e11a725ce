"""The last step of precise search: a cross-encoder reads the first few papers and reranks them.

papers near the first ──► excerpts ──► cross-encoder ──► scores minus their mean, times a learned weight ──► added

Nothing is read if the first paper is far ahead of the second, as for two thirds of one-sentence summaries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Document
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.excerpts import excerpts
from broadsheet.pipeline.search.ranking import Ranking

__all__ = [
    "MAX_RERANKED",
    "MAX_SCORE_GAP",
    "STEPS",
    "WEIGHTS",
    "CrossEncode",
    "centre_scores",
    "cross_encoder_scores",
    "positions_to_rerank",
    "rerank",
    "to_score_delta",
]

WEIGHTS = pretrained.FOLDER / "ranker_reading.bin"  # the learned weights of both scores
STEPS = ("evidence", "reading")  # the ranker's score and the cross-encoder's
MAX_RERANKED = 5  # papers reranked at most
MAX_SCORE_GAP = 4.0  # score difference to the first, at most; beyond it a paper is 55 times less likely to be right
MIN_SCORE = np.float32(1e-3)  # lowest score of a paper that was read

CrossEncode = Callable[[str, Sequence[str]], NDArray[np.float32]]


def positions_to_rerank(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """The positions to rerank, best first: the few whose scores (n,) are near the best."""
    first = np.argsort(-scores, kind="stable")[:MAX_RERANKED]
    close = first[scores[first] >= scores[first[:1]] - MAX_SCORE_GAP]
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


def to_score_delta(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn cross-encoder scores (n,) of one query into changes of the ranker's scores, (n,), which sum to zero."""
    ranker_weight, encoder_weight = pretrained.read_ranker(STEPS, WEIGHTS).weights_.tolist()
    return np.asarray(centre_scores(scores) * (encoder_weight / max(ranker_weight, 1e-6)), np.float32)


def rerank(
    query: AnalyzedQuery,
    ranking: Ranking,
    documents: Callable[[NDArray[np.int64]], Mapping[int, Document]],
    cross_encode: CrossEncode,
    share: float = 1.0,
) -> Ranking:
    """The ranking with the papers near the first reread; `documents` gives the texts of rows, by paper number.

    `share` scales what reading changes.
    """
    first = positions_to_rerank(ranking.scores)
    if not len(first):
        return ranking
    texts = documents(ranking.rows[first])
    numbers = query.snapshot.ids[ranking.rows[first]].tolist()
    papers = [texts.get(number) for number in numbers]  # a paper may have been deleted meanwhile
    deltas = np.float32(share) * to_score_delta(cross_encoder_scores(query, papers, cross_encode))
    semantic = ranking.semantic.copy()
    semantic[first] = np.maximum(semantic[first] + deltas, MIN_SCORE - ranking.lexical[first])
    scores = ranking.lexical + semantic
    order = np.argsort(-scores, kind="stable")
    return replace(
        ranking,
        rows=ranking.rows[order],
        scores=scores[order],
        lexical=ranking.lexical[order],
        semantic=semantic[order],
    )
