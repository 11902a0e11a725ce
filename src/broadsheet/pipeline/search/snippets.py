"""Snippets: the sentences of a text that answer a query, chosen by its words and its meaning.

Sentences are shown whole where they fit; no word and no formula is cut. Sentences that are left out are an ellipsis.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.static import StaticEncoder
from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.markup import formulas
from broadsheet.kit.native import kernel
from broadsheet.kit.sentences import sentences
from broadsheet.kit.text import PositionedTokens, Tokens, term
from broadsheet.pipeline.search.analysis import AnalyzedQuery

__all__ = ["Evidence", "Stretch", "answers", "window"]

Stretch = tuple[int, int]  # characters of a text

LEAD = 3  # words of a window before its first hit
WIDE = 24  # characters of a snippet per word, at most: some "words" are a megabyte
LEAST = 8  # words of a part of a sentence
MEANING = 1.0  # weight of a sentence's cosine with the query; all its words together have 1
_LONG_WORD = 40  # characters that a cut is moved by to spare a word

_kernel = kernel("words_window")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a query says about sentences: the weight of each word to highlight, and the query's direction."""

    weights: NDArray[np.float32]  # (m,), the sum is 1
    direction: NDArray[np.float32]  # (d,)
    encoder: StaticEncoder

    @classmethod
    def of(cls, query: AnalyzedQuery, words: Mapping[str, str]) -> Evidence:
        """The evidence of a query whose `words` are highlighted; a word that it does not weigh has the mean weight."""
        content = query.content
        at = find_sorted(content.terms, np.array([term(root) for root in words], np.uint64))
        usual = float(content.salience.mean()) if len(content.salience) else 1.0
        weights = np.where(at >= 0, np.append(content.salience, usual)[at], usual).astype(np.float32)
        return cls(weights / max(float(weights.sum()), 1e-9), query.vector, query.snapshot.encoder)


@dataclass(frozen=True, slots=True)
class _Body:
    """A text as sentences of tokens."""

    text: str
    starts: NDArray[np.int64]  # (t,) characters of the tokens
    stops: NDArray[np.int64]
    hits: NDArray[np.int64]  # (t,) positions of words to highlight, -1 for other words
    spans: Sequence[Stretch]  # (s,) sentences
    bounds: NDArray[np.int64]  # (s + 1,) tokens of the sentences

    @property
    def words(self) -> list[set[int]]:
        """The words to highlight in each sentence."""
        at = np.flatnonzero(self.hits[: self.bounds[-1]] >= 0)
        contained: list[set[int]] = [set() for _ in self.spans]
        sentence = np.searchsorted(self.bounds, at, side="right") - 1
        for place, word in zip(sentence.tolist(), self.hits[at].tolist(), strict=True):
            contained[place].add(word)
        return contained

    @classmethod
    def of(cls, text: str, tokens: PositionedTokens, here: slice, hits: NDArray[np.int64]) -> _Body:
        starts, stops = tokens.starts[here], tokens.stops[here]
        spans = sentences(text)
        firsts = np.searchsorted(starts, [start for start, _ in spans[1:]])
        last = np.searchsorted(starts, spans[-1][1]) if spans else 0
        return cls(text, starts, stops, hits[here], spans, np.array([0, *firsts, last], np.int64))


def answers(
    texts: Sequence[tuple[str, slice]], tokens: PositionedTokens, hits: NDArray[np.int64], evidence: Evidence, size: int
) -> list[list[Stretch]]:
    """The stretches of each text that answer the query best, at most `size` words of it, in order.

    A text is given with its tokens, a slice of `tokens`; `hits` (t,) are the words to highlight, -1 for others.
    """
    bodies = [_Body.of(text, tokens, here, hits) for text, here in texts]
    cosines, weights = iter(_cosines(texts, bodies, tokens, evidence, size)), evidence.weights.tolist()
    stretches = [
        _choose(body, next(cosines), weights, size) if len(body.starts) > size else [(0, len(body.text))]
        for body in bodies
    ]
    return [[(start, min(stop, start + size * WIDE)) for start, stop in own] for own in stretches]


def _cosines(
    texts: Sequence[tuple[str, slice]],
    bodies: Sequence[_Body],
    tokens: PositionedTokens,
    evidence: Evidence,
    size: int,
) -> list[NDArray[np.float32]]:
    """The cosine of each sentence with the query, for every text that is longer than `size` words."""
    long = [(here, body) for (_, here), body in zip(texts, bodies, strict=True) if len(body.starts) > size]
    if not long:
        return []
    terms = np.concatenate([tokens.terms[here][: body.bounds[-1]] for here, body in long])
    bounds = np.cumsum([0, *(length for _, body in long for length in np.diff(body.bounds).tolist())])
    cosines = evidence.encoder.encode_tokens(Tokens(terms, bounds)) @ evidence.direction
    return np.split(cosines, np.cumsum([len(body.spans) for _, body in long])[:-1])


def _choose(body: _Body, cosines: NDArray[np.float32], weights: Sequence[float], size: int) -> list[Stretch]:
    """The best sentence, then those that add most, as long as they fit; in what is left, a part with further words."""
    lengths, contained = np.diff(body.bounds).tolist(), body.words
    meaning = [MEANING * max(cosine, 0.0) for cosine in cosines.tolist()]
    room, chosen, shown = size, list[int](), set[int]()

    def best(fits: int, meaning: Sequence[float]) -> tuple[float, int]:
        """(gain, sentence) of the sentence of at most `fits` words that adds most, the first of several."""
        gains = [
            (sum(weights[word] for word in contained[at] - shown) + meaning[at] if lengths[at] <= fits else 0.0, -at)
            for at in range(len(lengths))
            if at not in chosen
        ]
        gain, at = max(gains, default=(0.0, 0))
        return gain, -at

    _, first = best(len(body.starts), meaning)
    if lengths[first] > room:
        return [_part(body, first, contained[first], room)]
    gain, at = 1.0, first
    while gain > 0:
        chosen.append(at)
        shown |= contained[at]
        room -= lengths[at]
        gain, at = best(room, meaning)
    stretches = [body.spans[at] for at in chosen]
    gain, at = best(len(body.starts), [0.0] * len(lengths))
    if gain > 0 and room >= LEAST:
        stretches.append(_part(body, at, contained[at] - shown, room))
    return _joined(stretches)


def _part(body: _Body, sentence: int, words: Collection[int], room: int) -> Stretch:
    """The window of `room` words of a sentence with most of these words."""
    here = slice(body.bounds[sentence], body.bounds[sentence + 1])
    hits = np.array([hit if hit in words else -1 for hit in body.hits[here].tolist()], np.int64)
    return window(body.text, body.starts[here], body.stops[here], hits, room)


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The stretches in order; those with only a space between them are one."""
    joined: list[Stretch] = []
    for start, stop in sorted(stretches):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        else:
            joined.append((start, stop))
    return joined


def window(
    text: str, starts: NDArray[np.int64], stops: NDArray[np.int64], hits: NDArray[np.int64], size: int
) -> Stretch:
    """The window of `size` of these tokens with the most distinct hits, the first of several.

    `hits` (t,) are words, counted from 0; -1 for other tokens. Whole words and formulas.
    """
    at = np.flatnonzero(hits >= 0)
    first = 0
    if len(at):
        best = int(_kernel(at, hits[at], len(at), size - LEAD, np.zeros(int(hits.max()) + 1, np.int64)))
        first = max(0, int(at[best]) - LEAD)
    first = max(0, min(first, len(starts) - size))
    last = min(first + size, len(starts)) - 1
    start = int(starts[first]) if len(starts) else 0
    stop = int(stops[last]) if len(starts) else len(text)
    start, stop = _whole(text, start, stop)
    return start, min(stop, start + size * WIDE)


def _whole(text: str, start: int, stop: int) -> Stretch:
    """The stretch with the words and formulas at its ends whole."""
    before = text.rfind(" ", max(0, start - _LONG_WORD), start) + 1
    if before or start <= _LONG_WORD:
        start = before
    after = text.find(" ", stop, stop + _LONG_WORD)
    if after >= 0:
        stop = after
    elif len(text) - stop <= _LONG_WORD:
        stop = len(text)
    for first, last in formulas(text):
        if first < start < last:
            start = first
        if first < stop < last:
            stop = last
    return start, stop
