"""Documents with the words appended that those who want them likely ask with, for TILDEv2."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.text import STOP_TERMS, Tokens, spans, stem, term, tokenize
from broadsheet_lab.bench.text._sparse import KINDS, Sample, Words
from broadsheet_lab.ranking.tildev2 import appended, likely

__all__ = ["APPENDED", "Expansion", "Texts", "expanded"]

APPENDED = (5, 10, 20)  # words
MOST = max(APPENDED)
RIDGE = 3.0
FOLDS = 5

Ints = NDArray[np.int64]


def surfaces(texts: list[str]) -> dict[int, str]:
    """The commonest form of every stem, by its hash."""
    counts = Counter(word for text in texts for _, _, word in spans(text))
    return {term(stem(word)): word for word, _ in sorted(counts.items(), key=lambda kv: kv[1])}


@dataclass(frozen=True)
class Texts:
    """Documents' words in context, and the words appended to them, best first, in theirs."""

    own: Words
    more: Words
    rank: Ints  # of every word of `more` among those appended

    def with_appended(self, most: int) -> Words:
        """The documents with the first `most` of their appended words."""
        kept = np.flatnonzero(self.rank < most)
        ahead, behind = self.own.tokens, self.more.tokens
        rows = [np.repeat(np.arange(len(t)), np.diff(t.bounds)) for t in (ahead, behind)]
        text_of = np.concatenate([rows[0], rows[1][kept]])
        order = np.argsort(text_of, kind="stable")
        bounds = np.searchsorted(text_of[order], np.arange(len(ahead) + 1)).astype(np.int64)
        terms = np.concatenate([ahead.terms, behind.terms[kept]])[order]
        return Words(np.concatenate([self.own.vectors, self.more.vectors[kept]])[order], Tokens(terms, bounds))


@dataclass(frozen=True)
class Expansion:
    """Which words those who want a paper likely ask with, by its vector."""

    sample: Sample
    targets: csr_matrix  # (l, V) which words the queries of the papers to learn from have
    vectors: NDArray[np.float32]  # (l, d + 1) of those papers, with a one
    words: dict[int, str]  # the commonest form of every stem

    @classmethod
    def of(cls, sample: Sample) -> Expansion:
        """From the queries to learn from."""
        asked = [sample.asked(kind, "learn") for kind in KINDS]
        queries = bag(tokenize([t for a in asked for t in a.texts]), skip=STOP_TERMS)
        wanted = np.array([w for a in asked for w in a.wanted])
        at = find_sorted(sample.bags.terms, queries.terms)[queries.columns]
        known = at >= 0
        rows = np.searchsorted(sample.learned_rows, np.repeat(wanted, np.diff(queries.indptr))[known])
        shape = (len(sample.learned_rows), len(sample.bags.terms))
        targets = csr_matrix((np.ones(len(rows), np.float32), (rows, at[known])), shape=shape)
        targets.data[:] = 1  # asked with once or often
        words = surfaces([*sample.texts, *(t for a in asked for t in a.texts)])
        return cls(sample, targets, _with_one(sample.study.vectors[sample.rows[sample.learned_rows]]), words)

    @cached_property
    def likely(self) -> NDArray[np.float32]:
        """(d + 1, V): what a vector is multiplied by to give the likelihood of each word of the sample."""
        return likely(self.vectors, self.targets, ridge=RIDGE)

    def likelihood(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of each word, from vectors (n, d): (n, V)."""
        return np.asarray(_with_one(vectors) @ self.likely, np.float32)

    def held_out(self) -> NDArray[np.float32]:
        """The same for the papers to learn from: nothing may come from a paper's own queries."""
        out = np.empty(self.targets.shape, np.float32)
        fold = np.arange(len(out)) % FOLDS
        for f in range(FOLDS):
            others = likely(self.vectors[fold != f], self.targets[fold != f], ridge=RIDGE)
            out[fold == f] = self.vectors[fold == f] @ others
        return out

    def read(
        self,
        own: Words,
        likelihood: NDArray[np.float32],
        present: Bags,
        titles: Sequence[str],
        reader: Callable[[list[str]], Words],
    ) -> Texts:
        """Texts with the words likeliest for them that they lack, which the reader reads beside their titles.

        `present` are their terms, as columns of the sample's.
        """
        chosen = self.sample.bags.terms[appended(likelihood, present, MOST)]  # (n, MOST)
        listed = [" ".join(self.words.get(int(t), "") for t in row) for row in chosen]
        more = reader([f"{title}. {told}" for title, told in zip(titles, listed, strict=True)])
        text_of = np.repeat(np.arange(len(more.tokens)), np.diff(more.tokens.bounds))
        same = more.tokens.terms[:, None] == chosen[text_of]  # (t, MOST)
        return Texts(own, more, np.where(same.any(axis=1), same.argmax(axis=1), MOST))


def _with_one(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.column_stack([vectors, np.ones(len(vectors))]).astype(np.float32)


def expanded(sample: Sample) -> Texts:
    """Every document with the words that those who want it likely ask with, as the queries to learn from have it."""
    expansion = Expansion.of(sample)
    likelihood = expansion.likelihood(sample.study.vectors[sample.rows])
    likelihood[sample.learned_rows] = expansion.held_out()
    titles = [sample.study.table["title"][i] for i in sample.rows]
    return expansion.read(sample.words(sample.texts), likelihood, sample.bags, titles, sample.words)
