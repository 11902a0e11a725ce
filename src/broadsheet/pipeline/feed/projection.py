"""Projections of papers' vectors: likenesses are inner products of what they come to.

A whitening is learned from random papers of a library. The one that ships (`models/feed_metric.bin`) is learned from
who wrote what: it brings together papers that one person wrote, and with them what one person cares for.

Chopra, Hadsell, LeCun: Learning a Similarity Metric Discriminatively, with Application to Face Verification. CVPR 2005.
Departures: a linear map; the loss is the cross entropy among the other pairs of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.pipeline.pretrained import FEED_METRIC, REINSTALL, TRANSFORMER, VERSION, WITH_VECTORS

__all__ = ["METHOD", "Projection", "read_metric"]

METHOD = "feed_metric"
FLOOR = 1e-3  # of the largest variance, the least that counts


@dataclass(frozen=True, slots=True)
class Projection:
    """Vectors (n, d) less a mean, turned and stretched to (n, k), of length one."""

    mean: NDArray[np.float32]  # (d,)
    matrix: NDArray[np.float32]  # (d, k)

    @classmethod
    def whitening(cls, vectors: NDArray[np.float32]) -> Projection:
        """Half of a whitening: directions in which the vectors (n, d) of random papers differ most count less."""
        if len(vectors) < 2:
            return cls(np.zeros(vectors.shape[1], np.float32), np.eye(vectors.shape[1], dtype=np.float32))
        mean = vectors.mean(axis=0)
        variances, directions = np.linalg.eigh(np.cov((vectors - mean).T.astype(np.float64)))
        scale = (np.maximum(variances, 0) + FLOOR * variances.max() + 1e-9) ** -0.25
        return cls(mean.astype(np.float32), (directions * scale).astype(np.float32))

    def apply(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors (n, d) projected, (n, k)."""
        moved = vectors @ self.matrix - self.mean @ self.matrix
        return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9), np.float32)

    def direction(self, target: NDArray[np.float32]) -> NDArray[np.float32]:
        """The vector (d,) with which papers are compared to be nearest to a projected `target` (k,)."""
        return np.asarray(self.matrix @ target, np.float32)


@lru_cache(maxsize=4)
def read_metric(encoder: str, *, with_vectors: bool, path: Path = FEED_METRIC) -> Projection | None:
    """The learned projection of static vectors, or of static and transformer's vectors side by side; cached.

    `encoder` is the name of the encoder's file in the index, which has its fingerprint. None if the papers are encoded
    by other models than it was learned with. Raises CorruptFile naming the file and the fix.
    """
    artifact = artifacts.read(path, method=METHOD, version=VERSION, fix=REINSTALL)
    prefix = WITH_VECTORS if with_vectors else ""
    try:
        mean, matrix = (artifact.arrays[prefix + name].astype(np.float32) for name in ("mean", "matrix"))
        names = artifact.meta["encoder"], artifact.meta["transformer"]
        if mean.ndim != 1 or matrix.shape[:1] != mean.shape or not np.isfinite(matrix).all():
            raise ValueError(f"a mean of {mean.shape} does not go with a matrix of {matrix.shape}")
    except (ValueError, KeyError) as error:
        raise CorruptFile(f"{path}: no usable projection ({error}); {REINSTALL}") from error
    known = encoder == f"encoder-{names[0]}.bin"
    known &= not with_vectors or artifacts.fingerprint(TRANSFORMER, fix=REINSTALL) == names[1]
    return Projection(mean, matrix) if known else None
