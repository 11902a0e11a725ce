"""Which papers match a query, apart from their order: those with all its content words that pass its filters.

A query without content words matches what passes its filters; for one with too many, or with example papers, only the
order says which papers are meant: the first of the ranking.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import UsageError
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.search import filters
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.query_fields import ORDERS
from broadsheet.pipeline.search.ranking import Ranking

__all__ = ["CLOSEST", "EVERYWHERE", "NEAREST", "Scope", "count_matches", "has_all_words", "listed", "sorted_by"]

NEAREST = 200  # results, at least: after the papers that match come the nearest by meaning
CLOSEST = 50  # papers that match a query of which no paper can have all words
MOST_WORDS = 8  # content words of a query whose matches are counted; no paper has all words of a longer one


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a query searches: in the whole library, among given papers, or within what other queries list."""

    mask: Mask | None = None  # None: the whole library
    notes: tuple[str, ...] = ()
    order: str = ""  # of the queries whose results are searched
    text: str = ""  # their words; they rank as well
    free: str = ""  # those that are not part of a filter

    def joined(self, query: AnalyzedQuery) -> AnalyzedQuery:
        """The query with the words of those whose results it searches, and with their order unless it has its own."""
        if not (self.order or self.text):
            return query
        own = query.query
        text, free = f"{self.text} {own.text}".strip(), f"{self.free} {own.free}".strip()
        return replace(query, query=replace(own, text=text, free=free, order=own.order or self.order))

    def within(self, outer: AnalyzedQuery, ranking: Ranking) -> Scope:
        """The scope of a query within what `outer` lists, a query `joined` with this one."""
        can_match = not outer.query.like and len(np.unique(outer.free.terms)) <= MOST_WORDS
        words = (outer.query.text, outer.query.free) if can_match else (self.text, self.free)
        return Scope(listed(outer, ranking), ranking.notes, outer.query.order, *words)


EVERYWHERE = Scope()


def has_all_words(query: AnalyzedQuery, allowed: Mask) -> NDArray[np.bool_] | None:
    """Flags of the allowed rows that match, (n,); None where only a ranking can tell."""
    free, parsed_query = query.free, query.query
    if parsed_query.like or parsed_query.unlike or (parsed_query.ids and not free.has_content):
        return None
    if not free.has_content:
        return allowed.flags() if parsed_query.clauses else None
    if len(np.unique(free.terms)) > MOST_WORDS:
        return None
    return filters.rows_with_all_words(free) & allowed.flags()


def listed(query: AnalyzedQuery, ranking: Ranking) -> Mask:
    """The rows that a search lists: those that match, and the first NEAREST of its ranking."""
    allowed = ranking.passing_mask or query.snapshot.alive
    flags = has_all_words(query, allowed)
    first = Mask.of_rows(ranking.rows[:NEAREST], len(query.snapshot))
    return first if flags is None else Mask.of(flags) | first


def count_matches(query: AnalyzedQuery, ranking: Ranking, scope: Scope) -> int:
    """Estimate how many papers match: allowed papers with all content words, in any spelling.

    Without content words: the papers that pass the filters, or without filters the number of results. With too many
    content words: the number of results.
    """
    parsed_query, free = query.query, query.free
    if parsed_query.like or not free.has_content:
        is_restricted = parsed_query.clauses or scope.mask is not None
        has_filter = is_restricted or not (len(free.terms) or parsed_query.like or parsed_query.ids)
        return ranking.n_allowed if has_filter else len(ranking.rows)
    if len(np.unique(free.terms)) > MOST_WORDS:
        return len(ranking.rows)
    mask = ranking.passing_mask or query.snapshot.alive
    return max(int(np.count_nonzero(filters.rows_with_all_words(free) & mask.flags())), len(ranking.named_rows))


def sorted_by(query: AnalyzedQuery, sort: str) -> AnalyzedQuery:
    """The query in this order; "" leaves its own. Raises UsageError."""
    if not sort:
        return query
    if sort not in ORDERS:
        raise UsageError(f"nothing to sort by called {sort!r}; there are {', '.join(ORDERS)}")
    return replace(query, query=replace(query.query, order="" if sort == "relevance" else sort))
