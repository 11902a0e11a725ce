"""Names of regions: the words and phrases of titles that set the papers of a region apart.

titles ──► words, pairs and triples without stop words ──► papers that have each, by region ──► the most telling
A phrase is compared by the stems of its words and shown as most titles write it. It tells much if many papers of the
region have it and few others, of the whole map and of the region around it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.text import STOP_TERMS, fold, stem, term
from broadsheet.kit.title_words import TITLE_STOP_TERMS

__all__ = ["Phrases", "region_names"]

WORDS_IN_NAME = 3  # phrases of a name
LETTERS_IN_NAME = 56
CANDIDATES = 32  # phrases of a region that its name is chosen from
LONGEST_WORD = 40
LONGER = 0.35  # more weight of a phrase of several words
WHOLE = 0.45  # share of a word's papers with a phrase that has the word, from which the phrase stands for it
WORTH = 0.35  # least score of a later phrase of a name, of that of the first
FEW = 50  # papers up to which a phrase of one title can name a region
_WEAK_WORDS = """
towards toward using use based approach method new novel framework study efficient improved improving improve effective
simple better fast unified paper technique problem case application dataset evaluation evaluate evaluating result beyond
make need give propose present introduce provide achieve perform include obtain demonstrate experiment existing various
different several good best can show help explore address apply change against without among versus enhancing enhanced
exploiting leveraging rethinking revisiting understanding investigating exploring approaches via
""".split()  # noqa: SIM905  a list of so many words would be one word a line
_WEAK = np.array(sorted({*STOP_TERMS.tolist(), *(term(stem(word)) for word in _WEAK_WORDS)}), np.uint64)
_WITH_CAPITALS = re.compile(r"[^\W_]*[^\W\d_][^\W_]*")
_HYPHENED = re.compile(r"(?=\b([^\W_]+)[-‐‑–]([^\W_]+))")


@dataclass(frozen=True)
class Phrases:
    """The phrases of titles: phrase p has the stems stems_of[p], and is in the papers of its pairs."""

    stems_of: NDArray[np.int64]  # (p, 3) places of stems, -1 after the last
    words_of: NDArray[np.int64]  # (p, 3) places of words as most titles write the phrase, -1 after the last
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]]  # (phrase, paper) of every occurrence, once a paper
    shown: tuple[str, ...]  # words as written
    hyphened: frozenset[tuple[str, str]]  # folded words with a hyphen between them, as most titles write them

    @classmethod
    def of(cls, titles: Sequence[str]) -> Phrases:
        """The phrases that at least two titles have; of a few titles those that one has."""
        places: dict[str, int] = {}
        of_titles = [[places.setdefault(w, len(places)) for w in fold(title).split()] for title in titles]
        lengths = np.array([len(words) for words in of_titles], np.int64)
        flat = np.fromiter((w for words in of_titles for w in words), np.int64, int(lengths.sum()))
        words = list(places)
        stems: dict[str, int] = {}
        stem_of = np.array([stems.setdefault(stem(word), len(stems)) for word in words], np.int64)
        terms = np.array([term(form) for form in stems], np.uint64)
        is_word = np.array([_is_word(word) for word in words], np.bool_)
        allowed = is_word & (find_sorted(_WEAK, terms) < 0)[stem_of] if words else is_word
        telling = allowed & (find_sorted(TITLE_STOP_TERMS, terms) < 0)[stem_of] if words else is_word
        rows = np.repeat(np.arange(len(titles)), lengths)
        runs = _runs(flat, allowed[flat], telling[flat], rows)
        stems_of, words_of, pairs = _counted(*runs, stem_of, 1 if len(titles) <= FEW else 2, len(titles))
        counts = np.bincount(flat, minlength=len(words))
        return cls(stems_of, words_of, pairs, _as_written(titles, words, counts), _hyphened(titles))

    def text(self, phrase: int) -> str:
        """A phrase as it is shown."""
        words = [self.shown[word] for word in self.words_of[phrase].tolist() if word >= 0]
        out: str = words[0]
        for before, word in pairwise(words):
            out += ("-" if (fold(before), fold(word)) in self.hyphened else " ") + word
        return out


def _is_word(word: str) -> bool:
    """Whether a folded word can be in a name: most of it are letters, two at least unless it is like 3d."""
    return 2 <= len(word) <= LONGEST_WORD and 2 * sum(letter.isalpha() for letter in word) >= len(word)


def _runs(
    words: NDArray[np.int64], allowed: NDArray[np.bool_], telling: NDArray[np.bool_], titles: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(the words of every run of one to three words that are allowed, one of them telling, (r, 3); its title)."""
    runs, papers = [np.empty((0, 3), np.int64)], [np.empty(0, np.int64)]
    for length in (1, 2, 3):
        last = max(len(words) - length + 1, 0)
        whole, tells = allowed[:last].copy(), telling[:last].copy()
        run = np.full((last, 3), -1, np.int64)
        for step in range(length):
            part = slice(step, last + step)
            whole &= allowed[part] & (titles[part] == titles[:last])
            tells |= telling[part]
            run[:, step] = words[part]
        runs.append(run[whole & tells])
        papers.append(titles[:last][whole & tells])
    return np.concatenate(runs), np.concatenate(papers)


def _counted(
    runs: NDArray[np.int64], papers: NDArray[np.int64], stem_of: NDArray[np.int64], least: int, titles: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(stems, most frequent words, pairs) of the phrases that at least `least` titles have; see Phrases."""
    stems = np.where(runs >= 0, np.append(stem_of, 0)[runs], -1)
    width = len(stem_of) + 1
    keys, written = (((part + 1) * np.array([width**2, width, 1])).sum(axis=1) for part in (stems, runs))
    every, first, phrase = np.unique(keys, return_index=True, return_inverse=True)
    forms, example, count = np.unique(
        np.stack([phrase, written], axis=1), axis=0, return_index=True, return_counts=True
    )
    order = np.lexsort((forms[:, 1], -count, forms[:, 0]))
    _, best = np.unique(forms[order, 0], return_index=True)
    words = runs[example[order][best]]
    phrase, paper = np.divmod(np.unique(phrase * max(titles, 1) + papers), max(titles, 1))
    often = np.bincount(phrase, minlength=len(every)) >= least
    within = often[phrase]
    return stems[first][often], words[often], ((np.cumsum(often) - 1)[phrase[within]], paper[within])


def _as_written(titles: Sequence[str], words: Sequence[str], counts: NDArray[np.int64]) -> tuple[str, ...]:
    """Every word, with its capitals where most titles write it with some inside (LLMs)."""
    capitals: Counter[str] = Counter()
    for title in titles:
        if not title.isupper():
            forms = _WITH_CAPITALS.findall(title)
            capitals.update(form for form in forms if any(letter.isupper() for letter in form[1:]))
    written: dict[str, tuple[int, str]] = {}
    for form, count in sorted(capitals.items()):
        folded = fold(form)
        if count > written.get(folded, (0, ""))[0]:
            written[folded] = count, form
    found = ((word, *written.get(word, (0, word)), n) for word, n in zip(words, counts.tolist(), strict=True))
    return tuple(form if 2 * count > n else word for word, count, form, n in found)


def _hyphened(titles: Sequence[str]) -> frozenset[tuple[str, str]]:
    """The folded words that most titles with both in a row write with a hyphen between them."""
    with_hyphen: Counter[tuple[str, str]] = Counter()
    for title in titles:
        with_hyphen.update((fold(a), fold(b)) for a, b in _HYPHENED.findall(title))
    all_: Counter[tuple[str, str]] = Counter()
    for title in titles:
        all_.update(pair for pair in pairwise(fold(title).split()) if pair in with_hyphen)
    return frozenset(pair for pair, count in with_hyphen.items() if 2 * count > all_[pair])


def region_names(
    phrases: Phrases, labels: NDArray[np.int64], around: NDArray[np.int64] | None, above: Sequence[Sequence[str]] = ()
) -> list[tuple[str, ...]]:
    """The phrases that name each region; `labels` (n,) are the regions of the papers, from 0 on.

    `around` (n,) are those of the zoom before, whose names are `above`: a region is told from the rest of the one
    around it too, and does not repeat its name.
    """
    count = int(labels.max(initial=-1)) + 1
    scores, own = _scores(phrases, labels, around, count)
    outer = np.zeros(count, np.int64)
    if around is not None:
        outer[labels] = around
    names = []
    for region in range(count):
        taken = above[outer[region]] if above else ()
        names.append(_name(phrases, *_top(scores, own, region), taken))
    return names


_Sparse = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]  # phrases, regions, values


def _scores(
    phrases: Phrases, labels: NDArray[np.int64], around: NDArray[np.int64] | None, count: int
) -> tuple[_Sparse, NDArray[np.int64]]:
    """(the scores of phrases in regions, by region and then the best first; how many papers of each have it)."""
    phrase, paper = phrases.pairs
    total = np.bincount(phrase, minlength=len(phrases.stems_of))
    sizes = np.bincount(labels, minlength=count).astype(np.float64)
    keys, own = np.unique(phrase * max(count, 1) + labels[paper], return_counts=True)
    at, region = np.divmod(keys, max(count, 1))
    share = own / sizes[region]
    score = _surprise(own, sizes[region], total[at], float(len(labels)))
    if around is not None:
        outer_of = np.zeros(count, np.int64)
        outer_of[labels] = around
        outers = int(around.max(initial=-1)) + 1
        outer_sizes = np.bincount(around, minlength=outers)
        outer_keys, outer_counts = np.unique(phrase * max(outers, 1) + around[paper], return_counts=True)
        outer_at = np.searchsorted(outer_keys, at * max(outers, 1) + outer_of[region])
        inside = _surprise(own, sizes[region], outer_counts[outer_at], outer_sizes[outer_of[region]])
        score = (score + inside) / 2
    lengths = (phrases.stems_of[at] >= 0).sum(axis=1)
    score = score * np.sqrt(share) * (1 + LONGER * (lengths > 1))
    score = np.where((own >= 2) | (sizes[region] < 4), score, 0)
    order = np.lexsort((at, -score, region))
    return (at[order], region[order], score[order]), own[order]


def _surprise(
    own: NDArray[np.int64], size: NDArray[np.float64], total: NDArray[np.int64], whole: NDArray[np.int64] | float
) -> NDArray[np.float64]:
    """How much more frequent phrases are in a region than in the rest of what is around it: a logarithm, at least 0."""
    outside = (total - own + 0.5) / (np.maximum(whole - size, 0) + 1)
    return np.asarray(np.maximum(np.log((own + 0.5) / (size + 1) / np.minimum(outside, 1)), 0))


def _top(scores: _Sparse, own: NDArray[np.int64], region: int) -> tuple[list[int], list[float], dict[int, int]]:
    """(the best phrases of a region, their scores; how many of its papers have each phrase)."""
    at, regions, values = scores
    low, high = np.searchsorted(regions, (region, region + 1))
    counts = dict(zip(at[low:high].tolist(), own[low:high].tolist(), strict=True))
    high = min(int(high), int(low) + CANDIDATES)
    return at[low:high].tolist(), values[low:high].tolist(), counts


def _name(
    phrases: Phrases, best: list[int], scores: list[float], counts: dict[int, int], taken: Sequence[str]
) -> tuple[str, ...]:
    """Up to three phrases that share no word; a longer one stands for a word that is mostly a part of it."""
    stems = {phrase: frozenset(w for w in phrases.stems_of[phrase].tolist() if w >= 0) for phrase in best}
    chosen: list[int] = []
    used: set[int] = set()
    least = 0.0
    for phrase, score in zip(best, scores, strict=True):
        if score <= 0 or score < least or len(chosen) == WORDS_IN_NAME:
            break
        longer = [o for o in best if stems[phrase] < stems[o] and counts[o] >= WHOLE * counts[phrase]]
        whole = max([phrase, *longer], key=lambda other: (counts[other] * len(stems[other]), -other))
        text = phrases.text(whole)
        if used & stems[whole] or text in taken:
            continue
        if chosen and len(", ".join([*map(phrases.text, chosen), text])) > LETTERS_IN_NAME:
            continue
        chosen.append(whole)
        used |= stems[whole]
        least = least or WORTH * score
    return tuple(map(phrases.text, chosen or best[:1]))
