"""Composes the mails that are due, and makes the mail of one recipient when the queue asks for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broadsheet.catalogue import Event
from broadsheet.catalogue.community.mail_queue import Delivery, NewDelivery
from broadsheet.catalogue.community.mail_recipients import Composed, MailRecipients, Recipient
from broadsheet.community.editions import Editions
from broadsheet.community.mail import mime
from broadsheet.community.mail.calendar import latest_slot, next_due
from broadsheet.community.mail.courier import Undeliverable
from broadsheet.community.mail.letters import Letter, Letters
from broadsheet.community.mail.links import Links
from broadsheet.community.mail.news import Content, Newsroom
from broadsheet.community.mail.told import Section, Teller, brought
from broadsheet.kit.errors import BroadsheetError, UsageError
from broadsheet.pipeline.library import Library

__all__ = ["Digest", "Queued"]

BATCH = 100  # recipients composed for before anything is written
EXPIRES = timedelta(days=3)
POLICY = "mail"  # of the impressions that a mail makes


@dataclass
class Queued:
    """What one round of composing did."""

    queued: int = 0
    nothing: Counter[str] = field(default_factory=Counter)  # why there was nothing → for how many

    def __str__(self) -> str:
        reasons = [f"nothing for {count}: {why}" for why, count in self.nothing.most_common(3)]
        return "; ".join([f"{self.queued} queued", *reasons])


class Digest:
    """The daily mail of a library."""

    def __init__(
        self, library: Library, editions: Editions, links: Links, message_id: Callable[[str, str], str]
    ) -> None:
        self._library = library
        self._editions = editions
        self._links = links
        self._message_id = message_id
        self._recipients: MailRecipients = library.catalogue.community.mail_recipients
        self.letters = Letters(library, links, Newsroom(library, editions))
        self._teller = Teller(library)

    def compose_due(self, now: datetime, stops: Callable[[], bool] = lambda: False) -> Queued:
        """Queue a mail for everybody whose hour has come, once a day of theirs; who missed several gets the newest."""
        done = Queued()
        newsroom = Newsroom(self._library, self._editions)
        while not stops() and (batch := self._recipients.due(now, BATCH)):
            composed = [self._compose(newsroom, recipient, now, done) for recipient in batch]
            done.queued += self._recipients.queue(composed)
        return done

    def _compose(self, newsroom: Newsroom, recipient: Recipient, now: datetime, done: Queued) -> Composed:
        slot = latest_slot(recipient.preference, now)
        following = next_due(recipient.preference, now)
        try:
            address = mime.address_of(recipient.address)
            choice = newsroom.choose(recipient, slot)
        except BroadsheetError as error:  # one reader's trouble is not the others'
            done.nothing[str(error)[:200]] += 1
            return Composed(recipient, following)
        if choice.content is None:
            done.nothing[choice.why] += 1
            return Composed(recipient, following)
        edition = f"{recipient.preference.frequency} {slot}"
        delivery = NewDelivery(
            recipient=recipient.name,
            edition=edition,
            kind="digest",
            address=address,
            message_id=self._message_id(recipient.name, edition),
            content=choice.content.to_text(),
            expires_at=now + EXPIRES,
        )
        told = choice.content.told
        return Composed(recipient, following, delivery, choice.content.ids, told.waiting, told.marks)

    def preview(self, recipient: Recipient, now: datetime) -> Letter:
        """The mail that somebody would get now. Raises UsageError, which says why there is none."""
        slot = latest_slot(recipient.preference, now)
        choice = Newsroom(self._library, self._editions).choose(recipient, slot)
        letter = None
        if choice.content is not None:
            live = {number: number for number in choice.content.ids}
            letter = self.letters.write(recipient, choice.content, live, self._sections(recipient, choice.content))
        if letter is None:
            raise UsageError(f"no mail for {recipient.address or recipient.name}: {choice.why}")
        return letter

    def mail(self, delivery: Delivery) -> bytes:
        """The mail of a delivery. Raises Undeliverable where its recipient has left, or no paper is left."""
        recipient = self._recipients.named(delivery.recipient)
        if recipient is None:
            raise Undeliverable("unsubscribed before it was sent")
        content = Content.from_text(delivery.content)
        live = self._recipients.papers_of(delivery, content.ids)
        sections = self._sections(recipient, content, delivery, live.values())
        letter = self.letters.write(recipient, content, live, sections)
        if letter is None:
            raise Undeliverable("its papers are gone, or came with an earlier mail")
        return self.letters.packed(letter, delivery)

    def _sections(
        self, recipient: Recipient, content: Content, delivery: Delivery | None = None, shown: Collection[int] = ()
    ) -> list[Section]:
        told, live = content.told, None
        if not told:
            return []
        if delivery is not None:
            live = brought(self._library, delivery, told.alerts)
        return self._teller.sections(self.letters, recipient, told.alerts, told.changes, told.more_changes, live, shown)

    def sent(self, delivery: Delivery) -> None:
        """A mail has arrived: its reader was shown the papers that were chosen for them."""
        recipient = self._recipients.named(delivery.recipient)
        if recipient is None or not recipient.reader:
            return
        own = Content.from_text(delivery.content).own
        live = self._recipients.papers_of(delivery, [number for number, _ in own])
        events = [
            Event("impression", live[number], position=at, policy=POLICY)
            for at, (number, _) in enumerate(own, 1)
            if number in live
        ]
        if events:
            self._library.catalogue.readers.log(recipient.number, events)
