"""What the log keeps of a paper shown: its place, its policy and its propensity; and what was there at a time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from broadsheet.catalogue import Catalogue, Event
from broadsheet.catalogue.database import Database
from broadsheet.catalogue.migrations import VERSION, upgrade
from broadsheet.kit.reader_actions import SHOWN_IN_VAIN
from tests.catalogue.made import older, record
from tests.clock import NOON


def test_a_catalogue_of_version_5_keeps_its_impressions_and_gets_the_column(tmp_path: Path) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    Catalogue.open(new, create=True).close()
    older(old, 5)
    database = Database(old)
    upgrade(database, create=False)
    database.close()
    schemas = []
    for path in (new, old):
        with closing(sqlite3.connect(path)) as raw:
            columns = raw.execute("PRAGMA table_info(events)").fetchall()
            schemas.append([columns, {row[1:] for row in raw.execute("PRAGMA index_list(events)")}])
            assert raw.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert schemas[0] == schemas[1]
    with closing(sqlite3.connect(old)) as raw:
        impressions = raw.execute("SELECT id, propensity FROM events WHERE kind = 'impression'").fetchall()
        assert impressions == [(2, None)]
    assert (tmp_path / "old.version-5.db").exists()
    with Catalogue.open(old) as catalogue:
        assert catalogue.check() == []


def test_an_impression_keeps_its_propensity(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    with Catalogue.open(path, create=True) as catalogue:
        catalogue.papers.add([record()])
        reader = catalogue.readers.get("ada", create=True).id
        catalogue.readers.log(reader, [Event("impression", 1, 3, "p", propensity=0.25), Event("open", 1)])
    with closing(sqlite3.connect(path)) as raw:
        rows = raw.execute("SELECT kind, position, policy, propensity FROM events ORDER BY id").fetchall()
    assert rows == [("impression", 3, "p", 0.25), ("open", None, "", None)]


def test_the_last_page_of_an_earlier_day(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "catalogue.db", create=True) as catalogue:
        catalogue.papers.add([record()])
        reader = catalogue.readers.get("ada", create=True).id
        other = catalogue.readers.get("bo", create=True).id
        today = NOON.date()
        assert catalogue.readers.last_shown(reader, today) is None
        for hours in (0, 20, 44):
            catalogue.readers.log(reader, [Event("impression", 1, at=NOON - timedelta(hours=hours))])
        catalogue.readers.log(reader, [Event("open", 1, at=NOON - timedelta(hours=15))])
        catalogue.readers.log(reader, [Event("impression", 1, policy="mail", at=NOON - timedelta(hours=14))])
        catalogue.readers.log(other, [Event("impression", 1, at=NOON - timedelta(hours=13))])
        assert catalogue.readers.last_shown(reader, today) == NOON - timedelta(hours=20)
        assert catalogue.readers.last_shown(reader, today - timedelta(days=1)) == NOON - timedelta(hours=44)


def test_the_newest_paper_of_a_time(tmp_path: Path) -> None:
    now = [NOON]
    with Catalogue.open(tmp_path / "catalogue.db", create=True, clock=lambda: now[0]) as catalogue:
        assert catalogue.papers.last_number_at(NOON) == 0
        for title in ("Birds of the moor", "Ships in a storm", "Bread without yeast"):
            catalogue.papers.add([record(title, source_id=title)])
            now[0] += timedelta(hours=1)
        numbers = [catalogue.papers.last_number_at(NOON + timedelta(minutes=at)) for at in (-1, 0, 59, 60, 200)]
        catalogue.papers.delete(1)
        numbers += [catalogue.papers.last_number_at(NOON + timedelta(minutes=at)) for at in (0, 60, 200)]
        catalogue.papers.delete(3)
        numbers += [catalogue.papers.last_number_at(NOON + timedelta(minutes=at)) for at in (59, 60, 200)]
    assert numbers == [0, 1, 1, 2, 3, 0, 2, 3, 0, 2, 2]


@pytest.mark.parametrize("action", ["save", "up", "down", "hide", "open", "tag"])
def test_shown_in_vain_until_something_is_done(tmp_path: Path, action: str) -> None:
    with Catalogue.open(tmp_path / "catalogue.db", create=True, clock=lambda: NOON) as catalogue:
        catalogue.papers.add([record("Birds of the moor", source_id="1"), record("Ships in a storm", source_id="2")])
        reader = catalogue.readers.get("ada", create=True).id
        for days in range(1, SHOWN_IN_VAIN + 1):
            assert catalogue.readers.state(reader).passed == frozenset()
            event = Event("impression", 1, at=NOON - timedelta(days=days))
            catalogue.readers.log(reader, [event, Event("impression", 2, at=NOON)])
        assert catalogue.readers.state(reader).passed == {1}
        catalogue.readers.log(reader, [Event(action, 1, value="t" if action == "tag" else "")])
        assert catalogue.readers.state(reader).passed == frozenset()
