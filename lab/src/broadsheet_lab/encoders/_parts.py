"""Parts of speech of English words from closed classes, endings and the company words keep: no model, no dictionary.

A word is a verb where it follows what only verbs follow ("to", "can", "we"), or where words of its form do so more
often than they follow what nouns follow ("the", "of"); endings tell adverbs, adjectives and participles. What is left
is a noun.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import Tokens, term, tokenize, tokenize_and_count

__all__ = ["ADJECTIVE", "ADVERB", "CLOSED", "DETERMINER", "NOUN", "PREPOSITION", "VERB", "Tagged", "tagged"]

NOUN, VERB, ADJECTIVE, ADVERB, PREPOSITION, DETERMINER, CLOSED = range(7)
_PRONOUN, _BE, _TO, _EDGE = 7, 8, 9, 10  # told apart while words are tagged; CLOSED afterwards

_WORDS = {
    DETERMINER: "a an the this that these those its their our your his her my each every some any no both all such"
    " another other many several few most more less two three four one first second which whose what",
    PREPOSITION: "of in on for with by from at as into onto over under between among across through during without"
    " within towards toward against via per than about upon along around beyond despite like unlike",
    _PRONOUN: "we they i you he she it who which",
    _BE: "is are was were be been being am has have had having do does did done",
    _TO: "to can could may might will would shall should must cannot not let",
    CLOSED: "and or but nor so yet if then because while when where whether although though since until however"
    " moreover furthermore thus hence therefore also there here only even just very too et al etc e g i s t vs",
}
_BREAK = re.compile(r"[.!?;:]+(?=\s|$)|\n")
_ADVERB = re.compile(r".{3,}ly$")
_ADJECTIVE = re.compile(r".{2,}(?:al|ive|ous|able|ible|ic|ful|less|ary|ier|iest|ish)$")


@dataclass(frozen=True)
class Tagged:
    """The sentences of texts: the stems of their words and what part of speech each is."""

    tokens: Tokens  # row i is a sentence
    tags: NDArray[np.int8]  # (total,)
    texts: NDArray[np.int64]  # (sentences,) which text each is of

    def of_texts(self, count: int) -> Tokens:
        """The tokens with a row for each of `count` texts."""
        return Tokens(self.tokens.terms, self.tokens.bounds[np.searchsorted(self.texts, np.arange(count + 1))])


def tagged(texts: Sequence[str]) -> Tagged:
    """Split into sentences and tag every word."""
    parts = [[part for part in _BREAK.split(text) if part.strip()] for text in texts]
    sentences = [part for found in parts for part in found]
    of = np.repeat(np.arange(len(texts)), [len(found) for found in parts])
    written = tokenize(sentences, stemmed=False)
    stems, counts = tokenize_and_count(sentences)
    terms, at = np.unique(written.terms, return_inverse=True)
    spelt = dict.fromkeys(terms.tolist(), "") | {term(word): word for word in counts}
    return Tagged(stems, _tags([spelt[t] for t in terms.tolist()], at.ravel(), written.bounds), of)


def _classes(words: Sequence[str]) -> NDArray[np.int8]:
    """The closed class of every distinct word, NOUN where it has none."""
    known = {word: kind for kind, listed in _WORDS.items() for word in listed.split()}
    return np.array([known.get(word, NOUN) for word in words], np.int8)


def _bases(words: Sequence[str]) -> NDArray[np.int64]:
    """For a word on -s the word without it, if there is one; else the word itself."""
    places = {word: i for i, word in enumerate(words)}

    def base(i: int, word: str) -> int:
        if not word.endswith("s") or word.endswith("ss"):
            return i
        stems = [word[:-1], word[:-2] if word.endswith("es") else "", word[:-3] + "y" if word.endswith("ies") else ""]
        return next((places[stem] for stem in stems if stem in places), i)

    return np.array([base(i, word) for i, word in enumerate(words)], np.int64)


def _tags(words: Sequence[str], at: NDArray[np.int64], bounds: NDArray[np.int64]) -> NDArray[np.int8]:
    """The tag of every token, given the distinct words and which of them each token is."""
    kinds, total = _classes(words), len(at)
    kind = kinds[at]
    before, after = np.full(total, _EDGE, np.int8), np.full(total, _EDGE, np.int8)
    before[1:], after[:-1] = kind[:-1], kind[1:]
    ends = bounds[np.diff(bounds, append=total + 1) > 0]
    before[ends[ends < total]] = _EDGE
    after[ends[(ends > 0)] - 1] = _EDGE
    opens = kind == NOUN
    calls_verb, calls_noun = np.isin(before, (_TO, _PRONOUN)), np.isin(before, (DETERMINER, PREPOSITION))
    base = _bases(words)

    def counted(called: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(base[at[called & opens]], minlength=len(words))

    verbs, nouns = counted(calls_verb), counted(calls_noun)
    verbal = (verbs > nouns)[base]  # of distinct words
    past, going = (np.array([word[2:].endswith(end) for word in words])[at] for end in ("ed", "ing"))
    adverb = np.array([bool(_ADVERB.match(word)) for word in words])
    adjective = np.array([bool(_ADJECTIVE.match(word)) for word in words]) & ~verbal
    tags = np.where(adjective[at], ADJECTIVE, NOUN).astype(np.int8)
    tags[past] = np.where(calls_noun & (after == NOUN), ADJECTIVE, VERB)[past]
    tags[going & (np.isin(before, (PREPOSITION, _BE, _EDGE, CLOSED, _TO))) & (after != _EDGE)] = VERB
    tags[verbal[at] & ~calls_noun & ~going & ~past] = VERB
    tags[calls_verb & ~adjective[at] & ~going] = VERB
    tags[adverb[at]] = ADVERB
    closed = ~opens
    tags[closed] = np.where(np.isin(kind, (DETERMINER, PREPOSITION)), kind, CLOSED)[closed]
    return tags
