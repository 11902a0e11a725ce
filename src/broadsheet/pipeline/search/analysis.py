"""A query against a snapshot: what the steps of a search ask of its words, each worked out once and handed on.

query ── words ──┬──► weighted terms, one vector          candidates
                 ├──► content words: order, idf, vectors  features
                 ├──► spellings, people                   filters, known items
                 └──► words to mark                       highlighting
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import SparseQuery
from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.text import STOP_TERMS, Tokens, fold, stem, term, tokenize
from broadsheet.pipeline.index.names import STOP_NAMES, name_tokens
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.search import people
from broadsheet.pipeline.search.parser import parse
from broadsheet.pipeline.search.people import Name
from broadsheet.pipeline.search.query import Query
from broadsheet.pipeline.search.query_fields import SILENT_KINDS
from broadsheet.pipeline.search.spellings import spellings
from broadsheet.ranking.term_dependence import neighbours

__all__ = ["MAX_CONTENT_WORDS", "MAX_TERMS", "AnalyzedQuery", "ContentWords", "analyze", "words_to_mark"]

NAME_WEIGHT = 0.2  # of a word found in a name against one found in text: "Young" is rarely meant when young is typed
MAX_TERMS = 128  # distinct words of a query that are scored, the rarest first
MAX_CONTENT_WORDS = 48  # words of a query that are looked for in order, the rarest first


@dataclass(frozen=True, slots=True)
class ContentWords:
    """The distinct words of a query that are no stop words, ascending by term: the rarest MAX_CONTENT_WORDS."""

    terms: NDArray[np.uint64]  # (m,)
    salience: NDArray[np.float32]  # (m,) how much each counts: the length of its vector, learned; see `_salience`
    follows: NDArray[np.bool_]  # (m, m) which word stands behind which
    vectors: NDArray[np.float32]  # (m, d), zeros for a word without a vector


def _salience(vectors: NDArray[np.float32], known: NDArray[np.bool_], idf: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each word of a query counts, (m,): the length of its vector; its idf on that scale where it has none."""
    lengths = np.linalg.norm(vectors, axis=1).astype(np.float32)
    scale = float(lengths[known].sum() / max(float(idf[known].sum()), 1e-9)) if known.any() else 1.0
    return np.where(known, lengths, idf * np.float32(scale))


def words_to_mark(text: str) -> Mapping[str, str]:
    """The words of a text that are no stop words, or all if all are: stem → the word as typed."""
    words = {stem(w): w for w in reversed(fold(text).split())}
    stops = find_sorted(STOP_TERMS, np.array([term(s) for s in words], np.uint64)) >= 0
    content = {s: w for (s, w), stop in zip(words.items(), stops.tolist(), strict=True) if not stop}
    return dict(reversed((content or words).items()))


def analyze(snapshot: IndexSnapshot, text: str) -> AnalyzedQuery:
    """A query as typed, understood and put to a snapshot. Any text is a query."""
    return AnalyzedQuery(snapshot, parse(text))


@dataclass(frozen=True)
class AnalyzedQuery:
    """A query and the snapshot it is put to; every part is worked out when it is first asked for."""

    snapshot: IndexSnapshot
    query: Query

    @classmethod
    def of(cls, snapshot: IndexSnapshot, text: str) -> AnalyzedQuery:
        """Of a text as it stands, in which nothing is an operator or a field."""
        return cls(snapshot, Query(text, free=text))

    @property
    def text(self) -> str:
        """The words that rank."""
        return self.query.text

    @cached_property
    def _tokens(self) -> Tokens:
        return tokenize([self.text])

    @property
    def terms(self) -> NDArray[np.uint64]:
        """The stem of every word in order, stop words too, (t,)."""
        return self._tokens.terms

    @cached_property
    def names(self) -> NDArray[np.uint64]:
        """The same words as parts of names, (t,)."""
        return name_tokens([self.text]).terms

    @cached_property
    def _bag(self) -> Bags:
        """The terms counted, without stop words."""
        return bag(self._tokens, skip=STOP_TERMS)

    @cached_property
    def has_content(self) -> bool:
        """Whether some word is no stop word."""
        return bool((find_sorted(STOP_TERMS, self.terms) < 0).any())

    @property
    def ranks(self) -> bool:
        """Whether there is a word to rank by; a stop word beside a filter is none: author:Will."""
        return bool(len(self.terms)) and (self.has_content or not self.query.clauses)

    @property
    def is_only_words(self) -> bool:
        """Whether no field or phrase says what the words are, so that they may name people."""
        return all(c.negated or c.kind in SILENT_KINDS for clause in self.query.clauses for c in clause)

    # Candidates -------------------------------------------------------------------------------------------------

    @cached_property
    def _weighted(self) -> tuple[SparseQuery, bool]:
        counted = self._bag
        if not len(counted.counts):
            counted = bag(self._tokens)
        names = np.unique(self.names)
        names = names[find_sorted(STOP_NAMES, names) < 0]
        terms = np.concatenate([counted.terms[counted.columns], names])
        counts = np.concatenate(
            [np.ones(len(counted.columns), np.float32), np.full(len(names), NAME_WEIGHT, np.float32)]
        )
        snapshot = self.snapshot
        weights = snapshot.weighting.query(counts, snapshot.inverted.frequencies(terms), max(len(snapshot), 1))
        cut = len(terms) > MAX_TERMS
        if cut:
            rarest = np.argsort(-weights, kind="stable")[:MAX_TERMS]
            terms, weights = terms[rarest], weights[rarest]
        return SparseQuery(terms, weights), cut

    @property
    def sparse(self) -> SparseQuery:
        """The weighted terms, MAX_TERMS at most.

        A word is looked up as its stem (titles, abstracts, keywords) and as it stands (names). Stop words count
        only in a text that has no other words.
        """
        return self._weighted[0]

    @property
    def is_cut(self) -> bool:
        """Whether terms had to be left out."""
        return self._weighted[1]

    @cached_property
    def vector(self) -> NDArray[np.float32]:
        """The vector, (d,), from the words that have a learned one; zeros without any.

        What is nobody's neighbour, a mistyped word or a rare name, is found by itself or not at all.
        """
        counted, encoder = self._bag, self.snapshot.encoder
        terms = counted.terms[counted.columns]
        known = find_sorted(encoder.vocabulary_, terms) >= 0
        count = np.count_nonzero(known)
        bags = Bags(terms[known], np.array([0, count]), np.arange(count, dtype=np.int32), counted.counts[known])
        vector: NDArray[np.float32] = encoder.encode_bags(bags)[0]
        return vector

    # Features ---------------------------------------------------------------------------------------------------

    @cached_property
    def content(self) -> ContentWords:
        """The words that candidates are compared by."""
        snapshot, encoder = self.snapshot, self.snapshot.encoder
        sequence = self.terms[find_sorted(STOP_TERMS, self.terms) < 0]
        terms = np.unique(sequence)
        frequencies = snapshot.inverted.frequencies(terms)
        idf = snapshot.weighting.query(np.ones(len(terms), np.float32), frequencies, max(len(snapshot), 1))
        rarest = np.sort(np.argsort(-idf, kind="stable")[:MAX_CONTENT_WORDS])
        terms, idf = terms[rarest], idf[rarest]
        places = find_sorted(terms, sequence)
        follows = neighbours(places[places >= 0].astype(np.int32), len(terms))
        at = find_sorted(encoder.vocabulary_, terms)
        known = at >= 0
        vectors = np.zeros((len(terms), encoder.dimensions), np.float32)
        vectors[known] = encoder.weights(at[known])
        return ContentWords(terms, _salience(vectors, known, idf), follows, vectors)

    # Known items, filters, highlighting -------------------------------------------------------------------------

    @cached_property
    def _others(self) -> tuple[AnalyzedQuery, ...]:
        others = spellings(self.snapshot, self.text)[1:]
        return tuple(replace(self, query=replace(self.query, text=text)) for text in others)

    @property
    def spellings(self) -> tuple[AnalyzedQuery, ...]:
        """The query as typed, then with its compound words spelt as the library has them too."""
        return (self, *self._others)

    @cached_property
    def _unfiltered(self) -> AnalyzedQuery | None:
        free = self.query.free
        return None if free == self.text else AnalyzedQuery.of(self.snapshot, free)

    @property
    def free(self) -> AnalyzedQuery:
        """The words that no filter asks for."""
        return self._unfiltered or self

    @cached_property
    def people(self) -> Name | None:
        """The people whom the words name, if they do."""
        return people.named(self.snapshot, self.text) if self.is_only_words else None

    @cached_property
    def marked(self) -> Mapping[str, str]:
        """The words to mark in a result, in every spelling: stem → the word as typed."""
        return words_to_mark(" ".join(one.text for one in self.spellings))
