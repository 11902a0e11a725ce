"""Sources → catalogue in batches: each batch is one transaction with its cursor and quarantine."""

from __future__ import annotations

import gc
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from broadsheet.catalogue import Catalogue
from broadsheet.kit.errors import SourceError
from broadsheet.kit.identifiers import canonical, find
from broadsheet.kit.paper import Record, Rejected
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.records import IngestReport
from broadsheet.sources.contract import NetworkSource

if TYPE_CHECKING:
    from broadsheet.catalogue import Item

__all__ = ["identifiers_in", "ingest", "ingest_files", "ingest_pages", "listed_ids", "pasted_file", "total"]

Entry: TypeAlias = "Record | Item | Rejected"  # a record, a prepared record, or an unreadable one

_COMMENT = re.compile(r"(?:^|\s)#.*")
_LONGEST_LIST = 8_000_000  # bytes of a list of identifiers
_HEAD = 8192  # bytes that decide

BATCH = 2000  # records per transaction: the most that a killed run has to read again
SMALLEST = 50
LONGEST = 0.5  # seconds that a transaction should hold the write lock


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Collect garbage rarely: records have no cycles, and the default threshold costs a quarter of the time."""
    thresholds = gc.get_threshold()
    gc.set_threshold(1_000_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


class _Tally:
    """Counts the outcomes of the records of a run."""

    def __init__(self, source: str, *, again: bool = False) -> None:
        self.source = source
        self.again = again
        self.import_id: int | None = None
        self.notes: list[str] = []
        self.counts: Counter[str] = Counter()
        self.ids: list[int] = []
        self.groups: dict[str, list[int]] = {}
        self.messages: list[str] = []
        self.started = time.perf_counter()

    def store(self, catalogue: Catalogue, items: Iterable[Entry], cursor: tuple[str, str] | None = None) -> None:
        """Commit the items with the cursor."""
        records: list[Record | Item] = []
        rejected: list[Rejected] = []
        for item in items:
            if isinstance(item, Rejected):
                rejected.append(item)
            else:
                records.append(item)
        if records and self.import_id is None:
            self.import_id = catalogue.harvest.begin_import(self.source)
        result = catalogue.papers.add(
            records, rejected=rejected, cursor=cursor, import_id=self.import_id, again=self.again
        )
        self.counts.update(result.outcomes)
        self.notes += result.notes
        self.counts["read"] += len(records) + len(rejected)
        self.counts["quarantined"] += len(rejected)
        self.ids += [paper_id for paper_id in result.paper_ids if paper_id]
        for record, paper_id in zip(records, result.paper_ids, strict=True):
            for tag in record.tags if paper_id else ():
                self.groups.setdefault(tag, []).append(paper_id)

    def report(self) -> IngestReport:
        """The counts so far."""
        names = ("read", "added", "updated", "unchanged", "merged", "quarantined", "deleted")
        counts = {name: self.counts[name] for name in names}
        seconds = time.perf_counter() - self.started
        return IngestReport(
            self.source,
            **counts,
            seconds=seconds,
            messages=tuple(self.messages),
            paper_ids=tuple(self.ids),
            notes=tuple(self.notes),
            groups={tag: tuple(dict.fromkeys(numbers)) for tag, numbers in self.groups.items()},
        )


@_rare_garbage_collection()
def ingest(
    catalogue: Catalogue,
    source: str,
    items: Iterator[Entry],
    on_progress: Progress | None = None,
    total: int | None = None,
    *,
    again: bool = False,
) -> IngestReport:
    """Store all items. If a source fails midway, the items before stay and the error is in the messages.

    Records of deleted papers are added only with `again`.
    """
    tally = _Tally(source, again=again)
    size = BATCH
    broken = False
    while not broken:
        batch: list[Entry] = []
        try:
            for item in islice(items, size):
                batch.append(item)
        except SourceError as error:
            if not tally.counts["read"] and not batch:
                raise
            tally.messages.append(str(error))
            broken = True
        if not batch:
            break
        before = time.perf_counter()
        tally.store(catalogue, batch)
        size = _next_size(size, time.perf_counter() - before)
        if on_progress:
            on_progress(f"adding {source}", tally.counts["read"], total)
    return tally.report()


def _next_size(size: int, seconds: float) -> int:
    """The size of the next batch, so that other writers wait at most about LONGEST seconds."""
    if seconds > LONGEST:
        return max(SMALLEST, int(size * LONGEST / seconds))
    return min(BATCH, 2 * size) if seconds < LONGEST / 3 else size


def ingest_files(
    catalogue: Catalogue, paths: Iterable[Path], on_progress: Progress | None = None, *, again: bool = False
) -> tuple[list[IngestReport], list[str]]:
    """Store files one after the other: (a report per file, messages on unreadable files)."""
    from broadsheet.pipeline.ingest.reading import prepare_file  # here, so that a search need not load it

    reports: list[IngestReport] = []
    unreadable: list[str] = []
    for path in paths:
        started = catalogue.now()
        try:
            with prepare_file(path) as items:
                report = ingest(catalogue, path.name, items, on_progress, again=again)
        except SourceError as error:
            unreadable.append(str(error))
            continue
        run = {"read": report.read, "papers": len(set(report.paper_ids)), "messages": list(report.messages)}
        catalogue.harvest.log_run(path.name, started, run)
        reports.append(report)
    return reports, unreadable


def identifiers_in(text: str) -> list[str]:
    """The identifiers of a pasted text: each line is an identifier, a reference that contains some, or a list."""
    names: list[str] = []
    for line in text.splitlines():
        words = [name for word in line.split() if (name := word.strip(",;"))]
        if canonical(line):
            names.append(line.strip())
        elif (identifiers := find(line)) and len(words) > 2 * len(identifiers) + 1:  # a reference
            names += [f"{scheme}:{value}" for scheme, value in identifiers]
        else:
            names += words
    return names


def listed_ids(path: Path) -> list[str]:
    """The identifiers of a file that lists one a line, `#` begins a comment; none where it is something else.

    A line that is no identifier after the first 8 KB is among them, so that it is reported.
    """
    from broadsheet.sources.files.detect import sniff

    try:
        if not path.is_file() or path.stat().st_size > _LONGEST_LIST:
            return []
        content = path.read_bytes()
    except OSError:
        return []
    if b"\0" in content[:_HEAD] or sniff(content) is not None:
        return []
    lines = [_COMMENT.sub("", line).strip() for line in content.decode("utf-8-sig", "replace").splitlines()]
    first = [line for line in lines[: content[:_HEAD].count(b"\n") + 1] if line]
    return [line for line in lines if line] if first and all(map(canonical, first)) else []


@contextmanager
def pasted_file(text: str) -> Iterator[Path | None]:
    """Write pasted text to a temporary file, named after its format; None if the format is unknown."""
    from broadsheet.sources.files.detect import sniff

    source = sniff(text.encode("utf-8", "replace"))
    if source is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        path = Path(folder) / f"pasted{source.suffixes[0]}"
        path.write_text(text, encoding="utf-8", errors="replace")
        yield path


def ingest_pages(
    catalogue: Catalogue,
    source: NetworkSource,
    on_progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> IngestReport:
    """Store a provider's pages, each with its cursor. On an error the pages before stay; messages have the error."""
    tally = _Tally(source.name)
    try:
        for page in source.pages(catalogue.harvest.cursor):
            tally.store(catalogue, page.items, page.cursor)
            if on_progress:
                on_progress(f"harvesting {source.name}", tally.counts["read"], None)
            if stop and stop():
                break
    except SourceError as error:
        tally.messages.append(str(error))
    return tally.report()


def total(reports: list[IngestReport]) -> IngestReport:
    """Sum up several reports in one."""
    names = ("read", "added", "updated", "unchanged", "merged", "quarantined", "deleted", "seconds")
    groups: dict[str, tuple[int, ...]] = {}
    for report in reports:
        for tag, numbers in report.groups.items():
            groups[tag] = tuple(dict.fromkeys((*groups.get(tag, ()), *numbers)))
    return IngestReport(
        ", ".join(r.source for r in reports if r.source),
        **{name: sum(getattr(r, name) for r in reports) for name in names},
        messages=tuple(m for r in reports for m in r.messages),
        notes=tuple(n for r in reports for n in r.notes),
        paper_ids=tuple(i for r in reports for i in r.paper_ids),
        groups=groups,
    )
