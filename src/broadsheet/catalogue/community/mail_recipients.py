"""Those who get mail, readers and subscribers: when the next is due, and which papers each was sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.community import alert_mail, paper_changes
from broadsheet.catalogue.community.alert_mail import Waiting
from broadsheet.catalogue.community.mail_queue import Delivery, NewDelivery, add_delivery
from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UsageError
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import alerts as alert_statements
    from broadsheet.catalogue.statements import mail_recipients as statements
    from broadsheet.catalogue.statements import paper_changes as change_statements
else:  # what only reads does not load SQLAlchemy
    alert_statements, statements, change_statements = lazy(
        "broadsheet.catalogue.statements", "alerts", "mail_recipients", "paper_changes"
    )

__all__ = ["FREQUENCIES", "Composed", "MailRecipients", "Preference", "Recipient", "Subscriber"]

FREQUENCIES = ("daily", "weekdays", "weekly", "never")


@dataclass(frozen=True, slots=True)
class Preference:
    """When somebody gets mail."""

    frequency: str  # one of FREQUENCIES
    hour: int  # 0 to 23
    time_zone: str
    address: str = ""  # of a reader without an account


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets mail."""

    kind: str  # reader | subscriber
    number: int
    reader: str  # the name; "" for a subscriber
    address: str
    preference: Preference
    due_at: datetime | None

    @property
    def name(self) -> str:
        """As deliveries name them: "reader 7"."""
        return f"{self.kind} {self.number}"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody without an account who asked for mail."""

    id: int
    email: str
    state: str  # pending | active | unsubscribed
    preference: Preference
    created_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Composed:
    """What a recipient gets now, and when they are due next; without a delivery there is nothing for them."""

    recipient: Recipient
    next_due: datetime | None
    delivery: NewDelivery | None = None
    papers: tuple[int, ...] = ()
    alerts: tuple[Waiting, ...] = ()  # whose papers it brings
    changes: tuple[tuple[int, datetime], ...] = ()  # (paper, its last change) that it tells of


class MailRecipients:
    """The recipients of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: datetime, most: int) -> list[Recipient]:
        """Those whose mail is due, readers first, the longest due first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.READERS_DUE, now=stored_time(now), most=most)
            if len(rows) < most:
                rows += fetch(connection, sql.SUBSCRIBERS_DUE, now=stored_time(now), most=most - len(rows))
        return [_recipient(row) for row in rows]

    def named(self, name: str) -> Recipient | None:
        """Who "reader 7" or "subscriber 3" is, if they want mail."""
        kind, _, number = name.partition(" ")
        if not number.isdigit():
            return None
        if kind == "reader":
            with self._database.read() as connection:
                rows = fetch(connection, sql.READER_TO_MAIL, number=int(number))
            return _recipient(rows[0]) if rows else None
        one = self.subscriber(int(number)) if kind == "subscriber" else None
        if one is None or one.state != "active" or one.preference.frequency == "never":
            return None
        return Recipient("subscriber", one.id, "", one.email, one.preference, one.due_at)

    def queue(self, composed: Sequence[Composed]) -> int:
        """Queue what was composed, and say when each is due next, in one transaction; how many deliveries are new."""
        added = 0
        with self._database.write() as connection:
            live = follow(connection, {paper for one in composed for paper in one.papers})
            for one in composed:
                number = add_delivery(connection, one.delivery, self._database.now()) if one.delivery else None
                if number is not None:
                    added += 1
                    name = one.recipient.name
                    rows = [(name, paper, number) for paper in {live[p] for p in one.papers if p in live}]
                    insert(connection, statements.ADD_DELIVERY_PAPERS, rows)
                    alert_mail.mark_mailed(connection, one.alerts, number)
                    paper_changes.mark_mailed(connection, one.recipient.number, one.changes, number)
                if one.recipient.due_at is None or one.next_due == one.recipient.due_at:
                    continue
                is_reader = one.recipient.kind == "reader"
                statement = statements.READER_IS_DUE_NEXT if is_reader else statements.SUBSCRIBER_IS_DUE_NEXT
                values = {
                    "number": one.recipient.number,
                    "was_due": stored_time(one.recipient.due_at),
                    "next": stored_time(one.next_due) if one.next_due else None,
                }
                connection.execute(statement, values)
        return added

    def delivered(self, recipient: str, paper_ids: Collection[int]) -> set[int]:
        """Which of these papers a recipient was sent, or will be."""
        with self._database.read() as connection:
            return {p for (p,) in fetch(connection, sql.DELIVERED, recipient=recipient, ids=in_list(set(paper_ids)))}

    def all_delivered(self, recipient: str) -> set[int]:
        """Every paper that a recipient was sent, or will be."""
        with self._database.read() as connection:
            return {paper for (paper,) in fetch(connection, sql.ALL_DELIVERED, recipient=recipient)}

    def forget_delivered(self, before: datetime) -> int:
        """Forget which papers came with deliveries from before a time; how many were forgotten."""
        with self._database.write() as connection:
            return connection.execute(statements.FORGET_DELIVERED, {"before": stored_time(before)}).rowcount

    def papers_of(self, delivery: Delivery, paper_ids: Collection[int]) -> dict[int, int]:
        """Of the papers chosen for a delivery those that it still brings, as number → the paper it leads to now.

        One that was joined with a paper of an earlier delivery was sent already.
        """
        with self._database.read() as connection:
            live = follow(connection, paper_ids)
            rows = fetch(
                connection,
                sql.PAPERS_OF_DELIVERY,
                recipient=delivery.recipient,
                number=delivery.id,
                ids=in_list(set(live.values())),
            )
        own = {paper for (paper,) in rows}
        return {number: paper for number, paper in live.items() if paper in own}

    def give_back(self, delivery: Delivery) -> None:
        """The papers of a delivery that does not arrive were not sent."""
        with self._database.write() as connection:
            values = {"of_recipient": delivery.recipient, "of_delivery": delivery.id}
            connection.execute(statements.FREE_PAPERS, values)
            connection.execute(alert_statements.FREE_HITS, {"delivery": delivery.id})
            connection.execute(change_statements.FREE_CHANGES, {"delivery": delivery.id})

    def take_again(self, delivery: Delivery, paper_ids: Collection[int]) -> None:
        """The papers of a delivery are sent after all, but for those that came with another meanwhile."""
        with self._database.write() as connection:
            live = set(follow(connection, paper_ids).values())
            rows = [(delivery.recipient, paper, delivery.id) for paper in sorted(live)]
            insert(connection, statements.ADD_DELIVERY_PAPERS, rows)

    def preference(self, reader_id: int) -> Preference | None:
        """What a reader chose; None if nothing yet."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.MAIL_PREFERENCE, number=reader_id)
        return Preference(rows[0][1], rows[0][2], rows[0][3], rows[0][0]) if rows else None

    def reader_name(self, reader_id: int) -> str:
        """The name of a reader; "" if they are gone."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.NAME_OF_READER, number=reader_id)
        return str(rows[0][0]) if rows else ""

    def set_preference(self, reader_id: int, preference: Preference, due_at: datetime | None) -> None:
        """Store what a reader chose."""
        with self._database.write() as connection:
            values = {"reader_id": reader_id, "address": preference.address} | self._values(preference, due_at)
            connection.execute(statements.SET_MAIL_PREFERENCE, values | {"changed_at": self._database.now()})

    def subscriber(self, number: int) -> Subscriber | None:
        """One subscriber."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.SUBSCRIBER, number=number)
        return _subscriber(rows[0]) if rows else None

    def subscriber_of(self, address: str) -> Subscriber | None:
        """The subscriber with an address."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.SUBSCRIBER_OF_ADDRESS, address=address)
        return _subscriber(rows[0]) if rows else None

    def subscribers(self, most: int = 1000) -> list[Subscriber]:
        """Subscribers in any state, by number."""
        with self._database.read() as connection:
            return [_subscriber(row) for row in fetch(connection, sql.SUBSCRIBERS, most=most)]

    def subscriber_counts(self) -> dict[str, int]:
        """State → how many subscribers."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.SUBSCRIBER_COUNTS))

    def ask(self, address: str, preference: Preference) -> Subscriber:
        """Note that somebody asked for mail to an address; it is confirmed later. One that is active is unchanged."""
        with self._database.write() as connection:
            rows = fetch(connection, sql.SUBSCRIBER_OF_ADDRESS, address=address)
            if not rows or _subscriber(rows[0]).state != "active":
                values = {"email": address, "state": "pending", "created_at": self._database.now()}
                nothing = {"confirmed_at": None, "unsubscribed_at": None}
                connection.execute(statements.ADD_SUBSCRIBER, values | nothing | self._values(preference, None))
                rows = fetch(connection, sql.SUBSCRIBER_OF_ADDRESS, address=address)
            return _subscriber(rows[0])

    def confirm(self, number: int, due_at: datetime | None) -> Subscriber:
        """The address is confirmed: mail goes there. Raises UsageError where nobody asked for it lately."""
        with self._database.write() as connection:
            rows = fetch(connection, sql.SUBSCRIBER, number=number)
            if not rows or _subscriber(rows[0]).state == "unsubscribed":
                raise UsageError("this subscription is gone; subscribe again")
            if _subscriber(rows[0]).state == "pending":
                due = stored_time(due_at) if due_at else None
                values = {"state": "active", "confirmed_at": self._database.now(), "due_at": due}
                connection.execute(statements.CHANGE_SUBSCRIBER.values(**values), {"number": number})
            return _subscriber(fetch(connection, sql.SUBSCRIBER, number=number)[0])

    def change(self, number: int, preference: Preference, due_at: datetime | None) -> None:
        """Store what a subscriber chose; one who had left is back."""
        with self._database.write() as connection:
            values: dict[str, Any] = {"state": "active", "unsubscribed_at": None} | self._values(preference, due_at)
            connection.execute(statements.CHANGE_SUBSCRIBER.values(**values), {"number": number})

    def stop(self, name: str) -> bool:
        """No more mail to "reader 7" or "subscriber 3"; False where there is nobody of that name."""
        kind, _, number = name.partition(" ")
        if kind not in {"reader", "subscriber"} or not number.isdigit():
            return False
        with self._database.write() as connection:
            now = self._database.now()
            if kind == "reader":
                done = connection.execute(statements.STOP_READER_MAIL, {"number": int(number), "now": now})
            else:
                values = {"state": "unsubscribed", "unsubscribed_at": now, "due_at": None}
                done = connection.execute(statements.CHANGE_SUBSCRIBER.values(**values), {"number": int(number)})
            return done.rowcount > 0

    def forget_pending(self, before: datetime) -> int:
        """Forget those who never confirmed their address; returns how many."""
        with self._database.write() as connection:
            return connection.execute(statements.FORGET_PENDING, {"before": stored_time(before)}).rowcount

    def _values(self, preference: Preference, due_at: datetime | None) -> dict[str, Any]:
        return {
            "frequency": preference.frequency,
            "hour": preference.hour,
            "time_zone": preference.time_zone,
            "due_at": stored_time(due_at) if due_at else None,
        }


def _recipient(row: Sequence[Any]) -> Recipient:
    kind, number, reader, address, frequency, hour, zone, due_at = row
    due = parse_time(due_at) if due_at else None
    return Recipient(kind, number, reader, address, Preference(frequency, hour, zone), due)


def _subscriber(row: Sequence[Any]) -> Subscriber:
    number, email, state, frequency, hour, zone, created_at, due_at = row
    due = parse_time(due_at) if due_at else None
    return Subscriber(number, email, state, Preference(frequency, hour, zone), parse_time(created_at), due)
