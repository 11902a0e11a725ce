"""Tokens with which programs act for an account. The database holds only their hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broadsheet.catalogue.database import Database, fetch, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.statements import identities as statements
from broadsheet.kit.errors import UsageError

__all__ = ["ApiToken", "ApiTokenTable", "TokenHolder"]

_LONGEST_NAME = 100  # characters
_MOST = 50  # tokens of one account


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of an account, without its secret."""

    id: int
    account_id: int
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None  # None: it does not expire


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """A token with the role and the name of its account."""

    token: ApiToken
    role: str
    name: str


class ApiTokenTable:
    """Stores tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, account_id: int, token_hash: str, name: str, scopes: Sequence[str], expires_at: datetime | None
    ) -> None:
        """Store a new token. Raises UsageError for an account that has very many."""
        expires = None if expires_at is None else stored_time(expires_at)
        name = clean_text(name).strip()[:_LONGEST_NAME]
        with self._database.write() as connection:
            if len(fetch(connection, sql.TOKENS_OF_ACCOUNT, account_id=account_id)) >= _MOST:
                raise UsageError(f"an account has at most {_MOST} tokens; revoke one first")
            row = (token_hash, account_id, name, "\n".join(scopes), self._database.now(), expires)
            insert(connection, statements.ADD_TOKEN, [row])

    def holder(self, token_hash: str) -> TokenHolder | None:
        """The token with this hash, unless it has expired or its account is suspended."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.TOKEN_HOLDER, hash=token_hash, now=self._database.now())
        return TokenHolder(_token(rows[0]), rows[0][-2], rows[0][-1]) if rows else None

    def use(self, token_id: int) -> None:
        """Note that a token was used now."""
        with self._database.write() as connection:
            connection.execute(statements.USE_TOKEN, {"of_token": token_id, "used_at": self._database.now()})

    def of_account(self, account_id: int) -> list[ApiToken]:
        """The tokens of an account, the newest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.TOKENS_OF_ACCOUNT, account_id=account_id)
        return [_token(row) for row in rows]

    def revoke(self, account_id: int, token_id: int) -> bool:
        """Delete a token of an account; False if it has none of that number."""
        with self._database.write() as connection:
            row = {"token_id": token_id, "account_id": account_id}
            return bool(connection.execute(statements.REVOKE_TOKEN, row).rowcount)


def _token(row: Sequence[Any]) -> ApiToken:
    number, account_id, name, scopes, created, used, expires = row[:7]
    return ApiToken(
        id=number,
        account_id=account_id,
        name=name,
        scopes=tuple(scopes.split("\n")),
        created_at=parse_time(created),
        used_at=None if used is None else parse_time(used),
        expires_at=None if expires is None else parse_time(expires),
    )
