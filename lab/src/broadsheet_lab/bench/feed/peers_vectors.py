"""Peers that rank by vectors of the papers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.feed.board import Board
from broadsheet_lab.bench.feed.peers_words import nearest, pairs_nearest, svm, zsum
from broadsheet_lab.bench.feed.readers import Rows
from broadsheet_lab.ranking.logistic import Logistic

__all__ = ["first_release", "logistic", "mean_of_saves", "nearest_saves", "svm_and_nearest", "time_weighted"]

Scores = NDArray[np.float32]
Of = Callable[[Board], tuple[Scores, Scores]]  # the vectors of all papers, and of the candidates

BACKGROUND = 300  # random papers, which weigh as much as the saves


def static(board: Board) -> tuple[Scores, Scores]:
    """Vectors by the word encoder that ships."""
    return board.papers.static, board.static


def transformer(board: Board) -> tuple[Scores, Scores]:
    """Vectors by the transformer that ships."""
    return board.papers.transformer, board.transformer


def first_release(board: Board, saved: Rows) -> Scores:
    """0.1.0's way: logistic regression on the word encoder's vectors, 300 random papers of the weight of the saves."""
    every, candidates = static(board)
    others = board.negatives(BACKGROUND, saved)
    y = np.repeat([1.0, 0.0], [len(saved), len(others)]).astype(np.float32)
    weights = np.where(y == 1, 1, len(saved) / len(others)).astype(np.float32)
    model = Logistic(penalty=0.1).fit(every[np.concatenate([saved, others])], y, weights)
    return model.score(candidates)


def logistic(board: Board, saved: Rows, c: float = 10.0, of: Of = transformer, negatives: int = 3000) -> Scores:
    """Logistic regression on vectors of a sentence encoder with balanced classes.

    As in paper recommenders on SPECTER or MiniLM vectors; Cohan et al.: SPECTER. ACL 2020.
    """
    from sklearn.linear_model import LogisticRegression

    every, candidates = of(board)
    others = board.negatives(negatives, saved)
    y = np.repeat([1, 0], [len(saved), len(others)])
    x = every[np.concatenate([saved, others])]
    model = LogisticRegression(C=c, class_weight="balanced", max_iter=200).fit(x, y)
    return np.asarray(candidates @ model.coef_[0].astype(np.float32), np.float32)


def mean_of_saves(board: Board, saved: Rows, of: Of = static) -> Scores:
    """The mean of the saves' vectors."""
    every, candidates = of(board)
    return np.asarray(candidates @ every[saved].mean(axis=0), np.float32)


def nearest_saves(board: Board, saved: Rows, k: int = 3, of: Of = static) -> Scores:
    """The mean of the three nearest saves' cosines."""
    every, candidates = of(board)
    return nearest(candidates @ every[saved].T, k)


def time_weighted(board: Board, saved: Rows, of: Of = transformer) -> Scores:
    """Zotero-arxiv-daily: cosines with the saves, the newest weighing most: 1 / (1 + log10(place)), places from 1.

    TideDra: zotero-arxiv-daily, recommender.rerank_paper.
    """
    every, candidates = of(board)
    weights = 1 / (1 + np.log10(np.arange(1, len(saved) + 1)))
    return np.asarray(candidates @ every[saved[::-1]].T @ (weights / weights.sum()).astype(np.float32), np.float32)


def svm_and_nearest(board: Board, saved: Rows, c: float = 10.0) -> Scores:
    """The SVM and the three nearest saves by words and by vectors, summed as z-scores."""
    return zsum(svm(board, saved, c), pairs_nearest(board, saved), nearest_saves(board, saved))
