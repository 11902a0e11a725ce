"""Spellings of compound words: GPT4, GPT-4, GPT 4; wifi, wi-fi.

The library decides: a solid word also matches its two parts where some paper has them side by side, and hyphenated
parts, or a word and a number, match the solid word where some paper has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.text import STOP_TERMS, spans, stem, term, tokenize
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot

__all__ = ["spellings"]

MOST_WORDS = 8  # words of a text that gets other spellings; a longer text is a sentence
RARE = 1000  # papers; a more common word has its usual spelling
SHARE = 0.25  # share of the papers with the solid word that must have it apart
RARELY = 0.02  # share of the papers with the rarer part; a solid word in fewer papers counts as absent
SHORTEST = 2  # letters of the second part; the first may be one: e-mail, x-ray
LONGEST = 30  # letters; a longer word is no compound
_HYPHENS = frozenset("-\u2010\u2011\u2013")
_MIXED = re.compile(r"([^\W\d_]+)(\d+)|(\d+)([^\W\d_]+)")


def spellings(snapshot: IndexSnapshot, text: str) -> tuple[str, ...]:
    """The text as typed, then with its compounds solid, then apart, where the library has them so."""
    found = spans(text)
    if not 0 < len(found) <= MOST_WORDS:
        return (text,)
    words = [word for _, _, word in found]
    together, apart = _joined(snapshot, text, found), _parted(snapshot, text, found, words)
    if together == apart == text:
        return (text,)
    terms = {tokenize([one]).terms.tobytes(): one for one in (apart, together, text)}
    own = tokenize([text]).terms.tobytes()
    return (text, *(one for key, one in terms.items() if key != own))


def _frequencies(snapshot: IndexSnapshot, words: Sequence[str]) -> NDArray[np.int64]:
    """Document frequency of each word, (w,)."""
    return np.asarray(
        snapshot.inverted.frequencies(np.array([term(stem(word)) for word in words], np.uint64)), np.int64
    )


def _joined(snapshot: IndexSnapshot, text: str, found: Sequence[tuple[int, int, str]]) -> str:
    """The text with adjacent parts joined where the library has the solid word."""
    pairs = [at for at in range(len(found) - 1) if _belong(text, found[at], found[at + 1])]
    if not pairs:
        return text
    known = _frequencies(snapshot, [found[at][2] + found[at + 1][2] for at in pairs])
    parts = np.minimum(*(_frequencies(snapshot, [found[at + side][2] for at in pairs]) for side in (0, 1)))
    out, end = [], 0
    for at, usual in zip(pairs, known > np.maximum(0, RARELY * parts), strict=True):
        if usual and found[at][0] >= end:
            out += [text[end : found[at][0]], found[at][2], found[at + 1][2]]
            end = found[at + 1][1]
    return "".join([*out, text[end:]])


def _belong(text: str, first: tuple[int, int, str], second: tuple[int, int, str]) -> bool:
    """Whether two adjacent words may be one: hyphenated, or letters and a number."""
    between, words = text[first[1] : second[0]], (first[2], second[2])
    numbers = sum(word.isdigit() for word in words)
    return (between in _HYPHENS and numbers < 2) or (between == " " and numbers == 1 and all(map(str.isalnum, words)))


def _parted(snapshot: IndexSnapshot, text: str, found: Sequence[tuple[int, int, str]], words: Sequence[str]) -> str:
    """The text with solid words split where the library has the parts side by side."""
    counts = _frequencies(snapshot, words).tolist()
    out, end = [], 0
    for (start, stop, word), count in zip(found, counts, strict=True):
        if start >= end and count <= RARE and (parts := _parts(snapshot, word, count)):
            out += [text[end:start], parts]
            end = stop
    return "".join([*out, text[end:]])


def _parts(snapshot: IndexSnapshot, word: str, count: int) -> str:
    """The split of a word that most papers have side by side; "" if hardly any has one."""
    if mixed := _MIXED.fullmatch(word):
        cuts = [mixed.end(1) if mixed[1] else mixed.end(3)]
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
        if len(phrase) != 2 or (not mixed and (find_sorted(STOP_TERMS, phrase) >= 0).any()):
            continue
        candidates = snapshot.inverted.rows_with(int(phrase[0])) & snapshot.inverted.rows_with(int(phrase[1]))
        beside = int(np.count_nonzero(snapshot.positions.matches(phrase, range(len(TEXT_FIELDS)), candidates)))
        if beside > most:
            best, most = f"{heads[at]} {tails[at]}", float(beside)
    return best
