"""Mail of a community: what parts of the site use."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from threading import Event

from broadsheet.catalogue.community.mail_queue import Delivery, NewDelivery
from broadsheet.community.mail import mime
from broadsheet.community.mail.courier import Courier, Letters, Round
from broadsheet.community.mail.smtp import Relay
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library

__all__ = ["Mail"]


class Mail:
    """Sends single messages, and empties the queue."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.queue = library.catalogue.community.mail_queue
        self.waiting = Event()  # set when something urgent was queued

    @property
    def is_set_up(self) -> bool:
        """Whether there is a relay to send through."""
        settings = self._library.settings.mail
        return bool(settings.host and settings.sender)

    def send_message(self, to: str, subject: str, text: str, *, expires: timedelta = timedelta(days=1)) -> None:
        """Queue a message to one address, such as a link to confirm it; it goes out first, within seconds.

        Nothing is sent after `expires`. The text is forgotten once it is sent. Raises UsageError for an address that
        is none, and where no relay is set up.
        """
        if not self.is_set_up:
            raise UsageError("no mail can be sent: [mail] host and sender are not set; docs/mail.md shows how")
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
            carriers = {"message": Letters(relay, self._message)}
            return Courier(self._library, carriers, stops=stops).go()

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
