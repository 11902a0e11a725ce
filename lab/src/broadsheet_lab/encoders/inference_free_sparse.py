"""Inference-free sparse retrieval: documents learn words they lack; a query needs no model, only its words' idf.

Problem: find papers that mean a query's words without containing them, at the price of a lexical search. Idea: a
masked-word head turns the state of every piece of a document into logits over the vocabulary, and log(1 + relu) of the
greatest logit of a piece is its weight; a query is its distinct pieces, each weighing its idf. Because idf stands in
the matching function while the penalty on the documents' weights does not know it, words that say little cost more than
they earn and are pruned first. After a first stage of queries against the documents of a batch, what is relevant is
learned from a lexical and a dense teacher together.

Geng, Wang, Ru, Yang: Towards Competitive Search Relevance For Inference-Free Learned Sparse Retrievers (2411.04403).
The penalty is that of Paria et al.: Minimizing FLOPs to Learn Efficient Sparse Representations (2004.05665).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, bag
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import Tokens
from broadsheet_lab.encoders._distilling import ensemble, idf
from broadsheet_lab.training import Course, Epochs, Plan, train

__all__ = ["CARD", "InferenceFreeSparse", "ensemble", "idf"]

CARD = Card(
    title="Towards Competitive Search Relevance For Inference-Free Learned Sparse Retrievers",
    paper="2411.04403",
    year=2024,
    solves="finding papers by words they lack at the price of a lexical search",
    when="queries must cost no model and papers be found by words they lack; BM25 needs no training",
    costs="minutes of training; a lexical index of the weights; a query costs its lookup",
    unused="not yet measured beside the product's words and vectors together, which is what it would replace",
    fidelity="reduced",
    claims=(
        Claim(
            "abstract",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, idf-aware over not (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "abstract",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, two teachers over one (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 4",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, distilled over the first stage alone (ratio)",
            1.01,
            ours=True,
        ),
        Claim(
            "abstract",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "median latency over BM25's (ratio)",
            1.1,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10 over BM25 (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10 over MiniLM (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "the encoder is MiniLM with low-rank corrections of its upper three layers; it has no trained word head: "
        "one tied to its input embeddings begins at the identity, with a bias of -3 for every piece",
        "hundreds of steps of 64 papers of 64 tokens each instead of tens of thousands",
        "the penalty of a step takes the pieces of its papers and queries exactly and a sample of the others",
        "the vocabulary is the pieces that occur in the papers",
    ),
    builds_on=("minilm", "bm25"),
    needs=("transformers",),
)

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
_BIAS = -3.0
FIRST = Plan(steps=400, rate=5e-4)
SECOND = Plan(steps=400, rate=2e-4, batch=8)


class InferenceFreeSparse(Persistent):
    """MiniLM with a masked-word head: documents to weights of pieces; a query's pieces weigh their idf.

    `first` trains by telling the first candidate from all documents of the batch, `second` by the teachers' divergence;
    `penalties` are lambda_d of both, reached quadratically over the first `ramp` of the steps. `idf_aware=False` weighs
    all query pieces alike. `least` papers must have a piece of the vocabulary. `network` is a
    `broadsheet_lab.networks.Network`, MiniLM with corrections of rank 16 if none is given.

    Learns `tower_`, and from the documents `frequency_` (v,) by piece in `documents_` texts.

    >>> from broadsheet_lab.encoders.inference_free_sparse import InferenceFreeSparse
    >>> from broadsheet_lab.networks import Network
    >>> from broadsheet_lab.training import Plan
    >>> papers, plan = ["graphs of proteins", "walks of robots"], Plan(steps=1, batch=2)
    >>> method = InferenceFreeSparse(Network.small(papers, rank=2), first=plan, second=plan, least=1)
    >>> lexical, dense = [[9.0, 1.0], [8.0, 0.0]], [[0.7, 0.1], [0.8, 0.2]]
    >>> method.fit(["proteins", "robots"], papers, [[0, 1], [1, 0]], [lexical, dense]) is method
    True
    >>> method.query(["the robots"]).counts.shape  # a stop word has no weight
    (1,)
    """

    def __init__(
        self,
        network: Any = None,
        *,
        first: Plan = FIRST,
        second: Plan = SECOND,
        penalties: tuple[float, float] = (0.05, 0.002),
        ramp: float = 0.5,
        idf_aware: bool = True,
        least: int = 3,
        tokens: int = 64,
    ) -> None:
        self.network = network
        self.first, self.second = first, second
        self.penalties = penalties
        self.ramp = ramp
        self.idf_aware = idf_aware
        self.least = least
        self.tokens = tokens
        self.tower_: Any = None
        self.frequency_ = np.empty(0, np.int64)
        self.documents_ = 0
        self.courses_: list[Course] = []

    def tower(self) -> Any:
        """The network as it is before training, in a tower of its own. Raises ImportError without torch."""
        import torch

        from broadsheet_lab.networks import Network
        from broadsheet_lab.towers import Tower

        if self.network is None:
            self.network = Network.minilm(tokens=self.tokens, rank=16, seed=self.first.seed)
            with torch.no_grad():
                self.network.word_bias.fill_(_BIAS)
        return Tower(self.network).copy()

    def fit(
        self, queries: Sequence[str], documents: Any, candidates: Any, teachers: Sequence[Any] = ()
    ) -> InferenceFreeSparse:
        """Learn from queries, documents, candidate rows (q, m), the wanted first, and what teachers score them (q, m).

        Documents are texts, or `towers.Read`: what the layers that stay make of them. Without teachers the second stage
        is left out.
        """
        tower = self.tower()
        held = self._read(tower, documents)
        rows = np.array(candidates, np.int64)
        if rows.ndim != 2 or not len(queries) == len(rows) > 0:
            raise ValueError(f"{len(queries)} queries with candidates of shape {rows.shape}: a row for each")
        owner = np.repeat(np.arange(len(held)), held.lengths)
        distinct = np.unique(owner * tower.network.n_pieces + held.ids)
        self.frequency_ = np.bincount(distinct % tower.network.n_pieces, minlength=tower.network.n_pieces)
        self.documents_, self.tower_, self.courses_ = len(held), tower, []
        self._train(self.first, queries, held, rows[:, :1], None, self.penalties[0])
        return self.distil(queries, held, rows, teachers) if teachers else self

    def distil(self, queries: Sequence[str], documents: Any, candidates: Any, teachers: Any) -> InferenceFreeSparse:
        """The second stage, from what is learned already."""
        held, rows = self._read(self._learned(), documents), np.array(candidates, np.int64)
        self._train(self.second, queries, held, rows, ensemble(teachers), self.penalties[1])
        return self

    def copy(self) -> InferenceFreeSparse:
        """Another that learns on by itself."""
        method = InferenceFreeSparse(self.network, first=self.first, second=self.second, penalties=self.penalties)
        method.ramp, method.idf_aware, method.least, method.tokens = self.ramp, self.idf_aware, self.least, self.tokens
        method.tower_, method.frequency_, method.documents_ = self.tower_.copy(), self.frequency_, self.documents_
        return method

    @property
    def vocabulary(self) -> Rows:
        """The ids of the pieces that documents may weigh, ascending: no special ones, and no stop words or signs."""
        from broadsheet_lab.towers import asking

        return np.flatnonzero((self.frequency_ >= self.least) & asking(self._learned().network.pieces.vocabulary))

    def _train(
        self, plan: Plan, queries: Sequence[str], held: Any, rows: Rows, taught: Floats | None, penalty: float
    ) -> None:
        from broadsheet_lab.encoders._word_logits import Step

        if not plan.steps:
            return
        tower, asked, every = self.tower_, self._asked(queries), self.vocabulary
        step = 0

        def count(at: int) -> None:
            nonlocal step
            step = at

        def drawn(rng: np.random.Generator, at: Rows) -> Step:
            return Step.drawn(rng, at, rows, held, asked, every)

        def loss(batch: Step) -> Any:
            strength = penalty * min(1.0, (step + 1) / (self.ramp * plan.steps)) ** 2
            return batch.loss(tower, held, asked, taught, strength, len(every))

        head = [tower.network.word_map.weight, tower.network.word_map.bias, tower.network.word_bias]
        plan = replace(plan, batch=min(plan.batch, len(rows)))
        self.courses_.append(train([*tower.learned(), *head], Epochs(len(rows), drawn), loss, plan, before=count))

    def _read(self, tower: Any, texts: Any) -> Any:
        return tower.read(texts, tokens=self.tokens) if isinstance(texts, (list, tuple)) else texts

    def _learned(self) -> Any:
        if self.tower_ is None:
            raise ValueError("nothing is learned yet: call fit first")
        return self.tower_

    def _asked(self, queries: Sequence[str]) -> Any:
        from broadsheet_lab.encoders._word_logits import Asked

        kept, known = self.vocabulary, self._learned().network.pieces.ids(queries)
        rows = [np.intersect1d(np.asarray(ids, np.int64), kept) for ids in known]
        columns = np.concatenate([np.empty(0, np.int64), *rows])
        return Asked(columns, self._worth(columns), np.cumsum([0, *map(len, rows)], dtype=np.int64))

    def _worth(self, pieces: Rows) -> Floats:
        """The weights of pieces in queries."""
        rarity = idf(self.frequency_, self.documents_)
        return rarity[pieces] if self.idf_aware else np.full(len(pieces), rarity[self.vocabulary].mean(), np.float32)

    def query(self, texts: Sequence[str]) -> Bags:
        """Queries: terms are ids of pieces, `counts` of the distinct ones their idf."""
        asked = self._asked(texts)
        return bag(Tokens(asked.columns.astype(np.uint64), asked.bounds), weights=asked.values)

    def encode(self, texts: Any) -> Bags:
        """Documents: terms are ids of pieces, `counts` the weights of each document's, above zero."""
        import torch

        from broadsheet_lab.encoders._word_logits import weights

        tower, kept = self._learned(), self.vocabulary
        held, columns = self._read(tower, texts), torch.from_numpy(kept)
        rows: list[Any] = [None] * len(held)
        with torch.no_grad():
            for at in tower.batches(held):
                for i, found in zip(at.tolist(), weights(tower, held, at, columns).numpy(), strict=True):
                    rows[i] = (kept[found > 0], found[found > 0])
        terms = np.concatenate([np.empty(0, np.int64), *(r[0] for r in rows)]).astype(np.uint64)
        bounds = np.cumsum([0, *(len(r[0]) for r in rows)], dtype=np.int64)
        return bag(Tokens(terms, bounds), weights=np.concatenate([np.empty(0, np.float32), *(r[1] for r in rows)]))

    def expansions(self, text: str, k: int) -> list[tuple[str, float]]:
        """The at most k greatest pieces, with weights, that a document is found by and does not contain."""
        tower, found = self._learned(), self.encode([text])
        ids = found.terms[found.columns].astype(np.int64)
        absent = np.flatnonzero(~np.isin(ids, tower.network.ids([text])[0]))
        first = absent[np.argsort(-found.counts[absent], kind="stable")[:k]]
        return [(tower.network.pieces.vocabulary[ids[i]], float(found.counts[i])) for i in first]

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and how queries are weighed."""
        network = {f"network.{name}": a for name, a in self._learned().network.to_arrays().items()}
        shape = np.array([self.documents_, self.idf_aware, self.least, self.tokens], np.int64)
        return {**network, "frequency": self.frequency_, "shape": shape}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> InferenceFreeSparse:
        """The encoder again. Raises ValueError if the arrays do not fit together."""
        from broadsheet_lab.networks import Network
        from broadsheet_lab.towers import Tower

        network = Network.from_arrays({n.removeprefix("network."): a for n, a in arrays.items() if "." in n})
        documents, aware, least, tokens = (int(x) for x in arrays["shape"])
        if len(arrays["frequency"]) != network.n_pieces:
            raise ValueError(f"{len(arrays['frequency'])} frequencies of {network.n_pieces} pieces")
        method = cls(network, idf_aware=bool(aware), least=least, tokens=tokens)
        method.tower_, method.frequency_, method.documents_ = Tower(network), arrays["frequency"], documents
        return method
