"""TILDEv2: rerank by weights that words got from their context long before the query, which itself needs no model.

Problem: a transformer that reads query and document together orders candidates well and takes a second to do it. Idea:
each piece of a document gets one number from its state in context, a piece keeps the greatest of its places, and a
query is only its pieces: its score is the sum of what the document says they are worth there. So that a document may be
found by words it lacks, pieces that its readers would likely ask with are appended to it before it is weighed; how
likely is what TILDE learned, by a head tied to the input embeddings.

Zhuang, Zuccon: Fast Passage Re-ranking with Contextualized Exact Term Matching and Efficient Passage Expansion
(2108.08513). The likelihood of words of queries is that of TILDE, the authors' earlier model (SIGIR 2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.ranking._impacts import Impacts
from broadsheet_lab.training import Course, Epochs, Plan, train

__all__ = ["CARD", "Impacts", "TILDEv2"]

CARD = Card(
    title="Fast Passage Re-ranking with Contextualized Exact Term Matching and Efficient Passage Expansion",
    paper="2108.08513",
    year=2021,
    solves="an order of candidates learned from context, without a model at query time",
    when="candidates should be ordered better and a query may cost no model; a cross-encoder orders better",
    costs="minutes of training; five bytes for every piece of a paper; a query is a few look-ups a candidate",
    unused="the shipped cross-encoder reads query and paper together within the product's latency",
    fidelity="reduced",
    claims=(
        Claim(
            "table 2",
            "papers.parquet, 87,366 papers, BM25's first ten reranked, written and tldr queries, test half",
            "MRR@10, reranked over BM25 (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "results",
            "papers.parquet, 87,366 papers, BM25's first ten reranked, written and tldr queries, test half",
            "MRR@10, expanded over not (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, BM25's first ten reranked, written and tldr queries, test half",
            "MRR@10, reranked over the same candidates by MiniLM (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, BM25's first ten reranked, written and tldr queries, test half",
            "MRR@10, 8 bits over exact (ratio)",
            0.99,
            ours=True,
            was="1.0 until 2026-11-29",
        ),
    ),
    departures=(
        "the encoder is MiniLM with low-rank corrections of its upper layers; its word head is the identity at first",
        "the likelihood of words is read off the mean state, not that of [CLS]: MiniLM was trained to be averaged",
        "three negatives a query and papers of 64 tokens instead of seven and 192; 16 pieces are appended, not 200",
    ),
    builds_on=("minilm", "bm25"),
    needs=("transformers",),
)

Rows = NDArray[np.int64]
_LAST_SPECIAL = 3  # the ids up to it are [PAD], [UNK], [CLS] and [SEP]
LIKELIHOOD = Plan(steps=300, rate=5e-4)
WEIGHTS = Plan(steps=400, rate=5e-4, batch=8)


class TILDEv2(Persistent):
    """MiniLM with a linear head on its states: texts to weights of their pieces, and of `most` appended ones.

    The plan `likelihood` trains TILDE (with `most` of 0 none is needed), `weights` the head and its encoder: each step
    takes so many queries with the wanted and `negatives` of the other candidates; all documents of a step are
    candidates of all its queries. `network` is a `broadsheet_lab.networks.Network` that reads `tokens` and `most`
    pieces, MiniLM with corrections of rank 16 if none is given. Learns `likelihood_` and `weights_`.

    >>> import numpy as np
    >>> from broadsheet_lab.networks import Network
    >>> from broadsheet_lab.ranking.tildev2 import Impacts, TILDEv2
    >>> from broadsheet_lab.training import Plan
    >>> papers, plan = ["graphs of proteins", "walks of robots"], Plan(steps=2, batch=2)
    >>> method = TILDEv2(Network.small(papers, rank=2), likelihood=plan, weights=plan, most=1, negatives=1)
    >>> kept = Impacts.of(method.fit(["protein", "robots"], papers, [[0, 1], [1, 0]]).encode(papers))
    >>> bool(kept.score(method.terms(["robots"])[0], np.arange(2))[1] > 0)
    True
    """

    def __init__(
        self,
        network: Any = None,
        *,
        likelihood: Plan = LIKELIHOOD,
        weights: Plan = WEIGHTS,
        most: int = 16,
        negatives: int = 3,
        tokens: int = 64,
    ) -> None:
        if most < 0 or negatives < 0 or tokens < 2:
            raise ValueError(f"not {most} appended pieces, {negatives} negatives and {tokens} tokens")
        self.network = network
        self.likelihood, self.weights = likelihood, weights
        self.most = most
        self.negatives = negatives
        self.tokens = tokens
        self.likelihood_: Any = None
        self.weights_: Any = None
        self.courses_: list[Course] = []

    def tower(self) -> Any:
        """The network as it is before training, in a tower of its own. Raises ImportError without torch."""
        from broadsheet_lab.networks import Network
        from broadsheet_lab.towers import Tower

        if self.network is None:
            self.network = Network.minilm(tokens=self.tokens + self.most, rank=16, seed=self.weights.seed)
        return Tower(self.network).copy()

    def fit(self, queries: Sequence[str], documents: Any, candidates: Any) -> TILDEv2:
        """Learn from queries, documents and candidate rows (q, m), of which the first is the one wanted.

        Documents are texts, or `towers.Read`: what the layers that stay make of them.
        """
        from broadsheet_lab.ranking._query_likelihood import QueryLikelihood
        from broadsheet_lab.ranking._term_weights import Weights

        rows = np.array(candidates, np.int64)
        if rows.ndim != 2 or not len(queries) == len(rows) > 0 or rows.shape[1] <= self.negatives:
            raise ValueError(f"{len(queries)} queries, candidates of shape {rows.shape}, {self.negatives} negatives")
        self.weights_, self.courses_ = Weights(self.tower()), []
        held = self._read(self.weights_.tower, documents)
        asked = [row.astype(np.int64) for row in self.terms(queries)]
        told = np.array([i for i, row in enumerate(asked) if len(row)])
        asked, rows = [asked[i] for i in told], rows[told]
        if self.most:
            self.likelihood_ = QueryLikelihood(self.tower())
            distinct = [np.unique(row) for row in asked]
            self.courses_.append(self.likelihood_.fit(distinct, held, rows[:, 0], self.likelihood))
        self._weigh(self.expanded(held), asked, rows)
        return self

    def _weigh(self, held: Any, asked: list[Rows], rows: Rows) -> None:
        import torch
        from torch.nn.functional import cross_entropy

        def drawn(rng: np.random.Generator, at: Rows) -> tuple[Rows, Rows, Rows]:
            others = np.argsort(rng.random((len(at), rows.shape[1] - 1)), axis=1)[:, : self.negatives] + 1
            documents = np.unique(np.column_stack([rows[at, 0], rows[at[:, None], others]]))
            return at, documents, np.searchsorted(documents, rows[at, 0])

        def loss(batch: tuple[Rows, Rows, Rows]) -> Any:
            at, documents, wanted = batch
            scores = self.weights_.scores(held, documents, [asked[i] for i in at])
            return cross_entropy(scores, torch.from_numpy(wanted))

        learned = [*self.weights_.tower.learned(), *self.weights_.head.parameters()]
        self.courses_.append(train(learned, Epochs(len(rows), drawn), loss, self.weights))

    def _read(self, tower: Any, texts: Any) -> Any:
        return tower.read(texts, tokens=self.tokens) if isinstance(texts, (list, tuple)) else texts

    def _learned(self) -> Any:
        if self.weights_ is None:
            raise ValueError("nothing is learned yet: call fit first")
        return self.weights_

    def terms(self, queries: Sequence[str]) -> list[Any]:
        """The ids of the pieces of queries that say something, without stop words, in order, one array a query."""
        from broadsheet_lab.towers import asking

        pieces = self._learned().tower.network.pieces
        says = asking(pieces.vocabulary)
        return [ids[says[ids]].astype(np.uint64) for ids in pieces.ids(queries)]

    def expanded(self, documents: Any) -> Any:
        """Documents with the likeliest pieces that they lack appended, as the layers that stay leave them."""
        from broadsheet_lab.ranking._query_likelihood import with_appended

        held = self._read(self._learned().tower, documents)
        if not self.most:
            return held
        likeliest = self.likelihood_.likeliest(held, self.most)
        return self.weights_.tower.read_ids(list(with_appended(held, likeliest)))

    def encode(self, documents: Any) -> Bags:
        """Documents, with what is appended to them: terms are ids of pieces, `counts` their weights, above zero."""
        return self.weigh(self.expanded(documents))

    def weigh(self, held: Any) -> Bags:
        """The same of documents that are read with what is appended to them already."""
        import torch

        model = self._learned()
        values = np.zeros(len(held.ids), np.float32)
        with torch.no_grad():
            for at in model.tower.batches(held):
                places, seen = held.places(at)
                values[places[seen]] = model.of(held, at)[0].numpy()[seen]
        owner = np.repeat(np.arange(len(held)), held.lengths)
        kept = np.flatnonzero((values > 0) & (held.ids > _LAST_SPECIAL))
        pieces = model.tower.network.n_pieces
        keys, place = np.unique(owner[kept] * pieces + held.ids[kept], return_inverse=True)
        best = np.zeros(len(keys), np.float32)
        np.maximum.at(best, place, values[kept])
        indptr = np.searchsorted(keys, np.arange(len(held) + 1) * pieces).astype(np.int64)
        terms, columns = np.unique(keys % pieces, return_inverse=True)
        return Bags(terms.astype(np.uint64), indptr, columns.astype(np.int32), best)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        model = self._learned()
        arrays = {f"weights.{name}": a for name, a in model.tower.network.to_arrays().items()}
        if self.most:
            found = self.likelihood_.tower.network.to_arrays()
            arrays |= {f"likelihood.{name}": a for name, a in found.items()}
        head = {"head": model.head.weight.detach().numpy().copy(), "bias": model.head.bias.detach().numpy().copy()}
        return {**arrays, **head, "sizes": np.array([self.most, self.negatives, self.tokens], np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> TILDEv2:
        """The ranker again. Raises ValueError if the arrays do not fit together."""
        import torch

        from broadsheet_lab.networks import Network
        from broadsheet_lab.ranking._query_likelihood import QueryLikelihood
        from broadsheet_lab.ranking._term_weights import Weights
        from broadsheet_lab.towers import Tower

        def tower(part: str) -> Tower:
            own = {n.removeprefix(f"{part}."): a for n, a in arrays.items() if n.startswith(f"{part}.")}
            return Tower(Network.from_arrays(own))

        most, negatives, tokens = (int(x) for x in arrays["sizes"])
        method = cls(most=most, negatives=negatives, tokens=tokens)
        method.weights_ = Weights(tower("weights"))
        method.network = method.weights_.tower.network
        if arrays["head"].shape != tuple(method.weights_.head.weight.shape):
            raise ValueError(f"a head of shape {arrays['head'].shape}")
        with torch.no_grad():
            method.weights_.head.weight.copy_(torch.tensor(arrays["head"]))
            method.weights_.head.bias.copy_(torch.tensor(arrays["bias"]))
        if most:
            method.likelihood_ = QueryLikelihood(tower("likelihood"))
        return method
