"""Parquet tables: columns, batches, and files that are cut or damaged."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Person, Record
from broadsheet.sources.parquet import ParquetSource
from tests.sources.reading import fuzz, mutations, papers, read, rejections, survives


def table(rows: list[dict[str, Any]], **options: Any) -> bytes:
    out = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out, **options)
    return out.getvalue()


ROW = {
    "paper_id": "x-1", "title": "First", "abstract": "Abstract.", "authors": ["Ada Example", "Bo Case"],
    "affiliations": "A; B+C",
    "affiliations_normalised": ["A"], "year": 2019, "keywords": ["k"], "tldr": "Hidden.", "doi": "10.1234/X",
    "url": None, "citations": 3, "rating": 4.5, "github": None, "submitted": date(2019, 2, 3),
}  # fmt: skip
OTHER = {"paper_id": "x-2", "title": "Second", "authors": None, "keywords": [], "tldr": None, "rating": float("nan")}


def test_rows_become_papers() -> None:
    first, second = read(ParquetSource(), table([ROW, OTHER]), "t.parquet")
    assert isinstance(first, Record)
    assert (first.source, first.source_id, first.place) == ("parquet:t.parquet", "x-1", "t.parquet:row 1")
    paper = first.paper
    assert paper.authors == (Person("Ada Example", affiliations=("A",)), Person("Bo Case", affiliations=("B", "C")))
    assert (paper.ids, paper.year, paper.citations) == (Identifiers(doi="10.1234/x"), 2019, 3)
    assert paper.submitted == date(2019, 2, 3)
    assert paper.extra == {"affiliations_normalised": ["A"], "rating": 4.5}
    assert isinstance(second, Record)
    assert (second.paper.title, second.paper.authors, second.paper.extra) == ("Second", (), {})
    assert "Hidden." not in repr([first, second])


def test_many_batches_and_row_groups_keep_their_row_numbers() -> None:
    rows = [{"title": f"Paper {n}" if n != 4321 else "", "authors": [f"A {n}"]} for n in range(1, 6001)]
    items = read(ParquetSource(), table(rows, row_group_size=2500), "t.parquet")
    (bad,) = rejections(items)
    assert bad.place == "t.parquet:row 4321"
    assert [paper.authors[0].name for paper in papers(items)] == [f"A {n}" for n in range(1, 6001) if n != 4321]


def test_damaged_row_group_costs_only_itself() -> None:
    rows = [{"title": f"Paper {n} " + "x" * 50} for n in range(3000)]
    data = bytearray(table(rows, row_group_size=1000, use_dictionary=False, compression="zstd"))
    middle = pq.ParquetFile(BytesIO(bytes(data))).metadata.row_group(1).column(0)
    start = middle.data_page_offset
    data[start + 40 : start + 400] = b"\xff" * 360
    items = read(ParquetSource(), bytes(data), "t.parquet")
    (bad,) = rejections(items)
    assert bad.place.startswith("t.parquet:row group 2, after row ")
    titles = [paper.title for paper in papers(items)]
    assert titles[:1000] + titles[-1000:] == [row["title"].strip() for row in rows[:1000] + rows[-1000:]]


@pytest.mark.parametrize("data", [b"", b"PAR1", table([ROW])[:-6], b"no table at all"])
def test_unreadable_files_are_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"sample\.parquet: is no readable Parquet file"):
        read(ParquetSource(), data)


def test_missing_file_and_missing_title(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        list(ParquetSource().read(tmp_path / "none.parquet"))
    with pytest.raises(SourceError, match=r"no column `title` \(it has name\)"):
        read(ParquetSource(), table([{"name": "x"}]))


@settings(fuzz, max_examples=60)
@given(mutations(table([ROW, OTHER])))
def test_no_input_crashes(data: bytes) -> None:
    survives(ParquetSource(), data)
