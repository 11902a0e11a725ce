"""The claims of the position index: phrases found through it against a literal reading of every text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import fold, stem
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.filters import filter_mask
from broadsheet.pipeline.search.parser import parse
from broadsheet_lab.bench.corpus import Corpus
from broadsheet_lab.bench.report import Claimed

__all__ = ["positions"]

PHRASES = 100
DATASET = "papers.parquet, 87,366 papers, 100 two-word phrases drawn from abstracts"
BETWEEN = " | "  # stands between two fields: no phrase reaches over it


def _drawn(texts: list[str], count: int, seed: int) -> list[str]:
    """`count` different pairs of neighbouring words, as they are written, from texts drawn by the seed."""
    rng = np.random.default_rng(seed)
    found: dict[str, None] = {}
    for row in rng.permutation(len(texts)).tolist():
        words = fold(texts[row]).split()
        if len(words) > 1:
            at = int(rng.integers(len(words) - 1))
            found[f"{words[at]} {words[at + 1]}"] = None
        if len(found) == count:
            break
    return list(found)


def _stems(text: str) -> str:
    return " ".join(stem(word) for word in fold(text).split())


def _literal(whole: str, starts: NDArray[np.int64], phrase: str) -> NDArray[np.int64]:
    """The rows whose text holds the stemmed phrase, by reading on and on; row i begins at starts[i] of `whole`."""
    wanted = f" {_stems(phrase)} "
    places = []
    at = whole.find(wanted)
    while at >= 0:
        places.append(at)
        at = whole.find(wanted, at + 1)
    return np.unique(np.searchsorted(starts, np.array(places, np.int64), side="right") - 1)


def positions(corpus: Corpus) -> list[Claimed]:
    """Precision and recall of the phrase filter, each phrase's papers counted."""
    view = corpus.view
    texts = [
        f" {_stems(d.title)}{BETWEEN}{_stems(f'{d.abstract} {d.summary}')}{BETWEEN}{_stems(d.keywords)} "
        for d in corpus.documents
    ]
    starts = np.cumsum([0, *(len(t) for t in texts)], dtype=np.int64)[:-1]
    whole = "".join(texts)
    right = found = true = 0
    for phrase in _drawn([d.abstract for d in corpus.documents], PHRASES, 0):
        expected = _literal(whole, starts, phrase)
        mask, notes = filter_mask(AnalyzedQuery(view, parse(f'"{phrase}"')), {})
        rows = np.empty(0, np.int64) if notes else mask.rows()  # a phrase nobody has is noted and not applied
        right += len(np.intersect1d(expected, rows))
        found += len(rows)
        true += len(expected)
    counts = {"papers found": found, "papers that hold the phrase": true}
    return [
        Claimed(DATASET, "precision against a scan of the text", right / max(found, 1), detail=counts),
        Claimed(DATASET, "recall against a scan of the text", right / max(true, 1), detail=counts),
    ]
