"""Author names: find the papers of an author, and decide whether a query is a name.

An author's name is stored as its words, in order, each with its first letter. A query name matches an author with the
same words in the same order: other words may stand between (Geoffrey Hinton, Geoffrey E. Hinton), an initial matches
any name that begins with it (G. Hinton), and the author may lack a middle initial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import STOP_WORDS, spans, tokenize
from broadsheet.pipeline.index.names import BREAK, NAME_FIELDS, SUFFIXES, name_term, pair
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot

__all__ = ["Name", "find_people", "rows_by_author"]

MOST_WORDS = 4  # words of a full name inside a longer query, or family names in a query
_LINKS = frozenset({"et", "al", "and", "with"})  # words between the names of authors


@dataclass(frozen=True, slots=True)
class _Word:
    """One word of a query name."""

    text: str
    initial: bool = False


def _words(value: str) -> list[_Word]:
    """The words of a name, given names first; joined initials (Smith JA) are split."""
    family, comma, given = value.partition(",")
    text = f"{given} {family}" if comma else value
    tokens = spans(text)
    upper = [text[start:stop].isupper() and 1 < stop - start <= 3 for start, stop, _ in tokens]
    out: list[_Word] = []
    for (_, stop, word), capitals in zip(tokens, upper, strict=True):
        if word in SUFFIXES:
            continue
        if capitals and not all(upper) and word.isascii() and not comma:
            out += [_Word(letter, True) for letter in word]
        else:
            out.append(_Word(word, len(word) == 1 and word.isalpha() and text[stop : stop + 1] not in ("'", "’")))
    return out


def _readings(words: Sequence[_Word]) -> list[list[_Word]]:
    """The word orders to try for a query name, likeliest first: as typed; family name first."""
    if len(words) < 2:
        return [list(words)]
    family_first = [*words[1:], words[0]]
    return [family_first] if words[-1].initial and not words[0].initial else [list(words), family_first]


@dataclass(frozen=True, slots=True)
class _Authors:
    """The authors of some rows: the words of their names, their first letters, and the author of each word."""

    rows: NDArray[np.int64]  # (t,)
    terms: NDArray[np.uint32]  # (t,)
    letters: NDArray[np.uint32]  # (t,)
    person: NDArray[np.int64]  # (t,) ascending
    first: NDArray[np.bool_]  # (t,)

    @classmethod
    def of(cls, snapshot: IndexSnapshot, rows: NDArray[np.int64]) -> _Authors:
        terms, bounds = snapshot.names.read(rows)
        fields = len(NAME_FIELDS)
        author, letter = NAME_FIELDS.index("author"), NAME_FIELDS.index("initial")
        starts, stops = bounds[author::fields][: len(rows)], bounds[author + 1 :: fields][: len(rows)]
        lengths = stops - starts
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        at, beside = (np.repeat(bounds[field::fields][: len(rows)], lengths) + within for field in (author, letter))
        words = terms[at]
        breaks = words == np.uint32(name_term(BREAK) & 0xFFFFFFFF)
        is_first_word = (within == 0) | breaks
        first = (within == 0) | np.concatenate([[False], breaks[:-1]]) if len(breaks) else breaks
        return cls(np.repeat(rows, lengths), words, terms[beside], np.cumsum(is_first_word), first & ~breaks)

    def rows_with_name(self, words: Sequence[_Word], *, exactly: bool) -> NDArray[np.int64]:
        """The rows with an author whose name has the words in order; `exactly`: from its first word to its last."""
        place = np.full(int(self.person[-1]) + 1 if len(self.person) else 1, -1, np.int64)
        alive = np.ones(len(place), np.bool_)
        every = np.arange(len(self.terms))
        for at, word in enumerate(words):
            value = np.uint32(name_term(word.text) & 0xFFFFFFFF)
            fits = ((self.letters if word.initial else self.terms) == value) & alive[self.person]
            fits &= every > place[self.person]
            if at == 0 and (word.initial or exactly):
                fits &= self.first
            if exactly and at == len(words) - 1:
                fits &= self._last()
            hits = np.flatnonzero(fits)
            people, where = np.unique(self.person[hits], return_index=True)
            alive[:] = False
            alive[people] = True
            place[people] = hits[where]
        return np.unique(self.rows[place[alive & (place >= 0)]])

    def _last(self) -> NDArray[np.bool_]:
        """Flags of the words that end an author's name, ignoring a suffix."""
        suffixes = np.array([name_term(word) & 0xFFFFFFFF for word in SUFFIXES], np.uint32)
        name = ~np.isin(self.terms, suffixes) & (self.terms != np.uint32(name_term(BREAK) & 0xFFFFFFFF))
        last = np.zeros(len(name), np.bool_)
        at = np.flatnonzero(name)
        ends = np.diff(self.person[at], append=-1) != 0
        last[at[ends]] = True
        return last


def rows_by_author(snapshot: IndexSnapshot, value: str, *, exactly: bool = False) -> NDArray[np.bool_]:
    """Flags of the rows with an author of this name, (n,)."""
    flags = np.zeros(len(snapshot), np.bool_)
    for reading in _readings(_words(value)):
        words = reading
        full_words = [word for word in words if not word.initial]
        if not full_words:  # initials alone match only themselves
            words = full_words = [_Word(word.text) for word in words]
        if not full_words:
            break
        has_words = np.ones(len(snapshot), np.bool_)
        for word in full_words:
            has_words &= snapshot.inverted.rows_with(name_term(word.text))
        authors = _Authors.of(snapshot, np.flatnonzero(has_words))
        flags[authors.rows_with_name(words, exactly=exactly)] = True
        short = [word for at, word in enumerate(words) if at in (0, len(words) - 1) or not word.initial]
        if len(short) < len(words):  # Geoffrey E. Hinton may be stored as Geoffrey Hinton
            flags[authors.rows_with_name(short, exactly=True) if len(short) == 2 else []] = True
        if flags.any():
            break
    return flags


@dataclass(frozen=True, slots=True)
class Name:
    """Author names in a query: the names as typed, the rows of their papers, the query without the names."""

    text: str
    rows: NDArray[np.bool_]  # (n,)
    rest: str


def _frequency(snapshot: IndexSnapshot, word: str) -> int:
    """The number of papers with a word in their text."""
    return int(snapshot.inverted.frequencies(tokenize([word]).terms).max(initial=0))


def find_people(snapshot: IndexSnapshot, text: str) -> Name | None:
    """Find author names in a query; None if there are none.

    Words are a name if an author has this full name or if all are family names. They must be as frequent among authors
    as in texts, so that topics are not taken for people (Newton's method, naive Bayes, Adam).
    """
    tokens = spans(text)
    if not 0 < len(tokens) <= 12:
        return None
    words = [word for _, _, word in tokens]
    return _full_name(snapshot, text, tokens, words) or _family_names(snapshot, text, words)


def _full_name(
    snapshot: IndexSnapshot, text: str, tokens: Sequence[tuple[int, int, str]], words: Sequence[str]
) -> Name | None:
    terms = np.array([name_term(word) for word in words], np.uint64)
    windows = [
        (i, j)
        for size in range(min(MOST_WORDS, len(words)), 1, -1)
        for i in range(len(words) - size + 1)
        for j in (i + size - 1,)
        if words[j] not in SUFFIXES and (words[i] not in STOP_WORDS or len(words) == 2)
    ]
    if not windows:
        return None
    ends = np.array(windows)
    is_author = snapshot.knows_people(pair(terms[ends[:, 0]], terms[ends[:, 1]]))
    for i, j in ends[is_author].tolist():
        start, stop = tokens[i][0], tokens[j][1]
        initial = len(words[i]) == 1
        if initial and text[tokens[i][1] : tokens[i][1] + 1] != ".":
            continue  # "k means", not "K. Means"
        name = text[start:stop]
        rows = rows_by_author(snapshot, name, exactly=True)
        phrase = tokenize([name]).terms
        has_words = np.ones(len(snapshot), np.bool_)
        for value in phrase.tolist():
            has_words &= snapshot.inverted.rows_with(value)
        count = (
            np.count_nonzero(snapshot.positions.matches(phrase, range(len(TEXT_FIELDS)), has_words))
            if has_words.any()
            else 0
        )
        if np.count_nonzero(rows) and np.count_nonzero(rows) >= count:
            return Name(name, rows, f"{text[:start]} {text[stop:]}".strip(" ,.;&"))
    return None


def _family_names(snapshot: IndexSnapshot, text: str, words: Sequence[str]) -> Name | None:
    """LeCun; LeCun, Bengio and Hinton; Vaswani et al. 2017."""
    years = [word for word in words if len(word) == 4 and word.isdigit()]
    names = [word for word in words if word not in _LINKS and word not in years]
    if not names or len(names) > MOST_WORDS or any(word in STOP_WORDS or word.isdigit() for word in names):
        return None
    counts = snapshot.family_counts(np.array([name_term(word) for word in names], np.uint64)).tolist()
    if any(count == 0 or count < _frequency(snapshot, word) for word, count in zip(names, counts, strict=True)):
        return None
    rows = snapshot.alive.flags().copy()
    for word in names:
        rows &= _of_family(snapshot, word)
    if years:
        rows &= np.isin(snapshot.years, [int(year) for year in years])
    return Name(text.strip(), rows, "") if rows.any() else None


def _of_family(snapshot: IndexSnapshot, word: str) -> NDArray[np.bool_]:
    """Flags of the rows with an author of this last word, (n,)."""
    flags = np.zeros(len(snapshot), np.bool_)
    authors = _Authors.of(snapshot, np.flatnonzero(snapshot.inverted.rows_with(name_term(word))))
    last = authors._last() & (authors.terms == np.uint32(name_term(word) & 0xFFFFFFFF))
    flags[authors.rows[last]] = True
    return flags
