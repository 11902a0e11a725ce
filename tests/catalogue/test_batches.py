"""Adding records in batches of any size does what adding them one by one does."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.catalogue import Catalogue
from broadsheet.kit.paper import Identifiers, Paper, Person, Record, Rejected
from tests.clock import ticking

RIVERS = "What the quiet rivers of the north say about the age of the stones they carry"
PEOPLE = (
    Person("Ada Lake", given="Ada", family="Lake"),
    Person("A. Lake"),
    Person("ADA LAKE"),
    Person("Ng Bo", given="Bo", family="Ng"),
    Person("Bo Ng"),
    Person("Cy Møller"),
    Person("Dee Moeller"),
)
TITLES = (
    RIVERS,
    RIVERS.replace("the age", "age"),
    RIVERS + ": Part I",
    RIVERS.replace("quiet rivers", "quietrivers"),
    "What the rivers say about the stones",
    "Deep rivers",
    "Editorial",
    "Stones, and who carries them",
)
DOI, PREPRINT_DOI = "10.1145/1", "10.48550/arXiv.2401.00001"
PAPERS = st.builds(
    Paper,
    st.sampled_from(TITLES),
    authors=st.lists(st.sampled_from(PEOPLE), max_size=3).map(tuple),
    year=st.sampled_from([None, 2019, 2020, 2024]),
    venue=st.sampled_from(["", "", "Stone Weekly", "arXiv"]),
    kind=st.sampled_from(["", "", "preprint", "thesis"]),
    ids=st.builds(
        Identifiers,
        arxiv=st.sampled_from(["", "", "2401.00001", "2401.00002"]),
        doi=st.sampled_from(["", DOI, PREPRINT_DOI, "10.1145/2"]),
        openalex=st.sampled_from(["", "", "W12345", "W12346"]),
    ),
    extra=st.sampled_from([{}, {}, {"volume": 3, "pages": "5-9"}, {"pages": "5"}, {"volume": 3}]),
    comments=st.sampled_from(["", "", "first", "second"]),
)
RECORDS = st.builds(
    Record,
    PAPERS,
    st.sampled_from(["arxiv", "crossref", "bibtex:a.bib", "ris:b.ris"]),
    st.sampled_from(["1", "2", "3", ""]),
    st.sampled_from(["row 1", "row 2"]),
)
REJECTED = st.builds(
    Rejected, st.just("bibtex:a.bib"), st.sampled_from(["row 3", "row 4"]), st.sampled_from(["a", "b"])
)
TABLES = {  # without moments, and without the log that indexes follow
    "papers": "id, title, abstract, summary, authors, venue, keywords, year, day, content",
    "source_records": "id, paper_id, source, source_id, place, content, import_id",
    "identifiers": "scheme, value, paper_id",
    "versions": "paper_id, n, content",
    "title_grams": "hash, paper_id",
    "merges": "id, paper_id, source, source_id, rule, score, undone_at IS NULL, absorbed",
    "redirects": "old_id, paper_id",
    "kept_apart": "paper_id, source, source_id",
    "quarantine": "id, source, place, reason, raw",
    "authorships a JOIN people p ON p.id = a.person_id": "paper_id, position, p.key, coalesce(a.name, p.name)",
    "sqlite_sequence WHERE name = 'papers'": "seq",
}


def held(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that the catalogue says."""
    with closing(sqlite3.connect(path)) as raw:
        return {
            table: sorted(tuple(map(plain, row)) for row in raw.execute(f"SELECT {columns} FROM {table}"))
            for table, columns in TABLES.items()
        }


def plain(value: Any) -> str:
    """A value; the order of the fields of an object does not matter."""
    if isinstance(value, str) and value.startswith("{"):
        value = json.dumps(json.loads(value), sort_keys=True)
    return repr(value)


def add(
    path: Path, before: Sequence[Record], records: Sequence[Record | Rejected], size: int
) -> tuple[list[str], list[str], dict[str, list[tuple[Any, ...]]]]:
    """The outcomes, the notes and what the catalogue holds; `before` came earlier, and its merges were undone."""
    outcomes: list[str] = []
    notes: list[str] = []
    with Catalogue.open(path, create=True, clock=ticking()) as catalogue:
        catalogue.papers.add(before)
        for merge in sorted(catalogue.papers.merges(), key=lambda one: -one.id):
            catalogue.papers.undo_merge(merge.id)
        for start in range(0, len(records), size):
            batch = records[start : start + size]
            good = [one for one in batch if isinstance(one, Record)]
            added = catalogue.papers.add(good, rejected=[one for one in batch if isinstance(one, Rejected)])
            outcomes += added.outcomes
            notes += added.notes
        assert catalogue.check() == []
    return outcomes, notes, held(path)


@settings(max_examples=20)
@given(st.lists(RECORDS, max_size=3), st.lists(RECORDS | RECORDS | RECORDS | REJECTED, min_size=2, max_size=9))
def test_batches_only_make_it_quicker(
    tmp_path_factory: pytest.TempPathFactory, before: list[Record], records: list[Record | Rejected]
) -> None:
    folder = tmp_path_factory.mktemp("batches")
    alone = add(folder / "1.db", before, records, 1)
    for size in {2, 3, 7, len(records)} - {1}:
        assert add(folder / f"{size}.db", before, records, size) == alone
