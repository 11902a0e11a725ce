"""Codes of links in mails: each works once, until it expires, for one purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.community.accounts import Account, NewAccount, account, change, create
from broadsheet.catalogue.database import Database, Reading, fetch, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.statements import accounts as statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["CONFIRM", "RESET", "SIGN_UP", "Code", "CodeTable"]

SIGN_UP = "sign-up"  # of an address that has no account yet
CONFIRM = "confirm"  # an address for an account
RESET = "reset"  # the password of an account


@dataclass(frozen=True, slots=True)
class Code:
    """What a code is for."""

    purpose: str
    account_id: int | None
    email: str
    expires_at: datetime
    used_at: datetime | None


class CodeTable:
    """Stores codes by their hash."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, code_hash: str, purpose: str, account_id: int | None, email: str, expires_at: datetime) -> None:
        """Store a new code; drops those that have expired."""
        now = self._database.now()
        with self._database.write() as connection:
            connection.execute(statements.FORGET_CODES, {"before": now})
            row = (code_hash, purpose, account_id, email, now, stored_time(expires_at))
            insert(connection, statements.ADD_CODE, [row])

    def find(self, code_hash: str, purpose: str) -> Code | None:
        """The code, if it can still be used for this."""
        with self._database.read() as connection:
            return self._usable(connection, code_hash, purpose)

    def join(self, code_hash: str, new: NewAccount) -> Account | None:
        """Make the account of a confirmed address and use the code up, both or neither; None if it cannot be used.

        Raises UsageError if the name or the address is taken.
        """
        with self._database.write() as connection:
            code = self._use(connection, code_hash, SIGN_UP)
            if code is None:
                return None
            return create(connection, replace(new, email=code.email), self._database.now())

    def confirm(self, code_hash: str) -> Account | None:
        """Give an account the address that its code was sent to; None if the code cannot be used.

        Raises UsageError if another account has the address by now.
        """
        with self._database.write() as connection:
            code = self._use(connection, code_hash, CONFIRM)
            if code is None or code.account_id is None:
                return None
            change(connection, code.account_id, email=code.email, confirmed_at=self._database.now())
            connection.execute(statements.VOID_CODES, {"account_id": code.account_id, "purpose": RESET})
            return account(connection, code.account_id)

    def reset(self, code_hash: str, password: str) -> Account | None:
        """Set the hash of a password by its code, and end all sessions; None if the code cannot be used."""
        with self._database.write() as connection:
            code = self._use(connection, code_hash, RESET)
            if code is None or code.account_id is None:
                return None
            change(connection, code.account_id, password=password)
            connection.execute(statements.VOID_CODES, {"account_id": code.account_id, "purpose": RESET})
            connection.execute(statements.END_SESSIONS_OF_ACCOUNT, {"account_id": code.account_id})
            return account(connection, code.account_id)

    def void(self, account_id: int, purpose: str) -> None:
        """Make the codes of an account for a purpose useless."""
        with self._database.write() as connection:
            connection.execute(statements.VOID_CODES, {"account_id": account_id, "purpose": purpose})

    def _use(self, connection: Connection, code_hash: str, purpose: str) -> Code | None:
        code = self._usable(connection, code_hash, purpose)
        if code is not None:
            connection.execute(statements.USE_CODE, {"of_hash": code_hash, "used_at": self._database.now()})
        return code

    def _usable(self, connection: Reading, code_hash: str, purpose: str) -> Code | None:
        rows = fetch(connection, sql.CODE, hash=code_hash)
        code = _code(rows[0]) if rows else None
        now = parse_time(self._database.now())
        usable = code is not None and code.purpose == purpose and code.used_at is None and code.expires_at > now
        return code if usable else None


def _code(row: Sequence[Any]) -> Code:
    purpose, account_id, email, expires, used = row
    return Code(purpose, account_id, email, parse_time(expires), None if used is None else parse_time(used))
