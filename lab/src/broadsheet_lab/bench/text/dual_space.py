"""Dual space on papers' words: which single word names a phrase of two, after the paper's noun-modifier questions.

The names are abbreviations the papers define ("question answering (QA)"; the definitions are taken out of what is
learned from) and compounds that some papers write closed and others open ("data base", "database").
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.encoders._contexts import decomposed, ppmi
from broadsheet_lab.encoders._parts import tagged
from broadsheet_lab.encoders.dual_space import CARD, DualSpace, geo

__all__ = ["claims"]

DATA = CARD.claims[0].dataset
DIMENSIONS = (50, 100, 300)
POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
_LETTERS = re.compile(r"[a-z]+")
_DEFINITION = re.compile(r"\b([A-Za-z]{3,})[ -]([A-Za-z]{3,}) \(([A-Z]{2})s?\)")

Rows = NDArray[np.int64]
Scores = Callable[[Rows, Rows, Rows], NDArray[np.float64]]


@dataclass(frozen=True)
class Questions:
    """The rows of each phrase (m, 2), of its seven choices (m, 7), the right one first, and the dev half (m,)."""

    phrases: NDArray[np.int64]
    choices: NDArray[np.int64]
    dev: NDArray[np.bool_]

    def part(self, kept: NDArray[np.bool_]) -> Questions:
        """Those questions that are kept."""
        return Questions(self.phrases[kept], self.choices[kept], self.dev[kept])


def _abbreviations(texts: Sequence[str], words: Mapping[str, int]) -> dict[str, tuple[str, str]]:
    """What each two-letter abbreviation in use stands for, where most of its definitions agree on it."""
    meant: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for text in texts:
        for first, second, name in _DEFINITION.findall(text):
            if name == (first[0] + second[0]).upper():
                meant[name.lower()][first.lower(), second.lower().removesuffix("s")] += 1
    top = {name: (counted.most_common(1)[0], counted.total()) for name, counted in meant.items()}
    return {n: phrase for n, ((phrase, most), total) in top.items() if 2 * most > total and words[n] >= 5}


def _compounds(words: Mapping[str, int], pairs: Mapping[tuple[str, str], int]) -> dict[str, tuple[str, str]]:
    """Words that are also written as two, each of which is a word of its own (and not a piece of a broken line)."""
    return {
        a + b: (a, b)
        for (a, b), count in pairs.items()
        if count >= 2 and min(len(a), len(b)) >= 3 and words[a + b] >= 5 and min(words[a], words[b]) >= 10
    }


def _questions(texts: Sequence[str], method: DualSpace) -> Questions:
    """Distractors as in the paper: both words of the phrase, names that share one of them, and others at random."""
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        words.update(_LETTERS.findall(text.lower()))
    written = {word for word, count in words.items() if count >= 5}
    for text in texts:
        found = _LETTERS.findall(text.lower())
        pairs.update(pair for pair in pairwise(found) if pair[0] + pair[1] in written)
    names = {**_compounds(words, pairs), **_abbreviations(texts, words)}
    kept = {}
    for name, phrase in names.items():
        c, a, b = method.rows([name, *phrase]).tolist()
        if min(a, b, c) >= 0 and len({a, b, c}) == 3:
            kept[name] = (a, b, c)
    rng = np.random.default_rng(0)
    every = np.array([c for _, _, c in kept.values()])
    phrases, choices = [], []
    for a, b, c in kept.values():
        taken = [c, a, b]
        for same in (0, 1):
            near = [row[2] for row in kept.values() if row[same] == (a, b)[same] and row[2] not in taken]
            taken.append(int(rng.choice(near)) if near else int(rng.choice(np.setdiff1d(every, taken))))
        taken += rng.choice(np.setdiff1d(every, taken), 2, replace=False).tolist()
        phrases.append((a, b))
        choices.append(taken)
    dev = [zlib.crc32(name.encode()) % 2 == 0 for name in kept]
    return Questions(np.array(phrases), np.array(choices), np.array(dev))


def _right(score: Scores, questions: Questions, *, both_orders: bool) -> NDArray[np.float64]:
    """1 where the right choice scores best, shared out between ties, (m,); with `both_orders` among 14: the phrase
    and its reverse with every choice, of which only the phrase in its own order with its name is right.
    """
    stems = [questions.phrases, questions.phrases[:, ::-1]] if both_orders else [questions.phrases]
    columns = []
    for stem in stems:
        for choice in questions.choices.T:
            scores = score(stem[:, 0], stem[:, 1], choice)
            columns.append(np.where((stem == choice[:, None]).any(axis=1), -np.inf, scores))  # a word of the phrase
    table = np.round(np.column_stack(columns), 9)
    best = table.max(axis=1, keepdims=True)
    return np.asarray((table[:, 0] == best[:, 0]) / (table == best).sum(axis=1), np.float64)


def _cosines(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
    norms = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return np.asarray((x * y).sum(axis=1) / np.maximum(norms, 1e-12), np.float64)


def _cut(method: DualSpace, k: int, domain_power: float, function_power: float) -> DualSpace:
    """The method with the first k dimensions of both spaces and other powers."""
    arrays = dict(method.to_arrays())
    for space in ("domain", "function"):
        arrays[space], arrays[f"{space}_values"] = arrays[space][:, :k], arrays[f"{space}_values"][:k]
    arrays["powers"] = np.array([domain_power, function_power])
    return DualSpace.from_arrays(arrays)


def _texts(study: Study) -> list[str]:
    """Title and abstract of every paper there is."""
    import pyarrow.parquet as pq

    whole = pq.read_table(study.papers, columns=["title", "abstract"]).to_pydict()
    return [f"{title}. {abstract or ''}" for title, abstract in zip(whole["title"], whole["abstract"], strict=True)]


class _OneSpace:
    """Both kinds of contexts in one space: its vectors added, and its non-negative rows multiplied."""

    def __init__(self, method: DualSpace, texts: Sequence[str]) -> None:
        from scipy.sparse import hstack

        self.whole = hstack([ppmi(part) for part in method.counts(tagged(texts))]).tocsr()
        self.vectors, self.values = decomposed(self.whole, method.dimensions, method.seed)

    def added(self, k: int, power: float) -> Scores:
        space = unit_rows(self.vectors[:, :k] * np.maximum(self.values[:k], 1e-6) ** power)
        return lambda a, b, c: _cosines(space[a] + space[b], space[c])

    def multiplied(self, a: Rows, b: Rows, c: Rows) -> NDArray[np.float64]:
        both, name = self.whole[a].multiply(self.whole[b]).tocsr(), self.whole[c]
        products = np.asarray(both.multiply(name).sum(axis=1), np.float64).ravel()
        norms = [np.sqrt(np.asarray(x.multiply(x).sum(axis=1), np.float64).ravel()) for x in (both, name)]
        return np.asarray(products / np.maximum(norms[0] * norms[1], 1e-12), np.float64)


def claims(study: Study) -> list[Claimed]:  # long: flat: what is chosen, what is measured, one entry a claim
    """The claims of the card; dimensions and powers, the baseline's too, are chosen on the dev half."""
    study.tell("tagging all papers and counting the contexts of words")
    texts = _texts(study)
    plain_texts = [_DEFINITION.sub(r"\1 \2", text) for text in texts]  # a name does not stand beside what it names
    method = DualSpace().fit(plain_texts)
    questions, one = _questions(texts, method), _OneSpace(method, plain_texts)
    dev, test = questions.part(questions.dev), questions.part(~questions.dev)
    tried = {
        s: float(np.mean([_right(_cut(method, *s).composition, dev, both_orders=b).mean() for b in (False, True)]))
        for s in [(k, p, q) for k in DIMENSIONS for p in POWERS for q in POWERS]
    }
    chosen = max(tried, key=lambda s: tried[s])
    method = _cut(method, *chosen)

    def domain(space: DualSpace) -> Scores:
        return lambda a, b, c: geo(space.domain(a, c), space.domain(b, c))

    short = [(k, p) for k in DIMENSIONS for p in POWERS]
    added = max(short, key=lambda s: float(_right(one.added(*s), dev, both_orders=False).mean()))
    alone = max(
        short, key=lambda s: float(_right(domain(_cut(method, s[0], s[1], 0.5)), dev, both_orders=False).mean())
    )
    scorers: dict[str, Scores] = {
        "dual space": method.composition,
        "adding vectors": one.added(*added),
        "multiplying vectors": one.multiplied,
        "domain alone": domain(_cut(method, alone[0], alone[1], 0.5)),
    }
    right = {
        (name, both): _right(score, test, both_orders=both) for name, score in scorers.items() for both in (False, True)
    }
    detail = {
        "accuracy": {f"{n}, {14 if both else 7} choices": round(float(r.mean()), 4) for (n, both), r in right.items()},
        "dimensions and powers of domain and function, chosen on the dev half": list(chosen),
        "of the vectors added": list(added),
        "of the domain alone": list(alone),
        "mean of both accuracies on the dev half": round(tried[chosen], 4),
    }

    def over(claim: int, name: str, *, both: bool = False) -> Claimed:
        mine, other = right["dual space", both], right[name, both]
        rivals = {n: float(r.mean() / max(other.mean(), 1e-9)) for (n, b), r in right.items() if b == both}
        rival = max((n for n in rivals if n != "dual space"), key=lambda n: rivals[n])
        metric = CARD.claims[claim].metric
        beside = (rival, rivals[rival])
        return Claimed.ratio(DATA, metric, ("dual space", mine), (name, other), rival=beside, detail=detail)

    return [
        over(0, "adding vectors"),
        over(1, "multiplying vectors"),
        over(2, "multiplying vectors", both=True),
        over(3, "domain alone"),
    ]
