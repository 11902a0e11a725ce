"""Precise search: adds the cosine of a transformer's vectors of query and paper to the other features.

query ──► transformer ──► candidates, and a cosine for every candidate ──► weights learned with it ──► ranking
candidates near the first ──► cross-encoder ──► top k     (search/rerank)
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
    positions_to_rerank,
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

MODES = ("default", "precise")  # modes of a search
PRECISE_RANKER = pretrained.FOLDER / "ranker_precise.bin"
PRECISE_FEATURES = (*FEATURES, "transformer")
CANDIDATES = 50  # candidates by transformer vectors, in addition to those by words and static vectors
MANY_MISSING = 0.02  # share of papers without a vector above which a note says so
LEAST_KNOWN = 8  # candidates with a vector needed to estimate the cosine of the others


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
        self.stamp = stamp  # identifies the file that was read
        self._scan = Scan([file.codes])
        rows = snapshot.rows_of(file.ids)
        present = np.flatnonzero(rows >= 0)
        self._places = np.full(len(snapshot), -1, np.int64)  # the vector of every row, -1 without one
        self._places[rows[present]] = present
        self._rows = rows  # the row of every vector, -1 for a deleted paper

    @property
    def notes(self) -> tuple[str, ...]:
        """A note on papers without a current vector, if they are many."""
        count = self.snapshot.count
        missing = count - int((self._rows >= 0).sum())
        if missing <= MANY_MISSING * count:
            return ()
        return (f"{missing:,} of {count:,} papers have no precise vector and are ranked without one: {FIX}",)

    def nearest(self, vector: NDArray[np.float32], allowed: Mask) -> NDArray[np.int64]:
        """The allowed rows with the vectors nearest to a query's (384,), at most CANDIDATES."""
        rows = self._rows
        if not len(rows):
            return np.empty(0, np.int64)
        within = Mask.of((rows >= 0) & allowed.flags()[rows])
        return rows[self._scan.search(vector, CANDIDATES, within).ids]

    def cosines(
        self, vector: NDArray[np.float32], rows: NDArray[np.int64], documents: Mapping[int, Document]
    ) -> NDArray[np.float32]:
        """The cosine of every row with a query's vector (384,); NaN without a vector of the current text.

        `documents` are the current texts, by number.
        """
        places = self._places[rows].copy()
        for i, (number, place) in enumerate(zip(self.snapshot.ids[rows].tolist(), places.tolist(), strict=True)):
            document = documents.get(number)
            if place >= 0 and (document is None or self.file.sums[place] != checksum(document)):
                places[i] = -1
        present = places >= 0
        out = np.full(len(rows), np.nan, np.float32)
        out[present] = self._scan.score(vector, places[present])
        return out


@dataclass(frozen=True, slots=True)
class PreciseQuery:
    """A query and everything that precise search needs to rank it."""

    query: AnalyzedQuery
    vectors: PreciseVectors
    vector: NDArray[np.float32]  # (384,) of the query
    candidates: Candidates
    documents: Mapping[int, Document]  # the candidates' current texts, by number
    cross_encode: CrossEncode

    def add_cosines(self, features: NDArray[np.float32], ranker: ListNet) -> NDArray[np.float32]:
        """The features (n, f) of the candidates with the cosine as one more column, (n, f + 1).

        `ranker` weighs the other features; a missing cosine is estimated from its scores.
        """
        cosines = self.vectors.cosines(self.vector, self.candidates.rows, self.documents)
        return np.column_stack([features, np.maximum(impute_cosines(cosines, ranker.score(features)), 0)])

    def rerank(self, scores: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rerank the candidates whose scores (n,) are near the first; returns (positions, changes of their scores)."""
        first = positions_to_rerank(scores)
        if not len(first):
            return first, np.zeros(0, np.float32)
        numbers = self.query.snapshot.ids[self.candidates.rows[first]].tolist()
        documents = [self.documents.get(number) for number in numbers]  # a paper may have been deleted meanwhile
        return first, to_score_delta(cross_encoder_scores(self.query, documents, self.cross_encode))


def open_vectors(path: Path, snapshot: IndexSnapshot, previous: PreciseVectors | None) -> PreciseVectors:
    """Open a vector file for a snapshot; `previous`, or its file's contents, are reused if still current.

    Raises UsageError with the fix if there are no vectors or the extra is missing; CorruptFile.
    """
    stamp = artifacts.stamp(path)
    if not stamp or not vector_file.is_installed():
        raise UsageError(f"precise search needs a transformer and its vectors of the papers: {vector_file.ASK}")
    if previous and previous.stamp == stamp:
        return previous if previous.snapshot is snapshot else PreciseVectors(snapshot, previous.file, stamp)
    return PreciseVectors(snapshot, vector_file.read(path), stamp)


def impute_cosines(cosines: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Replace every NaN among the cosines (n,) by an estimate from `others`, the ranker's scores by all other features.

    The estimate is a line through the candidates with a cosine. Its slope is halfway between least squares and the
    ratio of standard deviations: least squares alone pulls estimates to the mean and puts good new papers too low; the
    ratio alone favours papers without a vector. With too few points the estimate is their median, with none it is 0.
    """
    missing = np.isnan(cosines)
    if not missing.any():
        return cosines
    x, y = others[~missing].astype(np.float64), cosines[~missing].astype(np.float64)
    slope, middle, height = 0.0, 0.0, float(np.median(y)) if len(y) else 0.0
    if len(y) >= LEAST_KNOWN and x.var() > 1e-12:
        middle, height = float(x.mean()), float(y.mean())
        spread = float(y.std() / x.std())
        squares = float(((x - middle) * (y - height)).mean() / x.var())  # at least -spread, at most spread
        slope = (squares + spread) / 2
    estimates = np.clip(height + slope * (others - middle), -1, 1)
    return np.where(missing, estimates, cosines).astype(np.float32)
