"""Text to terms: one tokeniser for every room, so that an index and an encoder mean the same thing by a word.

A token is a maximal run of letters and digits; a term is its 64-bit hash (FNV-1a) after folding case and accents
(kit/letters), reading markup for what it stands for (kit/markup) and, unless asked otherwise, stemming (kit/word_forms,
then Porter 2, English). Hashes need no vocabulary in memory: two of a million terms collide with probability 3e-8.
The byte scan and the term table are compiled; only each distinct word of a batch is ever seen by Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import Stemmer
from numpy.typing import NDArray

from broadsheet.kit._word_scan import MAX_WORD, ScannedWords
from broadsheet.kit.letters import Piece, pieces, plain
from broadsheet.kit.markup import edits, has_markup
from broadsheet.kit.native import kernel
from broadsheet.kit.word_forms import usual

__all__ = [
    "STOP_TERMS",
    "STOP_WORDS",
    "Shown",
    "Tokens",
    "as_typed",
    "concatenated",
    "distinct",
    "fold",
    "shown",
    "side_by_side",
    "spans",
    "stem",
    "term",
    "tokenize",
]

# The words of an English sentence that say nothing about its topic; kept in phrases, left out of ranking.
STOP_WORDS = frozenset(
    """
    a about also am an and any are as at be because been being both but by can could did do does doing each either
    for from further had has have having he her here hers him his how however i if in into is it its itself just
    may me might more most must my no nor not of on only or other our ours out over own same she should so some
    such than that the their theirs them themselves then there these they this those through thus to too under
    until up upon us very via was we were what when where whether which while who whom whose why will with within
    without would you your yours
    """.split()  # noqa: SIM905  a list of 130 words would be one word a line
)

# What the scan takes for letters: everything but ASCII is folded before it.
_WORD = re.compile(r"[0-9a-z\x80-\U0010ffff]+")
_NOT_WORD = re.compile(r"[^0-9a-z\x80-\U0010ffff]+")
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_SHOWN_RUN = re.compile(r"(?:[A-Za-z0-9](?=[\u0300-\u036f]))?[^\x00-\x7f]+")  # with the letter that an accent stands on
# Marks that stand in many texts and are no letters: spaces, dashes, quotes, bullets, dots, signs of mathematics.
_ODD_MARK = re.compile(
    "[\u00a0\u00a7\u00b0\u00b1\u00b7\u00d7\u2009\u2010-\u2015\u2018-\u201f\u2022\u2026\u202f\u2032\u2033\u2192\u2208\u2212\u221e\u223c\u2248\u2264\u2265]"
)

_FIRST_TABLE = 16  # bits: places in the first table that words are numbered by; few texts have as many words

_stemmer = Stemmer.Stemmer("english", 0)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The terms of n texts: text i has terms[bounds[i]:bounds[i + 1]] in reading order."""

    terms: NDArray[np.uint64]  # (total,)
    bounds: NDArray[np.int64]  # (n + 1,)

    def __len__(self) -> int:
        return len(self.bounds) - 1


@dataclass(frozen=True, slots=True)
class Shown(Tokens):
    """The same with where each term stands in its text as displayed: text[starts[t]:stops[t]]."""

    starts: NDArray[np.int64]  # (total,) characters
    stops: NDArray[np.int64]  # (total,)


def _read(text: str) -> Iterator[Piece]:
    """The text as it is understood, piece by piece in order, each with the stretch it stands for."""
    at = 0
    for start, stop, meant in edits(text) if has_markup(text) else ():
        yield from _letters(text, at, start)
        yield meant, start, stop
        at = stop
    yield from _letters(text, at, len(text))


def _letters(text: str, start: int, stop: int) -> Iterator[Piece]:
    """A stretch without markup: ASCII as it stands, the rest folded."""
    at = start
    for run in _SHOWN_RUN.finditer(text, start, stop):
        if run.start() > at:
            yield text[at : run.start()], at, run.start()
        for piece, first, last in pieces(run.group()):
            yield piece, run.start() + first, run.start() + last
        at = run.end()
    if stop > at:
        yield text[at:stop], at, stop


def _simplified(text: str) -> str:
    """The text as it is understood; what is not ASCII in it is a letter or digit. Most texts stand as they are."""
    if has_markup(text):
        return "".join([piece for piece, _, _ in _read(text)])
    return text if text.isascii() else _NON_ASCII.sub(lambda run: plain(run.group()), text)


def fold(text: str) -> str:
    """Lower case without accents; everything that is no letter or digit becomes a space."""
    return _NOT_WORD.sub(" ", _simplified(text).lower()).strip()


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of one folded word."""
    return str(_stemmer.stemWord(usual(word)))


@lru_cache(maxsize=65536)
def term(word: str) -> int:
    """The hash of one word as it stands (fold and stem it first where that is wanted)."""
    value = 0xCBF29CE484222325
    for byte in word.encode("utf-8", "surrogatepass")[:MAX_WORD]:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


@lru_cache(maxsize=65536)
def _stemmed(word: str) -> int:
    """The hash of the stem of one folded word."""
    return term(stem(word))


# Ascending, as stemmed text shows them and as they stand.
STOP_TERMS = np.array(sorted({term(form) for word in STOP_WORDS for form in (word, stem(word))}), np.uint64)


def spans(text: str) -> list[tuple[int, int, str]]:
    """(start, stop, folded word) of every token of `text` as displayed, for highlighting. Tokens may overlap."""
    if text.isascii() and not has_markup(text):
        return [(m.start(), m.end(), m.group()) for m in _WORD.finditer(text.lower())]
    text_, words, starts, stops = _placed(text)
    return [
        (start, stop, text_[a:b]) for (a, b), start, stop in zip(words, starts.tolist(), stops.tolist(), strict=True)
    ]


def _placed(text: str) -> tuple[str, list[tuple[int, int]], NDArray[np.int64], NDArray[np.int64]]:
    """(the text as understood, in lower case; where its words are there; where each starts and stops in `text`)."""
    told = list(_read(text))
    simple = "".join([piece for piece, _, _ in told]).lower()
    words = [m.span() for m in _WORD.finditer(simple)]
    spots = np.array(words, np.int64).reshape(-1, 2)
    lengths = np.array([len(piece) for piece, _, _ in told], np.int64)
    places = np.array([(start, stop) for _, start, stop in told], np.int64).reshape(-1, 2)
    as_is = np.array([piece == text[start:stop] for piece, start, stop in told], np.bool_)
    ends = np.cumsum(lengths)
    first = np.searchsorted(ends, spots[:, 0], side="right")
    last = np.searchsorted(ends, spots[:, 1] - 1, side="right")
    starts = places[first, 0] + np.where(as_is[first], spots[:, 0] - (ends - lengths)[first], 0)
    stops = np.where(as_is[last], places[last, 0] + spots[:, 1] - (ends - lengths)[last], places[last, 1])
    return simple, words, starts, stops


_distinct = kernel("text_distinct")


def distinct(terms: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """(the distinct terms in order of first appearance, the number of each term in that list)."""
    first, slots = _first(terms)
    return terms[first], slots


def _first(terms: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    first, slots = np.empty(len(terms), np.int64), np.empty(len(terms), np.int32)
    state = np.zeros(2, np.int64)  # terms numbered, distinct ones
    size = 1 << min((2 * len(terms) + 1).bit_length(), _FIRST_TABLE)
    while state[0] < len(terms):
        _distinct(terms, len(terms), first, slots, np.empty(size, np.uint64), np.full(size, -1, np.int32), size, state)
        size *= 4
    count = int(state[1])
    return first[:count].copy(), slots


def tokenize(texts: Sequence[str], *, stemmed: bool = True) -> Tokens:
    """The terms of every text, in order, stop words included. Text without any word gives an empty row.

    ASCII is folded by the scan itself.
    """
    words = ScannedWords.of([_simplified(t).encode("utf-8", "ignore") for t in texts])
    if not stemmed or not len(words.terms):
        return Tokens(words.terms, words.bounds)
    first, slots = _first(words.terms)
    stems = _stemmer.stemWords([usual(word) for word in words.words(first)])
    hashed = ScannedWords.of([s.encode() for s in stems]).terms
    if len(hashed) != len(first):  # a stem is one word; stay right should a stemmer ever split or drop one
        hashed = np.fromiter((term(s) for s in stems), np.uint64, len(first))
    return Tokens(hashed[slots], words.bounds)


def shown(texts: Sequence[str]) -> Shown:
    """The stemmed terms of every text as displayed and where they stand: `spans` of many texts, for highlighting."""
    bare = [text if text.isascii() else _ODD_MARK.sub(" ", text) for text in texts]
    odd = {i: _spanned(texts[i]) for i, text in enumerate(bare) if not text.isascii() or has_markup(text)}
    encoded = [b"" if i in odd else text.encode() for i, text in enumerate(bare)]
    words = ScannedWords.of(encoded)
    first, slots = _first(words.terms)
    terms = np.array([_stemmed(word) for word in words.words(first)], np.uint64)[slots]
    ahead = np.repeat(np.cumsum([0, *map(len, encoded)])[:-1], np.diff(words.bounds))
    plain = Shown(terms, words.bounds, words.stops - words.lengths - ahead, words.stops - ahead)
    if not odd:
        return plain
    parts, at = [], 0
    for i in (*odd, len(texts)):  # the texts between two odd ones at once
        parts.append(_some(plain, at, i))
        parts += [odd[i]] if i in odd else []
        at = i + 1
    lengths = np.diff(plain.bounds)
    lengths[list(odd)] = [len(part.terms) for part in odd.values()]
    return Shown(
        np.concatenate([part.terms for part in parts]),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.stops for part in parts]),
    )


def _spanned(text: str) -> Shown:
    """One text, whatever its script."""
    simple, words, starts, stops = _placed(text)
    terms = np.array([_stemmed(simple[start:stop]) for start, stop in words], np.uint64)
    return Shown(terms, np.array([0, len(terms)]), starts, stops)


def _some(tokens: Shown, first: int, last: int) -> Shown:
    """The tokens of the texts from `first` to before `last`."""
    at = slice(tokens.bounds[first], tokens.bounds[last])
    bounds = tokens.bounds[first : last + 1] - tokens.bounds[first]
    return Shown(tokens.terms[at], bounds, tokens.starts[at], tokens.stops[at])


def as_typed(text: str, start: int, stop: int) -> str:
    """One token of a text as people would type it."""
    return fold(text[start:stop]).replace(" ", "")


def side_by_side(first: Tokens, second: Tokens) -> Tokens:
    """One text from each two: the terms of `first`, then those of `second`. Both have n texts."""
    ahead, behind = np.diff(first.bounds), np.diff(second.bounds)
    bounds = first.bounds + second.bounds
    terms = np.empty(len(first.terms) + len(second.terms), np.uint64)
    terms[np.arange(len(first.terms)) + np.repeat(second.bounds[:-1], ahead)] = first.terms
    terms[np.arange(len(second.terms)) + np.repeat(first.bounds[1:], behind)] = second.terms
    return Tokens(terms, bounds)


def concatenated(parts: Sequence[Tokens]) -> Tokens:
    """All the texts of all the parts, in order."""
    offsets = np.cumsum([0, *(len(p.terms) for p in parts)])
    bounds = [p.bounds[:-1] + start for p, start in zip(parts, offsets, strict=False)]
    return Tokens(
        np.concatenate([p.terms for p in parts]) if parts else np.empty(0, np.uint64),
        np.concatenate([*bounds, offsets[-1:]]).astype(np.int64),
    )
