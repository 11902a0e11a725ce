"""Contrastive training of the word vectors of `static`, in numpy and C.

A batch has two views of each of B papers; view one of a paper must be nearer to view two of the same paper than to
those of the others, and vice versa (multiple negatives ranking with a softmax at a temperature, Henderson et al. 2017,
section 4.4), at several nested numbers of dimensions at once. Gradients are derived by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.contrast import info_nce
from broadsheet.kit.native import kernel
from broadsheet.kit.progress import Progress
from broadsheet.kit.text import Tokens
from broadsheet.kit.unit import row_lengths, through_unit, unit_rows

__all__ = ["Contrastive", "Segments", "cosine_loss"]

MAX_NEGATIVES = 20_000  # papers that hard negatives are mined from
KEYWORDS = 2  # kinds of segments: 0 a title, 1 a sentence, 2 keywords; also in native/contrastive.c
NESTED = ((1.0, 1.0), (0.5, 0.3), (0.25, 0.3))  # share of the dimensions, weight of their loss


@dataclass(frozen=True)
class Segments:
    """Papers as segments: the title, the sentences, the keywords; words are positions in a vocabulary."""

    words: NDArray[np.int32]  # (t,), -1 for a word that is not in the vocabulary
    bounds: NDArray[np.int64]  # (s + 1,) of the words of a segment
    kinds: NDArray[np.int8]  # (s,)
    papers: NDArray[np.int64]  # (n + 1,): paper i has the segments papers[i]:papers[i + 1]

    @classmethod
    def of(
        cls, tokens: Tokens, kinds: NDArray[np.int8], papers: NDArray[np.int64], vocabulary: NDArray[np.uint64]
    ) -> Segments:
        """From the tokens of every segment and the terms that have vectors, ascending."""
        return cls(find_sorted(vocabulary, tokens.terms).astype(np.int32), tokens.bounds, kinds, papers)

    def __len__(self) -> int:
        return len(self.papers) - 1


_views = kernel("contrastive_views")
_sums = kernel("contrastive_sums")
_scatter = kernel("contrastive_scatter")
_adam = kernel("contrastive_adam")


def cosine_loss(
    q: NDArray[np.float32], d: NDArray[np.float32], temperature: float, equal: NDArray[np.int64] | None = None
) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
    """InfoNCE over the cosines of B queries with B or more documents, where d[i] is the positive of q[i].

    Returns (loss, gradient by q, gradient by d). The loss is the mean of both directions; from documents to queries
    only the first B count. `equal` (m, 2) lists pairs (query, document) that are not used as negatives.
    """
    q_lengths, d_lengths = row_lengths(q), row_lengths(d)
    qn, dn = q / q_lengths, d / d_lengths
    ignored = None if equal is None else (equal[:, 0], equal[:, 1])
    loss, dq, dd = info_nce(qn, dn, temperature=temperature, ignored=ignored, both_ways=True)
    return loss, through_unit(dq, qn, q_lengths), through_unit(dd, dn, d_lengths)


@dataclass(frozen=True)
class TextBags:
    """Texts as bags of words: text i has values[indptr[i]:indptr[i + 1]] at rows[indptr[i]:indptr[i + 1]]."""

    indptr: NDArray[np.int64]
    rows: NDArray[np.int64]
    values: NDArray[np.float32]

    def sums(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weighted sum of every text's word vectors, (n, d)."""
        out = np.zeros((len(self.indptr) - 1, weights.shape[1]), np.float32)
        _sums(self.indptr, len(out), self.rows, self.values, weights, out.shape[1], out)
        return out

    def head(self, n: int) -> TextBags:
        """The first n texts."""
        return TextBags(self.indptr[: n + 1], self.rows, self.values)

    def append(self, other: TextBags) -> TextBags:
        """These texts followed by the other ones."""
        indptr = np.concatenate([self.indptr, other.indptr[1:] - other.indptr[0] + len(self.rows)])
        first = int(other.indptr[0])
        rows, values = other.rows[first:], other.values[first:]
        return TextBags(indptr, np.concatenate([self.rows, rows]), np.concatenate([self.values, values]))


@dataclass(frozen=True)
class NegativePool:
    """Papers that hard negatives are mined from, with their vectors at the start of the epoch.

    Queries search with current weights (ADORE, Zhan et al. 2021, section 4.2), papers keep their vectors for an epoch.
    Hard negatives are used in addition to those of the batch, which keeps training stable (STAR, section 4.1).
    """

    papers: NDArray[np.int64]  # (n,)
    vectors: NDArray[np.float32]  # (n, d) of unit length
    depth: int = 10

    def negatives(
        self, queries: NDArray[np.float32], own: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """One negative per query, (b,), drawn from the `depth` nearest papers other than its `own`."""
        scores = queries @ self.vectors.T  # (b, n)
        scores[self.papers[None, :] == own[:, None]] = -np.inf
        depth = min(self.depth, len(self.papers) - 1)
        nearest = np.argpartition(-scores, depth, axis=1)[:, :depth]
        return self.papers[nearest[np.arange(len(own)), rng.integers(0, depth, len(own))]]


class Contrastive:
    """Trains word vectors `weights` (v, d) in place."""

    def __init__(
        self,
        weights: NDArray[np.float32],
        *,
        epochs: int,
        batch: int = 1024,
        temperature: float = 0.03,
        learning_rate: float = 5e-3,
        dropout: float = 0.1,
        shares: Sequence[float] = (0.3, 0.6, 0.1),
        hard_epochs: int = 0,
        seed: int = 0,
    ) -> None:
        self.weights = weights
        self.epochs = epochs
        self.batch = batch
        self.temperature = temperature
        self.learning_rate = learning_rate
        self.dropout = dropout  # share of words dropped from a view
        self.shares = shares  # of pairs: title and rest, sentence and rest, keywords and rest
        self.hard_epochs = hard_epochs  # epochs at the end with hard negatives
        self.seed = seed
        self._mean, self._square, self._gradient = (np.zeros_like(weights) for _ in range(3))
        self._touched = np.zeros(len(weights), np.bool_)
        self._rng = np.random.default_rng(seed)
        self._steps = 0
        self.losses_: list[float] = []

    def _parts(self, segments: Segments, papers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Draw the segment that is view one of each paper."""
        first, last = segments.papers[papers], segments.papers[papers + 1]
        keywords = segments.kinds[last - 1] == KEYWORDS
        sentences = last - first - 1 - keywords
        wish = self._rng.choice(3, len(papers), p=self.shares)
        wish = np.where((wish == KEYWORDS) & ~keywords, 1, wish)
        wish = np.where((wish == 1) & (sentences < 2), 0, wish)
        sentence = first + 1 + (self._rng.random(len(papers)) * np.maximum(sentences, 1)).astype(np.int64)
        return np.select([wish == 0, wish == 1], [first, sentence], last - 1)

    def _bags(
        self, segments: Segments, papers: NDArray[np.int64], parts: NDArray[np.int64], dropout: float
    ) -> TextBags:
        """Both views of every paper as bags of log(1 + tf): 2 B bags, views one first.

        View one of a paper is its segment parts[i], sometimes with the next sentence. View two is the rest without the
        keywords, or the whole text if view one is the keywords or parts[i] is -1.
        """
        sizes = segments.bounds[segments.papers[papers + 1]] - segments.bounds[segments.papers[papers]]
        most = int(sizes.sum())  # words of both views together, at most
        chances = np.random.RandomState(int(self._rng.integers(1 << 31)))
        second, is_dropped = chances.random_sample(len(papers)) < 0.3, chances.random_sample(most) < dropout
        rows, values = np.empty(most, np.int64), np.empty(most, np.float32)
        indptr, tally = np.zeros(2 * len(papers) + 1, np.int64), np.zeros(len(self.weights), np.int32)
        arrays = segments.words, segments.bounds, segments.kinds, segments.papers
        total = _views(papers, len(papers), parts, second, is_dropped, *arrays, tally, rows, values, indptr)
        return TextBags(indptr, rows[:total], values[:total])

    def views(self, segments: Segments, papers: NDArray[np.int64]) -> TextBags:
        """Draw two views of every paper: 2 B bags, views one first."""
        return self._bags(segments, papers, self._parts(segments, papers), self.dropout)

    def whole_texts(self, segments: Segments, papers: NDArray[np.int64]) -> TextBags:
        """The whole text of every paper without keywords: B bags."""
        bags = self._bags(segments, papers, np.full(len(papers), -1, np.int64), 0.0)
        return TextBags(bags.indptr[len(papers) :], bags.rows, bags.values)

    def step(
        self, segments: Segments, papers: NDArray[np.int64], rate: float, pool: NegativePool | None = None
    ) -> float:
        """One training step on these papers; returns the loss at the full number of dimensions.

        With `pool` every query also has the batch's hard negatives.
        """
        bags, b = self.views(segments, papers), len(papers)
        if pool is not None:
            negatives = pool.negatives(bags.head(b).sums(self.weights), papers, self._rng)
            bags = bags.append(self.whole_texts(segments, negatives))
        z = bags.sums(self.weights)
        equal = np.argwhere(papers[:, None] == negatives[None, :]) + np.array([0, b]) if pool is not None else None
        gradient, losses = np.zeros_like(z), []
        for share, weight in NESTED:
            width = int(share * z.shape[1])
            loss, dq, dd = cosine_loss(z[:b, :width], z[b:, :width], self.temperature, equal)
            gradient[:b, :width] += np.float32(weight) * dq
            gradient[b:, :width] += np.float32(weight) * dd
            losses.append(loss)
        arrays = bags.indptr, len(gradient), bags.rows, bags.values
        _scatter(*arrays, gradient, gradient.shape[1], self._gradient, self._touched)
        self._steps += 1
        scale = rate * np.sqrt(1 - 0.99**self._steps) / (1 - 0.9**self._steps)
        state = self.weights, self._gradient, self._mean, self._square, self._touched
        _adam(*state, *self.weights.shape, float(scale))
        return losses[0]

    def fit(self, segments: Segments, pool: NDArray[np.int64], on_progress: Progress | None = None) -> None:
        """Train on the papers of `pool`; the learning rate falls to 0 over all epochs.

        The mean loss of every epoch is in `losses_`.
        """
        batch = max(1, min(self.batch, len(pool) // 2))
        per_epoch = max(1, len(pool) // batch)
        self.losses_ = []
        for epoch in range(self.epochs):
            order, negatives, losses = self._rng.permutation(pool), None, []
            if epoch >= self.epochs - self.hard_epochs:
                among = np.sort(order[:MAX_NEGATIVES])
                negatives = NegativePool(among, unit_rows(self.whole_texts(segments, among).sums(self.weights)))
            for i in range(per_epoch):
                rate = self.learning_rate * (1 - (epoch * per_epoch + i) / (self.epochs * per_epoch))
                losses.append(self.step(segments, order[i * batch : (i + 1) * batch], rate, negatives))
            self.losses_.append(float(np.mean(losses)))
            if on_progress:
                on_progress("training the encoder", epoch + 1, self.epochs)
