"""Feedback → a reader's interest model, and a profile of its positive and negative words.

events ──► examples ──► logistic ──► interest ──► profile
                  └───► taste, which ranks
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import ReaderState, StoredRow
from broadsheet.encoders.contract import TermExplainer
from broadsheet.explanation.influence import Influence
from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.paper import Paper
from broadsheet.kit.text import spans, stem, term
from broadsheet.kit.title_words import TITLE_STOP_TERMS
from broadsheet.pipeline.feed.taste import Likes, Taste
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.ranking.logistic import Logistic

__all__ = ["Examples", "Interest", "Profile", "describe", "latest_examples", "learn"]

BACKGROUND = 300  # random papers used as negative examples
WEIGHTS = {"saved": 1.0, "up": 1.0, "opened": 0.3, "down": 1.0, "hidden": 0.7}
LENGTH = 12  # words in a profile
PAPERS = 40  # latest liked papers, and latest disliked ones, whose words the profile uses
PAIR = 2  # papers, at least, that contain a word pair for it to be a term


@dataclass(frozen=True, slots=True)
class Interest:
    """A reader's model and the examples it was fitted on."""

    model: Logistic
    influence: Influence
    rows: NDArray[np.int64]  # (m,) of the examples: liked, disliked, background
    n_liked: int  # examples 0 .. n_liked - 1 are liked papers
    n_disliked: int  # the next n_disliked are disliked papers
    taste: Taste  # ranks papers


def _examples(snapshot: IndexSnapshot, weights: Mapping[int, float]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    rows = snapshot.rows_of(list(weights))
    present = rows >= 0
    return rows[present], np.array(list(weights.values()), np.float32)[present]


def _in_time_order(
    snapshot: IndexSnapshot, weights: Mapping[int, float], times: Mapping[int, datetime] = MappingProxyType({})
) -> Likes:
    """Papers by when they were last saved or opened, oldest first; those of unknown time last."""
    timed = sorted((p for p in weights if p in times), key=lambda p: times[p])
    ordered = {p: weights[p] for p in (*timed, *(p for p in weights if p not in times))}
    return Likes(*_examples(snapshot, ordered))


def learn(snapshot: IndexSnapshot, state: ReaderState, vectors: PaperVectors | None = None) -> Interest | None:
    """Fit the reader's model; None if no paper was saved, rated up or opened.

    Positive examples are papers saved, rated up and, with less weight, opened. Negative examples are papers rated down
    and hidden, and a random sample of the library with the total weight of the positive examples.
    """
    positive: dict[int, float] = dict.fromkeys(state.opened, WEIGHTS["opened"])
    positive |= dict.fromkeys(state.saved, WEIGHTS["saved"])
    positive |= {paper: WEIGHTS["up"] for paper, rating in state.ratings.items() if rating > 0}
    negative = dict.fromkeys(state.hidden, WEIGHTS["hidden"])
    negative |= {paper: WEIGHTS["down"] for paper, rating in state.ratings.items() if rating < 0}
    positive = {p: w for p, w in positive.items() if p not in negative}
    liked, liked_weights = _examples(snapshot, positive)
    if not len(liked):
        return None
    disliked, disliked_weights = _examples(snapshot, negative)
    alive = snapshot.alive.rows()
    sample = np.random.default_rng(0).choice(alive, min(BACKGROUND, len(alive)), replace=False)
    sample = np.setdiff1d(sample, np.concatenate([liked, disliked]))
    rows = np.concatenate([liked, disliked, sample])
    y = np.concatenate([np.ones(len(liked)), np.zeros(len(disliked) + len(sample))]).astype(np.float32)
    background = np.full(len(sample), liked_weights.sum() / max(len(sample), 1), np.float32)
    x = snapshot.dense.vectors(rows)
    # the penalty is fixed, so that more examples count more
    model = Logistic(penalty=0.1).fit(x, y, np.concatenate([liked_weights, disliked_weights, background]))
    likes = _in_time_order(snapshot, positive, {**state.opened, **state.saved})
    taste = Taste(snapshot, vectors, likes, _in_time_order(snapshot, negative))
    return Interest(model, Influence(x, model.duals_), rows, len(liked), len(disliked), taste)


@dataclass(frozen=True, slots=True)
class Profile:
    """The words with the largest positive and negative weights in a model, strongest first."""

    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()


def _texts(paper: Paper) -> list[str]:
    return [paper.title, *paper.keywords]


def _strongest(papers: Sequence[Paper], encoder: TermExplainer, direction: NDArray[np.float32]) -> tuple[str, ...]:
    """The words and word pairs of titles and keywords with the largest contributions to `direction` (d,)."""
    texts = [(at, [w for _, _, w in spans(text)]) for at, paper in enumerate(papers) for text in _texts(paper)]
    words = sorted({w for _, text in texts for w in text})
    if not words:
        return ()
    roots = {w: stem(w) for w in words}
    terms = np.array([term(roots[w]) for w in words], np.uint64)
    pulls = encoder.contributions(terms, direction)
    pulls[find_sorted(TITLE_STOP_TERMS, terms) >= 0] = 0
    pull = dict(zip(words, pulls.tolist(), strict=True))
    papers_with: dict[tuple[str, str], set[int]] = {}
    surfaces: dict[tuple[str, str], Counter[str]] = {}
    for at, text in texts:
        for a, b in pairwise(text):
            if pull[a] > 0 and pull[b] > 0 and roots[a] != roots[b]:
                papers_with.setdefault((roots[a], roots[b]), set()).add(at)
                surfaces.setdefault((roots[a], roots[b]), Counter())[f"{a} {b}"] += 1
    candidates = [(pull[w], w) for w in words if pull[w] > 0 and len(w) > 1]
    for pair, where in papers_with.items():
        if len(where) >= PAIR:
            phrase = surfaces[pair].most_common(1)[0][0]
            candidates.append((sum(pull[w] for w in phrase.split()), phrase))
    phrases: list[str] = []
    used_roots: set[str] = set()
    for _, phrase in sorted(candidates, key=lambda c: (-c[0], c[1])):
        stems = {roots[w] for w in phrase.split()}
        if len(phrases) < LENGTH and not stems & used_roots:
            phrases.append(phrase)
            used_roots |= stems
    return tuple(phrases)


@dataclass(frozen=True, slots=True)
class Examples:
    """The numbers of the latest papers that a model was fitted on."""

    liked: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()


def latest_examples(snapshot: IndexSnapshot, interest: Interest | None) -> Examples:
    """The papers that a profile is made from, at most PAPERS of each kind; none without a model."""
    if interest is None:
        return Examples()
    ids = snapshot.ids[interest.rows].tolist()
    disliked = ids[interest.n_liked : interest.n_liked + interest.n_disliked]
    return Examples(tuple(ids[: interest.n_liked][-PAPERS:]), tuple(disliked[-PAPERS:]))


def describe(
    snapshot: IndexSnapshot, interest: Interest | None, examples: Examples, papers: Mapping[int, StoredRow]
) -> Profile:
    """The profile of a model; empty without a model or word vectors. `papers` are the existing examples, by number."""
    encoder = snapshot.encoder
    if interest is None or not isinstance(encoder, TermExplainer):
        return Profile()
    direction = interest.model.coef_
    good, bad = ([papers[p].paper for p in ids if p in papers] for ids in (examples.liked, examples.disliked))
    return Profile(_strongest(good, encoder, direction), _strongest(bad, encoder, -direction))
