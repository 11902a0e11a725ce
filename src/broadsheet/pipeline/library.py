"""The library: an open folder, and everything that can be done with it.

library ──┬── collector   files, network sources, deletions     (ingest/)
          ├── index       the searchable snapshot               (index/)
          ├── searcher    a query or papers → results           (search/)
          ├── readers     readers' actions and pages            (feed/)
          ├── steering    readers' interests and mutes          (feed/)
          ├── experiments what other pages would be worth       (feed/)
          └── atlas       a map of all papers                   (atlas/)
All of them share the catalogue.

A library is safe to use from several threads and several processes at once: the catalogue is a database and
snapshots are immutable.
"""

# long: the whole interface, each method with its signature

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from broadsheet.catalogue import Catalogue, Reader, ReaderState
from broadsheet.catalogue.experiments import Interleaving
from broadsheet.kit.clock import Clock, utc_now
from broadsheet.kit.errors import LibraryError, UnknownPaper
from broadsheet.kit.export_formats import ExportFormat
from broadsheet.kit.hits import Hits
from broadsheet.kit.identifiers import canonical
from broadsheet.kit.paper import Paper, Record, Rejected
from broadsheet.kit.progress import Progress
from broadsheet.kit.reader_actions import days_away
from broadsheet.kit.threads import one_thread
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.atlas.store import AtlasStore
from broadsheet.pipeline.atlas.worker import AtlasWorker
from broadsheet.pipeline.experiments import Experiments
from broadsheet.pipeline.feed import given_saves
from broadsheet.pipeline.feed.given_saves import RankedPapers
from broadsheet.pipeline.feed.interleaving import Verdict
from broadsheet.pipeline.feed.mix_report import MixReport
from broadsheet.pipeline.feed.mixes import changed_mix
from broadsheet.pipeline.feed.ranking import FeedMix
from broadsheet.pipeline.feed.replay import STEPS
from broadsheet.pipeline.feed.replay_report import ReplayReport
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.index.vector_build import STAGE, BuildReport, EncodeAll, Pace
from broadsheet.pipeline.index.vector_worker import VectorWorker
from broadsheet.pipeline.ingest.collector import Collector
from broadsheet.pipeline.locks import Busy
from broadsheet.pipeline.reader_steering import ReaderSteering
from broadsheet.pipeline.readers import Readers
from broadsheet.pipeline.records import (
    CheckReport,
    FeedPage,
    IngestReport,
    SearchPage,
    SourceStatus,
    Stats,
    Stored,
    Suggestion,
)
from broadsheet.pipeline.search.inputs import Ids, Mine
from broadsheet.pipeline.search.searcher import Searcher
from broadsheet.pipeline.secret_key import library_key
from broadsheet.settings import Settings, load

if TYPE_CHECKING:
    from broadsheet.catalogue import Deletion, Import, Merge, Quarantined, Suspect, Undone
    from broadsheet.pipeline.training.word_encoder import TuningReport

__all__ = ["Library", "open_library"]

POLL = 1.0  # seconds between two looks at what another process does
EXPORT_BATCH = 500  # papers read from the catalogue at once


def open_library(path: str | Path, *, create: bool = True, read_only: bool = False, clock: Clock = utc_now) -> Library:
    """Open the library in a folder; with `create`, make one if there is none.

    A library that cannot be written is opened read only. `clock` gives the current time. Raises LibraryError if the
    folder is not a library or cannot be used.
    """
    folder = Path(os.path.expanduser(path)).absolute()  # the process may change its directory while the library is open
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
    settings = load(folder)  # first: what it raises leaves no catalogue open
    return Library(folder, Catalogue.open(database, create=create, read_only=read_only, clock=clock), settings)


class Library:
    """One open library. Use as a context manager, or call `close`."""

    def __init__(self, path: Path, catalogue: Catalogue, settings: Settings) -> None:
        self.path = path
        self.catalogue = catalogue
        self.settings = settings
        self._index = Index(path / "indexes", catalogue, settings.index.vectors)
        self._collector = Collector(catalogue, self._index, settings)
        self._searcher = Searcher(catalogue, self._index, settings)
        self._readers = Readers(catalogue, self._index, settings, self._searcher)
        self.steering = ReaderSteering(catalogue, self._index, self._readers)
        self._experiments = Experiments(catalogue, self._index, self._readers)
        self.atlas = AtlasStore(self._index)

    def now(self) -> datetime:
        """The current time in UTC, from the library's clock."""
        return self.catalogue.now()

    @property
    def index_note(self) -> str:
        """Why the last search or page may lack the newest papers: the index is being updated, or the update failed.
        Empty if it is up to date."""
        return self._index.note

    @property
    def instance_id(self) -> str:
        """The id of this library in the feeds it publishes; stored in the catalogue and never changed."""
        return self.catalogue.instance_id

    @cached_property
    def key(self) -> bytes:
        """The library's secret key, made at first use."""
        return library_key(self.path)

    def close(self) -> None:
        """Close the catalogue; the library cannot be used afterwards."""
        self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    # Collecting -------------------------------------------------------------------------------------------------

    def add(self, *sources: str | Path | Record, progress: Progress | None = None, again: bool = False) -> IngestReport:
        """Add files (paths) and records, then index them. One report for all.

        Records of deleted papers are added only with `again`. An unreadable file is reported in the messages, and the
        others are added. Raises SourceError if every source is an unreadable file.
        """
        return self._collector.add(*sources, on_progress=progress, again=again)

    def add_items(
        self, source: str, items: Iterator[Record | Rejected], progress: Progress | None = None
    ) -> IngestReport:
        """Add a stream of records, then index them; a Rejected goes to quarantine."""
        return self._collector.add_items(source, items, progress)

    def add_ids(self, ids: Sequence[str], progress: Progress | None = None, *, again: bool = True) -> IngestReport:
        """Look up the papers of identifiers (arXiv ids, DOIs, PMIDs …) that the library does not have, and add them.

        Without `again` deleted papers stay out.
        """
        return self._collector.add_ids(ids, progress, again=again)

    def add_related(self, things: Sequence[str], progress: Progress | None = None) -> list[IngestReport]:
        """Add the papers of authors ("orcid:…", "openalex:A…", "s2:…") and those that cite a paper ("cites:DOI").

        One report each. Raises UsageError for anything else, SourceError where a source refuses.
        """
        return self._collector.add_related(things, progress)

    def import_saved(self, reader: str, source: str | Path, progress: Progress | None = None) -> IngestReport:
        """Save the papers of `source` for the reader; papers that are not in the library yet are added.

        Groups of the source, such as JabRef's, become collections of the reader.
        A Path is a file; a str is pasted text: BibTeX, RIS or any other file format, else a list of identifiers.
        """
        self._readers.reader(reader)  # first, so that an unknown reader adds nothing
        report = self._collector.add_text(source, progress)
        report = replace(report, paper_ids=tuple(dict.fromkeys(report.paper_ids)))
        self._readers.save(reader, report.paper_ids)
        if report.groups:
            self.catalogue.readers.add_groups(self._readers.reader(reader).id, report.groups)
        return report

    def sync(
        self,
        names: Sequence[str] = (),
        *,
        limit: int | None = None,
        progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> list[IngestReport]:
        """Harvest network sources, then index. Errors of a source are in its report's messages; others continue."""
        return self._collector.sync(names, limit=limit, on_progress=progress, stop=stop)

    def sources(self) -> list[SourceStatus]:
        """The status of every source: its last run, errors, number of papers."""
        return self._collector.sources()

    # Papers -----------------------------------------------------------------------------------------------------

    def resolve(self, text: str | int) -> int:
        """The number of the paper with this identifier, in any form. Raises UnknownPaper naming it."""
        number = self.catalogue.papers.resolve(str(text))
        if number is None:
            fix = (
                f"`broadsheet add --ids {text}` looks it up" if canonical(str(text)) else "`broadsheet search` finds it"
            )
            raise UnknownPaper(f"no paper {str(text)!r} in this library; {fix}")
        return number

    def paper(self, which: str | int) -> Stored:
        """One paper. Raises UnknownPaper."""
        return self.papers([self.resolve(which)])[0]

    def papers(self, ids: Sequence[int]) -> list[Stored]:
        """The papers with these numbers, in the given order; missing ones are left out."""
        rows = self.catalogue.papers.stored(ids)
        return [Stored.of(rows[i]) for i in ids if i in rows]

    def versions(self, which: str | int) -> list[tuple[int, datetime, Paper]]:
        """Earlier contents of a paper: (number, when it was replaced, content)."""
        return self.catalogue.papers.versions(self.resolve(which))

    def records(self, which: str | int) -> list[tuple[str, str, datetime, Paper]]:
        """The record of each source of a paper: (source, its id there, when it was read, the paper in this record)."""
        return self.catalogue.papers.records(self.resolve(which))

    def export(self, ids: Iterable[int], format: str, *, groups_of: str = "") -> Iterator[str]:
        """The papers as text in pieces; `format` is the name of an ExportFormat. Raises UsageError.

        BibTeX has the collections of the reader `groups_of`, if any, as JabRef's groups.
        """
        from broadsheet.sources.export import WRITERS, with_groups

        form = ExportFormat.named(format)
        numbers = list(ids)
        parts = (numbers[start : start + EXPORT_BATCH] for start in range(0, len(numbers), EXPORT_BATCH))
        papers = ((stored.id, stored.paper) for part in parts for stored in self.papers(part))
        if groups_of and form is ExportFormat.BIBTEX:
            return with_groups(papers, self.collections(groups_of))
        return WRITERS[form](paper for _, paper in papers)

    # Searching --------------------------------------------------------------------------------------------------

    def search(  # noqa: PLR0913 - each parameter is a choice of the reader
        self,
        query: str,
        k: int = 10,
        offset: int = 0,
        *,
        among: Ids | None = None,
        within: Sequence[str] = (),
        snippets: bool = True,
        mode: str = "default",
        reader: str | None = None,
        sort: str = "",
        facets: bool = False,
        verbatim: bool = False,
    ) -> SearchPage:
        """The k best papers for the query after the first `offset`.

        Any text is a query; slips of typing are corrected and acronyms searched in full too, unless `verbatim`. `among`
        restricts the search to these ids or numbers of papers, `within` to what these queries list, each within the
        one before; tag: and is:saved are about the papers of `reader`. mode="precise" also has a model read the first
        papers. `sort` (relevance, date, votes or citations) goes before the query's own sort:. The results of a query
        of words end after the papers that contain the words, or after the 200 nearest. With `facets` the page has
        counts by year, venue, organisation and field. Raises UsageError, UnknownReader.
        """
        return self._searcher.search(
            *(query, k, offset),
            among=among,
            within=within,
            snippets=snippets,
            mode=mode,
            mine=self._mine(reader),
            sort=sort,
            facets=facets,
            verbatim=verbatim,
        )

    def _mine(self, reader: str | None) -> Mine | None:
        return partial(self._papers_of, reader) if reader is not None else None

    def _papers_of(self, reader: str, kind: str, value: str) -> Collection[int]:
        """The papers of a reader's condition: has:note, is:saved or a tag."""
        if kind != "has":
            return self._readers.papers_of(reader, kind, value)
        reader_id, catalogue = self._readers.reader(reader).id, self.catalogue
        notes = catalogue.community.comments.papers_with_notes(reader_id)
        return notes | catalogue.readers.highlights.papers(reader_id)

    def matching(
        self,
        query: str,
        *,
        among: Ids | None = None,
        within: Sequence[str] = (),
        reader: str | None = None,
        after: int = 0,
    ) -> list[int]:
        """The numbers of the papers that match a query, the newest in the library first; only those after a number.

        A paper matches if it has all content words and passes the filters. Of a query of which no paper can have all
        words, the 50 best match. Raises UnknownReader.
        """
        return self._searcher.matching(query, among=among, within=within, mine=self._mine(reader), after=after)

    def suggest(self, text: str) -> list[Suggestion]:
        """What a text typed into the search box may become: titles, authors, venues and topics that begin so."""
        return self._searcher.suggest(text)

    @property
    def newest(self) -> int:
        """The greatest number of a paper in the index; 0 where there is none."""
        return self._searcher.newest

    def search_ids(
        self, query: str, k: int = 100, *, among: Ids | None = None, mode: str = "default", verbatim: bool = False
    ) -> Hits:
        """The ranking of `search` as paper numbers and scores, for evaluation and bulk use."""
        return self._searcher.search_ids(query, k, among=among, mode=mode, verbatim=verbatim)

    def similar(
        self,
        liked: Sequence[str],
        disliked: Sequence[str] = (),
        k: int = 10,
        *,
        among: Ids | None = None,
        aspect: str = "",
        but: str = "",
    ) -> SearchPage:
        """The k papers most similar to the liked ones and least to the disliked ones.

        `aspect` (task, method or result) compares papers in this aspect only; `but` is a query that also ranks and
        filters. Raises UnknownPaper, UsageError.
        """
        good, bad = ([self.resolve(i) for i in dict.fromkeys(ids)] for ids in (liked, disliked))
        label = " ".join((*liked, *(f"-{i}" for i in disliked)))
        return self._searcher.similar(good, bad, k, label=label, among=among, aspect=aspect, but=but)

    # Readers ----------------------------------------------------------------------------------------------------

    def readers(self) -> list[Reader]:
        """All readers."""
        return self.catalogue.readers.all()

    def reader(self, name: str) -> Reader:
        """The reader with this name; the number of a "me" that has done nothing yet is 0. Raises UnknownReader."""
        return self._readers.reader(name, create=False)

    def create_reader(self, name: str) -> Reader:
        """Create a reader. Raises UsageError if the name is taken."""
        return self._readers.create(name)

    def delete_reader(self, name: str, *, with_comments: bool = False) -> None:
        """Delete a reader, with the account and everything that is theirs alone.

        Their comments stay without a name, and without their text `with_comments`. Raises UnknownReader, UsageError
        for the last administrator.
        """
        reader = self.catalogue.readers.get(name)
        self.catalogue.community.belongings.remove(reader.id, with_comments=with_comments)

    def forget_history(self, reader: str) -> None:
        """Forget everything a reader did; the reader stays. Raises UnknownReader."""
        self.catalogue.readers.forget_history(self.catalogue.readers.get(reader).id)

    def state(self, reader: str) -> ReaderState:
        """The papers that the reader saved, rated, hid, opened and tagged."""
        return self._readers.state(reader)

    def act(
        self,
        reader: str,
        which: str | int,
        action: str,
        value: str = "",
        *,
        position: int | None = None,
        policy: str = "",
    ) -> None:
        """Log a reader's action on a paper; `value` is the tag's name for tag and untag. Raises UnknownPaper."""
        self._readers.act(reader, self.resolve(which), action, value, position=position, policy=policy)

    def act_on_page(
        self,
        reader: str,
        which: str | int,
        action: str,
        *,
        position: int | None = None,
        policy: str = "",
        visited: datetime | None = None,
    ) -> tuple[int, ...]:
        """Log an action and return the other papers that leave the reader's page by it, from the top down."""
        number = self.resolve(which)
        return self._readers.act_on_page(reader, number, action, position=position, policy=policy, visited=visited)

    def undo(self, reader: str) -> tuple[str, int] | None:
        """Undo the reader's last action: (action, paper number), None if there is none left."""
        return self._readers.undo(reader)

    def tuning(self, reader: str) -> FeedMix:
        """The weights of the reader's page."""
        return self._readers.mix(reader)

    def tune(self, reader: str, **weights: float) -> FeedMix:
        """Set any of recency, diversity and exploration, each 0..1. Raises UsageError for anything else."""
        return self._readers.set_mix(reader, weights)

    def compare_mixes(self, reader: str, *, ranking: str = "page", **weights: float) -> MixReport:
        """What a mix with these weights would have brought on the reader's earlier pages, beside the present one.

        With ranking="words" also by another ranking. Raises UsageError where no page with propensities is in the log.
        """
        other = changed_mix(self.tuning(reader), weights)
        return self._experiments.compare_mixes(reader, other, ranking)

    def replay(
        self,
        reader: str,
        *,
        since: date | None = None,
        steps: int = STEPS,
        tried: Mapping[str, float] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> ReplayReport:
        """Walk a reader's history again: where would the page and simple rankings have put the papers saved later?

        At most `steps` models are fitted; `since` leaves out earlier saves, `tried` are weights of another mix, `seed`
        draws the intervals. The report is kept for `last_replay`. Raises UsageError where nothing was saved.
        """
        return self._experiments.replay(reader, since=since, steps=steps, tried=tried, seed=seed, progress=progress)

    def last_replay(self, reader: str) -> dict[str, Any] | None:
        """The report of the reader's last replay as JSON knows values, with `made_at`; None before the first."""
        return self._experiments.last_replay(reader)

    def start_interleaving(self, reader: str, **other: float | str) -> None:
        """Draft the reader's pages from their mix and one with these weights, or with ranking="words".

        A draft that runs is stopped. Raises UsageError where the other is no other mix.
        """
        self._experiments.start_interleaving(reader, other)

    def stop_interleaving(self, reader: str) -> None:
        """Stop the reader's draft; what it showed stays. Raises UsageError where none runs."""
        self._experiments.stop_interleaving(reader)

    def interleaving(self, reader: str) -> tuple[Interleaving, Verdict] | None:
        """The reader's last draft, running or stopped, and its verdict; None before the first."""
        return self._experiments.interleaving(reader)

    def site_verdict(self) -> Verdict:
        """The verdict of the draft that `feed.interleave` starts for everybody, over all readers."""
        return self._experiments.site_verdict()

    def feed(
        self,
        reader: str,
        k: int | None = None,
        *,
        log: bool = True,
        policy_note: str = "",
        without: Collection[int] = (),
        since: date | None = None,
        visited: datetime | None = None,
    ) -> FeedPage:
        """The reader's page of k papers, each with its reasons; `log` logs an impression of each.

        What came after `visited`, or else after the last day with a page, comes first, and papers that fit nothing the
        reader likes are left out. So are papers in `without`, and with `since` those from before that date.
        """
        return self._readers.feed(
            reader, k, log=log, policy_note=policy_note, without=without, since=since, visited=visited
        )

    def rank_for(
        self,
        saved: Sequence[int],
        disliked: Sequence[int] = (),
        *,
        among: Collection[int] | None = None,
        k: int = 200,
        opened: Sequence[int] = (),
    ) -> RankedPapers:
        """The k best papers for somebody who saved and disliked these, oldest first; no reader is stored.

        Opened papers are liked less than saved ones. All of these and unknown numbers are left out; with `among` only
        its papers are ranked. Authors and organisations say nothing.
        """
        snapshot = self.snapshot()
        with one_thread():
            vectors = self._index.vectors.open(snapshot)
            return given_saves.rank_for(snapshot, vectors, saved, disliked, among, k, opened)

    def catch_up(self, reader: str, days: int = 7, k: int | None = None, *, log: bool = True) -> FeedPage:
        """The best k of the papers that came in the last days, for after an absence; `log` as in `feed`."""
        return self._readers.catch_up(reader, days, k, log=log)

    def days_away(self, reader: str) -> int:
        """The days since the reader's last page before today, at most a year; 0 where there was none."""
        return days_away(self._readers.last_visit(self._readers.reader(reader, create=False)), self.now())

    def shown_on(self, reader: str, day: date) -> list[Stored]:
        """The papers that the reader's page showed on a day (UTC), except deleted ones."""
        return self.papers(self.catalogue.readers.shown_on(self._readers.reader(reader).id, day))

    def days_around(self, reader: str, day: date) -> tuple[date | None, date | None]:
        """The nearest days before and after `day` on which the reader opened the page; None if there is none."""
        return self.catalogue.readers.days_around(self._readers.reader(reader).id, day)

    def collections(self, reader: str) -> dict[str, tuple[int, ...]]:
        """The reader's collections: name and paper numbers."""
        return self.catalogue.readers.collections(self._readers.reader(reader).id)

    def create_collection(self, reader: str, name: str) -> None:
        """Create an empty collection; an existing one is not changed. Raises UsageError."""
        self.catalogue.readers.create_collection(self._readers.reader(reader).id, name)

    def rename_collection(self, reader: str, name: str, to: str) -> None:
        """Rename a collection. Raises UsageError if it does not exist, or if the new name is taken."""
        self.catalogue.readers.rename_collection(self._readers.reader(reader).id, name, to)

    def collect(self, reader: str, name: str, which: str | int) -> None:
        """Put a paper into a collection, which is created if needed."""
        self._readers.collect(reader, name, self.resolve(which))

    def uncollect(self, reader: str, name: str, which: str | int) -> None:
        """Take a paper out of a collection."""
        self.catalogue.readers.remove_from_collection(self._readers.reader(reader).id, name, self.resolve(which))

    def delete_collection(self, reader: str, name: str) -> int:
        """Delete a collection, not its papers; returns the number to restore it with."""
        return self.catalogue.readers.delete_collection(self._readers.reader(reader).id, name)

    # Maintenance ------------------------------------------------------------------------------------------------

    def delete(self, *which: str | int) -> int:
        """Delete papers so that they can be restored; returns the number of the deletion. Raises UnknownPaper."""
        return self._collector.delete({self.resolve(one) for one in which})

    def restore(self, deletion_id: int) -> list[int]:
        """Restore the papers of a deletion; returns their numbers. Raises UsageError."""
        return self._collector.restore(deletion_id)

    def deletions(self, limit: int = 200) -> list[Deletion]:
        """The deletions that can be restored, newest first."""
        return self.catalogue.papers.deletions(limit)

    def purge(self, deletion_id: int | None = None) -> int:
        """Remove deleted papers for good, of one deletion or of all; returns the number of deletions."""
        return self.catalogue.papers.purge(deletion_id)

    def imports(self, limit: int = 200) -> list[Import]:
        """Files, syncs and look-ups that brought papers, newest first."""
        return self.catalogue.harvest.imports(limit)

    def undo_import(self, import_id: int) -> Undone:
        """Delete the papers that only this import brought and no reader has used. Raises UsageError."""
        return self._collector.undo_import(import_id)

    def merges(self) -> list[Merge]:
        """Records merged into a paper by title, and papers merged because a record names both; each can be undone."""
        return self.catalogue.papers.merges()

    def undo_merge(self, merge_id: int) -> int:
        """Undo a merge; returns the number of the new paper."""
        return self._collector.undo_merge(merge_id)

    def suspects(self) -> list[Suspect]:
        """Papers that contain, or replaced, another work."""
        return self.catalogue.papers.suspects()

    def part(self) -> list[tuple[Suspect, int]]:
        """Give every work that was merged into another paper its own paper: (suspect, number of the new paper)."""
        return self._collector.part()

    def quarantine(self, limit: int = 200) -> list[Quarantined]:
        """The unreadable records, each with its source and the reason."""
        return self.catalogue.harvest.quarantine(limit)

    def clear_quarantine(self, ids: Sequence[int] | None = None) -> int:
        """Remove these records from quarantine, or all; returns their number."""
        return self.catalogue.harvest.clear_quarantine(ids)

    def stats(self) -> Stats:
        """The library in numbers."""
        latest = self._index.latest()
        return Stats(
            papers=self.catalogue.papers.count(),
            readers=len(self.readers()),
            quarantined=self.catalogue.harvest.quarantine_count(),
            indexed=latest.count if latest else 0,
            encoded=self.vector_count(),
            encoder=latest.encoder_name if latest else "",
            index_bytes=self._index.size(),
            catalogue_bytes=(self.path / "catalogue.db").stat().st_size,
            last_added=self.catalogue.papers.last_added(),
        )

    def check(self, repair: bool = False, progress: Progress | None = None) -> CheckReport:
        """Verify the catalogue and every file of the indexes; with `repair`, rebuild damaged indexes."""
        problems = list(self.catalogue.check())
        broken = self._index.verify()
        repaired: tuple[str, ...] = ()
        if broken and repair:
            self._index.rebuild(progress)
            repaired, broken = tuple(broken), self._index.verify()
        encoded = "?" if broken else f"{self.vector_count():,}"  # damaged indexes do not say
        lines = (
            f"catalogue: {self.catalogue.papers.count()} papers, {self.catalogue.changes.last_seq()} changes",
            f"indexes: {self._index.describe()}",
            f"vectors: {encoded} of {self.catalogue.papers.count():,} papers",
        )
        problems += [*broken, *self._index.vectors.verify(), *self.atlas.verify()]
        return CheckReport(not problems, lines, tuple(problems), repaired)

    # The index --------------------------------------------------------------------------------------------------

    def snapshot(self, progress: Progress | None = None) -> IndexSnapshot:
        """A snapshot with every change of the catalogue, updated if necessary.

        If it cannot be updated now (another process does it, the folder cannot be written), the last one is returned.
        """
        return self._index.snapshot(progress)

    def index(self, progress: Progress | None = None) -> None:
        """Bring the index up to date, waiting for another process that updates it. Raises LibraryError."""
        self._index.update(progress)

    def adapt_encoder(self, *, seed: int = 0, progress: Progress | None = None) -> TuningReport:
        """Tune the encoder on this library's papers and, if it improves, index them with it. Raises UsageError."""
        from broadsheet.pipeline.training.word_encoder import fine_tune

        tuned = fine_tune(self.path, self.catalogue, seed=seed, on_progress=progress)
        self._index.update(progress)
        return tuned

    def restore_encoder(self, progress: Progress | None = None) -> bool:
        """Go back to the package's encoder; False if it is already in use. Raises LibraryError if read only."""
        return self._index.restore_encoder(progress)

    @property
    def can_be_precise(self) -> bool:
        """Whether mode="precise" changes a search: the model that reads the first papers is there."""
        return pretrained.READER.exists() and pretrained.read_reader() is not None

    def build_precise(
        self,
        progress: Progress | None = None,
        *,
        encode: EncodeAll | None = None,
        pace: Pace | None = None,
        wait: float = 5.0,
    ) -> BuildReport:
        """Give every paper the vector that searches use; the next run continues a stopped one.

        `encode` makes the vectors of many texts, by default in this thread. Raises UsageError without the model, Busy
        if another process does it, LibraryError.
        """
        return self._index.build_vectors(progress, encode=encode, pace=pace, wait=wait)

    def wait_for_vectors(self, progress: Progress | None = None) -> BuildReport:
        """Like `build_precise`; where another process is at it, wait for that one, and do what it leaves.

        Raises UsageError without the model, LibraryError.
        """
        while True:
            try:
                return self.build_precise(progress, wait=0)
            except Busy:
                if progress:
                    progress(STAGE, self.vector_count(), self.catalogue.papers.count())
                time.sleep(POLL)

    def encode_in_background(self) -> VectorWorker | None:
        """A worker, not started, that gives the papers their vectors at low priority; None if the settings say so."""
        return VectorWorker(self._index) if self.settings.index.encode == "auto" else None

    def map_in_background(self) -> AtlasWorker | None:
        """A worker, not started, that keeps the map up to date at low priority; None if the settings say so."""
        wish = self.settings.index
        return AtlasWorker(self.atlas, (self.path, wish.vectors)) if wish.encode == "auto" else None

    def drop_precise(self) -> bool:
        """Remove the papers' vectors; False if there were none. Raises Busy, LibraryError."""
        return self._index.drop_vectors()

    def vector_count(self) -> int:
        """How many papers have a vector. Raises LibraryError."""
        snapshot = self._index.latest()
        vectors = self._index.vectors.open(snapshot) if snapshot else None
        return vectors.count if vectors else 0
