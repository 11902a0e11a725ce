"""Rows of an archive: which tables take part, what a row may hold, and what several lives of one reader sum up to."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broadsheet.catalogue import Catalogue, Event
from broadsheet.catalogue.schema import METADATA
from broadsheet.catalogue.takeout.checking import checked_row, is_known
from broadsheet.catalogue.takeout.rows import archived_rows, papers_in
from broadsheet.catalogue.takeout.shape import (
    DERIVED,
    brought,
    columns_of,
    filled,
    is_archived,
    keys_of,
    paper_columns,
    target_of,
)
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Paper, Record

START = datetime(2026, 1, 1, tzinfo=UTC)
PAPERS = 4
KEYS = {f"title:{n}": n for n in range(1, PAPERS + 1)}
KEY_OF = {number: key for key, number in KEYS.items()}


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = library(tmp_path / "catalogue.db")
    yield opened
    opened.close()


def library(path: Path) -> Catalogue:
    """A catalogue with the papers and a reader."""
    opened = Catalogue.open(path, create=True, clock=lambda: START + timedelta(days=400))
    opened.papers.add([Record(Paper(title=f"Paper {n}"), "x", str(n)) for n in range(1, PAPERS + 1)])
    opened.readers.get("me", create=True)
    return opened


def rows_of(opened: Catalogue) -> dict[str, list[dict[str, Any]]]:
    everything = opened.community.belongings.all(1)
    return dict(archived_rows(everything, lambda number: KEY_OF.get(number, f"gone:{number}")))


def bring(opened: Catalogue, rows: dict[str, list[dict[str, Any]]], newest: int = 9) -> Any:
    checked = {name: [checked_row(name, name, row) for row in table] for name, table in rows.items()}
    import_id = opened.harvest.begin_import("take-out of me")
    return import_id, opened.community.exchange.bring(1, import_id, checked, KEYS, newest)


# Which tables ---------------------------------------------------------------------------------------------------


def test_every_table_of_a_reader_is_archived_or_left_out_on_purpose() -> None:
    owned = {table.name for table in METADATA.sorted_tables if "reader_id" in table.columns}
    left_out = {name for name in owned if not is_archived(METADATA.tables[name])}
    assert left_out == {"stream_papers", "takeout_imports", "steering_changes", "reader_days"}
    taken = {table.name for table in brought()}
    assert {"collections", "collection_papers", "comments", "comment_versions", "votes", "saved_searches"} <= taken
    assert {"interests", "interest_papers", "mutes", "alerts", "highlights", "read_marks"} <= taken
    assert not taken & ({"readers", "accounts", "api_tokens", "private_feeds", "reader_programs", "events"} | DERIVED)


def test_parents_come_before_what_hangs_on_them() -> None:
    order = [table.name for table in brought()]
    for table in brought():
        for key in table.foreign_keys:
            if key.column.table.name in order:
                assert order.index(key.column.table.name) < order.index(table.name)
    assert order.index("saved_searches") < order.index("alerts")


def test_no_secret_has_a_column_in_an_archive() -> None:
    names = {column.name for table in METADATA.sorted_tables for column in columns_of(table)}
    assert not {name for name in names if name.endswith("_hash") or name in {"password", "link_key", "hook_url"}}


def test_what_tells_rows_apart_and_what_they_name() -> None:
    tables = METADATA.tables
    assert keys_of(tables["collections"]) == [["reader_id", "name"]]
    assert keys_of(tables["collection_papers"]) == [["collection_id", "paper_id"]]
    assert keys_of(tables["votes"]) == [["reader_id", "paper_id"]]
    assert "text" in keys_of(tables["comments"])[0]
    assert "id" not in keys_of(tables["comments"])[0]
    assert paper_columns(tables["events"]) == ["paper_id"]
    assert target_of(tables["events"], tables["events"].c.undoes) == "events"
    assert target_of(tables["comment_versions"], tables["comment_versions"].c.comment_id) == "comments"
    assert target_of(tables["votes"], tables["votes"].c.reader_id) == ""
    assert filled(tables["saved_searches"]) == {"seen_paper": "newest"}


# What a row may hold --------------------------------------------------------------------------------------------

GOOD = {
    "id": 1,
    "reader_id": "me",
    "at": "2026-01-01T12:00:00+01:00",
    "kind": "tag",
    "paper_id": "title:1",
    "position": None,
    "policy": "p" * 500,
    "value": "a\x00 tag",
    "undoes": None,
    "propensity": 0.5,
}


def test_a_good_row_is_cleaned() -> None:
    row = checked_row("events", "rows/events.jsonl:1", {**GOOD, "unheard_of": 1})
    assert row["at"] == "2026-01-01T11:00:00.000000+00:00"
    assert row["value"] == "a tag"
    assert len(row["policy"]) == 200
    assert "unheard_of" not in row
    assert is_known("events")
    assert not is_known("dreams")
    assert not is_known("stream_papers")


BAD: dict[str, tuple[str, dict[str, Any], str]] = {
    "kind": ("events", {**GOOD, "kind": "burn"}, "no kind of event 'burn'"),
    "time": ("events", {**GOOD, "at": "soon"}, "at is no time: 'soon'"),
    "far time": ("events", {**GOOD, "at": "0001-01-01T00:00:00+23:59"}, "at is no time"),
    "tag": ("events", {**GOOD, "value": "  "}, "a tag has 1 to 200 characters"),
    "flag": ("events", {**GOOD, "position": True}, "position cannot be 'True'"),
    "number": ("events", {**GOOD, "position": 2**60}, "position cannot be"),
    "text": ("events", {**GOOD, "value": 5}, "value cannot be '5'"),
    "none": ("events", {**GOOD, "kind": None}, "kind cannot be 'None'"),
    "share": ("events", {**GOOD, "propensity": 2.0}, "propensity cannot be '2.0'"),
    "not a number": ("events", {**GOOD, "propensity": float("nan")}, "propensity cannot be 'nan'"),
    "paper": ("events", {**GOOD, "paper_id": 7}, "paper_id cannot be '7'"),
    "no paper": ("votes", {"id": 1, "at": "2026-01-01"}, "has no paper_id"),
    "no time": ("votes", {"id": 1, "paper_id": "title:1"}, "has no at"),
    "name": ("collections", {"id": 1, "name": "", "created_at": "2026-01-01"}, "name has 1 to 200 characters"),
    "long name": ("collections", {"id": 1, "name": "n" * 201, "created_at": "2026-01-01"}, "name has 1 to 200"),
    "sections": (
        "collections",
        {"id": 1, "name": "n", "created_at": "2026-01-01", "sections": "{}"},
        "sections is not what it should be",
    ),
    "settings": ("readers", {"id": 1, "name": "me", "created_at": "2026-01-01", "settings": "[]"}, "settings is not"),
    "mute": ("mutes", {"id": 1, "kind": "all", "value": "x", "created_at": "2026-01-01"}, "kind cannot be 'all'"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_refused_by_its_place(name: str) -> None:
    table, row, message = BAD[name]
    with pytest.raises(UsageError) as refused:
        checked_row(table, f"rows/{table}.jsonl:7", row)
    assert str(refused.value).startswith(f"rows/{table}.jsonl:7: ")
    assert message in str(refused.value)


# Several lives --------------------------------------------------------------------------------------------------

DEEDS = ("save", "unsave", "up", "down", "unrate", "hide", "unhide", "open", "tag", "untag", "impression")


def live(opened: Catalogue, draw: random.Random, first: datetime, deeds: int) -> None:
    """Do something at random for a while."""
    for step in range(deeds):
        kind = draw.choice(DEEDS)
        value = draw.choice(("a", "b")) if kind in {"tag", "untag"} else ""
        at = first + timedelta(hours=step, minutes=draw.randrange(60))
        opened.readers.log(1, [Event(kind, draw.randint(1, PAPERS), value=value, at=at)])
        if draw.random() < 0.15:
            opened.readers.undo(1)


def summary(opened: Catalogue) -> tuple[Any, ...]:
    state = opened.readers.state(1)
    return state.saved, state.ratings, state.hidden, state.opened, state.tags, state.seen


@pytest.mark.parametrize("seed", range(6))
def test_any_life_comes_out_of_its_archive_as_it_was(tmp_path: Path, seed: int) -> None:
    home, away = library(tmp_path / "home.db"), library(tmp_path / "away.db")
    live(home, random.Random(seed), START, 60)
    rows = rows_of(home)
    _, done = bring(away, rows)
    assert (done.lost, done.known) == (0, 0)
    assert rows_of(away) == rows
    assert summary(away) == summary(home)
    assert not list(away.check())
    _, again = bring(away, rows)
    assert (again.added, again.known) == ({}, len(rows["events"]))
    assert rows_of(away) == rows
    for one in (home, away):
        one.close()


@pytest.mark.parametrize("seed", range(6))
def test_two_lives_sum_up_by_their_times_and_can_be_parted_again(tmp_path: Path, seed: int) -> None:
    """Home happens before or after or among what happened away: the archive's order of arrival decides nothing."""
    draw = random.Random(seed)
    home, away, both = (library(tmp_path / f"{name}.db") for name in ("home", "away", "both"))
    live(home, draw, START, 25)
    live(away, draw, START + timedelta(hours=draw.randrange(-40, 40)), 25)
    before = rows_of(away), summary(away)
    import_id, _ = bring(away, rows_of(home))
    assert not list(away.check())
    saved = away.readers.state(1).saved
    for paper in range(1, PAPERS + 1):
        logs = [one for one in away.readers.whole_log(1) if one.paper_id == paper and one.policy != "bridge"]
        undone = {one.undoes for one in logs}
        deeds = [one for one in logs if one.kind in {"save", "unsave"} and one.undoes is None and one.id not in undone]
        last = max(deeds, key=lambda one: (one.at, one.id), default=None)
        assert (paper in saved) == (last is not None and last.kind == "save")
    assert away.harvest.undo_import(import_id).rows > 0
    assert not list(away.check())
    kept = [row for row in rows_of(away)["events"] if row["policy"] != "bridge"]
    assert kept == before[0]["events"]
    assert summary(away)[:3] == before[1][:3]
    for one in (home, away, both):
        one.close()


def test_what_is_already_there_stays_as_it_is(catalogue: Catalogue, tmp_path: Path) -> None:
    home = library(tmp_path / "home.db")
    for opened in (home, catalogue):
        opened.readers.create_collection(1, "Both")
    home.readers.create_collection(1, "Theirs")
    home.readers.add_to_collection(1, "Both", 1)
    catalogue.readers.add_to_collection(1, "Both", 2)
    home.readers.searches.add(1, "s", {"q": "theirs"}, 3)
    catalogue.readers.searches.add(1, "s", {"q": "mine"}, 4)
    import_id, done = bring(catalogue, rows_of(home))
    assert done.counts == {"collections": 1, "collection_papers": 1}
    assert catalogue.readers.collections(1).keys() == {"Both", "Theirs"}
    assert set(catalogue.readers.collections(1)["Both"]) == {1, 2}
    assert catalogue.readers.searches.all(1)[0].search == {"q": "mine"}
    catalogue.readers.add_to_collection(1, "Theirs", 3)  # of the reader's own, since
    assert catalogue.harvest.undo_import(import_id).rows == 1
    assert set(catalogue.readers.collections(1)["Both"]) == {2}
    assert catalogue.readers.collections(1)["Theirs"] == (3,)  # something of the reader's hangs on it
    assert catalogue.community.exchange.brought_by(import_id) is None
    home.close()


def test_rows_about_what_is_not_here_are_left_out_and_counted(catalogue: Catalogue) -> None:
    rows: dict[str, list[dict[str, Any]]] = {
        "events": [{**GOOD, "kind": "save", "value": "", "paper_id": "gone:9"}],
        "votes": [{"id": 1, "reader_id": "me", "paper_id": "gone:9", "at": "2026-01-01"}],
        "collection_papers": [{"collection_id": 5, "paper_id": "title:1", "added_at": "2026-01-01"}],
        "alerts": [
            {
                **{"id": 1, "reader_id": "me", "kind": "search", "target": "99", "name": "n", "near": 0, "mail": "no"},
                **{"hook_shape": "", "created_at": "2026-01-01", "paused_at": None, "trouble": ""},
            }
        ],
    }
    _, done = bring(catalogue, rows)
    assert (done.lost, done.added) == (4, {})
    assert catalogue.readers.whole_log(1) == []


def test_nothing_is_done_when_one_row_cannot_be(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    from broadsheet.catalogue.takeout import taking_in

    def broken(*arguments: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(taking_in, "settle", broken)
    rows = {"collections": [{"id": 1, "reader_id": "me", "name": "New", "created_at": "2026-01-01"}]}
    with pytest.raises(OSError, match="the disk is gone"):
        bring(catalogue, {**rows, "events": [{**GOOD, "kind": "save", "value": ""}]})
    assert catalogue.readers.collections(1) == {}
    assert catalogue.readers.whole_log(1) == []


def test_the_papers_that_rows_name(catalogue: Catalogue) -> None:
    catalogue.readers.log(1, [Event("save", 2), Event("open", 3)])
    catalogue.readers.create_collection(1, "c")
    catalogue.readers.add_to_collection(1, "c", 4)
    assert papers_in(catalogue.community.belongings.all(1)) == [2, 3, 4]
    catalogue.papers.delete(3)
    rows = rows_of(catalogue)
    assert [row["paper_id"] for row in rows["events"]] == ["title:2", "title:3"]
