"""The mails and posts of alerts alone: at once, daily or weekly, by the queue that every mail goes through."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from broadsheet.catalogue.community.alert_mail import Told
from broadsheet.catalogue.community.mail_queue import Delivery, NewDelivery
from broadsheet.catalogue.community.mail_recipients import Preference, Recipient
from broadsheet.community.mail import mime, told
from broadsheet.community.mail.calendar import latest_slot, moment_of
from broadsheet.community.mail.courier import Undeliverable
from broadsheet.community.mail.letters import Letters
from broadsheet.community.mail.shapes import Post, PostItem, byline, require_hook
from broadsheet.community.mail.told import Teller
from broadsheet.kit.errors import BroadsheetError, UsageError
from broadsheet.pipeline.library import Library

__all__ = ["AlertMails", "AlertPosts"]

EXPIRES = timedelta(days=3)
POSTED = 20  # papers of one post; its page has all
_OFTEN = {"once": "at once", "daily": "every day", "weekly": "every Monday"}


class AlertMails:
    """Composes the mails of alerts that are due, and makes each when the queue asks for it."""

    def __init__(self, library: Library, letters: Letters, message_id: Callable[[str, str], str]) -> None:
        self._library = library
        self._letters = letters
        self._message_id = message_id
        self._table = library.catalogue.community.alert_mail
        self._teller = Teller(library)

    def compose_due(self, now: datetime, stops: Callable[[], bool] = lambda: False) -> int:
        """Queue a mail for every reader for whom something waits and whose hour has come; how many are new."""
        return sum(self._compose(one, mail, now) for mail in _OFTEN for one in self._table.to_tell(mail) if not stops())

    def _compose(self, one: Told, mail: str, now: datetime) -> bool:
        gathered = self._teller.gather(one.reader_id, mail)
        if not gathered:
            return False
        edition = f"alerts {max(waiting.last for waiting in gathered.waiting)}"
        if mail != "once":
            preference = self._preference(one, mail)
            slot = latest_slot(preference, now)
            since = min(waiting.since for waiting in gathered.waiting)
            if moment_of(preference, slot) <= since <= now:  # a time to come is of a clock that was wrong
                return False
            edition = f"alerts {mail} {slot}"
        try:
            address = mime.address_of(one.address)
        except BroadsheetError:  # one reader's trouble is not the others'
            return False
        recipient = f"reader {one.reader_id}"
        delivery = NewDelivery(
            recipient=recipient,
            edition=edition,
            kind="alerts",
            address=address,
            message_id=self._message_id(recipient, edition),
            content=json.dumps({"mail": mail, **told.to_json(gathered)}, ensure_ascii=False),
            expires_at=now + EXPIRES,
        )
        return self._table.queue_mail(delivery, gathered.waiting)

    def mail(self, delivery: Delivery) -> bytes:
        """The mail of a delivery. Raises Undeliverable where its reader has left, or nothing is left."""
        one = self._table.reader_to_tell(int(delivery.recipient.partition(" ")[2]))
        if one is None:
            raise Undeliverable("its reader has left")
        data = json.loads(delivery.content)
        content = told.from_json(data)
        recipient = Recipient("reader", one.reader_id, one.reader, one.address, self._preference(one, "daily"), None)
        live = told.brought(self._library, delivery, content.alerts)
        sections = self._teller.sections(self._letters, recipient, content.alerts, (), 0, live)
        often = _OFTEN.get(str(data.get("mail")), "")
        because = f"You asked {self._library.settings.server.title} to tell you of this {often}, at {one.address}."
        letter = self._letters.write_alerts(recipient, sections, because)
        if letter is None:
            raise Undeliverable("its papers are gone, or came with another mail")
        return self._letters.packed(letter, delivery)

    def _preference(self, one: Told, mail: str) -> Preference:
        settings = self._library.settings
        hour = one.hour if one.hour >= 0 else settings.mail.hour
        return Preference(mail, hour, one.time_zone or settings.edition.time_zone)


class AlertPosts:
    """Queues what alerts post to webhooks, and makes each post when the queue asks for it."""

    def __init__(self, library: Library, base: str) -> None:
        self._library = library
        self._base = base
        self._alerts = library.catalogue.community.alerts
        self._table = library.catalogue.community.alert_mail

    def compose_due(self) -> int:
        """Queue a post for every alert with a webhook for which something waits; how many are new."""
        expires = self._library.now() + EXPIRES
        queued = 0
        for alert_id, count, last in self._table.unposted():
            papers = self._table.best_unposted(alert_id, POSTED)
            content = json.dumps({"alert": alert_id, "count": count, "papers": papers})
            delivery = NewDelivery(
                f"alert {alert_id}", f"hits {last}", "post", f"alert {alert_id}", "", content, expires
            )
            queued += self._table.queue_post(delivery, alert_id, last)
        return queued

    def post(self, delivery: Delivery) -> tuple[str, str, Post]:
        """(address, shape, what is posted) of a delivery. Raises Undeliverable where nothing is left of it."""
        data = json.loads(delivery.content)
        alert = self._alerts.get(int(data["alert"]))
        if alert is None or not alert.hook_url:
            raise Undeliverable("the alert is gone, or posts nothing any more")
        try:
            require_hook(alert.hook_url, alert.hook_shape)  # an archive may have brought anything
        except UsageError as error:
            raise Undeliverable(str(error)) from error
        leads = self._library.catalogue.papers.resolve_many(map(str, data["papers"]))
        papers = self._library.papers(list(dict.fromkeys(n for n in leads.values() if n is not None)))
        if not papers:
            raise Undeliverable("its papers are gone")
        items = []
        for stored in papers:
            authors = byline([person.name for person in stored.paper.authors])
            items.append(PostItem(stored.paper.title, f"{self._base}/paper/{stored.id}", authors))
        count = int(data["count"])
        title = f"{alert.name}: {count:,} paper{'' if count == 1 else 's'}"
        return alert.hook_url, alert.hook_shape, Post(title, f"{self._base}/alerts/{alert.id}", items)
