"""Query conditions → the rows that satisfy them, and notes on conditions that no paper satisfies."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import STOP_TERMS, fold, tokenize
from broadsheet.kit.venues import matches as matches_venue
from broadsheet.pipeline.index.names import SEARCHED_FIELDS, name_tokens
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot
from broadsheet.pipeline.search import people
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.query import Condition, shorten
from broadsheet.pipeline.search.spellings import spellings

__all__ = ["CATALOGUE_KINDS", "HAS_CODE", "CataloguePapers", "filter_mask", "rows_with_all_words"]

CataloguePapers = Mapping[tuple[str, str], Collection[int]]  # (kind, value) of a condition → its papers
CATALOGUE_KINDS = frozenset({"id", "org", "field", "tag", "is", "has"})  # conditions that the catalogue answers
HAS_CODE = ("has", "code")  # which the index answers
HAS_NOTE = ("has", "note")  # about the notes and highlights of a reader
_PART_NAMES = {
    "abstract": "an abstract",
    "arxiv": "an arXiv id",
    "code": "code",
    "doi": "a DOI",
    "note": "a note of yours",
    "pdf": "a PDF",
}


def _rows_with_terms(snapshot: IndexSnapshot, terms: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Flags of the rows with every term that is not a stop word, (n,)."""
    flags = np.ones(len(snapshot), np.bool_)
    for value in terms[find_sorted(STOP_TERMS, terms) < 0].tolist():
        flags &= snapshot.inverted.rows_with(value)
    return flags


def rows_with_all_words(query: AnalyzedQuery) -> NDArray[np.bool_]:
    """Flags of the rows with every content word of the query in a text or a name, in any spelling, (n,).

    All rows if the query has no content word.
    """
    flags, *others = [_rows_with_words(spelling) for spelling in query.spellings]
    for other in others:
        flags |= other
    return flags


def _rows_with_words(query: AnalyzedQuery) -> NDArray[np.bool_]:
    """Flags of the rows with every content word in this spelling, (n,)."""
    snapshot = query.snapshot
    words, first = np.unique(query.terms, return_index=True)
    content = find_sorted(STOP_TERMS, words) < 0
    words, names = words[content], query.names[first[content]]
    counts, name_counts = snapshot.inverted.frequencies(words), snapshot.inverted.frequencies(names)
    flags = np.ones(len(snapshot), np.bool_)
    if not (counts + name_counts).all():
        return np.zeros(len(snapshot), np.bool_)
    for at in np.argsort(counts + name_counts, kind="stable").tolist():  # rarest first: often two suffice
        in_text = snapshot.inverted.rows_with(int(words[at]))
        flags &= in_text | snapshot.inverted.rows_with(int(names[at])) if name_counts[at] else in_text
        if not flags.any():
            break
    return flags


def _flags(snapshot: IndexSnapshot, papers: Collection[int]) -> NDArray[np.bool_]:
    """Flags of the papers' rows, (n,)."""
    flags = np.zeros(len(snapshot), np.bool_)
    flags[snapshot.present_rows(papers)] = True
    return flags


def _matches(snapshot: IndexSnapshot, condition: Condition, papers: CataloguePapers) -> NDArray[np.bool_]:
    """Flags of the rows that satisfy a condition, ignoring its negation, (n,)."""
    value = condition.value
    match condition.kind:
        case "year":
            low, high = condition.years
            return (snapshot.years >= max(low, 1)) & (snapshot.years <= high)  # 0: year unknown
        case "venue":
            columns = [s.columns for s in snapshot.segments]
            names = [np.array([matches_venue(value, n) for n in c.venue_names], np.bool_)[c.venues] for c in columns]
            return np.concatenate([np.zeros(0, np.bool_), *names])
        case "has" if value == "code":
            return snapshot.has_code
        case "author":
            return people.rows_by_author(snapshot, value)
        case "id" | "org" | "field" | "tag" | "is" | "has":
            return _flags(snapshot, papers.get((condition.kind, value), ()))
        case "word":
            name = name_tokens([value]).terms
            return rows_with_phrase(snapshot, value, range(len(TEXT_FIELDS))) | snapshot.names.matches(
                name, SEARCHED_FIELDS, _rows_with_terms(snapshot, name)
            )
        case kind:
            fields = [TEXT_FIELDS.index("title")] if kind == "title" else list(range(len(TEXT_FIELDS)))
            return rows_with_phrase(snapshot, value, fields)


def rows_with_phrase(snapshot: IndexSnapshot, value: str, fields: Sequence[int]) -> NDArray[np.bool_]:
    """Flags of the rows with the words as a phrase in one of the fields, in any spelling, (n,)."""
    flags = np.zeros(len(snapshot), np.bool_)
    for text in spellings(snapshot, value):
        phrase = tokenize([text]).terms
        flags |= snapshot.positions.matches(phrase, fields, _rows_with_terms(snapshot, phrase))
    return flags


def _no_match_note(snapshot: IndexSnapshot, condition: Condition) -> str:
    """A note for a condition that no paper satisfies; "" for kinds without one."""
    if condition.kind == "author":
        return f"no author here is named {shorten(condition.value)}"
    if condition.kind == "org":
        return f"no organisation here is named {shorten(condition.value)}"
    if condition.kind == "field":
        return f"no paper here is of a field named {shorten(condition.value)}"
    if condition.kind == "tag":
        return f"no paper has the tag {shorten(condition.value)}"
    if condition.kind == "has":
        return f"no paper here has {_PART_NAMES.get(condition.value, condition.value)}"
    if condition.kind != "venue":
        return ""
    names = {fold(name): name for segment in snapshot.segments for name in segment.columns.venue_names if name}
    close = difflib.get_close_matches(fold(condition.value), names, 1, 0.6)
    return f"no venue here is named {shorten(condition.value)}" + (
        f"; the nearest is {names[close[0]]}" if close else ""
    )


def filter_mask(query: AnalyzedQuery, papers: CataloguePapers) -> tuple[Mask, tuple[str, ...]]:
    """The rows that satisfy every clause, and notes.

    `papers` are the papers of the conditions of CATALOGUE_KINDS; tag: and is: are absent without a reader. A quoted
    phrase that no paper contains is dropped with a note.
    """
    snapshot = query.snapshot
    if not query.query.clauses:
        return snapshot.alive, ()
    flags = snapshot.alive.flags()
    notes: list[str] = []
    for clause in query.query.clauses:
        passing = np.zeros(len(snapshot), np.bool_)
        for condition in clause:
            key = condition.kind, condition.value
            if (condition.kind in ("tag", "is") or key == HAS_NOTE) and key not in papers:
                notes.append(
                    f"{condition.kind}:{shorten(condition.value)} is about a reader's papers, and no reader is given"
                )
            rows = _matches(snapshot, condition, papers)
            passing |= ~rows if condition.negated else rows
        if len(clause) == 1 and clause[0].kind == "phrase" and not clause[0].negated and not (passing & flags).any():
            notes.append(f'no paper has the phrase "{shorten(clause[0].value)}"; its words were searched instead')
            continue
        if not passing.any() and not any(c.negated for c in clause):
            notes += [note for c in clause if (note := _no_match_note(snapshot, c))]
        flags = flags & passing
    return Mask.of(flags), tuple(notes)
