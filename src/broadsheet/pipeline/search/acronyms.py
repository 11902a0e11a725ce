"""Searches an acronym's long form beside it, and the acronym beside a long form, as the library's papers define them.

`GNN` also finds papers that only say “graph neural networks”, and the reverse. What is added weighs less than what was
typed, by how many of the papers that define the acronym mean this long form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from broadsheet.kit.acronyms import has_initials, is_short_form, singular
from broadsheet.kit.text import STOP_WORDS, fold, spans, stem, term
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.index.words import Definition, long_key, short_key
from broadsheet.pipeline.records import Expansion

__all__ = ["Addition", "additions"]

MOST_WORDS = 16  # words of a query in which acronyms are sought; a longer text says what it means
LONGEST = 6  # words of a long form
LEAST_PAPERS = 2  # papers that define an acronym whose letters are not the initials of its long form
LEAST_SHARE = 0.2  # of the papers that define the acronym, those that mean this long form, at least
USUAL = 0.05  # of the papers with a word, those that define it as an acronym, at least, if it is typed in small letters
MOST_MEANINGS = 2  # long forms of one acronym
_TIGHT = frozenset(("", "-", "/", "&", "\u2010", "\u2011", "\u2013"))  # between the parts of a short form: t-SNE

_Token = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Addition:
    """Stemmed terms to search beside those typed: `share` (0..1) is how surely the typed words mean them."""

    expansion: Expansion
    typed: tuple[int, ...]  # terms of the typed words
    terms: tuple[int, ...]
    share: float


def additions(snapshot: IndexSnapshot, text: str) -> tuple[Addition, ...]:
    """What to search beside the words of a text; nothing that the text says already."""
    tokens = spans(text)
    if not 0 < len(tokens) <= MOST_WORDS:
        return ()
    stems = [stem(word) for _, _, word in tokens]
    own = {term(one) for one in stems}
    out = [*_of_long_forms(snapshot, text, tokens, stems), *_of_short_forms(snapshot, text, tokens)]
    return tuple(addition for addition in out if not own.issuperset(addition.terms))


def _of_short_forms(snapshot: IndexSnapshot, text: str, tokens: Sequence[_Token]) -> Iterable[Addition]:
    """The long forms of the acronyms in a text."""
    end = 0
    for size in (3, 2, 1):
        for first in range(len(tokens) - size + 1):
            part = tokens[first : first + size]
            gaps = [text[a[1] : b[0]] for a, b in pairwise(part)]
            if part[0][0] < end or any(gap not in _TIGHT for gap in gaps):
                continue
            typed = text[part[0][0] : part[-1][1]]
            for addition in _long_forms(snapshot, typed, [word for _, _, word in part]):
                end = part[-1][1]
                yield addition


def _long_forms(snapshot: IndexSnapshot, typed: str, words: Sequence[str]) -> Iterable[Addition]:
    single = singular(typed) if typed != typed.lower() else typed
    if sum(map(str.isalnum, single)) < 2:
        return
    definitions = _merged(
        (d for s in snapshot.segments for d in s.words.acronyms.of_short(short_key(single))), by_long=True
    )
    if not definitions:
        return
    total = sum(d.count for d in definitions)
    own = tuple(term(stem(word)) for word in words)
    if not is_short_form(typed):
        papers = snapshot.inverted.frequencies(np.array(own, np.uint64)).min()
        if len(single) < 2 or total < USUAL * papers or any(word in STOP_WORDS for word in words):
            return
    for definition in definitions[:MOST_MEANINGS]:
        if _is_certain(definition) and definition.count >= LEAST_SHARE * total:
            expansion = Expansion(typed, definition.long, definition.count)
            yield Addition(expansion, own, _terms(definition.long), definition.count / total)


def _of_long_forms(
    snapshot: IndexSnapshot, text: str, tokens: Sequence[_Token], stems: Sequence[str]
) -> Iterable[Addition]:
    """The acronyms of the long forms in a text, the longest forms first."""
    windows = [
        (first, first + size)
        for size in range(min(LONGEST, len(tokens)), 1, -1)
        for first in range(len(tokens) - size + 1)
        if tokens[first][2] not in STOP_WORDS and tokens[first + size - 1][2] not in STOP_WORDS
    ]
    if not windows:
        return
    keys = np.array([term("".join(stems[first:last])) for first, last in windows], np.uint64)
    known = np.zeros(len(keys), np.bool_)
    for segment in snapshot.segments:
        known |= segment.words.acronyms.has_long(keys)
    used: set[int] = set()
    for at in np.flatnonzero(known).tolist():
        first, last = windows[at]
        if used.isdisjoint(range(first, last)):
            used.update(range(first, last))
            typed = text[tokens[first][0] : tokens[last - 1][1]]
            yield from _short_forms(snapshot, typed, int(keys[at]), [term(one) for one in stems[first:last]])


def _short_forms(snapshot: IndexSnapshot, typed: str, key: int, own: Sequence[int]) -> Iterable[Addition]:
    definitions = _merged((d for s in snapshot.segments for d in s.words.acronyms.of_long(key)), by_long=False)
    for definition in definitions[:1]:
        total = sum(d.count for s in snapshot.segments for d in s.words.acronyms.of_short(short_key(definition.short)))
        if _is_certain(definition) and definition.count >= LEAST_SHARE * total:
            expansion = Expansion(typed, definition.short, definition.count)
            yield Addition(expansion, tuple(own), _terms(definition.short), definition.count / total)


def _merged(definitions: Iterable[Definition], *, by_long: bool) -> list[Definition]:
    """The definitions of all segments, by long or by short form, the most usual first."""
    merged: dict[int, Definition] = {}
    for d in definitions:
        key = long_key(fold(d.long)) if by_long else short_key(d.short)
        other = merged.get(key)
        most = max(d, other, key=lambda one: one.count) if other else d
        merged[key] = Definition(most.short, most.long, d.count + (other.count if other else 0))
    return sorted(merged.values(), key=lambda d: (-d.count, d.long, d.short))


def _is_certain(definition: Definition) -> bool:
    """Whether enough papers define it so, or its letters are the initials of its long form."""
    return definition.count >= LEAST_PAPERS or has_initials(definition.short, definition.long)


def _terms(text: str) -> tuple[int, ...]:
    """The terms of a form without stop words."""
    words = [word for word in fold(text).split() if word not in STOP_WORDS]
    return tuple(dict.fromkeys(term(stem(word)) for word in words))
