"""A ranked page → its items: the papers of its rows, with the reasons why each is there."""

from __future__ import annotations

from broadsheet.catalogue import Catalogue, ReaderState
from broadsheet.pipeline.feed.interests import Interest
from broadsheet.pipeline.feed.ranking import Page
from broadsheet.pipeline.feed.reasons import Nearest, reasons
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import FeedItem, Stored

__all__ = ["feed_items"]


def feed_items(
    catalogue: Catalogue, snapshot: IndexSnapshot, found: Page, interest: Interest | None, state: ReaderState
) -> tuple[FeedItem, ...]:
    """The page's items with their reasons."""
    ids = snapshot.ids[found.rows].tolist()
    nearest = Nearest.of(snapshot, interest, found) if interest and ids else None
    held = catalogue.stored([*ids, *(nearest.ids if nearest else ())])
    papers = {number: row.paper for number, row in held.items()}
    why = reasons(snapshot, found, nearest, papers, state)
    there = [(at, paper) for at, paper in enumerate(ids) if paper in held]
    return tuple(
        FeedItem(
            Stored.of(held[paper]),
            position,
            float(found.scores[at]),
            why[at],
            paper in state.saved,
            state.ratings.get(paper, 0),
        )
        for position, (at, paper) in enumerate(there, start=1)
    )
