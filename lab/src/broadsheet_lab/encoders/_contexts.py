"""Word-context matrices: counts at a distance, positive pointwise mutual information, and its leading directions.

Church, Hanks: Word Association Norms, Mutual Information, and Lexicography. Computational Linguistics 16(1), 1990.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.encoders.lsa import right_singular_vectors

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["beside", "decomposed", "ppmi"]


def ppmi(counts: sp.csr_matrix) -> sp.csr_matrix:
    """max(0, log [p(i, j) / (p(i) p(j))]) of a matrix of counts (v, c); cells without a count stay empty."""
    from scipy.sparse import csr_matrix

    cells = counts.tocoo()
    row, column = (np.asarray(counts.sum(axis=axis), np.float64).ravel() for axis in (1, 0))
    values = np.log(cells.data * row.sum() / (row[cells.row] * column[cells.col]))
    kept = values > 0
    return csr_matrix((values[kept].astype(np.float32), (cells.row[kept], cells.col[kept])), shape=counts.shape)


def beside(
    rows: NDArray[np.int64], columns: NDArray[np.int64], bounds: NDArray[np.int64], offset: int, shape: tuple[int, int]
) -> sp.csr_matrix:
    """How often word i stands `offset` > 0 places before context j in one text, counts of the given shape.

    `rows` and `columns` give every token's number as a word and as a context, -1 where it is none.
    """
    from scipy.sparse import csr_matrix

    text = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    kept = (text[:-offset] == text[offset:]) & (rows[:-offset] >= 0) & (columns[offset:] >= 0)
    at = (rows[:-offset][kept], columns[offset:][kept])
    return csr_matrix((np.ones(len(at[0]), np.float32), at), shape=shape)  # equal places are summed


def decomposed(matrix: sp.csr_matrix, k: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The k leading left singular vectors of matrix (v, c), as columns (v, k), and their values (k,).

    Zeros where the matrix has fewer.
    """
    turned = matrix.T.tocsr()
    found = right_singular_vectors(turned, k, seed=seed)
    vectors, values = np.zeros((matrix.shape[0], k), np.float32), np.zeros(k, np.float32)
    vectors[:, : found.shape[1]] = found
    values[: found.shape[1]] = np.linalg.norm(turned @ found, axis=0)
    return vectors, values
