"""Pairs of word sets, one more representative of a document than the other, and a ranker pre-trained on them.

What PROP (2010.10137) and B-PROP (2104.09791) have in common: they differ in how the words are drawn and scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.persistence import Persistent
from broadsheet_lab.encoders._linear_map import through_map
from broadsheet_lab.kit.batches import shuffled_batches
from broadsheet_lab.kit.optim import AdamW

__all__ = ["Representative", "WordSets", "hinge", "set_lengths"]


def set_lengths(n: int, mean: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """n numbers of words, Poisson with that mean before zeros are drawn again."""
    found = rng.poisson(mean, n)
    while not found.all():
        found[found == 0] = rng.poisson(mean, int((found == 0).sum()))
    return found


def hinge(better: NDArray[np.float32], worse: NDArray[np.float32]) -> NDArray[np.float32]:
    """max(0, 1 - P(better | d) + P(worse | d)) of every pair, (m,)."""
    return np.asarray(np.maximum(np.float32(0), 1 - better + worse))


@dataclass(frozen=True, slots=True)
class WordSets:
    """Pairs of word sets drawn from one document each, the more representative first; as long as each other."""

    documents: NDArray[np.int64]  # (m,) which document
    better: tuple[str, ...]  # m texts: the words, a space between
    worse: tuple[str, ...]
    scores: NDArray[np.float64]  # (m, 2): what the order is by

    def __len__(self) -> int:
        return len(self.documents)

    @classmethod
    def ordered(
        cls, documents: NDArray[np.int64], sets: NDArray[np.int64], scores: NDArray[np.float64], words: Sequence[str]
    ) -> WordSets:
        """From sets (m, 2, l) of word numbers, -1 where there is none, and their scores (m, 2); ties are left out."""
        kept = np.flatnonzero(scores[:, 0] != scores[:, 1])
        first = scores[kept].argmax(axis=1)
        texts = [
            tuple(" ".join(words[w] for w in row[row >= 0]) for row in sets[kept, side]) for side in (first, 1 - first)
        ]
        return cls(documents[kept], texts[0], texts[1], -np.sort(-scores[kept], axis=1))


class Representative(Persistent):
    """score(S, d) = scale <S M, d> + <S, p>: a map M of word sets' vectors and a prior p, trained by the hinge.

    The prior takes what makes any set likely in any document, so that the map need not. Learns `map_` (d, d) and
    `prior_` (d,).
    """

    def __init__(
        self,
        *,
        epochs: int = 5,
        batch: int = 64,
        rate: float = 2e-4,
        decay: float = 0.0,
        scale: float = 20.0,
        seed: int = 0,
    ) -> None:
        self.epochs = epochs
        self.batch = batch
        self.rate = rate
        self.decay = decay
        self.scale = scale
        self.seed = seed
        self.map_: NDArray[np.float32] = np.empty((0, 0), np.float32)
        self.prior_: NDArray[np.float32] = np.empty(0, np.float32)

    def fit(
        self, better: NDArray[np.float32], worse: NDArray[np.float32], documents: NDArray[np.float32]
    ) -> Representative:
        """Learn from aligned vectors of word sets and documents, each (m, d)."""
        if not better.shape == worse.shape == documents.shape or better.ndim != 2 or not len(better):
            raise ValueError(
                f"better {better.shape}, worse {worse.shape} and documents {documents.shape}: aligned rows"
            )
        width = better.shape[1]
        start = {"map": np.eye(width, dtype=np.float32), "prior": np.zeros(width, np.float32)}
        learned = {name: value.copy() for name, value in start.items()}
        optimiser = AdamW(rate=self.rate, decay=self.decay, towards=start)
        rng = np.random.default_rng(self.seed)
        apart, scale = better - worse, np.float32(self.scale)  # only the difference of the two sets has a score
        for at in shuffled_batches(len(apart), self.batch, self.epochs, rng):
            x, d = apart[at], documents[at]
            ahead = scale * ((x @ learned["map"]) * d).sum(axis=1) + x @ learned["prior"]  # (b,)
            wrong = -(ahead < 1).astype(np.float32) / np.float32(len(at))  # the slope of the hinge
            gradients = {"map": scale * x.T @ (wrong[:, None] * d), "prior": wrong @ x}
            optimiser.step(learned, gradients)
        self.map_, self.prior_ = learned["map"], learned["prior"]
        return self

    def score(self, sets: NDArray[np.float32], documents: NDArray[np.float32]) -> NDArray[np.float32]:
        """How representative each of the word sets (m, d) is of the document beside it (m, d), (m,)."""
        mapped = ((sets @ self.map_) * documents).sum(axis=1)
        return np.asarray(np.float32(self.scale) * mapped + sets @ self.prior_, np.float32)

    def encode(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors of queries (m, d) mapped, each of unit length; zeros stay zeros."""
        return through_map(queries, self.map_)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and the scale it was learned with."""
        return {"map": self.map_, "prior": self.prior_, "scale": np.array([self.scale], np.float32)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Representative:
        """The method again. Raises ValueError if the arrays do not fit together."""
        learned, prior, scale = arrays["map"], arrays["prior"], arrays["scale"]
        if learned.ndim != 2 or prior.shape != learned.shape[:1] or prior.shape != learned.shape[1:] or len(scale) != 1:
            raise ValueError(f"a map of shape {learned.shape}, a prior of {prior.shape} and {len(scale)} scales")
        method = cls(scale=float(scale[0]))
        method.map_, method.prior_ = np.asarray(learned, np.float32), np.asarray(prior, np.float32)
        return method
