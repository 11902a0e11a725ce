"""The claim of the position index: phrases found through it, beside a compiled search engine."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import fold
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.filters import filter_mask
from broadsheet.pipeline.search.parser import parse
from broadsheet_lab.bench import peers
from broadsheet_lab.bench.corpus import Corpus
from broadsheet_lab.bench.report import Claimed

__all__ = ["positions"]

PHRASES = 100
DATASET = "papers.parquet, 87,366 papers, 100 two-word phrases drawn from abstracts"

Rows = NDArray[np.int64]


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


def _timed(search: Callable[[str], Rows], phrases: Sequence[str]) -> tuple[NDArray[np.float64], int]:
    """The milliseconds of each phrase, after one that does not count, and how many papers were found in all."""
    search(phrases[0])
    times, found = [], 0
    for phrase in phrases:
        started = time.perf_counter()
        rows = search(phrase)
        times.append(1000 * (time.perf_counter() - started))
        found += len(rows)
    return np.array(times), found


def positions(corpus: Corpus) -> list[Claimed]:
    """How fast all papers that hold a phrase are found, beside a compiled search engine."""
    view, phrases = corpus.view, _drawn([d.abstract for d in corpus.documents], PHRASES, 0)

    def search(phrase: str) -> Rows:
        mask, notes = filter_mask(AnalyzedQuery(view, parse(f'"{phrase}"')), {})
        return np.empty(0, np.int64) if notes else mask.rows()  # a phrase nobody has is noted and not applied

    mine, found = _timed(search, phrases)
    corpus.tell("building tantivy with all words")
    with tempfile.TemporaryDirectory(prefix="broadsheet-tantivy-") as folder:
        index = peers.tantivy_index(corpus.texts, Path(folder), stop=False)
        searcher, depth = index.searcher(), len(corpus.texts)

        def peer(phrase: str) -> Rows:
            hits = searcher.search(index.parse_query(f'"{phrase}"', ["body"]), depth, count=False).hits
            return np.sort(np.array(searcher.fast_field_values("row", [at for _, at in hits]), np.int64))

        theirs, found_by_peer = _timed(peer, phrases)
    return [
        Claimed.ratio(
            DATASET,
            "median latency of all papers with a phrase, tantivy over this index (ratio)",
            ("median ms, tantivy", theirs),
            ("median ms", mine),
            statistic=np.median,
            rival=("tantivy", 1.0),
            detail={"papers found": found, "papers found by tantivy": found_by_peer},
        )
    ]
