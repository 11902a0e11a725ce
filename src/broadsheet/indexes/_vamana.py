"""Kernels of the one-layer graph: greedy search, pruning of neighbours, building.

They work on the codes of scan.py: a sign bit and 8 bits for each of D rotated components. The score of a row is the
integer inner product of codes times a weight of the row: with scales as weights it is the inner product of vectors,
with one over the lengths of codes the cosine, which is used for building.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._fine import MORE
from broadsheet.kit.native import kernel
from broadsheet.kit.signs import QUERY_BITS

__all__ = ["CERTAIN", "build_graph", "prune", "search_graph", "walk"]

CERTAIN = 0.5  # standard deviations that a row's estimate may be too low before the row is skipped

_walked = kernel("vamana_walked")
_searched = kernel("vamana_searched")
_pruned = kernel("vamana_pruned")
_built = kernel("vamana_built")


def _flags(n: int) -> int:
    """The number of 64-bit words with one bit per row."""
    return (n + 63) >> 6


def walk(
    arrays: tuple[NDArray[np.uint64], NDArray[np.int8]],
    weights: NDArray[np.float32],
    links: NDArray[np.int32],
    query: NDArray[np.int16],
    planes: NDArray[np.uint64],
    slope: float,
    margin: float,
    entry: int,
    beam: int,
) -> NDArray[np.int64]:
    """The keys of the best rows of a walk from `entry`, ascending; `beam` keys, the first ones empty if too few.

    `arrays` are the bits and the codes; an integer inner product times a row's weight is its score.

    Greedy search (the paper's algorithm 1): visit the best row not visited yet, until all rows of the beam are visited.
    A neighbour's codes are read only if its estimate from sign bits, slope (15 D / 2 - cost), is at most `margin` below
    the worst score in the beam.
    """
    bits, codes = arrays
    (n, d), degree = codes.shape, links.shape[1]
    keys, visited, neighbours = np.empty(beam, np.int64), np.empty(_flags(n), np.uint64), np.empty(degree + 1, np.int64)
    arguments = (bits, codes, weights, n, d, links, degree, query, planes, np.array([slope, margin]), entry, beam)
    _walked(*arguments, keys, visited, neighbours)
    return keys


def search_graph(
    arrays: tuple[NDArray[np.uint64], NDArray[np.int8], NDArray[np.float32], NDArray[np.uint8]],
    links: NDArray[np.int32],
    query: NDArray[np.float32],
    signs: NDArray[np.float32],
    entry: int,
    beam: int,
    certain: float,
    words: NDArray[np.uint64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(rows, scores): the k best rows of a walk, best first, at 12 bits per component; with a mask only allowed rows.

    `arrays` are the bits, the codes, their scales and the fine codes; `certain` standard deviations of the estimate are
    allowed for before a row is passed over. Raises ValueError on NaN or infinity in the query (d,).
    """
    bits, codes, scales, fine = arrays
    (n, d), degree = codes.shape, links.shape[1]
    k = min(k, beam)
    n_candidates = k + k + MORE
    places = np.empty(beam + degree + 1 + n_candidates + k, np.int64)
    flags = np.empty((QUERY_BITS * d >> 6) + _flags(n), np.uint64)
    reals, steps = np.empty(2 * d + n_candidates, np.float32), np.empty(d, np.int16)
    best_rows, scores = np.empty(k, np.int64), np.empty(k, np.float32)
    graph = (bits, codes, scales, fine, fine.shape[1], n, d, links, degree)
    arguments = (query, len(query), signs, entry, beam, certain, words, len(words), k, n_candidates)
    size = _searched(*graph, *arguments, places, flags, reals, steps, best_rows, scores)
    if size < 0:
        raise ValueError("the query is not finite")
    return best_rows[:size], scores[:size]


def prune(
    codes: NDArray[np.int8],
    inverse: NDArray[np.float32],
    candidates: NDArray[np.int64],
    distances: NDArray[np.float32],
    stretch: float,
    selected: NDArray[np.int64],
    selected_distances: NDArray[np.float32],
) -> int:
    """RobustPrune (the paper's algorithm 2): select candidates, nearest first, and return their number.

    `distances` are squared and ascend. A candidate is dropped if a selected one is nearer to it than the vertex is, by
    a factor alpha; `stretch` is alpha squared.
    """
    d = codes.shape[1]
    arguments = (codes, inverse, d, candidates, distances, len(candidates), stretch, len(selected))
    return int(_pruned(*arguments, selected, selected_distances, np.empty(d, np.int16)))


def build_graph(
    arrays: tuple[NDArray[np.uint64], NDArray[np.int8]],
    inverse: NDArray[np.float32],
    order: NDArray[np.int64],
    degree: int,
    beam: int,
    alpha: float,
) -> NDArray[np.int32]:
    """Build the links of the graph, (n, degree), -1 where a row has fewer. Rows are inserted in `order`.

    Walks start at order[0]; `inverse` is one over the lengths of the codes. A list of links may exceed `degree` by half
    before it is pruned, so that pruning is rare; lists that are too long at the end are pruned then.
    """
    bits, codes = arrays
    n, d = codes.shape
    room = degree + (degree + 1) // 2
    links, distances, counts = np.empty((n, room), np.int32), np.empty((n, room), np.float32), np.empty(n, np.int64)
    flags, steps = np.empty((QUERY_BITS * d >> 6) + _flags(n), np.uint64), np.empty(2 * d, np.int16)
    size = 2 * (beam + room + 1) + degree
    arguments = (bits, codes, inverse, n, d, order, degree, room, beam, alpha, CERTAIN)
    _built(*arguments, links, distances, counts, flags, steps, np.empty(size, np.int64), np.empty(size, np.float32))
    return links[:, :degree].copy()
