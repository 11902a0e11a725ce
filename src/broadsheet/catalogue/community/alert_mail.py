"""Telling readers what their alerts found: by mail and webhook, each paper by one delivery of either."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.community.alerts import NewHit
from broadsheet.catalogue.community.mail_queue import NewDelivery, add_delivery
from broadsheet.catalogue.database import Database, fetch, in_list, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import alerts as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "alerts")

__all__ = ["AlertMail", "Told", "Waiting", "mark_mailed"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an alert has found and not told yet."""

    alert_id: int
    name: str
    count: int
    last: int  # the last row
    since: datetime  # when the first was found


@dataclass(frozen=True, slots=True)
class Told:
    """A reader who is told by mail; the hour is -1 and the zone "" where nothing was chosen."""

    reader_id: int
    reader: str
    address: str
    hour: int
    time_zone: str


class AlertMail:
    """What waits to be told, and what each delivery brings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def to_tell(self, mail: str) -> list[Told]:
        """The readers for whom something waits to be mailed in this way."""
        with self._database.read() as connection:
            return [Told(*row[1:]) for row in fetch(connection, sql.READERS_TO_TELL, mail=mail)]

    def reader_to_tell(self, reader_id: int) -> Told | None:
        """A reader who can get mail; None for one who cannot."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.READER_TO_TELL, reader_id=reader_id)
        return Told(*rows[0][1:]) if rows else None

    def unmailed(self, reader_id: int, mail: str) -> list[Waiting]:
        """What waits for a reader's mail of this kind, an entry an alert."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.UNMAILED, reader_id=reader_id, mail=mail)
        return [Waiting(number, name, count, last, parse_time(at)) for number, name, count, last, at in rows]

    def best_unmailed(self, alert_id: int, most: int) -> list[NewHit]:
        """The nearest papers of an alert that were not mailed yet."""
        with self._database.read() as connection:
            return [NewHit(*row) for row in fetch(connection, sql.BEST_UNMAILED, alert_id=alert_id, most=most)]

    def queue_mail(self, delivery: NewDelivery, waiting: Sequence[Waiting]) -> bool:
        """Queue a mail and note what it brings, in one transaction; False where this mail is queued already."""
        with self._database.write() as connection:
            number = add_delivery(connection, delivery, self._database.now())
            if number is not None:
                mark_mailed(connection, waiting, number)
        return number is not None

    def of_delivery(self, delivery_id: int, paper_ids: Collection[int]) -> set[tuple[int, int]]:
        """(alert, paper) of these papers that a mail brings, as they are numbered now."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.HITS_OF_DELIVERY, delivery=delivery_id, ids=in_list(set(paper_ids)))
        return {(alert_id, paper_id) for alert_id, paper_id in rows}

    def unposted(self) -> list[tuple[int, int, int]]:
        """(alert, how many papers, the last row) of what waits to be posted."""
        with self._database.read() as connection:
            return [tuple(row) for row in fetch(connection, sql.UNPOSTED)]

    def best_unposted(self, alert_id: int, most: int) -> list[int]:
        """The nearest papers of an alert that were not posted yet."""
        with self._database.read() as connection:
            return [number for (number,) in fetch(connection, sql.BEST_UNPOSTED, alert_id=alert_id, most=most)]

    def queue_post(self, delivery: NewDelivery, alert_id: int, last: int) -> bool:
        """Queue a post and note what it brings, in one transaction; False where it is queued already."""
        with self._database.write() as connection:
            number = add_delivery(connection, delivery, self._database.now())
            if number is not None:
                values = {"number": alert_id, "upto": last, "delivery": number}
                connection.execute(statements.MARK_POSTED, values)
        return number is not None


def mark_mailed(connection: Any, waiting: Sequence[Waiting], delivery_id: int) -> None:
    """Note within a transaction that a delivery brings what waited."""
    if waiting:
        upto = max(one.last for one in waiting)
        values = {"alerts": in_list([one.alert_id for one in waiting]), "upto": upto, "delivery": delivery_id}
        connection.execute(statements.MARK_MAILED, values)
