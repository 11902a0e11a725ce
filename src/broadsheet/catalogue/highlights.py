"""Highlights: passages of titles and abstracts that a reader marks, each by its words and what stands around them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.lazy import lazy
from broadsheet.kit.passages import Passage

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import collections as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "collections")

__all__ = ["MOST_HIGHLIGHTS", "Highlight", "HighlightTable"]

MOST_HIGHLIGHTS = 100  # of one reader in one paper


@dataclass(frozen=True, slots=True)
class Highlight:
    """A passage of a paper that a reader marked."""

    id: int
    paper_id: int
    at: datetime
    field: str  # title | abstract
    passage: Passage


class HighlightTable:
    """Stores highlights."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, reader_id: int, paper_ids: Collection[int]) -> list[Highlight]:
        """A reader's highlights in these papers, in the order of marking."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.HIGHLIGHTS, reader_id=reader_id, ids=in_list(set(paper_ids)))
        return [
            Highlight(number, paper_id, parse_time(at), field, Passage(quote, before, after))
            for number, paper_id, at, field, quote, before, after in rows
        ]

    def papers(self, reader_id: int) -> set[int]:
        """The papers in which a reader marked something."""
        with self._database.read() as connection:
            return {paper_id for (paper_id,) in fetch(connection, sql.PAPERS_HIGHLIGHTED, reader_id=reader_id)}

    def add(self, reader_id: int, paper_id: int, field: str, passage: Passage) -> int:
        """Mark a passage; the same again is one. Returns its number. Raises UnknownPaper, UsageError for too many."""
        with self._database.write() as connection:
            live = follow(connection, [paper_id]).get(paper_id)
            if live is None:
                raise UnknownPaper(f"no paper has the number {paper_id}")
            own = fetch(connection, sql.HIGHLIGHTS, reader_id=reader_id, ids=in_list([live]))
            for number, _, _, *same in own:
                if same == [field, passage.quote, passage.before, passage.after]:
                    return int(number)
            if len(own) >= MOST_HIGHLIGHTS:
                raise UsageError(f"{MOST_HIGHLIGHTS} passages of this paper are marked; remove one first")
            row = (reader_id, live, self._database.now(), field, passage.quote, passage.before, passage.after)
            insert(connection, statements.ADD_HIGHLIGHT, [row])
            return int(fetch(connection, sql.HIGHLIGHTS, reader_id=reader_id, ids=in_list([live]))[-1][0])

    def remove(self, reader_id: int, number: int) -> bool:
        """Remove a highlight; False if the reader has none of this number."""
        with self._database.write() as connection:
            key = {"of_reader": reader_id, "of_highlight": number}
            return connection.execute(statements.REMOVE_HIGHLIGHT, key).rowcount > 0
