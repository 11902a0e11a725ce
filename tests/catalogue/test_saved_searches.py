"""Saved searches: named, counted from where the reader looked last, gone and back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.database import Database
from broadsheet.catalogue.migrations import VERSION, upgrade
from broadsheet.catalogue.saved_searches import MOST_SEARCHES
from broadsheet.kit.errors import UsageError
from tests.catalogue.made import older
from tests.clock import NOON, ticking


@pytest.fixture
def ada(tmp_path: Path) -> tuple[Catalogue, int]:
    catalogue = Catalogue.open(tmp_path / "catalogue.db", create=True, clock=ticking(NOON))
    return catalogue, catalogue.readers.get("ada", create=True).id


def test_a_search_is_saved_renamed_and_looked_at(ada: tuple[Catalogue, int]) -> None:
    catalogue, reader = ada
    searches = catalogue.readers.searches
    saved = searches.add(reader, " bees ", {"q": "bees year:2020.."}, 7)
    assert (saved.name, saved.search, saved.seen_paper) == ("bees", {"q": "bees year:2020.."}, 7)
    assert searches.all(reader) == [saved]
    searches.rename(reader, saved.id, "honey")
    searches.look(reader, saved.id, 12)
    [now] = searches.all(reader)
    assert (now.id, now.name, now.seen_paper, now.created_at) == (saved.id, "honey", 12, saved.created_at)
    assert now.seen_at > saved.seen_at


def test_names_are_taken_once_by_each_reader(ada: tuple[Catalogue, int]) -> None:
    catalogue, reader = ada
    searches = catalogue.readers.searches
    searches.add(reader, "bees", {"q": "a"}, 0)
    other = searches.add(reader, "ships", {"q": "b"}, 0)
    searches.add(catalogue.readers.get("bob", create=True).id, "bees", {"q": "c"}, 0)
    for taken in (
        lambda: searches.add(reader, "bees", {"q": "d"}, 0),
        lambda: searches.rename(reader, other.id, "bees"),
        lambda: searches.add(reader, " ", {"q": "d"}, 0),
    ):
        with pytest.raises(UsageError):
            taken()
    assert [one.name for one in searches.all(reader)] == ["bees", "ships"]


def test_another_reader_changes_nothing(ada: tuple[Catalogue, int]) -> None:
    catalogue, reader = ada
    searches = catalogue.readers.searches
    saved = searches.add(reader, "bees", {"q": "a"}, 3)
    bob = catalogue.readers.get("bob", create=True).id
    searches.rename(bob, saved.id, "mine")
    searches.look(bob, saved.id, 99)
    searches.delete(bob, saved)
    assert searches.all(reader) == [saved]


def test_a_deleted_search_comes_back_under_its_number(ada: tuple[Catalogue, int]) -> None:
    catalogue, reader = ada
    searches = catalogue.readers.searches
    saved = searches.add(reader, "bees", {"q": "a", "within": ["b"]}, 3)
    deletion = searches.delete(reader, saved)
    assert searches.all(reader) == []
    assert catalogue.papers.owner_of_deletion(deletion) == ("search", reader)
    assert [(one.kind, one.label, one.papers) for one in catalogue.papers.deletions()] == [("search", "bees", 0)]
    searches.add(reader, "bees", {"q": "another"}, 0)
    with pytest.raises(UsageError, match="another saved search named 'bees'"):
        catalogue.papers.restore(deletion)
    searches.rename(reader, searches.all(reader)[0].id, "other bees")
    assert catalogue.papers.restore(deletion) == []
    assert searches.all(reader)[0] == saved
    assert catalogue.papers.owner_of_deletion(deletion) is None


def test_what_readers_forget_or_leave_takes_their_searches(ada: tuple[Catalogue, int]) -> None:
    catalogue, reader = ada
    searches = catalogue.readers.searches
    searches.add(reader, "bees", {"q": "a"}, 3)
    assert catalogue.community.belongings.all(reader)["saved_searches"][0]["name"] == "bees"
    catalogue.readers.forget_history(reader)
    assert searches.all(reader) == []
    searches.add(reader, "ships", {"q": "b"}, 3)
    deletion = searches.delete(reader, searches.all(reader)[0])
    catalogue.community.belongings.remove(reader, with_comments=False)
    with pytest.raises(UsageError, match="the reader of the search 'ships' is gone"):
        catalogue.papers.restore(deletion)


def test_a_reader_has_so_many_at_most(ada: tuple[Catalogue, int]) -> None:
    catalogue, reader = ada
    for number in range(MOST_SEARCHES):
        catalogue.readers.searches.add(reader, str(number), {"q": "a"}, 0)
    with pytest.raises(UsageError, match="200 saved searches at most"):
        catalogue.readers.searches.add(reader, "one more", {"q": "a"}, 0)


def test_a_catalogue_of_version_4_gets_the_table_of_a_new_one(tmp_path: Path) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    Catalogue.open(new, create=True).close()
    older(old, 4)
    database = Database(old)
    upgrade(database, create=False)
    database.close()
    schemas = []
    for path in (new, old):
        with closing(sqlite3.connect(path)) as raw:
            rows = [raw.execute(f"PRAGMA {what}(saved_searches)").fetchall() for what in ("table_info", "index_list")]
            schemas.append([*rows, raw.execute("PRAGMA foreign_key_list(saved_searches)").fetchall()])
            assert raw.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert schemas[0] == schemas[1]
    assert (tmp_path / "old.version-4.db").exists()
