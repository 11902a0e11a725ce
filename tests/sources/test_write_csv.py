"""CSV for spreadsheets: RFC 4180, and no cell that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pytest

from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.sources.export import WRITERS, write_csv, write_json, write_jsonl
from broadsheet.sources.files.detect import sniff
from broadsheet.sources.files.write_csv import COLUMNS
from tests.sources.written import READERS

PAPER = Paper(
    title='Tides, "neap" and spring',
    abstract="Two\nlines.",
    authors=(Person("Ada Lee"), Person("Jörg Boje")),
    ids=Identifiers(arxiv="2601.00001", doi="10.5555/tide", pmid="77"),
    year=2026,
    venue="Tidal Letters",
    keywords=("tide", "moon"),
    submitted=date(2026, 1, 5),
    citations=3,
    urls=("javascript:alert(1)", "https://example.org/tide"),
)


def _rows(*papers: Paper) -> list[dict[str, str]]:
    text = "".join(write_csv(papers))
    assert text.startswith("\ufeff")
    assert text.count("\r\n") == len(papers) + 1
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_paper_is_one_line() -> None:
    assert _rows() == []
    [row] = _rows(PAPER)
    assert row == {
        "key": "lee2026tides",
        "title": 'Tides, "neap" and spring',
        "authors": "Ada Lee; Jörg Boje",
        "year": "2026",
        "date": "2026-01-05",
        "venue": "Tidal Letters",
        "kind": "",
        "doi": "10.5555/tide",
        "arxiv": "2601.00001",
        "identifiers": "pmid:77",
        "url": "https://example.org/tide",
        "pdf": "",
        "citations": "3",
        "keywords": "tide; moon",
        "abstract": "Two lines.",
    }
    assert tuple(row) == COLUMNS


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-2", "@SUM(A1)", '=HYPERLINK("http://x","y")', " =1", "\t=1", "=cmd|' /C x'!A0"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    [row] = _rows(Paper(title=text, venue=text, abstract=text, keywords=(text,), authors=(Person(text),)))
    for value in row.values():
        assert not value.startswith(("=", "+", "-", "@", "\t", "\r")), value
    assert row["title"] == "'" + text.strip()


def test_csv_alone_is_not_read_again() -> None:
    assert WRITERS.keys() - READERS.keys() == {"csv"}
    assert READERS.keys() <= WRITERS.keys()
    for papers in ((), (PAPER,)):  # to add one is refused, rather than adds papers that lack what CSV has no place for
        assert sniff("".join(write_csv(papers)).encode()) is None


def test_json_is_a_list_of_the_lines_of_json_lines() -> None:
    for papers in ((), (PAPER,), (PAPER, PAPER)):
        lines = [json.loads(line) for line in write_jsonl(papers)]
        assert json.loads("".join(write_json(papers))) == lines
