"""The library: one folder, opened. Everything the faces can do with it; each method is a call into a pipeline.

A library is safe to use from several threads and several processes at once: the catalogue is a database, views
are immutable, and whoever needs a newer view takes the lock and brings it up to date.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.catalogue import Catalogue, Event, ReaderState
from broadsheet.explanation.sentence_roles import SentenceRoles
from broadsheet.kit.errors import LibraryError, SourceError, UsageError
from broadsheet.kit.hits import Hits
from broadsheet.kit.mask import Mask
from broadsheet.kit.paper import Record
from broadsheet.kit.threads import one_thread
from broadsheet.pipeline import (
    aspects,
    build,
    composed,
    feed,
    models,
    precise,
    profile,
    reading,
    search,
    train_roles,
    words,
)
from broadsheet.pipeline.feed import Interest
from broadsheet.pipeline.ingest import Progress
from broadsheet.pipeline.locks import Busy
from broadsheet.pipeline.profile import Profile
from broadsheet.pipeline.query import Query, parse, written
from broadsheet.pipeline.results import (
    CheckReport,
    FeedPage,
    IngestReport,
    SearchPage,
    SourceStatus,
    Stats,
    Stored,
)
from broadsheet.pipeline.shelf import Shelf
from broadsheet.pipeline.view import View
from broadsheet.retrieval.convex_fusion import ConvexFusion
from broadsheet.settings import Settings, load

if TYPE_CHECKING:
    from broadsheet.pipeline.train_encoder import Tuned

__all__ = ["Library", "open_library"]

SIMILAR_SEMANTIC = 0.6  # a whole paper says more about its meaning than a few words do


def open_library(path: str | Path, *, create: bool = True, read_only: bool = False) -> Library:
    """Open the library in a folder; with `create`, make one where there is none.

    Where it cannot be written it is opened for reading. Raises LibraryError if the folder is not a library or cannot
    be used.
    """
    folder = Path(path).expanduser().absolute()  # the process may change its directory while the library is open
    database = folder / "catalogue.db"
    try:
        if database.exists():
            read_only = read_only or not (os.access(folder, os.W_OK) and os.access(database, os.W_OK))
        elif not create or read_only:
            raise LibraryError(f"{folder}: no library here; `broadsheet --library {folder} add FILE` makes one")
        else:
            folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise LibraryError(f"{folder}: no library can be here: {getattr(error, 'strerror', None) or error}") from error
    return Library(folder, Catalogue.open(database, create=create, read_only=read_only), load(folder))


@dataclass(frozen=True, slots=True)
class _Learned:
    """A reader's model, with what it was learned from."""

    last_event: int
    view: View
    interest: Interest | None
    profile: Profile


class Library(Shelf):
    """One open library. Use as a context manager, or call `close`."""

    def __init__(self, path: Path, catalogue: Catalogue, settings: Settings) -> None:
        super().__init__(path, catalogue, settings)
        self._views = path / "indexes"
        self._view: View | None = None
        self._lock = threading.RLock()
        self._learned: dict[str, _Learned] = {}
        self._precise: precise.Precise | None = None

    # The view ---------------------------------------------------------------------------------------------------

    def view(self, progress: Progress | None = None) -> View:
        """A view that contains every change of the catalogue; brought up to date if it does not.

        Where that is impossible (another process is at it, the folder cannot be written) the last view serves.
        """
        with self._lock:
            if self._view and self._view.manifest.seq == self.catalogue.last_seq():
                return self._view
            try:
                self._view = build.catch_up(self.catalogue, self._views, self._view, wait=5.0, progress=progress)
            except (Busy, OSError) as error:
                self._view = build.latest(self._views, self._view)
                if self._view is None:
                    if isinstance(error, Busy):
                        raise
                    raise build.disk_error(self._views, error) from error
            return self._view

    def index(self, progress: Progress | None = None) -> None:
        """Bring the view up to date, waiting for another process that is at it. Raises LibraryError if it cannot be."""
        with self._lock:
            try:
                self._view = build.catch_up(self.catalogue, self._views, self._view, wait=600.0, progress=progress)
            except OSError as error:
                raise build.disk_error(self._views, error) from error

    def adapt_encoder(self, *, seed: int = 0, progress: Progress | None = None) -> Tuned:
        """Tune the encoder on this library's papers and, if it got better, index them with it. Raises UsageError."""
        from broadsheet.pipeline.train_encoder import tune

        found = tune(self.path, self.catalogue, seed=seed, told=progress)
        self.index(progress)
        return found

    def restore_encoder(self, progress: Progress | None = None) -> bool:
        """Go back to the encoder that ships; False if it is in use already. Raises LibraryError if it is read only."""
        if self.catalogue.read_only:
            raise LibraryError(f"{self.path}: opened for reading only; its encoder cannot be changed")
        own = self.path / models.TUNED
        tuned = own.exists()
        own.unlink(missing_ok=True)
        self.index(progress)
        return tuned

    # Precise search ---------------------------------------------------------------------------------------------

    @property
    def can_be_precise(self) -> bool:
        """Whether a search may ask for mode="precise"."""
        return precise.path_of(self._views).exists() and precise.installed()

    def build_precise(self, progress: Progress | None = None, *, encode: precise.Encode | None = None) -> precise.Made:
        """Bring the transformer's vectors of the papers up to date; `encode` makes them, by default MiniLM.

        A run that is stopped loses little: the next goes on from there. Raises UsageError without the extra
        `transformers`, Busy, LibraryError.
        """
        path = precise.path_of(self._views)
        try:
            return precise.update(path, self.catalogue, encode or precise.encode_papers(), progress)
        except OSError as error:
            raise build.disk_error(path.parent, error) from error

    def drop_precise(self) -> bool:
        """Remove those vectors; False if there were none. Raises Busy, LibraryError."""
        path = precise.path_of(self._views)
        try:
            return precise.drop(path)
        except OSError as error:
            raise build.disk_error(path.parent, error) from error

    def _asked_precisely(self, view: View, mode: str) -> precise.Precise | None:
        """What a search in this mode needs beside the view. Raises UsageError, CorruptFile."""
        if mode not in precise.MODES:
            raise UsageError(f"mode {mode!r}: there are {' and '.join(precise.MODES)}")
        if mode == "default":
            return None
        with self._lock:
            self._precise = precise.opened(precise.path_of(self._views), view, self.catalogue, self._precise)
            return self._precise

    # Collecting -------------------------------------------------------------------------------------------------

    def add(self, *sources: str | Path | Record, progress: Progress | None = None) -> IngestReport:
        """Add files (paths) and records, then index them. One report for all.

        A file that cannot be read at all is told of in the report's messages and keeps nothing else out. Raises
        SourceError if there is nothing but such files.
        """
        from broadsheet.pipeline.ingest import ingest, ingest_files, total

        records = [s for s in sources if isinstance(s, Record)]
        paths = [Path(s) for s in sources if not isinstance(s, Record)]
        reports: list[IngestReport] = []
        if records:
            reports.append(ingest(self.catalogue, records[0].source, iter(records), progress, len(records)))
        read, unreadable = ingest_files(self.catalogue, paths, progress)
        reports += read
        if unreadable and not reports:
            raise SourceError("; ".join(unreadable))
        started = time.perf_counter()
        self.index(progress)
        reports.append(IngestReport("", seconds=time.perf_counter() - started, messages=tuple(unreadable)))
        return total(reports)

    def add_items(self, source: str, items: Iterator[Record], progress: Progress | None = None) -> IngestReport:
        """Add a stream of records, then index them."""
        from broadsheet.pipeline.ingest import ingest

        report = ingest(self.catalogue, source, items, progress)
        self.index(progress)
        return report

    def add_ids(self, ids: Sequence[str], progress: Progress | None = None) -> IngestReport:
        """Look up the arXiv ids and DOIs that are not in the library yet, and add them."""
        from broadsheet.pipeline.sync import look_up

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
        from broadsheet.pipeline.sync import sync

        reports = sync(self.catalogue, self.settings, names, limit=limit, progress=progress, stop=stop)
        self.index(progress)
        return reports

    def sources(self) -> list[SourceStatus]:
        """How every source is: when it last ran, what went wrong, how many papers it brought."""
        from broadsheet.pipeline.sync import statuses

        return statuses(self.catalogue, self.settings)

    # Searching --------------------------------------------------------------------------------------------------

    def _fusion(self, semantic: float | None = None) -> ConvexFusion:
        return ConvexFusion(semantic=self.settings.search.semantic if semantic is None else semantic)

    def _among(self, view: View, among: Sequence[str] | None) -> tuple[Mask | None, tuple[str, ...]]:
        if among is None:
            return None, ()
        found = self.catalogue.resolve_many(among)
        unknown = [i for i in among if found.get(i) is None]
        rows = view.rows_of([p for i in among if (p := found.get(i)) is not None])
        shown = ", ".join(unknown[:3])
        notes = (f"{len(unknown)} of the given ids are not in this library ({shown}{' …' if unknown[3:] else ''})",)
        return Mask.of_rows(rows[rows >= 0], len(view)), notes if unknown else ()

    def _ranked(self, view: View, query: Query, k: int, among: Sequence[str] | None, mode: str) -> search.Ranked:
        vectors = self._asked_precisely(view, mode)
        allowed, notes = search.filter_mask(view, query, self.catalogue.resolve)
        chosen, unknown = self._among(view, among)
        if chosen is not None:
            allowed = allowed & chosen
        if query.like or query.unlike:
            papers, mixed = composed.named(self.catalogue, view, query), self._fusion(SIMILAR_SEMANTIC)
            found: search.Ranked = composed.rank(view, query, papers, k, allowed, self._fusion(), mixed)
        else:
            found = search.rank(view, query, k, allowed, self._fusion(), vectors)
        if vectors and isinstance(found, composed.Composed):
            notes = (*notes, "like: is answered as in any search; the precise one is for words")
        return replace(found, notes=(*query.notes, *notes, *unknown, *found.notes))

    def search(
        self,
        query: str,
        k: int = 10,
        offset: int = 0,
        *,
        among: Sequence[str] | None = None,
        snippets: bool = True,
        mode: str = "default",
    ) -> SearchPage:
        """The k papers that fit the query best after the first `offset`. Any text is a query; `among` restricts to
        ids. With mode="precise" a transformer's vectors count too. Raises UsageError if there are none."""
        started = time.perf_counter()
        view = self.view()
        understood = parse(query)
        found = self._ranked(view, understood, k + offset, among, mode)
        wanted = words.query_words(understood.text)
        shown = search.part(found, offset, k)
        size = self.settings.search.snippet_words if snippets else 0
        liked: list[Stored] = []
        if isinstance(found, composed.Composed):
            liked = self.papers(list(found.named.titles))
            results = composed.results(self.catalogue, view, found, shown, size)
        else:
            results = reading.results(self.catalogue, view, shown, wanted, size)
        return SearchPage(query, results, found.allowed, found.notes, time.perf_counter() - started, tuple(liked))

    def search_ids(
        self, query: str, k: int = 100, *, among: Sequence[str] | None = None, mode: str = "default"
    ) -> Hits:
        """The same ranking as paper numbers and scores only: for evaluation and bulk use."""
        view = self.view()
        found = self._ranked(view, parse(query), k, among, mode)
        return Hits(view.ids[found.rows], found.scores)

    def similar(
        self,
        liked: Sequence[str],
        disliked: Sequence[str] = (),
        k: int = 10,
        *,
        among: Sequence[str] | None = None,
        aspect: str = "",
        but: str = "",
    ) -> SearchPage:
        """The k papers most like the liked ones and least like the disliked ones; with `aspect` (task, method or
        result) in that respect; with `but` (words and filters of the query language) for that instead. Raises
        UnknownPaper, UsageError."""
        started = time.perf_counter()
        if not liked:
            raise UsageError("similar needs at least one paper to be like")
        if aspect:
            aspects.checked(aspect)
        if aspect and but.strip():
            raise UsageError(f"either an aspect ({aspect}) or words ({but.strip()}), not both")
        if but.strip():
            wanted, unwanted = ([str(self.resolve(i)) for i in ids] for ids in (liked, disliked))
            return self.search(written(wanted, unwanted, but), k, among=among)
        view = self.view()
        good, bad = ([self.resolve(i) for i in dict.fromkeys(ids)] for ids in (liked, disliked))
        papers = self.catalogue.stored([*good, *bad])
        examples = []
        for ids in (good, bad):
            rows = view.rows_of(ids).tolist()
            texts = [f"{papers[p].paper.title}\n{words.body(papers[p].paper)}" for p in ids]
            examples.append([(row, text) for row, text in zip(rows, texts, strict=True) if row >= 0])
        chosen, notes = self._among(view, among)
        allowed = view.alive if chosen is None else view.alive & chosen
        if not examples[0]:
            return SearchPage(" ".join(liked), (), allowed.count(), ("this paper is not indexed yet", *notes))
        label = " ".join((*liked, *(f"-{i}" for i in disliked)))
        fusion, size = self._fusion(SIMILAR_SEMANTIC), self.settings.search.snippet_words
        if aspect:
            good_ones, bad_ones = examples
            near = aspects.likeness(
                self.catalogue, view, self._sentence_roles, good_ones, bad_ones, aspect, allowed, fusion
            )
            match = aspects.blended(near, aspects.Blend.of(aspect), k)
            results = aspects.results(self.catalogue, view, match, examples[0], aspect, size)
            found, notes = match.found, (*notes, *match.notes)
        else:
            found, terms = search.like(view, examples[0], examples[1], k, allowed, fusion)
            marks = words.typical_words([text for _, text in examples[0]], terms)
            results = reading.results(self.catalogue, view, found, marks, size)
        return SearchPage(label, results, found.allowed, notes, time.perf_counter() - started)

    @cached_property
    def _sentence_roles(self) -> SentenceRoles:
        """What tells the roles of sentences; read once."""
        return train_roles.load(self.path)

    # Readers ----------------------------------------------------------------------------------------------------

    def import_saved(self, reader: str, source: str | Path, progress: Progress | None = None) -> IngestReport:
        """Save for the reader what `source` names, adding what is not here yet.

        A Path is a file; a str is pasted text: BibTeX, RIS or any other format of files, else a list of identifiers.
        """
        from broadsheet.pipeline.ingest import pasted

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
        names = [name for word in text.split() if (name := word.strip(",;"))]
        report = self.add_ids(names, progress)
        return replace(report, paper_ids=tuple(p for p in self.catalogue.resolve_many(names).values() if p is not None))

    # The page ---------------------------------------------------------------------------------------------------

    def _learn(self, view: View, name: str, state: ReaderState) -> _Learned:
        """The reader's model, fitted anew only after they did something or the library changed."""
        held = self._learned.get(name)
        if held is None or held.last_event != state.last_event or held.view is not view:
            interest = feed.learn(view, state)
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
            found = feed.page(view, reader, state, interest, self.tuning(reader), size, datetime.now(UTC).date())
            items = reading.feed_items(self.catalogue, view, found, interest, state)
        policy = f"{found.policy} {policy_note}".strip()
        if log and items and not self.catalogue.read_only:
            shown = [Event("impression", i.stored.id, position=i.position, policy=policy) for i in items]
            self.catalogue.log(who.id, shown)
        return FeedPage(
            reader,
            items,
            policy,
            interest is None,
            time.perf_counter() - started,
            learned.profile.more,
            learned.profile.less,
        )

    # Looking after ----------------------------------------------------------------------------------------------

    def undo_merge(self, merge_id: int) -> int:
        """Part what was joined; the number of the new paper."""
        number = self.catalogue.undo_merge(merge_id)
        self.index()
        return number

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
                build.rebuild(self.catalogue, self._views, progress)
            repaired, broken = tuple(broken), build.verify(self.catalogue, self._views)
        lines = (
            f"catalogue: {self.catalogue.count()} papers, {self.catalogue.last_seq()} changes",
            f"indexes: {build.describe(self._views)}",
        )
        problems += broken
        if precise.path_of(self._views).exists():
            problems += precise.verify(precise.path_of(self._views))
        return CheckReport(not problems, lines, tuple(problems), repaired)
