"""Groups of papers → names: the words and pairs of their titles that set them apart from the other groups."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.text import as_typed, spans, stem, term
from broadsheet.kit.title_words import TITLE_STOP_TERMS
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["Group", "names_of"]

PHRASES = 3  # of a name, at most
LONGEST = 60  # characters of a name
SHORTEST = 3  # characters of a word in a name
ELSEWHERE = 0.5  # weight of a group's papers with a phrase against it where other groups have it
WEAK = 0.4  # of the best phrase's score: a weaker one is not part of the name
LEAST = 0.25  # of the papers of a group, which have each phrase of its name
PAIR = 1.3  # weight of a pair of words against a word
RARITY = 0.2  # weight of how rare a word is beside how much it says of the group


@dataclass(slots=True)
class _Phrase:
    """Where a phrase stands, by its stems."""

    papers: set[int] = field(default_factory=set)
    surfaces: Counter[str] = field(default_factory=Counter)


_Phrases: TypeAlias = dict[tuple[str, ...], _Phrase]


@dataclass(frozen=True, slots=True)
class Group:
    """Papers that get a name: their titles, and where they are in the space of vectors."""

    titles: Sequence[str]
    direction: NDArray[np.float32]  # (d,) in which the group differs from other papers


def names_of(snapshot: IndexSnapshot, groups: Sequence[Group]) -> list[str]:
    """A name for each group, of one to three phrases, all different; "" for one without telling words."""
    phrases = [_phrases(group.titles) for group in groups]
    result: list[str] = []
    for at, group in enumerate(groups):
        others = [(phrases[i], len(groups[i].titles)) for i in range(len(groups)) if i != at]
        name = _name(phrases[at], len(group.titles), others, _telling(snapshot, phrases[at], group.direction))
        while name and name in result:  # two groups of the same titles
            name += " +"
        result.append(name)
    return result


def _phrases(titles: Sequence[str]) -> _Phrases:
    """The words and pairs of neighbouring words of titles that can name a topic, by their stems."""
    found: _Phrases = defaultdict(_Phrase)
    for at, title in enumerate(titles):
        words = [(stem(word), _surface(title, start, stop), start, stop) for start, stop, word in spans(title)]
        usable = [_can_name(root, surface) for root, surface, *_ in words]
        joined = [title[left[3] : right[2]] == "-" for left, right in pairwise(words)]
        for i, ((root, surface, *_), good) in enumerate(zip(words, usable, strict=True)):
            if good and not any(joined[max(i - 1, 0) : i + 1]):  # a part of a compound is no word
                found[root,].papers.add(at)
                found[root,].surfaces[surface] += 1
        for i, (left, right) in enumerate(pairwise(words)):
            gap = title[left[3] : right[2]]
            if left[0] != right[0] and (
                (joined[i] and any(usable[i : i + 2])) or (gap == " " and all(usable[i : i + 2]))
            ):
                found[left[0], right[0]].papers.add(at)
                found[left[0], right[0]].surfaces[f"{left[1]}{gap}{right[1]}"] += 1
    return found


def _surface(title: str, start: int, stop: int) -> str:
    """A word as it was typed, in lower case unless it is written with capitals inside."""
    word = as_typed(title, start, stop)
    return word if word[1:] != word[1:].lower() else word.lower()


def _can_name(root: str, surface: str) -> bool:
    is_stop = bool(find_sorted(TITLE_STOP_TERMS, np.array([term(root)], np.uint64))[0] >= 0)
    return not is_stop and len(surface) >= SHORTEST and not surface[0].isdigit()


def _telling(snapshot: IndexSnapshot, phrases: _Phrases, direction: NDArray[np.float32]) -> dict[str, float]:
    """How much each word says of a group, by stem: what it adds to the direction, and how rare it is."""
    roots = sorted({root for phrase in phrases for root in phrase})
    if not roots:
        return {}
    terms = np.array([term(root) for root in roots], np.uint64)
    n = max(len(snapshot), 1)
    rare = np.log((n + 3) / (snapshot.inverted.frequencies(terms) + 1))
    pulls = np.maximum(snapshot.encoder.contributions(terms, direction), 0)
    worth = pulls / max(float(pulls.max()), 1e-9) + RARITY * rare / max(float(rare.max()), 1e-9)
    return dict(zip(roots, worth.tolist(), strict=True))


def _name(group: _Phrases, size: int, others: Sequence[tuple[_Phrases, int]], telling: Mapping[str, float]) -> str:
    scored = []
    for roots, phrase in group.items():
        here = len(phrase.papers) / size
        there = max((len(other[roots].papers) / n for other, n in others if roots in other and n), default=0.0)
        if (size > 3 and here < LEAST) or here < there:
            continue
        worth = math.sqrt(here - ELSEWHERE * there) * sum(telling[root] for root in roots) / len(roots)
        scored.append((worth * (PAIR if len(roots) > 1 else 1.0), phrase.surfaces.most_common(1)[0][0], roots))
    scored.sort(key=lambda one: (-one[0], one[1]))
    chosen: list[str] = []
    used: set[str] = set()
    for worth, surface, roots in scored:
        if worth < WEAK * scored[0][0] or len(chosen) == PHRASES:
            break
        if not used & {*roots} and len(", ".join([*chosen, surface])) <= LONGEST:
            chosen.append(surface)
            used |= {*roots}
    return ", ".join(chosen) or (scored[0][1][:LONGEST] if scored else "")
