"""Accounts, put into the catalogue as they are after signing up."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from broadsheet.community.actor import Actor, Role
from broadsheet.pipeline.library import Library


def join(
    library: Library, name: str, full_name: str = "", role: Role = Role.reader, *, show_votes: int | None = None
) -> Actor:
    """A new account."""
    reader = library.catalogue.readers.get(name, create=True)
    account = change(
        library,
        "INSERT INTO accounts (reader_id, role, full_name, joined_at, show_votes) VALUES (?, ?, ?, ?, ?)",
        reader.id, role.value, full_name, "2026-06-01T12:00:00+00:00", show_votes,
    )  # fmt: skip
    return Actor(role, name, account)


def claim(library: Library, account: int | None, name: str, state: str = "confirmed") -> None:
    """A claim of an author's name."""
    change(
        library,
        "INSERT INTO author_claims (account_id, name_key, name, state, at) VALUES (?, lower(?), ?, ?, '')",
        account, name, name, state,
    )  # fmt: skip


def change(library: Library, statement: str, *values: object) -> int | None:
    """Run one statement on the catalogue's file, past the catalogue."""
    with closing(sqlite3.connect(library.catalogue.path)) as raw, raw:
        return raw.execute(statement, values).lastrowid


def query(library: Library, statement: str, *values: object) -> list[tuple[object, ...]]:
    """The rows of one query of the catalogue's file."""
    with closing(sqlite3.connect(library.catalogue.path)) as raw:
        return raw.execute(statement, values).fetchall()
