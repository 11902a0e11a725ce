"""Mail of a community: what parts of the site use."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from threading import Event

from broadsheet.catalogue.community.jobs import Job
from broadsheet.catalogue.community.mail_queue import Delivery, NewDelivery
from broadsheet.community.editions import Editions
from broadsheet.community.mail import mime
from broadsheet.community.mail.alert_mail import AlertMails
from broadsheet.community.mail.courier import ByRelay, Carrier, Courier, Round
from broadsheet.community.mail.digest import Digest
from broadsheet.community.mail.links import Links
from broadsheet.community.mail.news import Content
from broadsheet.community.mail.posting import Posting
from broadsheet.community.mail.smtp import Relay
from broadsheet.community.mail.subscriptions import Subscriptions
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library

__all__ = ["Mail", "Status"]


@dataclass(frozen=True, slots=True)
class Status:
    """What became of the mail."""

    relay: str  # "" where none is set
    counts: Mapping[str, int]  # of deliveries by state
    subscribers: Mapping[str, int]  # by state
    deferred: tuple[Delivery, ...]
    unknown: tuple[Delivery, ...]
    dead: tuple[Delivery, ...]
    suspended: tuple[tuple[str, datetime, str], ...]  # (address, since when, why)
    jobs: tuple[Job, ...]


class Mail:
    """Sends single messages, and empties the queue."""

    def __init__(self, library: Library, editions: Callable[[], Editions]) -> None:
        self._library = library
        self._editions = editions
        self.queue = library.catalogue.community.mail_queue
        self.recipients = library.catalogue.community.mail_recipients
        self.waiting = Event()  # set when something urgent was queued

    @property
    def is_set_up(self) -> bool:
        """Whether there is a relay to send through."""
        settings = self._library.settings.mail
        return bool(settings.host and settings.sender)

    @property
    def can_deliver(self) -> bool:
        """Whether anything can go out."""
        tables = self._library.catalogue.community
        return self.is_set_up or bool(tables.webhooks.all()) or tables.alerts.has_hooks()

    def status(self, most: int = 100) -> Status:
        """What the status page shows."""
        settings = self._library.settings.mail
        return Status(
            relay=f"{settings.host}:{settings.port}" if self.is_set_up else "",
            counts=self.queue.counts(),
            subscribers=self.recipients.subscriber_counts(),
            deferred=tuple(replace(one, content="") for one in self.queue.listed("deferred", most)),
            unknown=tuple(replace(one, content="") for one in self.queue.listed("unknown", most)),
            dead=tuple(replace(one, content="") for one in self.queue.listed("dead", most)),
            suspended=tuple(self.queue.suspended(most)),
            jobs=tuple(self._library.catalogue.community.jobs.latest(30)),
        )

    def send_message(self, to: str, subject: str, text: str, *, expires: timedelta = timedelta(days=1)) -> None:
        """Queue a message to one address, such as a link to confirm it; it goes out first, within seconds.

        Nothing is sent after `expires`. The text is forgotten once it is sent. Raises UsageError for an address that
        is none, and where no relay is set up.
        """
        if not self.is_set_up:
            raise UsageError("no mail can be sent: [mail] host and sender are not set; docs/how-to/mail.md shows how")
        address = mime.address_of(to)
        edition = f"message {secrets.token_hex(16)}"
        self.queue.add(
            NewDelivery(
                recipient=f"address {address.lower()}",
                edition=edition,
                kind="message",
                address=address,
                message_id=self.message_id(f"address {address}", edition),
                content=json.dumps({"subject": mime.one_line(subject), "text": text[:20_000]}, ensure_ascii=False),
                expires_at=self._library.now() + expires,
                urgency=0,
            )
        )
        self.waiting.set()

    def deliver(self, stops: Callable[[], bool] = lambda: False) -> Round:
        """Send all that is due now."""
        with Relay(self._library.settings.mail) as relay:
            digest = self.digest()
            carriers: dict[str, Carrier] = {
                "message": ByRelay(relay, self._message),
                "digest": ByRelay(relay, digest.mail, digest.sent),
                "alerts": ByRelay(relay, self.alert_mails().mail),
                "post": self.posting(),
            }
            return Courier(self._library, carriers, stops=stops).go()

    def digest(self) -> Digest:
        """The daily mail, for one round of composing or sending."""
        return Digest(self._library, self._editions(), self.links, self.message_id)

    def alert_mails(self) -> AlertMails:
        """The mails of alerts alone, for one round of composing or sending."""
        return AlertMails(self._library, self.digest().letters, self.message_id)

    def posting(self) -> Posting:
        """The webhooks."""
        return Posting(self._library, self._editions(), self.links)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Who gets mail, and how often."""
        return Subscriptions(self._library, self)

    @cached_property
    def links(self) -> Links:
        """The links of mails."""
        return Links(self._library.key, self._library.settings.address)

    def resend(self, numbers: Collection[int]) -> int:
        """Send again what was perhaps sent, or given up; returns how many."""
        for number in numbers:
            delivery = self.queue.get(number)
            if delivery is not None and delivery.kind == "digest" and delivery.content:
                self.recipients.take_again(delivery, Content.from_text(delivery.content).ids)
        self.waiting.set()
        return self.queue.resend(numbers)

    def message_id(self, recipient: str, edition: str) -> str:
        """The Message-ID of a delivery, the same however often it is tried; nobody else can guess it."""
        digest = hmac.new(self._library.key, f"message {recipient} {edition}".encode(), "sha256").digest()
        domain = mime.sender_address(self._library.settings.mail.sender)[1].rpartition("@")[2]
        return f"<{base64.b32encode(digest[:20]).decode().lower()}@{domain}>"

    def _message(self, delivery: Delivery) -> bytes:
        content = json.loads(delivery.content)
        return mime.compose(
            sender=self._library.settings.mail.sender,
            to=delivery.address,
            subject=content["subject"],
            text=content["text"],
            message_id=delivery.message_id,
            date=self._library.now(),
        )
