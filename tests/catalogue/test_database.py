from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
from multiprocessing.pool import Pool
from pathlib import Path

import pytest

from broadsheet.catalogue import Catalogue, Event
from broadsheet.catalogue.database import Database, fetch
from broadsheet.catalogue.migrations import VERSION, upgrade
from broadsheet.kit.errors import CorruptFile, LibraryError
from tests.catalogue.made import record


def test_the_file_keeps_its_name_and_papers(tmp_path: Path) -> None:
    path = tmp_path / "a folder?#%" / "catalogue.db"
    path.parent.mkdir()
    with Catalogue.open(path, create=True) as first:
        first.papers.add([record()])
        name = first.instance_id
    with Catalogue.open(path) as second:
        assert (second.instance_id, second.papers.count(), len(name)) == (name, 1, 36)
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert raw.execute("PRAGMA user_version").fetchone() == (VERSION,)
    raw.close()


def test_what_is_acknowledged_is_on_the_disk(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from broadsheet.catalogue import Catalogue\n"
        "with Catalogue.open(Path(sys.argv[1]), create=True) as one, one._database.read() as connection:\n"
        "    from broadsheet.catalogue.dialects.sqlite import driver\n"
        "    print(driver.number_of(connection, 'synchronous'))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "catalogue.db"], capture_output=True, text=True, check=True
    )
    assert said.stdout == "2\n", said.stderr  # FULL: a transaction waits for its log


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_nobody_else_may_read_a_library(tmp_path: Path) -> None:
    def modes(folder: Path) -> set[int]:
        return {one.stat().st_mode & 0o777 for one in folder.iterdir()}

    path = tmp_path / "library" / "catalogue.db"
    path.parent.mkdir(mode=0o755)
    old = os.umask(0)
    try:
        with Catalogue.open(path, create=True) as catalogue:
            catalogue.papers.add([record()])
            assert (path.parent.stat().st_mode & 0o777, modes(path.parent)) == (0o700, {0o600})
        path.chmod(0o644)
        path.parent.chmod(0o755)
        Catalogue.open(path).close()  # one made by an older version becomes private when it is opened
        assert (path.parent.stat().st_mode & 0o777, modes(path.parent)) == (0o700, {0o600})
        (path.parent / "thesis.txt").touch(mode=0o644)
        path.parent.chmod(0o755)
        Catalogue.open(path).close()  # a folder with other uses keeps its mode
        assert (path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o755, 0o600)
    finally:
        os.umask(old)


def test_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"catalogue.db: no catalogue here; `broadsheet add FILE` makes one"):
        Catalogue.open(tmp_path / "catalogue.db")
    with pytest.raises(LibraryError, match="cannot be opened; check that the folder exists"):
        Catalogue.open(tmp_path / "no" / "catalogue.db", create=True)


def test_a_newer_catalogue_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    Catalogue.open(path, create=True).close()
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA user_version = {VERSION + 2}")
    raw.close()
    words = f"has version {VERSION + 2}, this Broadsheet reads up to {VERSION}; upgrade Broadsheet"
    with pytest.raises(LibraryError, match=words):
        Catalogue.open(path)


def test_an_older_catalogue_is_migrated_step_by_step(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    Catalogue.open(path, create=True).close()
    steps = {
        VERSION + 1: ("CREATE TABLE shelves (id INTEGER PRIMARY KEY)",),
        VERSION + 2: ("ALTER TABLE shelves ADD COLUMN name TEXT", "INSERT INTO shelves (name) VALUES ('first')"),
    }
    reader = Database(path, read_only=True)
    with pytest.raises(LibraryError, match="open it once for writing to bring it up to date"):
        upgrade(reader, create=False, migrations=steps, target=VERSION + 2)
    reader.close()
    database = Database(path)
    upgrade(database, create=False, migrations=steps, target=VERSION + 2)
    with database.read() as connection:
        assert fetch(connection, "SELECT name FROM shelves")[0][0] == "first"
        assert fetch(connection, "PRAGMA user_version")[0][0] == VERSION + 2
    database.close()


def test_a_failed_migration_leaves_the_older_version(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    Catalogue.open(path, create=True).close()
    steps = {VERSION + 1: ("CREATE TABLE shelves (id INTEGER PRIMARY KEY)", "NONSENSE")}
    database = Database(path)
    with pytest.raises(Exception, match="NONSENSE"):
        upgrade(database, create=False, migrations=steps, target=VERSION + 1)
    with database.read() as connection:
        assert fetch(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'shelves'")[0][0] == 0
    database.close()
    Catalogue.open(path).close()


def test_other_files_are_named_for_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    path.write_bytes(b"This is no database at all. " * 100)
    with pytest.raises(
        CorruptFile, match=r"catalogue.db: this is no SQLite database, or it is damaged; put back a copy"
    ):
        Catalogue.open(path)
    path.unlink()
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE mine (x)")
    raw.close()
    with pytest.raises(LibraryError, match="was not made by Broadsheet"):
        Catalogue.open(path, create=True)


def test_damage_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    with Catalogue.open(path, create=True) as catalogue:
        for start in range(0, 600, 200):
            catalogue.papers.add(
                [record(f"Paper {n} of very many papers", source_id=str(n)) for n in range(start, start + 200)]
            )
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size * 15 // 16)  # behind the pages that describe the tables
        file.write(b"\xa5" * (size // 16))
    with Catalogue.open(path) as catalogue:
        assert catalogue.check() != []
        with pytest.raises(CorruptFile, match=r"catalogue.db: the file is damaged; put back a copy"):
            catalogue.papers.stored(range(1, 601))


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalogue.db"
    with Catalogue.open(path, create=True) as catalogue:
        catalogue.papers.add([record("The first paper of them")])
    connect = Database._connect

    def small(self: Database) -> sqlite3.Connection:
        connection = connect(self)
        connection.execute(f"PRAGMA max_page_count = {path.stat().st_size // 8192 + 3}")
        return connection

    many = [record(f"Paper {n} of very many", abstract="x" * 9000, source_id=str(n)) for n in range(50)]
    monkeypatch.setattr(Database, "_connect", small)
    with Catalogue.open(path) as catalogue:
        with pytest.raises(LibraryError, match=r"catalogue.db: the disk is full; nothing of this step was stored"):
            catalogue.papers.add(many, cursor=("c", "1"))
        assert (catalogue.papers.count(), catalogue.harvest.cursor("c"), catalogue.check()) == (1, None, [])
    monkeypatch.undo()
    with Catalogue.open(path) as catalogue:
        assert set(catalogue.papers.add(many).outcomes) == {"added"}


def test_reading_only(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    with Catalogue.open(path, create=True) as catalogue:
        catalogue.papers.add([record()])
    with Catalogue.open(path, read_only=True) as reader:
        assert (reader.read_only, reader.papers.count(), reader.check()) == (True, 1, [])
        with pytest.raises(LibraryError, match="opened for reading only"):
            reader.papers.add([record("x")])


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalogue.db"
    with Catalogue.open(path, create=True) as catalogue:
        catalogue.papers.add([record()])
    connect = Database._connect

    def refused(self: Database) -> sqlite3.Connection:  # root may write anywhere, so the refusal is staged
        if not self._immutable:
            raise sqlite3.OperationalError("unable to open database file")
        return connect(self)

    monkeypatch.setattr(Database, "_connect", refused)
    with Catalogue.open(path, read_only=True) as reader:
        assert reader.papers.count() == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    with Catalogue.open(path, create=True) as catalogue:
        catalogue.papers.add([record()])
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        with Catalogue.open(path, read_only=True) as reader:
            assert reader.papers.count() == 1
        with pytest.raises(LibraryError, match="cannot be written"), Catalogue.open(path) as writer:
            writer.papers.add([record("x")])
    finally:
        tmp_path.chmod(0o755)


def _write(task: tuple[str, int]) -> list[int]:
    """In a process of its own: half of the papers are this one's, half are everybody's."""
    path, worker = task
    ids: list[int] = []
    with Catalogue.open(Path(path), create=True) as catalogue:
        reader = catalogue.readers.get("ada", create=True)
        for batch in range(8):
            own = [record(f"Paper {batch} {n} by writer {worker}", "a:b", f"{worker}-{batch}-{n}") for n in range(5)]
            shared = [record(f"Paper {batch} {n} that all writers bring", "a:b", f"s-{batch}-{n}") for n in range(5)]
            added = catalogue.papers.add([*own, *shared], cursor=(f"w{worker}", str(batch)))
            catalogue.readers.log(
                reader.id, [Event("impression", p) for p in added.paper_ids] + [Event("save", added.paper_ids[0])]
            )
            catalogue.harvest.provider_store().update("p", lambda old: {"n": old.get("n", 0) + 1})
            ids += added.paper_ids
    return ids


def test_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"  # not there yet: they race to create it, too
    pool: Pool
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        results = pool.map(_write, [(str(path), worker) for worker in range(3)], chunksize=1)
        pool.close()
        pool.join()
    with Catalogue.open(path) as catalogue:
        assert catalogue.papers.count() == 3 * 8 * 5 + 8 * 5
        assert catalogue.check() == []
        assert set(catalogue.papers.ids().tolist()) == {number for ids in results for number in ids}
        assert [catalogue.harvest.cursor(f"w{worker}") for worker in range(3)] == ["7"] * 3
        assert catalogue.harvest.get_provider("p") == {"n": 24}
        assert [seq for seq, _, _ in catalogue.changes.after(0)] == list(range(1, catalogue.changes.last_seq() + 1))
        assert len(catalogue.readers.state(1).saved) == 24
