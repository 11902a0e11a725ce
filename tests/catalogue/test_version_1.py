"""A catalogue of the first version keeps everything it holds when it is brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broadsheet.catalogue import Catalogue, Event
from broadsheet.catalogue.database import Database
from broadsheet.catalogue.migrations import APPLICATION_ID, MIGRATIONS, VERSION, upgrade
from broadsheet.kit.clock import Clock
from broadsheet.kit.errors import LibraryError
from tests.catalogue.made import record
from tests.clock import ticking

SCRIPT = Path(__file__).with_name("version_1.sql")
TITLE = "Learning to rank with very few clicks"


def later() -> Clock:
    """A clock of days after what the file tells of."""
    return ticking(datetime(2026, 12, 1, tzinfo=UTC))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file as that version wrote it."""
    made = tmp_path / "catalogue.db"
    with closing(sqlite3.connect(made)) as raw:
        raw.executescript(SCRIPT.read_text(encoding="utf-8"))
        raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        raw.execute("PRAGMA user_version = 1")
    return made


@pytest.fixture
def opened(path: Path) -> Iterator[Catalogue]:
    """The catalogue, brought up to date."""
    with Catalogue.open(path, clock=later()) as catalogue:
        yield catalogue
        assert catalogue.check() == []


def tables(path: Path) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """(columns, rows) of every table."""
    with closing(sqlite3.connect(path)) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {
            name: ([column[1] for column in raw.execute(f"PRAGMA table_info({name})")],
                   raw.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall())
            for name in names
            if not name.startswith("sqlite_")
        }  # fmt: skip


def test_every_row_of_every_table_is_still_there(path: Path) -> None:
    before = tables(path)
    with Catalogue.open(path, clock=later()):
        pass
    after = tables(path)
    assert set(before) <= set(after)
    derived = {"title_grams"}  # made anew from the titles
    for name, (columns, rows) in before.items():
        if name in derived:
            continue
        names, now = after[name]
        kept = [tuple(row[names.index(column)] for column in columns) for row in now]
        assert kept == rows, name
    assert {(row[1]) for row in after["title_grams"][1]} == {1, 2}


def test_the_file_of_before_stands_beside_as_it_was(path: Path) -> None:
    before = tables(path)
    for _ in range(2):
        with Catalogue.open(path, clock=later()):
            pass
    beside = path.with_name("catalogue.version-1.db")
    assert tables(beside) == before
    assert sorted(one.name for one in path.parent.glob("*.db")) == [path.name, beside.name]


def test_what_readers_did_is_there_and_goes_on(opened: Catalogue) -> None:
    [reader] = opened.readers.all()
    state = opened.readers.state(reader.id)
    assert list(state.saved) == [2]
    assert state.seen == {2: 1}
    assert opened.readers.log(reader.id, [Event("up", 1)]) == [3]  # numbers count on
    undone = [opened.readers.undo(reader.id) for _ in range(3)]
    assert [(one.kind, one.paper_id) if one else None for one in undone] == [("up", 1), ("save", 2), None]
    assert opened.readers.state(reader.id).saved == {}


def test_its_papers_are_found_under_all_their_names(opened: Catalogue) -> None:
    assert opened.papers.resolve_many(["1", "2401.00001", "10.1145/1", "2", "k", "t"]) == {
        "1": 1,
        "2401.00001": 1,
        "10.1145/1": 2,
        "2": 2,
        "k": 1,
        "t": 1,
    }
    row = opened.papers.stored([1])[1]
    assert (row.paper.title, [person.name for person in row.paper.authors]) == (TITLE, ["Ada Example", "Bo Sample"])
    assert row.source_ids == (("bibtex:a.bib", "k"), ("ris:b.ris", "t"))
    assert [(source, key) for source, key, _, _ in opened.papers.records(1)] == list(row.source_ids)


def test_new_records_join_its_papers(opened: Catalogue) -> None:
    by_id = record(TITLE, "csl:c.json", "c", arxiv="2401.00001")
    by_title = record(TITLE, "csl:c.json", "d")
    other = record("Quite another paper on otters", "csl:c.json", "e")
    assert opened.papers.add([by_id, by_title, other]).paper_ids == (1, 1, 3)
    log = [(number, kind) for _, number, kind in opened.changes.after(2)]
    assert log.count((3, "add")) == 1
    assert {kind for number, kind in log if number != 3} <= {"update"}


def test_its_merge_can_be_undone(opened: Catalogue) -> None:
    [merge] = opened.papers.merges()
    assert (merge.rule, merge.undone) == ("title", False)
    assert opened.papers.undo_merge(merge.id) == 3
    assert opened.papers.stored([3])[3].paper.comments == "theirs"
    assert opened.papers.stored([1])[1].source_ids == (("bibtex:a.bib", "k"),)


def test_its_papers_can_be_deleted_and_restored(opened: Catalogue) -> None:
    [reader] = opened.readers.all()
    deletion = opened.papers.delete(1, 2)
    assert opened.papers.ids().tolist() == []
    assert opened.papers.restore(deletion) == [3, 4]
    assert list(opened.readers.state(reader.id).saved) == [opened.papers.resolve("10.1145/1")]
    assert opened.harvest.imports() == []


def test_it_is_not_opened_for_reading_alone_and_left_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(LibraryError, match=f"has version 1, this Broadsheet needs {VERSION}; open it once for writing"):
        Catalogue.open(path, read_only=True)
    assert path.read_bytes() == before
    assert not path.with_name("catalogue.version-1.db").exists()


def test_every_version_has_its_step() -> None:
    assert list(MIGRATIONS) == list(range(2, VERSION + 1))


@pytest.mark.parametrize("version", range(1, VERSION))
def test_from_any_step_the_rest_is_gone(path: Path, version: int) -> None:
    """A run that was stopped between two steps goes on."""
    database = Database(path, clock=later())
    upgrade(database, create=False, target=version)
    database.close()
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (version,)
    with Catalogue.open(path, clock=later()) as catalogue:
        assert (catalogue.check(), catalogue.papers.count()) == ([], 2)
