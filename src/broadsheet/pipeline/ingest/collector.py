"""Adds papers to a library and deletes them; the index follows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.catalogue import Catalogue
from broadsheet.kit.errors import SourceError
from broadsheet.kit.lazy import lazy
from broadsheet.kit.paper import Record, Rejected
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.records import IngestReport, SourceStatus
from broadsheet.settings import Settings

if TYPE_CHECKING:
    from broadsheet.catalogue import Suspect, Undone
    from broadsheet.pipeline.ingest import ingest, sync
else:  # most commands add nothing
    ingest, sync = lazy("broadsheet.pipeline.ingest", "ingest", "sync")

__all__ = ["Collector"]


class Collector:
    """Adds files, records, identifiers and network sources to a catalogue; deletes and restores papers."""

    def __init__(self, catalogue: Catalogue, index: Index, settings: Settings) -> None:
        self._catalogue = catalogue
        self._index = index
        self._settings = settings

    def add(
        self, *sources: str | Path | Record, on_progress: Progress | None = None, again: bool = False
    ) -> IngestReport:
        """Add files (paths) and records, then index them. One report for all.

        Records of deleted papers stay out unless `again` is said.

        A file that cannot be read at all is told of in the report's messages and keeps nothing else out. Raises
        SourceError if there is nothing but such files.
        """
        records = [s for s in sources if isinstance(s, Record)]
        paths = [Path(s) for s in sources if not isinstance(s, Record)]
        reports: list[IngestReport] = []
        if records:
            reports.append(
                ingest.ingest(self._catalogue, records[0].source, iter(records), on_progress, len(records), again=again)
            )
        read, unreadable = ingest.ingest_files(self._catalogue, paths, on_progress, again=again)
        reports += read
        if unreadable and not reports:
            raise SourceError("; ".join(unreadable))
        started = time.perf_counter()
        self._index.update(on_progress)
        reports.append(IngestReport("", seconds=time.perf_counter() - started, messages=tuple(unreadable)))
        return ingest.total(reports)

    def add_items(
        self, source: str, items: Iterator[Record | Rejected], on_progress: Progress | None = None
    ) -> IngestReport:
        """Add a stream of records, then index them; a Rejected is quarantined."""
        report = ingest.ingest(self._catalogue, source, items, on_progress)
        self._index.update(on_progress)
        return report

    def add_ids(self, ids: Sequence[str], on_progress: Progress | None = None) -> IngestReport:
        """Look up the arXiv ids and DOIs that are not in the library yet, and add them."""
        known = self._catalogue.papers.resolve_many(ids)
        unknown = [i for i in ids if known.get(i) is None]
        report = IngestReport("lookup")
        if unknown:
            report = sync.look_up(self._catalogue, self._settings, unknown, on_progress)
        self._index.update(on_progress)
        held = len(ids) - len(unknown)
        return replace(report, unchanged=report.unchanged + held, read=report.read + held)

    def add_text(self, source: str | Path, on_progress: Progress | None = None) -> IngestReport:
        """Add what `source` names; the report has the numbers of all papers named, those that were here already too.

        A Path is a file; a str is pasted text: BibTeX, RIS or any other format of files, else a list of identifiers.
        """
        with nullcontext(source) if isinstance(source, Path) else ingest.pasted(source) as file:
            if file:
                return self.add(file, on_progress=on_progress)
        names = ingest.named(str(source))
        report = self.add_ids(names, on_progress)
        numbers = self._catalogue.papers.resolve_many(names).values()
        return replace(report, paper_ids=tuple(number for number in numbers if number is not None))

    def sync(
        self,
        names: Sequence[str] = (),
        *,
        limit: int | None = None,
        on_progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> list[IngestReport]:
        """Harvest network sources, then index. Trouble with one is in its report's messages and stops no other."""
        reports = sync.sync(self._catalogue, self._settings, names, limit=limit, on_progress=on_progress, stop=stop)
        self._index.update(on_progress)
        return reports

    def sources(self) -> list[SourceStatus]:
        """How every source is: when it last ran, what went wrong, how many papers it brought."""
        return sync.statuses(self._catalogue, self._settings)

    def delete(self, numbers: set[int]) -> int:
        """Delete papers so that they can be restored; the deletion's number."""
        deletion = self._catalogue.papers.delete(*numbers)
        self._index.update()
        return deletion

    def restore(self, deletion_id: int) -> list[int]:
        """Bring back what a deletion took out; the numbers its papers have now. Raises UsageError."""
        numbers = self._catalogue.papers.restore(deletion_id)
        self._index.update()
        return numbers

    def part(self) -> list[tuple[Suspect, int]]:
        """Give every work that another paper holds or replaced a paper of its own: (what was found, its number)."""
        parted = self._catalogue.papers.part()
        self._index.update()
        return parted

    def undo_merge(self, merge_id: int) -> int:
        """Part what was joined; the number of the new paper."""
        number = self._catalogue.papers.undo_merge(merge_id)
        self._index.update()
        return number

    def undo_import(self, import_id: int) -> Undone:
        """Delete what one import alone brought and nobody has taken up since. Raises UsageError."""
        undone = self._catalogue.harvest.undo_import(import_id)
        self._index.update()
        return undone
