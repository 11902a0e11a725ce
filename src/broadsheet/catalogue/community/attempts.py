"""Attempts at credentials, counted in the database so that limits hold among processes and over restarts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from broadsheet.catalogue.database import Database, fetch, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.statements import accounts as statements

__all__ = ["AttemptTable"]


class AttemptTable:
    """Stores when each subject, such as "sign-in ada from 192.0.2.7", was tried."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, limits: Sequence[tuple[str, int, timedelta]]) -> timedelta | None:
        """Count one attempt at each subject, as (subject, most, window), unless one had its most within its window.

        Returns None when counted, else how long until there is room again; nothing is counted then.
        """
        now = parse_time(self._database.now())
        longest = max((window for _, _, window in limits), default=timedelta())
        with self._database.write() as connection:
            waits = []
            for subject, most, window in limits:
                rows = fetch(connection, sql.ATTEMPTS, subject=subject, since=stored_time(now - window), most=most)
                if len(rows) >= most:
                    waits.append(parse_time(rows[-1][0]) + window - now)
            if waits:
                return max(waits)
            connection.execute(statements.FORGET_OLD_ATTEMPTS, {"before": stored_time(now - max(longest, _KEPT))})
            insert(connection, statements.ADD_ATTEMPT, [(subject, stored_time(now)) for subject, _, _ in limits])
        return None

    def succeed(self, owned: Sequence[str], shared: Sequence[str]) -> None:
        """Forget all attempts at the subjects `owned` by who succeeded, and the last one at those others share."""
        with self._database.write() as connection:
            for subject in owned:
                connection.execute(statements.FORGET_ATTEMPTS, {"of_subject": subject})
            for subject in shared:
                connection.execute(statements.WITHDRAW_ATTEMPT, {"of_subject": subject})


_KEPT = timedelta(days=2)
