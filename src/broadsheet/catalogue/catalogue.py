"""The catalogue's front: one object, one method a question; the work is in the modules beside this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import change_log, days, events, papers, parts, readers
from broadsheet.catalogue.database import Database, fetch, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.events import Event, ReaderState
from broadsheet.catalogue.papers import Document, StoredRow
from broadsheet.catalogue.readers import Reader
from broadsheet.kit.clock import Clock, utc_now
from broadsheet.kit.errors import LibraryError
from broadsheet.kit.lazy import lazy
from broadsheet.kit.paper import Paper, Record, Rejected

if TYPE_CHECKING:
    from broadsheet.catalogue import check, deletion, harvest_state, imports, ingest, migrations
    from broadsheet.catalogue.dedup import suspects, unmerge
    from broadsheet.catalogue.dedup.matching import Item
    from broadsheet.catalogue.dedup.suspects import Suspect
    from broadsheet.catalogue.dedup.unmerge import Merge
    from broadsheet.catalogue.deletion import Deletion
    from broadsheet.catalogue.harvest_state import ProviderStore, Quarantined, Run
    from broadsheet.catalogue.imports import Import, Undone
    from broadsheet.catalogue.ingest import Added
else:  # a search does not wait for what an import needs
    check, deletion, harvest_state, imports, ingest, migrations = lazy(
        "broadsheet.catalogue", "check", "deletion", "harvest_state", "imports", "ingest", "migrations"
    )
    suspects, unmerge = lazy("broadsheet.catalogue.dedup", "suspects", "unmerge")

__all__ = ["Catalogue"]


class Catalogue:
    """An open catalogue. Safe among threads and processes; every write is one transaction.

    Any method may raise LibraryError (disk full, locked, not writable) or CorruptFile, naming the file and the fix.
    """

    def __init__(self, database: Database, instance_id: str) -> None:
        self._database = database
        self.instance_id = instance_id  # random, made once with the file: names this library in feeds

    @classmethod
    def open(cls, path: Path, *, create: bool = False, read_only: bool = False, clock: Clock = utc_now) -> Catalogue:
        """Open the catalogue file at `path`; migrate an older one. `create` makes a missing one.

        Raises LibraryError if it is missing, of a newer version, or cannot be used; CorruptFile if damaged.
        """
        if not path.exists() and (read_only or not create):
            raise LibraryError(f"{path}: no catalogue here; `broadsheet add FILE` makes one")
        database = Database(path, read_only=read_only, clock=clock)
        try:
            database.prepare()
            migrations.upgrade(database, create=create)
            with database.read() as connection:
                instance_id = fetch(connection, sql.INSTANCE_ID)[0][0]
        except BaseException:
            database.close()
            raise
        return cls(database, instance_id)

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    @property
    def read_only(self) -> bool:
        """Whether it was opened for reading only."""
        return self._database.read_only

    def now(self) -> datetime:
        """This moment in UTC, by the clock that was handed in."""
        return parse_time(self._database.now())

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    # Papers -----------------------------------------------------------------------------------------------------

    def add(
        self,
        records: Sequence[Record | Item],
        *,
        rejected: Sequence[Rejected] = (),
        cursor: tuple[str, str] | None = None,
        import_id: int | None = None,
        again: bool = False,
    ) -> Added:
        """Store a batch: papers, provenance, change log, quarantine and cursor together, or nothing.

        Records of deleted papers stay out unless `again` is said. `import_id`: see `begin_import`.
        """
        return ingest.add(self._database, records, rejected=rejected, cursor=cursor, import_id=import_id, again=again)

    def stored(self, ids: Iterable[int]) -> dict[int, StoredRow]:
        """The papers with these numbers that exist."""
        return papers.stored(self._database, ids)

    def resolve(self, text: str) -> int | None:
        """The paper a text means, or None.

        Our number (`17`, `paper:17`), also that of a paper which became part of another; an arXiv, DOI, ACL,
        OpenAlex, S2, OpenReview or PubMed id in any form or URL; or the id a source gave it.
        """
        return papers.resolve_many(self._database, [text])[text]

    def resolve_many(self, texts: Iterable[str]) -> dict[str, int | None]:
        """`resolve` for many texts in a few queries."""
        return papers.resolve_many(self._database, texts)

    def having(self, part: str) -> list[int]:
        """The papers that have an abstract, arxiv (an id there), code, doi or pdf."""
        return parts.having(self._database, part)

    def citations(self) -> dict[int, int]:
        """Paper to how often it is cited, where its record says."""
        return parts.citations(self._database)

    def source_id(self, ids: Iterable[int]) -> dict[int, str]:
        """Per existing paper the id it first arrived with; "" if it had none."""
        return papers.source_id(self._database, ids)

    def documents(
        self, after: int = 0, ids: Sequence[int] | None = None, batch: int = 5000
    ) -> Iterator[list[Document]]:
        """What views need of papers numbered above `after` (and among `ids`), ascending, in batches."""
        return papers.documents(self._database, after, ids, batch)

    def last_seq(self) -> int:
        """The number of the latest change; 0 if nothing ever happened."""
        return change_log.last_seq(self._database)

    def changes(self, after: int, limit: int | None = None) -> list[tuple[int, int, str]]:
        """(seq, paper, add | update | delete) of what happened after `after`, in order."""
        return change_log.changes(self._database, after, limit)

    def count(self) -> int:
        """How many papers there are."""
        return papers.count(self._database)

    def ids(self) -> NDArray[np.int64]:
        """The numbers of all papers, ascending."""
        return papers.live_ids(self._database)

    def last_added(self) -> datetime | None:
        """When the newest paper came in; None if there is none."""
        return papers.last_added(self._database)

    def versions(self, paper_id: int) -> list[tuple[int, datetime, Paper]]:
        """(number, when it was replaced, content) of the paper's earlier contents, oldest first."""
        return papers.versions(self._database, paper_id)

    def records(self, paper_id: int) -> list[tuple[str, str, datetime, Paper]]:
        """(source, its id there, when it was read, the paper as it tells it), first one first."""
        return papers.records(self._database, paper_id)

    def suspects(self) -> list[Suspect]:
        """Papers that hold, or took the place of, another work."""
        return suspects.suspects(self._database)

    def part(self) -> list[tuple[Suspect, int]]:
        """Give each such work a paper of its own: (what was found, its number)."""
        return suspects.part(self._database)

    def delete(self, *paper_ids: int) -> int:
        """Take papers out so that they can be restored; the deletion's number. Raises UnknownPaper."""
        return deletion.delete(self._database, paper_ids)

    def deletions(self, limit: int = 200) -> list[Deletion]:
        """What was deleted, newest first."""
        return deletion.deletions(self._database, limit)

    def restore(self, deletion_id: int) -> list[int]:
        """Bring back what a deletion took out; the numbers its papers have now. Raises UsageError."""
        return deletion.restore(self._database, deletion_id)

    def purge(self, deletion_id: int | None = None) -> int:
        """Forget what was deleted, for good; how many deletions there were."""
        return deletion.purge(self._database, deletion_id)

    def begin_import(self, source: str) -> int:
        """Note that an import begins; its number, to be given to `add`."""
        return imports.begin(self._database, source)

    def imports(self, limit: int = 200) -> list[Import]:
        """Imports that brought something, newest first."""
        return imports.imports(self._database, limit)

    def undo_import(self, import_id: int) -> Undone:
        """Delete the papers that one import alone brought and nobody has taken up since. Raises UsageError."""
        return imports.undo(self._database, import_id)

    def merges(self) -> list[Merge]:
        """Records that joined a paper because of its title or showed two papers to be one, newest first."""
        return unmerge.merges(self._database)

    def undo_merge(self, merge_id: int) -> int:
        """Part what was joined by title or by a bridge; the number of the new paper. Raises UsageError."""
        return unmerge.undo_merge(self._database, merge_id)

    # Readers ----------------------------------------------------------------------------------------------------

    def readers(self) -> list[Reader]:
        """All readers."""
        return readers.readers(self._database)

    def reader(self, name: str, create: bool = False) -> Reader:
        """The reader of this name, made if asked. Raises UnknownReader with the nearest names."""
        return readers.reader(self._database, name, create=create)

    def save_settings(self, name: str, settings: Mapping[str, Any]) -> None:
        """Replace a reader's settings. Raises UnknownReader."""
        readers.save_settings(self._database, name, settings)

    def delete_reader(self, name: str) -> None:
        """Forget a reader and everything they did. Raises UnknownReader."""
        readers.delete_reader(self._database, name)

    def log(self, reader_id: int, happened: Sequence[Event]) -> list[int]:
        """Append events, all or none; their numbers. Raises UsageError, UnknownPaper, UnknownReader."""
        return events.log(self._database, reader_id, happened)

    def undo(self, reader_id: int) -> Event | None:
        """Take back the reader's last action not taken back yet; what was undone, or None. Raises UnknownReader."""
        return events.undo(self._database, reader_id)

    def state(self, reader_id: int) -> ReaderState:
        """What the reader's events add up to. Raises UnknownReader."""
        return events.state(self._database, reader_id)

    def shown_on(self, reader_id: int, day: date) -> list[int]:
        """The papers that the reader was shown on a day (UTC), each once, by their best place."""
        return days.shown_on(self._database, reader_id, day)

    def days_around(self, reader_id: int, day: date) -> tuple[date | None, date | None]:
        """The nearest days before and after on which the reader was shown something."""
        return days.days_around(self._database, reader_id, day)

    def create_collection(self, reader_id: int, name: str) -> None:
        """Make a collection if there is none of that name. Raises UnknownReader, UsageError."""
        readers.create_collection(self._database, reader_id, name)

    def rename_collection(self, reader_id: int, name: str, to: str) -> None:
        """Give a collection another name. Raises UsageError if there is none of that name, or one of the new."""
        readers.rename_collection(self._database, reader_id, name, to)

    def add_to_collection(self, reader_id: int, name: str, paper_id: int) -> None:
        """Put a paper into a collection. Raises UsageError if there is none of that name, UnknownPaper."""
        readers.add_to_collection(self._database, reader_id, name, paper_id)

    def remove_from_collection(self, reader_id: int, name: str, paper_id: int) -> None:
        """Take a paper out of a collection. Raises UsageError if there is none of that name."""
        readers.remove_from_collection(self._database, reader_id, name, paper_id)

    def collections(self, reader_id: int) -> dict[str, tuple[int, ...]]:
        """Name to papers, in the order they were put in."""
        return readers.collections(self._database, reader_id)

    def delete_collection(self, reader_id: int, name: str) -> int:
        """Delete a collection; its papers stay. The deletion's number. Raises UsageError if there is no such one."""
        return readers.delete_collection(self._database, reader_id, name)

    # Sources ----------------------------------------------------------------------------------------------------

    def cursor(self, name: str) -> str | None:
        """The value last committed under this name."""
        return harvest_state.get_cursor(self._database, name)

    def provider_store(self) -> ProviderStore:
        """Provider states as the network client wants them: read, and change in one transaction."""
        return harvest_state.ProviderStore(self._database)

    def get_provider(self, name: str) -> dict[str, Any]:
        """What is known about a provider; {} if nothing."""
        return self.provider_store().get(name)

    def set_provider(self, name: str, state: Mapping[str, Any]) -> None:
        """Replace what is known about a provider (anything JSON can hold)."""
        self.provider_store().update(name, lambda _: dict(state))

    def log_run(self, source: str, started: datetime, report: Mapping[str, Any]) -> int:
        """Note that a run of a source has ended now; the run's number."""
        return harvest_state.log_run(self._database, source, started, report)

    def runs(self, limit: int = 100) -> list[Run]:
        """The latest runs, newest first."""
        return harvest_state.runs(self._database, limit)

    def source_counts(self) -> dict[str, int]:
        """Source to the number of papers it has told of."""
        return papers.source_counts(self._database)

    def quarantine(self, limit: int = 200) -> list[Quarantined]:
        """Records that could not be read, newest first."""
        return harvest_state.quarantine(self._database, limit)

    def quarantine_count(self) -> int:
        """How many records are quarantined."""
        return harvest_state.quarantine_count(self._database)

    def clear_quarantine(self, ids: Sequence[int] | None = None) -> int:
        """Forget these quarantined records, or all; how many there were."""
        return harvest_state.clear_quarantine(self._database, ids)

    def check(self) -> list[str]:
        """Everything that is wrong with the catalogue, in words; [] if nothing is."""
        return check.check(self._database)
