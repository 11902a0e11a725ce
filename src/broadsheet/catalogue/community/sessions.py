"""Sessions of accounts. A browser holds a token; the database holds only the token's hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, fetch, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import accounts as statements
else:
    (statements,) = lazy("broadsheet.catalogue.statements", "accounts")

__all__ = ["AccountSession", "SessionTable", "SignedIn"]

_LONGEST_AGENT = 300  # characters


@dataclass(frozen=True, slots=True)
class AccountSession:
    """A browser that is signed in."""

    id: int
    account_id: int
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    agent: str  # the browser, as it names itself


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with the name and the role of its account."""

    session: AccountSession
    role: str
    name: str


class SessionTable:
    """Stores sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, account_id: int, token_hash: str, expires_at: datetime, agent: str) -> None:
        """Store a new session; drops those that have expired."""
        now = self._database.now()
        row = (token_hash, account_id, now, now, stored_time(expires_at), clean_text(agent)[:_LONGEST_AGENT])
        with self._database.write() as connection:
            connection.execute(statements.FORGET_SESSIONS, {"now": now})
            insert(connection, statements.ADD_SESSION, [row])

    def signed_in(self, token_hash: str) -> SignedIn | None:
        """The session of a token, unless it has expired or its account is suspended."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.SIGNED_IN, hash=token_hash, now=self._database.now())
        return SignedIn(_session(rows[0]), rows[0][-2], rows[0][-1]) if rows else None

    def use(self, session_id: int, expires_at: datetime) -> None:
        """Note that a session was used now, and when it will expire."""
        row = {"of_session": session_id, "used_at": self._database.now(), "expires_at": stored_time(expires_at)}
        with self._database.write() as connection:
            connection.execute(statements.USE_SESSION, row)

    def of_account(self, account_id: int) -> list[AccountSession]:
        """An account's sessions, the one used last first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.SESSIONS_OF_ACCOUNT, account_id=account_id, now=self._database.now())
        return [_session(row) for row in rows]

    def end(self, token_hash: str) -> None:
        """End the session of a token."""
        with self._database.write() as connection:
            connection.execute(statements.END_SESSION, {"hash": token_hash})

    def end_one(self, account_id: int, session_id: int) -> bool:
        """End one session of an account; False if it has none of that number."""
        with self._database.write() as connection:
            row = {"session_id": session_id, "account_id": account_id}
            return bool(connection.execute(statements.END_SESSION_OF_ACCOUNT, row).rowcount)

    def end_all(self, account_id: int, but: int = 0) -> int:
        """End the sessions of an account, except the session `but`; how many there were."""
        with self._database.write() as connection:
            row = {"account_id": account_id, "session_id": but}
            return int(connection.execute(statements.END_OTHER_SESSIONS, row).rowcount)


def _session(row: Sequence[Any]) -> AccountSession:
    number, account_id, created, used, expires, agent = row[:6]
    return AccountSession(number, account_id, parse_time(created), parse_time(used), parse_time(expires), agent)
