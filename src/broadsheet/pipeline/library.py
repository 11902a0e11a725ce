"""The library: one folder, opened. Everything the faces can do with it; each method is a call into a pipeline.

A library is safe to use from several threads and several processes at once: the catalogue is a database, views
are immutable, and whoever needs a newer view takes the lock and brings it up to date.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.catalogue import Catalogue, Event, ReaderState
from broadsheet.kit.clock import Clock, utc_now
from broadsheet.kit.errors import LibraryError, SourceError
from broadsheet.kit.paper import Record
from broadsheet.kit.threads import one_thread
from broadsheet.pipeline import reading
from broadsheet.pipeline.feed import profile, ranking
from broadsheet.pipeline.feed.profile import Profile
from broadsheet.pipeline.feed.ranking import Interest
from broadsheet.pipeline.index import build
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.ingest.ingest import Progress
from broadsheet.pipeline.records import CheckReport, FeedItem, FeedPage, IngestReport, SourceStatus, Stats
from broadsheet.pipeline.search import precise
from broadsheet.pipeline.searchable import SearchableShelf
from broadsheet.settings import Settings, load

if TYPE_CHECKING:
    from broadsheet.catalogue import Suspect, Undone

__all__ = ["Library", "open_library"]


def open_library(path: str | Path, *, create: bool = True, read_only: bool = False, clock: Clock = utc_now) -> Library:
    """Open the library in a folder; with `create`, make one where there is none.

    Where it cannot be written it is opened for reading. `clock` tells what time it is. Raises LibraryError if the
    folder is not a library or cannot be used.
    """
    folder = Path(path).expanduser().absolute()  # the process may change its directory while the library is open
    database = folder / "catalogue.db"
    try:
        if database.exists():
            read_only = read_only or not (os.access(folder, os.W_OK) and os.access(database, os.W_OK))
        elif not create or read_only:
            raise LibraryError(f"{folder}: no library here; `broadsheet --library {folder} add FILE` makes one")
        else:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, ValueError) as error:
        raise LibraryError(f"{folder}: no library can be here: {getattr(error, 'strerror', None) or error}") from error
    catalogue = Catalogue.open(database, create=create, read_only=read_only, clock=clock)
    return Library(folder, catalogue, load(folder))


@dataclass(frozen=True, slots=True)
class _Learned:
    """A reader's model, with what it was learned from."""

    last_event: int
    view: IndexSnapshot
    interest: Interest | None
    profile: Profile


class Library(SearchableShelf):
    """One open library. Use as a context manager, or call `close`."""

    def __init__(self, path: Path, catalogue: Catalogue, settings: Settings) -> None:
        super().__init__(path, catalogue, settings)
        self._learned: dict[str, _Learned] = {}

    # Collecting -------------------------------------------------------------------------------------------------

    def add(self, *sources: str | Path | Record, progress: Progress | None = None, again: bool = False) -> IngestReport:
        """Add files (paths) and records, then index them. One report for all.

        Records of deleted papers stay out unless `again` is said.

        A file that cannot be read at all is told of in the report's messages and keeps nothing else out. Raises
        SourceError if there is nothing but such files.
        """
        from broadsheet.pipeline.ingest.ingest import ingest, ingest_files, total

        records = [s for s in sources if isinstance(s, Record)]
        paths = [Path(s) for s in sources if not isinstance(s, Record)]
        reports: list[IngestReport] = []
        if records:
            reports.append(
                ingest(self.catalogue, records[0].source, iter(records), progress, len(records), again=again)
            )
        read, unreadable = ingest_files(self.catalogue, paths, progress, again=again)
        reports += read
        if unreadable and not reports:
            raise SourceError("; ".join(unreadable))
        started = time.perf_counter()
        self.index(progress)
        reports.append(IngestReport("", seconds=time.perf_counter() - started, messages=tuple(unreadable)))
        return total(reports)

    def add_items(self, source: str, items: Iterator[Record], progress: Progress | None = None) -> IngestReport:
        """Add a stream of records, then index them."""
        from broadsheet.pipeline.ingest.ingest import ingest

        report = ingest(self.catalogue, source, items, progress)
        self.index(progress)
        return report

    def add_ids(self, ids: Sequence[str], progress: Progress | None = None) -> IngestReport:
        """Look up the arXiv ids and DOIs that are not in the library yet, and add them."""
        from broadsheet.pipeline.ingest.sync import look_up

        known = self.catalogue.resolve_many(ids)
        unknown = [i for i in ids if known.get(i) is None]
        report = look_up(self.catalogue, self.settings, unknown, progress) if unknown else IngestReport("lookup")
        self.index(progress)
        held = len(ids) - len(unknown)
        return replace(report, unchanged=report.unchanged + held, read=report.read + held)

    def sync(
        self,
        names: Sequence[str] = (),
        *,
        limit: int | None = None,
        progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> list[IngestReport]:
        """Harvest network sources, then index. Trouble with one is in its report's messages and stops no other."""
        from broadsheet.pipeline.ingest.sync import sync

        reports = sync(self.catalogue, self.settings, names, limit=limit, progress=progress, stop=stop)
        self.index(progress)
        return reports

    def sources(self) -> list[SourceStatus]:
        """How every source is: when it last ran, what went wrong, how many papers it brought."""
        from broadsheet.pipeline.ingest.sync import statuses

        return statuses(self.catalogue, self.settings)

    # Readers ----------------------------------------------------------------------------------------------------

    def import_saved(self, reader: str, source: str | Path, progress: Progress | None = None) -> IngestReport:
        """Save for the reader what `source` names, adding what is not here yet.

        A Path is a file; a str is pasted text: BibTeX, RIS or any other format of files, else a list of identifiers.
        """
        from broadsheet.pipeline.ingest.ingest import pasted

        who = self._reader(reader)  # first, so that an unknown reader adds nothing
        with nullcontext(source) if isinstance(source, Path) else pasted(source) as file:
            report = self.add(file, progress=progress) if file else self._add_named(str(source), progress)
        have = self._state(who).saved
        events = [Event("save", p, policy="import") for p in dict.fromkeys(report.paper_ids) if p not in have]
        if events:
            self.catalogue.log(who.id, events)
        return replace(report, paper_ids=tuple(dict.fromkeys(report.paper_ids)))

    def _add_named(self, text: str, progress: Progress | None) -> IngestReport:
        """Add the papers whose identifiers stand in the text; the report names those that were here already too."""
        from broadsheet.pipeline.ingest.ingest import named

        names = named(text)
        report = self.add_ids(names, progress)
        return replace(report, paper_ids=tuple(p for p in self.catalogue.resolve_many(names).values() if p is not None))

    # The page ---------------------------------------------------------------------------------------------------

    def _learn(self, view: IndexSnapshot, name: str, state: ReaderState) -> _Learned:
        """The reader's model, fitted anew only after they did something or the library changed."""
        held = self._learned.get(name)
        if held is None or held.last_event != state.last_event or held.view is not view:
            interest = ranking.learn(view, state)
            held = _Learned(state.last_event, view, interest, profile.describe(self.catalogue, view, interest))
            self._learned[name] = held
        return held

    def feed(self, reader: str, k: int | None = None, *, log: bool = True, policy_note: str = "") -> FeedPage:
        """The reader's page of k papers, each with its reasons; `log` notes every one as shown."""
        started = time.perf_counter()
        who = self._reader(reader)
        view = self.view()
        state = self._state(who)
        size = self.settings.feed.size if k is None else k
        with one_thread():
            learned = self._learn(view, reader, state)
            interest = learned.interest
            found = ranking.page(view, reader, state, interest, self.tuning(reader), size, self.now().date())
            items = reading.feed_items(self.catalogue, view, found, interest, state)
        policy = f"{found.policy} {policy_note}".strip()
        note = self._note_shown(who.id, items, policy) if log and items and not self.catalogue.read_only else ""
        return FeedPage(
            reader,
            items,
            policy,
            interest is None,
            time.perf_counter() - started,
            learned.profile.more,
            learned.profile.less,
            note,
        )

    def _note_shown(self, reader_id: int, items: Sequence[FeedItem], policy: str) -> str:
        """Note the items as shown; empty, or why that could not be written: no reason not to show them."""
        shown = [Event("impression", item.stored.id, position=item.position, policy=policy) for item in items]
        try:
            self.catalogue.log(reader_id, shown)
        except LibraryError as error:
            return f"What is shown here could not be noted down: {error}"
        return ""

    # Looking after ----------------------------------------------------------------------------------------------

    def undo_merge(self, merge_id: int) -> int:
        """Part what was joined; the number of the new paper."""
        number = self.catalogue.undo_merge(merge_id)
        self.index()
        return number

    def delete(self, *which: str | int) -> int:
        """Delete papers so that they can be restored; the deletion's number. Raises UnknownPaper."""
        number = self.catalogue.delete(*{self.resolve(one) for one in which})
        self.index()
        return number

    def restore(self, deletion_id: int) -> list[int]:
        """Bring back what a deletion took out; the numbers its papers have now. Raises UsageError."""
        numbers = self.catalogue.restore(deletion_id)
        self.index()
        return numbers

    def part(self) -> list[tuple[Suspect, int]]:
        """Give every work that another paper holds or replaced a paper of its own: (what was found, its number)."""
        parted = self.catalogue.part()
        self.index()
        return parted

    def undo_import(self, import_id: int) -> Undone:
        """Delete what one import alone brought and nobody has taken up since. Raises UsageError."""
        undone = self.catalogue.undo_import(import_id)
        self.index()
        return undone

    def stats(self) -> Stats:
        """The library in numbers."""
        files = list(self._views.glob("*.bin")) if self._views.exists() else []
        view = self._view or build.latest(self._views, None)
        return Stats(
            papers=self.catalogue.count(),
            readers=len(self.readers()),
            quarantined=self.catalogue.quarantine_count(),
            indexed=view.count if view else 0,
            encoder=view.encoder_name if view else "",
            index_bytes=sum(p.stat().st_size for p in files),
            catalogue_bytes=(self.path / "catalogue.db").stat().st_size,
            last_added=self.catalogue.last_added(),
        )

    def check(self, repair: bool = False, progress: Progress | None = None) -> CheckReport:
        """Verify the catalogue and every file of the indexes; with `repair`, rebuild indexes that are not right."""
        problems = list(self.catalogue.check())
        broken = build.verify(self.catalogue, self._views)
        repaired: tuple[str, ...] = ()
        if broken and repair:
            with self._lock:
                self._view = None
                build.rebuild(self.catalogue, self._views, progress, vectors=self.settings.index.vectors)
            repaired, broken = tuple(broken), build.verify(self.catalogue, self._views)
        lines = (
            f"catalogue: {self.catalogue.count()} papers, {self.catalogue.last_seq()} changes",
            f"indexes: {build.describe(self._views, vectors=self.settings.index.vectors)}",
        )
        problems += broken
        if precise.path_of(self._views).exists():
            problems += precise.verify(precise.path_of(self._views))
        return CheckReport(not problems, lines, tuple(problems), repaired)
