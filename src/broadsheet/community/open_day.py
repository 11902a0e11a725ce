"""The papers of an open day, in the present order, with what is printed of them as they are now.

They are the same for everybody, and every front page shows them: worked out again when a vote, a comment, a submission
or a paper has changed them, and after half a minute, for what else moves the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeAlias

from broadsheet.catalogue.community.editions import EditionPaper
from broadsheet.community.entries import Entry, Printed, entry_of, printed_of
from broadsheet.kit.fields import Fields
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import Stored

__all__ = ["OpenDay", "Order"]

Order: TypeAlias = "Callable[[Sequence[int], datetime], Sequence[tuple[int, str]]]"
"""Papers in order of arrival, now → (paper, why it stands there), the best first."""

_FRESH = timedelta(seconds=30)
_MOST = 8  # days that are kept in memory


class OpenDay:
    """Composes open days. `order` ranks their papers. Safe among threads."""

    def __init__(self, library: Library, fields: Fields, order: Order) -> None:
        self._library = library
        self._fields = fields
        self._order = order
        self._lock = Lock()  # who waits for it finds the work done
        self._days: dict[tuple[int, ...], tuple[datetime, tuple[Any, ...], Sequence[Entry]]] = {}

    def entries(self, rows: Sequence[EditionPaper]) -> Sequence[Entry]:
        """The entries of an open day in order; a paper that is gone is left out."""
        ids = tuple(row.paper_id for row in rows)
        if not ids:
            return ()
        with self._lock:
            now, facts = self._library.now(), self._facts(ids)
            state = (tuple(rows), self._library.catalogue.changes.last_seq(), facts)
            at, before, entries = self._days.get(ids, (now, None, ()))
            if before != state or abs(now - at) > _FRESH:
                entries = self._composed(rows, dict(self._order(ids, now)), facts)
                if len(self._days) >= _MOST:
                    self._days.clear()
                self._days[ids] = now, state, entries
            return entries

    def printed(
        self, rows: Sequence[EditionPaper], ordered: Mapping[int, str]
    ) -> list[tuple[EditionPaper, Printed, Stored]]:
        """The papers that are here, in the order of `ordered` (paper → why), with what is printed of each."""
        return self._printed(rows, ordered, self._facts([row.paper_id for row in rows]))

    def _composed(
        self, rows: Sequence[EditionPaper], ordered: Mapping[int, str], facts: tuple[Mapping[int, Any], ...]
    ) -> Sequence[Entry]:
        return tuple(
            entry_of(row, place, printed, (paper.id, paper.paper.title), None)
            for place, (row, printed, paper) in enumerate(self._printed(rows, ordered, facts), 1)
        )

    def _facts(self, ids: Sequence[int]) -> tuple[Mapping[int, Any], ...]:
        """Votes here, votes elsewhere, comments and submissions by paper."""
        tables = self._library.catalogue.community
        votes = tables.votes
        return (
            votes.counts(ids),
            votes.counts_elsewhere(ids),
            tables.comments.counts(ids),
            tables.editions.submissions(ids),
        )

    def _printed(
        self, rows: Sequence[EditionPaper], ordered: Mapping[int, str], facts: tuple[Mapping[int, Any], ...]
    ) -> list[tuple[EditionPaper, Printed, Stored]]:
        by_id = {row.paper_id: row for row in rows}
        stored = {one.id: one for one in self._library.papers(list(by_id))}
        votes, elsewhere, comments, submissions = facts
        return [
            (
                by_id[number],
                printed_of(
                    stored[number],
                    self._fields.of(stored[number].paper),
                    votes=votes.get(number, 0),
                    elsewhere=elsewhere.get(number, 0),
                    comments=comments.get(number, 0),
                    reason=ordered[number],
                    submission=submissions.get(number),
                ),
                stored[number],
            )
            for number in ordered
            if number in stored
        ]
