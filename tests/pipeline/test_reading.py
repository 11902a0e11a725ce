"""A large file read by a second process: the same library, byte for byte, as read by this one alone."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broadsheet.kit import second_process
from broadsheet.kit.errors import LibraryError, SourceError
from broadsheet.pipeline.index import segments
from broadsheet.pipeline.ingest import reading
from broadsheet.pipeline.library import open_library
from broadsheet.pipeline.records import IngestReport

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEARTS = "Counting the imaginary hearts of invented squids"


def lines() -> Iterator[str]:
    """Papers, one of them twice, one under another title, with three that cannot be read among them."""
    for number in range(700):
        names = [f"Ada Squid{number % 7}", f"Jörg Sträßer {number}"]
        title = f"Paper {number} on how nobody counts squids of the {number}th kind"
        yield json.dumps({"id": f"s{number}", "title": title, "abstract": f"Hearts. {number}", "authors": names})
        if number in (3, 251, 600):
            yield f'{{"id": "broken{number}", "authors": []}}'
    for number in (5, 6):
        yield json.dumps({"id": f"t{number}", "title": HEARTS, "authors": ["Ada Squid"], "year": 2020 + number % 2})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "squids.jsonl"
    path.write_text("\n".join(lines()) + "\n", encoding="utf-8")
    return path


def use_second(monkeypatch: pytest.MonkeyPatch, *, wished: bool) -> None:
    monkeypatch.setattr(reading, "LARGE", 1)
    monkeypatch.setattr(segments, "MANY", 1)
    monkeypatch.setattr(second_process, "available", lambda: wished)


def built(folder: Path, file: Path) -> tuple[IngestReport, dict[str, list[tuple[object, ...]]], dict[str, bytes]]:
    """(the report, all tables of the catalogue, all files of the index) of a library with the file's papers."""
    with open_library(folder, clock=lambda: NOW) as library:
        documents = library.catalogue.papers.documents
        library.catalogue.papers.documents = lambda **wanted: documents(**wanted, batch=150)  # type: ignore[method-assign]
        report = library.add(file)
    with closing(sqlite3.connect(folder / "catalogue.db")) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names if name != "meta"}
    index = {path.name.split("-")[0] + path.name[-14:]: path for path in (folder / "indexes").glob("segment-*.bin")}
    return report, tables, {path.name.partition(".")[2]: path.read_bytes() for path in index.values()}


def test_two_processes_make_the_library_that_one_makes(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for wished in (False, True):
        use_second(monkeypatch, wished=wished)
        results.append(built(tmp_path / str(wished), file))
    (alone, tables, index), (both, tables_of_both, index_of_both) = results
    assert (alone.read, alone.added, alone.merged, alone.quarantined) == (705, 701, 1, 3)
    names = ("read", "added", "merged", "quarantined", "messages", "notes", "paper_ids")
    assert [getattr(both, name) for name in names] == [getattr(alone, name) for name in names]
    assert tables_of_both == tables
    assert len(tables["quarantine"]) == 3
    assert index_of_both == index
    assert {"columns.bin", "postings.bin", "codes.bin"} <= set(index)


def test_a_killed_indexer_is_one_error_and_the_next_search_builds_the_index(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = second_process.SecondProcess

    def killed(*arguments: Any) -> second_process.SecondProcess:
        one = start(*arguments)
        os.kill(one.number, signal.SIGKILL)
        return one

    monkeypatch.setattr(segments, "MANY", 1)
    monkeypatch.setattr(segments, "SecondProcess", killed)
    monkeypatch.setattr(second_process, "available", lambda: True)
    with open_library(tmp_path / "library", clock=lambda: NOW) as library:
        with pytest.raises(LibraryError, match="second process"):
            library.add(file)
        assert library.stats().papers == 701
        assert [path.suffix for path in (tmp_path / "library" / "indexes").glob("segment-*")] == []
        monkeypatch.setattr(segments, "SecondProcess", start)
        assert len(library.search("squids", k=3).results) == 3


def test_a_file_that_breaks_off_keeps_what_came_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "missing.jsonl"
    for wished in (False, True):
        use_second(monkeypatch, wished=wished)
        with reading.prepare_file(missing) as items, pytest.raises(SourceError, match="no such file"):
            next(items)


def test_no_second_process_for_a_small_file_or_on_one_core(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(reading, "SecondProcess", refuse)
    with reading.prepare_file(file) as items:
        assert len(list(items)) == 705
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    monkeypatch.setattr(reading, "LARGE", 1)
    with reading.prepare_file(file) as items:
        assert len(list(items)) == 705


def test_a_killed_reader_is_one_error_and_leaves_whole_batches(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[second_process.SecondProcess] = []
    start = second_process.SecondProcess

    def noted(*arguments: Any) -> second_process.SecondProcess:
        started.append(start(*arguments))
        os.kill(started[0].number, signal.SIGKILL)
        return started[0]

    monkeypatch.setattr(reading, "LARGE", 1)
    monkeypatch.setattr(second_process, "available", lambda: True)
    monkeypatch.setattr(reading, "SecondProcess", noted)
    with open_library(tmp_path / "library", clock=lambda: NOW) as library:
        with pytest.raises(LibraryError, match="second process"):
            library.add(file)
        assert library.stats().papers == 0
        monkeypatch.setattr(reading, "SecondProcess", start)
        assert library.add(file).added == 701
