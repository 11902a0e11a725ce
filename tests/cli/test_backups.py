"""A copy that is made while the library is in use, and the way back."""

from __future__ import annotations

import shutil
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue import Catalogue
from broadsheet.kit.paper import Paper, Record
from tests.cli.conftest import Cli


def test_a_copy_is_whole_and_its_owners(cli: Cli) -> None:
    run = cli("backup", "copy.db", "--json")
    assert run.code == 0
    assert run.json["bytes"] == Path("copy.db").stat().st_size
    assert stat.S_IMODE(Path("copy.db").stat().st_mode) == 0o600
    with Catalogue.open(Path("copy.db")) as catalogue:
        assert catalogue.check() == []
        assert run.json["papers"] > 0
    assert [path.name for path in Path().glob("copy.db.partial*")] == []


def test_nothing_is_overwritten(cli: Cli) -> None:
    Path("copy.db").write_text("precious")
    refused = cli("backup", "copy.db")
    assert (refused.code, refused.out) == (2, "")
    assert "exists and is not overwritten" in refused.err
    assert Path("copy.db").read_text() == "precious"
    assert "no such folder" in cli("backup", "nowhere/copy.db").err


def test_a_library_that_is_served_is_copied(cli: Cli, process: Callable[..., subprocess.Popen[str]]) -> None:
    server = process("serve", "--port", "0")
    assert server.stdout is not None
    assert server.stdout.readline().startswith("Reading room open")
    assert cli("backup", "copy.db").code == 0
    with Catalogue.open(Path("copy.db")) as catalogue:
        assert catalogue.check() == []
    assert server.poll() is None


def test_a_copy_is_sound_while_others_write(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path / "library") as library:
        ids = library.add(Record(Paper("Sand and water"), "made", "1", "made:1")).paper_ids
        done = threading.Event()

        def write() -> None:
            while not done.is_set():
                library.act("me", ids[0], "save")
                library.undo("me")

        thread = threading.Thread(target=write)
        library.act("me", ids[0], "save")  # makes the reader
        library.undo("me")
        thread.start()
        try:
            for n in range(5):
                library.catalogue.back_up(tmp_path / f"{n}.db")
        finally:
            done.set()
            thread.join(30)
        for n in range(5):
            with Catalogue.open(tmp_path / f"{n}.db") as copy:
                assert copy.check() == []


@pytest.mark.parametrize("keeps_indexes", [True, False])
def test_the_way_back(cli: Cli, keeps_indexes: bool) -> None:
    """As the page says: the copy takes the place of the catalogue, and the indexes are built again."""
    before = cli("search", "feeds", "--json").json["results"]
    assert cli("backup", "copy.db").code == 0
    assert cli("delete", "inv-3").code == 0
    library = Path("library")
    for name in ("catalogue.db-wal", "catalogue.db-shm"):
        (library / name).unlink(missing_ok=True)
    if not keeps_indexes:
        shutil.rmtree(library / "indexes")
    shutil.copy("copy.db", library / "catalogue.db")
    assert cli("check", "--repair").code == 0
    assert cli("search", "feeds", "--json").json["results"] == before
