"""What pre-training on word sets is measured by: their order on papers never seen, queries without labels and with ten.

Word sets of dev papers train; what is chosen is chosen by the dev queries; the test half is reported. Pre-training is
for encoders that nobody has tuned to search: the base is the mean of a transformer's input embeddings, and the tuned
sentence vectors of the same transformer stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.bench.report import reciprocal
from broadsheet_lab.bench.study import Queries, Study
from broadsheet_lab.bench.text._ranks import ranks_of
from broadsheet_lab.encoders._word_sets import Representative, WordSets
from broadsheet_lab.encoders.minilm import MiniLM
from broadsheet_lab.encoders.star_adore import StarAdore

__all__ = [
    "KEYWORDS",
    "NOT",
    "PRETRAINED",
    "SETS",
    "TLDR",
    "Base",
    "Pretraining",
    "Ranking",
    "Vectors",
    "embeddings",
    "sentences",
]

KEYWORDS = "papers.parquet, 12,000 papers, keyword queries, test half"
TLDR = "papers.parquet, 12,000 papers, tldr queries, test half"
SETS = "papers.parquet, 12,000 papers, word sets of the test half"
PRETRAINED, NOT = "pre-trained", "not pre-trained"
LABELS, DRAWS = 10, 10
GRID = [(rate, 0.0, epochs) for rate in (1e-4, 3e-4) for epochs in (1, 2)]  # rate, decay, epochs
TUNING = [(rate, epochs) for rate in (1e-4, 3e-4) for epochs in (3, 10)]

Floats = NDArray[np.float32]
Ranking = NDArray[np.float64]  # (q,) reciprocal ranks
Named = tuple[str, Ranking]


@dataclass(frozen=True)
class Base:
    """An encoder that stays as it is, and the study's papers and queries in its vectors."""

    study: Study
    encode: Callable[[Sequence[str]], Floats]

    @cached_property
    def documents(self) -> Floats:
        """Of every paper, (n, d)."""
        return np.ascontiguousarray(self.encode(self.study.texts))

    @cached_property
    def queries(self) -> dict[str, Floats]:
        """Of the keyword and the tldr queries."""
        return {KEYWORDS: self.encode(self.study.by_keywords.texts), TLDR: self.encode(self.study.tldr.texts)}

    def known(self, data: str) -> Queries:
        """What the queries of KEYWORDS or TLDR want."""
        return self.study.tldr if data == TLDR else self.study.by_keywords

    def inverse(self, data: str, rows: NDArray[np.int64], mapped: Callable[[Floats], Floats]) -> Ranking:
        """The reciprocal ranks of the queries `rows`, their vectors mapped first."""
        wanted = self.known(data).wanted
        return reciprocal(ranks_of(mapped(self.queries[data][rows]), self.documents, [wanted[i] for i in rows]))

    def labelled(self, start: Floats, settings: tuple[float, int], rows: NDArray[np.int64], draws: int) -> Ranking:
        """On the keyword queries `rows`, after tuning `start` (d, d) on LABELS dev queries; means over draws."""
        known, found = self.known(KEYWORDS), []
        rate, epochs = settings
        for draw in range(draws):
            labels = np.random.default_rng(draw).choice(np.flatnonzero(known.dev), LABELS, replace=False)
            method = StarAdore(star_epochs=epochs, adore_epochs=0, batch=LABELS, rate=rate, seed=draw)
            method.fit(self.queries[KEYWORDS][labels], self.documents, [known.wanted[i] for i in labels], start)
            found.append(self.inverse(KEYWORDS, rows, method.encode))
        return np.asarray(np.mean(found, axis=0))

    @cached_property
    def tuning(self) -> tuple[float, int]:
        """The rate and epochs of tuning that are best on the dev half for what was not pre-trained."""
        plain, dev = self.identity, np.flatnonzero(self.known(KEYWORDS).dev)
        return max(TUNING, key=lambda settings: float(self.labelled(plain, settings, dev, 2).mean()))

    @property
    def identity(self) -> Floats:
        """The map that changes nothing, (d, d)."""
        return np.eye(self.documents.shape[1], dtype=np.float32)

    def tuned(self, start: Floats) -> Ranking:
        """On the test keyword queries, after tuning `start` on labels."""
        return self.labelled(start, self.tuning, np.flatnonzero(~self.known(KEYWORDS).dev), DRAWS)


def sentences(study: Study) -> Base:
    """MiniLM's sentence vectors, tuned to search."""
    return Base(study, study.encode)


def embeddings(study: Study) -> Base:
    """Means of MiniLM's input embeddings, less the mean of the dev papers: nobody has tuned them to search."""
    model = MiniLM()
    table = model.network.embeddings.word_embeddings.weight.detach().numpy().astype(np.float32)

    def means(texts: Sequence[str]) -> Floats:
        found = np.zeros((len(texts), table.shape[1]), np.float32)
        pieces = model.tokenizer(list(texts), add_special_tokens=False, truncation=True, max_length=512)["input_ids"]
        for row, ids in zip(found, pieces, strict=True):
            if ids:
                row[:] = table[ids].mean(axis=0)
        return found

    centre = means([text for text, dev in zip(study.texts, study.dev, strict=True) if dev]).mean(axis=0)

    def encode(texts: Sequence[str]) -> Floats:
        found = means(texts) - centre
        return np.asarray(unit_rows(found), np.float32)

    return Base(study, encode)


@dataclass(frozen=True)
class Vectors:
    """Word sets as vectors, each with its paper's, (m, d)."""

    better: Floats
    worse: Floats
    documents: Floats

    @classmethod
    def of(cls, base: Base, sets: WordSets, papers: NDArray[np.int64]) -> Vectors:
        """Of word sets whose document i is the study's paper papers[i]."""
        found = base.encode([*sets.better, *sets.worse])
        return cls(found[: len(sets)], found[len(sets) :], base.documents[papers[sets.documents]])

    def ordered(self, ranker: Representative | None) -> Ranking:
        """1 where the better set of a pair has the greater score, by the ranker or by cosine, (m,)."""
        if ranker is None:
            return np.asarray(((self.better - self.worse) * self.documents).sum(axis=1) > 0, np.float64)
        found = ranker.score(self.better, self.documents) > ranker.score(self.worse, self.documents)
        return np.asarray(found, np.float64)


def _same(queries: Floats) -> Floats:
    return queries


@dataclass(frozen=True)
class Pretraining:
    """One way of pre-training, chosen and trained."""

    base: Base
    ranker: Representative

    @classmethod
    def on(cls, base: Base, train: Vectors) -> Pretraining:
        """With the settings of GRID that give the best MRR@10 of dev keyword queries, without labels."""
        dev = np.flatnonzero(base.known(KEYWORDS).dev)
        found = []
        for rate, decay, epochs in GRID:
            ranker = Representative(rate=rate, decay=decay, epochs=epochs)
            ranker.fit(train.better, train.worse, train.documents)
            found.append((float(base.inverse(KEYWORDS, dev, ranker.encode).mean()), ranker))
        return cls(base, max(found, key=lambda pair: pair[0])[1])

    @property
    def chosen(self) -> dict[str, float]:
        """What was chosen on the dev half."""
        return {"rate": self.ranker.rate, "decay": self.ranker.decay, "epochs": self.ranker.epochs}

    def unlabelled(self, data: str) -> tuple[Named, Named]:
        """(pre-trained, not) on the test queries."""
        test = np.flatnonzero(~self.base.known(data).dev)
        own, without = (self.base.inverse(data, test, mapped) for mapped in (self.ranker.encode, _same))
        return (PRETRAINED, own), (NOT, without)

    def labelled(self) -> Ranking:
        """On the test keyword queries, pre-trained and then tuned on labels."""
        return self.base.tuned(self.ranker.map_)
