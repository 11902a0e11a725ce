"""STAR and ADORE: queries brought nearer to their documents by learning from the documents that are wrongly near.

Problem: a vector search trained to tell a query's document from documents drawn at random does poorly at the top of
the list, where the hard ones are. Idea: STAR takes as negatives what a first model wrongly retrieves, once, and keeps
the other documents of the batch against drift; ADORE freezes the documents and searches them again at every step with
the queries as they are by then. There each pair of a right and a wrong document weighs as much as swapping the two
would change the reciprocal rank.

Zhan, Mao, Liu, Guo, Zhang, Ma: Optimizing Dense Retrieval Model Training with Hard Negatives. SIGIR 2021 (2104.08051).
The weights are those of Burges: From RankNet to LambdaRank to LambdaMART (2010), for the reciprocal rank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.encoders._linear_map import through_map
from broadsheet_lab.encoders._negatives import (
    Candidates,
    batch_weights,
    dynamic_candidates,
    lambda_weights,
    nearest,
    pairwise,
    static_negatives,
)
from broadsheet_lab.kit.batches import shuffled_batches
from broadsheet_lab.kit.optim import AdamW

__all__ = [
    "CARD",
    "Candidates",
    "StarAdore",
    "batch_weights",
    "dynamic_candidates",
    "lambda_weights",
    "nearest",
    "pairwise",
    "static_negatives",
]

CARD = Card(
    title="Optimizing Dense Retrieval Model Training with Hard Negatives",
    paper="2104.08051",
    year=2021,
    solves="queries mapped to where their documents are, without encoding the documents again",
    claims=(
        Claim("results", "MS MARCO, passages", "MRR@10, STAR then ADORE over in-batch negatives (ratio)", 1.314),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers, keyword queries, test half",
            "MRR@10, STAR then ADORE over in-batch negatives (ratio)",
            1.1,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers, keyword queries, test half",
            "MRR@10, STAR then ADORE over STAR (ratio)",
            1.02,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers, keyword queries, test half",
            "MRR@10, ADORE over no training (difference)",
            0.03,
            ours=True,
        ),
    ),
    departures=(
        "what is trained is a linear map of frozen query vectors, not a transformer; STAR too leaves documents alone",
        "the map is drawn back to the one it started from, so that few queries do no harm",
        "STAR's candidates are those of the vectors as they come, which take the place of a model warmed up on BM25",
    ),
)


class StarAdore(Persistent):
    """A map of query vectors, learned in `star_epochs` of static negatives and then `adore_epochs` of dynamic ones.

    `scale` multiplies the inner products before the loss; `decay` draws the map back to its start. With no negatives
    of its own (`hard=False`) the first stage is training with in-batch negatives, what the paper compares with.

    Learns `map_` (d, d).
    """

    def __init__(
        self,
        *,
        star_epochs: int = 3,
        adore_epochs: int = 6,
        depth: int = 200,
        batch: int = 32,
        rate: float = 2e-4,
        decay: float = 0.0,
        scale: float = 20.0,
        hard: bool = True,
        seed: int = 0,
    ) -> None:
        self.star_epochs = star_epochs
        self.adore_epochs = adore_epochs
        self.depth = depth
        self.batch = batch
        self.rate = rate
        self.decay = decay
        self.scale = scale
        self.hard = hard
        self.seed = seed
        self.map_ = np.empty((0, 0), np.float32)

    def fit(
        self,
        queries: NDArray[np.float32],
        documents: NDArray[np.float32],
        positives: Sequence[NDArray[np.int64]],
        start: NDArray[np.float32] | None = None,
    ) -> StarAdore:
        """Learn from queries (q, d), documents (n, d) and the rows that are right for each query, at least one.

        `start` (d, d) is the map to begin with, the identity if none is given. Raises ValueError for what is empty or
        does not fit together.
        """
        width = self._checked(queries, documents, positives)
        first = np.eye(width, dtype=np.float32) if start is None else np.array(start, np.float32)
        if first.shape != (width, width):
            raise ValueError(f"a start of shape {first.shape} for vectors of {width}: it must be square")
        self.map_ = first.copy()
        rng = np.random.default_rng(self.seed)
        if self.star_epochs:
            negatives = np.empty((len(queries), 0), np.int64)
            if self.hard:
                negatives = static_negatives(queries @ first, documents, positives, depth=self.depth)
            optimiser = AdamW(rate=self.rate, decay=self.decay, towards={"map": first})
            for at in shuffled_batches(len(queries), self.batch, self.star_epochs, rng):
                self._star_step(queries[at], documents, [positives[i] for i in at], negatives[at], optimiser, rng)
        optimiser = AdamW(rate=self.rate, decay=self.decay, towards={"map": first})
        for at in shuffled_batches(len(queries), self.batch, self.adore_epochs, rng):
            self._adore_step(queries[at], documents, [positives[i] for i in at], optimiser)
        return self

    def _checked(
        self, queries: NDArray[np.float32], documents: NDArray[np.float32], positives: Sequence[NDArray[np.int64]]
    ) -> int:
        if queries.ndim != 2 or documents.ndim != 2 or queries.shape[1] != documents.shape[1]:
            raise ValueError(f"queries {queries.shape} and documents {documents.shape} must be rows of one width")
        if not len(queries) or len(queries) != len(positives):
            raise ValueError(f"{len(queries)} queries with positives for {len(positives)}: one list each, at least one")
        for i, wanted in enumerate(positives):
            if not len(wanted) or wanted.min() < 0 or wanted.max() >= len(documents):
                raise ValueError(f"positives[{i}] = {wanted.tolist()}: at least one row from 0 to {len(documents) - 1}")
        return int(queries.shape[1])

    def _star_step(
        self,
        queries: NDArray[np.float32],  # (b, d)
        documents: NDArray[np.float32],
        positives: Sequence[NDArray[np.int64]],
        negatives: NDArray[np.int64],  # (b, depth), or (b, 0) for none
        optimiser: AdamW,
        rng: np.random.Generator,
    ) -> None:
        rows = np.array([rng.choice(wanted) for wanted in positives])
        if negatives.shape[1]:
            rows = np.concatenate([rows, negatives[np.arange(len(rows)), rng.integers(0, self.depth, len(rows))]])
        near = documents[rows]  # (b or 2b, d)
        scores = np.float32(self.scale) * (queries @ self.map_) @ near.T
        _, slope = pairwise(scores, batch_weights(rows, np.arange(len(queries)), positives))
        optimiser.step({"map": self.map_}, {"map": np.float32(self.scale) * queries.T @ (slope @ near)})

    def _adore_step(
        self,
        queries: NDArray[np.float32],  # (b, d)
        documents: NDArray[np.float32],
        positives: Sequence[NDArray[np.int64]],
        optimiser: AdamW,
    ) -> None:
        mapped = queries @ self.map_
        found = dynamic_candidates(mapped, documents, positives, depth=min(self.depth, len(documents)))
        near = documents[found.rows]  # (b, depth + 1, d)
        scores = np.float32(self.scale) * (near @ mapped[:, :, None])[:, :, 0]
        _, slope = pairwise(scores, lambda_weights(found.right, found.reciprocal))
        pulled = (slope[:, None, :] @ near)[:, 0]  # (b, d)
        optimiser.step({"map": self.map_}, {"map": np.float32(self.scale) * queries.T @ pulled})

    def encode(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Queries (m, d) where they belong, each of unit length; zeros stay zeros."""
        return through_map(queries, self.map_)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        return {"map": self.map_}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> StarAdore:
        """The encoder again. Raises ValueError if the map is not square."""
        learned = arrays["map"]
        if learned.ndim != 2 or learned.shape[0] != learned.shape[1]:
            raise ValueError(f"a map of shape {learned.shape}: it must be square")
        method = cls()
        method.map_ = np.asarray(learned, np.float32)
        return method
