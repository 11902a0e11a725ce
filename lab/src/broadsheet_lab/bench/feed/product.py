"""The product itself as one of the rankings: a library of the board's papers, asked as any program would ask it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import broadsheet
from broadsheet.pipeline.feed.given_saves import RankedPapers
from broadsheet.pipeline.library import Library
from broadsheet_lab.bench.feed.board import Board
from broadsheet_lab.bench.feed.metrics import calibration_error
from broadsheet_lab.bench.feed.papers import Papers
from broadsheet_lab.bench.feed.readers import FeedReader, Rows
from broadsheet_lab.bench.search.encoded import give_vectors
from broadsheet_lab.bench.search.kept_libraries import open_kept

__all__ = ["BROADSHEET", "Product", "version"]

BROADSHEET = "Broadsheet"
SHOWN = 20  # papers of a page, whose probabilities are checked


@dataclass(frozen=True)
class Product:
    """A library of the papers: titles, abstracts and years, no authors. A peer like the others when called."""

    papers: Papers
    vectors: bool = True  # give every paper its vector by the transformer
    depth: int = 300  # papers asked for
    memo: dict[tuple[int, bytes], RankedPapers] = field(default_factory=dict, repr=False)

    @cached_property
    def library(self) -> Library:
        """Kept filled from one run to the next."""
        with tempfile.TemporaryDirectory(prefix="broadsheet-feed-") as scratch:
            path = Path(scratch) / "papers.jsonl"
            with path.open("w", encoding="utf-8") as handle:
                for row in range(len(self.papers)):
                    handle.write(json.dumps(self._record(row), ensure_ascii=False) + "\n")
            self.papers.tell("filling the library")
            library = open_kept(path)
        if self.vectors:
            give_vectors(library)
        return library

    def _record(self, row: int) -> dict[str, object]:
        papers = self.papers
        record: dict[str, object] = {"paper_id": papers.ids[row], "abstract": papers.abstracts[row]}
        record["title"] = papers.titles[row] or f"zq{row:06d}xv"  # a word that no other paper has
        return {**record, "year": year} if (year := int(papers.years[row])) else record

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """The library's number of every paper, (n,)."""
        numbers = self.library.catalogue.papers.resolve_many(self.papers.ids)
        return np.array([numbers[paper] or 0 for paper in self.papers.ids], np.int64)

    def __call__(self, board: Board, saved: Rows) -> NDArray[np.float32]:
        """The scores of the first candidates; the others share one below them."""
        ranked = self._ranked(board, saved)
        return _given(self.numbers[board.candidates], ranked.numbers, ranked.scores)

    def calibration(self, board: Board, readers: Sequence[FeedReader]) -> float:
        """The expected calibration error of the papers on the first pages of the readers."""
        said, true = [], []
        for reader in readers:
            ranked = self._ranked(board, reader.saved)
            said.append(ranked.probabilities[:SHOWN])
            true.append(np.isin(ranked.numbers[:SHOWN], self.numbers[reader.later]))
        return calibration_error(np.concatenate(said), np.concatenate(true))

    def _ranked(self, board: Board, saved: Rows) -> RankedPapers:
        key = (int(board.candidates[0]), saved.tobytes())
        if key not in self.memo:
            among = self.numbers[board.candidates].tolist()
            self.memo[key] = self.library.rank_for(self.numbers[saved].tolist(), among=among, k=self.depth)
        return self.memo[key]


@cache
def version() -> str:
    """A digest of the package: its code and its models."""
    digest, package = hashlib.sha256(), Path(broadsheet.__file__).parent
    for path in sorted(path for kind in ("*.py", "*.bin") for path in package.rglob(kind)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _given(wanted: NDArray[np.int64], numbers: NDArray[np.int64], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The score of every wanted number; those without one have the least score less one."""
    if not len(numbers):
        return np.zeros(len(wanted), np.float32)
    order = np.argsort(numbers)
    at = order[np.minimum(np.searchsorted(numbers, wanted, sorter=order), len(numbers) - 1)]
    return np.where(numbers[at] == wanted, scores[at], scores.min() - 1).astype(np.float32)
