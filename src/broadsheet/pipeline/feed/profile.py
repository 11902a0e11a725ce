"""A reader's model → the words that it looks for, and those that it passes over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import StoredRow
from broadsheet.encoders.contract import TermExplainer
from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.paper import Paper
from broadsheet.kit.text import spans, stem, term
from broadsheet.kit.title_words import TITLE_STOP_TERMS
from broadsheet.pipeline.feed.interests import Interest
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["Examples", "Profile", "describe", "latest_examples"]

LENGTH = 12  # words in a profile
PAPERS = 40  # latest liked papers, and latest disliked ones, whose words the profile uses
PAIR = 2  # papers, at least, that contain a word pair for it to be a term


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
    taste = interest.taste
    liked, disliked = (snapshot.ids[some.latest(PAPERS).rows].tolist() for some in (taste.likes, taste.dislikes))
    return Examples(tuple(liked), tuple(disliked))


def describe(
    snapshot: IndexSnapshot, interest: Interest | None, examples: Examples, papers: Mapping[int, StoredRow]
) -> Profile:
    """The profile of a model; empty without a model or word vectors. `papers` are the existing examples, by number."""
    encoder = snapshot.encoder
    if interest is None or not isinstance(encoder, TermExplainer):
        return Profile()
    direction = interest.direction
    good, bad = ([papers[p].paper for p in ids if p in papers] for ids in (examples.liked, examples.disliked))
    return Profile(_strongest(good, encoder, direction), _strongest(bad, encoder, -direction))
