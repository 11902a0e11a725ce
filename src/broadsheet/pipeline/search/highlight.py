"""Highlighting: query words marked in titles and snippets, and words related to those a paper lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.markup import formulas
from broadsheet.kit.paper import Paper
from broadsheet.kit.text import PositionedTokens, as_typed, fold, stem, term, tokenize_with_positions
from broadsheet.pipeline.records import Span
from broadsheet.pipeline.search import snippets
from broadsheet.pipeline.search.features import RankingFeatures
from broadsheet.pipeline.search.snippets import Evidence, Stretch

__all__ = ["Texts", "mark", "related_words", "typical_words"]

MAX_RELATED = 3  # related words shown for a paper, at most
MIN_WORD_COSINE = 0.25  # least cosine of two related words; random pairs have 0 ± 0.06

HighlightWords = Mapping[str, str]  # stem → surface form: the word as typed


def typical_words(texts: Sequence[str], terms: NDArray[np.uint64]) -> HighlightWords:
    """The surface form of each of the terms, from the texts: stem → word."""
    tokens = tokenize_with_positions(texts)
    hits = np.flatnonzero(find_sorted(np.unique(terms), tokens.terms) >= 0)
    first = np.sort(hits[np.unique(tokens.terms[hits], return_index=True)[1]])
    where = np.searchsorted(tokens.bounds, first, side="right") - 1
    places = zip(where.tolist(), tokens.starts[first].tolist(), tokens.stops[first].tolist(), strict=True)
    words = [as_typed(texts[i], start, stop) for i, start, stop in places]
    return {stem(word): word for word in words}


def _word_of_token(tokens: PositionedTokens, words: HighlightWords) -> NDArray[np.int64]:
    """The index of every token among the words, -1 if it is none of them, (t,)."""
    terms = np.array([term(root) for root in words], np.uint64)
    order = np.argsort(terms)
    places = find_sorted(terms[order], tokens.terms)
    return np.append(order, -1)[places]  # -1 selects the last entry


def mark(text: str, words: HighlightWords, size: int | None = None) -> tuple[tuple[Span, ...], set[str]]:
    """Mark the words in a text; returns its spans and the surface forms that it contains.

    With `size`, only the window of about that many words with the most distinct of them; the first of several.
    """
    tokens = tokenize_with_positions([text])
    hits, surfaces = _word_of_token(tokens, words), list(words.values())
    stretch = (0, len(text))
    if size is not None and len(hits) > size:
        stretch = snippets.window(text, tokens.starts, tokens.stops, hits, size)
    here = slice(0, len(hits))
    return _mark_tokens(text, tokens, here, hits, [stretch]), {surfaces[hit] for hit in set(hits[hits >= 0].tolist())}


def _mark_tokens(
    text: str, tokens: PositionedTokens, here: slice, hits: NDArray[np.int64], stretches: Sequence[Stretch]
) -> tuple[Span, ...]:
    """These stretches of the text with the tokens `here`, the words marked; `hits` (t,) are -1 for other words."""
    at = np.flatnonzero(hits[here] >= 0)
    starts, stops = tokens.starts[here][at], tokens.stops[here][at]
    parts: list[Span] = []
    for n, (start, stop) in enumerate(stretches):
        if start:
            parts.append(Span(" … " if n else "… "))
        within = (stops > start) & (starts < stop)
        formula_spans = [formula for formula in formulas(text) if formula[1] > start and formula[0] < stop]
        position = start
        for begin, end in _marked(formula_spans, starts[within].tolist(), stops[within].tolist()):
            if start <= begin and end <= stop:
                if begin > position:
                    parts.append(Span(text[position:begin]))
                parts.append(Span(text[begin:end], True))
                position = end
        if position < stop:
            parts.append(Span(text[position:stop]))
    if stretches[-1][1] < len(text):
        parts.append(Span(" …"))
    return tuple(parts)


def _marked(
    formula_spans: Sequence[tuple[int, int]], starts: Sequence[int], stops: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """The spans to mark, in order. A formula with a hit is marked whole; overlapping spans are merged."""
    current: tuple[int, int] | None = None
    for word in zip(starts, stops, strict=True):
        begin, end = word
        for first, last in formula_spans:
            if first < end and begin < last:
                begin, end = min(begin, first), max(end, last)
        if current and begin < current[1]:
            current = current[0], max(current[1], end)
            continue
        if current:
            yield current
        current = begin, end
    if current:
        yield current


PARTS = 3  # texts of a paper: title, body, keywords


@dataclass(frozen=True, slots=True)
class Texts:
    """The tokenised texts of the papers on a page of results."""

    papers: Sequence[Paper]
    texts: Sequence[str]  # PARTS a paper
    tokens: PositionedTokens
    words: HighlightWords
    hits: NDArray[np.int64]  # (t,), positions in `words`, -1 for other words

    @classmethod
    def of(cls, papers: Sequence[Paper], words: HighlightWords, *, bodies: bool = True) -> Texts:
        """Tokenise the papers; without `bodies` only titles and keywords."""
        texts = [text for p in papers for text in (p.title, p.body if bodies else "", " ".join(p.keywords))]
        tokens = tokenize_with_positions(texts)
        return cls(papers, texts, tokens, words, _word_of_token(tokens, words))

    def _here(self, at: int, part: int, parts: int = 1) -> slice:
        first = PARTS * at + part
        return slice(self.tokens.bounds[first], self.tokens.bounds[first + parts])

    def _mark(self, at: int, part: int, stretches: Sequence[Stretch] | None = None) -> tuple[Span, ...]:
        text = self.texts[PARTS * at + part]
        return _mark_tokens(text, self.tokens, self._here(at, part), self.hits, stretches or [(0, len(text))])

    def title(self, at: int) -> tuple[Span, ...]:
        """The title of paper `at` with the words marked."""
        return self._mark(at, 0)

    def body(self, at: int) -> slice:
        """The tokens of the body of paper `at`."""
        return self._here(at, 1)

    def stretches(self, evidence: Evidence, size: int) -> list[list[Stretch]]:
        """The stretches of each body that answer the query, at most `size` words."""
        bodies = [(self.texts[PARTS * at + 1], self.body(at)) for at in range(len(self.papers))]
        return snippets.answers(bodies, self.tokens, self.hits, evidence, size)

    def snippets(self, evidence: Evidence, size: int) -> list[tuple[Span, ...]]:
        """The sentences of each body that answer the query, at most `size` words, with the words marked."""
        return [self._mark(at, 1, own) for at, own in enumerate(self.stretches(evidence, size))]

    def matched_words(self, at: int) -> tuple[str, ...]:
        """The words that paper `at` contains, as typed."""
        surfaces, hits = list(self.words.values()), self.hits[self._here(at, 0, PARTS)]
        return matched_words(self.papers[at], self.words, {surfaces[hit] for hit in set(hits[hits >= 0].tolist())})

    def surface_form(self, at: int, value: int) -> str | None:
        """The first surface form of a term in paper `at`, None if the paper lacks it."""
        here = self._here(at, 0, PARTS)
        hits = np.flatnonzero(self.tokens.terms[here] == np.uint64(value))
        if not len(hits):
            return None
        place = here.start + int(hits[0])
        text = self.texts[int(np.searchsorted(self.tokens.bounds, place, side="right")) - 1]
        return as_typed(text, int(self.tokens.starts[place]), int(self.tokens.stops[place]))


def matched_words(paper: Paper, words: HighlightWords, in_text: set[str]) -> tuple[str, ...]:
    """The query words in the paper's texts or names, as typed and in query order; `in_text` are those in its texts."""
    if missing := [w for w in words.values() if w not in in_text]:
        names = " ".join((*(p.name for p in paper.authors), paper.venue))
        if not names.isascii() or any(w in names.lower() for w in missing):
            name_words = set(fold(names).split())
            in_text = in_text | {w for w in missing if w in name_words}
    return tuple(w for w in words.values() if w in in_text)


def related_words(
    features: RankingFeatures, rows: NDArray[np.int64], texts: Texts, matches: Sequence[tuple[str, ...]]
) -> list[tuple[tuple[str, str], ...]]:
    """Related words of each paper as pairs: (query word that it lacks, the paper's nearest word to it).

    Word pairs come from late interaction and have a cosine of at least MIN_WORD_COSINE. `rows` are the papers' rows,
    `matches` the query words that each contains.
    """
    if not len(features.query.content.terms):  # only stop words
        return [() for _ in matches]
    terms, cosines = features.nearest(rows)
    surfaces = list(texts.words.values())
    at = find_sorted(features.query.content.terms, np.array([term(root) for root in texts.words], np.uint64))
    pairs: list[list[tuple[str, str]]] = [[] for _ in matches]
    for i, present in enumerate(matches):
        for q in np.flatnonzero((at >= 0) & (cosines[i, at] >= MIN_WORD_COSINE)).tolist():
            if surfaces[q] not in present and len(pairs[i]) < MAX_RELATED:
                surface = texts.surface_form(i, int(terms[i, at[q]]))
                pairs[i] += [(surfaces[q], surface)] if surface is not None else []
    return [tuple(own) for own in pairs]
