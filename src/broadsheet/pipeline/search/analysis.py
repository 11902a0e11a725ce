"""Query analysis against a snapshot: terms, weights and vectors, each computed once and shared by all steps.

query ── words ──┬──► weighted terms, one vector          candidates
                 ├──► content words: order, idf, vectors  features
                 ├──► spellings, people                   filters, known items
                 └──► words to highlight                  highlighting
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
from broadsheet.pipeline.records import Correction
from broadsheet.pipeline.search import people
from broadsheet.pipeline.search.acronyms import Addition, additions
from broadsheet.pipeline.search.corrections import correct, may_have_slips
from broadsheet.pipeline.search.parser import parse
from broadsheet.pipeline.search.people import Name
from broadsheet.pipeline.search.query import Query
from broadsheet.pipeline.search.query_fields import SILENT_KINDS
from broadsheet.pipeline.search.spellings import spellings
from broadsheet.ranking.term_dependence import neighbours
from broadsheet.retrieval.bm25 import repeated

__all__ = ["MAX_CONTENT_WORDS", "MAX_TERMS", "AnalyzedQuery", "ContentWords", "analyze", "words_to_mark"]

ADDED_WEIGHT = 0.5  # weight of an acronym's long form as a whole against a typed word
NAME_WEIGHT = 0.2  # weight of a match in a name against one in text: "young" rarely means the author Young
MAX_TERMS = 128  # distinct query words that are scored, rarest first
MAX_CONTENT_WORDS = 48  # distinct query words used by the features, rarest first


@dataclass(frozen=True, slots=True)
class ContentWords:
    """The distinct query words without stop words, ascending by term; the rarest MAX_CONTENT_WORDS of them."""

    terms: NDArray[np.uint64]  # (m,)
    salience: NDArray[np.float32]  # (m,) weight of each word, see `_salience`, the more if it is repeated
    follows: NDArray[np.bool_]  # (m, m) whether word j directly follows word i in the query
    vectors: NDArray[np.float32]  # (m, d), zeros for a word without a vector


def _salience(lengths: NDArray[np.float32], known: NDArray[np.bool_], idf: NDArray[np.float32]) -> NDArray[np.float32]:
    """The weight of each query word, (m,): the length of its vector, or its idf on that scale if it has no vector."""
    scale = float(lengths[known].sum() / max(float(idf[known].sum()), 1e-9)) if known.any() else 1.0
    return np.where(known, lengths, idf * np.float32(scale))


def words_to_mark(text: str) -> Mapping[str, str]:
    """Stem → word as typed, for the content words of a text, or for all words if there are only stop words."""
    words = {stem(w): w for w in reversed(fold(text).split())}
    stops = find_sorted(STOP_TERMS, np.array([term(s) for s in words], np.uint64)) >= 0
    content = {s: w for (s, w), stop in zip(words.items(), stops.tolist(), strict=True) if not stop}
    return dict(reversed((content or words).items()))


def analyze(snapshot: IndexSnapshot, text: str, *, verbatim: bool = False) -> AnalyzedQuery:
    """Parse a query and analyse it against a snapshot, with its slips corrected. Any text is a query.

    `verbatim`: the words as typed, without corrections and acronyms.
    """
    query = parse(text)
    if verbatim:
        return AnalyzedQuery(snapshot, replace(query, verbatim=True))
    analysis = AnalyzedQuery(snapshot, query)
    if not may_have_slips(snapshot, analysis.terms, analysis.names):
        return analysis
    corrected, used = correct(snapshot, query)
    return AnalyzedQuery(snapshot, corrected, used) if used else analysis


@dataclass(frozen=True)
class AnalyzedQuery:
    """A query and the snapshot it searches; every part is computed on first use."""

    snapshot: IndexSnapshot
    query: Query
    corrections: tuple[Correction, ...] = ()

    @classmethod
    def of(cls, snapshot: IndexSnapshot, text: str) -> AnalyzedQuery:
        """Analyse plain text: nothing in it is an operator or a field."""
        return cls(snapshot, Query(text, free=text))

    @property
    def text(self) -> str:
        """The text of the words that rank."""
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
        """The bag of terms without stop words."""
        return bag(self._tokens, skip=STOP_TERMS)

    @cached_property
    def has_content(self) -> bool:
        """Whether any word is a content word, not a stop word."""
        return bool((find_sorted(STOP_TERMS, self.terms) < 0).any())

    @property
    def ranks(self) -> bool:
        """Whether there is a word to rank by. With a filter, stop words do not count: author:Will."""
        return bool(len(self.terms)) and (self.has_content or not self.query.clauses)

    @property
    def is_only_words(self) -> bool:
        """Whether the query has no fields or phrases, so that its words may name people."""
        return all(c.negated or c.kind in SILENT_KINDS for clause in self.query.clauses for c in clause)

    # Candidates -------------------------------------------------------------------------------------------------

    @cached_property
    def _weighted_terms(self) -> tuple[SparseQuery, bool]:
        bags = self._bag
        if not len(bags.counts):
            bags = bag(self._tokens)
        names = np.unique(self.names)
        names = names[find_sorted(STOP_NAMES, names) < 0]
        added, shares = self._added_terms
        terms = np.concatenate([bags.terms[bags.columns], names, added])
        counts = np.full(len(terms), NAME_WEIGHT, np.float32)
        counts[: len(bags.counts)] = repeated(bags.counts)
        counts[len(terms) - len(added) :] = shares * ADDED_WEIGHT
        snapshot = self.snapshot
        weights = snapshot.weighting.query(counts, snapshot.inverted.frequencies(terms), max(len(snapshot), 1))
        cut = len(terms) > MAX_TERMS
        if cut:
            rarest = np.argsort(-weights, kind="stable")[:MAX_TERMS]
            terms, weights = terms[rarest], weights[rarest]
        return SparseQuery(terms, weights), cut

    @cached_property
    def additions(self) -> tuple[Addition, ...]:
        """Acronyms and long forms to search beside the words."""
        return () if self.query.verbatim else additions(self.snapshot, self.query.free)

    @cached_property
    def _added_terms(self) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
        """(terms of the additions that are not typed, how much each counts), (a,)."""
        shares: dict[int, float] = {}
        own = set(self.terms.tolist()) if self.additions else ()
        for addition in self.additions:
            for value in addition.terms:
                if value not in own:
                    share = addition.share / len(addition.terms)
                    shares[value] = max(shares.get(value, 0.0), share)
        return np.array(list(shares), np.uint64), np.array(list(shares.values()), np.float32)

    @property
    def sparse(self) -> SparseQuery:
        """The weighted terms, at most MAX_TERMS.

        Each word gives a stemmed term (titles, abstracts, keywords) and an unstemmed one (names). Stop words count only
        if the query has no other words.
        """
        return self._weighted_terms[0]

    @property
    def is_cut(self) -> bool:
        """Whether terms beyond MAX_TERMS are left out."""
        return self._weighted_terms[1]

    @cached_property
    def vector(self) -> NDArray[np.float32]:
        """The query vector, (d,), the sum over words with a learned vector; zeros if none has one.

        Other words (typing errors, rare names) match as terms only.
        """
        bags, encoder = self._bag, self.snapshot.encoder
        added, shares = self._added_terms
        terms = np.concatenate([bags.terms[bags.columns], added])
        counts = np.concatenate([bags.counts, shares * ADDED_WEIGHT]).astype(np.float32)
        if len(added):
            order = np.argsort(terms)
            terms, counts = terms[order], counts[order]
        at = find_sorted(encoder.vocabulary_, terms)
        known = at >= 0
        counts = np.expm1(np.log1p(counts[known]) * self.snapshot.word_factors[at[known]]).astype(np.float32)
        bags = Bags(terms[known], np.array([0, len(counts)]), np.arange(len(counts), dtype=np.int32), counts)
        vector: NDArray[np.float32] = encoder.encode_bags(bags)[0]
        return vector

    # Features ---------------------------------------------------------------------------------------------------

    @cached_property
    def content(self) -> ContentWords:
        """The content words that the features use."""
        snapshot, encoder = self.snapshot, self.snapshot.encoder
        sequence = self.terms[find_sorted(STOP_TERMS, self.terms) < 0]
        terms = np.unique(sequence)
        frequencies = snapshot.inverted.frequencies(terms)
        idf = snapshot.weighting.query(np.ones(len(terms), np.float32), frequencies, max(len(snapshot), 1))
        rarest = np.sort(np.argsort(-idf, kind="stable")[:MAX_CONTENT_WORDS])
        terms, idf = terms[rarest], idf[rarest]
        places = find_sorted(terms, sequence)
        counts = repeated(np.bincount(places[places >= 0], minlength=len(terms)).astype(np.float32))
        follows = neighbours(places[places >= 0].astype(np.int32), len(terms))
        at = find_sorted(encoder.vocabulary_, terms)
        known = at >= 0
        vectors = np.zeros((len(terms), encoder.dimensions), np.float32)
        vectors[known] = encoder.weights(at[known])
        lengths = np.zeros(len(terms), np.float32)
        lengths[known] = encoder.lengths[at[known]] * snapshot.word_factors[at[known]]
        return ContentWords(terms, _salience(lengths, known, idf) * counts, follows, vectors)

    # Known items, filters, highlighting -------------------------------------------------------------------------

    @cached_property
    def _other_spellings(self) -> tuple[AnalyzedQuery, ...]:
        texts = spellings(self.snapshot, self.text)[1:]
        return tuple(replace(self, query=replace(self.query, text=text)) for text in texts)

    @property
    def spellings(self) -> tuple[AnalyzedQuery, ...]:
        """The query as typed, then in the other spellings of its compound words that occur in the library."""
        return (self, *self._other_spellings)

    @cached_property
    def _free_query(self) -> AnalyzedQuery | None:
        free = self.query.free
        return None if free == self.text else AnalyzedQuery.of(self.snapshot, free)

    @property
    def free(self) -> AnalyzedQuery:
        """The query of the words that are not part of a filter."""
        return self._free_query or self

    @cached_property
    def people(self) -> Name | None:
        """The authors that the words name, None if there are none."""
        return people.find_people(self.snapshot, self.text) if self.is_only_words else None

    @cached_property
    def highlight_words(self) -> Mapping[str, str]:
        """The words to highlight, in every spelling: stem → the word as typed."""
        return words_to_mark(" ".join(query.text for query in self.spellings))
