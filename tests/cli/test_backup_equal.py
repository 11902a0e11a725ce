"""A backup is the library of its moment, row by row, in every table; and put back it is that library again."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from broadsheet.catalogue.schema import METADATA
from tests.cli.conftest import Cli
from tests.cli.test_accounts import WORDS, community

Rows = dict[str, list[tuple[Any, ...]]]


def rows_of(path: Path) -> Rows:
    """Every row of every table, in an order that does not depend on where they lie."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: sorted(raw.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in names}


@pytest.fixture
def lived_in(cli: Cli, library: Path) -> Cli:
    """A community in which something of every kind has happened."""
    community(library)
    for name, role in (("amos", "--admin"), ("cleo", "--curator"), ("rita", "--full-name=Rita Reader")):
        assert cli("account", "create", name, role, "--email", f"{name}@example.org", stdin=WORDS).code == 0
    assert cli("account", "invite", "amos", "--note", "for Nina").code == 0
    acts: tuple[tuple[str, ...], ...] = (
        ("save", "inv-1", "inv-2", "--reader", "rita"),
        ("rate", "inv-3", "up", "--reader", "rita"),
        ("tag", "inv-1", "to read", "--reader", "rita"),
        ("collection", "add", "shelf", "inv-1", "--reader", "rita"),
        ("vote", "inv-1", "inv-4", "--reader", "rita"),
        ("vote", "inv-1", "--reader", "cleo"),
        ("comments", "inv-1", "--add", "fine, @cleo", "--reader", "rita"),
        ("comments", "inv-1", "--add", "spam", "--reader", "cleo"),
        ("moderation", "hide", "2", "off topic"),
        ("edition", "pick", "inv-5", "--reader", "cleo"),
        ("webhook", "add", "lab", "https://chat.example.org/x"),
        ("delete", "inv-6"),
        ("account", "suspend", "cleo", "a holiday"),
        ("organisations",),
    )
    for act in acts:
        run = cli(*act)
        assert run.code == 0, (act, run.err)
    return cli


def test_a_backup_has_every_row_of_every_table(lived_in: Cli, library: Path) -> None:
    before = rows_of(library / "catalogue.db")
    assert lived_in("backup", "copy.db").code == 0
    copy = rows_of(Path("copy.db"))
    assert copy.keys() == before.keys()
    assert {table.name for table in METADATA.sorted_tables} <= copy.keys()
    assert {name: rows for name, rows in copy.items() if rows != before[name]} == {}
    filled = {name for name, rows in copy.items() if rows}
    assert filled >= {
        *("accounts", "audit_log", "collections", "comments", "deletions", "edition_papers", "events", "invitations"),
        *("comment_mentions", "moderation_log", "papers", "readers", "votes", "webhooks"),
    }


def test_what_happens_after_a_backup_is_not_in_it(lived_in: Cli, library: Path) -> None:
    assert lived_in("backup", "copy.db").code == 0
    before = rows_of(Path("copy.db"))
    lived_in("vote", "inv-7", "--reader", "rita")
    lived_in("comments", "inv-7", "--add", "late", "--reader", "rita")
    lived_in("delete", "inv-1")
    assert rows_of(Path("copy.db")) == before
    assert rows_of(library / "catalogue.db") != before


def test_put_back_it_is_the_library_again(lived_in: Cli, library: Path) -> None:
    """As the page of backups says: stop, put the copy in the place of the catalogue, go on."""
    asked = (
        ("show", "inv-1", "--json"),
        ("edition", "--json"),
        ("comments", "inv-1", "--json"),
        ("collection", "list", "--reader", "rita", "--json"),
        ("account", "list", "--json"),
        ("moderation", "log", "--json"),
        ("trash", "--json"),
        ("export", "--saved", "--reader", "rita", "--format", "bibtex"),
    )

    def found() -> set[str]:
        return {one["title"] for one in lived_in("search", "feeds", "--json").json["results"]}

    answers, titles = [lived_in(*one).out for one in asked], found()
    assert lived_in("backup", "copy.db").code == 0
    lived_in("delete", "inv-1", "inv-2", "inv-3")
    lived_in("account", "restore", "cleo")
    lived_in("comments", "inv-4", "--add", "more", "--reader", "rita")
    assert [lived_in(*one).out for one in asked] != answers
    for rest in library.glob("catalogue.db-*"):
        rest.unlink()
    shutil.copyfile("copy.db", library / "catalogue.db")
    assert [lived_in(*one).out for one in asked] == answers
    assert found() == titles
    with broadsheet.open(library) as opened:
        assert opened.check().ok
        assert opened.check().problems == ()


def test_a_backup_of_a_backup_is_the_same(lived_in: Cli, library: Path, tmp_path: Path) -> None:
    assert lived_in("backup", "copy.db").code == 0
    (tmp_path / "second").mkdir()
    shutil.copyfile("copy.db", tmp_path / "second" / "catalogue.db")
    shutil.copyfile(library / "broadsheet.toml", tmp_path / "second" / "broadsheet.toml")
    assert lived_in("backup", "again.db", into=tmp_path / "second").code == 0
    assert rows_of(Path("again.db")) == rows_of(Path("copy.db"))


def test_secrets_are_in_a_backup_as_hashes_alone(lived_in: Cli) -> None:
    lived_in("backup", "copy.db")
    content = Path("copy.db").read_bytes()
    assert WORDS.strip().encode() not in content
    assert b"$argon2id$" in content
