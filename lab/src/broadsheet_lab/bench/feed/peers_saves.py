"""Peers that rank by the saves of other readers, for boards that have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from broadsheet_lab.bench.feed.board import Board, Peer
from broadsheet_lab.bench.feed.peers_words import zsum
from broadsheet_lab.bench.feed.readers import Rows

__all__ = ["Ease", "ItemNeighbours", "popularity", "with_text"]

Scores = NDArray[np.float32]


def popularity(saves: sparse.csr_matrix) -> Peer:
    """How many readers saved a paper."""
    counts = np.asarray(saves.sum(axis=0), np.float32).ravel()
    return lambda board, saved: counts[board.candidates]  # noqa: ARG005 - the same for everybody


@dataclass(frozen=True)
class ItemNeighbours:
    """Papers saved together, by shrunk cosine.

    Sarwar et al.: Item-based Collaborative Filtering Recommendation Algorithms. WWW 2001; the shrinkage of Dacrema et
    al.: A Troubling Analysis of Reproducibility and Progress in Recommender Systems Research. TOIS 2021.
    """

    likeness: sparse.csr_matrix  # (n, n)

    @classmethod
    def of(cls, saves: sparse.csr_matrix, shrink: float = 30.0) -> ItemNeighbours:
        """From the saves of everybody (readers, papers)."""
        together = sparse.coo_matrix(saves.T @ saves)
        sizes = np.sqrt(np.asarray(saves.sum(axis=0)).ravel())
        values = together.data / (sizes[together.row] * sizes[together.col] + shrink)
        values[together.row == together.col] = 0
        return cls(sparse.csr_matrix((values.astype(np.float32), (together.row, together.col)), together.shape))

    def __call__(self, board: Board, saved: Rows) -> Scores:
        """The sum of every candidate's likeness to the saves."""
        scores = np.asarray(self.likeness[saved].sum(axis=0), np.float32).ravel()
        return scores[board.candidates]


@dataclass(frozen=True)
class Ease:
    """EASE, the linear autoencoder without self-weights, worked out in the space of the readers.

    Steck: Embarrassingly Shallow Autoencoders for Sparse Data. WWW 2019.
    """

    saves: sparse.csr_matrix  # (readers, n)
    inverse: NDArray[np.float32]  # of the readers' Gram matrix and the penalty, (readers, readers)
    diagonal: Scores  # of the papers' inverse Gram matrix times the penalty, (n,)

    @classmethod
    def of(cls, saves: sparse.csr_matrix, penalty: float = 10.0) -> Ease:
        """From the saves of everybody."""
        gram = (saves @ saves.T).toarray().astype(np.float32)
        gram[np.diag_indices_from(gram)] += penalty
        inverse = np.linalg.inv(gram)
        diagonal = np.ones(saves.shape[1], np.float32)
        columns = sparse.csc_matrix(saves)
        for paper in range(saves.shape[1]):
            who = columns.indices[columns.indptr[paper] : columns.indptr[paper + 1]]
            diagonal[paper] -= inverse[np.ix_(who, who)].sum()
        return cls(saves, inverse, diagonal)

    def __call__(self, board: Board, saved: Rows) -> Scores:
        """The score of every candidate that is not among the saves."""
        x = np.zeros(self.saves.shape[1], np.float32)
        x[saved] = 1
        projected = self.saves.T @ ((self.saves @ x) @ self.inverse)  # of x on everybody's saves
        return ((projected - x) / self.diagonal)[board.candidates].astype(np.float32)


def with_text(saves: Peer, text: Peer, weight: float = 0.7) -> Peer:
    """The sum of two rankings as z-scores, `weight` that of the second."""
    return lambda board, saved: zsum(saves(board, saved)) + np.float32(weight) * zsum(text(board, saved))
