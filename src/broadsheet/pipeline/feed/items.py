"""A ranked feed page → its items: papers with reasons."""

from __future__ import annotations

from collections.abc import Mapping

from broadsheet.catalogue import ReaderState, StoredRow
from broadsheet.kit.standing import standing
from broadsheet.pipeline.feed.own_interests import OwnInterests
from broadsheet.pipeline.feed.ranking import Page
from broadsheet.pipeline.feed.reasons import Nearest, reasons
from broadsheet.pipeline.feed.same_work import repeats, used_and_alike
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import FeedItem, Stored

__all__ = ["feed_items", "papers_to_read"]


def papers_to_read(snapshot: IndexSnapshot, page: Page, nearest: Nearest | None, state: ReaderState) -> list[int]:
    """The numbers of the papers to load: those of the page, the liked ones nearest to them, and used ones like them."""
    numbers = snapshot.ids[page.rows].tolist()
    return [*numbers, *(nearest.ids if nearest else ()), *used_and_alike(snapshot, numbers, sorted(state.used))]


def feed_items(
    snapshot: IndexSnapshot,
    page: Page,
    nearest: Nearest | None,
    rows: Mapping[int, StoredRow],
    state: ReaderState,
    own: OwnInterests | None = None,
) -> tuple[tuple[FeedItem, ...], set[int]]:
    """(the items of the page with their reasons, the papers of it that should give way to others).

    Those are withdrawn or retracted, or another record of a work that was used or stands higher. `rows` are the
    existing papers, by number.
    """
    papers = {number: row.paper for number, row in rows.items()}
    why = reasons(snapshot, page, nearest, papers, state, own)
    numbers = snapshot.ids[page.rows].tolist()
    positions = [(at, paper) for at, paper in enumerate(numbers) if paper in rows]
    items = tuple(
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
    withdrawn = {item.stored.id for item in items if standing(item.stored.paper)}
    return items, withdrawn | repeats([paper for _, paper in positions], state.used, papers)
