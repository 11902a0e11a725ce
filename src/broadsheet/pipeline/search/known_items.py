"""Known items: papers that the query names by identifier, title or author come first, then the ranking.

query ──► ranking ─────────────────────────────────────┐
  ├─ identifiers ──► papers ───────┐                   ├──► named ones first, then the others
  ├─ the first results' titles ───┼──► named rows ────┘
  └─ people it names ──► theirs ───┘
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import STOP_TERMS, fold
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS
from broadsheet.pipeline.records import Reason
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.people import Name
from broadsheet.pipeline.search.query import LONG_TEXT, shorten
from broadsheet.pipeline.search.ranking import Ranking, page_of

__all__ = [
    "TITLES",
    "best_of",
    "by_people",
    "identified",
    "is_only_ids",
    "named_first",
    "of_people",
    "titled",
    "unknown_words",
]

TITLES = 20  # best results whose titles are compared with the query
CITED = 4  # words, at least, of a title inside a longer query such as a reference
MAX_LISTED = 5  # unknown words listed in one note

Named = tuple[NDArray[np.int64], Reason]  # row → why it comes first


def is_only_ids(query: AnalyzedQuery) -> bool:
    """Whether the query has only identifiers, so that nothing else is searched."""
    return bool(query.query.ids) and not fold(query.text) and not query.query.clauses


def best_of(rankings: Sequence[Ranking], k: int) -> Ranking:
    """Merge the rankings of one query in several spellings: each row with its best score, k in all."""
    first, *others = rankings
    if not others:
        return first
    rows, lexical, semantic, scores = (
        np.concatenate([getattr(one, name) for one in rankings]) for name in ("rows", "lexical", "semantic", "scores")
    )
    order = np.lexsort((rows, -scores))
    at = order[np.sort(np.unique(rows[order], return_index=True)[1])][:k]
    notes = tuple(dict.fromkeys(note for one in rankings for note in one.notes))
    best = replace(first, rows=rows[at], scores=scores[at], lexical=lexical[at], semantic=semantic[at])
    return replace(best, notes=notes, features=None)  # features of one spelling lack the rows of the others


def identified(query: AnalyzedQuery, allowed: Mask, numbers: Mapping[str, int | None]) -> tuple[Named, tuple[str, ...]]:
    """The rows of the identifiers typed, in order; and a note on each that is unknown here and not a word either.

    `numbers` are the papers with these identifiers.
    """
    words = set(query.text.split())
    notes = tuple(
        f"no paper here has the identifier {shorten(name)}; `broadsheet add --ids {shorten(name)}` looks it up"
        for name in query.query.ids
        if numbers.get(name) is None and name not in words
    )
    known = [number for name in query.query.ids if (number := numbers.get(name)) is not None]
    rows = query.snapshot.rows_of(known) if known else np.empty(0, np.int64)
    rows = rows[rows >= 0]
    return (rows[allowed.flags()[rows]] if len(rows) else rows, Reason("id", "has this identifier", 1.0)), notes


def titled(query: AnalyzedQuery, ranking: Ranking, allowed: Mask) -> Named:
    """The rows whose title equals the query or is contained in it, longest title first."""
    rows = _titled(query, ranking.rows[:TITLES])
    return rows[allowed.flags()[rows]] if len(rows) else rows, Reason("title", "has this title", 1.0)


def _titled(query: AnalyzedQuery, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    terms = query.terms.astype(np.uint32)
    if len(terms) and not query.has_content:
        return _common(query)
    if len(terms) < 2 or not len(rows):
        return np.empty(0, np.int64)
    order = np.sort(rows)
    held, bounds = query.snapshot.positions.read(order)
    fields, title = len(TEXT_FIELDS), TEXT_FIELDS.index("title")
    whole, found = terms.tobytes(), []
    for at, row in enumerate(order.tolist()):
        words = held[bounds[at * fields + title] : bounds[at * fields + title + 1]]
        if len(words) == len(terms) or CITED <= len(words) < len(terms):
            place = whole.find(words.tobytes())
            while place >= 0 and place % terms.itemsize:
                place = whole.find(words.tobytes(), place + 1)
            if place >= 0:
                found.append((-len(words), row))
    return np.array([row for _, row in sorted(found)], np.int64)


def _common(query: AnalyzedQuery) -> NDArray[np.int64]:
    """The rows whose title contains a query of stop words as a phrase: To be or not to be; WHO."""
    if len(query.terms) < 2 and not query.text.strip().isupper():
        return np.empty(0, np.int64)
    snapshot = query.snapshot
    return np.flatnonzero(snapshot.positions.matches(query.terms, [TEXT_FIELDS.index("title")], snapshot.alive.flags()))


def by_people(rows: NDArray[np.int64], people: Name) -> Named:
    """The rows of papers by the people that the query names."""
    return rows, Reason("author", f"by {shorten(people.typed)}", 1.0)


def of_people(query: AnalyzedQuery, people: Name) -> AnalyzedQuery:
    """The query that ranks the papers of the people named: the words beside their names."""
    return replace(query, query=replace(query.query, text=people.rest, clauses=()))


def named_first(ranking: Ranking, named: Sequence[Named], k: int) -> Ranking:
    """The named rows in their order, then the ranking, k in all; scores decrease throughout."""
    why: dict[int, Reason] = {}
    for rows, reason in named:
        for row in rows.tolist():
            why.setdefault(row, reason)
    if not why:
        return page_of(ranking, 0, k)
    first = np.array(list(why), np.int64)[:k]
    rest = ~np.isin(ranking.rows, first)
    top = float(ranking.scores.max(initial=0.0)) + 1.0
    ahead = (top * (1 + np.arange(len(first), 0, -1) / len(first))).astype(np.float32)
    nothing = np.zeros(len(first), np.float32)
    joined = replace(
        ranking,
        rows=np.concatenate([first, ranking.rows[rest]]),
        scores=np.concatenate([ahead, ranking.scores[rest]]),
        lexical=np.concatenate([ahead, ranking.lexical[rest]]),
        semantic=np.concatenate([nothing, ranking.semantic[rest]]),
        lifted=why,
    )
    return page_of(joined, 0, k)


def unknown_words(query: AnalyzedQuery) -> tuple[str, ...]:
    """Notes on words that no paper has, and on a query of stop words alone."""
    typed = query.text.split()
    if not len(query.terms) or len(typed) > LONG_TEXT or not query.is_only_words:
        return ()
    if not query.has_content:
        common = f"“{shorten(query.text.strip())}” is too common to search for by itself"
        return () if query.query.clauses else (common,)
    known = (query.snapshot.inverted.frequencies(query.terms) > 0) | (find_sorted(STOP_TERMS, query.terms) >= 0)
    missing = [] if known.all() else [word.strip(".,;:()") for word in typed if not _is_known(query, word)]
    unknown = list(dict.fromkeys(missing))
    listed = ", ".join(f"“{shorten(word)}”" for word in unknown[:MAX_LISTED])
    more = f" and {len(unknown) - MAX_LISTED} more" if len(unknown) > MAX_LISTED else ""
    return (f"no paper here has {listed}{more}",) if unknown else ()


def _is_known(query: AnalyzedQuery, word: str) -> bool:
    """Whether any part of a typed word is in the library; numbers and single letters count as known."""
    if len(folded := fold(word)) < 2 or not any(map(str.isalpha, folded)):
        return True
    one, inverted = AnalyzedQuery.of(query.snapshot, word), query.snapshot.inverted
    known = inverted.frequencies(one.terms) + inverted.frequencies(one.names) > 0
    return bool((known | (find_sorted(STOP_TERMS, one.terms) >= 0)).any()) or not len(one.terms)
