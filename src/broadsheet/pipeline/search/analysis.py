"""A query analysed against a snapshot: terms, weights and vectors, each computed once and shared by all steps.

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

NAME_WEIGHT = 0.2  # weight of a match in a name against one in text: who types young rarely means Young
MAX_TERMS = 128  # distinct query words that are scored, rarest first
MAX_CONTENT_WORDS = 48  # distinct query words that candidates are compared by, rarest first


@dataclass(frozen=True, slots=True)
class ContentWords:
    """The distinct query words without stop words, ascending by term; the rarest MAX_CONTENT_WORDS of them."""

    terms: NDArray[np.uint64]  # (m,)
    salience: NDArray[np.float32]  # (m,) how much each counts: the length of its vector, learned; see `_salience`
    follows: NDArray[np.bool_]  # (m, m) which word stands behind which
    vectors: NDArray[np.float32]  # (m, d), zeros for a word without a vector


def _salience(vectors: NDArray[np.float32], known: NDArray[np.bool_], idf: NDArray[np.float32]) -> NDArray[np.float32]:
    """The weight of each query word, (m,): the length of its vector, or its idf on that scale if it has no vector."""
    lengths = np.linalg.norm(vectors, axis=1).astype(np.float32)
    scale = float(lengths[known].sum() / max(float(idf[known].sum()), 1e-9)) if known.any() else 1.0
    return np.where(known, lengths, idf * np.float32(scale))


def words_to_mark(text: str) -> Mapping[str, str]:
    """Stem → word as typed, for the words of a text without stop words; all words if there are only stop words."""
    words = {stem(w): w for w in reversed(fold(text).split())}
    stops = find_sorted(STOP_TERMS, np.array([term(s) for s in words], np.uint64)) >= 0
    content = {s: w for (s, w), stop in zip(words.items(), stops.tolist(), strict=True) if not stop}
    return dict(reversed((content or words).items()))


def analyze(snapshot: IndexSnapshot, text: str) -> AnalyzedQuery:
    """Parse a query and analyse it against a snapshot. Any text is a query."""
    return AnalyzedQuery(snapshot, parse(text))


@dataclass(frozen=True)
class AnalyzedQuery:
    """A query and the snapshot it searches; every part is computed on first use."""

    snapshot: IndexSnapshot
    query: Query

    @classmethod
    def of(cls, snapshot: IndexSnapshot, text: str) -> AnalyzedQuery:
        """Analyse plain text: nothing in it is an operator or a field."""
        return cls(snapshot, Query(text, free=text))

    @property
    def text(self) -> str:
        """The text that ranks."""
        return self.query.text

    @cached_property
    def _tokens(self) -> Tokens:
        return tokenize([self.text])

    @property
    def terms(self) -> NDArray[np.uint64]:
        """The stemmed term of every word in order, stop words included, (t,)."""
        return self._tokens.terms

    @cached_property
    def names(self) -> NDArray[np.uint64]:
        """The same words as name terms, (t,)."""
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
        """Whether there is a word to rank by. Beside a filter a stop word does not count: author:Will."""
        return bool(len(self.terms)) and (self.has_content or not self.query.clauses)

    @property
    def is_only_words(self) -> bool:
        """Whether the query has no fields or phrases, so that its words may name people."""
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
        """The weighted terms, at most MAX_TERMS.

        A word is looked up stemmed (titles, abstracts, keywords) and unstemmed (names). Stop words count only where
        there are no other words.
        """
        return self._weighted[0]

    @property
    def is_cut(self) -> bool:
        """Whether terms had to be left out."""
        return self._weighted[1]

    @cached_property
    def vector(self) -> NDArray[np.float32]:
        """The query vector, (d,), from the words that have a learned vector; zeros if none has.

        Words without one (typing errors, rare names) are matched by their letters only.
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
        """The content words that candidates are compared by."""
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
        """The query as typed, then with its compound words spelt as in the library."""
        return (self, *self._others)

    @cached_property
    def _unfiltered(self) -> AnalyzedQuery | None:
        free = self.query.free
        return None if free == self.text else AnalyzedQuery.of(self.snapshot, free)

    @property
    def free(self) -> AnalyzedQuery:
        """The words that are not part of a filter."""
        return self._unfiltered or self

    @cached_property
    def people(self) -> Name | None:
        """The people that the words name, None if they name nobody."""
        return people.named(self.snapshot, self.text) if self.is_only_words else None

    @cached_property
    def marked(self) -> Mapping[str, str]:
        """The words to highlight, in every spelling: stem → the word as typed."""
        return words_to_mark(" ".join(one.text for one in self.spellings))
