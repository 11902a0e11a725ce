"""Connections in the catalogue: one step is one transaction, and what is a reader's goes with the reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.catalogue import Catalogue, Event
from broadsheet.catalogue.connections import ConnectionItem, Step
from broadsheet.kit.errors import UsageError
from tests.catalogue.made import ARTICLE, BOTH, PREPRINT


@pytest.fixture
def stored(tmp_path: Path) -> Catalogue:
    catalogue = Catalogue.open(tmp_path / "catalogue.db", create=True)
    catalogue.papers.add([PREPRINT, ARTICLE])
    return catalogue


def test_a_connection_is_added_changed_listed_and_deleted(stored: Catalogue) -> None:
    parts = stored.connections
    reader_id = stored.readers.get("ada", create=True).id
    one = parts.add(reader_id, "zotero", "users/12", "COLL0001")
    assert (one.reader, one.library, one.write_to, one.state, one.synced_at, one.error) == (
        *("ada", "users/12", "COLL0001", {}, None, ""),
    )
    with pytest.raises(UsageError, match="connected already"):
        parts.add(reader_id, "zotero", "users/12")
    other = parts.add(stored.readers.get("bo", create=True).id, "zotero", "users/12")
    assert [found.id for found in parts.all()] == [one.id, other.id]
    parts.change(one.id, error="x" * 5000, state={"version": 7})
    changed = parts.all(reader_id)[0]
    assert (len(changed.error), changed.state) == (1000, {"version": 7})
    parts.note_synced(one.id)
    synced = parts.all(reader_id)[0]
    assert (synced.error, synced.synced_at is not None) == ("", True)
    parts.delete(one.id)
    assert [found.id for found in parts.all()] == [other.id]
    assert parts.add(reader_id, "zotero", "users/12").id > other.id  # a number is never used twice
    stored.close()


def test_a_step_is_written_whole_or_not_at_all(stored: Catalogue) -> None:
    parts, reader_id = stored.connections, stored.readers.get("ada", create=True).id
    one = parts.add(reader_id, "zotero", "users/12")
    items = [
        ConnectionItem("AAAA0001", 1, 3, marks=("save",), content={"extra": "x"}),
        ConnectionItem("NOTE0001", None, 3, "AAAA0001"),
    ]
    good = Step(
        items, [Event("save", 1, policy="zotero:1"), Event("tag", 9, value="gone")], [("Reading", 1), ("Reading", 9)]
    )
    parts.commit(one, good, {"version": 3})
    assert set(stored.readers.state(reader_id).saved) == {1}
    assert stored.readers.collections(reader_id) == {"Reading": (1,)}
    assert parts.items(one.id, ["AAAA0001", "MISSING1"]) == {"AAAA0001": items[0]}
    assert [child.key for child in parts.children(one.id, ["AAAA0001"])] == ["NOTE0001"]
    assert (parts.counts(one.id), parts.papers(one.id), parts.versions(one.id)) == (
        *((1, 1), {1}, {"AAAA0001": 3, "NOTE0001": 3}),
    )
    assert parts.all()[0].state == {"version": 3}
    bad = Step([ConnectionItem("AAAA0002", 2, 4)], [Event("tag", 2, value="")], [("Other", 2)])
    with pytest.raises(UsageError, match="1 to 200 characters"):
        parts.commit(one, bad, {"version": 4})
    assert (parts.all()[0].state, parts.versions(one.id)) == ({"version": 3}, {"AAAA0001": 3, "NOTE0001": 3})
    assert stored.readers.collections(reader_id) == {"Reading": (1,)}
    parts.commit(one, Step(uncollected=[("Reading", 1), ("Missing", 1), ("Reading", 9)]))
    assert stored.readers.collections(reader_id) == {"Reading": ()}
    stored.close()


def test_a_new_version_of_an_item_replaces_it_and_a_deleted_one_counts_no_more(stored: Catalogue) -> None:
    parts, reader_id = stored.connections, stored.readers.get("ada", create=True).id
    one = parts.add(reader_id, "zotero", "users/12")
    parts.commit(one, Step([ConnectionItem("AAAA0001", 1, 3, marks=("save", "tag:ml"))]))
    parts.commit(one, Step([ConnectionItem("AAAA0001", 1, -1)]))
    assert (parts.counts(one.id), parts.papers(one.id), parts.items_with_marks(one.id)) == ((0, 0), {1}, [])
    stored.close()


def test_the_last_word_on_a_mark_is_the_last_event(stored: Catalogue) -> None:
    reader_id = stored.readers.get("ada", create=True).id
    stored.readers.log(reader_id, [Event("save", 1, policy="zotero:1"), Event("tag", 1, policy="zotero:1", value="ml")])
    stored.readers.log(reader_id, [Event("untag", 1, value="ml"), Event("tag", 1, value="ml"), Event("open", 1)])
    assert stored.connections.last_words(reader_id, [1, 2]) == {
        (1, "save"): ("save", "zotero:1"),
        (1, "tag:ml"): ("tag", ""),
    }
    stored.close()


def test_items_follow_merged_papers_and_go_with_their_reader(stored: Catalogue) -> None:
    parts, reader_id = stored.connections, stored.readers.get("ada", create=True).id
    one = parts.add(reader_id, "zotero", "users/12")
    parts.commit(one, Step([ConnectionItem("AAAA0001", 1, 3), ConnectionItem("AAAA0002", 2, 3)]))
    stored.papers.add([BOTH])
    assert {item.key for item in parts.items_of_papers(one.id, [1])} == {"AAAA0001", "AAAA0002"}
    deletion = stored.papers.delete(1)
    assert stored.check() == []
    (back,) = stored.papers.restore(deletion)
    assert parts.papers(one.id) == {back}
    stored.readers.forget_history(reader_id)
    assert (parts.all(), parts.versions(one.id)) == ([], {})
    again = parts.add(reader_id, "zotero", "users/12")
    parts.commit(again, Step([ConnectionItem("AAAA0001", back, 3)]))
    rows = stored.community.belongings.all(reader_id)
    assert (len(rows["connections"]), len(rows["connection_items"])) == (1, 1)
    stored.community.belongings.remove(reader_id, with_comments=False)
    assert parts.all() == []
    assert stored.check() == []
    stored.close()
