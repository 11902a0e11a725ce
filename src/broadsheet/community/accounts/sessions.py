"""Sessions: a browser that is signed in holds a token, the database its hash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from broadsheet.catalogue.community.sessions import AccountSession, SessionTable, SignedIn
from broadsheet.community.accounts.credentials import hashed, new_code

__all__ = ["Sessions"]

_RESOLUTION = timedelta(minutes=10)  # of the time a session was last used
_LONGEST = timedelta(days=365)  # however often it is used


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, table: SessionTable, now: Callable[[], datetime], days: int) -> None:
        """A session expires when it has not been used for `days`."""
        self._table = table
        self._now = now
        self._unused = timedelta(days=days)

    def begin(self, account_id: int, agent: str) -> str:
        """Begin a session; returns the token for the browser."""
        token = new_code()
        self._table.begin(account_id, hashed(token), self._now() + self._unused, agent)
        return token

    def find(self, token: str) -> SignedIn | None:
        """The session of a token, which is thereby used; None if there is none, or no longer."""
        signed_in = self._table.signed_in(hashed(token)) if token else None
        if signed_in is not None and self._now() - signed_in.session.used_at > _RESOLUTION:
            latest = signed_in.session.created_at + _LONGEST
            self._table.use(signed_in.session.id, min(self._now() + self._unused, latest))
        return signed_in

    def of_account(self, account_id: int) -> list[AccountSession]:
        """An account's sessions, the one used last first."""
        return self._table.of_account(account_id)

    def end(self, token: str) -> None:
        """End the session of a token."""
        self._table.end(hashed(token))

    def end_one(self, account_id: int, session_id: int) -> bool:
        """End one session of an account; False if it has none of that number."""
        return self._table.end_one(account_id, session_id)

    def end_all(self, account_id: int, but: int = 0) -> int:
        """End the sessions of an account, except the session `but`; how many there were."""
        return self._table.end_all(account_id, but)
