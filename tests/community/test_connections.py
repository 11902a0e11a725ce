"""A Zotero library is read into papers and marks, kept in step, and goes on where it was cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.kit.paper import Identifiers, Paper, Record
from tests.catalogue.made import ARTICLE, BOTH, PREPRINT, D, X
from tests.community.zotero_desk import Desk, desk_for, two_papers
from tests.sources.zotero_server import KEY, ZoteroServer, paper_item, papers, zotero_server


@pytest.fixture
def zotero() -> Iterator[ZoteroServer]:
    with two_papers() as server:
        server.put("NOTE0001", itemType="note", parentItem="AAAA0001", note="<p>Read <b>this</b> again</p>")
        yield server


@pytest.fixture
def desk(zotero: ZoteroServer, tmp_path: Path) -> Iterator[Desk]:
    with desk_for(tmp_path / "library", zotero) as desk:
        yield desk


def test_items_become_papers_marks_and_what_is_the_readers_alone(desk: Desk) -> None:
    one = desk.connect()
    report = desk.sync(one)
    assert (report.error, report.is_complete, report.read, report.added) == ("", True, 4, 2)
    assert len(desk.saved()) == 2
    first, second = (desk.library.paper(desk.number(f"Invented Findings on Subject {n} ")) for n in (1, 2))
    state = desk.library.state("me")
    assert state.tags == {"ml": frozenset({first.id})}
    assert desk.library.collections("me") == {"Reading / Search": (second.id,)}
    assert first.paper.ids.doi == "10.1234/invented.1"
    assert first.paper.keywords == ("Auto",)
    assert [person.family for person in first.paper.authors] == ["Example1"]
    assert second.paper.ids.arxiv == "2603.01234"
    told = f"{first.paper} {second.paper}"
    assert "my own words" not in told
    assert "ml" not in first.paper.keywords
    stored = desk.library.catalogue.connections
    assert stored.items(one.id, ["AAAA0002"])["AAAA0002"].content["extra"] == "my own words"
    children = {child.key: child.content for child in stored.children(one.id, ["AAAA0001"])}
    assert children == {
        "NOTE0001": {"note": "Read this again"},
        "FILE0001": {"title": "PDF", "url": "https://example.org/1.pdf"},
    }


def test_a_sync_without_changes_is_one_request(desk: Desk, zotero: ZoteroServer) -> None:
    one = desk.connect()
    desk.sync(one)
    zotero.log.clear()
    report = desk.sync(one)
    assert (report.read, report.is_complete) == (0, True)
    assert [(seen.what, seen.status) for seen in zotero.log] == [("collections", 304)]
    assert zotero.log[0].headers["if-modified-since-version"] == str(zotero.version)
    assert zotero.log[0].headers["zotero-api-key"] == KEY


def test_what_is_deleted_there_takes_back_the_syncs_own_marks(desk: Desk, zotero: ZoteroServer) -> None:
    doi = Identifiers(doi="10.1234/invented.3")
    mine = desk.library.add(Record(Paper("Invented Findings on Subject 3 and Its Neighbours", ids=doi), "jsonl:a", "3"))
    desk.library.act("me", mine.paper_ids[0], "save")
    zotero.put("AAAA0003", **paper_item(3, tags=[{"tag": "ml"}], collections=["SEARCH01"]))
    one = desk.connect()
    desk.sync(one)
    second = desk.number("Invented Findings on Subject 2 ")
    desk.library.act("me", second, "unsave")
    desk.library.act("me", second, "save")  # the reader's own word
    zotero.delete("AAAA0001", "AAAA0002", "AAAA0003")
    report = desk.sync(one)
    assert sorted(desk.library.state("me").saved) == sorted([mine.paper_ids[0], second])
    assert not any(desk.library.state("me").tags.values())
    assert desk.library.collections("me") == {"Reading / Search": ()}
    assert report.taken_back == 5
    assert desk.library.stats().papers == 3


def test_the_bin_is_a_deletion_that_can_come_back(desk: Desk, zotero: ZoteroServer) -> None:
    one = desk.connect()
    desk.sync(one)
    zotero.put("AAAA0001", deleted=1)
    desk.sync(one)
    assert len(desk.saved()) == 1
    zotero.put("AAAA0001", deleted=0)
    desk.sync(one)
    assert len(desk.saved()) == 2


def test_changes_of_tags_and_collections_follow(desk: Desk, zotero: ZoteroServer) -> None:
    one = desk.connect()
    desk.sync(one)
    first, second = (desk.number(f"Invented Findings on Subject {n} ") for n in (1, 2))
    zotero.put("AAAA0001", tags=[{"tag": "later"}], collections=["READING1"])
    desk.sync(one)
    assert {tag: set(ids) for tag, ids in desk.library.state("me").tags.items() if ids} == {"later": {first}}
    assert desk.library.collections("me") == {"Reading": (first,), "Reading / Search": (second,)}
    zotero.collect("SEARCH01", "Retrieval", "READING1")
    desk.sync(one)
    assert desk.library.collections("me") == {"Reading": (first,), "Reading / Retrieval": (second,)}
    zotero.delete("READING1")
    desk.sync(one)
    assert desk.library.collections("me") == {"Retrieval": (second,)}


def test_a_mark_the_reader_took_off_stays_off(desk: Desk, zotero: ZoteroServer) -> None:
    one = desk.connect()
    desk.sync(one)
    first = desk.number("Invented Findings on Subject 1 ")
    desk.library.act("me", first, "unsave")
    zotero.put("AAAA0001", abstractNote="Another abstract.")
    desk.sync(one)
    assert first not in desk.library.state("me").saved
    assert desk.library.paper(first).paper.abstract == "Another abstract."


def test_a_sync_cut_off_half_way_goes_on_there(tmp_path: Path) -> None:
    with (
        zotero_server(papers(230), longest=20) as zotero,
        desk_for(tmp_path / "library", zotero) as desk,
    ):
        zotero.put("P0000003", tags=[{"tag": "ml"}])
        one = desk.connect()
        zotero.misbehave("items", "", "429", "", "backoff", "half", "", "", *["cut"] * 5)
        report = desk.sync(one)
        assert "left alone" in report.error
        assert (report.is_complete, report.read) == (False, 100)
        assert desk.library.catalogue.connections.all()[0].error == report.error
        assert sum(desk.clock.slept) > 3 + 7 + 5 + 10 + 20 + 40  # Retry-After, Backoff, and our own patience
        zotero.put("LATE0001", **paper_item(900))
        zotero.delete("P0000001")  # moves all later items one place up
        desk.clock.sleep(3600)
        zotero.log.clear()
        report = desk.sync(one)
        assert (report.error, report.is_complete) == ("", True)
        items = [seen.query for seen in zotero.log if seen.what == "items"]
        assert items[0]["start"] == "100"
        keys = {seen["itemKey"] for seen in items if "itemKey" in seen}
        assert keys == {"P0000100"}
        assert desk.library.stats().papers == 231
        assert len(desk.saved()) == 230
        assert len(desk.library.catalogue.connections.versions(one.id)) == 231
        assert desk.library.catalogue.connections.counts(one.id) == (230, 0)
        log = desk.library.catalogue.readers.whole_log(one.reader_id)
        assert sum(event.kind == "save" for event in log) == 231


def test_a_stopped_sync_says_so_and_goes_on(tmp_path: Path) -> None:
    with zotero_server(papers(50), longest=20) as zotero, desk_for(tmp_path / "library", zotero) as desk:
        one = desk.connect()
        report = desk.connections.sync(one, stop=lambda: True)
        assert (report.read, report.is_complete, report.error) == (20, False, "")
        assert report.line() == "users/12: 20 read, 20 new, 20 saved; the next sync goes on from there"
        assert desk.sync(one).read == 30
        assert len(desk.saved()) == 50


def test_what_changes_while_pages_are_read_is_read_too(tmp_path: Path) -> None:
    with zotero_server(papers(60), longest=20) as zotero, desk_for(tmp_path / "library", zotero) as desk:
        zotero.misbehave("items", "", "changed")
        one = desk.connect()
        desk.sync(one)
        assert desk.library.catalogue.connections.all()[0].state["version"] == zotero.version
        assert [seen.query.get("format", "") for seen in zotero.log if seen.what == "items"] == ["", "", "", "versions"]


def test_merged_and_deleted_papers_keep_their_items(desk: Desk, zotero: ZoteroServer) -> None:
    people = [{"creatorType": "author", "firstName": "Bo", "lastName": "Sample"}]
    zotero.put("AAAA0001", title=ARTICLE.paper.title, DOI=D, creators=people)
    zotero.put("AAAA0002", title=PREPRINT.paper.title, DOI="", extra=f"arXiv: {X}", creators=people)
    one = desk.connect()
    desk.sync(one)
    first, second = (desk.number(title) for title in ("Ranking, learned", "Learning to rank with"))
    desk.library.add(BOTH)
    assert desk.library.stats().papers == 1
    zotero.delete("AAAA0001")
    assert desk.sync(one).taken_back == 1  # the tag; the other item still saves it
    (left,) = desk.library.state("me").saved
    assert left in (first, second)
    desk.library.delete(left)
    zotero.put("AAAA0002", abstractNote="New.")
    desk.sync(one)
    assert (desk.library.stats().papers, desk.saved()) == (0, [])
