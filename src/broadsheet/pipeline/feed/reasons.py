"""Reasons why a paper is on a reader's page: its nearest liked paper, the terms they share, its recency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import ReaderState
from broadsheet.encoders.contract import TermExplainer
from broadsheet.explanation.influence import shared_terms
from broadsheet.kit.bag_of_words import among, find_sorted
from broadsheet.kit.paper import Paper
from broadsheet.kit.text import PositionedTokens, as_typed, tokenize, tokenize_with_positions
from broadsheet.kit.title_words import TITLE_STOP_TERMS
from broadsheet.pipeline.feed.interests import Interest
from broadsheet.pipeline.feed.own_interests import OwnInterests
from broadsheet.pipeline.feed.ranking import Page
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Reason

__all__ = ["Nearest", "reasons"]

NEAR = 3  # reasons of an item, at most
SHARED = 3  # shared terms named, at most
NEW = 0.5  # recency, 0..1, from which a paper is called new
COMMON = 0.1  # share of the papers; a more frequent word is no reason
FEW = 20  # papers; a word in at most this many is never too frequent


def _topic_weights(
    snapshot: IndexSnapshot, terms: NDArray[np.uint64], direction: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The weight of each term for the topic in `direction` (d,), aligned; at least 0."""
    encoder = snapshot.encoder
    frequencies = snapshot.inverted.frequencies(terms)
    # a small share of idf, for words without a learned vector
    weights = 1e-3 * snapshot.weighting.query(np.ones(len(terms), np.float32), frequencies, max(len(snapshot), 1))
    if isinstance(encoder, TermExplainer):
        weights += np.maximum(encoder.contributions(terms, direction), 0)
    common = frequencies > max(COMMON * len(snapshot), FEW)
    return np.where((find_sorted(TITLE_STOP_TERMS, terms) >= 0) | common, np.float32(0), weights)


def _shared_words(
    snapshot: IndexSnapshot,
    text: str,
    tokens: PositionedTokens,
    here: slice,
    other_terms: NDArray[np.uint64],
    direction: NDArray[np.float32],
) -> tuple[str, ...]:
    """The words of a text (its tokens at `here`) with the highest topic weights among those in `other_terms`."""
    terms, starts, stops = tokens.terms[here], tokens.starts[here], tokens.stops[here]
    weights = np.zeros(len(terms), np.float32)
    common_tokens = np.flatnonzero(among(terms, other_terms))
    weights[common_tokens] = _topic_weights(snapshot, terms[common_tokens], direction)
    candidates = common_tokens[weights[common_tokens] > 0]
    places = zip(candidates.tolist(), starts[candidates].tolist(), stops[candidates].tolist(), strict=True)
    weights[[t for t, start, stop in places if not _names_a_topic(as_typed(text, start, stop))]] = 0
    terms_of_topic = shared_terms(terms, other_terms, weights, SHARED)
    return tuple(
        " ".join(as_typed(text, int(starts[t]), int(stops[t])) for t in range(s.start, s.start + s.length))
        for s in terms_of_topic
    )


def _names_a_topic(word: str) -> bool:
    """Whether a single word can name a topic: not a number or an ASCII letter."""
    return not word.isnumeric() and (len(word) > 1 or not word.isascii())


def _is_volume(paper: Paper) -> bool:
    """Whether the paper is a volume such as proceedings; similarity to it is no reason."""
    return paper.kind in ("proceedings", "collection") or paper.title.lower().startswith("proceedings of")


def _action(state: ReaderState, paper: int) -> str:
    """The reader's strongest action on a liked paper, for a reason."""
    if paper in state.saved:
        return "saved"
    if state.ratings.get(paper, 0) > 0:
        return "rated up"
    return "opened" if paper in state.opened else "chose an interest by"


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest liked paper that raises the score of each paper of a page; aligned."""

    ids: tuple[int, ...]
    towards: NDArray[np.float32]  # the liked papers' vectors, (n, d)
    shares: NDArray[np.float32]  # share of each score due to that paper, 0..1; 0 without one

    @classmethod
    def of(cls, snapshot: IndexSnapshot, interest: Interest, page: Page) -> Nearest:
        """Those that carry the scores; see `Taste.carriers`."""
        places, shares = interest.taste.carriers(page.rows)
        rows = interest.taste.near.rows[places]
        return cls(tuple(snapshot.ids[rows].tolist()), snapshot.dense.vectors(rows), shares)


def _by_date(newness: float) -> Reason:
    """The reason for a paper that is new."""
    return Reason("recent", "new" if newness >= NEW else "among the newest in your library", newness)


def _by_interest(own: OwnInterests, at: int, paper: int) -> Reason:
    """The reason that leads to the interest that can be changed."""
    one = own.all[at]
    verb = "found by" if own.matching.get(paper) == at else "part of"
    return Reason("interest", f"{verb} your interest “{one.stored.name}”", one.share, interest=one.key)


def reasons(
    snapshot: IndexSnapshot,
    page: Page,
    nearest: Nearest | None,
    papers: Mapping[int, Paper],
    state: ReaderState,
    own: OwnInterests | None = None,
) -> list[tuple[Reason, ...]]:
    """The reasons of each paper of the page; `papers` are those of the page and their nearest ones, by number."""
    ids = snapshot.ids[page.rows].tolist()
    if nearest is None:
        return [(_by_date(float(newness)),) for newness in page.recency]
    liked = [p for p in dict.fromkeys(nearest.ids) if p in papers]
    tokens = tokenize([papers[p].text for p in liked])
    liked_terms = {p: tokens.terms[tokens.bounds[i] : tokens.bounds[i + 1]] for i, p in enumerate(liked)}
    texts = [papers[p].text if p in papers else "" for p in ids]
    shown = tokenize_with_positions(texts)  # terms are cut from the text as displayed
    result: list[tuple[Reason, ...]] = []
    for at, (paper, liked_paper) in enumerate(zip(ids, nearest.ids, strict=True)):
        own_reasons: list[Reason] = []
        if page.explored[at]:
            own_reasons.append(Reason("explore", "outside your usual reading, to keep the page open"))
        if (
            nearest.shares[at] > 0
            and paper in papers
            and paper != liked_paper  # it stands for an interest itself
            and liked_paper in liked_terms
            and not _is_volume(papers[liked_paper])
        ):
            here = slice(shown.bounds[at], shown.bounds[at + 1])
            names = _shared_words(snapshot, texts[at], shown, here, liked_terms[liked_paper], nearest.towards[at])
            words = f"; shares: {', '.join(names)}" if names else ""
            sentence = f"near “{papers[liked_paper].title}”, which you {_action(state, liked_paper)}{words}"
            own_reasons.append(Reason("near", sentence, float(nearest.shares[at]), liked_paper, names))
        if own is not None and page.carriers is not None and not page.explored[at]:
            own_reasons.append(_by_interest(own, int(page.carriers[at]), paper))
        if page.recency[at] >= NEW:
            own_reasons.append(_by_date(float(page.recency[at])))
        result.append(tuple(own_reasons[:NEAR]) or (_by_date(float(page.recency[at])),))
    return result
