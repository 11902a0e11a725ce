"""ColBERTer: a text as one vector for retrieval and a bag of tiny vectors, one a whole word, for refinement.

Problem: late interaction matches every word of a query with every word of a document and shows which matched which, but
keeps a long vector for every piece of every word. Idea: pieces are averaged into whole words and words into one vector
a distinct stem; a learned gate scales each and drops those it sets to zero; few dimensions are enough, or a single one,
where only equal words may match. One learned weight mixes the score of the retrieval vectors with that of the words.
All is distilled from the margins of a teacher that reads query and document together, in stages.

Hofstätter, Khattab, Althammer, Sertkan, Hanbury: Introducing Neural Bag of Whole-Words with ColBERTer: Contextualized
Late Interactions using Enhanced Reduction. CIKM 2022 (2203.13088), sections 3.1 to 3.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.encoders._matching import Encoded, Match, matched, matches
from broadsheet_lab.encoders._whole_words import Words
from broadsheet_lab.training import Course, Epochs, Plan, train

__all__ = ["CARD", "ColBERTer", "Encoded", "Match", "Options"]

CARD = Card(
    title="Introducing Neural Bag of Whole-Words with ColBERTer: Contextualized Late Interactions using Enhanced "
    "Reduction",
    paper="2203.13088",
    year=2022,
    solves="a score by words in context, with the matches to show for it, in a few bytes a word",
    when="candidates of a vector search should be ordered by words, and the matches shown",
    costs="minutes of training; a vector of 32 numbers for each distinct word that the gate lets through",
    unused="the product reads its first candidates with a cross-encoder; a store of word vectors would come on top",
    fidelity="reduced",
    claims=(
        Claim(
            "abstract and section 5",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "words kept over word pieces, 32 dimensions (ratio)",
            0.40,
            ours=True,
        ),
        Claim(
            "section 5, ablation",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, refined by words of 32 dimensions, over retrieval vectors alone (ratio)",
            1.15,
            ours=True,
        ),
        Claim(
            "section 5, main results",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, one dimension and exact matches over 32 dimensions (ratio)",
            0.96,
            ours=True,
        ),
        Claim(
            "section 5, other collections",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, 32 dimensions over BM25 (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 6,493 of 87,366 papers, written and tldr queries, test half",
            "MRR@10, 32 dimensions over MiniLM (ratio)",
            1.02,
            ours=True,
        ),
    ),
    departures=(
        "the encoder is MiniLM with low-rank corrections of its upper three layers; the lower three stay",
        "the mean of a text's states stands for the [CLS] vector: MiniLM was trained to be averaged",
        "the teacher is one small cross-encoder, the one that the product ships, not an ensemble of large ones",
        "the maps begin at principal directions of MiniLM's states, not at random ones",
        "words are folded and stemmed by Porter 2 and known by 64 bits of a hash instead of 32",
    ),
    builds_on=("minilm", "cross_encoder"),
    needs=("transformers",),
)


@dataclass(frozen=True, slots=True)
class Options:
    """How to train, and the sizes of what is kept: see ColBERTer."""

    retrieval_dimensions: int = 128
    word_dimensions: int = 32
    gate_weight: float = 0.75
    retrieval_weight: float = 0.1
    stages: tuple[int, int, int] = (300, 300, 150)
    batch: int = 32
    rate: float = 5e-4
    tokens: int = 64
    lower: int | None = None
    scale: float = 20.0
    seed: int = 0


class ColBERTer(Persistent):
    """MiniLM with two maps, the gate and the mixture, distilled from a teacher's margins in stages.

    Stages are steps: of every piece by itself, without gates; of whole words behind gates; of one dimension, where only
    equal words match (Uni-ColBERTer), which is not entered if it has no steps. `gate_weight` (alpha_CS) is the price of
    a word kept, `retrieval_weight` (alpha_CLS) that of the retrieval score by itself. `scale` is about what inner
    products are at the start; the teacher's margins are brought to a spread of a fifth of it.

    `network` is a `broadsheet_lab.networks.Network`, MiniLM with corrections of rank 16 if none is given. Learns
    `model_`; `exact_` says whether only equal words match.

    >>> from broadsheet_lab.encoders.colberter import ColBERTer
    >>> from broadsheet_lab.networks import Network
    >>> papers = ["graphs of proteins", "walks of robots"]
    >>> method = ColBERTer(Network.small(papers, rank=2), retrieval_dimensions=8, word_dimensions=4, stages=(1, 1, 0))
    >>> kept = method.fit(["protein", "robot"], papers, [[0, 1], [1, 0]], [[3.0, 0.0], [2.0, 0.0]]).encode(papers)
    >>> query = method.encode(["robots"], queries=True)
    >>> [match.query for match in method.matches(query, kept.one(1))]
    ['robots']
    """

    def __init__(self, network: Any = None, **options: Any) -> None:
        self.network = network
        self.options = Options(**options)
        if self.options.retrieval_dimensions < 1 or self.options.word_dimensions < 1:
            sizes = f"{self.options.retrieval_dimensions} and {self.options.word_dimensions}"
            raise ValueError(f"at least one dimension each, not {sizes}")
        self.model_: Any = None
        self.exact_ = False
        self.courses_: list[Course] = []

    def tower(self) -> Any:
        """The network as it is before training, in a tower of its own. Raises ImportError without torch."""
        from broadsheet_lab.networks import Network
        from broadsheet_lab.towers import Tower

        if self.network is None:
            self.network = Network.minilm(tokens=self.options.tokens, rank=16, seed=self.options.seed)
        return Tower(self.network, lower=self.options.lower).copy()

    def fit(
        self, queries: Any, documents: Any, candidates: Sequence[Sequence[int]], taught: Sequence[Sequence[float]]
    ) -> ColBERTer:
        """Learn from queries (q), documents, candidate rows (q, n) the wanted first, and a teacher's scores (q, n).

        Queries and documents are texts, or `towers.Read`: what the layers that stay make of them.
        """
        from broadsheet_lab.encoders._two_way import Heads, TwoWay
        from broadsheet_lab.training import seeded

        rows, scores = np.array(candidates, np.int64), np.array(taught, np.float32)
        tower, o = self.tower(), self.options
        asked, held = self._read(tower, queries), self._read(tower, documents)
        if rows.ndim != 2 or not len(asked) == len(rows) > 0 or rows.shape[1] < 2 or rows.shape != scores.shape:
            raise ValueError(f"{len(asked)} queries, candidates {rows.shape} and teacher's scores {scores.shape}")
        if max(o.retrieval_dimensions, o.word_dimensions) > (hidden := tower.network.body.shape.hidden):
            raise ValueError(f"{o.retrieval_dimensions} and {o.word_dimensions} dimensions of states of {hidden}")
        with seeded(o.seed):
            heads = Heads(hidden, o.retrieval_dimensions, o.word_dimensions)
        heads.begin(tower, held, seed=o.seed, scale=o.scale)
        self.model_, self.exact_, self.courses_ = TwoWay(tower, heads), False, []
        lessons = self._lessons(asked, held, rows, scores)
        self._train(lessons(False), o.stages[0], gated=False)
        self._train(lessons(True), o.stages[1], gated=True)
        return self.single(asked, held, rows, scores) if o.stages[2] else self

    def single(
        self, queries: Any, documents: Any, candidates: Any, taught: Any, *, steps: int | None = None
    ) -> ColBERTer:
        """Uni-ColBERTer, trained on from what this one learned: one dimension a word, and only equal words match."""
        from broadsheet_lab.encoders._two_way import TwoWay

        model = self._learned()
        other = ColBERTer(self.network)
        other.options = self.options
        other.model_, other.exact_ = TwoWay(model.tower.copy(), model.heads.narrowed()), True
        asked, held = self._read(model.tower, queries), self._read(model.tower, documents)
        lessons = self._lessons(asked, held, np.array(candidates, np.int64), np.array(taught, np.float32))
        other._train(lessons(True), self.options.stages[2] if steps is None else steps, gated=True)
        return other

    def _lessons(self, asked: Any, held: Any, rows: NDArray[np.int64], taught: NDArray[np.float32]) -> Any:
        from broadsheet_lab.encoders._two_way import Lessons

        spread = 0.2 * self.options.scale / max(float((taught[:, :1] - taught[:, 1:]).std()), 1e-6)

        def made(whole: bool) -> Lessons:
            words = [self._words(read, whole=whole) for read in (asked, held)]
            return Lessons(asked, words[0], held, words[1], rows, taught * np.float32(spread))

        return made

    def _words(self, read: Any, *, whole: bool = True) -> Words:
        return Words.of(read.ids, read.bounds, self.network.pieces.vocabulary, whole=whole)

    def _train(self, lessons: Any, steps: int, *, gated: bool) -> None:
        from broadsheet_lab.encoders._two_way import loss_of

        if not steps:
            return
        o, model = self.options, self.model_
        plan = Plan(steps=steps, batch=o.batch, rate=o.rate, seed=o.seed)
        prices = o.retrieval_weight, o.gate_weight

        def loss(at: NDArray[np.int64]) -> Any:
            return loss_of(model, lessons, at, gated=gated, exact=self.exact_, weights=prices)

        learned = [*model.tower.learned(), *model.heads.parameters()]
        self.courses_.append(train(learned, Epochs(len(lessons.rows), lambda _, at: at), loss, plan))

    def _read(self, tower: Any, texts: Any) -> Any:
        return tower.read(texts, tokens=self.options.tokens) if isinstance(texts, (list, tuple)) else texts

    def _learned(self) -> Any:
        if self.model_ is None:
            raise ValueError("nothing is learned yet: call fit first")
        return self.model_

    def encode(self, texts: Any, *, queries: bool = False) -> Encoded:
        """Both kinds of vector of every text. Words of documents pass the gate and are left out where it is zero."""
        import torch

        model = self._learned()
        read = self._read(model.tower, texts)
        words = self._words(read)
        size, d = len(words.stems), 1 if model.heads.single is not None else self.options.word_dimensions
        retrieval = np.zeros((len(read), self.options.retrieval_dimensions), np.float32)
        vectors, open_ = np.zeros((size, d), np.float32), np.zeros(size, np.bool_)
        with torch.no_grad():
            for at in model.tower.batches(read):
                kept = model.kept(read, words, at, gated=not queries)
                retrieval[at] = kept.retrieval.numpy()
                for j, i in enumerate(at.tolist()):
                    part = slice(words.bounds[i], words.bounds[i + 1])
                    vectors[part] = kept.vectors[j, : part.stop - part.start].numpy()
                    open_[part] = kept.gates[j, : part.stop - part.start].numpy() > 0
        bounds = np.concatenate([[0], np.cumsum(open_)])[words.bounds].astype(np.int64)
        return Encoded(retrieval, vectors[open_], words.stems[open_], bounds, words.spelling)

    def token_scores(self, query: Encoded, documents: Encoded, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """s_token of one query with the given documents, (m,)."""
        scores, at = np.empty((1, len(rows)), np.float32), np.empty((len(query.words), len(rows)), np.int64)
        words = query.words if self.exact_ else query.words[:0]
        kept = documents.vectors, documents.words, documents.bounds
        matched(query.vectors, words, query.bounds, *kept, rows, scores, at)
        return np.asarray(scores[0])

    def shares(self) -> tuple[float, float]:
        """(sigma(g), 1 - sigma(g)): what the retrieval vectors' score and the words' score count for."""
        share = float(1 / (1 + np.exp(-self._learned().heads.mixture.item())))
        return share, 1 - share

    def score(self, query: Encoded, documents: Encoded, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The two-way score (equation 8) of one query with the given documents, (m,)."""
        whole, words = self.shares()
        alone = documents.retrieval[rows] @ query.retrieval[0]
        return np.asarray(whole * alone + words * self.token_scores(query, documents, rows), np.float32)

    def matches(self, query: Encoded, document: Encoded) -> tuple[Match, ...]:
        """Which word of one query found which word of one document, most telling first; the sum is their score's."""
        return matches(query, document, share=self.shares()[1], exact=self.exact_)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and whether only equal words match."""
        model, o = self._learned(), self.options
        network = {f"network.{name}": a for name, a in model.tower.network.to_arrays().items()}
        heads = {f"heads.{name}": a for name, a in model.heads.to_arrays().items()}
        sizes = np.array([model.tower.lower, o.tokens, self.exact_], np.int64)
        return {**network, **heads, "sizes": sizes}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> ColBERTer:
        """The encoder again. Raises ValueError if the arrays do not fit together."""
        from broadsheet_lab.encoders._two_way import Heads, TwoWay
        from broadsheet_lab.networks import Network
        from broadsheet_lab.towers import Tower

        parts: dict[str, dict[str, Any]] = {"network": {}, "heads": {}}
        for name, array in arrays.items():
            part, _, own = name.partition(".")
            if own:
                parts[part][own] = array
        heads, network = parts["heads"], Network.from_arrays(parts["network"])
        r, d = len(heads["retrieval.bias"]), len(heads["word.bias"])
        lower, tokens, exact = (int(x) for x in arrays["sizes"])
        method = cls(network, retrieval_dimensions=r, word_dimensions=d, tokens=tokens, lower=lower)
        own_heads = Heads(network.body.shape.hidden, r, d, single="single.bias" in heads)
        own_heads.load_arrays(heads)
        method.model_, method.exact_ = TwoWay(Tower(network, lower=lower), own_heads), bool(exact)
        return method
