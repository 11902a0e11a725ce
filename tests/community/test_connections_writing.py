"""What a reader saves or tags here is made in a collection in Zotero, once, and nothing there is ever changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.catalogue.connections import Connection
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from tests.community.zotero_desk import Desk, desk_for
from tests.sources.zotero_server import ZoteroServer, paper_item, zotero_server


@pytest.fixture
def zotero() -> Iterator[ZoteroServer]:
    with zotero_server() as server:
        server.put("AAAA0001", **paper_item(1))
        yield server


@pytest.fixture
def desk(zotero: ZoteroServer, tmp_path: Path) -> Iterator[Desk]:
    with desk_for(tmp_path / "library", zotero) as desk:
        yield desk


def add(desk: Desk, number: int, **fields: object) -> int:
    """A paper of ours, saved."""
    doi = Identifiers(doi=f"10.1234/invented.{number}")
    title = f"Invented Findings on Subject {number} and Its Neighbours"
    authors = (Person(f"Ada Example{number}", given="Ada", family=f"Example{number}"),)
    paper = Paper(title, authors=authors, ids=doi, year=2026, kind="article", venue="Made Up", **fields)  # type: ignore[arg-type]
    (paper_id,) = desk.library.add(Record(paper, "jsonl:a", str(number))).paper_ids
    desk.library.act("me", paper_id, "save")
    return paper_id


def titles(zotero: ZoteroServer) -> list[str]:
    """The numbers of the subjects of the items there."""
    return sorted(str(item["title"]).split()[4] for item in zotero.items.values())


def writing(desk: Desk, name: str = "From Broadsheet") -> Connection:
    return desk.connect(write_to=name)


def test_what_is_saved_or_tagged_is_made_once_in_the_collection(desk: Desk, zotero: ZoteroServer) -> None:
    first, second = add(desk, 1), add(desk, 2, abstract="We invent it.")
    (third,) = desk.library.add(Record(Paper("Only tagged, in a few invented words"), "jsonl:a", "t")).paper_ids
    for paper in (second, third):
        desk.library.act("me", paper, "tag", "ml")
    one = writing(desk)
    assert desk.connections.waiting(one) == 3
    report = desk.sync(one)
    assert (report.error, report.written) == ("", 2)  # the first is there already
    made = {item["title"].split()[0]: item for key, item in zotero.items.items() if key.startswith("NEW")}
    assert made["Invented"]["tags"] == [{"tag": "ml"}]
    assert made["Invented"]["collections"] == [one.write_to]
    assert made["Invented"]["creators"] == [{"creatorType": "author", "firstName": "Ada", "lastName": "Example2"}]
    assert (made["Invented"]["DOI"], made["Invented"]["publicationTitle"]) == ("10.1234/invented.2", "Made Up")
    assert made["Only"]["itemType"] == "document"
    assert zotero.collections[one.write_to]["name"] == "From Broadsheet"
    assert desk.connections.waiting(one) == 0
    posts = len([seen for seen in zotero.log if seen.method == "POST"])
    assert desk.sync(one).written == 0
    assert len([seen for seen in zotero.log if seen.method == "POST"]) == posts
    assert {first, second} <= set(desk.library.state("me").saved)


def test_a_conflict_is_read_again_and_never_doubled(desk: Desk, zotero: ZoteroServer) -> None:
    one = writing(desk)
    desk.sync(one)
    add(desk, 2)
    add(desk, 3)
    zotero.meanwhile.append(lambda: zotero.put("BBBB0002", **paper_item(2, abstractNote="Somebody else's.")))
    assert desk.sync(one).error == ""
    assert titles(zotero) == ["1", "2", "3"]
    assert zotero.items["BBBB0002"]["abstractNote"] == "Somebody else's."
    statuses = [seen.status for seen in zotero.log if seen.method == "POST" and seen.what == "items"]
    assert statuses == [412, 200]
    tokens = [seen.headers["zotero-write-token"] for seen in zotero.log if seen.method == "POST"]
    assert all(len(token) == 32 for token in tokens)
    assert len(set(tokens)) == len(tokens)


def test_an_answer_that_was_lost_makes_nothing_twice(desk: Desk, zotero: ZoteroServer) -> None:
    one = writing(desk)
    desk.sync(one)
    add(desk, 2)
    zotero.misbehave("items", "cut")  # the answer to the post; it is sent again
    assert desk.sync(one).error == ""
    assert titles(zotero) == ["1", "2"]
    statuses = [seen.status for seen in zotero.log if seen.method == "POST" and seen.what == "items"]
    assert statuses == [0, 412]


def test_what_was_deleted_there_is_not_made_again(desk: Desk, zotero: ZoteroServer) -> None:
    one = writing(desk)
    paper = add(desk, 2)
    desk.sync(one)
    zotero.delete(*(key for key in list(zotero.items) if key.startswith("NEW")))
    assert desk.sync(one).written == 0
    assert titles(zotero) == ["1"]
    assert paper in desk.library.state("me").saved  # the save is the reader's


def test_many_are_sent_in_batches_and_a_refusal_stops_nothing(desk: Desk, zotero: ZoteroServer) -> None:
    one = writing(desk)
    papers = [Record(Paper(f"Paper number {n} of an invented series", year=2026), "jsonl:a", str(n)) for n in range(60)]
    for paper in desk.library.add(*papers).paper_ids:
        desk.library.act("me", paper, "save")
    with pytest.MonkeyPatch.context() as patch:
        created = zotero.created
        patch.setattr(zotero, "created", lambda rows, what: created([{}, *rows[1:]], what))  # the first is refused
        report = desk.sync(one)
    assert (report.error, report.written) == ("", 58)
    assert len(report.notes) == 2
    assert "'itemType' property not provided" in report.notes[0]
    assert desk.sync(one).written == 2


def test_a_key_that_may_not_write_is_refused_at_once(desk: Desk, zotero: ZoteroServer) -> None:
    zotero.may_write = False
    with pytest.raises(UsageError, match="may not write to users/12"):
        writing(desk)
    assert desk.connections.all("me") == []
