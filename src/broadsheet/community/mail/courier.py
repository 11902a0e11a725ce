"""Takes deliveries from the queue and brings them where they go; one courier at a time across processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from broadsheet.catalogue.community.mail_queue import Delivery, MailQueue
from broadsheet.catalogue.community.mail_recipients import MailRecipients
from broadsheet.community.mail.smtp import Fate, Outcome, Relay, RelayDown
from broadsheet.kit.clock import Clock
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.locks import Busy, exclusive

__all__ = ["ByRelay", "Carrier", "Courier", "Round", "Undeliverable"]

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

    def arrived(self, delivery: Delivery) -> None:
        """It is recorded as sent."""


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
        self._recipients: MailRecipients = library.catalogue.community.mail_recipients
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
        if delivery.expires_at is not None and delivery.expires_at <= self._now():
            return self._give_up(delivery, f"not sent in time. {delivery.error}".strip())
        if delivery.kind != "post" and (why := self._queue.suspension(delivery.address)):
            return self._give_up(delivery, f"the address is suspended: {why}")
        has_begun = False

        def begin() -> bool:
            nonlocal has_begun
            has_begun = self._queue.begin(delivery.id)
            return has_begun

        try:
            outcome = self._carriers[delivery.kind].carry(delivery, begin)
        except Undeliverable as error:
            return self._give_up(delivery, str(error), "skipped")
        return self._record(delivery, outcome, has_begun=has_begun)

    def _record(self, delivery: Delivery, outcome: Outcome, *, has_begun: bool) -> str:
        said = f"{outcome.code} {outcome.text}".strip()
        self._broken = self._broken + 1 if outcome.fate in {Fate.deferred, Fate.unknown} and not outcome.code else 0
        if outcome.fate is Fate.sent:
            self._queue.sent(delivery, said)
            self._carriers[delivery.kind].arrived(delivery)
        elif outcome.fate is Fate.unknown:
            self._queue.unknown(delivery, f"perhaps sent: {said}")
        elif outcome.fate is Fate.refused:
            self._give_up(delivery, said, tried=not has_begun)
            if delivery.kind != "post":
                self._queue.bounce(delivery, outcome.code, outcome.text, is_hard=outcome.is_hard)
        elif delivery.attempts + 1 >= self._tries:
            return self._give_up(delivery, f"tried {self._tries} times: {said}", tried=not has_begun)
        else:
            wait = BACKOFF[min(delivery.attempts, len(BACKOFF) - 1)]
            self._queue.defer(delivery, said, self._now() + wait, tried=not has_begun)
        return str(outcome.fate)

    def _give_up(self, delivery: Delivery, why: str, state: str = "dead", *, tried: bool = False) -> str:
        """Send it no more; the papers that it had are new to its recipient still."""
        self._queue.give_up(delivery, why, state=state, tried=tried)
        self._recipients.give_back(delivery)
        return state


class ByRelay:
    """Carries mails whose bytes `compose` makes, and says to `arrived` that one is with the relay."""

    def __init__(
        self,
        relay: Relay,
        compose: Callable[[Delivery], bytes],
        arrived: Callable[[Delivery], None] | None = None,
    ) -> None:
        self._relay = relay
        self._compose = compose
        self._arrived = arrived

    def carry(self, delivery: Delivery, begin: Callable[[], bool]) -> Outcome:
        """Send one mail through the relay."""
        return self._relay.send(delivery.address, self._compose(delivery), begin)

    def arrived(self, delivery: Delivery) -> None:
        """Tell whoever wants to know."""
        if self._arrived is not None:
            self._arrived(delivery)
