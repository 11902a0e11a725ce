"""What happens by itself: sync the sources, close days, run alerts, compose the mails that are due, send.

serve ──► Background (threads) ──┬─► Scheduler.run   sync, close, alerts, compose; one at a time across processes
                                 ├─► Mail.deliver    one courier at a time across processes
                                 ├─► VectorWorker    the papers' vectors; one at a time across processes
                                 └─► AtlasWorker     the map of the papers; one at a time across processes
cron  ──► broadsheet daily ──────────► both, once
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

from broadsheet.kit.errors import BroadsheetError
from broadsheet.pipeline.locks import Busy, exclusive

if TYPE_CHECKING:
    from broadsheet.community.community import Community

__all__ = ["Background", "Scheduler"]

LOCK = ".lock-daily"
DELIVERED_FOR = timedelta(days=400)  # a paper is not mailed twice in this time; mails choose among far newer ones
EVERY = 30.0  # seconds between two looks at what is due
COURIER_EVERY = 10.0
_LOG = logging.getLogger(__name__)


class Scheduler:
    """Does what is due. A run that was missed is made up for once; one whose process ended is begun anew."""

    def __init__(self, community: Community, *, sync_hours: int | None = None) -> None:
        """`sync_hours` overrides the setting: hours between two syncs, 0 for none."""
        self._community = community
        self._library = community.library
        self._jobs = community.library.catalogue.community.jobs
        hours = self._library.settings.schedule.sync_hours if sync_hours is None else sync_hours
        self._sync_hours = hours

    def run(self, stops: Callable[[], bool] = lambda: False) -> list[str]:
        """Do all that is due now; what was done, a line each. Nothing where another process does it."""
        done: list[str] = []
        try:
            with exclusive(self._library.path / LOCK, wait=0):
                for step in self._steps():
                    if not stops():
                        done += self._tried(step, stops)
        except Busy:
            done.append("another process does what is due")
        return done

    def _steps(self) -> Iterator[Callable[[Callable[[], bool]], list[str]]]:
        yield from (self._sync, self._connections, self._close, self._alerts, self._compose, self._publish, self._prune)
        yield self._organisations
        yield self._summaries

    def _tried(self, step: Callable[[Callable[[], bool]], list[str]], stops: Callable[[], bool]) -> list[str]:
        """One step, whose failure stops no other."""
        name = step.__name__.strip("_")
        try:
            return step(stops)
        except BroadsheetError as error:
            _LOG.warning("%s failed: %s", name, error)
            self._jobs.finish(name, f"{self._library.now():%Y-%m-%d %H:00}, failed", str(error))
            return [f"{name} failed: {error}"]

    def _sync(self, stops: Callable[[], bool]) -> list[str]:
        if not self._sync_hours:
            return []
        period = _sync_period(self._library.now(), self._sync_hours)
        if not self._jobs.begin("sync", period):
            return []
        try:
            reports = self._library.sync(stop=stops)
            lines = [_sync_line(report.source, report.added, report.messages) for report in reports]
            outcome = "; ".join(lines) or "no source is set up"
        except BroadsheetError as error:
            outcome = f"failed: {error}"
        self._jobs.finish("sync", period, outcome)
        return [f"sync: {outcome}"]

    def _connections(self, stops: Callable[[], bool]) -> list[str]:
        """Once an hour bring the libraries in step that readers keep elsewhere, where it is time."""
        period = f"{self._library.now():%Y-%m-%d %H:00}"
        if not self._library.catalogue.connections.all() or not self._jobs.begin("connections", period):
            return []
        reports = self._community.connections.sync_due(stops)
        failed = sum(bool(report.error) for report in reports)
        outcome = f"{len(reports)} in step" if not failed else f"{len(reports) - failed} in step, {failed} failed"
        self._jobs.finish("connections", period, outcome)  # whose they are is nobody's business
        return [f"connections: {outcome}"] if reports else []

    def _close(self, stops: Callable[[], bool]) -> list[str]:  # noqa: ARG002 - a step's signature
        days = self._community.editions.close_due(self._library.now())
        for day in days:
            edition = self._community.editions.edition(day)
            self._jobs.finish("close", day.isoformat(), f"{len(edition.entries)} papers. {edition.note}".strip())
        return [f"closed: {', '.join(day.isoformat() for day in days)}"] if days else []

    def _compose(self, stops: Callable[[], bool]) -> list[str]:
        posts = self._community.mail.posting().compose_due()
        if posts:
            self._community.mail.waiting.set()
        return [*([f"webhooks: {posts} queued"] if posts else []), *self._compose_mail(stops)]

    def _compose_mail(self, stops: Callable[[], bool]) -> list[str]:
        if not self._community.mail.is_set_up:
            return []
        now = self._library.now()
        queued = self._community.mail.digest().compose_due(now, stops)
        queued.queued += self._community.mail.alert_mails().compose_due(now, stops)
        if not queued.queued and not queued.nothing:
            return []
        self._jobs.finish("compose", self._moment(), str(queued))
        self._community.mail.waiting.set()
        return [f"mail: {queued}"]

    def _publish(self, stops: Callable[[], bool]) -> list[str]:  # noqa: ARG002 - a step's signature
        from broadsheet.community.hub import publish_due

        trouble = publish_due(self._library)
        return [f"hub: {trouble}"] if trouble else []

    def _prune(self, stops: Callable[[], bool]) -> list[str]:  # noqa: ARG002 - a step's signature
        """Once a day forget what no mail chooses by any more: papers that came with mails long ago."""
        now = self._library.now()
        if not self._jobs.begin("prune", f"{now:%Y-%m-%d}"):
            return []
        count = self._library.catalogue.community.mail_recipients.forget_delivered(now - DELIVERED_FOR)
        self._jobs.finish("prune", f"{now:%Y-%m-%d}", f"{count} papers of old mails forgotten")
        return [f"prune: {count} papers of old mails forgotten"] if count else []

    def _organisations(self, stops: Callable[[], bool]) -> list[str]:
        """Read the organisations of new papers, so that no visitor waits for that."""
        self._community.organisations.update(stops)
        return []

    def _summaries(self, stops: Callable[[], bool]) -> list[str]:
        """Have a language model write of what readers saw last, where one is set up: after all that cannot wait."""
        written = self._community.summaries.write_due(stops)
        return [f"summaries: {written}"] if written else []

    def _alerts(self, stops: Callable[[], bool]) -> list[str]:
        """Find what readers want to be told of, and what changed of the papers that they keep."""
        self._community.changes.update(stops)
        done = self._community.alerts.run(stops)
        if not done.papers and not done.troubles:
            return []
        self._jobs.finish("alerts", self._moment(), str(done))
        return [f"alerts: {done}"]

    def _moment(self) -> str:
        return f"{self._library.now():%Y-%m-%d %H:%M:%S}"


class Background:
    """The scheduler, the courier and the encoder of a server, in threads: a long sync does not hold up a mail."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._stopping = Event()
        self.vectors = community.library.encode_in_background()
        self.atlas = community.library.map_in_background()
        self._threads = [
            Thread(target=self._schedule, name="scheduler", daemon=True),
            Thread(target=self._deliver, name="courier", daemon=True),
        ]

    def start(self) -> None:
        """Start all."""
        for thread in self._threads:
            thread.start()
        for worker in (self.vectors, self.atlas):
            if worker:
                worker.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End all after what each is doing now, and wait for that, at most `seconds` each."""
        self._stopping.set()
        for worker in (self.vectors, self.atlas):
            if worker:
                worker.stop(seconds)
        self._community.mail.waiting.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(seconds)

    def _schedule(self) -> None:
        scheduler = Scheduler(self._community)
        while True:
            _guarded(lambda: scheduler.run(self._stopping.is_set))
            if self._stopping.wait(EVERY):
                return

    def _deliver(self) -> None:
        mail = self._community.mail
        while True:
            mail.waiting.clear()
            if mail.can_deliver:
                _guarded(lambda: mail.deliver(self._stopping.is_set))
            mail.waiting.wait(COURIER_EVERY)
            if self._stopping.is_set():
                return


def _guarded(work: Callable[[], object]) -> None:
    """One round of a thread, which goes on whatever happens."""
    try:
        work()
    except BroadsheetError as error:
        _LOG.warning("%s", error)
    except Exception:  # noqa: BLE001 - the log has it; what is due tomorrow is done all the same
        _LOG.exception("a round of the scheduler failed")


def _sync_period(now: datetime, hours: int) -> str:
    """The beginning of the present span of `hours`, counted from midnight UTC."""
    return f"{now:%Y-%m-%d} {now.hour // hours * hours:02}:00"


def _sync_line(source: str, added: int, messages: tuple[str, ...]) -> str:
    return f"{source}: {added:,} new" + (f" ({messages[-1]})" if messages else "")
