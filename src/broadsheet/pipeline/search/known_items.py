"""Known-item search: papers that the query names by identifier, title or author come before the ranking.

query ──► ranking ─────────────────────────────────────┐
  ├─ identifiers ──► papers ──────┐                    ├──► named rows, then the others
  ├─ titles of the first results ─┼──► named rows ─────┘
  └─ author names ──► papers ─────┘
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import STOP_TERMS, fold
from broadsheet.pipeline.index.names import NAME_FIELDS
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS
from broadsheet.pipeline.records import Reason
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.people import Name
from broadsheet.pipeline.search.query import LONG_TEXT, shorten
from broadsheet.pipeline.search.ranking import Ranking, page_of

__all__ = [
    "TITLES",
    "is_only_ids",
    "merge_spellings",
    "put_first",
    "query_without_names",
    "rows_by_id",
    "rows_by_people",
    "rows_by_title",
    "unknown_words",
]

TITLES = 20  # best results whose titles are compared with the query
MIN_TITLE_WORDS = 4  # words, at least, of a title inside a longer query such as a reference
MAX_LISTED = 5  # unknown words listed in one note

KnownItems = tuple[NDArray[np.int64], Reason]  # rows that come first, and why


def is_only_ids(query: AnalyzedQuery) -> bool:
    """Whether the query has only identifiers."""
    return bool(query.query.ids) and not fold(query.text) and not query.query.clauses


def merge_spellings(rankings: Sequence[Ranking], k: int) -> Ranking:
    """Merge the rankings of one query in several spellings: each row with its best score, k in all."""
    first, *others = rankings
    if not others:
        return first
    rows, lexical, semantic, scores = (
        np.concatenate([getattr(ranking, name) for ranking in rankings])
        for name in ("rows", "lexical", "semantic", "scores")
    )
    order = np.lexsort((rows, -scores))
    at = order[np.sort(np.unique(rows[order], return_index=True)[1])][:k]
    notes = tuple(dict.fromkeys(note for ranking in rankings for note in ranking.notes))
    best = replace(first, rows=rows[at], scores=scores[at], lexical=lexical[at], semantic=semantic[at])
    return replace(best, notes=notes, features=None)  # features of one spelling lack the rows of the others


def rows_by_id(
    query: AnalyzedQuery, allowed: Mask, numbers: Mapping[str, int | None]
) -> tuple[KnownItems, tuple[str, ...]]:
    """The rows of the query's identifiers, in order, and a note on each that is neither known nor searched as a word.

    `numbers` are the papers with these identifiers.
    """
    words = set(query.text.split())
    notes = tuple(
        f"no paper here has the identifier {shorten(name)}; `broadsheet add --ids {shorten(name)}` looks it up"
        for name in query.query.ids
        if numbers.get(name) is None and name not in words
    )
    known = [number for name in query.query.ids if (number := numbers.get(name)) is not None]
    rows = query.snapshot.present_rows(known) if known else np.empty(0, np.int64)
    return (rows[allowed.flags()[rows]] if len(rows) else rows, Reason("id", "has this identifier", 1.0)), notes


def rows_by_title(query: AnalyzedQuery, ranking: Ranking, allowed: Mask) -> KnownItems:
    """The rows whose title equals the query or is contained in it, longest title first."""
    rows = _title_rows(query, ranking.rows[:TITLES])
    return rows[allowed.flags()[rows]] if len(rows) else rows, Reason("title", "has this title", 1.0)


def _title_rows(query: AnalyzedQuery, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    terms = query.terms.astype(np.uint32)
    if len(terms) and not query.has_content:
        return _stop_word_titles(query)
    if len(terms) < 2 or not len(rows):
        return np.empty(0, np.int64)
    order = np.sort(rows)
    title_words, bounds = query.snapshot.positions.read(order)
    fields, title = len(TEXT_FIELDS), TEXT_FIELDS.index("title")
    query_bytes, hits = terms.tobytes(), []
    for at, row in enumerate(order.tolist()):
        words = title_words[bounds[at * fields + title] : bounds[at * fields + title + 1]]
        is_long = len(words) >= MIN_TITLE_WORDS or (len(words) > 1 and _is_cited(query, row))
        if len(words) == len(terms) or (is_long and len(words) < len(terms)):
            place = query_bytes.find(words.tobytes())
            while place >= 0 and place % terms.itemsize:
                place = query_bytes.find(words.tobytes(), place + 1)
            if place >= 0:
                hits.append((-len(words), row))
    return np.array([row for _, row in sorted(hits)], np.int64)


def _is_cited(query: AnalyzedQuery, row: int) -> bool:
    """Whether the query names the paper's year and an author's family name, as a reference does."""
    year = int(query.snapshot.years[row])
    if not year or str(year) not in query.text:
        return False
    names, bounds = query.snapshot.names.read(np.array([row], np.int64))
    author = NAME_FIELDS.index("author")
    authors = names[bounds[author] : bounds[author + 1]]
    return bool(np.isin(query.names.astype(np.uint32), authors).any())


def _stop_word_titles(query: AnalyzedQuery) -> NDArray[np.int64]:
    """The rows whose title contains a query of stop words as a phrase: To be or not to be; WHO."""
    if len(query.terms) < 2 and not query.text.strip().isupper():
        return np.empty(0, np.int64)
    snapshot = query.snapshot
    return np.flatnonzero(snapshot.positions.matches(query.terms, [TEXT_FIELDS.index("title")], snapshot.alive.flags()))


def rows_by_people(rows: NDArray[np.int64], name: Name) -> KnownItems:
    """The rows of papers by the authors that the query names, with the reason."""
    return rows, Reason("author", f"by {shorten(name.text)}", 1.0)


def query_without_names(query: AnalyzedQuery, people: Name) -> AnalyzedQuery:
    """The query without author names, to rank the papers of these authors."""
    return replace(query, query=replace(query.query, text=people.rest, clauses=()))


def put_first(ranking: Ranking, known_items: Sequence[KnownItems], k: int) -> Ranking:
    """The named rows in their order, then the ranking, k in all; scores decrease throughout."""
    why: dict[int, Reason] = {}
    for rows, reason in known_items:
        for row in rows.tolist():
            why.setdefault(row, reason)
    if not why:
        return page_of(ranking, 0, k)
    first = np.array(list(why), np.int64)[:k]
    rest = ~np.isin(ranking.rows, first)
    top = float(ranking.scores.max(initial=0.0)) + 1.0
    first_scores = (top * (1 + np.arange(len(first), 0, -1) / len(first))).astype(np.float32)
    nothing = np.zeros(len(first), np.float32)
    merged = replace(
        ranking,
        rows=np.concatenate([first, ranking.rows[rest]]),
        scores=np.concatenate([first_scores, ranking.scores[rest]]),
        lexical=np.concatenate([first_scores, ranking.lexical[rest]]),
        semantic=np.concatenate([nothing, ranking.semantic[rest]]),
        named_rows=why,
    )
    return page_of(merged, 0, k)


def unknown_words(query: AnalyzedQuery) -> tuple[str, ...]:
    """A note on words that no paper has, or on a query of stop words alone."""
    words = query.text.split()
    if not len(query.terms) or len(words) > LONG_TEXT or not query.is_only_words:
        return ()
    if not query.has_content:
        common = f"“{shorten(query.text.strip())}” is too common to search for by itself"
        return () if query.query.clauses else (common,)
    is_known = (query.snapshot.inverted.frequencies(query.terms) > 0) | (find_sorted(STOP_TERMS, query.terms) >= 0)
    missing = [] if is_known.all() else [word.strip(".,;:()") for word in words if not _is_known(query, word)]
    unknown = list(dict.fromkeys(missing))
    listing = ", ".join(f"“{shorten(word)}”" for word in unknown[:MAX_LISTED])
    more = f" and {len(unknown) - MAX_LISTED} more" if len(unknown) > MAX_LISTED else ""
    return (f"no paper here has {listing}{more}",) if unknown else ()


def _is_known(query: AnalyzedQuery, word: str) -> bool:
    """Whether any part of a typed word is in the library; numbers and single letters count as known."""
    if len(folded := fold(word)) < 2 or not any(map(str.isalpha, folded)):
        return True
    part, inverted = AnalyzedQuery.of(query.snapshot, word), query.snapshot.inverted
    is_known = inverted.frequencies(part.terms) + inverted.frequencies(part.names) > 0
    return bool((is_known | (find_sorted(STOP_TERMS, part.terms) >= 0)).any()) or not len(part.terms)
