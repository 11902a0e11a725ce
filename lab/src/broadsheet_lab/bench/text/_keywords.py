"""Papers and their keywords as queries with an answer: which papers share what, and what would have to be new."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.kit.text import fold, stem
from broadsheet_lab.bench.study import LEAST_KEYWORDS, Study

__all__ = ["CHARACTERS", "Keywords", "Papers", "Triples", "choosing", "triples"]

TIED = 3  # papers that may fit a query equally well; where more do, the query says too little
SHARED = 2  # keywords that a wanted paper has in common with the query's paper, at least
HELD = 3  # papers that must have the new keyword, so that it does not name the answer by itself
CHARACTERS = 600  # of title and abstract that are encoded
_PART = 500  # papers
EACH = 3  # queries of a paper, unless asked for more


@dataclass(frozen=True)
class Keywords:
    """The papers with keywords among the given rows; paper i of everything here is row rows[i] of the study."""

    rows: NDArray[np.int64]  # (m,)
    words: tuple[str, ...]  # (v,) as one paper writes them
    held: csr_matrix  # (m, v) 1 where the paper has the keyword

    @classmethod
    def of(cls, study: Study, among: NDArray[np.bool_]) -> Keywords:
        """The papers of the study among those marked, (n,), with three keywords or more."""
        found = study.table["keywords"]
        rows = [i for i in np.flatnonzero(among).tolist() if len(found[i] or ()) >= LEAST_KEYWORDS]
        numbers: dict[str, int] = {}
        words: list[str] = []
        at: list[int] = []
        columns: list[int] = []
        for place, row in enumerate(rows):
            for word in found[row]:
                key = " ".join(stem(part) for part in fold(word).split())
                if not key:
                    continue
                if key not in numbers:
                    numbers[key] = len(words)
                    words.append(" ".join(word.split()))
                at.append(place)
                columns.append(numbers[key])
        held = csr_matrix((np.ones(len(at), np.int32), (at, columns)), shape=(len(rows), len(words)))
        held.data[:] = 1  # the same keyword twice is one
        return cls(np.array(rows, np.int64), tuple(words), held)

    @cached_property
    def shared(self) -> csr_matrix:
        """How many keywords two papers share, (m, m), a paper with itself none."""
        common = (self.held @ self.held.T).tolil()
        common.setdiag(0)
        found = common.tocsr()
        found.eliminate_zeros()
        return csr_matrix(found)

    @cached_property
    def frequencies(self) -> NDArray[np.int64]:
        """How many papers have each keyword, (v,)."""
        return np.asarray(self.held.sum(axis=0), np.int64).ravel()

    def keywords(self, paper: int) -> NDArray[np.int32]:
        """The numbers of a paper's keywords."""
        return self.held.indices[self.held.indptr[paper] : self.held.indptr[paper + 1]]

    def neighbours(self, paper: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """(papers that share a keyword with it, how many they share)."""
        part = slice(self.shared.indptr[paper], self.shared.indptr[paper + 1])
        return self.shared.indices[part], self.shared.data[part]


@dataclass(frozen=True)
class Papers:
    """The papers of one side of a split that have keywords."""

    study: Study
    among: NDArray[np.bool_]

    @cached_property
    def keywords(self) -> Keywords:
        """Theirs; paper i of everything else is that of these."""
        return Keywords.of(self.study, self.among)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """MiniLM's of title and first sentences, (m, d)."""
        texts = [self.study.texts[row][:CHARACTERS] for row in self.keywords.rows]
        parts = [self.study.encode(texts[at : at + _PART]) for at in range(0, len(texts), _PART)]  # each kept by itself
        return np.concatenate(parts)


def choosing(study: Study) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(the half of the dev papers to learn from, the half to choose on), each (n,)."""
    half = np.array([zlib.crc32(p.encode()) >> 8 & 1 == 0 for p in study.table["paper_id"]], np.bool_)
    return study.dev & half, study.dev & ~half


@dataclass(frozen=True)
class Triples:
    """Queries of a paper and a keyword it does not have; wanted are the papers that have it and share most."""

    papers: NDArray[np.int64]  # (q,) places in the keywords
    words: tuple[str, ...]
    wanted: tuple[NDArray[np.int64], ...]  # places, at least one a query


def triples(keywords: Keywords, each: int = EACH) -> Triples:
    """The queries that have an answer: at most TIED papers have the new keyword and share most with the paper."""
    papers, words, wanted = [], [], []
    for paper in range(len(keywords.rows)):
        near, common = keywords.neighbours(paper)
        own = set(keywords.keywords(paper).tolist())
        best: dict[int, tuple[int, list[int]]] = {}
        for other, count in zip(near.tolist(), common.tolist(), strict=True):
            for word in keywords.keywords(other).tolist():
                if word in own or keywords.frequencies[word] < HELD:
                    continue
                most, tied = best.get(word, (0, []))
                if count > most:
                    best[word] = (count, [other])
                elif count == most:
                    tied.append(other)
        clear = [word for word, (most, tied) in best.items() if most >= SHARED and len(tied) <= TIED]
        clear.sort(key=lambda word: zlib.crc32(f"{keywords.rows[paper]} {keywords.words[word]}".encode()))
        for word in clear[:each]:
            papers.append(paper)
            words.append(keywords.words[word])
            wanted.append(np.array(sorted(best[word][1]), np.int64))
    return Triples(np.array(papers, np.int64), tuple(words), tuple(wanted))
