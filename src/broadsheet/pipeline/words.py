"""Rows and numbers → words for people: highlighted titles, snippets, and the reasons of a feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from broadsheet.encoders.lsa import LSA
from broadsheet.explanation.influence import shared_terms
from broadsheet.kit.paper import Paper
from broadsheet.kit.text import Tokens, spans, stem, term, tokenize
from broadsheet.pipeline.feed import Interest, Page, idf_of
from broadsheet.pipeline.results import Reason, Span
from broadsheet.pipeline.view import View

__all__ = ["body", "highlight", "interest_words", "matched_words", "reasons", "snippet"]

NEAR = 3  # reasons of an item at most
SHARED = 3  # shared terms named at most
PROFILE = 12  # words that stand for a reader's model


def body(paper: Paper) -> str:
    """What the paper is about: the abstract, else the summary."""
    return paper.abstract or paper.summary


def _hit(word: str, wanted: Mapping[int, str]) -> str | None:
    """The query word a folded word of the text matches."""
    return wanted.get(term(stem(word))) or wanted.get(term(word))


def _marked(text: str, hits: Sequence[tuple[int, int]], start: int, stop: int) -> tuple[Span, ...]:
    parts: list[Span] = []
    at = start
    for begin, end in hits:
        if begin < start or end > stop:
            continue
        if begin > at:
            parts.append(Span(text[at:begin]))
        parts.append(Span(text[begin:end], True))
        at = end
    if at < stop:
        parts.append(Span(text[at:stop]))
    return tuple(parts)


def highlight(text: str, wanted: Mapping[int, str]) -> tuple[Span, ...]:
    """The whole text with the wanted words marked."""
    return _marked(text, [(a, b) for a, b, word in spans(text) if _hit(word, wanted)], 0, len(text))


def snippet(text: str, wanted: Mapping[int, str], words: int) -> tuple[Span, ...]:
    """The stretch of about `words` words that holds most different wanted words, marked; the earliest of the best."""
    tokens = spans(text)
    if not tokens:
        return (Span(text),) if text else ()
    found = [_hit(word, wanted) for _, _, word in tokens]
    hits = [i for i, hit in enumerate(found) if hit]
    first = 0
    if len(tokens) > words and hits:
        starts = [max(0, i - 3) for i in hits]
        first = max(starts, key=lambda s: (len({found[i] for i in hits if s <= i < s + words}), -s))
        first = min(first, len(tokens) - words)
    last = min(first + words, len(tokens)) - 1
    start = 0 if first == 0 else tokens[first][0]
    stop = len(text) if last == len(tokens) - 1 else tokens[last][1]
    marked = _marked(text, [tokens[i][:2] for i in hits], start, stop)
    return (*((Span("… "),) if start else ()), *marked, *((Span(" …"),) if stop < len(text) else ()))


def matched_words(paper: Paper, wanted: Mapping[int, str]) -> tuple[str, ...]:
    """The query words that this paper has, as typed, in the query's order."""
    names = " ".join(p.name for p in paper.authors)
    text = f"{paper.title}\n{paper.abstract}\n{paper.summary}\n{' '.join(paper.keywords)}"
    have = set(tokenize([text]).terms.tolist()) | set(
        tokenize([f"{names} {paper.venue}"], stemmed=False).terms.tolist()
    )
    return tuple(dict.fromkeys(word for key, word in wanted.items() if key in have))


def _text(paper: Paper) -> str:
    return f"{paper.title}\n{body(paper)}\n{' '.join(paper.keywords)}"


def _row(tokens: Tokens, i: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return tokens.terms[tokens.bounds[i] : tokens.bounds[i + 1]]


def reasons(
    view: View, interest: Interest | None, found: Page, papers: Mapping[int, Paper]
) -> list[tuple[Reason, ...]]:
    """Why each paper of the page is there; `papers` holds the page's and the examples' papers by number."""
    ids = view.ids[found.rows].tolist()
    if interest is None:
        return [(Reason("recent", "new in your library", 1.0),) for _ in ids]
    parts = interest.influence.explain(view.scan.vectors(found.rows))[:, : interest.wanted]  # (n, wanted)
    pushes = np.maximum(parts, 0)
    nearest = view.ids[interest.rows[: interest.wanted]][pushes.argmax(axis=1)].tolist() if len(ids) else []
    texts = {p: i for i, p in enumerate(dict.fromkeys((*ids, *nearest))) if p in papers}
    tokens = tokenize([_text(papers[p]) for p in texts])
    result: list[tuple[Reason, ...]] = []
    for at, (paper, near) in enumerate(zip(ids, nearest, strict=True)):
        why: list[Reason] = []
        if found.explored[at]:
            why.append(Reason("explore", "outside your usual reading, to keep the page open"))
        total = float(pushes[at].sum())
        if total > 0 and near in texts:
            mine, saved = _row(tokens, list(texts).index(paper)), _row(tokens, list(texts).index(near))
            common = shared_terms(mine, saved, idf_of(view, mine), SHARED)
            text = _text(papers[paper])
            where = spans(text)
            names = tuple(text[where[s.start][0] : where[s.start + s.length - 1][1]].lower() for s in common)
            shares = f"; shares: {', '.join(names)}" if names else ""
            weight = float(pushes[at].max()) / total
            why.append(Reason("near", f"near “{papers[near].title}”, which you liked{shares}", weight, near, names))
        if found.recency[at] >= 0.5:
            why.append(Reason("recent", "new", float(found.recency[at])))
        result.append(tuple(why[:NEAR]) or (Reason("recent", "among the newest in your library"),))
    return result


def interest_words(
    view: View, interest: Interest | None, papers: Sequence[Paper]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what the model looks for, what it avoids) in words of the given papers, strongest first."""
    if interest is None or not isinstance(view.encoder, LSA):
        return (), ()
    words = list(dict.fromkeys(w for p in papers for _, _, w in spans(_text(p)) if len(w) > 2))
    tokens = tokenize(words).terms
    words = words if len(tokens) == len(words) else []
    weights = view.encoder.contributions(words, interest.model.coef_)
    weights[idf_of(view, tokens[: len(words)]) == 0] = 0
    seen: set[str] = set()
    more: list[str] = []
    less: list[str] = []
    for at in np.argsort(-np.abs(weights), kind="stable"):
        side = more if weights[at] > 0 else less
        if weights[at] and len(side) < PROFILE and (root := stem(words[at])) not in seen:
            seen.add(root)
            side.append(words[at])
    return tuple(more), tuple(less)
