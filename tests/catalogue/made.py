"""Invented records."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from broadsheet.catalogue.database import Database
from broadsheet.catalogue.migrations import APPLICATION_ID, upgrade
from broadsheet.kit.paper import Identifiers, Paper, Person, Record


def record(
    title: str = "Learning to rank with very few clicks",
    source: str = "jsonl:a.jsonl",
    source_id: str = "",
    authors: tuple[str, ...] = ("Ada Example", "Bo Sample"),
    **fields: Any,
) -> Record:
    """A record; identifiers are given by scheme, other fields of the paper by name."""
    ids = {scheme: fields.pop(scheme) for scheme in Identifiers.__dataclass_fields__ if scheme in fields}
    people = tuple(Person(name) for name in authors)
    return Record(Paper(title, authors=people, ids=Identifiers(**ids), **fields), source, source_id, f"{source}:1")


# Two papers, and a record that shows them to be one.
X, D = "2401.00001", "10.1145/1"
PREPRINT = record("Learning to rank with few clicks", "arxiv", X, arxiv=X, abstract="What arXiv says.", version=2)
ARTICLE = record("Ranking, learned from clicks", "crossref", D, doi=D, venue="SIGIR", year=2024, authors=("B. Sample",))
BOTH = record("Learning to rank", "openalex", "W12345", arxiv=X, doi=D, openalex="W12345", citations=7)


def older(path: Path, version: int) -> None:
    """A catalogue as an earlier version left it."""
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript((Path(__file__).parent / "version_1.sql").read_text(encoding="utf-8"))
        raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        raw.execute("PRAGMA user_version = 1")
    database = Database(path)
    upgrade(database, create=False, target=version)
    database.close()
