"""Takes deliveries from the queue and brings them where they go; one courier at a time across processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from broadsheet.catalogue.community.mail_queue import Delivery, MailQueue
from broadsheet.community.mail.smtp import Fate, Outcome, Relay, RelayDown
from broadsheet.kit.clock import Clock
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.locks import Busy, exclusive

__all__ = ["Carrier", "Courier", "Letters", "Round", "Undeliverable"]

LOCK = ".lock-mail"
BATCH = 20
BACKOFF = tuple(timedelta(minutes=m) for m in (5, 15, 60, 180, 360, 720, 1440))  # after the first, second, … try
BROKEN_IN_A_ROW = 3  # connections, after which the relay is left alone for a while


class Undeliverable(Exception):
    """There is nothing to send any more; the message says why."""


class Carrier(Protocol):
    """Brings one kind of delivery to its address."""

    def carry(self, delivery: Delivery, begin: Callable[[], bool]) -> Outcome:
        """Send it; `begin` is called before the point from which it may have arrived.

        Raises Undeliverable, RelayDown.
        """


@dataclass
class Round:
    """What one round of the courier did."""

    counts: Counter[str] = field(default_factory=Counter)  # sent, deferred, refused, unknown, dead, skipped
    problem: str = ""  # why it stopped early

    def __str__(self) -> str:
        parts = [f"{count} {name}" for name, count in sorted(self.counts.items())]
        return ". ".join(part for part in (", ".join(parts) or "nothing to send", self.problem) if part)


class Courier:
    """Empties the queue as far as the relay and the webhooks allow."""

    def __init__(self, library: Library, carriers: Mapping[str, Carrier], *, stops: Callable[[], bool]) -> None:
        self._queue: MailQueue = library.catalogue.community.mail_queue
        self._now: Clock = library.now
        self._lock = library.path / LOCK
        self._tries = library.settings.mail.tries
        self._carriers = carriers
        self._stops = stops
        self._broken = 0

    def go(self) -> Round:
        """Send all that is due. Another courier at work makes this an empty round."""
        done = Round()
        try:
            with exclusive(self._lock, wait=0):
                done.counts.update({"unknown": count} if (count := self._queue.recover()) else {})
                self._empty(done)
        except Busy:
            done.problem = "another process sends"
        return done

    def _empty(self, done: Round) -> None:
        self._broken = 0
        while batch := self._queue.due(BATCH):
            for delivery in batch:
                if self._stops():
                    done.problem = "stopped"
                    return
                try:
                    done.counts[self._bring(delivery)] += 1
                except RelayDown as error:  # nothing is counted against the mail
                    done.problem = str(error)
                    return
                if self._broken >= BROKEN_IN_A_ROW:
                    done.problem = f"the relay broke off {self._broken} connections in a row"
                    return

    def _bring(self, delivery: Delivery) -> str:
        """Send one delivery and record what became of it; the name of that."""
        now = self._now()
        if delivery.expires_at is not None and delivery.expires_at <= now:
            why = f"not sent in time. {delivery.error}".strip()
            self._queue.give_up(delivery, why, tried=False)
            return "dead"
        if delivery.kind != "post" and (why := self._queue.suspension(delivery.address)):
            self._queue.give_up(delivery, f"the address is suspended: {why}", tried=False)
            return "dead"
        has_begun = False

        def begin() -> bool:
            nonlocal has_begun
            has_begun = self._queue.begin(delivery.id)
            return has_begun

        try:
            outcome = self._carriers[delivery.kind].carry(delivery, begin)
        except Undeliverable as error:
            self._queue.give_up(delivery, str(error), state="skipped", tried=False)
            return "skipped"
        return self._record(delivery, outcome, has_begun=has_begun)

    def _record(self, delivery: Delivery, outcome: Outcome, *, has_begun: bool) -> str:
        said = f"{outcome.code} {outcome.text}".strip()
        self._broken = self._broken + 1 if outcome.fate in {Fate.deferred, Fate.unknown} and not outcome.code else 0
        if outcome.fate is Fate.sent:
            self._queue.sent(delivery, said)
        elif outcome.fate is Fate.unknown:
            self._queue.unknown(delivery, f"perhaps sent: {said}")
        elif outcome.fate is Fate.refused:
            self._queue.give_up(delivery, said, tried=not has_begun)
            if delivery.kind != "post":
                self._queue.bounce(delivery.address, outcome.code, outcome.text, is_hard=outcome.is_hard)
        elif delivery.attempts + 1 >= self._tries:
            self._queue.give_up(delivery, f"tried {self._tries} times: {said}", tried=not has_begun)
            return "dead"
        else:
            wait = BACKOFF[min(delivery.attempts, len(BACKOFF) - 1)]
            self._queue.defer(delivery, said, self._now() + wait, tried=not has_begun)
        return str(outcome.fate)


class Letters:
    """Carries mails whose bytes `compose` makes."""

    def __init__(self, relay: Relay, compose: Callable[[Delivery], bytes]) -> None:
        self._relay = relay
        self._compose = compose

    def carry(self, delivery: Delivery, begin: Callable[[], bool]) -> Outcome:
        """Send one mail through the relay."""
        return self._relay.send(delivery.address, self._compose(delivery), begin)
