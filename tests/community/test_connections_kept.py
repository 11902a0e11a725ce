"""Connections over time: the bin, renamed and nested collections, large lists, schedules, keys that are gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from broadsheet.community import Community
from broadsheet.community.connections import Connections
from broadsheet.kit.errors import SourceError, UnknownReader, UsageError
from tests.clock import NOON
from tests.community.zotero_desk import Desk, desk_for
from tests.sources.zotero_server import ZoteroServer, paper_item, papers, zotero_server


@pytest.fixture
def zotero() -> Iterator[ZoteroServer]:
    with zotero_server(papers(4)) as server:
        yield server


@pytest.fixture
def desk(zotero: ZoteroServer, tmp_path: Path) -> Iterator[Desk]:
    with desk_for(tmp_path / "library", zotero) as desk:
        yield desk


def collections(desk: Desk) -> dict[str, int]:
    return {name: len(ids) for name, ids in desk.library.collections("me").items()}


def test_more_collections_than_a_page_are_read(desk: Desk, zotero: ZoteroServer) -> None:
    zotero.longest = 10
    for number in range(25):
        zotero.collect(f"COLL{number:04}", f"Shelf {number}", f"COLL{number - 1:04}" if number % 5 else False)
    zotero.put("P0000001", collections=["COLL0004", "COLL0020"])
    desk.sync(desk.connect())
    assert collections(desk) == {"Shelf 0 / Shelf 1 / Shelf 2 / Shelf 3 / Shelf 4": 1, "Shelf 20": 1}


def test_a_renamed_collection_keeps_what_the_reader_put_there(desk: Desk, zotero: ZoteroServer) -> None:
    zotero.collect("COLL0001", "Old")
    zotero.put("P0000001", collections=["COLL0001"])
    one = desk.connect()
    desk.sync(one)
    mine = desk.number("Invented Findings on Subject 2 ")
    desk.library.collect("me", "Old", mine)
    zotero.collect("COLL0001", "New")
    desk.sync(one)
    assert desk.library.collections("me")["Old"] == (mine,)
    assert collections(desk) == {"New": 1, "Old": 1}
    zotero.delete("COLL0001")
    desk.sync(one)
    assert collections(desk) == {"Old": 1}  # what the sync emptied is gone, and can be restored
    assert [deletion.label for deletion in desk.library.deletions()] == ["New"]


def test_two_collections_of_one_name_are_one_here(desk: Desk, zotero: ZoteroServer) -> None:
    zotero.collect("COLL0001", "Same")
    zotero.collect("COLL0002", "Same")
    zotero.put("P0000001", collections=["COLL0001", "COLL0002"])
    zotero.put("P0000002", collections=["COLL0002"])
    one = desk.connect()
    desk.sync(one)
    assert collections(desk) == {"Same": 2}
    zotero.delete("COLL0002")
    desk.sync(one)
    assert collections(desk) == {"Same": 1}


def test_a_note_moves_changes_and_goes(desk: Desk, zotero: ZoteroServer) -> None:
    zotero.put("NOTE0001", itemType="note", parentItem="P0000001", note="first")
    one = desk.connect()
    desk.sync(one)
    paper, other = (desk.number(f"Invented Findings on Subject {n} ") for n in (1, 2))
    parts = desk.connections
    assert [item.notes for item in parts.of_paper("me", paper)] == [("first",)]
    zotero.put("NOTE0001", parentItem="P0000002", note="second")
    desk.sync(one)
    assert [item.notes for item in parts.of_paper("me", paper)] == [()]
    assert [item.notes for item in parts.of_paper("me", other)] == [("second",)]
    zotero.delete("NOTE0001")
    desk.sync(one)
    assert [item.notes for item in parts.of_paper("me", other)] == [()]
    zotero.delete("P0000002")
    desk.sync(one)
    assert parts.of_paper("me", other) == []
    with pytest.raises(UnknownReader):
        parts.of_paper("nobody", other)


def test_an_item_that_loses_its_title_is_quarantined_and_keeps_its_marks_no_more(
    desk: Desk, zotero: ZoteroServer
) -> None:
    one = desk.connect()
    desk.sync(one)
    zotero.put("P0000001", title="")
    report = desk.sync(one)
    assert (report.quarantined, report.taken_back, len(desk.saved())) == (1, 1, 3)
    zotero.put("P0000001", title=paper_item(1)["title"])
    assert desk.sync(one).saved == 1


def test_a_local_library_tells_what_is_gone_by_what_is_there(tmp_path: Path) -> None:
    with zotero_server(papers(3), is_local=True) as zotero, desk_for(tmp_path / "library", zotero) as desk:
        zotero.collect("COLL0001", "Shelf")
        zotero.put("P0000001", collections=["COLL0001"])
        one = desk.connect(is_local=True)
        desk.sync(one)
        assert collections(desk) == {"Shelf": 1}
        zotero.delete("COLL0001")
        zotero.delete("P0000000")
        desk.sync(one)
        assert (collections(desk), len(desk.saved())) == ({}, 2)
        zotero.put("P0000001", deleted=1)
        desk.sync(one)
        assert len(desk.saved()) == 1
        assert desk.connections.of_paper("me", desk.number("Invented Findings on Subject 2 "))[0].address == ""


def test_a_group_is_read_by_the_key_of_a_member(tmp_path: Path) -> None:
    with (
        zotero_server(papers(2), prefix="groups/45") as zotero,
        desk_for(tmp_path / "library", zotero) as desk,
    ):
        one = desk.connect(group=45)
        assert (one.library, desk.sync(one).added) == ("groups/45", 2)
        assert {seen.what for seen in zotero.log} == {"keys/current", "collections", "items", "deleted"}


def test_schedules_say_when(desk: Desk, zotero: ZoteroServer, tmp_path: Path) -> None:
    one = desk.connect()
    assert desk.connections.next_sync(one) == desk.library.now()  # never read: at once
    desk.sync(one)
    synced = desk.connections.get("me", one.id)
    assert synced.synced_at is not None
    assert desk.connections.next_sync(synced) == synced.synced_at + timedelta(hours=6)
    assert desk.connections.sync_due() == []
    desk.clock.now = NOON + timedelta(days=1)
    assert [report.library for report in desk.connections.sync_due()] == ["users/12"]
    desk.clock.now = NOON + timedelta(days=2)
    assert desk.connections.sync_due(lambda: True) == []  # the server stops
    with desk_for(tmp_path / "other", zotero, "hours = 0") as quiet:
        never = quiet.connect()
        assert (quiet.connections.next_sync(never), quiet.connections.sync_due()) == (None, [])


def test_a_key_that_is_gone_is_said(desk: Desk) -> None:
    one = desk.connect()
    (desk.library.path / "keys" / f"connection-{one.id}").unlink()
    report = desk.sync(one)
    assert report.error == "its key of access is gone; disconnect it and connect again"
    assert desk.connections.disconnect("me", one.id) == 0
    with pytest.raises(UsageError, match="There is none yet"):
        desk.connections.disconnect("me")


def test_disconnecting_leaves_marks_unless_they_are_asked_back(desk: Desk) -> None:
    desk.library.create_reader("ada")
    mine, hers = desk.connect(), desk.connect("ada")
    desk.sync(mine)
    desk.sync(hers)
    assert desk.connections.disconnect("ada", hers.id, take_back=True) == 4
    assert (len(desk.saved("ada")), len(desk.saved())) == (0, 4)
    assert desk.connections.disconnect("me") == 0
    assert len(desk.saved()) == 4
    again = desk.connect()
    report = desk.sync(again)
    assert (report.read, report.added, report.saved) == (4, 0, 0)  # they are the reader's now
    assert desk.connections.disconnect("me", take_back=True) == 0


def test_a_member_without_the_right_to_read_is_told(desk: Desk, zotero: ZoteroServer) -> None:
    zotero.misbehave("keys/current", "403")
    with pytest.raises(SourceError, match="does not know this key"):
        desk.connect()
    assert desk.connections.all("me") == []
    with pytest.raises(UnknownReader):
        desk.connect("nobody")


def test_an_unexpected_stop_leaves_a_state_that_goes_on(desk: Desk, zotero: ZoteroServer) -> None:
    zotero.longest = 2
    one = desk.connect()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.library.catalogue.connections, "commit", _failing_after(desk, 2))
        with pytest.raises(KeyboardInterrupt):
            Connections(desk.library, sleep=desk.clock.sleep).sync(one)
    report = desk.sync(one)
    assert (report.error, report.is_complete) == ("", True)
    assert len(desk.saved()) == 4
    log = desk.library.catalogue.readers.whole_log(one.reader_id)
    assert [event.kind for event in log] == ["save"] * 4


def _failing_after(desk: Desk, count: int) -> object:
    real, calls = desk.library.catalogue.connections.commit, []

    def commit(*arguments: object) -> None:
        calls.append(1)
        if len(calls) > count:
            raise KeyboardInterrupt
        real(*arguments)  # type: ignore[arg-type]

    return commit


def test_the_community_has_one_set_of_connections(desk: Desk) -> None:
    community = Community(desk.library)
    assert community.connections is community.connections
    assert community.connections.all("me") == []


def test_one_that_was_disconnected_meanwhile_is_not_read(desk: Desk, zotero: ZoteroServer) -> None:
    one = desk.connect()
    desk.connections.disconnect("me")
    zotero.log.clear()
    report = desk.sync(one)
    assert (report.is_complete, "which connection?" in report.error, zotero.log) == (False, True, [])
