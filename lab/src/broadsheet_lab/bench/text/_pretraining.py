"""What pre-training on word sets is measured by: their order in papers never seen, and reranking with few labels.

The first ten papers of BM25 in the whole library are put in another order by each reader: pre-trained or not, with 50
labelled queries of the dev half or without. A seed draws the papers to pre-train on, the word sets, the head and the
labels: the same for PROP and B-PROP, which are trained alike. What takes long is kept, by what it follows from.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import reciprocal
from broadsheet_lab.bench.study import cache_folder, keep
from broadsheet_lab.bench.text._library import WHOLE, Library
from broadsheet_lab.bench.text._seeds import digest_of
from broadsheet_lab.encoders._representative import Representative
from broadsheet_lab.encoders.b_prop import BPROP
from broadsheet_lab.encoders.prop import PROP
from broadsheet_lab.training import Plan

__all__ = ["ASKED", "LABELS", "NOT", "SEEDS", "SETS", "Pretraining"]

ASKED = f"{WHOLE}, written queries, test half"
SETS = f"{WHOLE}, word sets of 300 papers, test half"
SEEDS = (0, 1, 2)
NOT = "not pre-trained"
LABELS = 50
PAPERS, JUDGED = 1_000, 300  # to pre-train on; whose word sets are put in order
READ, WRONG = 10, 3  # candidates of a query; wrong ones beside the right one of a labelled query
WORDS, TOKENS, PER_DOCUMENT = 32, 56, 3
COURSE = Plan(steps=80, batch=16, rate=2e-4, warm=8)
TUNING = Plan(steps=20, batch=8, rate=1e-4, warm=3)  # three times through the labels

Values = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class _Lists:
    """Queries and the papers that BM25 finds first for each, with the place of the right one among them (-1: none)."""

    queries: list[str]
    texts: list[list[str]]
    place: Rows

    @classmethod
    def of(cls, library: Library, purpose: str) -> _Lists:
        asked = library.asked(purpose)
        found, written = library.by_words(asked.texts)[:, :READ], np.flatnonzero(asked.kinds != "tldr")
        hit = found == asked.wanted[:, None]
        place = np.where(hit.any(axis=1), hit.argmax(axis=1), -1)
        texts = [[library.texts[row] for row in found[i] if row >= 0] for i in written]
        return cls([asked.texts[i] for i in written], texts, place[written])

    def ranks(self, scores: Callable[[str, list[str]], NDArray[np.float32]]) -> Values:
        """The reciprocal rank of each right paper in the order of the scores, (q,); ties count against it."""
        ranks = []
        for query, texts, place in zip(self.queries, self.texts, self.place.tolist(), strict=True):
            if place < 0:
                ranks.append(0)  # nothing in any order finds it
                continue
            found = scores(query, texts)
            ranks.append(int((found >= found[place]).sum()))
        return reciprocal(ranks)


class Pretraining:
    """The readers of every seed, and what they are measured by."""

    def __init__(self, library: Library) -> None:
        self.library = library

    @cached_property
    def test(self) -> _Lists:
        """To report."""
        return _Lists.of(self.library, "test")

    @cached_property
    def learn(self) -> _Lists:
        """To draw labels from."""
        return _Lists.of(self.library, "learn")

    @cached_property
    def judged(self) -> list[str]:
        """The papers of the test half whose word sets are put in order."""
        names = self.library.table["paper_id"]
        rows = [i for i in range(len(self.library)) if self.library.purpose(i) == "test"]
        order = sorted(rows, key=lambda i: zlib.crc32(f"judge {names[i]}".encode()))
        return [self.library.texts[i] for i in order[:JUDGED]]

    def papers(self, seed: int) -> list[str]:
        """Those of the dev half to pre-train on."""
        rows = [i for i in range(len(self.library)) if self.library.purpose(i) == "learn"]
        drawn = np.random.default_rng(seed).choice(rows, PAPERS, replace=False)
        return [self.library.texts[i] for i in drawn.tolist()]

    def reader(self, kind: type[Representative], seed: int) -> Representative:
        """Pre-trained on the seed's papers."""
        self.library.tell(f"{kind.__name__}, seed {seed}")
        return self._made(kind, replace(COURSE, seed=seed)).fit(self.papers(seed), self.library.tell)

    def begun(self) -> Representative:
        """The same transformer with a head, not pre-trained."""
        return self._made(PROP, None).fit(self.papers(0)[:100])

    def _made(self, kind: type[Representative], plan: Plan | None) -> Representative:
        from broadsheet_lab.networks import Network

        return kind(Network.minilm(tokens=TOKENS), words=WORDS, per_document=PER_DOCUMENT, plan=plan)

    def tuned(self, reader: Representative, seed: int) -> Representative:
        """Also trained on LABELS queries, each with the right paper and wrong ones that BM25 finds."""
        rng, learn = np.random.default_rng([seed, 2]), self.learn
        chosen = rng.permutation(np.flatnonzero(learn.place >= 0))[:LABELS].tolist()
        lists = []
        for i in chosen:
            texts, place = learn.texts[i], int(learn.place[i])
            wrong = [j for j in range(len(texts)) if j != place]
            drawn = rng.choice(wrong, min(WRONG, len(wrong)), replace=False).tolist()
            lists.append([texts[place], *(texts[j] for j in drawn)])
        return reader.tuned([learn.queries[i] for i in chosen], lists, replace(TUNING, seed=seed))

    def figures(self, kind: type[Representative] | None, seed: int) -> dict[str, Values]:
        """What is measured of a seed's reader: `tuned` and, without labels, `bare` (q,); its own word sets in order.

        None is the transformer that is not pre-trained, which is only tuned.
        """
        name = kind.__name__ if kind else "begun"
        module = "b_prop" if kind is BPROP else "prop"
        path = cache_folder() / f"pretraining-{name}-{seed}-{digest_of(module, __name__)}.npz"
        if not path.exists():
            reader = self.reader(kind, seed) if kind else self.begun()
            inverse = {"tuned": self.test.ranks(self.tuned(reader, seed).scores)}
            if kind:
                inverse |= {"bare": self.test.ranks(reader.scores), **self.ordered(reader)}
            arrays: dict[str, Any] = {**inverse, "seconds": np.array(reader.course_.seconds)}
            keep(path, partial(np.savez, **arrays))
        with np.load(path) as found:
            return dict(found)

    def ordered(self, reader: Representative) -> dict[str, Values]:
        """1 where the better word set has the greater score, 1/2 for a tie: by the reader and by how many are there."""
        texts = [" ".join(text.split()[: reader.words]) for text in self.judged]
        sets = reader.word_sets(texts)
        of = [texts[i] for i in sets.documents.tolist()]
        scores = [reader.pair_scores(words, of) for words in (sets.better, sets.worse)]
        present = [
            np.array([sum(w in text.lower() for w in words.split()) for words, text in zip(side, of, strict=True)])
            for side in (sets.better, sets.worse)
        ]
        share = {name: (a > b) + 0.5 * (a == b) for name, (a, b) in {"ordered": scores, "present": present}.items()}
        papers = np.unique(sets.documents)
        return {  # a paper's pairs hang together: one value a paper
            name: np.array([value[sets.documents == paper].mean() for paper in papers]) for name, value in share.items()
        } | {"papers": papers.astype(np.float64), "pairs": np.array(float(len(sets)))}

    def every(self, kind: type[Representative] | None, figure: str) -> Values:
        """A figure of every seed, (seeds, q)."""
        return np.stack([self.figures(kind, seed)[figure] for seed in SEEDS])

    def ordered_by(self, kind: type[Representative]) -> tuple[Values, Values]:
        """The shares of pairs in order, of the papers that give pairs in every seed, (seeds, papers); as `ordered`."""
        found = [self.figures(kind, seed) for seed in SEEDS]
        both = sorted(set.intersection(*(set(one["papers"].tolist()) for one in found)))
        own, present = (
            np.stack([one[name][np.searchsorted(one["papers"], both)] for one in found])
            for name in ("ordered", "present")
        )
        return own, present

    def pairs(self, kind: type[Representative]) -> list[int]:
        """How many pairs of word sets each seed was judged by."""
        return [int(self.figures(kind, seed)["pairs"]) for seed in SEEDS]

    def seconds(self, kind: type[Representative]) -> int:
        """Of pre-training, a mean over seeds."""
        return round(float(np.mean([self.figures(kind, seed)["seconds"] for seed in SEEDS])))

    @cached_property
    def by_cosine(self) -> Values:
        """The reciprocal ranks in the order of MiniLM's cosines, (q,)."""
        path = cache_folder() / f"pretraining-cosine-{digest_of('prop', __name__)}.npy"
        if not path.exists():
            from broadsheet_lab.networks import Network

            network = Network.minilm(tokens=TOKENS)
            found = self.test.ranks(lambda query, texts: network.encode(texts) @ network.encode([query])[0])
            keep(path, partial(np.save, arr=found))
        return np.asarray(np.load(path))

    @cached_property
    def by_words(self) -> Values:
        """The reciprocal ranks in the order of BM25, (q,)."""
        return reciprocal([place + 1 for place in self.test.place.tolist()])
