"""Sequences of purchases (Beauty): the last item of each is what is to be found, the one before what is chosen by."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import svds

from broadsheet.kit.errors import UsageError
from broadsheet.kit.unit import unit_rows
from broadsheet_lab.bench.datasets import data_folder

__all__ = ["Purchases", "beauty", "beauty_path", "features", "hits", "neighbours_and_transitions", "popularity"]

_POWER = 0.3
_WINDOW = 3
_FADING = 0.6  # of a purchase, with each that came after it
_AFTER = 2.0  # what transitions count for beside neighbours

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Purchases:
    """Sequence i is items[bounds[i]:bounds[i + 1]], everything included; `attributes` is (items, attributes)."""

    items: Ints
    bounds: Ints
    attributes: csr_matrix

    @property
    def size(self) -> int:
        """The number of items."""
        return int(self.attributes.shape[0])

    def without(self, last: int) -> tuple[Ints, Ints]:
        """The sequences without their last items, and bounds."""
        keep = np.ones(len(self.items), np.bool_)
        for back in range(1, last + 1):
            keep[self.bounds[1:] - back] = False
        return self.items[keep], self.bounds - last * np.arange(len(self.bounds))

    def wanted(self, last: int) -> Ints:
        """The item of every sequence that `without(last)` leaves out first."""
        return self.items[self.bounds[1:] - last]


def beauty_path() -> Path:
    """The folder of Beauty. Raises UsageError if it is missing."""
    folder = data_folder() / "beauty"
    if not (folder / "sequences.parquet").is_file():
        raise UsageError(f"{folder}: sequences.parquet is missing; this benchmark needs it")
    return folder


def beauty() -> Purchases:
    """Beauty, items numbered from 0. Raises UsageError if it is missing."""
    import pyarrow.parquet as pq

    folder = beauty_path()
    table = pq.read_table(folder / "sequences.parquet")
    users, items = table["user"].to_numpy(), table["item"].to_numpy().astype(np.int64) - 1
    bounds = np.concatenate([np.flatnonzero(np.diff(users, prepend=-1)), [len(users)]]).astype(np.int64)
    given, size = json.loads((folder / "item_attributes.json").read_text(encoding="utf-8")), int(items.max()) + 1
    pairs = np.array([(int(item) - 1, a) for item, found in given.items() for a in found if int(item) <= size])
    attributes = csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (size, int(pairs[:, 1].max()) + 1))
    return Purchases(items, bounds, attributes)


def _readers(items: Ints, bounds: Ints, size: int) -> csr_matrix:
    """(readers, items), 1 where bought."""
    users = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    return csr_matrix((np.ones(len(items)), (users, items)), (len(bounds) - 1, size))


def features(w: Purchases, *, dimensions: int) -> Floats:
    """Frozen features of items, (n, 2 dimensions): singular vectors of their attributes and of who bought them.

    From what `without(2)` leaves: nothing of what is to be found or chosen by goes in.
    """
    found = []
    for matrix in (w.attributes, _readers(*w.without(2), w.size).T.tocsr()):
        weight = np.log(matrix.shape[0] / np.maximum(np.diff(matrix.tocsc().indptr), 1))  # idf of a column
        by_size = 1 / np.sqrt(np.maximum(np.asarray(matrix.sum(axis=1))[:, 0], 1))
        u, s, _ = svds(diags(by_size) @ matrix @ diags(weight), dimensions, random_state=0)
        x = u * np.sqrt(s)
        found.append(unit_rows(x))
    return np.hstack(found).astype(np.float32)


def popularity(w: Purchases) -> Floats:
    """How often each item was bought, (n,), in what `without(2)` leaves."""
    return np.bincount(w.without(2)[0], minlength=w.size).astype(np.float32)


def item_knn(w: Purchases, last: int = 2) -> csr_matrix:
    """What two items' readers have in common, (n, n), themselves left out, in what `without(last)` leaves.

    A reader counts the less the more they bought, an item by its purchases to the power 0.3, chosen on validation.
    """
    bought = _readers(*w.without(last), w.size)
    bought = diags(np.asarray(bought.sum(axis=1)).ravel() ** -0.5) @ bought
    by_size = np.maximum(np.asarray(bought.power(2).sum(axis=0)).ravel(), 1e-9) ** -_POWER
    bought = bought @ diags(by_size)
    near = (bought.T @ bought).tolil()
    near.setdiag(0)
    return csr_matrix(near)


def transitions(w: Purchases, last: int = 2) -> csr_matrix:
    """How often an item came one, two or three places after another in `without(last)`, nearer ones more, (n, n).

    Over the root of the first's purchases and those of the second to the power 0.3, chosen on validation.
    """
    items, bounds = w.without(last)
    readers = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    followed = csr_matrix((w.size, w.size))
    for back in range(1, _WINDOW + 1):
        same = readers[:-back] == readers[back:]
        places = (items[:-back][same], items[back:][same])
        followed = followed + csr_matrix((np.full(int(same.sum()), 1 / back), places), (w.size, w.size))
    count = np.maximum(np.bincount(items, minlength=w.size), 1).astype(np.float64)
    return (diags(count**-0.5) @ followed @ diags(count**-_POWER)).tocsr()


def neighbours_and_transitions(w: Purchases, last: int = 2) -> Callable[[Ints, Ints], Floats]:
    """Scores of all items for sequences (b, n): neighbours of what was bought, older purchases less, and what follows.

    Learned from what `without(last)` leaves; the weights were chosen on validation.
    """
    near, after = item_knn(w, last).astype(np.float32), transitions(w, last).astype(np.float32)

    def scores(part: Ints, ends: Ints) -> Floats:
        age = np.repeat(ends[1:], np.diff(ends)) - 1 - np.arange(len(part))
        shape = (len(ends) - 1, w.size)
        history = csr_matrix(((_FADING**age).astype(np.float32), part, ends), shape)
        ones = np.full(len(ends) - 1, _AFTER, np.float32)
        newest = csr_matrix((ones, part[ends[1:] - 1], np.arange(len(ends))), shape)
        return np.asarray((history @ near + newest @ after).toarray(), np.float32)

    return scores


def hits(scores: Floats, items: Ints, bounds: Ints, wanted: Ints, k: int = 10) -> NDArray[np.float64]:
    """(2, b): whether the wanted item is among the best k of scores (b, n), what is in the sequence left out; its gain.

    The gain is 1 / log2(1 + rank). A tie counts against the wanted item.
    """
    rows = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    scores[rows, items] = -np.inf
    own = scores[np.arange(len(wanted)), wanted]
    rank = (scores >= own[:, None]).sum(axis=1)
    found = (rank <= k) & np.isfinite(own)
    return np.stack([found.astype(np.float64), np.where(found, 1 / np.log2(1 + rank), 0)])
