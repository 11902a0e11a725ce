"""A ranked feed page → its items: papers with reasons."""

from __future__ import annotations

from collections.abc import Mapping

from broadsheet.catalogue import ReaderState, StoredRow
from broadsheet.pipeline.feed.ranking import Page
from broadsheet.pipeline.feed.reasons import Nearest, reasons
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import FeedItem, Stored

__all__ = ["feed_items", "papers_to_read"]


def papers_to_read(snapshot: IndexSnapshot, page: Page, nearest: Nearest | None) -> list[int]:
    """The numbers of the papers to load: those of the page and the liked papers nearest to them."""
    return [*snapshot.ids[page.rows].tolist(), *(nearest.ids if nearest else ())]


def feed_items(
    snapshot: IndexSnapshot, page: Page, nearest: Nearest | None, rows: Mapping[int, StoredRow], state: ReaderState
) -> tuple[FeedItem, ...]:
    """The items of the page with their reasons; `rows` are the existing papers, by number."""
    papers = {number: row.paper for number, row in rows.items()}
    why = reasons(snapshot, page, nearest, papers, state)
    positions = [(at, paper) for at, paper in enumerate(snapshot.ids[page.rows].tolist()) if paper in rows]
    return tuple(
        FeedItem(
            Stored.of(rows[paper]),
            position,
            float(page.scores[at]),
            why[at],
            paper in state.saved,
            state.ratings.get(paper, 0),
            bool(page.new[at]),
            float(page.propensities[at]),
        )
        for position, (at, paper) in enumerate(positions, start=1)
    )
