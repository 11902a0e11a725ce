"""What a transformer's vectors say of a query: candidates near it, and the cosine of every candidate as a feature.

query ──► encoder ──► vector ──┬──► the papers with the nearest vectors    candidates
                               └──► a cosine for every candidate           one more feature
Only some papers may have a vector yet. The others are judged by what the other features say: no paper gains or loses by
being encoded later.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import Hits
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.search.features import FEATURES
from broadsheet.ranking.listnet import ListNet

__all__ = ["FEATURES_WITH_VECTORS", "LEAST_KNOWN", "QueryMeaning", "impute_cosines"]

FEATURES_WITH_VECTORS = (*FEATURES, "transformer")
LEAST_KNOWN = 8  # candidates with a vector needed to estimate the cosine of the others


@dataclass(frozen=True, slots=True)
class QueryMeaning:
    """The vector of a query, (d,), and the vectors it compares with."""

    vectors: PaperVectors
    vector: NDArray[np.float32]
    _nearest: dict[int, tuple[Mask, Hits]] = field(default_factory=dict)  # k → allowed rows, the nearest of them

    @classmethod
    def of(cls, vectors: PaperVectors, text: str) -> QueryMeaning:
        """Encode the words of a query."""
        return cls(vectors, vectors.encode_query(text))

    def nearest(self, k: int, allowed: Mask) -> Hits:
        """At most k allowed rows with the greatest cosines, best first; the same for every spelling of a query."""
        known = self._nearest.get(k)
        if known is None or known[0] is not allowed:
            known = self._nearest[k] = allowed, self.vectors.search(self.vector, k, allowed)
        return known[1]

    def cosines(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of every row, (n,); NaN for a paper without a vector."""
        return self.vectors.score(self.vector, rows)

    def trust(self, rows: NDArray[np.int64]) -> float:
        """How far the weights learned with cosines count for these rows, 0..1: the root of the share with a vector.

        With few vectors most cosines are estimates, and weights learned without any rank better.
        """
        return float(np.sqrt(self.vectors.has(rows).mean())) if len(rows) else 0.0

    def add_cosines(
        self, rows: NDArray[np.int64], features: NDArray[np.float32], ranker: ListNet
    ) -> NDArray[np.float32] | None:
        """The features (n, f) of the rows with the cosine as one more column, (n, f + 1).

        `ranker` weighs the other features; a missing cosine is estimated from its scores. None if too few rows have a
        vector for that.
        """
        cosines = self.cosines(rows)
        known = np.count_nonzero(~np.isnan(cosines))
        if known < min(LEAST_KNOWN, len(rows)):
            return None
        return np.column_stack([features, np.maximum(impute_cosines(cosines, ranker.score(features)), 0)])


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
