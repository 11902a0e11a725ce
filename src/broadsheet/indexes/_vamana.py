"""Kernels of the one-layer graph: the walk from neighbour to neighbour, the pruning of neighbours, and the building.

All of it works on the codes of scan.py: a sign bit and 8 bits for each of D rotated components. A walk is told by what
to multiply an integer inner product of codes: by the scales it is the inner product of vectors, and by one over the
lengths of the codes the cosine, in which the graph is built.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes._codes import fetched, inner, planes_of, quantised
from broadsheet.indexes._fine import MORE, finest
from broadsheet.indexes._keys import EMPTY, key_of, put, row_of, score_of
from broadsheet.indexes._rotation import turned_query
from broadsheet.indexes._signs import LEVELS, QUERY_BITS
from broadsheet.kit.jit import jit, popcount, prefetch

__all__ = ["CERTAIN", "built", "pruned", "searched", "walked"]

CERTAIN = 0.5  # standard deviations by which a row's estimate may fall short before the row is passed over
_LINE = 16  # links that come from memory at once


@jit
def _differing(bits: NDArray[np.uint64], start: int, planes: NDArray[np.uint64]) -> np.int64:
    """What `estimate` subtracts for the row that begins at bits[start]: 0..15 D."""
    cost = np.uint64(0)
    for w in range(planes.shape[1]):
        word = bits[start + w]
        low = popcount(word ^ planes[0, w]) + (popcount(word ^ planes[1, w]) << np.uint64(1))
        high = popcount(word ^ planes[2, w]) + (popcount(word ^ planes[3, w]) << np.uint64(1))
        cost += low + (high << np.uint64(2))
    return np.int64(cost)


@jit
def walked(
    coded: tuple[NDArray[np.uint64], NDArray[np.int8]],
    weights: NDArray[np.float32],
    links: NDArray[np.int32],
    query: NDArray[np.int16],
    planes: NDArray[np.uint64],
    slope: float,
    margin: float,
    entry: int,
    beam: int,
) -> NDArray[np.int64]:
    """The keys of the best rows seen on a walk from `entry`, ascending; `beam` of them, the first ones empty if few.

    `coded` are the bits and the codes; an integer inner product times a row's weight is its score.

    Greedy search (the paper's algorithm 1): the best row not visited yet is visited, until the beam holds visited rows
    only. A neighbour's codes are read only if its estimate from sign bits, slope (15 D / 2 - cost), may lie within
    `margin` of the worst score in the beam; neighbours that are read are asked for from memory together.
    """
    bits, codes = coded
    width, d, degree = bits.shape[1], codes.shape[1], links.shape[1]
    flat_bits, flat_codes, flat_links = bits.reshape(-1), codes.reshape(-1), links.reshape(-1)
    seen = np.zeros((len(codes) + 63) >> 6, np.uint64)
    keys = np.full(beam, EMPTY, np.int64)
    near = np.empty(max(degree, 1), np.int64)
    near[0] = entry
    seen[entry >> 6] |= np.uint64(1) << np.uint64(entry & 63)
    count, best = 1, 0
    middle = np.float32(slope) * np.float32(LEVELS * 32 * width) + np.float32(margin)
    while True:
        if keys[0] != EMPTY:
            # of estimated rows those that may enter the beam; no branch, because half of them would be mispredicted
            worst = score_of(keys[0])
            kept = 0
            for i in range(count):
                row = near[i]
                near[kept] = row
                cost = np.float32(_differing(flat_bits, row * width, planes))
                kept += int(middle - np.float32(slope) * cost > worst)
            count = kept
        for i in range(count):
            fetched(flat_codes, near[i] * d, d)
            prefetch(weights, near[i])
        for i in range(count):
            row = near[i]
            key = key_of(np.float32(inner(flat_codes, row * d, query)) * weights[row], row)
            if key > keys[0]:
                best = max(best, put(keys, key))
                for line in range((degree + _LINE - 1) // _LINE):
                    prefetch(flat_links, row * degree + line * _LINE)
        while best >= 0 and keys[best] & 1:
            best -= 1
        if best < 0:
            return keys
        visited = row_of(keys[best])
        keys[best] |= 1
        count = 0
        for row in flat_links[visited * degree : (visited + 1) * degree]:
            if row < 0:
                break
            word, bit = row >> 6, np.uint64(row & 63)
            near[count] = row
            count += int(np.int64((~seen[word] >> bit) & np.uint64(1)))
            seen[word] |= np.uint64(1) << bit
            prefetch(flat_bits, row * width)


@jit
def searched(
    coded: tuple[NDArray[np.uint64], NDArray[np.int8], NDArray[np.float32], NDArray[np.uint8]],
    links: NDArray[np.int32],
    query: NDArray[np.float32],
    signs: NDArray[np.float32],
    entry: int,
    beam: int,
    certain: float,
    words: NDArray[np.uint64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(rows, scores): the k best of a walk, best first, at 12 bits a component; of those a mask allows if it has words.

    `coded` are the bits, the codes, their scales and the fine codes; `certain` standard deviations of the estimate are
    allowed for before a row is passed over.
    """
    bits, codes, scales, fine = coded
    rotated = turned_query(query, signs)
    steps, _ = quantised(rotated)
    planes = np.empty((QUERY_BITS, bits.shape[1]), np.uint64)
    slope, deviation = planes_of(steps, planes)
    keys = walked((bits, codes), scales, links, steps, planes, slope, certain * deviation, entry, beam)
    rows = np.empty(k + k + MORE, np.int64)
    size = 0
    for i in range(beam - 1, -1, -1):
        if size == len(rows) or keys[i] == EMPTY:
            break
        row = row_of(keys[i])
        rows[size] = row
        size += int(np.int64((words[row >> 6] >> np.uint64(row & 63)) & np.uint64(1))) if len(words) else 1
    return finest((codes, scales, fine), rotated, rows[:size], k)


@jit
def pruned(
    codes: NDArray[np.int8],
    inverse: NDArray[np.float32],
    candidates: NDArray[np.int64],
    distances: NDArray[np.float32],
    stretch: float,
    kept: NDArray[np.int64],
    kept_distances: NDArray[np.float32],
) -> int:
    """RobustPrune (the paper's algorithm 2): how many candidates, nearest first, were put into `kept`.

    Squared distances of candidates, ascending. One is dropped when a kept one is nearer to it than the vertex is, by a
    factor alpha; `stretch` is alpha squared.
    """
    d = codes.shape[1]
    flat = codes.reshape(-1)
    query = np.empty(d, np.int16)
    count = 0
    for i in range(len(candidates)):
        if count == len(kept):
            break
        row = candidates[i]
        for j in range(d):
            query[j] = flat[row * d + j]
        near = False
        for k in range(count):
            cosine = np.float32(inner(flat, kept[k] * d, query)) * inverse[kept[k]] * inverse[row]
            if stretch * (2 - 2 * cosine) <= distances[i]:
                near = True
                break
        if not near:
            kept[count] = row
            kept_distances[count] = distances[i]
            count += 1
    return count


@jit
def _sorted_in(
    rows: NDArray[np.int64], distances: NDArray[np.float32], size: int, row: int, distance: np.float32
) -> int:
    """Put a row into a list of `size` rows by distance; the new size."""
    at = size
    while at > 0 and distances[at - 1] > distance:
        rows[at], distances[at] = rows[at - 1], distances[at - 1]
        at -= 1
    rows[at], distances[at] = row, distance
    return size + 1


@jit
def _links_set(
    links: NDArray[np.int32],
    far: NDArray[np.float32],
    p: int,
    kept: NDArray[np.int64],
    kept_far: NDArray[np.float32],
) -> None:
    """Make `kept` the links of p."""
    links[p] = -1
    for i in range(len(kept)):
        links[p, i], far[p, i] = kept[i], kept_far[i]


@jit
def _linked_back(
    codes: NDArray[np.int8],
    inverse: NDArray[np.float32],
    links: NDArray[np.int32],
    far: NDArray[np.float32],
    counts: NDArray[np.int64],
    p: int,
    stretch: float,
    degree: int,
) -> None:
    """Link every neighbour of p to p, pruning the links of those that have no room."""
    room = links.shape[1]
    rows, distances = np.empty(room + 1, np.int64), np.empty(room + 1, np.float32)
    kept, kept_far = np.empty(degree, np.int64), np.empty(degree, np.float32)
    for i in range(counts[p]):
        r = int(links[p, i])
        if np.any(links[r] == p):
            continue
        if counts[r] < room:
            links[r, counts[r]], far[r, counts[r]] = p, far[p, i]
            counts[r] += 1
            continue
        size = 0
        for j in range(room):
            size = _sorted_in(rows, distances, size, links[r, j], far[r, j])
        size = _sorted_in(rows, distances, size, p, far[p, i])
        counts[r] = pruned(codes, inverse, rows[:size], distances[:size], stretch, kept, kept_far)
        _links_set(links, far, r, kept[: counts[r]], kept_far)


@jit
def built(
    coded: tuple[NDArray[np.uint64], NDArray[np.int8]],
    inverse: NDArray[np.float32],
    order: NDArray[np.int64],
    degree: int,
    beam: int,
    alpha: float,
) -> NDArray[np.int32]:
    """Links (n, degree) of the graph, -1 where a row has fewer: the rows put in in `order`, walks from order[0].

    `inverse` is one over the lengths of the codes. A list of links may outgrow `degree` by a half before it is pruned,
    so that pruning is rare; the lists that are too long in the end are pruned then.
    """
    bits, codes = coded
    n, d = codes.shape
    room = degree + (degree + 1) // 2
    links, far, counts = np.full((n, room), -1, np.int32), np.zeros((n, room), np.float32), np.zeros(n, np.int64)
    rows, distances = np.empty(beam + room, np.int64), np.empty(beam + room, np.float32)
    kept, kept_far = np.empty(degree, np.int64), np.empty(degree, np.float32)
    query, planes = np.empty(d, np.int16), np.empty((QUERY_BITS, bits.shape[1]), np.uint64)
    stretch = alpha * alpha
    for at in range(1, n):
        p = order[at]
        for j in range(d):
            query[j] = codes[p, j]
        slope, deviation = planes_of(query, planes)
        keys = walked(coded, inverse, links, query, planes, slope, CERTAIN * deviation, order[0], beam)
        size = 0
        for i in range(beam - 1, -1, -1):
            if keys[i] != EMPTY:
                rows[size], distances[size] = row_of(keys[i]), 2 - 2 * score_of(keys[i]) * inverse[p]
                size += 1
        counts[p] = pruned(codes, inverse, rows[:size], distances[:size], stretch, kept, kept_far)
        _links_set(links, far, p, kept[: counts[p]], kept_far)
        _linked_back(codes, inverse, links, far, counts, p, stretch, degree)
    for p in range(n):
        if counts[p] > degree:
            size = 0
            for i in range(counts[p]):
                size = _sorted_in(rows, distances, size, links[p, i], far[p, i])
            counts[p] = pruned(codes, inverse, rows[:size], distances[:size], stretch, kept, kept_far)
            _links_set(links, far, p, kept[: counts[p]], kept_far)
    return links[:, :degree].copy()
