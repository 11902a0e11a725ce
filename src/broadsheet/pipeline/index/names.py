"""Author and venue names as terms, and the directory of a library's authors.

An author's name is stored as its words, in order, each with its first letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.text import STOP_TERMS, Tokens, fold, term, tokenize

__all__ = [
    "BREAK",
    "NAME_FIELDS",
    "SEARCHED_FIELDS",
    "STOP_NAMES",
    "SUFFIXES",
    "Directory",
    "directory",
    "initials",
    "name_term",
    "name_tokens",
    "pair",
]

NAME_FIELDS = ("author", "venue", "initial")  # the last has the first letters of the words in the first
SEARCHED_FIELDS = (0, 1)  # the name fields that are searched
BREAK = "0break0"  # a term between names, so that no phrase spans two authors
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NAME = np.uint64(0x5F3759DF9E3779B9)  # makes a name term differ from a stem with the same spelling

STOP_NAMES = np.sort(STOP_TERMS ^ _NAME)


def name_tokens(texts: Sequence[str]) -> Tokens:
    """Tokenise names: terms are unstemmed and differ from the terms of texts."""
    tokens = tokenize(texts, stemmed=False)
    return Tokens(tokens.terms ^ _NAME, tokens.bounds)


def name_term(word: str) -> int:
    """The term of one folded word of a name."""
    return term(word) ^ int(_NAME)


@dataclass(frozen=True, slots=True)
class Directory:
    """The authors of a segment as hashes of their names."""

    pairs: NDArray[np.uint64]  # (p,) ascending: first and last word, first letter and last word
    families: NDArray[np.uint64]  # (f,) ascending: last words
    counts: NDArray[np.int32]  # (f,) number of authors with each last word


def initials(authors: str) -> str:
    """The first letter of each word of the authors' names; separators are kept."""
    return " ".join([word if word == BREAK else word[0] for word in fold(authors).split()])


def pair(first: NDArray[np.uint64], last: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One hash per name of its first and last word, or first letter and last word, (n,)."""
    return (first * _MIX) ^ last


def directory(names: Tokens, letters: Tokens) -> Directory:
    """Build the directory of authors from the words of their names and the aligned first letters; n texts each.

    Authors are keyed by first and last word, and by first letter and last word.
    """
    terms = names.terms
    ends = np.union1d(np.flatnonzero(terms == np.uint64(name_term(BREAK))), names.bounds[1:])
    starts = np.concatenate([[0], ends])[:-1]
    starts += np.append(terms == np.uint64(name_term(BREAK)), False)[starts]  # after the separator
    nonempty = starts < ends
    starts, ends = starts[nonempty], ends[nonempty]
    suffixes = np.sort(np.array([name_term(word) for word in SUFFIXES], np.uint64))
    ends = ends - ((ends - starts > 2) & (find_sorted(suffixes, terms[ends - 1]) >= 0))
    families, counts = np.unique(terms[ends - 1], return_counts=True)
    long = ends - starts > 1
    first, last = starts[long], ends[long] - 1
    pairs = np.union1d(pair(terms[first], terms[last]), pair(letters.terms[first], terms[last]))
    return Directory(pairs, families, counts.astype(np.int32))
