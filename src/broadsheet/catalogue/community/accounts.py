"""Accounts over readers: who may sign in, and with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.community.vote_rule import apply_rule_to_reader
from broadsheet.catalogue.database import Database, Reading, fetch, in_list, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.statements import accounts as statements
from broadsheet.catalogue.statements.readers import ADD_READER
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Account", "AccountTable", "NewAccount", "account", "change", "create"]


@dataclass(frozen=True, slots=True)
class Account:
    """A member of a community."""

    id: int
    reader_id: int
    name: str  # by which they sign in; their reader's
    email: str  # confirmed, in small letters; "" if there is none
    role: str
    full_name: str
    joined_at: datetime
    invited_by: int | None  # an account, which may be gone
    show_votes: bool | None  # None: not asked yet
    invitations_left: int
    suspended_at: datetime | None
    suspended_reason: str
    has_password: bool


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made of."""

    name: str
    password: str  # its hash; "" where one signs in elsewhere
    role: str
    email: str = ""  # confirmed
    full_name: str = ""
    invitations: int = 0
    invited_by: int | None = None


class AccountTable:
    """Stores accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, account_id: int) -> Account | None:
        """The account of this number."""
        return self._one(sql.ACCOUNT, account_id=account_id)

    def named(self, name: str) -> Account | None:
        """The account of this name."""
        return self._one(sql.ACCOUNT_NAMED, name=name)

    def of_email(self, email: str) -> Account | None:
        """The account with this confirmed address."""
        return self._one(sql.ACCOUNT_OF_EMAIL, email=email)

    def of_reader(self, reader_id: int) -> Account | None:
        """The account of a reader."""
        return self._one(sql.ACCOUNT_OF_READER, reader_id=reader_id)

    def among(self, ids: Sequence[int]) -> dict[int, Account]:
        """The accounts of these numbers that exist, by number."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.ACCOUNTS_AMONG, ids=in_list(ids))
        return {row[0]: _account(row) for row in rows}

    def like(self, text: str = "", *, after: int = 0, most: int = 100) -> list[Account]:
        """Accounts whose name, address or full name contains `text`, by number, those behind `after`."""
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        with self._database.read() as connection:
            rows = fetch(connection, sql.ACCOUNTS_LIKE, pattern=pattern, after=after, most=most)
        return [_account(row) for row in rows]

    def password(self, account_id: int) -> str:
        """The hash of an account's password; "" if there is none."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.ACCOUNT, account_id=account_id)
        return str(rows[0][-1]) if rows else ""

    def has_admin(self) -> bool:
        """Whether an administrator can sign in."""
        with self._database.read() as connection:
            return bool(fetch(connection, sql.ACTIVE_WITH_ROLE, role="admin")[0][0])

    def tree(self) -> list[tuple[int, str, int | None, datetime, bool]]:
        """Every account as (number, name, who invited it, since when, suspended)."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.INVITED)
        return [(number, name, by, parse_time(joined), gone is not None) for number, name, by, joined, gone in rows]

    def create(self, new: NewAccount) -> Account:
        """Make an account, and its reader where there is none. Raises UsageError if name or address is taken."""
        with self._database.write() as connection:
            return create(connection, new, self._database.now(), takes_reader=True)

    def change(self, account_id: int, **columns: Any) -> None:
        """Overwrite columns of an account. Raises UsageError for an address that another account has."""
        with self._database.write() as connection:
            change(connection, account_id, **columns)

    def restrict(self, account_id: int, **columns: Any) -> None:
        """Overwrite columns that may take an administrator away, and end the account's sessions.

        Raises UsageError where no administrator would be left.
        """
        with self._database.write() as connection:
            before = account(connection, account_id)
            change(connection, account_id, **columns)
            others = fetch(connection, sql.ACTIVE_WITH_ROLE, role="admin")[0][0]
            if before is not None and before.role == "admin" and not others:
                raise UsageError(f"{before.name} is the last administrator; make another one first")
            connection.execute(statements.END_SESSIONS_OF_ACCOUNT, {"account_id": account_id})

    def _one(self, query: str, **parameters: Any) -> Account | None:
        with self._database.read() as connection:
            rows = fetch(connection, query, **parameters)
        return _account(rows[0]) if rows else None


def create(connection: Connection, new: NewAccount, now: str, *, takes_reader: bool = False) -> Account:
    """Make an account within a transaction; `takes_reader` gives it a reader that is here already.

    Raises UsageError if the name or the address is taken.
    """
    rows = fetch(connection, sql.READER, name=new.name)
    if rows and not takes_reader:
        raise UsageError(f"the name {new.name!r} is taken; choose another")
    if fetch(connection, sql.ACCOUNT_NAMED, name=new.name):
        raise UsageError(f"there is an account named {new.name!r} already")
    if new.email and fetch(connection, sql.ACCOUNT_OF_EMAIL, email=new.email):
        raise UsageError(f"the address {new.email!r} belongs to another account")
    if not rows:
        insert(connection, ADD_READER, [(new.name, now, "{}")])
        rows = fetch(connection, sql.READER, name=new.name)
    confirmed = now if new.email else None
    row = (
        rows[0][0],
        new.email,
        confirmed,
        new.password,
        new.role,
        new.full_name,
        now,
        new.invited_by,
        new.invitations,
    )
    insert(connection, statements.ADD_ACCOUNT, [row])
    return _account(fetch(connection, sql.ACCOUNT_NAMED, name=new.name)[0])


def change(connection: Connection, account_id: int, **columns: Any) -> None:
    """Overwrite columns of an account within a transaction. Raises UsageError for an address of another account."""
    if email := columns.get("email"):
        rows = fetch(connection, sql.ACCOUNT_OF_EMAIL, email=email)
        if rows and rows[0][0] != account_id:
            raise UsageError(f"the address {email!r} belongs to another account")
    connection.execute(statements.CHANGE_ACCOUNT, {"of_account": account_id, **columns})
    if "full_name" in columns and (named := account(connection, account_id)):
        apply_rule_to_reader(connection, named.reader_id)


def account(connection: Reading, account_id: int) -> Account | None:
    """The account of this number, within a transaction."""
    rows = fetch(connection, sql.ACCOUNT, account_id=account_id)
    return _account(rows[0]) if rows else None


def _account(row: Sequence[Any]) -> Account:
    number, reader_id, name, email, role, full_name, joined, invited_by, shows, left, suspended, reason, password = row
    return Account(
        id=number,
        reader_id=reader_id,
        name=name,
        email=email,
        role=role,
        full_name=full_name,
        joined_at=parse_time(joined),
        invited_by=invited_by,
        show_votes=None if shows is None else bool(shows),
        invitations_left=left,
        suspended_at=None if suspended is None else parse_time(suspended),
        suspended_reason=reason,
        has_password=bool(password),
    )
