"""The names of a library's papers as terms, and the directory of its authors.

Authors' names are kept as their words, in order, with the first letter of each beside it.
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
    "SAID",
    "STOP_NAMES",
    "SUFFIXES",
    "Directory",
    "directory",
    "initials",
    "name_term",
    "name_tokens",
    "pair",
]

NAME_FIELDS = ("author", "venue", "initial")  # the last: first letters of the first's words
SAID = (0, 1)  # the fields of names whose words find a paper
BREAK = "0break0"  # stands between two names, so that no phrase runs from one author into the next
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NAME = np.uint64(0x5F3759DF9E3779B9)  # sets a name apart from the stem that happens to be spelt like it

STOP_NAMES = np.sort(STOP_TERMS ^ _NAME)


def name_tokens(texts: Sequence[str]) -> Tokens:
    """The words of names: as they stand, and never equal to a word of text."""
    tokens = tokenize(texts, stemmed=False)
    return Tokens(tokens.terms ^ _NAME, tokens.bounds)


def name_term(word: str) -> int:
    """The term of one folded word of a name."""
    return term(word) ^ int(_NAME)


@dataclass(frozen=True, slots=True)
class Directory:
    """Who is an author here, by hashes."""

    pairs: NDArray[np.uint64]  # (p,) ascending: first and last word, first letter and last word
    families: NDArray[np.uint64]  # (f,) ascending: last words
    counts: NDArray[np.int32]  # (f,) how often each


def initials(authors: str) -> str:
    """The first letter of each word of the authors' names, breaks between them kept."""
    return " ".join([word if word == BREAK else word[0] for word in fold(authors).split()])


def pair(first: NDArray[np.uint64], last: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One number for the first and the last word, or first letter and last word, of each name, (n,)."""
    return (first * _MIX) ^ last


def directory(names: Tokens, letters: Tokens) -> Directory:
    """Who is in it, from the words of all authors (breaks between them) and their first letters, aligned; n texts each.

    Every author by first and last word, and by first letter and last word.
    """
    terms = names.terms
    ends = np.union1d(np.flatnonzero(terms == np.uint64(name_term(BREAK))), names.bounds[1:])
    starts = np.concatenate([[0], ends])[:-1]
    starts += np.append(terms == np.uint64(name_term(BREAK)), False)[starts]  # behind the break
    kept = starts < ends
    starts, ends = starts[kept], ends[kept]
    suffixes = np.sort(np.array([name_term(word) for word in SUFFIXES], np.uint64))
    ends = ends - ((ends - starts > 2) & (find_sorted(suffixes, terms[ends - 1]) >= 0))
    families, counts = np.unique(terms[ends - 1], return_counts=True)
    long = ends - starts > 1
    first, last = starts[long], ends[long] - 1
    pairs = np.union1d(pair(terms[first], terms[last]), pair(letters.terms[first], terms[last]))
    return Directory(pairs, families, counts.astype(np.int32))
