"""The learned weights of the evidence, between those of a reader with one like and those of one with many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.pipeline.pretrained import FEED, REINSTALL, VERSION, WITH_VECTORS
from broadsheet.ranking.listnet import ListNet

__all__ = ["MANY", "UNFITTED", "FeedWeights", "experience", "read_feed_weights", "spread"]

MANY = 40  # likes from which the weights of many hold


def experience(likes: int) -> float:
    """Where a reader with so many likes stands between one like (0) and MANY (1)."""
    return min(math.log(max(likes, 1)) / math.log(MANY), 1.0)


def spread(evidence: NDArray[np.float32], likes: int) -> NDArray[np.float32]:
    """Evidence (n, f) as ListNet learns from it, (n, 2 f): the part for many likes, then that for few."""
    share = np.float32(experience(likes))
    return np.concatenate([evidence * share, evidence * (1 - share)], axis=1)


@dataclass(frozen=True)
class FeedWeights:
    """Weights for evidence (2 f,) as `spread`, and what a score says of the chance that a paper is saved."""

    ranker: ListNet
    calibration: tuple[float, float, float]  # log odds = first + second * score + third * experience

    def weights(self, likes: int) -> NDArray[np.float32]:
        """The weights of the columns for a reader with so many likes, (f,)."""
        many, few = np.split(self.ranker.weights_, 2)
        share = np.float32(experience(likes))
        return np.asarray(many * share + few * (1 - share))

    def score(self, evidence: NDArray[np.float32], likes: int) -> NDArray[np.float32]:
        """The score of each paper (n,), from its evidence (n, f)."""
        return np.asarray(evidence @ self.weights(likes), np.float32)

    def probability(self, scores: NDArray[np.float32], likes: int) -> NDArray[np.float32]:
        """The chance of each paper (n,) to be saved."""
        first, second, third = self.calibration
        log_odds = first + second * scores + third * experience(likes)
        return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))), np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """Everything needed to restore them."""
        return {**self.ranker.to_arrays(), "calibration": np.array(self.calibration, np.float32)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> FeedWeights:
        """Restore them. Raises ValueError if they are not finite or a weight is below 0."""
        first, second, third = arrays["calibration"].astype(float).tolist()
        if not np.isfinite([first, second, third]).all() or second < 0:
            raise ValueError("a calibration must be finite and rise")
        return cls(ListNet.from_arrays(arrays), (first, second, third))


UNFITTED = FeedWeights(ListNet(), (0.0, 1.0, 0.0))  # of a model whose evidence alone is asked for


@lru_cache(maxsize=4)
def read_feed_weights(columns: tuple[str, ...], *, with_vectors: bool) -> FeedWeights:
    """Read the weights that ship for these columns; cached. Raises CorruptFile naming the file and the fix."""
    artifact = artifacts.read(FEED, method="feed", version=VERSION, fix=REINSTALL)
    prefix = WITH_VECTORS if with_vectors else ""
    try:
        weights = FeedWeights.from_arrays({name: artifact.arrays[prefix + name] for name in ("weights", "calibration")})
        of, n_weights = artifact.meta["columns"], len(weights.ranker.weights_)
        if of[: len(columns)] != list(columns) or n_weights != 2 * len(columns):
            raise ValueError(f"it weighs {of}")
    except (ValueError, KeyError) as error:
        raise CorruptFile(f"{FEED}: no usable weights ({error}); {REINSTALL}") from error
    return weights
