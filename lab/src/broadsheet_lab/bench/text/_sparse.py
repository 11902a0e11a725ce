"""A sample of the study with lexical rankings: papers that have a tldr and, in the order of a hash, with keywords.

Methods learn from the queries of the dev papers and are chosen on a fifth of them, set apart.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.retrieval.bm25 import BM25, idf
from broadsheet_lab.bench.study import Queries, Study

__all__ = ["DEPTH", "Asked", "Sample"]

SAMPLE = 4_000
DEPTH = 100

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Asked:
    """Queries of one kind and purpose, with the row of the sample each asks for."""

    texts: list[str]
    wanted: list[int]


class Sample:
    """The sampled papers of a study; row i of everything is the same paper."""

    def __init__(self, study: Study, *, size: int = SAMPLE) -> None:
        self.study = study
        self.size = size

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The rows of the study, ascending."""
        told = {int(w[0]) for w in self.study.tldr.wanted}
        papers = self.study.table["paper_id"]
        others = sorted(
            {int(w[0]) for w in self.study.by_keywords.wanted} - told, key=lambda i: zlib.crc32(papers[i].encode())
        )
        return np.array(sorted([*told, *others][: self.size]), np.int64)

    @cached_property
    def texts(self) -> list[str]:
        """Title and abstract."""
        return [self.study.texts[i] for i in self.rows]

    @cached_property
    def dev(self) -> NDArray[np.bool_]:
        """The papers to learn from and choose on, (n,)."""
        return self.study.dev[self.rows]

    @cached_property
    def bags(self) -> Bags:
        """The terms of the texts."""
        return bag(tokenize(self.texts), skip=STOP_TERMS)

    @cached_property
    def idf(self) -> Scores:
        """By term of the bags."""
        return idf(self.bags.document_frequency(), len(self.bags))

    def asked(self, kind: str, purpose: str) -> Asked:
        """Queries of a kind (tldr, keywords) to learn from, to choose on or to report: learn, choose, test."""
        queries: Queries = self.study.tldr if kind == "tldr" else self.study.by_keywords
        at = {int(row): i for i, row in enumerate(self.rows)}
        texts, wanted = [], []
        for text, rows in zip(queries.texts, queries.wanted, strict=True):
            row = at.get(int(rows[0]), -1)
            if row >= 0 and self._purpose(row) == purpose:
                texts.append(text)
                wanted.append(row)
        return Asked(texts, wanted)

    def _purpose(self, row: int) -> str:
        if not self.dev[row]:
            return "test"
        name: str = self.study.table["paper_id"][self.rows[row]]
        return "choose" if zlib.crc32(f"choose {name}".encode()) % 5 == 0 else "learn"

    @cached_property
    def bm25(self) -> Scores:
        """BM25's weight of every entry of the bags."""
        lengths = self.bags.totals()
        return BM25().fit(lengths).document(self.bags, lengths)

    def lexical(self, weights: Scores, texts: Sequence[str]) -> Callable[[int], Scores]:
        """Scores of every paper for each of the texts, by idf times the weights of the entries of the bags."""
        from scipy.sparse import csr_matrix

        b = self.bags
        by_term = csr_matrix((weights, b.columns, b.indptr), shape=(len(b), len(b.terms))).tocsc()
        asked = bag(tokenize(list(texts)), skip=STOP_TERMS)
        at = find_sorted(b.terms, asked.terms)[asked.columns]

        def scores(i: int) -> Scores:
            part = slice(asked.indptr[i], asked.indptr[i + 1])
            known = at[part] >= 0
            columns = at[part][known]
            return np.asarray(by_term[:, columns] @ (asked.counts[part][known] * self.idf[columns]), np.float32)

        return scores
