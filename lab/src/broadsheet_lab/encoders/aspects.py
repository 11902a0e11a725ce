"""Aspect heads: one vector a paper for each aspect, so that near in task need not be near in method.

Problem: one embedding of a paper mixes what it is about, how it goes about it and what it is tried on; whoever asks for
papers that share one of these gets papers that share any. Idea: an encoder is specialised once for each aspect, on
pairs of papers known to share a value of it, with every other paper of the batch as a negative; a paper then has one
vector an aspect, in an index of its own. Here the encoder is frozen and each specialisation is a linear head behind it.

Ostendorff, Blume, Ruas, Gipp, Rehm: Specialized Document Embeddings for Aspect-based Similarity of Research Papers.
JCDL 2022 (2203.14541), sections 3 and 4; the ranking loss is that of Henderson et al. (1705.00652).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.contrast import info_nce
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.unit import row_lengths, through_unit, unit_rows
from broadsheet_lab.kit.optim import AdamW

__all__ = ["CARD", "AspectHeads", "pairs", "projected", "projected_backward"]

CARD = Card(
    title="Specialized Document Embeddings for Aspect-based Similarity of Research Papers",
    paper="2203.14541",
    year=2022,
    solves="papers that share a task, a method or a data set, each asked for by itself",
    claims=(
        Claim("table 3", "Papers with Code, tasks", "MAP@10, specialised over generic SPECTER (ratio)", 4.2),
        Claim("ours", "papers.parquet, masked names of tasks", "MAP@10, its head over MiniLM (ratio)", 1.3, ours=True),
        Claim(
            "ours", "papers.parquet, masked names of methods", "MAP@10, its head over MiniLM (ratio)", 1.3, ours=True
        ),
        Claim(
            "ours", "papers.parquet, masked names of data sets", "MAP@10, its head over MiniLM (ratio)", 1.3, ours=True
        ),
        Claim(
            "ours",
            "papers.parquet, masked names of each aspect",
            "MAP@10, its head over the best other head, least of three (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, masked names held out of training",
            "MAP@10, its head over MiniLM, mean of three (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "the encoder is frozen and a head is one linear map behind it, in place of a whole SciBERT an aspect",
        "papers that share a value by chance are no negatives: the labels are known, so they are left out of the loss",
        "values come from lexicons matched in the texts, which are masked there, in place of a curated graph",
    ),
    builds_on=("minilm",),
)


def projected(x: NDArray[np.float32], head: NDArray[np.float32]) -> NDArray[np.float32]:
    """x W scaled to unit length, of x (n, d) with W (d, k)."""
    y = x @ head
    return unit_rows(y)


def projected_backward(
    x: NDArray[np.float32], head: NDArray[np.float32], slope: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The slope by W (d, k) from that by the projections (n, k)."""
    y = x @ head
    lengths = row_lengths(y)
    return np.asarray(x.T @ through_unit(slope, y / lengths, lengths), np.float32)


def pairs(values: Sequence[frozenset[str]], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` pairs of different papers that share a value, (count, 2): a value is drawn, then two of its papers."""
    papers: dict[str, list[int]] = {}
    for i, held in enumerate(values):
        for value in held:
            papers.setdefault(value, []).append(i)
    lists = [np.array(p) for _, p in sorted(papers.items()) if len(p) > 1]
    if not lists:
        raise ValueError(f"no two of {len(values)} papers share a value: there is nothing to learn from")
    drawn = rng.integers(0, len(lists), count)
    return np.array([rng.choice(lists[i], 2, replace=False) for i in drawn.tolist()], np.int64).reshape(-1, 2)


class AspectHeads(Persistent):
    """One head an aspect, each `dimensions` wide, learned in `epochs` of `batch` pairs.

    `scale` (the inverse of the loss's temperature) sharpens the loss; `decay` draws each head back to its start.
    Learns `heads_`, aspect -> (d, k).
    """

    def __init__(
        self,
        *,
        dimensions: int = 384,
        batch: int = 128,
        epochs: int = 3,
        pairs_an_epoch: int = 12_000,
        rate: float = 1e-4,
        decay: float = 0.0,
        scale: float = 10.0,
        seed: int = 0,
    ) -> None:
        self.dimensions = dimensions
        self.batch = batch
        self.epochs = epochs
        self.pairs_an_epoch = pairs_an_epoch
        self.rate = rate
        self.decay = decay
        self.scale = scale
        self.seed = seed
        self.heads_: dict[str, NDArray[np.float32]] = {}

    def fit(self, vectors: NDArray[np.float32], labels: Mapping[str, Sequence[frozenset[str]]]) -> AspectHeads:
        """Learn a head for each aspect of `labels`, which holds the values of every one of vectors (n, d).

        Raises ValueError if an aspect does not label every paper or no two papers share a value of it.
        """
        for aspect, values in labels.items():
            if len(values) != len(vectors):
                raise ValueError(f"{aspect}: {len(values)} papers are labelled, {len(vectors)} have vectors")
        self.heads_ = {aspect: self._head(vectors, values) for aspect, values in labels.items()}
        return self

    def _head(self, x: NDArray[np.float32], values: Sequence[frozenset[str]]) -> NDArray[np.float32]:
        rng = np.random.default_rng(self.seed)
        head = np.eye(x.shape[1], self.dimensions, dtype=np.float32)
        if self.dimensions < x.shape[1]:  # the directions in which the papers vary most
            head = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][: self.dimensions].T.astype(np.float32)
        named = sorted({value for held in values for value in held})
        column = {value: i for i, value in enumerate(named)}
        has = np.zeros((len(values), len(named)), np.float32)
        for i, held in enumerate(values):
            has[i, [column[value] for value in held]] = 1
        weights = {"head": head}
        step = AdamW(rate=self.rate, decay=self.decay, towards={"head": head.copy()})
        for _ in range(self.epochs):
            drawn = pairs(values, self.pairs_an_epoch, rng)
            for start in range(0, len(drawn) - self.batch + 1, self.batch):
                left, right = drawn[start : start + self.batch].T
                a, b = projected(x[left], head), projected(x[right], head)
                shared = (has[left] @ has[right].T > 0) & ~np.eye(self.batch, dtype=np.bool_)  # these are no negatives
                _, by_a, by_b = info_nce(a, b, temperature=1 / self.scale, ignored=shared)
                slope = projected_backward(x[left], head, by_a) + projected_backward(x[right], head, by_b)
                step.step(weights, {"head": slope})
        return head

    def encode(self, vectors: NDArray[np.float32], aspect: str) -> NDArray[np.float32]:
        """The papers' vectors of one aspect, (n, k), of unit length. Raises ValueError for an unknown aspect."""
        if aspect not in self.heads_:
            raise ValueError(f"no head for {aspect!r}; there are {', '.join(self.heads_) or 'none: call fit first'}")
        head = self.heads_[aspect]
        if vectors.ndim != 2 or vectors.shape[1] != len(head):
            raise ValueError(f"vectors of shape {vectors.shape}, the heads take {len(head)} dimensions")
        return projected(vectors, head)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned: one array an aspect."""
        return dict(self.heads_)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> AspectHeads:
        """The heads again. Raises ValueError if the arrays do not fit together."""
        shapes = {array.shape for array in arrays.values()}
        if len(shapes) != 1 or len(next(iter(shapes))) != 2:
            raise ValueError(f"heads need one shape (d, k), not {sorted(shapes)}")
        method = cls(dimensions=next(iter(shapes))[1])
        method.heads_ = dict(arrays)
        return method
