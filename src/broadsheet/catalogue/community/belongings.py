"""Everything that hangs on one reader: read whole, for an export, and taken out when the reader leaves.

Tables are found by their columns, so that a new one is not forgotten: a row with `reader_id` or `account_id` is its
reader's, and so are the rows of tables that hang on such a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, delete, or_, select, update

from broadsheet.catalogue.database import Database, Reading, fetch
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.dialects.building import text_of
from broadsheet.catalogue.schema import (
    METADATA,
    accounts,
    comment_versions,
    comments,
    deliveries,
    delivery_papers,
    edition_papers,
    readers,
)
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["SECRET", "Belongings"]

SECRET = frozenset({"password", "password_hash", "token_hash", "code_hash", "link_key", "hook_url"})  # columns
_READER: BindParameter[Any] = bindparam("reader")
_ACCOUNT: BindParameter[Any] = bindparam("account")
_BY_RECIPIENT = (deliveries, delivery_papers)  # a text names the recipient there


class Belongings:
    """Reads and removes what is one reader's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, reader_id: int) -> dict[str, list[dict[str, Any]]]:
        """Every row of a reader, by the name of its table, without secrets; tables without any are left out."""
        everything = {}
        with self._database.read() as connection:
            account_id = _account_of(connection, reader_id)
            keys = {"reader": reader_id, "account": account_id, "recipient": f"reader {reader_id}"}
            for table, which in _tables():
                columns = [column for column in table.columns if column.name not in SECRET]
                rows = fetch(connection, text_of(select(*columns).where(which)), **keys)
                if rows:
                    names = [column.name for column in columns]
                    everything[table.name] = [dict(zip(names, row, strict=True)) for row in rows]
        return everything

    def remove(self, reader_id: int, *, with_comments: bool) -> None:
        """Take a reader out, with the account and everything that is theirs alone.

        What others answered or read stays without a name: comments (their text goes `with_comments`), submissions,
        tags, links, reports. Raises UsageError for the last administrator.
        """
        with self._database.write() as connection:
            account_id = _account_of(connection, reader_id)
            if account_id is not None:
                _refuse_last_admin(connection, account_id)
                if with_comments:
                    _erase_comments(connection, account_id, self._database.now())
                for table in METADATA.sorted_tables:
                    column = table.columns.get("account_id")
                    if column is not None and not column.foreign_keys:
                        connection.execute(update(table).where(column == account_id).values(account_id=None))
            name = select(readers.c.name).where(readers.c.id == reader_id).scalar_subquery()
            connection.execute(update(edition_papers).where(edition_papers.c.by == name).values(by=""))
            for table in _BY_RECIPIENT:
                connection.execute(delete(table).where(table.c.recipient == f"reader {reader_id}"))
            connection.execute(delete(readers).where(readers.c.id == reader_id))


def _tables() -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Every table with rows of a reader, and which rows these are; an account that is NULL has none."""
    yield readers, readers.c.id == _READER
    for table in METADATA.sorted_tables:
        if (which := _owned(table)) is not None:
            yield table, which
    for table in METADATA.sorted_tables:
        if "reader_id" not in table.columns and "account_id" not in table.columns:
            hangs = [
                key.parent.in_(select(key.column).where(which))
                for key in table.foreign_keys
                if (which := _owned(key.column.table)) is not None
            ]
            if hangs:
                yield table, or_(*hangs)
    for table in _BY_RECIPIENT:
        yield table, table.c.recipient == bindparam("recipient")


def _owned(table: Table) -> ColumnElement[bool] | None:
    """Which rows of a table are the reader's own; None where none names a reader."""
    owners = [
        column == owner
        for name, owner in (("reader_id", _READER), ("account_id", _ACCOUNT))
        if (column := table.columns.get(name)) is not None
    ]
    return or_(*owners) if owners else None


def _account_of(connection: Reading, reader_id: int) -> int | None:
    rows = fetch(connection, sql.ACCOUNT_OF_READER, reader_id=reader_id)
    return rows[0][0] if rows else None


def _refuse_last_admin(connection: Connection, account_id: int) -> None:
    active = select(accounts.c.id).where(accounts.c.role == "admin", accounts.c.suspended_at.is_(None))
    if connection.execute(active).scalars().all() == [account_id]:
        name = connection.execute(select(readers.c.name).join(accounts).where(accounts.c.id == account_id)).scalar()
        raise UsageError(f"{name} is the last administrator; make another one first")


def _erase_comments(connection: Connection, account_id: int, now: str) -> None:
    said = select(comments.c.id).where(comments.c.account_id == account_id)
    connection.execute(delete(comment_versions).where(comment_versions.c.comment_id.in_(said)))
    erased = {"text": "", "deleted_at": now, "edited_at": None}
    connection.execute(update(comments).where(comments.c.account_id == account_id).values(**erased))
