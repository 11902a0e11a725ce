"""Responses of the JSON API: the state of the library, and the results of changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from broadsheet.pipeline.records import IngestReport
from broadsheet.web.models import Out

__all__ = [
    "CollectionDeleted",
    "Deleted",
    "Deletion",
    "Done",
    "Failure",
    "FeedMix",
    "Import",
    "ImportUndone",
    "Kept",
    "Merge",
    "Quarantined",
    "Report",
    "Restored",
    "SavedSearch",
    "Source",
    "Stats",
    "Suspect",
    "Undone",
    "failures",
]


class Kept(Out):
    """A reader's papers by mark."""

    saved: dict[int, datetime]
    ratings: dict[int, int]
    hidden: tuple[int, ...]
    opened: dict[int, datetime]
    tags: dict[str, tuple[int, ...]]
    collections: dict[str, tuple[int, ...]]


class Source(Out):
    """A source of papers, with its state and last run."""

    name: str
    kind: str
    state: str
    last_run: datetime | None
    last_error: str
    parked_until: datetime | None
    papers: int
    cursor: str


class Quarantined(Out):
    """A record that could not be read."""

    id: int
    at: datetime
    source: str
    place: str
    reason: str
    raw: str


class Stats(Out):
    """The library in numbers; sizes in bytes."""

    papers: int
    readers: int
    quarantined: int
    indexed: int
    encoded: int
    encoder: str
    index_bytes: int
    catalogue_bytes: int
    last_added: datetime | None


class Report(Out):
    """The result of an import. `deleted` counts papers skipped because they were deleted here; `notes` list records
    that were kept apart from the paper with the same key or identifier."""

    source: str
    read: int
    added: int
    updated: int
    unchanged: int
    merged: int
    quarantined: int
    seconds: float
    messages: tuple[str, ...]
    paper_ids: tuple[int, ...]
    deleted: int
    notes: tuple[str, ...]

    @classmethod
    def of(cls, report: IngestReport) -> Report:
        """From the library's record."""
        return cls.model_validate(report)


class FeedMix(Out):
    """How the reader's page is mixed."""

    recency: float
    diversity: float
    exploration: float


class Done(Out):
    """The change was made."""

    done: Literal[True] = True


class Acted(Done):
    """The change was made; `left` are the other papers that left the reader's page, after a rating down."""

    left: tuple[int, ...] = ()


class CollectionDeleted(Done):
    """The change was made; `papers` were in the collection, `deletion` restores it."""

    papers: tuple[int, ...] = ()
    deletion: int | None = None


class Deletion(Out):
    """Something that was deleted and can be restored."""

    id: int
    at: datetime
    kind: str
    label: str
    papers: int
    restored: bool


class Import(Out):
    """One file, sync or look-up that added records; `papers` counts the papers that come from it alone."""

    id: int
    at: datetime
    source: str
    records: int
    papers: int
    undone: bool


class Deleted(Out):
    """The deletion's number, by which it can be restored."""

    deletion: int


class Restored(Out):
    """The new numbers of the papers."""

    papers: tuple[int, ...]


class SavedSearch(Out):
    """A search that the reader saved: the query `q`, within the results of other queries, among a set of papers.

    `new` counts the papers that came since the last look; `feed` is the path of its Atom feed.
    """

    id: int
    name: str
    q: str
    within: tuple[str, ...]
    among: str
    options: dict[str, str]
    created_at: datetime
    seen_at: datetime
    new: int
    feed: str


class ImportUndone(Out):
    """How many papers were deleted and kept; `deletion` restores the deleted ones."""

    deletion: int | None
    deleted: int
    kept: int
    rows: int = 0


class Merge(Out):
    """A merge of a record into a paper by its title (`rule` title), or of two papers by a record of both (bridge)."""

    id: int
    paper_id: int
    source: str
    source_id: str
    rule: str
    score: float
    at: datetime
    undone: bool
    absorbed: int | None


class Suspect(Out):
    """A paper that seems to be two works. `kind`: joined (holds a record of the other), replaced, cut (its DOI)."""

    paper_id: int
    kind: str
    title: str
    other: str


class Undone(Out):
    """The action that was undone; both null if there was none."""

    action: str | None
    paper_id: int | None


class Problem(Out):
    """An error message."""

    message: str


class Failure(Out):
    """The body of every error response."""

    error: Problem


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of the error statuses of a route."""
    return {status: {"model": Failure} for status in statuses}
