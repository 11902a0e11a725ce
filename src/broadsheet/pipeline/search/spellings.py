"""Spellings of compound words: GPT4, GPT-4, GPT 4; wifi, wi-fi.

A solid word also matches its two parts if the library has them side by side. Hyphenated parts, or a word and a number,
also match the solid word if the library has it; two words also do if it has the solid word nearly as often (data set,
dataset).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.text import STOP_TERMS, STOP_WORDS, spans, stem, term, tokenize
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot

__all__ = ["spellings"]

MOST_WORDS = 8  # words of a text that gets other spellings; a longer text is taken as a sentence
RARE = 1000  # papers; a more common word is not split
SHARE = 0.25  # papers with the parts side by side, at least, as a share of those with the solid word
AS_OFTEN = 0.1  # papers with the solid word, at least, as a share of those with two spaced parts side by side
RARELY = 0.02  # papers with the solid word, at least, as a share of those with the rarer part
SHORTEST = 2  # letters of the second part; the first may be one: e-mail, x-ray
LONGEST = 30  # letters; a longer word is not split
_HYPHENS = frozenset("-\u2010\u2011\u2013")
_MIXED = re.compile(r"([^\W\d_]+)(\d+)|(\d+)([^\W\d_]+)")


def spellings(snapshot: IndexSnapshot, text: str) -> tuple[str, ...]:
    """The spellings of a text that occur in the library: as typed, then with compounds joined, then split."""
    tokens = spans(text)
    if not 0 < len(tokens) <= MOST_WORDS:
        return (text,)
    words = [word for _, _, word in tokens]
    solid, split = _join_parts(snapshot, text, tokens), _split_words(snapshot, text, tokens, words)
    if solid == split == text:
        return (text,)
    terms = {tokenize([spelling]).terms.tobytes(): spelling for spelling in (split, solid, text)}
    own = tokenize([text]).terms.tobytes()
    return (text, *(spelling for key, spelling in terms.items() if key != own))


def _frequencies(snapshot: IndexSnapshot, words: Sequence[str]) -> NDArray[np.int64]:
    """Document frequency of each word, (w,)."""
    return np.asarray(
        snapshot.inverted.frequencies(np.array([term(stem(word)) for word in words], np.uint64)), np.int64
    )


def _join_parts(snapshot: IndexSnapshot, text: str, tokens: Sequence[tuple[int, int, str]]) -> str:
    """The text with adjacent parts joined where the library has the solid word."""
    pairs = [at for at in range(len(tokens) - 1) if _belong(text, tokens[at], tokens[at + 1])]
    if not pairs:
        return text
    solid_counts = _frequencies(snapshot, [tokens[at][2] + tokens[at + 1][2] for at in pairs])
    parts = np.minimum(*(_frequencies(snapshot, [tokens[at + side][2] for at in pairs]) for side in (0, 1)))
    out, end = [], 0
    for at, usual, count in zip(pairs, solid_counts > np.maximum(0, RARELY * parts), solid_counts, strict=True):
        if usual and tokens[at][0] >= end and _is_as_usual(snapshot, text, tokens[at : at + 2], int(count)):
            out += [text[end : tokens[at][0]], tokens[at][2], tokens[at + 1][2]]
            end = tokens[at + 1][1]
    return "".join([*out, text[end:]])


def _belong(text: str, first: tuple[int, int, str], second: tuple[int, int, str]) -> bool:
    """Whether two adjacent words may be one compound: hyphenated, or letters and a number."""
    between, words = text[first[1] : second[0]], (first[2], second[2])
    numbers = sum(word.isdigit() for word in words)
    if between != " ":
        return between in _HYPHENS and numbers < 2
    return (numbers == 1 and all(map(str.isalnum, words))) or _are_plain(words)


def _are_plain(words: Sequence[str]) -> bool:
    """Whether two spaced words may be one solid word: letters only, and neither is a stop word."""
    return all(word.isascii() and word.isalpha() and len(word) > 1 and word not in STOP_WORDS for word in words)


def _is_as_usual(snapshot: IndexSnapshot, text: str, pair: Sequence[tuple[int, int, str]], solid: int) -> bool:
    """Whether the library writes two spaced words as one, `solid` papers, nearly as often; true of other pairs."""
    (_, end, head), (start, _, tail) = pair
    if text[end:start] != " " or not _are_plain((head, tail)):
        return True
    return solid >= AS_OFTEN * _count_adjacent(snapshot, tokenize([f"{head} {tail}"]).terms)


def _count_adjacent(snapshot: IndexSnapshot, phrase: NDArray[np.uint64]) -> int:
    """The papers with two terms side by side."""
    candidates = snapshot.inverted.rows_with(int(phrase[0])) & snapshot.inverted.rows_with(int(phrase[1]))
    return int(np.count_nonzero(snapshot.positions.matches(phrase, range(len(TEXT_FIELDS)), candidates)))


def _split_words(
    snapshot: IndexSnapshot, text: str, tokens: Sequence[tuple[int, int, str]], words: Sequence[str]
) -> str:
    """The text with solid words split where the library has the parts side by side."""
    counts = _frequencies(snapshot, words).tolist()
    out, end = [], 0
    for (start, stop, word), count in zip(tokens, counts, strict=True):
        if start >= end and count <= RARE and (parts := _parts(snapshot, word, count)):
            out += [text[end:start], parts]
            end = stop
    return "".join([*out, text[end:]])


def _parts(snapshot: IndexSnapshot, word: str, count: int) -> str:
    """The most frequent split of a word into two adjacent words; "" if too rare."""
    if match := _MIXED.fullmatch(word):
        cuts = [match.end(1) if match[1] else match.end(3)]
    elif word.isalpha() and word.isascii() and len(word) <= LONGEST:
        cuts = list(range(1, len(word) - SHORTEST + 1))
    else:
        return ""
    heads, tails = [word[:cut] for cut in cuts], [word[cut:] for cut in cuts]
    if not cuts:
        return ""
    frequencies = _frequencies(snapshot, [*heads, *tails])
    least = np.minimum(frequencies[: len(cuts)], frequencies[len(cuts) :])
    best, most = "", max(SHARE * count, 0.5)
    for at in np.flatnonzero(least > most).tolist():
        phrase = tokenize([f"{heads[at]} {tails[at]}"]).terms
        if len(phrase) != 2 or (not match and (find_sorted(STOP_TERMS, phrase) >= 0).any()):
            continue
        count_adjacent = _count_adjacent(snapshot, phrase)
        if count_adjacent > most:
            best, most = f"{heads[at]} {tails[at]}", float(count_adjacent)
    return best
