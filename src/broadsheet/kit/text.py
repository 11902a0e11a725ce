"""Splits text into terms. Every package uses this one tokeniser, so an index and an encoder agree on what a word is.

A token is a maximal run of letters and digits. Its term is the 64-bit hash (FNV-1a) of the token after markup is
resolved (kit/markup), case and accents are folded (kit/letters) and, by default, the word is stemmed (kit/word_forms,
then Porter 2, English). Hashes need no vocabulary in memory: two of a million terms collide with probability 3e-8.
The scan of bytes and the table of terms are compiled; Python handles each distinct word of a batch only once.
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
from broadsheet.kit.letters import Piece, fold_pieces, fold_run
from broadsheet.kit.markup import Edit, edits, has_markup
from broadsheet.kit.native import kernel
from broadsheet.kit.word_forms import stemmer_form

__all__ = [
    "STOP_TERMS",
    "STOP_WORDS",
    "PositionedTokens",
    "Tokens",
    "as_typed",
    "concatenate",
    "concatenate_pairs",
    "distinct",
    "fold",
    "spans",
    "stem",
    "term",
    "tokenize",
    "tokenize_and_count",
    "tokenize_with_positions",
]

# English stop words: used in phrases, left out of ranking.
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

# Word characters: all that is not ASCII is folded before, so any such character is a letter or digit.
_WORD = re.compile(r"[0-9a-z\x80-\U0010ffff]+")
_NOT_WORD = re.compile(r"[^0-9a-z\x80-\U0010ffff]+")
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_FOLDED_RUN = re.compile(r"(?:[A-Za-z0-9](?=[\u0300-\u036f]))?[^\x00-\x7f]+")  # an accent's base letter too
# Frequent characters that are not letters: spaces, dashes, quotes, bullets, dots, mathematical signs.
_ODD_MARK = re.compile(
    "[\u00a0\u00a7\u00b0\u00b1\u00b7\u00d7\u2009\u2010-\u2015\u2018-\u201f\u2022\u2026\u202f\u2032\u2033\u2192\u2208\u2212\u221e\u223c\u2248\u2264\u2265]"
)

_FIRST_TABLE = 16  # log2 of the size of the first hash table of distinct terms; it grows if needed

_stemmer = Stemmer.Stemmer("english", 0)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The terms of n texts: text i has terms[bounds[i]:bounds[i + 1]] in reading order."""

    terms: NDArray[np.uint64]  # (total,)
    bounds: NDArray[np.int64]  # (n + 1,)

    def __len__(self) -> int:
        return len(self.bounds) - 1


@dataclass(frozen=True, slots=True)
class PositionedTokens(Tokens):
    """Tokens with their positions in the text as displayed: term t is text[starts[t]:stops[t]]."""

    starts: NDArray[np.int64]  # (total,) characters
    stops: NDArray[np.int64]  # (total,)


def _understood(text: str, replacements: Sequence[Edit]) -> Iterator[Piece]:
    """The text without markup, in pieces, each with the part of the text that it replaces."""
    at = 0
    for start, stop, meant in replacements:
        yield from _letters(text, at, start)
        yield meant, start, stop
        at = stop
    yield from _letters(text, at, len(text))


def _letters(text: str, start: int, stop: int) -> Iterator[Piece]:
    """The pieces of a part without markup: ASCII unchanged, the rest folded."""
    at = start
    for run in () if text.isascii() else _FOLDED_RUN.finditer(text, start, stop):
        if run.start() > at:
            yield text[at : run.start()], at, run.start()
        for piece, first, last in fold_pieces(run.group()):
            yield piece, run.start() + first, run.start() + last
        at = run.end()
    if stop > at:
        yield text[at:stop], at, stop


def _simplify(text: str) -> str:
    """The text without markup and with all non-ASCII letters folded; most texts are returned unchanged."""
    if replacements := edits(text):
        return "".join([piece for piece, _, _ in _understood(text, replacements)])
    return text if text.isascii() else _NON_ASCII.sub(lambda run: fold_run(run.group()), text)


def fold(text: str) -> str:
    """Fold a text: lower case, no accents, a space for everything other than letters and digits."""
    return _NOT_WORD.sub(" ", _simplify(text).lower()).strip()


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of one folded word."""
    return str(_stemmer.stemWord(stemmer_form(word)))


@lru_cache(maxsize=65536)
def term(word: str) -> int:
    """The hash of one word, which is neither folded nor stemmed here."""
    value = 0xCBF29CE484222325
    for byte in word.encode("utf-8", "surrogatepass")[:MAX_WORD]:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


@lru_cache(maxsize=65536)
def _stem_term(word: str) -> int:
    """The hash of the stem of one folded word."""
    return term(stem(word))


# Ascending; both the stemmed and the unstemmed terms.
STOP_TERMS = np.array(sorted({term(form) for word in STOP_WORDS for form in (word, stem(word))}), np.uint64)


def spans(text: str) -> list[tuple[int, int, str]]:
    """(start, stop, folded word) of every token in the displayed text, for highlighting. Tokens may overlap."""
    if text.isascii() and not has_markup(text):
        return [(m.start(), m.end(), m.group()) for m in _WORD.finditer(text.lower())]
    simple, words, starts, stops = _word_positions(text)
    return [
        (start, stop, simple[a:b]) for (a, b), start, stop in zip(words, starts.tolist(), stops.tolist(), strict=True)
    ]


def _word_positions(text: str) -> tuple[str, list[tuple[int, int]], NDArray[np.int64], NDArray[np.int64]]:
    """(text without markup, in lower case; (start, stop) of its words; starts and stops of the words in `text`)."""
    pieces = list(_understood(text, edits(text)))
    simple = "".join([piece for piece, _, _ in pieces]).lower()
    words = [m.span() for m in _WORD.finditer(simple)]
    spots = np.array(words, np.int64).reshape(-1, 2)
    lengths = np.array([len(piece) for piece, _, _ in pieces], np.int64)
    places = np.array([(start, stop) for _, start, stop in pieces], np.int64).reshape(-1, 2)
    as_is = np.array([piece == text[start:stop] for piece, start, stop in pieces], np.bool_)
    ends = np.cumsum(lengths)
    first = np.searchsorted(ends, spots[:, 0], side="right")
    last = np.searchsorted(ends, spots[:, 1] - 1, side="right")
    starts = places[first, 0] + np.where(as_is[first], spots[:, 0] - (ends - lengths)[first], 0)
    stops = np.where(as_is[last], places[last, 0] + spots[:, 1] - (ends - lengths)[last], places[last, 1])
    return simple, words, starts, stops


_distinct = kernel("text_distinct")


def distinct(terms: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """(the distinct terms in order of first appearance; the index of every term among them)."""
    first, slots = _first_places(terms)
    return terms[first], slots


def _first_places(terms: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    first, slots = np.empty(len(terms), np.int64), np.empty(len(terms), np.int32)
    state = np.zeros(2, np.int64)  # terms numbered, distinct ones
    size = 1 << min((2 * len(terms) + 1).bit_length(), _FIRST_TABLE)
    while state[0] < len(terms):
        _distinct(terms, len(terms), first, slots, np.empty(size, np.uint64), np.full(size, -1, np.int32), size, state)
        size *= 4
    count = int(state[1])
    return first[:count].copy(), slots


def tokenize(texts: Sequence[str], *, stemmed: bool = True) -> Tokens:
    """Split texts into terms, in order, stop words included. A text without words gives an empty row.

    ASCII is folded by the scan itself.
    """
    words = ScannedWords.of([_simplify(t).encode("utf-8", "ignore") for t in texts])
    if not stemmed or not len(words.terms):
        return Tokens(words.terms, words.bounds)
    first, slots = _first_places(words.terms)
    return _stemmed(words, words.words(first), slots)


def tokenize_and_count(texts: Sequence[str]) -> tuple[Tokens, dict[str, int]]:
    """`tokenize`, and how often the texts have each word as written, folded."""
    words = ScannedWords.of([_simplify(t).encode("utf-8", "ignore") for t in texts])
    first, slots = _first_places(words.terms)
    written = words.words(first)
    counts = np.bincount(slots, minlength=len(first)).tolist()
    return _stemmed(words, written, slots), dict(zip(written, counts, strict=True))


def _stemmed(words: ScannedWords, written: Sequence[str], slots: NDArray[np.int32]) -> Tokens:
    """The stemmed tokens of scanned words; word t is written[slots[t]]."""
    stems = _stemmer.stemWords([stemmer_form(word) for word in written])
    stem_terms = ScannedWords.of([s.encode() for s in stems]).terms
    if len(stem_terms) != len(written):  # a stem is one word; this is in case a stemmer splits or drops one
        stem_terms = np.fromiter((term(s) for s in stems), np.uint64, len(written))
    return Tokens(stem_terms[slots], words.bounds)


def tokenize_with_positions(texts: Sequence[str]) -> PositionedTokens:
    """Split displayed texts into stemmed terms with their positions, for highlighting: `spans` of many texts."""
    cleaned = [text if text.isascii() else _ODD_MARK.sub(" ", text) for text in texts]
    odd = {i: _tokenize_one(texts[i]) for i, text in enumerate(cleaned) if not text.isascii() or has_markup(text)}
    encoded = [b"" if i in odd else text.encode() for i, text in enumerate(cleaned)]
    words = ScannedWords.of(encoded)
    first, slots = _first_places(words.terms)
    terms = np.array([_stem_term(word) for word in words.words(first)], np.uint64)[slots]
    ahead = np.repeat(np.cumsum([0, *map(len, encoded)])[:-1], np.diff(words.bounds))
    plain = PositionedTokens(terms, words.bounds, words.stops - words.lengths - ahead, words.stops - ahead)
    if not odd:
        return plain
    parts, at = [], 0
    for i in (*odd, len(texts)):  # the texts between two odd ones at once
        parts.append(_slice_texts(plain, at, i))
        parts += [odd[i]] if i in odd else []
        at = i + 1
    lengths = np.diff(plain.bounds)
    lengths[list(odd)] = [len(part.terms) for part in odd.values()]
    return PositionedTokens(
        np.concatenate([part.terms for part in parts]),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.stops for part in parts]),
    )


def _tokenize_one(text: str) -> PositionedTokens:
    """The positioned tokens of one text in any script."""
    simple, words, starts, stops = _word_positions(text)
    terms = np.array([_stem_term(simple[start:stop]) for start, stop in words], np.uint64)
    return PositionedTokens(terms, np.array([0, len(terms)]), starts, stops)


def _slice_texts(tokens: PositionedTokens, first: int, last: int) -> PositionedTokens:
    """The tokens of the texts from `first` to before `last`."""
    at = slice(tokens.bounds[first], tokens.bounds[last])
    bounds = tokens.bounds[first : last + 1] - tokens.bounds[first]
    return PositionedTokens(tokens.terms[at], bounds, tokens.starts[at], tokens.stops[at])


def as_typed(text: str, start: int, stop: int) -> str:
    """The folded form of one token, as it is typed in a query."""
    return fold(text[start:stop]).replace(" ", "")


def concatenate_pairs(first: Tokens, second: Tokens) -> Tokens:
    """Concatenate texts pairwise: text i has the terms of first[i], then those of second[i]. Both have n texts."""
    first_lengths, second_lengths = np.diff(first.bounds), np.diff(second.bounds)
    bounds = first.bounds + second.bounds
    terms = np.empty(len(first.terms) + len(second.terms), np.uint64)
    terms[np.arange(len(first.terms)) + np.repeat(second.bounds[:-1], first_lengths)] = first.terms
    terms[np.arange(len(second.terms)) + np.repeat(first.bounds[1:], second_lengths)] = second.terms
    return Tokens(terms, bounds)


def concatenate(parts: Sequence[Tokens]) -> Tokens:
    """Concatenate lists of texts, in order."""
    offsets = np.cumsum([0, *(len(p.terms) for p in parts)])
    bounds = [p.bounds[:-1] + start for p, start in zip(parts, offsets, strict=False)]
    return Tokens(
        np.concatenate([p.terms for p in parts]) if parts else np.empty(0, np.uint64),
        np.concatenate([*bounds, offsets[-1:]]).astype(np.int64),
    )
