"""Word-context matrices: near nouns, patterns around verbs, pointwise mutual information, leading directions.

Church, Hanks: Word Association Norms, Mutual Information, and Lexicography. Computational Linguistics 16(1), 1990.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.encoders.lsa import right_singular_vectors

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["decomposed", "domain_counts", "function_counts", "nearest", "ppmi", "verb_patterns"]

Ints = NDArray[np.int64]
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)  # odd: they lose nothing


def ppmi(counts: sp.csr_matrix) -> sp.csr_matrix:
    """max(0, log [p(i, j) / (p(i) p(j))]) of a matrix of counts (v, c); cells without a count stay empty."""
    from scipy.sparse import csr_matrix

    cells = counts.tocoo()
    row, column = (np.asarray(counts.sum(axis=axis), np.float64).ravel() for axis in (1, 0))
    values = np.log(cells.data * row.sum() / (row[cells.row] * column[cells.col]))
    kept = values > 0
    return csr_matrix((values[kept].astype(np.float32), (cells.row[kept], cells.col[kept])), shape=counts.shape)


def nearest(there: NDArray[np.bool_], bounds: NDArray[np.int64], reach: int, *, left: bool) -> NDArray[np.int64]:
    """For every token the nearest other on a side that is `there`, at most `reach` places away in its row, or -1."""
    total = len(there)
    places = np.arange(total)
    if left:
        found = np.full(total, -1)
        found[1:] = np.maximum.accumulate(np.where(there, places, -1))[:-1]
        first = np.repeat(bounds[:-1], np.diff(bounds))
        return np.where((found >= first) & (places - found <= reach), found, -1)
    turned = nearest(there[::-1], total - bounds[::-1], reach, left=True)[::-1]
    return np.where(turned >= 0, total - 1 - turned, -1)


def domain_counts(rows: Ints, nouns: NDArray[np.bool_], bounds: Ints, window: int, size: int) -> sp.csr_matrix:
    """How often the nearest noun left or right of word i is word j, (size, size). `rows` numbers words, -1: none."""
    from scipy.sparse import csr_matrix

    sides = []
    for left in (True, False):
        near = nearest(nouns & (rows >= 0), bounds, window, left=left)
        kept = (rows >= 0) & (near >= 0)
        ones = np.ones(int(kept.sum()), np.float32)
        sides.append(csr_matrix((ones, (rows[kept], rows[near[kept]])), (size, size)))
    return sides[0] + sides[1]


def verb_patterns(
    terms: NDArray[np.uint64], verbs: NDArray[np.bool_], prepositions: NDArray[np.bool_], bounds: Ints, reach: int
) -> list[NDArray[np.uint64]]:
    """The pattern of the nearest verb on the left, and on the right, of every token; 0 where there is none.

    A pattern is the side, the verb, and the preposition next to the token if one stands between the two: "used for X",
    "X depends on".
    """
    found = []
    for side, left in enumerate((True, False)):
        verb, between = (nearest(there, bounds, reach, left=left) for there in (verbs, prepositions))
        inside = (between >= 0) & ((between > verb) if left else (between < verb))
        links = np.where(inside, terms[between], np.uint64(0))
        pattern = (terms[verb] * _MIX[side]) ^ (links * _MIX[2])
        found.append(np.where(verb >= 0, np.maximum(pattern, np.uint64(1)), np.uint64(0)))
    return found


def function_counts(rows: Ints, patterns: list[NDArray[np.uint64]], size: int, most: int, least: int) -> sp.csr_matrix:
    """How often word i stands in each of the `most` commonest patterns that occur `least` times, (size, patterns)."""
    from scipy.sparse import csr_matrix

    at = np.concatenate([np.flatnonzero((rows >= 0) & (side > 0)) for side in patterns])
    met = np.concatenate([side[(rows >= 0) & (side > 0)] for side in patterns])
    names, columns, counts = np.unique(met, return_inverse=True, return_counts=True)
    kept = np.argsort(-counts, kind="stable")[:most]
    kept = kept[counts[kept] >= least]
    number = np.full(len(names), -1)
    number[np.sort(kept)] = np.arange(len(kept))
    columns = number[columns.ravel()]
    inside = columns >= 0
    places = (rows[at[inside]], columns[inside])
    return csr_matrix((np.ones(int(inside.sum()), np.float32), places), (size, max(len(kept), 1)))


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
