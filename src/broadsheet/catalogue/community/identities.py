"""Who an account is at an OpenID Connect provider: an issuer and the subject it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broadsheet.catalogue.community.accounts import Account, NewAccount, create
from broadsheet.catalogue.database import Database, fetch, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.statements import identities as statements
from broadsheet.kit.errors import UsageError

__all__ = ["Identity", "IdentityTable"]


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity that signs an account in."""

    issuer: str
    subject: str
    linked_at: datetime


class IdentityTable:
    """Stores identities, each of one account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def account_of(self, issuer: str, subject: str) -> int | None:
        """The number of the account that an identity signs in."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.IDENTITY, issuer=issuer, subject=subject)
        return int(rows[0][0]) if rows else None

    def of_account(self, account_id: int) -> list[Identity]:
        """The identities of an account, in the order they were connected."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.IDENTITIES_OF_ACCOUNT, account_id=account_id)
        return [Identity(issuer, subject, parse_time(at)) for issuer, subject, at in rows]

    def link(self, account_id: int, issuer: str, subject: str) -> None:
        """Let an identity sign an account in. Raises UsageError if it is another account's."""
        with self._database.write() as connection:
            rows = fetch(connection, sql.IDENTITY, issuer=issuer, subject=subject)
            if rows and rows[0][0] != account_id:
                raise UsageError("another account here is connected with this identity")
            if not rows:
                insert(connection, statements.ADD_IDENTITY, [(issuer, subject, account_id, self._database.now())])

    def join(self, new: NewAccount, issuer: str, subject: str) -> Account:
        """Make the account of an identity. Raises UsageError if the name or the address is taken."""
        with self._database.write() as connection:
            account = create(connection, new, self._database.now())
            insert(connection, statements.ADD_IDENTITY, [(issuer, subject, account.id, self._database.now())])
        return account

    def unlink(self, account_id: int, issuer: str, subject: str) -> bool:
        """Take an identity from an account; False if it has none such."""
        row = {"issuer": issuer, "subject": subject, "account_id": account_id}
        with self._database.write() as connection:
            return bool(connection.execute(statements.REMOVE_IDENTITY, row).rowcount)
