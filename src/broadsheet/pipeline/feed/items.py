"""A ranked page → its items: papers with their reasons."""

from __future__ import annotations

from collections.abc import Mapping

from broadsheet.catalogue import ReaderState, StoredRow
from broadsheet.pipeline.feed.ranking import Page
from broadsheet.pipeline.feed.reasons import Nearest, reasons
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import FeedItem, Stored

__all__ = ["feed_items", "papers_to_read"]


def papers_to_read(snapshot: IndexSnapshot, page: Page, nearest: Nearest | None) -> list[int]:
    """The numbers of the papers to read: those of the page and the liked ones they are near."""
    return [*snapshot.ids[page.rows].tolist(), *(nearest.ids if nearest else ())]


def feed_items(
    snapshot: IndexSnapshot, page: Page, nearest: Nearest | None, held: Mapping[int, StoredRow], state: ReaderState
) -> tuple[FeedItem, ...]:
    """The items of the page with their reasons; `held` are the papers that still exist, by number."""
    papers = {number: row.paper for number, row in held.items()}
    why = reasons(snapshot, page, nearest, papers, state)
    there = [(at, paper) for at, paper in enumerate(snapshot.ids[page.rows].tolist()) if paper in held]
    return tuple(
        FeedItem(
            Stored.of(held[paper]),
            position,
            float(page.scores[at]),
            why[at],
            paper in state.saved,
            state.ratings.get(paper, 0),
        )
        for position, (at, paper) in enumerate(there, start=1)
    )
