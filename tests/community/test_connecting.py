"""Connections are made, refused in plain words, synced when it is time, and ended."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.community import Community
from broadsheet.community.scheduler import Scheduler
from broadsheet.kit.errors import SourceError, UsageError
from tests.community.zotero_desk import Desk, desk_for, two_papers
from tests.sources.zotero_server import KEY, ZoteroServer, papers, zotero_server


@pytest.fixture
def zotero() -> Iterator[ZoteroServer]:
    with two_papers() as server:
        yield server


@pytest.fixture
def desk(zotero: ZoteroServer, tmp_path: Path) -> Iterator[Desk]:
    with desk_for(tmp_path / "library", zotero) as desk:
        yield desk


def test_keys_are_files_that_only_the_owner_reads(desk: Desk) -> None:
    one = desk.connect()
    folder = desk.library.path / "keys"
    (file,) = folder.iterdir()
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (
        *(KEY, 0o600, 0o700),
    )
    everything = desk.library.catalogue.community.belongings.all(one.reader_id)
    assert KEY not in repr(everything)
    assert len(everything["connections"]) == 1
    desk.sync(one)
    assert desk.connections.disconnect("me", take_back=True) == 4
    assert (list(folder.iterdir()), desk.saved(), desk.connections.all("me")) == ([], [], [])
    assert desk.library.stats().papers == 2


def test_a_readers_key_goes_with_the_reader(desk: Desk) -> None:
    desk.library.create_reader("ada")
    desk.connect("ada")
    mine = desk.connect()
    with pytest.raises(UsageError, match="which connection"):
        desk.connections.get("me", mine.id - 1)
    desk.library.delete_reader("ada")
    desk.sync(mine)
    assert [file.name for file in (desk.library.path / "keys").iterdir()] == [f"connection-{mine.id}"]


def test_refusals_are_said_in_plain_words(desk: Desk, zotero: ZoteroServer) -> None:
    with pytest.raises(SourceError, match="does not know this key"):
        desk.connections.connect("me", key="wrong")
    with pytest.raises(UsageError, match="make one at zotero"):
        desk.connections.connect("me")
    with pytest.raises(UsageError, match="may not write to groups/7"):
        desk.connect(group=7, write_to="Out")
    one = desk.connect()
    with pytest.raises(UsageError, match="connected already"):
        desk.connect()
    zotero.misbehave("collections", "403")
    assert "refuses the key" in desk.sync(one).error
    assert KEY not in desk.library.catalogue.connections.all()[0].error
    assert desk.sync(one).error == ""


def test_rubbish_is_left_out_or_quarantined(desk: Desk, zotero: ZoteroServer) -> None:
    zotero.put("BAD00001", itemType="journalArticle", title="", creators=7, tags="x", collections=[1, "NOPE"])
    zotero.put("BAD00002", itemType="webpage", title="<script>x</script>A page", tags=[{"tag": "\u0000"}, 3], date=12)
    zotero.put("bad/../key", itemType="note")
    report = desk.sync(desk.connect())
    assert (report.error, report.quarantined, report.added) == ("", 1, 3)
    assert [entry.place for entry in desk.library.quarantine()] == ["zotero item BAD00001"]
    assert desk.number("A page")


def test_a_zotero_on_this_machine_is_read_without_a_key(tmp_path: Path) -> None:
    with zotero_server(papers(30), is_local=True) as zotero, desk_for(tmp_path / "library", zotero) as desk:
        one = desk.connect(is_local=True)
        assert (one.library, desk.sync(one).error) == ("local/users/0", "")
        zotero.delete("P0000005")
        desk.sync(one)
        assert len(desk.saved()) == 29
        assert all("zotero-api-key" not in seen.headers for seen in zotero.log)
        with pytest.raises(UsageError, match="only read"):
            desk.connect(is_local=True, write_to="Out")


def test_no_zotero_here_and_no_local_one_for_members(tmp_path: Path) -> None:
    with zotero_server(is_local=True) as zotero, desk_for(tmp_path / "library", zotero) as desk:
        one = desk.connect(is_local=True)
    with desk_for(tmp_path / "library", zotero) as desk:  # nothing listens any more
        assert "Zotero does not answer on this machine" in desk.sync(one).error
        assert desk.clock.slept == []
    with (
        desk_for(tmp_path / "other", zotero, '[community]\nmode = "community"') as desk,
        pytest.raises(UsageError, match="the server's"),
    ):
        desk.connect(is_local=True)


def test_another_sync_is_waited_for(desk: Desk) -> None:
    from broadsheet.community.connections.connections import LOCK
    from broadsheet.pipeline.locks import exclusive

    one = desk.connect()
    with exclusive(desk.library.path / LOCK, wait=0):
        assert desk.sync(one).error == "another sync is running; try again when it has ended"
    assert desk.sync(one).error == ""


def test_a_server_syncs_what_is_due_once_in_so_many_hours(desk: Desk, zotero: ZoteroServer) -> None:
    community = Community(desk.library)
    community.connections = desk.connections
    scheduler = Scheduler(community, sync_hours=0)
    assert not any(line.startswith("connections") for line in scheduler.run())
    one = desk.connect()
    assert "connections: 1 in step" in scheduler.run()
    zotero.log.clear()
    desk.clock.sleep(3600 * 5)
    scheduler.run()
    assert zotero.log == []
    desk.clock.sleep(3600 * 2)
    zotero.misbehave("collections", "403")
    assert "connections: 0 in step, 1 failed" in scheduler.run()
    assert desk.connections.next_sync(desk.connections.get("me", one.id)) is not None
