"""Corrects slips of typing by the words of the library: “graph nueral networks” is searched as “graph neural networks”.

A word that no paper has, or that is very rare, is replaced by the likeliest word near it: of those a slip or two away
(a letter too many, missing, wrong, doubled, swapped with the next, or the next key), the one that is frequent and
occurs in the same papers as the other words. Names, quoted words, identifiers, words with digits or capitals inside and
short words are never corrected.

Kernighan, Church, Gale: A Spelling Correction Program Based on a Noisy Channel Model. COLING, 1990.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.text import STOP_TERMS, STOP_WORDS, spans, stem, term
from broadsheet.pipeline.index.names import name_term
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.index.words import EDIT, LONGEST
from broadsheet.pipeline.records import Correction
from broadsheet.pipeline.search.query import LONG_TEXT, Query

__all__ = ["correct", "may_have_slips"]

_STOP_STEMS = frozenset(map(stem, STOP_WORDS))

SHORTEST = 4  # letters of a word that is corrected
TWO_SLIPS = 8  # letters of a word in which two slips are corrected
MOST = 3  # words of a query that are corrected; with more it is in words that the library does not have
STOP_LENGTH, STOP_COUNT = 4, 5000  # a slip may hit a stop word of so many letters, taken to be so frequent
RARE = 30  # papers, at most, with a word that is corrected although it is known
UNLIKELY = 7.0  # how much less likely a slip is than none, as a logarithm: one in a thousand keystrokes
CLOSE = 5.0  # candidates whose likelihoods differ by less (as a logarithm) are told apart by the other words
LEAST = {EDIT: -6.0, 2 * EDIT: -11.0}  # the likelihood of a correction, at least, as a logarithm, by its greatest cost
MOST_CANDIDATES, MOST_OTHERS = 5, 3  # candidates told apart, and other words by which


def may_have_slips(snapshot: IndexSnapshot, terms: NDArray[np.uint64], names: NDArray[np.uint64]) -> bool:
    """Whether a word of a query, given as its stemmed term and as a name, may be a slip; quick, for most are not."""
    if not 0 < len(terms) <= LONG_TEXT:
        return False
    counts = snapshot.inverted.frequencies(np.concatenate([terms, names])).reshape(2, -1).sum(axis=0)
    return bool(((counts <= RARE) & (find_sorted(STOP_TERMS, terms) < 0)).any())


def correct(snapshot: IndexSnapshot, query: Query) -> tuple[Query, tuple[Correction, ...]]:
    """The query with its slips corrected, and the corrections."""
    tokens = spans(query.free)
    if not 0 < len(tokens) <= LONG_TEXT:
        return query, ()
    words = [word for _, _, word in tokens]
    counts = _frequencies(snapshot, words)
    suspects = [at for at, token in enumerate(tokens) if counts[at] <= RARE and _is_correctable(query.free, token)]
    if not suspects or sum(counts[at] == 0 for at in suspects) > MOST:
        return query, ()
    used: dict[str, str] = {}
    for at in suspects:
        others = [(word, int(count)) for word, count in zip(words, counts, strict=True) if count and word != words[at]]
        if better := _best(snapshot, words[at], int(counts[at]), others):
            used[words[at]] = better
    if not used:
        return query, ()
    literal = {word for clause in query.clauses for c in clause if not c.negated for _, _, word in spans(c.value)}
    text = query.text if query.text != query.free else None
    free = _replaced(query.free, used, ())
    corrected = replace(query, free=free, text=free if text is None else _replaced(text, used, literal))
    return corrected, tuple(Correction(typed, meant) for typed, meant in used.items())


def _frequencies(snapshot: IndexSnapshot, words: Sequence[str]) -> NDArray[np.int64]:
    """The papers that have each word in a text or as a name, about, (w,)."""
    in_text = snapshot.inverted.frequencies(np.array([term(stem(word)) for word in words], np.uint64))
    return in_text + snapshot.inverted.frequencies(np.array([name_term(word) for word in words], np.uint64))


def _is_correctable(text: str, token: tuple[int, int, str]) -> bool:
    """Whether a word may be a slip: a word of the letters a to z, long enough, not a name by its capitals."""
    start, stop, word = token
    typed = text[start:stop]
    return (
        SHORTEST <= len(word) <= LONGEST
        and word.isascii()
        and word.isalpha()
        and typed.isalpha()
        and stem(word) not in _STOP_STEMS
        and text[stop : stop + 1] not in ("'", "’")
        and (typed[1:] == typed[1:].lower() or (text.isupper() and len(text) > len(typed)))
    )


def _best(snapshot: IndexSnapshot, word: str, count: int, others: Sequence[tuple[str, int]]) -> str:
    """The word that `word`, which `count` papers have, is meant to be; "" if it stands as it is."""
    likely: dict[str, float] = {}
    for most in (EDIT, 2 * EDIT) if len(word) >= TWO_SLIPS and not count else (EDIT,):
        for other, (cost, times) in _near(snapshot, word, most).items():
            is_stop_word = other in STOP_WORDS
            if not is_stop_word or (len(other) >= STOP_LENGTH and not count):
                frequency = min(times, STOP_COUNT) if is_stop_word else times
                likely[other] = math.log(frequency) - UNLIKELY * cost / EDIT
        likely = {other: value for other, value in likely.items() if value >= LEAST[most] and stem(other) != stem(word)}
        if likely:
            break
    if count:
        as_typed = math.log(count)
        likely = {other: value for other, value in likely.items() if value > as_typed}
        likely |= {word: as_typed} if likely else {}
    best = _told_apart(snapshot, likely, others) if likely else ""
    return "" if best == word else best


def _near(snapshot: IndexSnapshot, word: str, most: int) -> dict[str, tuple[int, int]]:
    """The words of the library near a word: word → (cost, count)."""
    near: dict[str, tuple[int, int]] = {}
    for segment in snapshot.segments:
        for other, (cost, count) in segment.words.vocabulary.near(word, most).items():
            if cost:
                near[other] = cost, near.get(other, (cost, 0))[1] + count
    return near


def _told_apart(snapshot: IndexSnapshot, likely: dict[str, float], others: Sequence[tuple[str, int]]) -> str:
    """The likeliest word; those nearly as likely are told apart by the papers that they share with the other words."""
    order = sorted(likely, key=lambda other: (-likely[other], other))
    close = [other for other in order[:MOST_CANDIDATES] if likely[other] > likely[order[0]] - CLOSE]
    content = sorted({pair for pair in others if pair[0] not in STOP_WORDS}, key=lambda pair: (pair[1], pair[0]))
    if len(close) == 1 or not content:
        return order[0]
    rows = [_rows(snapshot, word) for word, _ in content[:MOST_OTHERS]]
    return max(close, key=lambda other: (likely[other] + _affinity(_rows(snapshot, other), rows), other))


def _rows(snapshot: IndexSnapshot, word: str) -> NDArray[np.bool_]:
    """Flags of the papers with a word, (n,)."""
    return snapshot.inverted.rows_with(term(stem(word)))


def _affinity(rows: NDArray[np.bool_], others: Collection[NDArray[np.bool_]]) -> float:
    """How much more often papers have a word together with others than by chance, as a sum of logarithms."""
    count, total = np.count_nonzero(rows), max(len(rows), 1)
    return sum(
        math.log((np.count_nonzero(rows & other) + 1) / (count * np.count_nonzero(other) / total + 1))
        for other in others
    )


def _replaced(text: str, used: dict[str, str], literal: Collection[str]) -> str:
    """The text with every corrected word replaced, other than the `literal` ones."""
    out, end = [], 0
    for start, stop, word in spans(text):
        if word in used and word not in literal and start >= end:
            out += [text[end:start], used[word]]
            end = stop
    return "".join([*out, text[end:]])
