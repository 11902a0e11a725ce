"""The board of author readers: earlier papers are saves, papers of 2023 and later are candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.feed.board import Board
from broadsheet_lab.bench.feed.papers import Papers, read_papers
from broadsheet_lab.bench.feed.readers import FeedReader, Rows, after, joined, read_readers, with_accidents

__all__ = ["INTERESTS", "SINCE", "Authors", "scenarios"]

SINCE = 2023  # the first year of candidates
SAVES = (1, 3, 10)
ACCIDENTS = (0.1, 0.3)
INTERESTS = (2, 3)


@dataclass(frozen=True)
class Authors:
    """The board and the readers of one half."""

    board: Board
    readers: tuple[FeedReader, ...]

    @classmethod
    def read(cls, tell: Callable[[str], None], *, dev: bool, most: int | None = None) -> Authors:
        """Of papers.parquet and author_readers.jsonl; at most `most` readers, always the same. Raises UsageError."""
        papers = read_papers(datasets.papers_path(), tell)
        written = np.array([bool(abstract) for abstract in papers.abstracts])
        candidates = np.flatnonzero(written & (papers.years >= SINCE))
        board = Board(papers, candidates, np.arange(len(papers)))
        readers = read_readers(datasets.data_folder() / "author_readers.jsonl", papers.rows, dev=dev)
        return cls(board, readers[:most])

    @property
    def earlier(self) -> Rows:
        """The papers from before the candidates."""
        return np.flatnonzero(self.board.papers.years < SINCE)


def _after(readers: Sequence[FeedReader], n: int) -> tuple[FeedReader, ...]:
    return tuple(after(reader, n) for reader in readers)


def _with_accidents(readers: Sequence[FeedReader], share: float, earlier: Rows) -> tuple[FeedReader, ...]:
    return tuple(with_accidents(reader, share, earlier) for reader in readers)


def _joined(readers: Sequence[FeedReader], n: int, papers: Papers) -> tuple[FeedReader, ...]:
    return joined(readers, n, papers.static, papers.years)  # vectors are made when they are asked for


def scenarios(authors: Authors) -> dict[str, Callable[[], tuple[FeedReader, ...]]]:
    """The readers as they are, with few saves, with accidental opens, and joined to readers of several interests."""
    readers, papers = authors.readers, authors.board.papers
    found: dict[str, Callable[[], tuple[FeedReader, ...]]] = {"all saves": lambda: readers}
    for n in SAVES:
        found[f"{n} saves" if n > 1 else "1 save"] = partial(_after, readers, n)
    for share in ACCIDENTS:
        found[f"{share:.0%} accidental"] = partial(_with_accidents, readers, share, authors.earlier)
    for n in INTERESTS:
        found[f"{n} interests"] = partial(_joined, readers, n, papers)
    return found
