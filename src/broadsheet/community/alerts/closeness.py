"""How near papers are to a text, or to what a reader saved: in so many of 1,000 papers of the library that are farther.

A share of the library means the same whichever encoder made the vectors, and stays when it is trained anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.remember import remember
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search.analysis import analyze

__all__ = ["Closeness", "Nearness"]

_SAMPLE = 4000  # papers of the library that others are compared with
_LIKED = 500  # the papers saved last say what is near
_KEPT = 50  # of what papers are near to
_READERS = 1000  # whose saves are kept


@dataclass(frozen=True, slots=True)
class Closeness:
    """What papers are near to in one snapshot, and how near a sample of its papers is."""

    vector: NDArray[np.float32]  # (dimensions,)
    usual: NDArray[np.float32]  # scores of the sample, ascending, (n,)

    @classmethod
    def to_text(cls, snapshot: IndexSnapshot, text: str) -> Self | None:
        """To the words of a query; None where no word has a vector."""
        vector = analyze(snapshot, text).free.vector if text and len(snapshot) else None
        return cls._to(snapshot, vector) if vector is not None and vector.any() else None

    @classmethod
    def to_papers(cls, snapshot: IndexSnapshot, liked: Sequence[int]) -> Self | None:
        """To the mean of the first of these papers; None where the snapshot has none of them."""
        rows = snapshot.present_rows(liked[:_LIKED])
        return cls._to(snapshot, snapshot.dense.vectors(rows).mean(axis=0)) if len(rows) else None

    @classmethod
    def _to(cls, snapshot: IndexSnapshot, vector: NDArray[np.float32]) -> Self:
        alive = snapshot.alive.rows()
        sample = np.random.default_rng(0).choice(alive, min(_SAMPLE, len(alive)), replace=False)
        return cls(vector, np.sort(snapshot.dense.score(vector, np.sort(sample))))

    def shares(self, snapshot: IndexSnapshot, ids: Sequence[int]) -> dict[int, int]:
        """How many of 1,000 papers of the library are farther than each of these papers."""
        rows = snapshot.rows_of(ids)
        present = rows >= 0
        scores = snapshot.dense.score(self.vector, rows[present])
        farther = np.searchsorted(self.usual, scores) * 1000 // max(len(self.usual), 1)
        return dict(zip(np.asarray(ids)[present].tolist(), farther.tolist(), strict=True))


class Nearness:
    """How near papers are to a query or to what a reader saved; what is worked out for it is kept."""

    def __init__(self, library: Library) -> None:
        self._table = library.catalogue.community.alerts
        self._to: dict[tuple[int, str | tuple[int, ...]], Closeness | None] = {}
        self._saved: dict[int, tuple[int, tuple[int, ...]]] = {}  # reader → (their last action, the last saves)

    def of(self, snapshot: IndexSnapshot, reader_id: int, text: str, ids: Sequence[int]) -> dict[int, int]:
        """How near papers are to the words of a text, else to what the reader saved; empty where neither says it."""
        if not ids:
            return {}
        near = self._kept((snapshot.manifest.seq, text), lambda: Closeness.to_text(snapshot, text)) if text else None
        if near is None and (saved := self._saves(reader_id)):
            near = self._kept((snapshot.manifest.seq, saved), lambda: Closeness.to_papers(snapshot, saved))
        return near.shares(snapshot, ids) if near is not None else {}

    def _saves(self, reader_id: int) -> tuple[int, ...]:
        last = self._table.last_action(reader_id)
        known = self._saved.get(reader_id)
        if known is None or known[0] != last:
            saves = tuple(self._table.latest_saved(reader_id, _LIKED))
            known = remember(self._saved, reader_id, (last, saves), _READERS)
        return known[1]

    def _kept(self, key: tuple[int, str | tuple[int, ...]], make: Callable[[], Closeness | None]) -> Closeness | None:
        return self._to[key] if key in self._to else remember(self._to, key, make(), _KEPT)
