"""A board: papers, which of them are candidates, and what every peer needs of them; a peer scores all candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from broadsheet_lab.bench.feed.papers import Papers
from broadsheet_lab.bench.feed.readers import Rows

__all__ = ["Board", "Peer"]

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Board:
    """Rankings of `candidates` (c,), rows of `papers`, in their order; `others` may stand for what is not wanted."""

    papers: Papers
    candidates: Rows
    others: Rows
    memo: dict[Any, Scores] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def pairs(self) -> sparse.csr_matrix:
        """The candidates' tf-idf rows."""
        return self.papers.pairs[self.candidates]

    @cached_property
    def titles(self) -> sparse.csr_matrix:
        """The candidates' BM25 rows of titles."""
        return self.papers.bm25_titles[self.candidates]

    @cached_property
    def static(self) -> Scores:
        """The candidates' vectors by the word encoder."""
        return self.papers.static[self.candidates]

    @cached_property
    def transformer(self) -> Scores:
        """The candidates' vectors by the transformer."""
        return self.papers.transformer[self.candidates]

    @cached_property
    def shuffled(self) -> Rows:
        """`others` in a random order that is always the same."""
        return np.random.default_rng(0).permutation(self.others)

    def once(self, name: Any, saved: Rows, score: Callable[[], Scores]) -> Scores:
        """The scores of one ranking for these saves, worked out once: some rankings are parts of others."""
        key = (name, saved.tobytes())
        if key not in self.memo:
            self.memo[key] = score()
        return self.memo[key]

    def negatives(self, n: int, without: Rows) -> Rows:
        """The first n of `shuffled` that are not in `without`."""
        rows = self.shuffled[: n + len(without)]
        return rows[~np.isin(rows, without)][:n]


Peer = Callable[[Board, Rows], Scores]  # the saves of a reader, oldest first -> the score of every candidate (c,)
