"""Peers that rank by words."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from broadsheet_lab.bench.feed.board import Board
from broadsheet_lab.bench.feed.readers import Rows

__all__ = ["bm25_of_titles", "nearest", "pairs_nearest", "rocchio", "svm", "zsum"]

Scores = NDArray[np.float32]

NEGATIVES = 3000
STEPS = 1000


def nearest(likeness: Scores, k: int) -> Scores:
    """The mean of the k largest of every row of (c, saves)."""
    k = min(k, likeness.shape[1])
    mean: Scores = np.partition(likeness, -k, axis=1)[:, -k:].mean(axis=1)
    return mean


def pairs_nearest(board: Board, saved: Rows, k: int = 3) -> Scores:
    """tf-idf, the mean of the three nearest saves: content-based nearest neighbours.

    Lops, de Gemmis, Semeraro: Content-based Recommender Systems. Recommender Systems Handbook, 2011.
    """
    return board.once(("pairs", k), saved, lambda: nearest(board.pairs @ board.papers.pairs[saved].T.toarray(), k))


def svm(board: Board, saved: Rows, c: float = 10.0, negatives: int = NEGATIVES) -> Scores:
    """arXiv-sanity's way: a linear SVM over tf-idf of words and word pairs, all else a negative (here a sample).

    Karpathy: arxiv-sanity-lite, svm recommender (class_weight balanced).
    """
    return board.once(("svm", c, negatives), saved, lambda: _svm(board, saved, c, negatives))


def _svm(board: Board, saved: Rows, c: float, negatives: int) -> Scores:
    from sklearn.svm import LinearSVC

    others = board.negatives(negatives, saved)
    x = board.papers.pairs[np.concatenate([saved, others])]
    y = np.arange(x.shape[0]) < len(saved)
    model = LinearSVC(C=c, class_weight="balanced", max_iter=STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where words have no order the last steps change no ranking
        model.fit(x, y)
    return np.asarray(board.pairs @ model.coef_[0].astype(np.float32), np.float32)


def rocchio(board: Board, saved: Rows, negative: float = 0.75) -> Scores:
    """Rocchio: the mean of the saves' tf-idf rows less a part of the mean of the others'.

    Rocchio: Relevance feedback in information retrieval. The SMART Retrieval System, 1971.
    """
    pairs = board.papers.pairs
    mean = np.asarray(pairs[saved].mean(axis=0)).ravel()
    other = np.asarray(pairs[board.negatives(NEGATIVES, saved)].mean(axis=0)).ravel()
    return np.asarray(board.pairs @ (mean - np.float32(negative) * other), np.float32)


def bm25_of_titles(board: Board, saved: Rows) -> Scores:
    """BM25: the words of the saves' titles as one query to the candidates' titles.

    Robertson, Zaragoza: The Probabilistic Relevance Framework: BM25 and Beyond. 2009.
    """
    words = sparse.csr_matrix(board.papers.bm25_titles[saved])
    query = np.bincount(words.indices, minlength=words.shape[1]).astype(np.float32)
    return np.asarray(board.titles @ query, np.float32)


def zsum(*parts: Scores) -> Scores:
    """The sum of scores, each with mean 0 and deviation 1 over the candidates."""
    scaled = [(x - x.mean()) / max(float(x.std()), 1e-9) for x in parts]
    return np.asarray(np.sum(scaled, axis=0), np.float32)
