"""Readers replayed by year: the saves of all years before predict the next year's, learned anew every year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from broadsheet_lab.bench.feed.board import Board
from broadsheet_lab.bench.feed.papers import Papers
from broadsheet_lab.bench.feed.readers import FeedReader

__all__ = ["YEARS", "sessions"]

YEARS = (2019, 2020, 2021, 2022)
LEAST = 3  # earlier saves of a reader


def sessions(papers: Papers, readers: Sequence[FeedReader]) -> Iterator[tuple[Board, tuple[FeedReader, ...]]]:
    """For every year its papers as candidates, and the readers with earlier saves and some in it."""
    for year in YEARS:
        found = []
        for reader in readers:
            years = papers.years[reader.saved]
            earlier, now = reader.saved[years < year], reader.saved[years == year]
            if len(earlier) >= LEAST and len(now):
                found.append(replace(reader, saved=earlier, later=now))
        yield Board(papers, np.flatnonzero(papers.years == year), np.flatnonzero(papers.years <= year)), tuple(found)
