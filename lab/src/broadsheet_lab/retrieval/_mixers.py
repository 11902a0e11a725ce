"""What networks that make one query of a paper and of words have in common: training on triples, and their arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.persistence import Persistent
from broadsheet.kit.unit import unit_rows
from broadsheet_lab.kit.optim import AdamW
from broadsheet_lab.retrieval._gradients import Weights, aligned

__all__ = ["Mixer"]


class Mixer(Persistent, ABC):
    """Learns `weights_` from triples of vectors: a paper's, that of words, that of the paper wanted."""

    def __init__(self, *, epochs: int, batch: int, rate: float, decay: float, seed: int) -> None:
        self.epochs = epochs
        self.batch = batch
        self.rate = rate
        self.decay = decay
        self.seed = seed
        self.weights_: Weights = {}

    @abstractmethod
    def _start(self, rng: np.random.Generator, d: int) -> Weights:
        """Weights with which every query is the mean of its paper and its words."""

    @abstractmethod
    def _slopes(
        self,
        x: NDArray[np.float32],
        t: NDArray[np.float32],
        f: NDArray[np.float32],
        epoch: int,
        rng: np.random.Generator,
    ) -> Weights:
        """The gradient of the loss of one batch; papers x, words t and targets f of unit length, all (n, d)."""

    @abstractmethod
    def _queries(self, x: NDArray[np.float32], t: NDArray[np.float32]) -> NDArray[np.float32]:
        """The queries before they are put to length, (n, d)."""

    @property
    @abstractmethod
    def _dimensions(self) -> int:
        """Of the vectors learned on."""

    @classmethod
    @abstractmethod
    def _sized(cls, arrays: Weights) -> tuple[Self, int]:
        """(a method with layers as in the arrays, dimensions of the vectors); whatever is missing counts as 1."""

    def fit(self, papers: NDArray[np.float32], words: NDArray[np.float32], targets: NDArray[np.float32]) -> Self:
        """Learn from n triples: vectors of the papers, of the words and of the papers wanted, all (n, d), n >= 2."""
        x, t, f = aligned(papers, words, targets)
        if len(x) < 2:
            raise ValueError(f"{len(x)} triples are too few to learn from: at least 2")
        rng = np.random.default_rng(self.seed)
        self.weights_ = self._start(rng, x.shape[1])
        optimiser = AdamW(rate=self.rate, decay=self.decay, epsilon_hat=True)
        for epoch in range(self.epochs):
            order = rng.permutation(len(x))
            for start in range(0, len(order) - 1, self.batch):
                at = order[start : start + self.batch]
                optimiser.step(self.weights_, self._slopes(x[at], t[at], f[at], epoch, rng))
        return self

    def encode(self, papers: NDArray[np.float32], words: NDArray[np.float32]) -> NDArray[np.float32]:
        """The unit vectors to search for, (n, d), from those of n papers and n texts."""
        if not self.weights_:
            raise ValueError("nothing learned yet: call fit, or from_arrays")
        x, t = aligned(papers, words)
        if x.shape[1] != self._dimensions:
            raise ValueError(f"vectors of {x.shape[1]} dimensions, learned on {self._dimensions}")
        return unit_rows(self._queries(x, t))

    def to_arrays(self) -> Weights:
        """What was learned."""
        return dict(self.weights_)

    @classmethod
    def from_arrays(cls, arrays: Weights) -> Self:
        """The method again. Raises ValueError if the arrays do not fit together."""
        method, d = cls._sized(arrays)
        wanted = {name: w.shape for name, w in method._start(np.random.default_rng(0), d).items()}
        if {name: w.shape for name, w in arrays.items()} != wanted:
            raise ValueError(f"arrays { ({n: w.shape for n, w in arrays.items()}) } do not fit together as {wanted}")
        method.weights_ = dict(arrays)
        return method
