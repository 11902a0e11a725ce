"""The regions of a map at three zooms, each inside one of the zoom before, and what becomes of them in a new map.

The map is cut into small cells, and the smallest group of cells joins the one that most of its papers' nearest papers
are in, until as many groups are left as the finest zoom has regions, and so on to the coarsest. So a region is in one
piece on the map, and its bounds go where few papers are near each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.kmeans import group_sums

__all__ = ["ZOOMS", "cut", "inherit", "region_counts"]

ZOOMS = 3
CELLS = 900  # at most
IN_CELL = 8  # papers, about, of a cell of a small map
FINEST = 300  # regions of the finest zoom, at most
IN_REGION = 40  # papers, about, of a region of the finest zoom of a small map
ROUNDS = 12  # of k-means
SAME = 0.2  # least share of common papers, of all in either, with which a region keeps its number


def region_counts(n: int) -> tuple[int, int, int]:
    """How many regions a map of n papers has at each zoom, the coarsest first: 14, 61 and 300 from 12,000 on."""
    finest = min(max(n // IN_REGION, 1), FINEST)
    return round(finest**0.46), round(finest**0.72), finest


def cut(map_: NDArray[np.float32], near: NDArray[np.int32], *, seed: int = 0) -> list[NDArray[np.int64]]:
    """The region of every paper at each zoom, the coarsest first, each (n,), numbered from 0.

    `map_` (n, 2) are places and `near` (n, k) the rows of the nearest of each paper, -1 where there are fewer.
    """
    n = len(map_)
    counts = region_counts(n)
    cells = _cells(map_, min(max(n // IN_CELL, 1), CELLS, 3 * counts[-1] if counts[-1] > 1 else 1), seed)
    n_cells = int(cells.max(initial=-1)) + 1
    links = _links(cells, near, n_cells)
    sizes = np.bincount(cells, minlength=n_cells).astype(np.float64)
    _, sums, _ = group_sums(map_.astype(np.float64), cells, n_cells) if n else (None, np.empty((0, 2)), None)
    labels = np.arange(n_cells)
    found = []
    for count in reversed(counts):
        labels = _joined(labels, links, sizes, sums, count)
        found.append(labels[cells] if n else np.empty(0, np.int64))
    return found[::-1]


def _cells(map_: NDArray[np.float32], count: int, seed: int) -> NDArray[np.int64]:
    """K-means in the plane: the cell of every paper, (n,), numbered from 0 without gaps."""
    rng = np.random.default_rng(seed)
    if not len(map_):
        return np.empty(0, np.int64)
    centres = map_[np.sort(rng.choice(len(map_), min(count, len(map_)), replace=False))]
    sample = map_ if len(map_) <= 40 * count else map_[np.sort(rng.choice(len(map_), 40 * count, replace=False))]
    for _ in range(ROUNDS):
        filled, sums, sizes = group_sums(sample, _nearest(sample, centres), len(centres))
        centres[filled] = sums / sizes[filled][:, None]
    return np.asarray(np.unique(_nearest(map_, centres), return_inverse=True)[1], np.int64)


def _nearest(points: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """The nearest centre (c, 2) of each point (n, 2), (n,)."""
    out = np.empty(len(points), np.int64)
    squares = (centres**2).sum(axis=1)
    for start in range(0, len(points), 16_384):
        part = slice(start, start + 16_384)
        out[part] = (squares - 2 * points[part] @ centres.T).argmin(axis=1)
    return out


def _links(cells: NDArray[np.int64], near: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """How many pairs of near papers lie in each two cells, (c, c), symmetric, 0 on the diagonal."""
    rows, places = np.nonzero(near >= 0)
    pairs = cells[rows] * count + cells[near[rows, places]]
    links = np.bincount(pairs, minlength=count * count).reshape(count, count).astype(np.float64)
    links += links.T
    np.fill_diagonal(links, 0)
    return links


def _joined(
    labels: NDArray[np.int64],
    links: NDArray[np.float64],
    sizes: NDArray[np.float64],
    sums: NDArray[np.float64],
    count: int,
) -> NDArray[np.int64]:
    """The group of every cell, (c,), after the smallest groups have joined others until `count` are left."""
    groups = int(labels.max(initial=-1)) + 1
    own = np.zeros((groups, len(labels)))
    own[labels, np.arange(len(labels))] = 1
    between, size, total = own @ links @ own.T, own @ sizes, own @ sums
    np.fill_diagonal(between, 0)
    leads = np.arange(groups)  # the group that each has joined
    left = np.ones(groups, np.bool_)
    while left.sum() > count:
        small = int(np.where(left, size, np.inf).argmin())
        others = left.copy()
        others[small] = False
        pull = np.where(others, between[small] / np.sqrt(size), -1)
        middle = total / size[:, None]
        if pull.max() <= 0:  # near to no other group: the next on the map
            pull = -np.where(others, ((middle - middle[small]) ** 2).sum(axis=1), np.inf)
        into = int(pull.argmax())
        between[into] += between[small]
        between[:, into] += between[:, small]
        between[into, into] = 0
        size[into] += size[small]
        total[into] += total[small]
        left[small] = False
        leads[leads == small] = into
    return np.asarray(np.unique(leads, return_inverse=True)[1][labels], np.int64)


def inherit(
    labels: NDArray[np.int64], old: NDArray[np.int64], numbers: Sequence[int], first: int
) -> tuple[list[int], list[float]]:
    """(the number of each new region; the share of papers that it has in common with the old one of that number, 0 for
    a new number).

    `labels` (n,) are the new regions of papers from 0 on, `old` (n,) their old ones as positions in `numbers`, -1 for a
    paper without one. The pair with the greatest share, of the papers that are in either, goes first; numbers that no
    old region had begin with `first`.
    """
    count = int(labels.max(initial=-1)) + 1
    known = old >= 0
    both = np.zeros((count, len(numbers)))
    np.add.at(both, (labels[known], old[known]), 1)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both
    shares = both / np.maximum(either, 1)
    given, share = [-1] * count, [0.0] * count
    for flat in np.argsort(-shares, axis=None, kind="stable").tolist():
        new, before = divmod(flat, max(len(numbers), 1))
        if shares[new, before] < SAME:
            break
        if given[new] < 0 and numbers[before] not in given:
            given[new], share[new] = numbers[before], float(shares[new, before])
    for new in range(count):
        if given[new] < 0:
            given[new], first = first, first + 1
    return given, share
