"""Word embeddings learned on the library itself, and documents as weighted means of them.

Problem: vectors of words and texts that know which words mean alike in this field, without any model to download.
Idea: words that occur in the same company get like vectors, either by telling each word's real neighbours from drawn
ones (skip-gram with negative sampling) or by fitting the logarithm of how often two words meet (GloVe); both factorise
the same co-occurrence counts. What decides the quality is the training: take a corpus of the task's own domain rather
than a large one, the simplest model where the corpus is small, and stop when the task itself gets no better, not when
the training loss does. A document is the mean of its words' vectors, frequent words counting little.

Lai: Word and Document Embeddings based on Neural Network Approaches (1611.05962), chapters 2 and 3; the guidelines are
also in Lai, Liu, He, Zhao: How to Generate a Good Word Embedding (1507.05523). Mikolov, Sutskever, Chen, Corrado, Dean:
Distributed Representations of Words and Phrases and their Compositionality (1310.4546). Pennington, Socher, Manning:
GloVe: Global Vectors for Word Representation. EMNLP 2014. Weights and the common component of documents: Arora, Liang,
Ma: A Simple but Tough-to-Beat Baseline for Sentence Embeddings. ICLR 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import bag, find_sorted
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import Tokens, tokenize
from broadsheet.kit.unit import unit_rows
from broadsheet_lab.encoders._word_kernels import (
    counted,
    document_weights,
    glove_epoch,
    glove_weights,
    kept_share,
    noise_table,
    skip_gram_epoch,
    weighted_sums,
)

__all__ = ["CARD", "WordEmbeddings"]

CARD = Card(
    title="Word and Document Embeddings based on Neural Network Approaches",
    paper="1611.05962",
    year=2016,
    solves="vectors of words and texts learned on the library itself in a minute",
    claims=(
        Claim(
            "guideline 1",
            "papers.parquet, sample of 12,000, tldr queries, test half",
            "MRR@10, learned on papers of the queries' field over twice as many of another field (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "guideline 2",
            "papers.parquet, sample of 12,000, tldr queries, test half",
            "MRR@10, skip-gram over GloVe (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "guideline 3",
            "papers.parquet, sample of 12,000, tldr queries, test half",
            "MRR@10, stopped by the task's dev half over stopped by the loss on held-out texts (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, sample of 12,000, tldr queries, test half",
            "MRR@10, weighted mean of words over the plain mean (ratio)",
            1.1,
            ours=True,
        ),
    ),
    departures=(
        "words are stemmed; documents are weighted means instead of recurrent networks, which need labels",
        "rates of 0.1 instead of 0.025 and 0.05, and GloVe's cut at 10 instead of 100: a corpus of millions of words",
        "the task is search by cosine instead of analogies, tagging and sentiment",
    ),
)

_NEGATIVES = 5  # a pair
_FINAL = 1e-3  # the last learning rate as a share of the first


class WordEmbeddings(Persistent):
    """Learns `vectors_` (v, d), `weights_` (v,) and `common_` (d,) for the terms `vocabulary_` (v,), ascending.

    `weight` is a of the documents' weights (inf: plain mean); `least` the occurrences a word needs; `subsample` the
    frequency above which skip-gram drops tokens. `epochs_` are those kept, `losses_` of those run.
    """

    def __init__(
        self,
        *,
        model: Literal["skip-gram", "glove"] = "skip-gram",
        dimensions: int = 100,
        window: int = 5,
        subsample: float = 1e-4,
        epochs: int = 10,
        rate: float = 0.1,
        weight: float = 1e-2,
        least: int = 5,
        seed: int = 0,
    ) -> None:
        if model not in ("skip-gram", "glove"):
            raise ValueError(f"the models are skip-gram and glove, not {model!r}")
        if min(dimensions, window, epochs, least) < 1 or min(rate, weight, subsample) <= 0:
            raise ValueError("dimensions, window, epochs, least, rate, weight and subsample are to be above zero")
        self.model = model
        self.dimensions = dimensions
        self.window = window
        self.subsample = subsample
        self.epochs = epochs
        self.rate = rate
        self.weight = weight
        self.least = least
        self.seed = seed
        self._forget()

    def _forget(self) -> None:
        self.vocabulary_ = np.empty(0, np.uint64)
        self.vectors_ = np.empty((0, self.dimensions), np.float32)
        self.weights_, self.common_ = np.empty(0, np.float32), np.zeros(self.dimensions, np.float32)
        self.counts_, self.contexts_, self.epochs_ = np.empty(0), self.vectors_, 0
        self.losses_: tuple[float, ...] = ()

    def fit(
        self, texts: Sequence[str], *, task: Callable[[WordEmbeddings], float] | None = None, patience: int = 3
    ) -> WordEmbeddings:
        """Learn from the texts. With a `task` (greater is better) the epoch it likes best is kept.

        It is asked after every epoch; training ends `patience` epochs after the best. Raises ValueError if it diverges.
        """
        self._forget()
        tokens = tokenize(texts)
        terms, counts = np.unique(tokens.terms, return_counts=True)
        self.vocabulary_ = terms[counts >= self.least]
        self.counts_ = counts[counts >= self.least].astype(np.float64)
        self.weights_ = document_weights(self.counts_, self.weight)
        corpus, slots = self._known(tokens)
        if not len(slots):
            return self
        step = self._skip_gram(corpus, slots) if self.model == "skip-gram" else self._glove(corpus, slots)
        best, kept_best = -np.inf, (self.vectors_, self.common_, 0)
        for epoch in range(self.epochs):
            loss, self.vectors_ = step(epoch)
            if not np.isfinite(loss):
                raise ValueError(f"{self.model} did not converge at a rate of {self.rate:g}: take a lower one")
            self.losses_ = (*self.losses_, loss)
            self.common_ = self._common(corpus)
            value = task(self) if task is not None else float(epoch)
            if value > best:
                best, kept_best = value, (self.vectors_, self.common_, epoch + 1)
            if epoch + 1 - kept_best[2] >= patience:
                break
        self.vectors_, self.common_, self.epochs_ = kept_best
        return self

    def _known(self, tokens: Tokens) -> tuple[Tokens, NDArray[np.int32]]:
        """The tokens that are in the vocabulary, and where."""
        at = find_sorted(self.vocabulary_, tokens.terms)
        bounds = np.concatenate([[0], np.cumsum(at >= 0)])[tokens.bounds]
        return Tokens(tokens.terms[at >= 0], bounds), at[at >= 0].astype(np.int32)

    def _skip_gram(
        self, corpus: Tokens, slots: NDArray[np.int32]
    ) -> Callable[[int], tuple[float, NDArray[np.float32]]]:
        """Runs one epoch and gives (loss, vectors); the rate falls over all epochs. Contexts begin at zero."""
        rng, size = np.random.default_rng(self.seed), len(self.vocabulary_)
        words = ((rng.random((size, self.dimensions)) - 0.5) / self.dimensions).astype(np.float32)
        self.contexts_ = np.zeros_like(words)
        keep, table = kept_share(self.counts_, self.subsample), noise_table(self.counts_)
        state = np.array([2 * self.seed + 1], np.uint64)
        rates = self.rate * np.linspace(1, _FINAL, self.epochs + 1)

        def step(epoch: int) -> tuple[float, NDArray[np.float32]]:
            span = (float(rates[epoch]), float(rates[epoch + 1]))
            reach = (self.window, _NEGATIVES)
            loss = skip_gram_epoch(slots, corpus.bounds, keep, table, words, self.contexts_, reach, span, state)
            return loss, words.copy()

        return step

    def _glove(self, corpus: Tokens, slots: NDArray[np.int32]) -> Callable[[int], tuple[float, NDArray[np.float32]]]:
        """As `_skip_gram`; a word's vector is the sum of its vectors as word and as context."""
        size, d = len(self.vocabulary_), self.dimensions
        met = counted(slots, corpus.bounds, size, self.window)
        logs, weights = np.log(met.data), glove_weights(met.data)
        rng = np.random.default_rng(self.seed)
        words, contexts = (((rng.random((size, d + 1)) - 0.5) / d).astype(np.float32) for _ in range(2))
        squares = np.ones((2, size, d + 1), np.float32)

        def step(epoch: int) -> tuple[float, NDArray[np.float32]]:
            order = np.random.default_rng((self.seed, epoch)).permutation(len(logs))
            loss = glove_epoch(order, met.row, met.col, logs, weights, words, contexts, squares, self.rate)
            return loss, np.ascontiguousarray((words + contexts)[:, :d])

        return step

    def _common(self, corpus: Tokens) -> NDArray[np.float32]:
        """The direction all documents share, (d,): the first right singular vector of their means."""
        if not np.isfinite(self.weight):
            return np.zeros(self.dimensions, np.float32)
        means = self._means(corpus).astype(np.float64)
        return np.asarray(np.linalg.eigh(means.T @ means)[1][:, -1], np.float32)

    def _means(self, tokens: Tokens) -> NDArray[np.float32]:
        """The weighted sum of every text's word vectors, of unit length; zeros where no word is known."""
        bags = bag(tokens)
        at = find_sorted(self.vocabulary_, bags.terms)[bags.columns]
        values = np.where(at >= 0, self.weights_[at], 0) * bags.counts if len(self.weights_) else bags.counts
        out = np.zeros((len(tokens), self.dimensions), np.float32)
        weighted_sums(bags.indptr, at, values.astype(np.float32), self.vectors_, out)
        return unit_rows(out)

    def loss(self, texts: Sequence[str]) -> float:
        """The mean loss a pair of other texts under skip-gram just fitted, which is not what to stop by."""
        corpus, slots = self._known(tokenize(texts))
        keep, table = kept_share(self.counts_, self.subsample), noise_table(self.counts_)
        state, reach = np.array([1], np.uint64), (self.window, _NEGATIVES)
        vectors = self.vectors_, self.contexts_
        return float(skip_gram_epoch(slots, corpus.bounds, keep, table, *vectors, reach, (0.0, 0.0), state))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, d) of unit length, without the common direction; zeros where no word of a text is known."""
        means = self._means(tokenize(texts))
        return unit_rows(means - np.outer(means @ self.common_, self.common_))

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        learned = (self.vocabulary_, self.vectors_, self.weights_, self.common_)
        return dict(zip(("vocabulary", "vectors", "weights", "common"), learned, strict=True))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> WordEmbeddings:
        """The encoder again. Raises ValueError if the arrays do not fit together."""
        vectors, size = arrays["vectors"], len(arrays["vocabulary"])
        if vectors.ndim != 2 or {len(vectors), len(arrays["weights"])} != {size}:
            raise ValueError("vocabulary, vectors and weights differ in length")
        if arrays["common"].shape != vectors.shape[1:]:
            raise ValueError(f"vectors of {vectors.shape[1]} with a common direction of {arrays['common'].shape}")
        encoder = cls(dimensions=vectors.shape[1])
        encoder.vocabulary_, encoder.vectors_ = arrays["vocabulary"], vectors
        encoder.weights_, encoder.common_ = arrays["weights"], arrays["common"]
        return encoder
