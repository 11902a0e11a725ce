"""Rows and numbers → words for people: highlighted titles, snippets, and the reasons of a feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import ReaderState
from broadsheet.encoders.contract import TermExplainer
from broadsheet.explanation.influence import shared_terms
from broadsheet.kit.bags import locate
from broadsheet.kit.paper import Paper
from broadsheet.kit.text import STOP_TERMS, fold, spans, stem, term, tokenize
from broadsheet.pipeline.evidence import STOPS
from broadsheet.pipeline.feed import Interest, Page, idf_of
from broadsheet.pipeline.profile import SILENT
from broadsheet.pipeline.results import Reason, Span
from broadsheet.pipeline.view import TEXT_FIELDS, View
from broadsheet.ranking.late_interaction import unit_rows

__all__ = ["Nearest", "body", "mark", "matched", "near", "query_words", "reasons", "typical_words"]

NEAR = 3  # reasons of an item at most
SHARED = 3  # shared terms named at most
LEAD = 3  # words a snippet shows before its first match
WIDE = 24  # characters of a snippet for each word of its size, at most: some "words" are a megabyte

NEAR_WORD = 0.25  # cosine of two words that is no chance: of two at random it is 0 give or take 0.06

Wanted = Mapping[str, str]  # stem → the word as typed: what highlighting looks for


def body(paper: Paper) -> str:
    """What the paper is about: the abstract, else the summary."""
    return paper.abstract or paper.summary


def whole(paper: Paper) -> str:
    """Everything of a paper that explanations draw words from."""
    return f"{paper.title}\n{body(paper)}\n{' '.join(paper.keywords)}"


def query_words(text: str) -> Wanted:
    """The words of a query that count; all of them if all are stop words."""
    words = {stem(w): w for w in reversed(fold(text).split())}
    stops = locate(STOP_TERMS, np.array([term(s) for s in words], np.uint64)) >= 0
    telling = {s: w for (s, w), stop in zip(words.items(), stops.tolist(), strict=True) if not stop}
    return dict(reversed((telling or words).items()))


def typical_words(texts: Sequence[str], terms: NDArray[np.uint64]) -> Wanted:
    """The given terms as they are written in the texts."""
    wanted = set(terms.tolist())
    found: dict[str, str] = {}
    for text in texts:
        for _, _, word in spans(text):
            root = stem(word)
            if root not in found and term(root) in wanted:
                found[root] = word
    return found


def _window(at: Sequence[int], words: Sequence[str], size: int) -> int:
    """The position in `at` (ascending places of hits) from which `size` tokens hold most different words."""
    inside: Counter[str] = Counter()
    best, best_count, stop = 0, 0, 0
    for first, place in enumerate(at):
        while stop < len(at) and at[stop] < place + size - LEAD:
            inside[words[stop]] += 1
            stop += 1
        if len(inside) > best_count:
            best, best_count = first, len(inside)
        inside[words[first]] -= 1
        if not inside[words[first]]:
            del inside[words[first]]
    return best


def mark(text: str, wanted: Wanted, size: int | None = None) -> tuple[tuple[Span, ...], set[str]]:
    """The text with the wanted words marked, and which of them (as typed) it has.

    With `size`, only the stretch of about that many words that holds most different ones, the earliest of the best.
    """
    tokens = spans(text)
    found = [wanted.get(stem(word)) for _, _, word in tokens] if wanted else []
    at = [i for i, hit in enumerate(found) if hit]
    words = [hit for hit in found if hit]
    start, stop = 0, len(text)
    if size is not None and len(tokens) > size:
        first = max(0, at[_window(at, words, size)] - LEAD) if at else 0
        first = min(first, len(tokens) - size)
        start = tokens[first][0] if first else 0
        stop = tokens[first + size - 1][1] if first + size < len(tokens) else len(text)
    if size is not None:
        stop = min(stop, start + size * WIDE)
    parts: list[Span] = [Span("… ")] if start else []
    position = start
    for i in at:
        begin, end, _ = tokens[i]
        if start <= begin and end <= stop:
            if begin > position:
                parts.append(Span(text[position:begin]))
            parts.append(Span(text[begin:end], True))
            position = end
    if position < stop:
        parts.append(Span(text[position:stop]))
    if stop < len(text):
        parts.append(Span(" …"))
    return tuple(parts), set(words)


def matched(paper: Paper, wanted: Wanted, in_text: set[str]) -> tuple[str, ...]:
    """The query words that the paper has, as typed, in the query's order; `in_text` are those already seen."""
    if len(in_text) < len(wanted):
        names = set(fold(" ".join((*(p.name for p in paper.authors), paper.venue))).split())
        keywords = {stem(w) for w in fold(" ".join(paper.keywords)).split()}
        in_text = in_text | {w for s, w in wanted.items() if s in keywords or w in names}
    return tuple(w for w in wanted.values() if w in in_text)


def near(
    view: View, rows: NDArray[np.int64], papers: Sequence[Paper], wanted: Wanted, found: Sequence[tuple[str, ...]]
) -> list[tuple[tuple[str, str], ...]]:
    """For each paper the query words it lacks beside the word of it that means nearest the same: (as typed, as there).

    What late interaction matched them with; only words whose learned vectors are clearly near. `rows` are the papers'.
    """
    out: list[tuple[tuple[str, str], ...]] = [() for _ in papers]
    encoder, typed = view.encoder, list(wanted.values())
    asked = np.array([term(root) for root in wanted], np.uint64)
    lacked = np.array([[word not in held for word in typed] for held in found], np.bool_).reshape(
        len(papers), len(typed)
    )
    lacked &= locate(encoder.vocabulary_, asked) >= 0
    if not lacked.any():
        return out
    order = np.argsort(rows)
    terms, bounds = view.positions.read(rows[order])
    words = np.where(STOPS.find(terms) < 0, view.vocabulary.find(terms), -1)
    used, slots = np.unique(words, return_inverse=True)  # -1, which is no word, comes first
    cosines = unit_rows(encoder.weights(used)) @ unit_rows(encoder.vectors(asked)).T  # (v, m)
    cosines[used < 0] = 0
    whole_papers = bounds[:: len(TEXT_FIELDS)]
    for at, start, stop in zip(order.tolist(), whole_papers[:-1].tolist(), whole_papers[1:].tolist(), strict=True):
        if start == stop or not lacked[at].any():
            continue
        there = slots[start:stop]
        best = there[cosines[there].argmax(axis=0)]  # (m,)
        close = lacked[at] & (cosines[best, np.arange(len(typed))] >= NEAR_WORD)
        if close.any():
            meant = {q: int(encoder.vocabulary_[used[best[q]]]) for q in np.flatnonzero(close).tolist()}
            written = typical_words([whole(papers[at])], np.array(list(meant.values()), np.uint64))
            as_there = {term(root): word for root, word in written.items()}
            out[at] = tuple((typed[q], as_there[t]) for q, t in meant.items() if t in as_there)[:SHARED]
    return out


def _telling(view: View, terms: NDArray[np.uint64], direction: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each term says about the topic that lies in `direction`, aligned; at least 0."""
    encoder = view.encoder
    weights = 1e-3 * idf_of(view, terms)  # all there is to say of words the encoder has not met
    if isinstance(encoder, TermExplainer):
        weights += np.maximum(encoder.contributions(terms, direction), 0)
    return np.where(locate(SILENT, terms) >= 0, np.float32(0), weights)


def _shared(view: View, text: str, theirs: NDArray[np.uint64], direction: NDArray[np.float32]) -> tuple[str, ...]:
    """The words of the text that tell most among those `theirs` also has, in lower case."""
    where = spans(text)  # the terms are taken from what is shown: the tokeniser may cut odd characters elsewhere
    terms = np.array([term(stem(word)) for _, _, word in where], np.uint64)
    weights = np.zeros(len(terms), np.float32)
    held = np.flatnonzero(np.isin(terms, theirs))
    weights[held] = _telling(view, terms[held], direction)
    common = shared_terms(terms, theirs, weights, SHARED)
    return tuple(" ".join(word for _, _, word in where[s.start : s.start + s.length]) for s in common)


def _deed(state: ReaderState, paper: int) -> str:
    """The strongest thing the reader did with a paper they liked."""
    if paper in state.saved:
        return "saved"
    return "rated up" if state.ratings.get(paper, 0) > 0 else "opened"


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each paper of a page the liked one it is nearest to, of those that speak for it; aligned."""

    ids: tuple[int, ...]
    towards: NDArray[np.float32]  # the liked papers' vectors, (n, d)
    shares: NDArray[np.float32]  # of the page's scores that these account for, 0..1; 0 where nothing speaks for it

    @classmethod
    def of(cls, view: View, interest: Interest, found: Page) -> Nearest:
        """From the model's own parts of every score."""
        vectors = view.scan.vectors(found.rows)
        pushes = np.maximum(interest.influence.explain(vectors)[:, : interest.wanted], 0)  # (n, wanted)
        likeness = interest.influence.likeness(vectors)[:, : interest.wanted]
        chosen = np.where(pushes > 0, likeness, -np.inf).argmax(axis=1)
        shares = pushes[np.arange(len(chosen)), chosen] / np.maximum(pushes.sum(axis=1), 1e-9)
        ids = view.ids[interest.rows[chosen]].tolist()
        return cls(tuple(ids), interest.influence.examples[chosen], shares.astype(np.float32))


def reasons(
    view: View, found: Page, nearest: Nearest | None, papers: Mapping[int, Paper], state: ReaderState
) -> list[tuple[Reason, ...]]:
    """Why each paper of the page is there; `papers` holds the page's and the nearest ones by number."""
    ids = view.ids[found.rows].tolist()
    if nearest is None:
        return [(Reason("recent", "new in your library", 1.0),) for _ in ids]
    liked = [p for p in dict.fromkeys(nearest.ids) if p in papers]
    tokens = tokenize([whole(papers[p]) for p in liked])
    theirs = {p: tokens.terms[tokens.bounds[i] : tokens.bounds[i + 1]] for i, p in enumerate(liked)}
    result: list[tuple[Reason, ...]] = []
    for at, (paper, near) in enumerate(zip(ids, nearest.ids, strict=True)):
        why: list[Reason] = []
        if found.explored[at]:
            why.append(Reason("explore", "outside your usual reading, to keep the page open"))
        if nearest.shares[at] > 0 and paper in papers and near in theirs:
            names = _shared(view, whole(papers[paper]), theirs[near], nearest.towards[at])
            words = f"; shares: {', '.join(names)}" if names else ""
            sentence = f"near “{papers[near].title}”, which you {_deed(state, near)}{words}"
            why.append(Reason("near", sentence, float(nearest.shares[at]), near, names))
        if found.recency[at] >= 0.5:
            why.append(Reason("recent", "new", float(found.recency[at])))
        result.append(tuple(why[:NEAR]) or (Reason("recent", "among the newest in your library"),))
    return result
