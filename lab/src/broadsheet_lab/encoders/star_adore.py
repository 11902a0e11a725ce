"""STAR and ADORE: queries and documents brought together by learning from the documents that are wrongly near.

Problem: a vector search trained to tell a query's document from documents drawn at random does poorly at the top of
the list, where the hard ones are. Idea: STAR trains both towers on what a first model wrongly retrieves, once, and
keeps the other documents of the batch against drift; ADORE freezes the documents and searches all of them again at
every step with the queries as they are by then. There each pair of a right and a wrong document weighs as much as
swapping the two would change the reciprocal rank.

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
from broadsheet_lab.encoders._negatives import (
    Candidates,
    batch_weights,
    dynamic_candidates,
    lambda_weights,
    nearest,
    pairwise,
    static_negatives,
)
from broadsheet_lab.training import Course, Epochs, Plan, train

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
    solves="both towers of a vector search trained on what it wrongly finds",
    when="there are thousands of queries with their documents; without any take the encoder as it comes",
    costs="minutes of training; every document is encoded anew after STAR, none after ADORE",
    unused="BM25 finds more of the same queries: MRR@10 .683 against .520 after ADORE",
    fidelity="reduced",
    claims=(
        Claim("results", "MS MARCO, passages", "MRR@10, STAR then ADORE over in-batch negatives (ratio)", 1.314),
        Claim(
            "results",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, STAR then ADORE over in-batch negatives (ratio)",
            1.1,
            ours=True,
        ),
        Claim(
            "results",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, STAR then ADORE over STAR (ratio)",
            1.02,
            ours=True,
        ),
        Claim(
            "results",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, STAR over in-batch negatives (ratio)",
            1.1,
            ours=True,
        ),
        Claim(
            "results",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, ADORE on the documents of MiniLM over no training (difference)",
            0.03,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, STAR then ADORE over MiniLM (ratio)",
            1.02,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, STAR then ADORE over BM25 (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "both towers are MiniLM with low-rank corrections of its upper three layers; the lower three stay",
        "a text's vector is the mean of its states, of unit length, as MiniLM was trained, not a map of [CLS]",
        "MiniLM as it comes takes the place of a model warmed up on BM25's negatives",
        "batches of 32 queries and AdamW instead of 256 and LAMB; papers are cut to 64 tokens",
    ),
    builds_on=("minilm",),
    needs=("transformers",),
)

STAR = Plan(steps=400, rate=5e-4)
ADORE = Plan(steps=200, rate=5e-4)

Floats = NDArray[np.float32]
Positives = Sequence[NDArray[np.int64]]


class StarAdore(Persistent):
    """Two towers from one network: `star` trains both with static negatives, then `adore` that of queries alone.

    A plan of no steps is left out. `network` is a `broadsheet_lab.networks.Network`, MiniLM with corrections of rank 16
    if none is given; `lower` of its layers stay, half if nothing is said. `scale` multiplies inner products before the
    loss. Without hard negatives (`hard=False`) the first stage is training with in-batch negatives, what the paper
    compares with.

    Learns `documents_` and `queries_` (towers) and `vectors_` (n, d), the index of the documents it was fitted on.

    >>> from broadsheet_lab.encoders.star_adore import StarAdore
    >>> from broadsheet_lab.networks import Network
    >>> from broadsheet_lab.training import Plan
    >>> papers = ["graphs of proteins", "walks of robots", "sounds of birds"]
    >>> plan = Plan(steps=2, batch=3)
    >>> method = StarAdore(Network.small(papers, rank=2), star=plan, adore=plan, depth=2)
    >>> method.fit(["protein", "robot", "bird"], papers, [[0], [1], [2]]).encode(["a robot"]).shape
    (1, 32)
    """

    def __init__(
        self,
        network: Any = None,
        *,
        star: Plan = STAR,
        adore: Plan = ADORE,
        depth: int = 200,
        scale: float = 20.0,
        hard: bool = True,
        lower: int | None = None,
        tokens: int = 64,
    ) -> None:
        self.network = network
        self.star, self.adore = star, adore
        self.depth = depth
        self.scale = scale
        self.hard = hard
        self.lower = lower
        self.tokens = tokens
        self.documents_: Any = None
        self.queries_: Any = None
        self.vectors_: Floats = np.empty((0, 0), np.float32)
        self.courses_: list[Course] = []

    def tower(self) -> Any:
        """The network as it is before training, in a tower of its own. Raises ImportError without torch."""
        from broadsheet_lab.networks import Network
        from broadsheet_lab.towers import Tower

        if self.network is None:
            self.network = Network.minilm(tokens=self.tokens, rank=16, seed=self.star.seed)
        return Tower(self.network, lower=self.lower).copy()

    def fit(self, queries: Any, documents: Any, positives: Sequence[Sequence[int] | NDArray[np.int64]]) -> StarAdore:
        """Learn from queries, documents and the rows that are right for each query, at least one.

        Queries and documents are texts, or `towers.Read`: what the layers that stay make of them.
        """
        tower = self.tower()
        asked, held = self._read(tower, queries), self._read(tower, documents)
        right = [np.asarray(rows, np.int64) for rows in positives]
        self._check(len(asked), len(held), right)
        self.courses_ = []
        if self.star.steps:
            self._star(tower, asked, held, right)
        self.documents_, self.queries_, self.vectors_ = tower, tower, tower.encode(held)
        return self.fit_queries(asked, right) if self.adore.steps else self

    def fit_queries(
        self, queries: Any, positives: Sequence[Sequence[int] | NDArray[np.int64]], *, vectors: Floats | None = None
    ) -> StarAdore:
        """Train the query tower alone: against the index at hand, or any other, whose `vectors` (n, d) are given.

        It begins where the documents' tower stands, or at the network as it comes.
        """
        if vectors is not None:
            self.documents_, self.vectors_, self.courses_ = self.tower(), np.asarray(vectors, np.float32), []
        right = [np.asarray(rows, np.int64) for rows in positives]
        self.queries_ = self._learned(self.documents_).copy()
        asked = self._read(self.queries_, queries)
        self._check(len(asked), len(self.vectors_), right)
        self._adore(asked, right)
        return self

    def _read(self, tower: Any, texts: Any) -> Any:
        return tower.read(texts, tokens=self.tokens) if isinstance(texts, (list, tuple)) else texts

    def _check(self, queries: int, documents: int, positives: Positives) -> None:
        if not queries or queries != len(positives):
            raise ValueError(f"{queries} queries with positives for {len(positives)}: one list each, at least one")
        for i, wanted in enumerate(positives):
            if not len(wanted) or wanted.min() < 0 or wanted.max() >= documents:
                raise ValueError(f"positives[{i}] = {wanted.tolist()}: at least one row from 0 to {documents - 1}")

    def _star(self, tower: Any, asked: Any, held: Any, positives: Positives) -> None:
        negatives = np.empty((len(asked), 0), np.int64)
        if self.hard:
            negatives = static_negatives(tower.encode(asked), tower.encode(held), positives, depth=self.depth)

        def drawn(rng: np.random.Generator, at: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            rows = np.array([rng.choice(positives[i]) for i in at])
            if negatives.shape[1]:
                rows = np.concatenate([rows, negatives[at, rng.integers(0, self.depth, len(at))]])
            return at, rows

        def loss(batch: tuple[NDArray[np.int64], NDArray[np.int64]]) -> Any:
            at, rows = batch
            weights = batch_weights(rows, np.arange(len(at)), [positives[i] for i in at])
            scores = self.scale * tower.vectors(asked, at) @ tower.vectors(held, rows).T
            return pairwise(scores, weights)

        self.courses_.append(train(tower.learned(), Epochs(len(asked), drawn), loss, self.star))

    def _adore(self, asked: Any, positives: Positives) -> None:
        import torch

        tower, index = self.queries_, self.vectors_
        depth = min(self.depth, len(index))

        def loss(at: NDArray[np.int64]) -> Any:
            vectors = tower.vectors(asked, at)
            found = dynamic_candidates(vectors.detach().numpy(), index, [positives[i] for i in at], depth=depth)
            near = torch.from_numpy(index[found.rows])  # (b, depth + 1, d)
            scores = self.scale * (near @ vectors[:, :, None])[:, :, 0]
            return pairwise(scores, lambda_weights(found.right, found.reciprocal))

        self.courses_.append(train(tower.learned(), Epochs(len(asked), lambda _, at: at), loss, self.adore))

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self._learned(self.queries_).network.body.shape.hidden)

    def encode(self, texts: Any) -> Floats:
        """The vectors of queries, (m, d), of unit length."""
        tower = self._learned(self.queries_)
        return np.asarray(tower.encode(self._read(tower, texts)))

    def encode_documents(self, texts: Any) -> Floats:
        """The vectors of documents, (n, d), of unit length."""
        tower = self._learned(self.documents_)
        return np.asarray(tower.encode(self._read(tower, texts)))

    def _learned(self, tower: Any) -> Any:
        if tower is None:
            raise ValueError("nothing is learned yet: call fit first")
        return tower

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What both towers learned."""
        towers = {"documents": self._learned(self.documents_), "queries": self._learned(self.queries_)}
        arrays = {f"{n}.{key}": a for n, tower in towers.items() for key, a in tower.network.to_arrays().items()}
        return {**arrays, "shape": np.array([self.documents_.lower, self.tokens], np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> StarAdore:
        """The encoder again, without the index. Raises ValueError if the arrays do not fit together."""
        from broadsheet_lab.networks import Network
        from broadsheet_lab.towers import Tower

        lower, tokens = (int(x) for x in arrays["shape"])
        method = cls(lower=lower, tokens=tokens)
        for name in ("documents", "queries"):
            own = {k.removeprefix(f"{name}."): a for k, a in arrays.items() if k.startswith(f"{name}.")}
            setattr(method, f"{name}_", Tower(Network.from_arrays(own), lower=lower))
        return method
