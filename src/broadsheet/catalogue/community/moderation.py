"""Reports of what should not stand, and the public log of what curators did about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Database, fetch, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import discussion as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "discussion")

__all__ = ["ModerationAct", "ModerationTable", "Report", "close_reports", "log_act"]


@dataclass(frozen=True, slots=True)
class Report:
    """Somebody's word that something should not stand."""

    id: int
    target: str  # "comment 12", "paper 77", "submission 3"
    account_id: int | None  # None: whoever reported has left
    reporter: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ModerationAct:
    """One entry of the public log."""

    id: int
    at: datetime
    actor: str  # the name, as it was then
    act: str
    target: str
    reason: str


def log_act(connection: Connection, at: str, by: str, act: str, target: str, reason: str) -> None:
    """Note an act of a curator in the public log and in the audit log, in the transaction that does it."""
    row = (at, by, act, target, reason)
    insert(connection, statements.ADD_MODERATION, [row])
    insert(connection, statements.ADD_MODERATION_AUDIT, [row])


def close_reports(connection: Connection, at: str, target: str, resolution: str) -> None:
    """Close all open reports of a target as "resolved" or "dismissed", in the transaction that does so."""
    change = {"of_target": target, "resolved_at": at, "resolution": resolution}
    connection.execute(statements.RESOLVE_REPORTS, change)


class ModerationTable:
    """Stores reports and the moderation log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def report(self, target: str, account_id: int, reason: str) -> bool:
        """Note a report; False if this member has an open one of the same target."""
        with self._database.write() as connection:
            if fetch(connection, sql.OPEN_REPORT_OF, target=target, account_id=account_id):
                return False
            insert(connection, statements.ADD_REPORT, [(target, account_id, self._database.now(), reason)])
        return True

    def open_reports(self, limit: int = 500) -> list[Report]:
        """Reports that nobody has decided about, oldest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.OPEN_REPORTS, most=limit)
        return [Report(row[0], row[1], row[2], row[3], parse_time(row[4]), row[5]) for row in rows]

    def resolve(self, target: str, resolution: str, reason: str, by: str) -> int:
        """Close all open reports of a target as "resolved" or "dismissed"; how many there were."""
        with self._database.write() as connection:
            count = int(fetch(connection, sql.OPEN_REPORTS_ON, target=target)[0][0])
            if count:
                now = self._database.now()
                close_reports(connection, now, target, resolution)
                act = "resolve report" if resolution == "resolved" else "dismiss report"
                log_act(connection, now, by, act, target, reason)
        return count

    def publish(self, by: str, act: str, target: str) -> None:
        """Note in the public log alone that an act was done: who it concerns and why is in the audit log."""
        with self._database.write() as connection:
            insert(connection, statements.ADD_MODERATION, [(self._database.now(), by, act, target, "")])

    def acts(self, most: int = 100, before: int = 2**62) -> list[ModerationAct]:
        """The public log, newest first, what is before the number `before`."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.MODERATION, before=before, most=most)
        return [ModerationAct(row[0], parse_time(row[1]), *row[2:]) for row in rows]
