"""Whose a mark is: what a sync sets and takes back, and what it leaves because a reader or another item asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue.connections import Connection, ConnectionItem, Step
from broadsheet.community.connections.access_keys import AccessKeys
from broadsheet.community.connections.elsewhere import item_elsewhere
from broadsheet.community.connections.marks import Marks, policy_of
from broadsheet.community.connections.report import SyncReport
from broadsheet.kit.errors import LibraryError, UsageError
from broadsheet.pipeline.library import Library
from tests.catalogue.made import ARTICLE, PREPRINT
from tests.clock import ticking

NAMES = {"C1": "Reading", "C2": "Other"}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with broadsheet.open(tmp_path / "library", clock=ticking()) as library:
        library.catalogue.papers.add([PREPRINT, ARTICLE])
        yield library
        assert library.catalogue.check() == []


@pytest.fixture
def one(library: Library) -> Connection:
    me = library.catalogue.readers.get("me", create=True)
    return library.catalogue.connections.add(me.id, "zotero", "users/12")


def item(key: str, paper: int | None, *marks: str) -> ConnectionItem:
    return ConnectionItem(key, paper, 1, marks=marks)


def apply(library: Library, one: Connection, *now: ConnectionItem) -> SyncReport:
    """As a sync does with items that it knows from before."""
    report, step = SyncReport("users/12"), Step()
    before = library.catalogue.connections.items(one.id, [other.key for other in now])
    Marks(library, one, report).apply(step, [(before.get(other.key), other) for other in now], NAMES)
    library.catalogue.connections.commit(one, step)
    return report


def marks(library: Library) -> tuple[set[int], dict[str, set[int]], dict[str, set[int]]]:
    """(saved, tags, collections)."""
    state = library.state("me")
    tags = {name: set(papers) for name, papers in state.tags.items() if papers}
    return set(state.saved), tags, {name: set(papers) for name, papers in library.collections("me").items() if papers}


def test_marks_are_set_once_and_taken_back(library: Library, one: Connection) -> None:
    report = apply(library, one, item("A", 1, "save", "tag:ml", "collection:C1"))
    assert marks(library) == ({1}, {"ml": {1}}, {"Reading": {1}})
    assert (report.saved, report.tagged, report.collected, report.taken_back) == (1, 1, 1, 0)
    assert apply(library, one, item("A", 1, "save", "tag:ml", "collection:C1")) == SyncReport("users/12")
    assert apply(library, one, item("A", 1)).taken_back == 3
    assert marks(library) == (set(), {}, {})
    kinds = [(event.kind, event.value) for event in library.catalogue.readers.whole_log(one.reader_id)]
    assert kinds == [("save", ""), ("tag", "ml"), ("unsave", ""), ("untag", "ml")]
    assert policy_of(one) == f"zotero:{one.id}"


def test_what_the_reader_set_before_stays(library: Library, one: Connection) -> None:
    library.act("me", 1, "save")
    library.act("me", 1, "tag", "ml")
    library.collect("me", "Reading", 1)
    report = apply(library, one, item("A", 1, "save", "tag:ml", "collection:C1"))
    assert (report.saved, report.tagged, report.collected) == (0, 0, 0)
    assert apply(library, one, item("A", 1)).taken_back == 0
    assert marks(library) == ({1}, {"ml": {1}}, {"Reading": {1}})


def test_what_the_reader_set_again_is_the_readers(library: Library, one: Connection) -> None:
    apply(library, one, item("A", 1, "save", "tag:ml"))
    for action, value in (("unsave", ""), ("save", ""), ("untag", "ml"), ("tag", "ml")):
        library.act("me", 1, action, value)
    assert apply(library, one, item("A", 1)).taken_back == 0
    assert marks(library)[:2] == ({1}, {"ml": {1}})


def test_what_the_reader_took_off_is_not_set_again(library: Library, one: Connection) -> None:
    apply(library, one, item("A", 1, "save", "tag:ml", "collection:C1"))
    library.act("me", 1, "unsave")
    library.act("me", 1, "untag", "ml")
    library.uncollect("me", "Reading", 1)
    report = apply(library, one, item("A", 1, "save", "tag:ml", "collection:C1", "tag:new"))
    assert (report.saved, report.tagged, report.collected) == (0, 1, 0)
    assert marks(library) == (set(), {"new": {1}}, {})


def test_an_undone_save_is_the_readers_word(library: Library, one: Connection) -> None:
    apply(library, one, item("A", 1, "save"))
    assert library.undo("me") == ("save", 1)
    library.act("me", 1, "save")
    assert apply(library, one, item("A", 1)).taken_back == 0
    assert marks(library)[0] == {1}


def test_two_items_of_a_paper_share_its_marks(library: Library, one: Connection) -> None:
    apply(library, one, item("A", 1, "save", "tag:ml"), item("B", 1, "save", "collection:C1"))
    assert apply(library, one, item("A", 1)).taken_back == 1  # the tag; the other item saves it still
    assert marks(library) == ({1}, {}, {"Reading": {1}})
    assert apply(library, one, item("B", 1)).taken_back == 2
    assert marks(library) == (set(), {}, {})


def test_an_item_that_is_another_paper_now_moves_its_marks(library: Library, one: Connection) -> None:
    apply(library, one, item("A", 1, "save", "tag:ml", "collection:C1"))
    report = apply(library, one, item("A", 2, "save", "tag:ml", "collection:C2"))
    assert marks(library) == ({2}, {"ml": {2}}, {"Other": {2}})
    assert report.taken_back == 3
    apply(library, one, item("A", None))
    assert marks(library) == (set(), {}, {})


def test_collections_that_nobody_knows_are_passed_over(library: Library, one: Connection) -> None:
    assert apply(library, one, item("A", 1, "collection:UNKNOWN")).collected == 0
    assert marks(library)[2] == {}


def test_marks_of_one_connection_are_not_those_of_another(library: Library, one: Connection) -> None:
    other = library.catalogue.connections.add(one.reader_id, "zotero", "groups/7")
    apply(library, one, item("A", 1, "save"))
    apply(library, other, item("A", 1, "save"))
    assert apply(library, other, item("A", 1)).taken_back == 0
    assert marks(library)[0] == {1}
    assert apply(library, one, item("A", 1)).taken_back == 1


def test_a_report_is_a_line() -> None:
    assert SyncReport("users/12", is_complete=True).line() == "users/12: nothing new"
    full = SyncReport("users/12", read=1200, added=2, saved=3, tagged=4, collected=5, taken_back=6, written=7)
    assert full.line() == (
        "users/12: 1,200 read, 2 new, 3 saved, 4 tagged, 5 collected, 6 marks taken back, 7 written; "
        "the next sync goes on from there"
    )


def test_an_item_elsewhere_has_its_own_children_alone(one: Connection) -> None:
    children = [
        ConnectionItem("N1", None, 1, "A", content={"note": "mine"}),
        ConnectionItem("N2", None, 1, "B", content={"note": "another's"}),
        ConnectionItem("F1", None, 1, "A", content={"url": "https://x.org/1.pdf"}),
        ConnectionItem("F2", None, 1, "A", content={"title": "without an address"}),
    ]
    found = item_elsewhere(one, ConnectionItem("A", 1, 1, content={"extra": "free"}), children)
    assert found.address == "https://www.zotero.org/users/12/items/A"
    assert found.notes == ("free", "mine")
    assert found.attachments == (("https://x.org/1.pdf", "https://x.org/1.pdf"),)


def test_keys_are_words_in_files_that_are_pruned(tmp_path: Path) -> None:
    keys = AccessKeys(tmp_path)
    keys.keep_only([])  # no folder yet
    for wrong in ("", "two words", "new\nline", "schlüssel", "x" * 201):
        with pytest.raises(UsageError, match="no key of access"):
            keys.write(1, wrong)
    keys.write(1, "first")
    keys.write(1, "second")
    keys.write(2, "other")
    assert (keys.read(1), keys.read(2), keys.read(3)) == ("second", "other", "")
    keys.keep_only([2])
    assert (keys.read(1), keys.read(2)) == ("", "other")
    (tmp_path / "blocked").write_text("a file")
    with pytest.raises(LibraryError, match="cannot be stored"):
        AccessKeys(tmp_path / "blocked").write(1, "key")
