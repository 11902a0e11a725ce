"""What another page would have been worth to a reader: on the past, from the log, and live between two mixes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.experiments import Interleaving
from broadsheet.kit.errors import UsageError
from broadsheet.kit.progress import Progress
from broadsheet.kit.threads import one_thread
from broadsheet.pipeline.feed.history import History, windows_of
from broadsheet.pipeline.feed.interleaving import SITE, Verdict, verdict
from broadsheet.pipeline.feed.mix_report import MixReport, mix_report, shown_pages
from broadsheet.pipeline.feed.mixes import changed_mix
from broadsheet.pipeline.feed.past_rankings import RANKERS
from broadsheet.pipeline.feed.ranking import FeedMix
from broadsheet.pipeline.feed.replay import MOMENTS, STEPS, replayed
from broadsheet.pipeline.feed.replay_report import PAGE, ReplayReport, to_json
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.readers import Readers

__all__ = ["Experiments"]


class Experiments:
    """Measures pages of the readers of a library."""

    def __init__(self, catalogue: Catalogue, index: Index, readers: Readers) -> None:
        self._catalogue = catalogue
        self._index = index
        self._readers = readers

    def compare_mixes(self, name: str, other: FeedMix, ranking: str = "page") -> MixReport:
        """What another mix, or ranking, would have brought on the reader's earlier pages.

        Raises UsageError where there are none, or no ranking of that name.
        """
        _check(ranking)
        who = self._readers.reader(name)
        pages = shown_pages(self._catalogue.readers.whole_log(who.id)) if who.id else []
        if not pages:
            raise UsageError(f"no page of {name} is in the log with its propensities yet; read one first")
        last = self._catalogue.papers.last_number_at
        numbers = [(None if page.before is None else last(page.before), last(page.at)) for page in pages]
        snapshot, mixes = self._index.snapshot(), (self._readers.mix(name), other)
        with one_thread():
            return mix_report(snapshot, name, pages, numbers, mixes, self._index.vectors.open(snapshot), ranking)

    def replay(
        self,
        name: str,
        *,
        since: date | None = None,
        steps: int = STEPS,
        tried: Mapping[str, float] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> ReplayReport:
        """Walk the reader's history again and look where rankings would have put the papers saved later.

        `since` leaves out earlier saves, `tried` are weights of another mix beside the reader's own, `seed` draws the
        intervals. Raises UsageError where a weight is none, or nothing was saved since.
        """
        started = time.perf_counter()
        who, mix = self._readers.reader(name), self._readers.mix(name)
        mixes = {PAGE: mix} | ({"tried": changed_mix(mix, tried)} if tried else {})
        history = History(self._catalogue.readers.whole_log(who.id) if who.id else (), self._catalogue.now())
        begin = datetime.min.replace(tzinfo=UTC) if since is None else datetime(*since.timetuple()[:3], tzinfo=UTC)
        snapshot, wants = self._index.snapshot(), [want for want in history.wants() if want.at >= begin]
        there = snapshot.rows_of([want.paper for want in wants]) >= 0  # what was deleted is gone
        wants = [want for want, is_there in zip(wants, there.tolist(), strict=True) if is_there]
        if not wants:
            when = f" since {since}" if since else ""
            raise UsageError(f"nothing to replay: {name} saved no paper{when}; save some, and try again later")
        windows = windows_of(wants, steps, MOMENTS)
        last = self._catalogue.papers.last_number_at
        arrivals = {moment.last: last(moment.last) for window in windows for moment in window.moments}
        with one_thread():
            report = replayed(
                *(snapshot, self._index.vectors.open(snapshot), name, history, windows, arrivals, mixes),
                seed=seed,
                progress=progress,
            )
        report = replace(report, seconds=time.perf_counter() - started)
        if who.id and not self._catalogue.read_only:
            self._catalogue.readers.experiments.keep_replay(who.id, to_json(report))
        return report

    def last_replay(self, name: str) -> dict[str, Any] | None:
        """The report of the reader's last replay as JSON knows values, with `made_at`; None before the first."""
        who = self._readers.reader(name, create=False)
        last = self._catalogue.readers.experiments.last_replay(who.id) if who.id else None
        return {**last[1], "made_at": last[0]} if last else None

    def start_interleaving(self, name: str, other: Mapping[str, float | str]) -> None:
        """Draft the reader's pages from their mix and another one. Raises UsageError where it is no other one."""
        who = self._readers.reader(name)
        weights = {key: float(value) for key, value in other.items() if key != "ranking"}
        ranking = str(other.get("ranking", "page"))
        _check(ranking)
        mix = self._readers.mix(name)
        if changed_mix(mix, weights) == mix and ranking == "page":
            raise UsageError("the other mix is your own; say another recency, diversity, exploration or ranking")
        self._catalogue.readers.experiments.start_interleaving(who.id, dict(other))

    def stop_interleaving(self, name: str) -> None:
        """Stop the reader's draft; what it showed stays. Raises UsageError where none runs."""
        who = self._readers.reader(name)
        if not who.id or not self._catalogue.readers.experiments.running(who.id):
            raise UsageError(f"no draft of {name} is running; `broadsheet replay interleave start` starts one")
        self._catalogue.readers.experiments.stop_interleaving(who.id)

    def interleaving(self, name: str) -> tuple[Interleaving, Verdict] | None:
        """The reader's last draft, running or stopped, and its verdict; None before the first."""
        who = self._readers.reader(name, create=False)
        last = self._catalogue.readers.experiments.interleaving(who.id) if who.id else None
        if last is None:
            return None
        return last, verdict([self._catalogue.readers.whole_log(who.id)], last.started_at.isoformat())

    def site_verdict(self) -> Verdict:
        """The verdict of the draft that the settings of the library start, over all readers."""
        logs = (self._catalogue.readers.whole_log(who.id) for who in self._catalogue.readers.all())
        return verdict(logs, SITE)


def _check(ranking: str) -> None:
    if ranking not in RANKERS:
        raise UsageError(f"no ranking is called {ranking!r}; there are {', '.join(RANKERS)}")
