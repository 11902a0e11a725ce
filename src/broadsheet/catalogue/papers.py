"""The papers of the catalogue: adding, reading, resolving ids, deleting, restoring, merging and splitting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import paper_parts, read_papers
from broadsheet.catalogue.database import Database
from broadsheet.catalogue.read_papers import Document, StoredRow
from broadsheet.kit.lazy import lazy
from broadsheet.kit.paper import Paper, Record, Rejected

if TYPE_CHECKING:
    from broadsheet.catalogue import deletion, ingest
    from broadsheet.catalogue.dedup import suspects, unmerge
    from broadsheet.catalogue.dedup.items import Item
    from broadsheet.catalogue.dedup.suspects import Suspect
    from broadsheet.catalogue.dedup.unmerge import Merge
    from broadsheet.catalogue.deletion import Deletion
    from broadsheet.catalogue.ingest import AddResult
else:  # a search does not wait for what an import needs
    deletion, ingest = lazy("broadsheet.catalogue", "deletion", "ingest")
    suspects, unmerge = lazy("broadsheet.catalogue.dedup", "suspects", "unmerge")

__all__ = ["Papers"]


class Papers:
    """Adds, reads, resolves, deletes, restores, merges and splits the papers of the catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        records: Sequence[Record | Item],
        *,
        rejected: Sequence[Rejected] = (),
        cursor: tuple[str, str] | None = None,
        import_id: int | None = None,
        again: bool = False,
    ) -> AddResult:
        """Store a batch in one transaction: papers, provenance, change log, quarantine and cursor.

        Records of deleted papers are skipped unless `again`. `import_id`: see `begin_import`.
        """
        return ingest.add(self._database, records, rejected=rejected, cursor=cursor, import_id=import_id, again=again)

    def stored(self, ids: Iterable[int]) -> dict[int, StoredRow]:
        """The papers with these numbers that exist."""
        return read_papers.stored(self._database, ids)

    def resolve(self, text: str) -> int | None:
        """Resolve a text to a paper number, or None.

        The text is a paper number (`17`, `paper:17`; a redirected one is followed), an arXiv, DOI, ACL, OpenAlex, S2,
        OpenReview or PubMed id in any form or URL, or the id that a source gave the paper.
        """
        return read_papers.resolve_many(self._database, [text])[text]

    def resolve_many(self, texts: Iterable[str]) -> dict[str, int | None]:
        """`resolve` for many texts in a few queries."""
        return read_papers.resolve_many(self._database, texts)

    def having(self, part: str) -> list[int]:
        """The papers that have an abstract, arxiv (an id there), doi or pdf."""
        return paper_parts.having(self._database, part)

    def citations(self) -> dict[int, int]:
        """Paper number → citation count, of the papers whose records give one."""
        return paper_parts.citations(self._database)

    def uses(self) -> dict[int, int]:
        """Paper number → number of readers who saved, opened or rated it up, of the papers with one."""
        return paper_parts.uses(self._database)

    def categories(self, ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Per existing paper its categories, the main one first."""
        return paper_parts.categories(self._database, ids)

    def source_id(self, ids: Iterable[int]) -> dict[int, str]:
        """Per existing paper the source id of its first record; "" if it has none."""
        return read_papers.source_id(self._database, ids)

    def documents(
        self, after: int = 0, ids: Sequence[int] | None = None, batch: int = 5000
    ) -> Iterator[list[Document]]:
        """The documents to index, of papers numbered above `after` (and among `ids`), ascending, in batches."""
        return read_papers.documents(self._database, after, ids, batch)

    def count(self) -> int:
        """How many papers there are."""
        return read_papers.count(self._database)

    def ids(self) -> NDArray[np.int64]:
        """The numbers of all papers, ascending."""
        return read_papers.live_ids(self._database)

    def last_added(self) -> datetime | None:
        """When the newest paper was added; None if there is none."""
        return read_papers.last_added(self._database)

    def last_number_at(self, at: datetime) -> int:
        """The number of the newest paper that was there at a time; 0 if there was none."""
        return read_papers.last_number_at(self._database, at)

    def versions(self, paper_id: int) -> list[tuple[int, datetime, Paper]]:
        """(number, when it was replaced, content) of the paper's earlier contents, oldest first."""
        return read_papers.versions(self._database, paper_id)

    def records(self, paper_id: int) -> list[tuple[str, str, datetime, Paper]]:
        """(source, source id, when it was read, the paper as that source describes it), oldest first."""
        return read_papers.records(self._database, paper_id)

    def suspects(self) -> list[Suspect]:
        """Papers that probably hold two works, or replaced another one."""
        return suspects.suspects(self._database)

    def part(self) -> list[tuple[Suspect, int]]:
        """Split every suspect into two papers: (suspect, the new paper's number)."""
        return suspects.part(self._database)

    def delete(self, *paper_ids: int) -> int:
        """Delete papers so that they can be restored; returns the deletion's number. Raises UnknownPaper."""
        return deletion.delete(self._database, paper_ids)

    def deletions(self, limit: int = 200) -> list[Deletion]:
        """All deletions, newest first."""
        return deletion.deletions(self._database, limit)

    def owner_of_deletion(self, deletion_id: int) -> tuple[str, int] | None:
        """(kind, reader) where a deletion took a reader's collection or search away; None for papers, or no such
        deletion."""
        return deletion.owner(self._database, deletion_id)

    def restore(self, deletion_id: int) -> list[int]:
        """Restore what a deletion deleted; returns the new numbers of its papers. Raises UsageError."""
        return deletion.restore(self._database, deletion_id)

    def purge(self, deletion_id: int | None = None) -> int:
        """Drop one deletion, or all, for good; returns the number of deletions."""
        return deletion.purge(self._database, deletion_id)

    def merges(self) -> list[Merge]:
        """All merges by title and by shared identifiers, newest first."""
        return unmerge.merges(self._database)

    def undo_merge(self, merge_id: int) -> int:
        """Undo a merge; returns the number of the new paper. Raises UsageError."""
        return unmerge.undo_merge(self._database, merge_id)
