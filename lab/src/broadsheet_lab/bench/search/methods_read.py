"""Systems in which a transformer that was pre-trained on word sets reads the first papers of BM25 with the query."""

from __future__ import annotations

import numpy as np

from broadsheet_lab.bench.search.contract import Built
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.lexical import bm25
from broadsheet_lab.bench.search.query_set import QuerySet
from broadsheet_lab.bench.search.shared import Shared
from broadsheet_lab.bench.text import _library
from broadsheet_lab.bench.text._pretraining import Pretraining
from broadsheet_lab.encoders._representative import Representative
from broadsheet_lab.encoders.b_prop import BPROP
from broadsheet_lab.encoders.prop import PROP

__all__ = ["READ", "b_prop", "prop", "reordered"]

READ = 10  # of BM25


def _learned(kind: type[Representative]) -> Representative:
    pretraining = Pretraining(_library.opened())
    return pretraining.tuned(pretraining.reader(kind, seed=0), seed=0)


def _prop(shared: Shared) -> Representative:  # noqa: ARG001  what it learns from is that of its claims
    return _learned(PROP)


def _b_prop(shared: Shared) -> Representative:  # noqa: ARG001  what it learns from is that of its claims
    return _learned(BPROP)


def reordered(reader: Representative, text: str, rows: list[int], passages: list[str]) -> list[int]:
    """The rows in the order of what the reader says of their passages, aligned."""
    return [rows[i] for i in np.argsort(-reader.scores(text, passages), kind="stable").tolist()]


def _built(corpus: Corpus, dev: QuerySet, learned: Representative, seconds: float) -> Built:
    first = bm25(corpus, dev)

    def search(text: str, k: int) -> list[int]:
        rows = list(first.search(text, max(k, READ)))
        read = rows[:READ]
        best = reordered(learned, text, read, [corpus.passages[row] for row in read])
        return [*best, *rows[READ:]][:k]

    notes = ("learned once for all query sets, on the dev half",)
    return Built(search, first.index_bytes, first.build_s + seconds, notes=notes)


def prop(corpus: Corpus, dev: QuerySet) -> Built:
    """BM25's first ten read by a transformer pre-trained on word sets that a language model draws, and 50 labels."""
    learned = corpus.shared.once(_prop)
    return _built(corpus, dev, learned.model, learned.seconds)


def b_prop(corpus: Corpus, dev: QuerySet) -> Built:
    """BM25's first ten read by a transformer pre-trained on word sets that attention draws, and 50 labels."""
    learned = corpus.shared.once(_b_prop)
    return _built(corpus, dev, learned.model, learned.seconds)
