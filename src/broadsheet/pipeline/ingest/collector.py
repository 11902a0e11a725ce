"""Adds papers to a library and deletes them, and updates the index."""

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

        Records of deleted papers are added only with `again`. An unreadable file is reported in the messages, and the
        others are added. Raises SourceError if every source is an unreadable file.
        """
        records = [s for s in sources if isinstance(s, Record)]
        paths = [Path(s) for s in sources if not isinstance(s, Record)]
        reports: list[IngestReport] = []
        if records:
            reports.append(
                ingest.ingest(self._catalogue, records[0].source, iter(records), on_progress, len(records), again=again)
            )
        lists = {path: ids for path in paths if (ids := ingest.listed_ids(path))}
        files = [path for path in paths if path not in lists]
        file_reports, unreadable = ingest.ingest_files(self._catalogue, files, on_progress, again=again)
        reports += file_reports
        reports += [self._add_list(path.name, ids, on_progress, again=again) for path, ids in lists.items()]
        if unreadable and not reports:
            raise SourceError("; ".join(unreadable))
        start = time.perf_counter()
        self._index.update(on_progress)
        reports.append(IngestReport("", seconds=time.perf_counter() - start, messages=tuple(unreadable)))
        return ingest.total(reports)

    def add_items(
        self, source: str, items: Iterator[Record | Rejected], on_progress: Progress | None = None
    ) -> IngestReport:
        """Add a stream of records, then index them; a Rejected goes to quarantine."""
        report = ingest.ingest(self._catalogue, source, items, on_progress)
        self._index.update(on_progress)
        return report

    def add_ids(self, ids: Sequence[str], on_progress: Progress | None = None, *, again: bool = True) -> IngestReport:
        """Look up the papers of identifiers that the library does not have yet, and add them."""
        report = self._look_up(ids, on_progress, again=again)
        self._index.update(on_progress)
        return report

    def add_related(self, things: Sequence[str], on_progress: Progress | None = None) -> list[IngestReport]:
        """Add the papers of authors, and those that cite a paper, as `followed` reads both. Raises UsageError."""
        reports = sync.add_related(self._catalogue, self._settings, things, on_progress)
        self._index.update(on_progress)
        return reports

    def _add_list(self, source: str, ids: Sequence[str], on_progress: Progress | None, *, again: bool) -> IngestReport:
        """Look up the identifiers of a file; the report has the numbers of all its papers."""
        report = self._look_up(ids, on_progress, again=again)
        numbers = self._catalogue.papers.resolve_many(ids).values()
        return replace(report, source=source, paper_ids=tuple(number for number in numbers if number is not None))

    def _look_up(self, ids: Sequence[str], on_progress: Progress | None, *, again: bool) -> IngestReport:
        numbers = self._catalogue.papers.resolve_many(ids)
        unknown = [i for i in ids if numbers.get(i) is None]
        report = IngestReport("lookup")
        if unknown:
            report = sync.look_up(self._catalogue, self._settings, unknown, on_progress, again=again)
        n_known = len(ids) - len(unknown)
        return replace(report, unchanged=report.unchanged + n_known, read=report.read + n_known)

    def add_text(self, source: str | Path, on_progress: Progress | None = None) -> IngestReport:
        """Add the papers of `source`; the report has the numbers of all of them, including those already here.

        A Path is a file; a str is pasted text: BibTeX, RIS or any other file format, else a list of identifiers.
        """
        with nullcontext(source) if isinstance(source, Path) else ingest.pasted_file(source) as file:
            if file:
                return self.add(file, on_progress=on_progress)
        names = ingest.identifiers_in(str(source))
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
        """Harvest network sources, then index. Errors of a source are in its report's messages; others continue."""
        reports = sync.sync(self._catalogue, self._settings, names, limit=limit, on_progress=on_progress, stop=stop)
        self._index.update(on_progress)
        return reports

    def sources(self) -> list[SourceStatus]:
        """The status of every source: its last run, errors, number of papers."""
        return sync.statuses(self._catalogue, self._settings)

    def delete(self, numbers: set[int]) -> int:
        """Delete papers so that they can be restored; returns the number of the deletion."""
        deletion = self._catalogue.papers.delete(*numbers)
        self._index.update()
        return deletion

    def restore(self, deletion_id: int) -> list[int]:
        """Restore the papers of a deletion; returns their numbers. Raises UsageError."""
        numbers = self._catalogue.papers.restore(deletion_id)
        self._index.update()
        return numbers

    def part(self) -> list[tuple[Suspect, int]]:
        """Give every work that was merged into another paper its own paper: (suspect, number of the new paper)."""
        new_papers = self._catalogue.papers.part()
        self._index.update()
        return new_papers

    def undo_merge(self, merge_id: int) -> int:
        """Undo a merge; returns the number of the new paper."""
        number = self._catalogue.papers.undo_merge(merge_id)
        self._index.update()
        return number

    def undo_import(self, import_id: int) -> Undone:
        """Delete the papers that only this import brought and no reader has used. Raises UsageError."""
        undone = self._catalogue.harvest.undo_import(import_id)
        self._index.update()
        return undone
