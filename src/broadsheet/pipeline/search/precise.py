"""Precise search: beside all other evidence, how near a transformer's vector of a paper is to that of the query.

query ───► transformer ──► candidates, and a cosine for every candidate     ──► weights learned with it ──► ranked
those near the first and the query ──► transformer that reads both together ──► top k     (search/rerank)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.encoders.minilm import MiniLM
from broadsheet.indexes.scan import Scan
from broadsheet.kit import artifacts
from broadsheet.kit.errors import UsageError
from broadsheet.kit.mask import Mask
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index import vector_file
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.index.vector_file import FIX, VectorFile, checksum
from broadsheet.pipeline.search.features import FEATURES
from broadsheet.pipeline.search.rerank import Reading, alone, read_together, readings, worth, worth_reading
from broadsheet.ranking.listnet import ListNet

__all__ = ["MODES", "PRECISE_FEATURES", "PRECISE_RANKER", "Asked", "Precise", "encode_query", "filled", "opened"]

MODES = ("default", "precise")  # of a search
PRECISE_RANKER = pretrained.FOLDER / "ranker_precise.bin"
PRECISE_FEATURES = (*FEATURES, "transformer")
CANDIDATES = 50  # papers the vectors add to those found by words and static vectors
MANY_MISSING = 0.02  # share of papers without a vector from which on it is told
LEAST_KNOWN = 8  # candidates with a vector from which the cosine of the others can be guessed


@lru_cache(maxsize=1)
def _query_model() -> MiniLM:
    return vector_file.transformer(half=False)


def encode_query(text: str) -> NDArray[np.float32]:
    """The vector of a query (384,). Raises UsageError without the extra."""
    model = _query_model()
    with alone():
        return np.asarray(model.encode([text])[0])


class Precise:
    """The vectors of the papers of one view, ready to be asked."""

    def __init__(
        self,
        view: IndexSnapshot,
        catalogue: Catalogue,
        held: VectorFile,
        encode: Callable[[str], NDArray[np.float32]],
        stamp: tuple[int, ...] = (),
        read: Reading = read_together,
    ) -> None:
        self.view = view
        self.catalogue = catalogue
        self.held = held
        self.encode = encode
        self.read = read
        self.stamp = stamp  # of the file the vectors were read from
        self.scan = Scan([held.codes])
        rows = view.rows_of(held.ids)
        there = np.flatnonzero(rows >= 0)
        self.places = np.full(len(view), -1, np.int64)  # of every row among the vectors, -1 without one
        self.places[rows[there]] = there
        self.rows = rows  # of every vector, -1 where the paper is gone

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the vectors."""
        missing = self.view.count - int((self.rows >= 0).sum())
        if missing <= MANY_MISSING * self.view.count:
            return ()
        return (f"{missing:,} of {self.view.count:,} papers have no precise vector and are judged without: {FIX}",)

    def ask(self, text: str) -> Asked:
        """A query, encoded. Raises UsageError without the extra."""
        return Asked(self, text, self.encode(text))


@dataclass(frozen=True, slots=True)
class Asked:
    """A query against the papers: its vector against theirs, its words together with those of the first few."""

    precise: Precise
    text: str
    vector: NDArray[np.float32]  # (384,)

    def candidates(self, allowed: Mask) -> NDArray[np.int64]:
        """The allowed rows whose vectors are nearest, CANDIDATES at most."""
        rows = self.precise.rows
        if not len(rows):
            return np.empty(0, np.int64)
        within = Mask.of((rows >= 0) & allowed.flags()[rows])
        return rows[self.precise.scan.search(self.vector, CANDIDATES, within).ids]

    def cosines(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of every row with the query, NaN where there is no vector of the paper's text as it is now."""
        places = self.precise.places[rows].copy()
        numbers = self.precise.view.ids[rows]
        sums = {d.id: checksum(d) for part in self.precise.catalogue.documents(ids=numbers.tolist()) for d in part}
        held = self.precise.held.sums
        for i, (number, place) in enumerate(zip(numbers.tolist(), places.tolist(), strict=True)):
            if place >= 0 and held[place] != sums.get(number):
                places[i] = -1
        there = places >= 0
        out = np.full(len(rows), np.nan, np.float32)
        out[there] = self.precise.scan.score(self.vector, places[there])
        return out

    def added(self, evidence: NDArray[np.float32], rows: NDArray[np.int64], ranker: ListNet) -> NDArray[np.float32]:
        """The evidence (n, f) of the rows with the cosine as one more column, (n, f + 1).

        `ranker` weighs the evidence alone; by it the cosine is guessed where it is missing.
        """
        known = filled(self.cosines(rows), ranker.score(evidence))
        return np.column_stack([evidence, np.maximum(known, 0)])

    def read(
        self, rows: NDArray[np.int64], scores: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(positions, what is to be added to their scores): those of the rows that are worth reading by scores (n,)."""
        near, held = worth_reading(scores), self.precise
        if not len(near):
            return near, np.zeros(0, np.float32)
        return near, worth(readings(held.view, held.catalogue, self.text, rows[near], held.read))


def opened(path: Path, view: IndexSnapshot, catalogue: Catalogue, known: Precise | None) -> Precise:
    """The vectors in a file for a view; `known` itself, or what it read, if that is still the same.

    Raises UsageError telling what to do where there are none or the extra is missing, CorruptFile.
    """
    stamp = artifacts.stamp(path)
    if not stamp or not vector_file.installed():
        raise UsageError(f"precise search needs a transformer and its vectors of the papers: {vector_file.ASK}")
    if known and known.stamp == stamp:
        return known if known.view is view else Precise(view, catalogue, known.held, encode_query, stamp)
    return Precise(view, catalogue, vector_file.read(path), encode_query, stamp)


def filled(cosines: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosines (n,) with every NaN replaced by what `others`, the weighed sum of all other evidence, lets expect.

    A line is laid through the candidates that have both, halfway in slope between the one of least squares and the one
    that keeps the spread of the cosines. The former alone draws every guess towards the middle, so that a new paper
    which stands out by its words loses to lesser ones with a vector; the latter alone favours what has none. Too few to
    lay a line through: their median; none at all: 0 for every one, which leaves the order to the other evidence.
    """
    lacking = np.isnan(cosines)
    if not lacking.any():
        return cosines
    x, y = others[~lacking].astype(np.float64), cosines[~lacking].astype(np.float64)
    slope, middle, height = 0.0, 0.0, float(np.median(y)) if len(y) else 0.0
    if len(y) >= LEAST_KNOWN and x.var() > 1e-12:
        middle, height = float(x.mean()), float(y.mean())
        spread = float(y.std() / x.std())
        squares = float(((x - middle) * (y - height)).mean() / x.var())  # at least -spread, at most spread
        slope = (squares + spread) / 2
    guessed = np.clip(height + slope * (others - middle), -1, 1)
    return np.where(lacking, guessed, cosines).astype(np.float32)
