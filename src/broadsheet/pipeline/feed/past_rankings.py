"""Simple rankings beside the reader's page: words by a linear machine, words of titles, newest, random.

`score_all` is arXiv-sanity's way: words and pairs of words weighed by their rarity (tf-idf with tf 0 or 1), and a
linear support vector machine of the saves against thousands of random papers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import SparseQuery
from broadsheet.pipeline.feed.background import Background
from broadsheet.pipeline.feed.feed_weights import FeedWeights
from broadsheet.pipeline.feed.interests import Interest
from broadsheet.pipeline.feed.taste import Taste
from broadsheet.pipeline.feed.word_features import SIZE, WordFeatures
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot
from broadsheet.ranking.listnet import ListNet

__all__ = ["RANKERS", "newest", "ranked_by", "ranks", "score_all", "title_scores"]

RANKERS = ("page", "words")  # rankings of a page
STEP = 8192  # papers whose words are read at once
TITLE_WORDS = 256  # of a query, at most

Sparse = tuple[NDArray[np.int64], NDArray[np.float32]]  # (the features of a machine, their weights), aligned


def ranked_by(ranking: str, own: Interest | None, vectors: PaperVectors | None) -> Interest | None:
    """The interest of a reader as one of RANKERS sees it: as usual, or by words alone with a linear machine."""
    if own is None or ranking == "page":
        return own
    taste, ranker = own.taste, ListNet()
    ranker.weights_ = np.tile((np.arange(len(taste.columns)) == 0).astype(np.float32), 2)  # the machine's column
    alone = Taste(taste.snapshot, vectors, taste.likes, taste.dislikes, FeedWeights(ranker, (0.0, 1.0, 0.0)))
    return replace(own, taste=alone)


def score_all(snapshot: IndexSnapshot, background: Background, machines: Sequence[Sparse]) -> NDArray[np.float32]:
    """What each machine says of every row, (m, n)."""
    scores = np.zeros((len(machines), len(snapshot)), np.float32)
    weights = np.zeros(SIZE, np.float32)
    for start in range(0, len(snapshot), STEP):
        rows = np.arange(start, min(start + STEP, len(snapshot)))
        words = WordFeatures.of(snapshot.positions, rows, len(TEXT_FIELDS)).weighed(background.rarity)
        for machine, (features, values) in enumerate(machines):
            weights[features] = values
            scores[machine, rows] = words.score(weights)
            weights[features] = 0
    return scores


def title_scores(snapshot: IndexSnapshot, background: Background, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """BM25 of every paper for a query of the words in the titles of these, (n,)."""
    terms, bounds = snapshot.positions.read(np.sort(rows))
    fields = len(TEXT_FIELDS)
    titles = [terms[bounds[i] : bounds[i + 1]] for i in range(0, len(bounds) - 1, fields)]
    words, counts = np.unique(np.concatenate([terms[:0], *titles]), return_counts=True)
    at = np.searchsorted(background.short_terms, words)
    known = at < len(background.short_terms)
    known[known] &= background.short_terms[at[known]] == words[known]
    whole = background.terms[at[known]]
    frequencies = snapshot.inverted.frequencies(whole)
    weights = snapshot.weighting.query(counts[known].astype(np.float32), frequencies, max(len(snapshot), 1))
    best = np.argsort(-weights, kind="stable")[:TITLE_WORDS]
    order = best[np.argsort(whole[best])]
    return snapshot.inverted.scores(SparseQuery(whole[order], weights[order]))


def newest(days: NDArray[np.int32]) -> NDArray[np.float64]:
    """Scores by date, then by arrival, (n,)."""
    return days.astype(np.float64) + np.arange(len(days)) / max(len(days), 1)


def ranks(scores: NDArray[np.floating], others: NDArray[np.bool_], wanted: NDArray[np.int64]) -> NDArray[np.float64]:
    """The rank of each wanted row among the others (n,) by scores (n,), from 1; endless where its score is -inf.

    Papers with the same score share the middle of their places.
    """
    values = np.sort(scores[others])
    own = scores[wanted]
    above = len(values) - np.searchsorted(values, own, side="right")
    same = len(values) - np.searchsorted(values, own, side="left") - above
    return np.where(np.isneginf(own), np.inf, 1 + above + same / 2).astype(np.float64)
