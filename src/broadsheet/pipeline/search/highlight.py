"""Highlighting: matching words in titles and snippets, and near words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.markup import formulas
from broadsheet.kit.native import kernel
from broadsheet.kit.paper import Paper
from broadsheet.kit.text import PositionedTokens, as_typed, fold, stem, term, tokenize_with_positions
from broadsheet.pipeline.records import Span
from broadsheet.pipeline.search.features import RankingFeatures

__all__ = ["Texts", "mark", "near", "typical_words"]

SHARED = 3  # terms shown at most
LEAD = 3  # words of a snippet before its first match
WIDE = 24  # characters of a snippet per word, at most: some "words" are a megabyte

MIN_WORD_COSINE = 0.25  # least cosine of two near words; of two random words it is 0 ± 0.06

Wanted = Mapping[str, str]  # stem → the word as typed


def typical_words(texts: Sequence[str], terms: NDArray[np.uint64]) -> Wanted:
    """The given terms as the texts write them."""
    tokens = tokenize_with_positions(texts)
    wanted = np.flatnonzero(find_sorted(np.unique(terms), tokens.terms) >= 0)
    first = np.sort(wanted[np.unique(tokens.terms[wanted], return_index=True)[1]])
    where = np.searchsorted(tokens.bounds, first, side="right") - 1
    places = zip(where.tolist(), tokens.starts[first].tolist(), tokens.stops[first].tolist(), strict=True)
    found = [as_typed(texts[i], start, stop) for i, start, stop in places]
    return {stem(word): word for word in found}


_kernel = kernel("words_window")


def _window(at: NDArray[np.int64], hits: NDArray[np.int64], most: int, size: int) -> int:
    """The index in `at` (ascending token positions of hits) where the window of `size` tokens with most distinct words
    starts.

    `hits` are the words at these positions, 0 .. most - 1.
    """
    return int(_kernel(at, hits, len(at), size - LEAD, np.zeros(most, np.int64)))


def _hits(tokens: PositionedTokens, wanted: Wanted) -> NDArray[np.int64]:
    """The index of every token among the wanted words, -1 if it is none, (t,)."""
    terms = np.array([term(root) for root in wanted], np.uint64)
    order = np.argsort(terms)
    found = find_sorted(terms[order], tokens.terms)
    return np.append(order, -1)[found]  # -1 selects the last entry


def mark(text: str, wanted: Wanted, size: int | None = None) -> tuple[tuple[Span, ...], set[str]]:
    """The text with the wanted words marked, and those of them (as typed) that it has.

    With `size`, only the first window of about that many words with most distinct ones.
    """
    tokens = tokenize_with_positions([text])
    return _marked(text, tokens, slice(0, len(tokens.terms)), _hits(tokens, wanted), list(wanted.values()), size)


def _marked(
    text: str, tokens: PositionedTokens, here: slice, hits: NDArray[np.int64], typed: Sequence[str], size: int | None
) -> tuple[tuple[Span, ...], set[str]]:
    """`mark` for the text whose tokens lie `here`; `hits` (t,) are positions in `typed`."""
    starts, stops, hits = tokens.starts[here], tokens.stops[here], hits[here]
    at = np.flatnonzero(hits >= 0)
    words = hits[at]
    start, stop = 0, len(text)
    if size is not None and len(starts) > size:
        first = max(0, int(at[_window(at, words, len(typed), size)]) - LEAD) if len(at) else 0
        first = min(first, len(starts) - size)
        start = int(starts[first]) if first else 0
        stop = int(stops[first + size - 1]) if first + size < len(starts) else len(text)
    if size is not None:
        stop = min(stop, start + size * WIDE)
    parts: list[Span] = [Span("… ")] if start else []
    position = start
    within = at[(stops[at] > start) & (starts[at] < stop)]
    whole = [formula for formula in formulas(text) if formula[1] > start and formula[0] < stop]
    for begin, end in _stretches(whole, starts[within].tolist(), stops[within].tolist()):
        if start <= begin and end <= stop:
            if begin > position:
                parts.append(Span(text[position:begin]))
            parts.append(Span(text[begin:end], True))
            position = end
    if position < stop:
        parts.append(Span(text[position:stop]))
    if stop < len(text):
        parts.append(Span(" …"))
    return tuple(parts), {typed[hit] for hit in set(words.tolist())}


def _stretches(
    whole: Sequence[tuple[int, int]], starts: Sequence[int], stops: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """The spans to mark, in order: a formula, given in `whole`, as one; overlapping words as one."""
    held: tuple[int, int] | None = None
    for word in zip(starts, stops, strict=True):
        begin, end = word
        for first, last in whole:
            if first < end and begin < last:
                begin, end = min(begin, first), max(end, last)
        if held and begin < held[1]:
            held = held[0], max(held[1], end)
            continue
        if held:
            yield held
        held = begin, end
    if held:
        yield held


PARTS = 3  # texts of a paper: title, body, keywords


@dataclass(frozen=True, slots=True)
class Texts:
    """The tokenised texts of the papers on a page of results."""

    papers: Sequence[Paper]
    texts: Sequence[str]  # PARTS a paper
    tokens: PositionedTokens
    wanted: Wanted
    hits: NDArray[np.int64]  # (t,), positions among the wanted words

    @classmethod
    def of(cls, papers: Sequence[Paper], wanted: Wanted, *, bodies: bool = True) -> Texts:
        """Tokenise the papers; without `bodies` only titles and keywords."""
        texts = [text for p in papers for text in (p.title, p.body if bodies else "", " ".join(p.keywords))]
        tokens = tokenize_with_positions(texts)
        return cls(papers, texts, tokens, wanted, _hits(tokens, wanted))

    def _here(self, at: int, part: int, parts: int = 1) -> slice:
        first = PARTS * at + part
        return slice(self.tokens.bounds[first], self.tokens.bounds[first + parts])

    def _mark(self, at: int, part: int, size: int | None) -> tuple[Span, ...]:
        here, text, typed = self._here(at, part), self.texts[PARTS * at + part], list(self.wanted.values())
        return _marked(text, self.tokens, here, self.hits, typed, size)[0]

    def title(self, at: int) -> tuple[Span, ...]:
        """The title of paper `at` with the wanted words marked."""
        return self._mark(at, 0, None)

    def snippet(self, at: int, size: int) -> tuple[Span, ...]:
        """The window of its body with most wanted words."""
        return self._mark(at, 1, size)

    def matched(self, at: int) -> tuple[str, ...]:
        """The wanted words that paper `at` has, as typed."""
        typed, hits = list(self.wanted.values()), self.hits[self._here(at, 0, PARTS)]
        return matched(self.papers[at], self.wanted, {typed[hit] for hit in set(hits[hits >= 0].tolist())})

    def written(self, at: int, meant: int) -> str | None:
        """A term as paper `at` writes it, None if it lacks it."""
        here = self._here(at, 0, PARTS)
        found = np.flatnonzero(self.tokens.terms[here] == np.uint64(meant))
        if not len(found):
            return None
        place = here.start + int(found[0])
        text = self.texts[int(np.searchsorted(self.tokens.bounds, place, side="right")) - 1]
        return as_typed(text, int(self.tokens.starts[place]), int(self.tokens.stops[place]))


def matched(paper: Paper, wanted: Wanted, in_text: set[str]) -> tuple[str, ...]:
    """The query words that the paper has, as typed and in query order; `in_text` are those in its texts."""
    if lacked := [w for w in wanted.values() if w not in in_text]:
        names = " ".join((*(p.name for p in paper.authors), paper.venue))
        if not names.isascii() or any(w in names.lower() for w in lacked):
            there = set(fold(names).split())
            in_text = in_text | {w for w in lacked if w in there}
    return tuple(w for w in wanted.values() if w in in_text)


def near(
    features: RankingFeatures, rows: NDArray[np.int64], texts: Texts, found: Sequence[tuple[str, ...]]
) -> list[tuple[tuple[str, str], ...]]:
    """The near words of each paper: (query word that it lacks, nearest word that it has).

    As late interaction matched them, where the cosine is clearly not chance. `rows` are the papers' rows, `found` the
    query words each has.
    """
    if not len(features.query.content.terms):  # only stop words
        return [() for _ in found]
    terms, cosines = features.nearest(rows)
    typed = list(texts.wanted.values())
    at = find_sorted(features.query.content.terms, np.array([term(root) for root in texts.wanted], np.uint64))
    pairs: list[list[tuple[str, str]]] = [[] for _ in found]
    for i, held in enumerate(found):
        for q in np.flatnonzero((at >= 0) & (cosines[i, at] >= MIN_WORD_COSINE)).tolist():
            if typed[q] not in held and len(pairs[i]) < SHARED:
                meant = texts.written(i, int(terms[i, at[q]]))
                pairs[i] += [(typed[q], meant)] if meant is not None else []
    return [tuple(some) for some in pairs]
