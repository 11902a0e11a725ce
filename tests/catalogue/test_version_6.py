"""A catalogue of version 6 keeps its collections and comments, and gets what reading lists and groups need."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.migrations import VERSION
from tests.catalogue.made import older
from tests.clock import ticking

ROWS = """
INSERT INTO readers (id, name, created_at, settings) VALUES (7, 'eve', '2026-01-01T00:00:00+00:00', '{}');
INSERT INTO collections (id, reader_id, name, created_at) VALUES (1, 7, 'thesis', '2026-01-01T00:00:00+00:00');
INSERT INTO collection_papers (collection_id, paper_id, added_at) VALUES (1, 2, '2026-01-02T00:00:00+00:00');
INSERT INTO collection_papers (collection_id, paper_id, added_at) VALUES (1, 1, '2026-01-03T00:00:00+00:00');
INSERT INTO comments (paper_id, reader_id, at, text) VALUES (1, 7, '2026-01-04T00:00:00+00:00', 'a note');
INSERT INTO comments (paper_id, account_id, at, text) VALUES (1, 9, '2026-01-05T00:00:00+00:00', 'aloud');
"""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Catalogue]:
    path = tmp_path / "catalogue.db"
    older(path, 6)
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(ROWS)
    with Catalogue.open(path, clock=ticking()) as catalogue:
        yield catalogue


def columns(path: Path, table: str) -> dict[str, tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as raw:
        return {row[1]: (row[2], row[3], row[4]) for row in raw.execute(f"PRAGMA table_info({table})")}


def test_collections_are_lists_without_sections_in_the_order_of_adding(opened: Catalogue) -> None:
    assert opened.readers.collections(7) == {"thesis": (2, 1)}
    order = opened.readers.reading_lists.arrangement(1)
    assert (order.sections, [(e.paper_id, e.section, e.remark) for e in order.entries]) == (
        (), [(2, "", ""), (1, "", "")],
    )  # fmt: skip
    [stored] = opened.readers.reading_lists.get([1])
    assert (stored.link_key, opened.readers.reading_lists.members(1)) == ("", [])


def test_they_can_be_ordered_and_shared_at_once(opened: Catalogue) -> None:
    lists = opened.readers.reading_lists
    lists.arrange(1, lambda order: order.moved(1, -1).under(2, "Later"))
    bo = opened.readers.get("bo", create=True).id
    lists.share(1, bo, may_edit=True)
    lists.set_link(1, "key")
    assert (opened.readers.collections(7), lists.rights(bo)) == ({"thesis": (2, 1)}, {1: 1})
    deletion = opened.readers.delete_collection(7, "thesis")
    opened.papers.restore(deletion)
    assert lists.of_key("key") is not None


def test_comments_keep_their_audience(opened: Catalogue) -> None:
    comments = opened.community.comments
    assert [(one.text, one.group_id) for one in comments.of_paper(1)] == [("aloud", None)]
    assert [one.text for one in comments.notes(7, [1])] == ["a note"]
    assert (comments.counts([1]), comments.papers_with_notes(7)) == ({1: 1}, {1})


@pytest.mark.parametrize(
    "table",
    [
        *("collections", "collection_papers", "comments", "highlights", "collection_members", "collection_groups"),
        *("reading_groups", "group_members", "group_invitations", "group_nominations", "group_votes"),
    ],
)
def test_the_tables_are_those_of_a_new_catalogue(opened: Catalogue, tmp_path: Path, table: str) -> None:
    fresh = tmp_path / "fresh" / "catalogue.db"
    fresh.parent.mkdir()
    with Catalogue.open(fresh, create=True, clock=ticking()):
        pass
    assert columns(opened.path, table) == columns(fresh, table)
    with closing(sqlite3.connect(opened.path)) as one, closing(sqlite3.connect(fresh)) as other:
        names = [sorted(row[1] for row in raw.execute(f"PRAGMA index_list({table})")) for raw in (one, other)]
        keys = [sorted(row[2:] for row in raw.execute(f"PRAGMA foreign_key_list({table})")) for raw in (one, other)]
    assert (names[0], keys[0]) == (names[1], keys[1])


def test_the_version_is_this_one(opened: Catalogue) -> None:
    with closing(sqlite3.connect(opened.path)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert opened.path.with_name("catalogue.version-6.db").exists()
