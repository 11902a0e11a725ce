"""Words that are written together, with a hyphen or apart, and mean the same: GPT4, GPT-4, GPT 4; wifi, wi-fi.

The library says which: a word typed together also stands for its two parts where they stand side by side in some paper,
and parts typed with a hyphen, or a word and a number, for the word they make where some paper has it.
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

MOST_WORDS = 8  # of a text whose words have other spellings; more are a sentence
RARE = 1000  # papers: a commoner word is written as everybody writes it
SHARE = 0.25  # of the papers with a word together so many must have it apart, or the two are not the same
RARELY = 0.02  # of the papers with the rarer part: a word that fewer have together is as good as never written so
SHORTEST = 2  # letters of the second part; the first may be one: e-mail, x-ray
LONGEST = 30  # letters; what is longer is no compound
_HYPHENS = frozenset("-\u2010\u2011\u2013")
_MIXED = re.compile(r"([^\W\d_]+)(\d+)|(\d+)([^\W\d_]+)")


def spellings(snapshot: IndexSnapshot, text: str) -> tuple[str, ...]:
    """The text, and the text with its compound words all together and all apart where the library has them so."""
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
    """In how many papers each word stands, (w,)."""
    return np.asarray(
        snapshot.inverted.frequencies(np.array([term(stem(word)) for word in words], np.uint64)), np.int64
    )


def _joined(snapshot: IndexSnapshot, text: str, found: Sequence[tuple[int, int, str]]) -> str:
    """The text with parts written together that make a word here."""
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
    """Whether two words beside each other may be one: with a hyphen between them, or letters and a number."""
    between, words = text[first[1] : second[0]], (first[2], second[2])
    numbers = sum(word.isdigit() for word in words)
    return (between in _HYPHENS and numbers < 2) or (between == " " and numbers == 1 and all(map(str.isalnum, words)))


def _parted(snapshot: IndexSnapshot, text: str, found: Sequence[tuple[int, int, str]], words: Sequence[str]) -> str:
    """The text with words written apart whose parts stand side by side here."""
    counts = _frequencies(snapshot, words).tolist()
    out, end = [], 0
    for (start, stop, word), count in zip(found, counts, strict=True):
        if start >= end and count <= RARE and (parts := _parts(snapshot, word, count)):
            out += [text[end:start], parts]
            end = stop
    return "".join([*out, text[end:]])


def _parts(snapshot: IndexSnapshot, word: str, count: int) -> str:
    """The two parts of a word that most papers have side by side; "" if hardly any has."""
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
