"""Collections by number: rights of every kind of reader, order, links, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broadsheet.catalogue import Catalogue, collections
from broadsheet.catalogue.collections import EDITOR, OWNER, READER, CollectionTable
from broadsheet.kit.errors import UsageError
from broadsheet.kit.reading_lists import Arrangement
from tests.catalogue.made import record

TITLES = ("Otters in the morning", "Kelp and its keepers", "Tides of a small bay", "Stones that float away")


class Shelf:
    """A catalogue with four papers, and ada's list of three of them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.table: CollectionTable = catalogue.readers.reading_lists
        catalogue.papers.add([record(title, "csl:a.json", str(n)) for n, title in enumerate(TITLES)])
        self.ada, self.bo, self.cy = (catalogue.readers.get(name, create=True).id for name in ("ada", "bo", "cy"))
        catalogue.readers.create_collection(self.ada, "list")
        for paper in (1, 2, 3):
            catalogue.readers.add_to_collection(self.ada, "list", paper)
        self.number = self.table.number(self.ada, "list") or 0

    def ids(self) -> list[int]:
        return [entry.paper_id for entry in self.table.arrangement(self.number).entries]

    def group_of(self, *names: str) -> int:
        """A group of these readers."""
        from broadsheet.catalogue.community.accounts import NewAccount

        tables = self.catalogue.community
        accounts = [tables.accounts.create(NewAccount(name, "hash", "reader")).id for name in names]
        group = tables.groups.create("club", "", accounts[0])
        for account in accounts[1:]:
            tables.groups.join(group, account)
        return group


@pytest.fixture
def shelf(catalogue: Catalogue) -> Shelf:
    return Shelf(catalogue)


def test_a_list_is_its_readers_alone(shelf: Shelf) -> None:
    assert shelf.table.rights(shelf.ada) == {shelf.number: OWNER}
    assert shelf.table.rights(shelf.bo) == shelf.table.rights(0) == {}
    [stored] = shelf.table.get([shelf.number, 99])
    assert (stored.owner, stored.name, stored.sections, stored.link_key) == ("ada", "list", (), "")
    assert (shelf.table.number(shelf.bo, "list"), shelf.table.number(shelf.ada, "lis")) == (None, None)
    assert (shelf.table.members(shelf.number), shelf.table.groups(shelf.number)) == ([], [])


def test_a_member_reads_or_edits_until_it_is_taken_back(shelf: Shelf) -> None:
    shelf.table.share(shelf.number, shelf.bo, may_edit=False)
    assert shelf.table.rights(shelf.bo) == {shelf.number: READER}
    shelf.table.share(shelf.number, shelf.bo, may_edit=True)
    assert (shelf.table.rights(shelf.bo), shelf.table.members(shelf.number)) == ({shelf.number: EDITOR}, [("bo", True)])
    shelf.table.unshare(shelf.number, shelf.bo)
    shelf.table.unshare(shelf.number, shelf.cy)
    assert shelf.table.rights(shelf.bo) == {}


def test_a_group_reads_while_one_is_in_it_and_it_is_there(shelf: Shelf) -> None:
    group = shelf.group_of("bo", "cy")
    shelf.table.share_with_group(shelf.number, group, may_edit=False)
    shelf.table.share_with_group(shelf.number, group, may_edit=True)
    assert shelf.table.rights(shelf.cy) == shelf.table.rights(shelf.bo) == {shelf.number: EDITOR}
    assert (shelf.table.groups(shelf.number), shelf.table.of_group(group)) == ([(group, "club", True)], [shelf.number])
    tables = shelf.catalogue.community
    account = tables.accounts.named("cy")
    assert account is not None
    tables.groups.leave(group, account.id)
    assert shelf.table.rights(shelf.cy) == {}
    deletion = tables.groups.delete(group, shelf.bo)
    assert (shelf.table.rights(shelf.bo), shelf.table.groups(shelf.number)) == ({}, [])
    shelf.catalogue.papers.restore(deletion)
    assert shelf.table.rights(shelf.bo) == {shelf.number: EDITOR}
    shelf.table.unshare_with_group(shelf.number, group)
    assert shelf.table.rights(shelf.bo) == {}


def test_the_greater_of_two_rights_counts(shelf: Shelf) -> None:
    group = shelf.group_of("bo")
    shelf.table.share(shelf.number, shelf.bo, may_edit=False)
    shelf.table.share_with_group(shelf.number, group, may_edit=True)
    assert shelf.table.rights(shelf.bo) == {shelf.number: EDITOR}
    shelf.table.share(shelf.number, shelf.bo, may_edit=True)
    shelf.table.share_with_group(shelf.number, group, may_edit=False)
    assert shelf.table.rights(shelf.bo) == {shelf.number: EDITOR}


def test_who_leaves_a_group_takes_their_lists_out_of_it(shelf: Shelf) -> None:
    group = shelf.group_of("ada", "bo")
    shelf.table.share_with_group(shelf.number, group, may_edit=False)
    shelf.table.unshare_all(shelf.bo, group)
    assert shelf.table.of_group(group) == [shelf.number]
    shelf.table.unshare_all(shelf.ada, group)
    assert shelf.table.of_group(group) == []


def test_a_link_opens_one_list_and_another_link_closes_it(shelf: Shelf) -> None:
    shelf.table.set_link(shelf.number, "first")
    opened = shelf.table.of_key("first")
    assert opened is not None
    assert (opened.id, opened.link_key) == (shelf.number, "first")
    shelf.table.set_link(shelf.number, "second")
    assert (shelf.table.of_key("first"), shelf.table.of_key("")) == (None, None)
    shelf.table.set_link(shelf.number, "")
    assert shelf.table.of_key("second") is None


def test_new_papers_stand_last_whether_a_list_was_ordered_or_not(shelf: Shelf) -> None:
    readers = shelf.catalogue.readers
    assert shelf.ids() == [1, 2, 3]
    readers.remove_from_collection(shelf.ada, "list", 1)
    readers.add_to_collection(shelf.ada, "list", 1)
    assert shelf.ids() == [2, 3, 1]
    shelf.table.arrange(shelf.number, lambda order: order.moved(1, -1))
    readers.add_to_collection(shelf.ada, "list", 4)
    readers.add_to_collection(shelf.ada, "list", 4)
    assert shelf.ids() == [2, 1, 3, 4]
    assert readers.collections(shelf.ada) == {"list": (2, 1, 3, 4)}


def test_order_sections_and_remarks_are_kept_as_they_were_made(shelf: Shelf) -> None:
    shelf.table.arrange(shelf.number, lambda order: order.under(3, "Later").remarked(3, "slowly"))
    order = shelf.table.arrangement(shelf.number)
    assert order.sections == ("Later",)
    assert [(e.paper_id, e.section, e.remark) for e in order.entries] == [
        (3, "Later", "slowly"),
        (1, "", ""),
        (2, "", ""),
    ]
    shelf.table.arrange(shelf.number, lambda order: order.without_section("Later"))
    assert [(e.paper_id, e.remark) for e in shelf.table.arrangement(shelf.number).entries] == [
        (3, "slowly"), (1, ""), (2, ""),
    ]  # fmt: skip


def test_a_change_that_fails_changes_nothing(shelf: Shelf) -> None:
    def fails(order: Arrangement) -> Arrangement:
        return replace(order.moved(3, -1), sections=("never",)).moved(99, 1)

    with pytest.raises(UsageError, match="paper 99 is not in"):
        shelf.table.arrange(shelf.number, fails)
    assert (shelf.ids(), shelf.table.arrangement(shelf.number).sections) == ([1, 2, 3], ())
    with pytest.raises(UsageError, match="there is no collection 99"):
        shelf.table.arrange(99, lambda order: order)


def test_sizes_and_what_lists_hold(shelf: Shelf) -> None:
    shelf.catalogue.readers.create_collection(shelf.bo, "empty")
    other = shelf.table.number(shelf.bo, "empty") or 0
    assert shelf.table.sizes([shelf.number, other]) == {shelf.number: 3}
    assert sorted(shelf.table.holding([shelf.number, other])) == [(shelf.number, n) for n in (1, 2, 3)]
    assert (shelf.table.arrangement(other).entries, shelf.table.holding([])) == ((), [])
    shelf.table.arrange(other, lambda order: order.with_section("Soon"))
    assert shelf.table.arrangement(other).sections == ("Soon",)


def test_a_list_has_so_many_members(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collections, "MOST_MEMBERS", 1)
    shelf.table.share(shelf.number, shelf.bo, may_edit=False)
    shelf.table.share(shelf.number, shelf.bo, may_edit=True)
    with pytest.raises(UsageError, match="1 members at most"):
        shelf.table.share(shelf.number, shelf.cy, may_edit=False)


def test_a_reader_who_goes_is_no_member_any_more(shelf: Shelf) -> None:
    shelf.table.share(shelf.number, shelf.bo, may_edit=True)
    shelf.catalogue.community.belongings.remove(shelf.bo, with_comments=False)
    assert shelf.table.members(shelf.number) == []
    shelf.table.share(shelf.number, shelf.cy, may_edit=True)
    shelf.catalogue.community.belongings.remove(shelf.ada, with_comments=False)
    assert (shelf.table.rights(shelf.cy), shelf.table.get([shelf.number])) == ({}, [])


def test_a_deleted_list_is_restored_for_those_who_are_still_there(shelf: Shelf) -> None:
    group = shelf.group_of("bo", "cy")
    shelf.table.share(shelf.number, shelf.bo, may_edit=True)
    shelf.table.share(shelf.number, shelf.cy, may_edit=False)
    shelf.table.share_with_group(shelf.number, group, may_edit=False)
    shelf.table.arrange(shelf.number, lambda order: order.under(2, "First"))
    deletion = shelf.catalogue.readers.delete_collection(shelf.ada, "list")
    assert shelf.table.rights(shelf.bo) == {}
    shelf.catalogue.community.belongings.remove(shelf.cy, with_comments=False)
    shelf.catalogue.papers.delete(3)
    shelf.catalogue.papers.restore(deletion)
    number = shelf.table.number(shelf.ada, "list") or 0
    assert shelf.table.members(number) == [("bo", True)]
    assert shelf.table.groups(number) == [(group, "club", False)]
    assert [(e.paper_id, e.section) for e in shelf.table.arrangement(number).entries] == [(2, "First"), (1, "")]


def test_a_deletion_of_an_earlier_version_is_restored_without_an_order(shelf: Shelf) -> None:
    import json
    import sqlite3
    from contextlib import closing

    deletion = shelf.catalogue.readers.delete_collection(shelf.ada, "list")
    with closing(sqlite3.connect(shelf.catalogue.path)) as raw, raw:
        [(text,)] = raw.execute("SELECT content FROM deletions WHERE id = ?", (deletion,)).fetchall()
        content = json.loads(text)
        older = {name: content[name] for name in ("reader", "name", "created_at")}
        older["papers"] = [row[:2] for row in content["papers"]]
        raw.execute("UPDATE deletions SET content = ? WHERE id = ?", (json.dumps(older), deletion))
    shelf.catalogue.papers.restore(deletion)
    assert shelf.catalogue.readers.collections(shelf.ada) == {"list": (1, 2, 3)}
