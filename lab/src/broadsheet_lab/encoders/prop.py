"""PROP: pre-training with representative words prediction, queries that cost nobody a label.

Problem: a ranker wants pairs of queries and documents, and a library of papers comes without any. Idea: words drawn
from a document's own language model are like a query for it; of two sets of words drawn from one document the one its
model finds likelier is the more representative. A transformer that reads "[CLS] words [SEP] text" and learns to prefer
it, while it also learns to fill in hidden words of the text, learns what ranking is before it sees a query: then a few
labels are enough. The number of words is drawn too, as queries are: few.

Ma, Guo, Zhang, Fan, Ji, Cheng: PROP: Pre-training with Representative Words Prediction for Ad-hoc Retrieval. WSDM 2021
(2010.10137), section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import STOP_WORDS, fold
from broadsheet_lab.encoders._representative import Representative
from broadsheet_lab.encoders._word_sets import WordSets, set_lengths

if TYPE_CHECKING:
    pass

__all__ = ["CARD", "PROP", "LanguageModel", "WordSets", "keep_probability", "set_lengths"]


CARD = Card(
    title="PROP: Pre-training with Representative Words Prediction for Ad-hoc Retrieval",
    paper="2010.10137",
    year=2021,
    fidelity="reduced",
    solves="a reranker trained on the documents alone, which then wants only a few labels",
    when="There are papers and hardly any labelled queries; with thousands of labels, train a cross-encoder.",
    costs="Under a second of one core a step of 16 pairs; a few milliseconds a paper to score.",
    unused="The product's reranker is trained on titles and sentences as queries, of which every library has plenty.",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, word sets of 300 papers, test half",
            "pairs of word sets ordered as their likelihoods (share)",
            0.8,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, written queries, test half",
            "MRR@10, the first 10 of BM25 reranked after 50 labels, pre-trained over not (ratio)",
            1.05,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, written queries, test half",
            "MRR@10, the first 10 of BM25 reranked after 50 labels over their order by MiniLM's cosine (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "it begins with MiniLM, whose sentences are already compared by cosine, instead of BERT",
        "measured small: 1,000 papers, 80 steps of 16 pairs, the first 32 words of a text; the default is 2,000 steps",
        "beside the state of [CLS], which MiniLM never uses, the product and the cosine of both texts' mean states are "
        "judged; the loss of hidden words, for which MiniLM has no head to begin with, counts a tenth",
        "hidden words are asked for beside the better of two word sets, not beside both",
        "words are drawn from the smoothed model exactly, as a document's or the collection's token, not from a list",
    ),
    builds_on=("minilm",),
    needs=("transformers",),
)


def keep_probability(frequency: NDArray[np.float64], threshold: float = 1e-4) -> NDArray[np.float64]:
    """How often a word that was drawn is kept, by its share of the collection: sqrt(t / f) + t / f, at most 1."""
    share = threshold / np.maximum(frequency, 1e-300)
    return np.minimum(1.0, np.sqrt(share) + share)


class LanguageModel(Persistent):
    """The Dirichlet-smoothed unigram model of a collection's documents; `smoothing`: mu, by default their mean length.

    Words that occur fewer than `least` times, and stop words, are in no document. Learns `words_`, `frequency_` (v,)
    and `smoothing_`.
    """

    def __init__(
        self, *, smoothing: float | None = None, least: int = 10, mean: float = 3.0, threshold: float = 1e-4
    ) -> None:
        self.smoothing = smoothing
        self.least = least
        self.mean = mean
        self.threshold = threshold
        self.words_: tuple[str, ...] = ()
        self.frequency_ = np.empty(0, np.float64)  # (v,) each word's share of the collection
        self.smoothing_ = 0.0

    def fit(self, texts: Sequence[str]) -> LanguageModel:
        """Count the words of the texts."""
        counts: dict[str, int] = {}
        for word in chain.from_iterable(fold(text).split() for text in texts):
            counts[word] = counts.get(word, 0) + 1
        self.words_ = tuple(sorted(w for w, c in counts.items() if c >= self.least and w not in STOP_WORDS))
        if not self.words_:
            raise ValueError(f"no word occurs {self.least} times in {len(texts)} texts: lower `least`")
        found = np.array([counts[w] for w in self.words_], np.float64)
        self.frequency_ = found / found.sum()
        self.smoothing_ = float(found.sum() / len(texts)) if self.smoothing is None else self.smoothing
        return self

    def numbers(self, texts: Iterable[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The numbers of the known words of every text in order, (t,), and where each text's lie, (n + 1,)."""
        known = {word: number for number, word in enumerate(self.words_)}
        rows = [[known[w] for w in fold(text).split() if w in known] for text in texts]
        bounds = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        return np.fromiter(chain.from_iterable(rows), np.int64, int(bounds[-1])), bounds

    def log_probability(
        self,
        words: NDArray[np.int64],
        documents: NDArray[np.int64],
        tokens: NDArray[np.int64],
        bounds: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """log P(w | d) = log (tf(w, d) + mu P(w | C)) / (|d| + mu) of aligned words and documents."""
        v, n = len(self.words_), len(bounds) - 1
        keys, counts = np.unique(np.repeat(np.arange(n), np.diff(bounds)) * v + tokens, return_counts=True)
        wanted = documents * v + words
        at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        tf = np.where(keys[at] == wanted, counts[at], 0) if len(keys) else np.zeros(wanted.shape)
        length = np.diff(bounds)[documents]
        probability = (tf + self.smoothing_ * self.frequency_[words]) / (length + self.smoothing_)
        return np.asarray(np.log(probability), np.float64)

    def draw(
        self,
        documents: NDArray[np.int64],  # (m,)
        lengths: NDArray[np.int64],  # (m,)
        tokens: NDArray[np.int64],
        bounds: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> NDArray[np.int64]:
        """A set of distinct words from P(. | d) for each of `documents`, (m, longest), -1 behind the last.

        P(. | d) is a mixture: with |d| / (|d| + mu) a token of the document, else one of the collection. A word drawn
        is kept by `keep_probability`, or drawn again.
        """
        keep = keep_probability(self.frequency_, self.threshold)
        wide = np.arange(lengths.max())
        found = np.full((len(documents), len(wide)), -1, np.int64)
        size = np.diff(bounds)[documents]
        while len(at := np.argwhere((found < 0) & (wide < lengths[:, None]))):
            row, column = at.T
            own = rng.random(len(row)) * (size[row] + self.smoothing_) < size[row]
            place = bounds[documents[row]] + (rng.random(len(row)) * size[row]).astype(np.int64)
            drawn = rng.choice(len(self.frequency_), len(row), p=self.frequency_)
            drawn[own] = tokens[place[own]]
            kept = rng.random(len(row)) < keep[drawn]
            found[row[kept], column[kept]] = drawn[kept]
            again = (found[:, :, None] == found[:, None, :]) & (wide[:, None] > wide)  # as an earlier one of the set
            found[again.any(axis=2)] = -1
        return found

    def pairs(self, texts: Sequence[str], *, per_document: int = 5, seed: int = 0) -> WordSets:
        """Two sets of one length from each text, `per_document` times; a text without a known word gives none."""
        rng = np.random.default_rng(seed)
        tokens, bounds = self.numbers(texts)
        documents = np.repeat(np.flatnonzero(np.diff(bounds)), per_document)
        lengths = np.minimum(set_lengths(len(documents), self.mean, rng), max(1, len(self.words_) // 2))
        if not len(documents):
            return WordSets(documents, (), (), np.empty((0, 2)))
        sets = np.stack([self.draw(documents, lengths, tokens, bounds, rng) for _ in range(2)], axis=1)  # (m, 2, l)
        each = np.broadcast_to(documents[:, None, None], sets.shape)
        logs = np.where(sets >= 0, self.log_probability(np.maximum(sets, 0), each, tokens, bounds), 0)
        return WordSets.ordered(documents, sets, logs.sum(axis=2), self.words_)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was counted."""
        settings = np.array([self.smoothing_, self.least, self.mean, self.threshold])
        return {"vocabulary": np.array(self.words_, np.str_), "frequency": self.frequency_, "settings": settings}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The model again. Raises ValueError if the arrays do not fit together."""
        smoothing, least, mean, threshold = arrays["settings"].tolist()
        model = cls(smoothing=smoothing, least=int(least), mean=mean, threshold=threshold)
        model.words_, model.frequency_ = tuple(arrays["vocabulary"].tolist()), arrays["frequency"]
        model.smoothing_ = smoothing
        if model.frequency_.shape != (len(model.words_),):
            raise ValueError(f"frequencies of shape {model.frequency_.shape} for {len(model.words_)} words")
        return model


class PROP(Representative):
    """A reranker pre-trained on word sets that the Dirichlet-smoothed language model of the texts draws.

    `least` is how often a word must occur to be drawn. Learns the language model `model_` beside `reader_`.

    >>> from broadsheet_lab.encoders.prop import PROP
    >>> from broadsheet_lab.networks import Network
    >>> from broadsheet_lab.training import Plan
    >>> texts = [f"grasp {'cup box jar'.split()[i % 3]} number {i % 7} with robot hand {i % 5}" for i in range(60)]
    >>> method = PROP(Network.small(texts), least=2, plan=Plan(steps=5)).fit(texts)
    >>> method.scores("grasp cup", texts[:2]).shape
    (2,)
    """

    model_: LanguageModel | None = None

    def word_sets(self, texts: Sequence[str], *, learn: bool = False) -> WordSets:
        """Pairs of word sets of texts, by the language model of those it was fitted on, or of these.

        Raises ValueError if no word occurs often enough.
        """
        if learn or self.model_ is None:
            self.model_ = LanguageModel(least=self.least).fit(texts)
        return self.model_.pairs(texts, per_document=self.per_document, seed=self._seed)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        model = self.model_.to_arrays() if self.model_ else {}
        return {**super().to_arrays(), **{f"model.{name}": a for name, a in model.items()}}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The method again. Raises ValueError if the arrays do not fit, ImportError without the network's base."""
        method = super().from_arrays(arrays)
        own = {name.removeprefix("model."): a for name, a in arrays.items() if name.startswith("model.")}
        method.model_ = LanguageModel.from_arrays(own)
        return method
