"""Papers of the map as compact bytes: in tiles that hold more of them the nearer one looks, and in lists.

Tile z/x/y is square x, y of the 2^z by 2^z squares of the map. The papers are dealt out in a fixed random order: a
paper is in the largest tile around it that has room left, so that a few tiles show any part of the map evenly.

A tile is, little-endian: n (uint32); numbers of papers (n uint32); x and y in 65535ths of the frame (n uint16 each);
places of finest regions in their list (n uint16); years, 0 where unknown (n uint16).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVELS", "Points", "Tiles"]

LEVELS = 8
FIRST, LATER = 2500, 1500  # papers of the first tile, and of any other
LAST = np.iinfo(np.int64).max  # of a tile of the last level: all that are left
_SCALE = 65535


@dataclass(frozen=True)
class Points:
    """Papers with their places; aligned arrays."""

    ids: NDArray[np.int64]
    places: NDArray[np.float32]  # (n, 2) in 0..1
    leaves: NDArray[np.int64]  # place of the finest region among those of its zoom
    years: NDArray[np.int32]

    def encode(self, at: NDArray[np.int64]) -> bytes:
        """The papers at these positions as bytes."""
        scaled = np.rint(self.places[at] * _SCALE).astype("<u2")
        years = np.clip(self.years[at], 0, _SCALE)
        columns: list[NDArray[Any]] = [
            np.array([len(at)], "<u4"),
            self.ids[at].astype("<u4"),
            np.ascontiguousarray(scaled[:, 0]),
            np.ascontiguousarray(scaled[:, 1]),
            self.leaves[at].astype("<u2"),
            years.astype("<u2"),
        ]
        return b"".join(column.tobytes() for column in columns)


class Tiles:
    """The papers of a map, dealt out to tiles."""

    def __init__(self, points: Points) -> None:
        self.points = points
        n = len(points.ids)
        order = np.argsort(_scattered(points.ids), kind="stable")
        keys, places = np.zeros(n, np.int64), points.places[order]
        level = np.full(n, -1, np.int64)
        for z in range(LEVELS):
            left = np.flatnonzero(level < 0)
            if not len(left):
                break
            own = _keys(places[left], z)
            rank = _ranks(own)
            room = LAST if z == LEVELS - 1 else FIRST if z == 0 else LATER
            level[left[rank < room]] = z
            keys[left[rank < room]] = own[rank < room]
        whole = keys + (level << 32)
        sorted_ = np.argsort(whole, kind="stable")
        self._members, self._keys = order[sorted_], whole[sorted_]
        self.depth = int(level.max(initial=0))

    def tile(self, z: int, x: int, y: int) -> bytes:
        """The papers of a tile as bytes; of one that is not there none."""
        at = np.empty(0, np.int64)
        if 0 <= z < LEVELS and 0 <= x < 1 << z and 0 <= y < 1 << z:
            key = (z << 32) + (y << z) + x
            low, high = np.searchsorted(self._keys, (key, key + 1))
            at = self._members[low:high]
        return self.points.encode(at)


def _scattered(ids: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A number for every paper that looks random and stays the same whatever other papers there are."""
    x = ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(29)
    return x * np.uint64(0xBF58476D1CE4E5B9)


def _keys(places: NDArray[np.float32], z: int) -> NDArray[np.int64]:
    """The tile of level z around each place."""
    squares = np.minimum((places * (1 << z)).astype(np.int64), (1 << z) - 1)
    return (squares[:, 1] << z) + squares[:, 0]


def _ranks(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the same key stand before each."""
    order = np.argsort(keys, kind="stable")
    sorted_ = keys[order]
    starts = np.searchsorted(sorted_, sorted_, side="left")
    ranks = np.empty(len(keys), np.int64)
    ranks[order] = np.arange(len(keys)) - starts
    return ranks
