"""Precise search: beside all other evidence, how near a transformer's vector of a paper is to that of the query.

query ───► transformer ──► candidates, and a cosine for every candidate     ──► weights learned with it ──► ranked
those near the first and the query ──► transformer that reads both together ──► top k     (search/rerank)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Document
from broadsheet.encoders.minilm import MiniLM
from broadsheet.indexes.scan import Scan
from broadsheet.kit import artifacts
from broadsheet.kit.errors import UsageError
from broadsheet.kit.mask import Mask
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index import vector_file
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.index.vector_file import FIX, VectorFile, checksum
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.candidates import Candidates
from broadsheet.pipeline.search.features import FEATURES
from broadsheet.pipeline.search.rerank import (
    CrossEncode,
    cross_encoder_scores,
    exclusive_torch,
    near_the_first,
    to_score_delta,
)
from broadsheet.ranking.listnet import ListNet

__all__ = [
    "MODES",
    "PRECISE_FEATURES",
    "PRECISE_RANKER",
    "PreciseQuery",
    "PreciseVectors",
    "encode_query",
    "impute_cosines",
    "open_vectors",
]

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
    with exclusive_torch():
        return np.asarray(model.encode([text])[0])


class PreciseVectors:
    """The transformer's vectors of the papers of one snapshot."""

    def __init__(self, snapshot: IndexSnapshot, file: VectorFile, stamp: tuple[int, ...] = ()) -> None:
        self.snapshot = snapshot
        self.file = file
        self.stamp = stamp  # of the file the vectors were read from
        self._scan = Scan([file.codes])
        rows = snapshot.rows_of(file.ids)
        there = np.flatnonzero(rows >= 0)
        self._places = np.full(len(snapshot), -1, np.int64)  # of every row among the vectors, -1 without one
        self._places[rows[there]] = there
        self._rows = rows  # of every vector, -1 where the paper is gone

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the vectors."""
        count = self.snapshot.count
        missing = count - int((self._rows >= 0).sum())
        if missing <= MANY_MISSING * count:
            return ()
        return (f"{missing:,} of {count:,} papers have no precise vector and are judged without: {FIX}",)

    def nearest(self, vector: NDArray[np.float32], allowed: Mask) -> NDArray[np.int64]:
        """The allowed rows whose vectors are nearest to a query's (384,), CANDIDATES at most."""
        rows = self._rows
        if not len(rows):
            return np.empty(0, np.int64)
        within = Mask.of((rows >= 0) & allowed.flags()[rows])
        return rows[self._scan.search(vector, CANDIDATES, within).ids]

    def cosines(
        self, vector: NDArray[np.float32], rows: NDArray[np.int64], documents: Mapping[int, Document]
    ) -> NDArray[np.float32]:
        """The cosine of every row with a query's vector (384,), NaN without a vector of the paper's text as it is in
        `documents`, by number."""
        places = self._places[rows].copy()
        for i, (number, place) in enumerate(zip(self.snapshot.ids[rows].tolist(), places.tolist(), strict=True)):
            document = documents.get(number)
            if place >= 0 and (document is None or self.file.sums[place] != checksum(document)):
                places[i] = -1
        there = places >= 0
        out = np.full(len(rows), np.nan, np.float32)
        out[there] = self._scan.score(vector, places[there])
        return out


@dataclass(frozen=True, slots=True)
class PreciseQuery:
    """A query with all that precise search needs to rank it."""

    query: AnalyzedQuery
    vectors: PreciseVectors
    vector: NDArray[np.float32]  # (384,) of the query
    candidates: Candidates
    documents: Mapping[int, Document]  # the candidates' texts as they are now, by number
    cross_encode: CrossEncode

    def add_cosines(self, features: NDArray[np.float32], ranker: ListNet) -> NDArray[np.float32]:
        """The features (n, f) of the candidates with the cosine as one more column, (n, f + 1).

        `ranker` weighs the features alone; by it the cosine is guessed where it is missing.
        """
        cosines = self.vectors.cosines(self.vector, self.candidates.rows, self.documents)
        return np.column_stack([features, np.maximum(impute_cosines(cosines, ranker.score(features)), 0)])

    def rerank(self, scores: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(positions, what is added to their scores): the candidates that by scores (n,) are near the first."""
        first = near_the_first(scores)
        if not len(first):
            return first, np.zeros(0, np.float32)
        numbers = self.query.snapshot.ids[self.candidates.rows[first]].tolist()
        documents = [self.documents.get(number) for number in numbers]  # one may have been deleted just now
        return first, to_score_delta(cross_encoder_scores(self.query, documents, self.cross_encode))


def open_vectors(path: Path, snapshot: IndexSnapshot, known: PreciseVectors | None) -> PreciseVectors:
    """The vectors in a file for a snapshot; `known` itself, or what it read, if that is still the same.

    Raises UsageError telling what to do where there are none or the extra is missing, CorruptFile.
    """
    stamp = artifacts.stamp(path)
    if not stamp or not vector_file.installed():
        raise UsageError(f"precise search needs a transformer and its vectors of the papers: {vector_file.ASK}")
    if known and known.stamp == stamp:
        return known if known.snapshot is snapshot else PreciseVectors(snapshot, known.file, stamp)
    return PreciseVectors(snapshot, vector_file.read(path), stamp)


def impute_cosines(cosines: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosines (n,) with every NaN replaced by what `others`, the weighed sum of all other evidence, suggests.

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
