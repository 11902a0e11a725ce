"""Parquet tables: columns, batches, and files that are cut or damaged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Person, Record
from broadsheet.sources.files.parquet import ParquetSource
from tests.sources.reading import fuzz, mutations, papers, read, rejections, survives

pa = pytest.importorskip("pyarrow", reason="the extra `parquet`")
pq = pytest.importorskip("pyarrow.parquet")


def table(rows: list[dict[str, Any]], **options: Any) -> bytes:
    out = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out, **options)
    return out.getvalue()


ROW = {
    "paper_id": "x-1", "title": "First", "abstract": "Abstract.", "authors": ["Ada Example", "Bo Case"],
    "affiliations": "A; B+C",
    "affiliations_normalised": ["A"], "year": 2019, "keywords": ["k"], "tldr": "It is first.", "doi": "10.1234/X",
    "url": None, "citations": 3, "rating": 4.5, "github": None, "submitted": date(2019, 2, 3),
}  # fmt: skip
OTHER: dict[str, object] = {
    "paper_id": "x-2",
    "title": "Second",
    "authors": None,
    "keywords": [],
    "tldr": None,
    "rating": float("nan"),
}


def test_rows_become_papers() -> None:
    first, second = read(ParquetSource(), table([ROW, OTHER]), "t.parquet")
    assert isinstance(first, Record)
    assert (first.source, first.source_id, first.place) == ("parquet:t.parquet", "x-1", "t.parquet:row 1")
    paper = first.paper
    assert paper.authors == (Person("Ada Example", affiliations=("A",)), Person("Bo Case", affiliations=("B", "C")))
    assert (paper.ids, paper.year, paper.citations) == (Identifiers(doi="10.1234/x"), 2019, 3)
    assert paper.submitted == date(2019, 2, 3)
    assert paper.extra == {"affiliations_normalised": ["A"], "tldr": "It is first.", "rating": 4.5}
    assert isinstance(second, Record)
    assert (second.paper.title, second.paper.authors, second.paper.extra) == ("Second", (), {})


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
    with pytest.raises(SourceError, match=r"sample\.parquet: is not a readable Parquet file"):
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


def columns(**arrays: Any) -> bytes:
    out = BytesIO()
    pq.write_table(pa.table(arrays), out)
    return out.getvalue()


def titles(count: int) -> Any:
    return pa.array([f"Paper {n}" for n in range(1, count + 1)])


# A10: a value out of Python's range costs itself at most
@pytest.mark.parametrize(
    ("column", "kept"),
    [
        (pa.array([18000, 10_000_000, 18000], pa.int32()).cast(pa.date32()), ["2019-04-14", "29349-01-26"]),
        (
            pa.array([0, 9 * 10**15, 0], pa.timestamp("ms")),
            ["1970-01-01T00:00:00", "9000000000000000 ms since 1970-01-01"],
        ),
        (
            pa.array([0, -(2**62), 0], pa.timestamp("us", tz="UTC")),
            ["1970-01-01T00:00:00+00:00", f"-{2**62} us since 1970-01-01"],
        ),
        (
            pa.array([0, 10**9, 0], pa.int32()).cast(pa.date32()),
            ["1970-01-01", "1000000000 days since 1970-01-01"],
        ),
        (
            pa.array([[0], [1_700_000_000_123_456_789], [0]], pa.list_(pa.timestamp("ns"), 1)),
            [["1970-01-01T00:00:00"], ["2023-11-14T22:13:20.123456"]],
        ),
        (pa.array([43200, 1, 0], pa.time32("s")), ["12:00:00", "00:00:01"]),
        (pa.array([43_200_000_000_000, 1, 0], pa.time64("ns")), ["12:00:00", "00:00:00"]),
        (pa.array([90, 10**15, 0], pa.duration("s")), ["0:01:30", "1000000000000000"]),
        (
            pa.array([[{"at": 0}], [{"at": 9 * 10**15}], []], pa.list_(pa.struct([("at", pa.timestamp("ms"))]))),
            [[{"at": "1970-01-01T00:00:00"}], [{"at": "9000000000000000 ms since 1970-01-01"}]],
        ),
    ],
)
def test_a_value_out_of_range_costs_only_itself(column: Any, kept: list[Any]) -> None:
    items = read(ParquetSource(), columns(title=titles(3), seen=column), "t.parquet")
    assert rejections(items) == []
    assert [paper.extra.get("seen") for paper in papers(items)][:2] == kept


def test_a_date_that_is_none_leaves_the_paper_without_it() -> None:
    days = pa.array([18000, 10_000_000], pa.int32()).cast(pa.date32())
    first, second = papers(read(ParquetSource(), columns(title=titles(2), submitted=days)))
    assert (first.submitted, second.submitted) == (date(2019, 4, 14), None)
    assert second.extra == {"submitted": "29349-01-26"}


def test_nanoseconds_are_read_whether_or_not_pandas_is_there() -> None:  # A11
    at = [1_700_000_000_123_456_789, 1_700_000_000_000_000_000]
    data = columns(
        title=titles(2),
        submitted=pa.array(at, pa.timestamp("ns")),
        zoned=pa.array(at, pa.timestamp("ns", tz="+02:00")),
        took=pa.array([1_500_000_001, 0], pa.duration("ns")),
        nested=pa.array([{"at": t} for t in at], pa.struct([("at", pa.timestamp("ns"))])),
    )
    first, second = papers(read(ParquetSource(), data))
    assert (first.submitted, second.submitted) == (date(2023, 11, 14), date(2023, 11, 14))
    assert first.extra == {
        "zoned": "2023-11-15T00:13:20.123456+02:00",
        "took": "0:00:01.500000",
        "nested": {"at": "2023-11-14T22:13:20.123456"},
    }


def test_old_sparks_times_are_read_beyond_the_range_of_nanoseconds() -> None:
    out = BytesIO()
    pq.write_table(
        pa.table({"title": titles(1), "submitted": pa.array([-(10**10)], pa.timestamp("s"))}),
        out,
        use_deprecated_int96_timestamps=True,
    )
    (paper,) = papers(read(ParquetSource(), out.getvalue()))
    assert paper.submitted == date(1653, 2, 10)


def test_an_unknown_time_zone_is_taken_as_utc() -> None:
    at = pa.array([1_700_000_000, None], pa.timestamp("s", tz="Mars/Olympus"))
    first, second = papers(read(ParquetSource(), columns(title=titles(2), updated=at)))
    assert (first.updated, second.updated) == (date(2023, 11, 14), None)


@pytest.mark.parametrize(
    "kind", [pa.binary(), pa.large_binary(), pa.dictionary(pa.int32(), pa.binary()), pa.binary_view()], ids=str
)
def test_bytes_without_a_text_mark_are_text(kind: Any) -> None:  # A12
    words = pa.array([b"Bytes without a text mark", "Größe als Bytes".encode(), "Größe in Latin-1".encode("cp1252")])
    names = pa.array([[b"Ann Other"], ["Zoë Stein".encode()], []], pa.list_(pa.binary()))
    data = columns(
        title=words.cast(kind) if not pa.types.is_dictionary(kind) else words.dictionary_encode(), authors=names
    )
    first, second, third = papers(read(ParquetSource(), data))
    assert [p.title for p in (first, second, third)] == [
        "Bytes without a text mark",
        "Größe als Bytes",
        "Größe in Latin-1",
    ]
    assert (first.authors, second.authors) == ((Person("Ann Other"),), (Person("Zoë Stein"),))


def test_bytes_that_are_no_text_are_kept_as_digits_or_not_at_all() -> None:
    data = columns(
        title=titles(1), digest=pa.array([bytes(range(16))]), picture=pa.array([b"\x89PNG\r\n\x1a\n\0" * 50])
    )
    (paper,) = papers(read(ParquetSource(), data))
    assert paper.extra == {"digest": "000102030405060708090a0b0c0d0e0f"}


def test_text_that_is_no_utf8_costs_only_its_letters() -> None:
    damaged = pa.StringArray.from_buffers(
        2, pa.py_buffer(b"\0\0\0\0\x05\0\0\0\x0a\0\0\0"), pa.py_buffer("Größe".encode("cp1252") + b"whole")
    )
    assert [p.title for p in papers(read(ParquetSource(), columns(title=damaged)))] == ["Größe", "whole"]


def test_numbers_of_every_kind() -> None:
    data = columns(
        title=titles(1), year=pa.array([Decimal("2021.00")]), citations=pa.array([7], pa.uint64()),
        arxiv_id=pa.array([Decimal("2301.10000")]), half=pa.array([1.5], pa.float16()), pmid=pa.array([8906788.0]),
        price=pa.array([Decimal("2.50")]), id=pa.array([17.0]),
    )  # fmt: skip
    (item,) = read(ParquetSource(), data)
    assert isinstance(item, Record)
    assert (item.source_id, item.paper.year, item.paper.citations) == ("17", 2021, 7)
    assert item.paper.ids == Identifiers(arxiv="2301.10000", pmid="8906788")
    assert item.paper.extra == {"half": 1.5, "price": 2.5}


def test_authors_as_lists_of_objects_and_of_name_parts() -> None:
    objects = pa.array([[{"name": "Ann Other", "affiliations": ["Uni of X"]}]])
    parts = pa.array([[["Smith", "John", ""], ["Doe", "Kim", "Jr."]]])
    (first,) = papers(read(ParquetSource(), columns(title=titles(1), authors=objects)))
    (second,) = papers(read(ParquetSource(), columns(title=titles(1), authors=parts)))
    assert first.authors == (Person("Ann Other", affiliations=("Uni of X",)),)
    assert [(one.given, one.family) for one in second.authors] == [("John", "Smith"), ("Kim", "Doe")]


def test_pandas_row_numbers_are_no_field() -> None:
    data = columns(title=titles(1), __index_level_0__=pa.array([7]), Venue=pa.array(["ICR"]))
    (paper,) = papers(read(ParquetSource(), data))
    assert (paper.venue, paper.extra) == ("ICR", {})


def test_a_damaged_column_costs_only_itself() -> None:
    rows = [{"title": f"Paper {n}", "note": f"{n} " + "x" * 50} for n in range(3000)]
    data = bytearray(table(rows, row_group_size=1000, use_dictionary=False, compression="zstd"))
    start = pq.ParquetFile(BytesIO(bytes(data))).metadata.row_group(1).column(1).data_page_offset
    data[start + 40 : start + 400] = b"\xff" * 360
    items = read(ParquetSource(), bytes(data), "t.parquet")
    (bad,) = rejections(items)
    assert bad.place == "t.parquet:row group 2, after row 1000"
    assert bad.reason.startswith("read without note, damaged here: ")
    assert [paper.title for paper in papers(items)] == [row["title"] for row in rows]
    assert [item.place for item in items if isinstance(item, Record)] == [f"t.parquet:row {n}" for n in range(1, 3001)]
    assert sum("note" in paper.extra for paper in papers(items)) == 2000
