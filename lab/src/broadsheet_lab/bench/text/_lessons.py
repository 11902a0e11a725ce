"""What queries of the dev half teach: for each the paper it wants, hard negatives, and what three teachers score them.

Negatives are the first that are not wanted by BM25 and, in turn, by MiniLM among the papers of the index.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import bag, find_sorted
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.pipeline import pretrained
from broadsheet.retrieval.bm25 import BM25, idf
from broadsheet_lab.bench.text._library import TOKENS, Asked, Index, kept_array

__all__ = ["Lessons"]

EACH = 4  # negatives of a query by each of the two
SKIPPED = 1  # the first by MiniLM that is not wanted may be right, too
READ = 3  # candidates that the cross-encoder scores: the wanted one, the hardest by MiniLM and by BM25

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Lessons:
    """Of the queries of an index to learn from."""

    index: Index

    @cached_property
    def asked(self) -> Asked:
        """The queries."""
        return self.index.asked("learn")

    @cached_property
    def lexical_of_all(self) -> Any:
        """BM25 of every query with every paper of the index, sparse (q, n)."""
        from scipy.sparse import csr_matrix

        papers = bag(tokenize(self.index.texts), skip=STOP_TERMS)
        lengths = papers.totals()
        weights = BM25().fit(lengths).document(papers, lengths)
        shape = (len(papers), len(papers.terms))
        by_paper = csr_matrix((weights, papers.columns, papers.indptr), shape=shape)
        queries = bag(tokenize(self.asked.texts), skip=STOP_TERMS)
        at = find_sorted(papers.terms, queries.terms)[queries.columns]
        rarity = idf(papers.document_frequency(), len(papers))
        rows = np.repeat(np.arange(len(queries)), np.diff(queries.indptr))[at >= 0]
        worth = (queries.counts[at >= 0] * rarity[at[at >= 0]], (rows, at[at >= 0]))
        return csr_matrix(worth, shape=(len(queries), shape[1])) @ by_paper.T

    @cached_property
    def dense_of_all(self) -> Floats:
        """MiniLM's cosine of every query with every paper of the index, (q, n)."""
        return kept_array("lessons-dense", [*self.asked.texts, *self.index.texts], self._cosines)

    def _cosines(self) -> Floats:
        from broadsheet_lab.networks import Network

        queries = Network.minilm(tokens=TOKENS).encode(self.asked.texts)
        return np.asarray(queries @ self.index.minilm.T, np.float32)

    @cached_property
    def candidates(self) -> Rows:
        """The wanted paper, then hard ones by MiniLM and by BM25 in turn, (q, 1 + 2 EACH), rows of the index."""
        return kept_array("lessons-candidates", [*self.asked.texts, *self.index.texts], self._drawn)

    def _drawn(self) -> Rows:
        dense, lexical = self.dense_of_all, self.lexical_of_all
        rows = np.empty((len(self.asked), 1 + 2 * EACH), np.int64)
        for i, wanted in enumerate(self.asked.wanted.tolist()):
            taken = {wanted}
            by_meaning = [r for r in np.argsort(-dense[i], kind="stable")[:50].tolist() if r != wanted][SKIPPED:]
            by_words = np.argsort(-lexical[i].toarray()[0], kind="stable")[:50].tolist()
            for place in range(1, 1 + 2 * EACH):
                row = next(r for r in (by_meaning if place % 2 else by_words) if r not in taken)
                taken.add(row)
                rows[i, place] = row
            rows[i, 0] = wanted
        return rows

    @cached_property
    def lexical(self) -> Floats:
        """BM25 of the candidates, (q, m)."""
        at = np.arange(len(self.asked))[:, None]
        return np.asarray(self.lexical_of_all[at, self.candidates].toarray(), np.float32)

    @cached_property
    def dense(self) -> Floats:
        """MiniLM's cosine of the candidates, (q, m)."""
        return np.asarray(np.take_along_axis(self.dense_of_all, self.candidates, axis=1))

    @cached_property
    def read(self) -> Floats:
        """The shipped cross-encoder's scores of the first READ candidates, (q, READ)."""
        return kept_array("lessons-read", [*self.asked.texts, *self.index.texts], partial(self._scored))

    def _scored(self) -> Floats:
        reader, texts = pretrained.read_reader(), self.index.texts
        assert reader is not None
        self.index.library.tell(f"reading {READ * len(self.asked):,} pairs with the cross-encoder")
        found = [
            reader.scores(query, [texts[row] for row in rows[:READ]])
            for query, rows in zip(self.asked.texts, self.candidates, strict=True)
        ]
        return np.array(found, np.float32)
