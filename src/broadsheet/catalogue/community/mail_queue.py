"""The queue of mails and posts: a row each, once a recipient and edition.

             begin              finish
    queued ────────► sending ──┬──► sent
      ▲                │       ├──► queued  (again later)
      │ resend         │       └──► dead    (refused, or tried too often)
      └──── unknown ◄──┘ the process ended, or the connection, between the last byte and its answer

`begin` is committed before the last byte of a mail leaves, so a mail whose row is not `sending` was not sent, and one
whose row is `sending` when nobody sends was perhaps sent: it is not sent again by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, fetch, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import mail as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "mail")

__all__ = ["Bounce", "Delivery", "MailQueue", "NewDelivery", "add_delivery"]

INTERRUPTED = "The process or the connection ended before the answer: it was perhaps sent."
HARD_BOUNCES = 3  # within BOUNCE_DAYS: then the address is suspended
BOUNCE_DAYS = 30
_LONGEST = 500  # characters of an error


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A mail or a post to queue."""

    recipient: str
    edition: str
    kind: str  # message | digest | post
    address: str
    message_id: str
    content: str  # JSON
    expires_at: datetime | None = None
    urgency: int = 1  # 0 goes first
    state: str = "queued"  # or skipped
    error: str = ""  # why it is skipped


@dataclass(frozen=True, slots=True)
class Delivery:
    """A mail or a post in the queue."""

    id: int
    recipient: str
    edition: str
    kind: str
    address: str
    message_id: str
    state: str
    attempts: int
    created_at: datetime
    next_at: datetime | None
    expires_at: datetime | None
    tried_at: datetime | None
    sent_at: datetime | None
    content: str
    error: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that was refused or came back."""

    address: str
    at: datetime
    code: str
    is_hard: bool
    text: str


class MailQueue:
    """The deliveries of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewDelivery) -> bool:
        """Queue a delivery; False if this recipient has one of this edition already."""
        with self._database.write() as connection:
            return add_delivery(connection, new, self._database.now()) is not None

    def get(self, number: int) -> Delivery | None:
        """One delivery."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.DELIVERY, number=number)
        return _delivery(rows[0]) if rows else None

    def of_message(self, message_id: str) -> Delivery | None:
        """The delivery with this Message-ID."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.DELIVERY_OF_MESSAGE, name=message_id)
        return _delivery(rows[0]) if rows else None

    def due(self, most: int = 20) -> list[Delivery]:
        """What is to be tried now, the most urgent first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.DUE_DELIVERIES, now=self._database.now(), most=most)
        return [_delivery(row) for row in rows]

    def listed(self, state: str, most: int = 100) -> list[Delivery]:
        """Deliveries in a state, newest first; "deferred" are those that were tried and are tried again."""
        with self._database.read() as connection:
            if state == "deferred":
                return [_delivery(row) for row in fetch(connection, sql.DEFERRED, most=most)]
            return [_delivery(row) for row in fetch(connection, sql.DELIVERIES_IN, state=state, most=most)]

    def counts(self) -> dict[str, int]:
        """State → how many deliveries."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.DELIVERY_COUNTS))

    def written_since(self, recipient: str, since: datetime) -> int:
        """How many deliveries a recipient got or will get since then."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.MESSAGES_SINCE, recipient=recipient, since=stored_time(since))
        return int(rows[0][0])

    def begin(self, number: int) -> bool:
        """Say that a delivery is being sent; False if it is not queued any more."""
        with self._database.write() as connection:
            begun = connection.execute(statements.BEGIN_SENDING, {"number": number, "now": self._database.now()})
            return begun.rowcount == 1

    def recover(self) -> int:
        """Mark what was being sent as unknown. Call it while nobody sends."""
        with self._database.write() as connection:
            return connection.execute(statements.INTERRUPTED, {"why": INTERRUPTED}).rowcount

    def sent(self, delivery: Delivery, note: str = "") -> None:
        """It arrived at the relay."""
        with self._database.write() as connection:
            self._finish(connection, delivery, "sent", note)

    def unknown(self, delivery: Delivery, error: str) -> None:
        """It was perhaps sent."""
        with self._database.write() as connection:
            self._finish(connection, delivery, "unknown", error, keep=True)

    def defer(self, delivery: Delivery, error: str, until: datetime, *, tried: bool = True) -> None:
        """Try again later; `tried` counts the try, where `begin` did not."""
        with self._database.write() as connection:
            self._finish(connection, delivery, "queued", error, until=until, tries=int(tried), keep=True)

    def give_up(self, delivery: Delivery, error: str, *, state: str = "dead", tried: bool = True) -> None:
        """Put it on the dead-letter list, or with `state` skipped say that there is nothing to send."""
        with self._database.write() as connection:
            keep = state == "dead" and delivery.kind != "message"  # a message may hold a link that must not be kept
            self._finish(connection, delivery, state, error, tries=int(tried), keep=keep)

    def resend(self, numbers: Collection[int]) -> int:
        """Queue deliveries again that were perhaps sent, or given up; returns how many."""
        with self._database.write() as connection:
            rows = [{"number": number, "now": self._database.now()} for number in numbers]
            return sum(connection.execute(statements.RESEND_DELIVERY, row).rowcount for row in rows)

    def drop(self, numbers: Collection[int], *, as_sent: bool = False) -> int:
        """Take deliveries off the lists: as sent, or as given up; returns how many."""
        with self._database.write() as connection:
            to_state = "sent" if as_sent else "skipped"
            rows = [{"number": number, "to_state": to_state} for number in numbers]
            return sum(connection.execute(statements.DROP_DELIVERY, row).rowcount for row in rows)

    def bounce(self, delivery: Delivery, code: str, text: str, *, is_hard: bool) -> bool:
        """Note that a mail was refused or came back; True if the address is suspended now."""
        with self._database.write() as connection:
            now, address = self._database.now(), delivery.address
            row = (delivery.id, address, now, clean_text(code)[:20], int(is_hard), clean_text(text)[:_LONGEST])
            insert(connection, statements.ADD_BOUNCE, [row])
            since = stored_time(parse_time(now) - timedelta(days=BOUNCE_DAYS))
            hard = int(fetch(connection, sql.HARD_BOUNCES, address=address, since=since)[0][0])
            if not is_hard or hard < HARD_BOUNCES:
                return False
            reason = f"{hard} mails came back within {BOUNCE_DAYS} days: {code} {text}".strip()
            suspension = {"address": address, "at": now, "reason": clean_text(reason)[:_LONGEST]}
            connection.execute(statements.SUSPEND_ADDRESS, suspension)
            return True

    def bounces(self, most: int = 100) -> list[Bounce]:
        """Bounces, newest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.BOUNCES, most=most)
        return [Bounce(row[0], parse_time(row[1]), row[2], bool(row[3]), row[4]) for row in rows]

    def suspended(self, most: int = 1000) -> list[tuple[str, datetime, str]]:
        """Suspended addresses: (address, since when, why)."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.SUSPENDED, most=most)
        return [(address, parse_time(at), reason) for address, at, reason in rows]

    def suspension(self, address: str) -> str:
        """Why an address is suspended; "" if it is not."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.SUSPENSION, address=address)
        return str(rows[0][0]) if rows else ""

    def release(self, address: str) -> bool:
        """Write to a suspended address again; False if it is not suspended."""
        with self._database.write() as connection:
            connection.execute(statements.FORGET_BOUNCES, {"of_address": address})
            return connection.execute(statements.RELEASE_ADDRESS, {"of_address": address}).rowcount > 0

    def _finish(
        self,
        connection: Connection,
        delivery: Delivery,
        state: str,
        error: str,
        *,
        until: datetime | None = None,
        tries: int = 0,
        keep: bool = False,
    ) -> None:
        values = {
            "number": delivery.id,
            "to_state": state,
            "tries": tries,
            "next": stored_time(until) if until else None,
            "now": self._database.now(),
            "keep": int(keep),
            "why": clean_text(error)[:_LONGEST],
        }
        connection.execute(statements.FINISH_DELIVERY, values)


def add_delivery(connection: Connection, new: NewDelivery, now: str) -> int | None:
    """Queue a delivery within a transaction; its number, or None where its recipient has the edition already."""
    values = {
        "recipient": new.recipient,
        "edition": new.edition,
        "kind": new.kind,
        "urgency": new.urgency,
        "address": new.address,
        "message_id": new.message_id,
        "state": new.state,
        "created_at": now,
        "next_at": now,
        "expires_at": stored_time(new.expires_at) if new.expires_at else None,
        "content": clean_text(new.content),
        "error": clean_text(new.error)[:_LONGEST],
    }
    number: int | None = connection.execute(statements.QUEUE_DELIVERY, values).scalar_one_or_none()
    return number


def _delivery(row: Sequence[Any]) -> Delivery:
    number, recipient, edition, kind, address, message_id, state, attempts, *times, content, error = row
    created_at, *others = times
    next_at, expires_at, tried_at, sent_at = (parse_time(at) if at else None for at in others)
    return Delivery(
        id=number,
        recipient=recipient,
        edition=edition,
        kind=kind,
        address=address,
        message_id=message_id,
        state=state,
        attempts=attempts,
        created_at=parse_time(created_at),
        next_at=next_at,
        expires_at=expires_at,
        tried_at=tried_at,
        sent_at=sent_at,
        content=content,
        error=error,
    )
