"""Who gets mail and how often: readers' preferences, the open list, and what the links of mails do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from broadsheet.catalogue.community.mail_recipients import FREQUENCIES, MailRecipients, Preference, Recipient
from broadsheet.community.accounts.credentials import mail_address
from broadsheet.community.accounts.limits import Limits
from broadsheet.community.mail.calendar import checked, next_due
from broadsheet.community.mail.links import Link, Purpose
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.reader_actions import ReaderAction
from broadsheet.pipeline.library import Library

if TYPE_CHECKING:
    from broadsheet.community.mail.mail import Mail

__all__ = ["Subscriptions"]

TO_CONFIRM = timedelta(days=3)
POLICY = "mail"


class Subscriptions:
    """Changes who gets mail."""

    def __init__(self, library: Library, mail: Mail) -> None:
        self._library = library
        self._mail = mail
        self._recipients: MailRecipients = library.catalogue.community.mail_recipients
        self._limits = Limits(library.catalogue.community.attempts)

    @property
    def is_open(self) -> bool:
        """Whether people without an account can subscribe."""
        return self._mail.is_set_up and self._library.settings.mail.open_list == "yes"

    @property
    def default(self) -> Preference:
        """What somebody has who chose nothing."""
        settings = self._library.settings
        return Preference("never", settings.mail.hour, settings.edition.time_zone)

    def of_reader(self, reader: str) -> Preference:
        """What a reader chose."""
        number = self._library.catalogue.readers.get(reader, create=reader == "me").id
        return self._recipients.preference(number) or self.default

    def choose(self, reader: str, frequency: str, hour: str | int, time_zone: str, address: str = "") -> Preference:
        """Store what a reader chose; `address` counts for a reader without an account. Raises UsageError."""
        number = self._library.catalogue.readers.get(reader, create=reader == "me").id
        account = self._library.catalogue.community.accounts.of_reader(number)
        if account is not None:
            address = ""
            if frequency != "never" and not account.email:
                raise UsageError("confirm an e-mail address first: the page of your account has a field for it")
        elif frequency != "never" or address:
            address = mail_address(address)
        preference = checked(frequency, hour, time_zone, address)
        self._recipients.set_preference(number, preference, next_due(preference, self._library.now()))
        return preference

    def expect(self, address: str, frequency: str, *, network: str = "") -> None:
        """Count a wish to subscribe an address. Raises UsageError for an impossible one, RateLimited."""
        if frequency not in FREQUENCIES or frequency == "never":
            raise UsageError("choose how often the mail should come")
        self._limits.take("subscribe", mail_address(address), network)

    def subscribe(self, address: str, frequency: str) -> None:
        """Ask the owner of an address whether they want mail; whether they have it already is said to them alone.

        Raises UsageError for what is no address, and where the list is not open.
        """
        if not self.is_open:
            raise UsageError("nobody can subscribe here without an account")
        address = mail_address(address)
        preference = checked(frequency, self.default.hour, self.default.time_zone)
        self._recipients.forget_pending(self._library.now() - 2 * TO_CONFIRM)
        subscriber = self._recipients.ask(address, preference)
        name = f"subscriber {subscriber.id}"
        title = self._library.settings.server.title
        if subscriber.state == "active":
            link = self._mail.links.make(Purpose.prefer, name)
            text = f"You get the mail of {title} already. To change how often it comes, or to end it:\n\n"
            text += self._mail.links.address("/mail/preferences", link)
            self._mail.send_message(address, f"You get the mail of {title} already", text)
            return
        link = self._mail.links.make(Purpose.confirm, name, until=self._library.now() + TO_CONFIRM)
        text = (
            f"Somebody, perhaps you, asked for the mail of {title} to this address. If it was you, confirm it within "
            f"three days:\n\n{self._mail.links.address('/subscribe/confirm', link)}\n\n"
            "If it was not, do nothing: no more mail will come."
        )
        self._mail.send_message(address, f"Confirm: the mail of {title}", text, expires=TO_CONFIRM)

    def read(self, token: str, purpose: Purpose) -> Link:
        """What a link says. Raises UsageError."""
        return self._mail.links.read(token, purpose, self._library.now())

    def confirm(self, token: str) -> Recipient:
        """The address of a subscriber is theirs. Raises UsageError."""
        number = int(self.read(token, Purpose.confirm).recipient.partition(" ")[2])
        subscriber = self._recipients.subscriber(number)
        due = next_due(subscriber.preference, self._library.now()) if subscriber else None
        confirmed = self._recipients.confirm(number, due)
        return Recipient("subscriber", number, "", confirmed.email, confirmed.preference, due)

    def leaving(self, token: str) -> Link:
        """What a link to unsubscribe says: of the daily mail, or of that of alerts. Raises UsageError."""
        return self.read(token, Purpose.alerts if token.startswith(Purpose.alerts.value) else Purpose.stop)

    def leave(self, token: str) -> None:
        """No more mail to whom a link was sent. Raises UsageError for a link that is none."""
        link = self.leaving(token)
        if link.purpose is Purpose.alerts:
            self._library.catalogue.community.alerts.stop_mail(int(link.recipient.partition(" ")[2]))
        else:
            self._recipients.stop(link.recipient)

    def preference(self, token: str) -> tuple[str, Preference]:
        """(address, preference) of whom a link was sent. Raises UsageError."""
        kind, number = self._recipient(token)
        if kind == "subscriber":
            subscriber = self._recipients.subscriber(number)
            if subscriber is None or subscriber.state == "pending":
                raise UsageError("this subscription is gone; subscribe again")
            never = Preference("never", subscriber.preference.hour, subscriber.preference.time_zone)
            return subscriber.email, never if subscriber.state == "unsubscribed" else subscriber.preference
        account = self._library.catalogue.community.accounts.of_reader(number)
        chosen = self._recipients.preference(number)
        if chosen is None:
            raise UsageError("this account is gone")
        return account.email if account else chosen.address, chosen

    def change(self, token: str, frequency: str, hour: str, time_zone: str) -> None:
        """Store what whom a link was sent chose. Raises UsageError."""
        before = self.preference(token)[1]
        kind, number = self._recipient(token)
        preference = checked(frequency, hour, time_zone, before.address)
        due = next_due(preference, self._library.now())
        if kind == "reader":
            self._recipients.set_preference(number, preference, due)
        elif frequency == "never":
            self._recipients.stop(f"subscriber {number}")
        else:
            self._recipients.change(number, preference, due)

    def act(self, token: str) -> Link:
        """Save or hide a paper for whom a link was sent. Raises UsageError, UnknownPaper."""
        link = self.read(token, Purpose.act)
        number = int(link.recipient.partition(" ")[2])
        recipient = self._recipients.reader_name(number)
        if not link.recipient.startswith("reader ") or not recipient:
            raise UsageError("this account is gone")
        stored = self._library.papers([self._library.resolve(link.paper_id)])
        if not stored:
            raise UnknownPaper("this paper is gone")
        self._library.act(recipient, stored[0].id, ReaderAction.named(link.action), policy=POLICY)
        return link

    def _recipient(self, token: str) -> tuple[str, int]:
        kind, _, number = self.read(token, Purpose.prefer).recipient.partition(" ")
        return kind, int(number)
