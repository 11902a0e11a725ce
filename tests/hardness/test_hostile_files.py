"""Files made to exhaust a reader: they are read, put aside or refused by name, and what stands beside them is kept.

The sizes are such that work that grows with their square would take hours.
"""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.errors import SourceError
from broadsheet.pipeline.records import IngestReport

MANY = 200_000
NEXT = '{"title":"The next record of rivers","year":2001}\n'


def add(folder: Path, name: str, data: str | bytes) -> IngestReport:
    """What became of a file."""
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    with broadsheet.open(folder / "library") as library:
        return library.add(folder / name)


def packed(folder: Path) -> bytes:
    """A hundred megabytes of nothing in a hundred kilobytes."""
    with zipfile.ZipFile(folder / "packed", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.bib", b"0" * 100_000_000)
    return (folder / "packed").read_bytes()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("packed.bib", None, "is packed (zip)"),
        ("broken.parquet", b"PAR1" + bytes(5000) + b"PAR1", "is not a readable Parquet file"),
        ("noise.ris", random.Random(0).randbytes(100_000), "no record starts"),
        ("empty.bib", b"", "is empty"),
        ("empty.jsonl", b"", "is empty"),
    ],
)  # row 14
def test_what_is_no_file_of_its_format_is_refused_by_name(
    tmp_path: Path, name: str, data: bytes | None, reason: str
) -> None:
    with pytest.raises(SourceError, match=name) as raised:
        add(tmp_path, name, packed(tmp_path) if data is None else data)
    assert reason in str(raised.value)


def test_wide_letters_are_read(tmp_path: Path) -> None:  # row 14
    report = add(tmp_path, "wide.bib", "@article{a,title={Wide letters of rivers},year=2001}".encode("utf-16"))
    assert (report.added, report.quarantined) == (1, 0)


@pytest.mark.parametrize(
    "record",
    [
        lambda: '{"title":"' + "a" * 10_000_000 + '"}\n',
        lambda: '{"title":"x","abstract":"' + "b " * 25_000_000 + '"}\n',
        lambda: '{"title":"x","authors":[' + ",".join(f'"A{n} B"' for n in range(1_000_000)) + "]}\n",
    ],
    ids=["title", "abstract", "authors"],
)  # row 15
def test_a_giant_record_is_put_aside_and_the_next_is_kept(tmp_path: Path, record: object) -> None:
    assert callable(record)
    report = add(tmp_path, "giant.jsonl", record() + NEXT)
    assert (report.read, report.added, report.quarantined) == (2, 1, 1)


def test_a_title_of_megabytes_is_cut_and_the_rest_is_kept_aside(tmp_path: Path) -> None:  # row 16
    title = "word " * 1_300_000
    report = add(tmp_path, "title.jsonl", json.dumps({"title": title}))
    with broadsheet.open(tmp_path / "library") as library:
        [paper] = [stored.paper for stored in library.papers(list(report.paper_ids))]
    assert len(paper.title) == 16_000
    assert paper.extra


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("many.ris", "TY  - JOUR\nTI  - River {0} of the north {1}\nAU  - Blau, Dan\nPY  - 2001\nER  - \n"),
        ("many.bib", "@article{{k{0},title={{River {0} of the north {1}}},author={{Dan Blau}},year=2001}}\n"),
        ("many.nbib", "PMID- {1}\nTI  - River {0} of the north {1}\nFAU - Blau, Dan\nDP  - 2001\n\n"),
        ("many.ciw", "PT J\nAU Blau, D\nTI River {0} of the north {1}\nPY 2001\nER\n\n"),
    ],
)  # row 17
def test_thousands_of_near_equal_records_are_read(tmp_path: Path, name: str, record: str) -> None:
    head = "FN Clarivate Analytics Web of Science\nVR 1.0\n" if name.endswith("ciw") else ""
    report = add(tmp_path, name, head + "".join(record.format(n, n * 7 + 1) for n in range(3000)))
    assert (report.added, report.quarantined) == (3000, 0)


def test_a_record_of_many_lines_is_one(tmp_path: Path) -> None:  # row 17
    report = add(tmp_path, "long.ris", "TY  - JOUR\nTI  - One\nAB  - a\n" + "going on\n" * 300_000 + "ER  - \n")
    assert (report.added, report.quarantined) == (1, 0)


VALUES = {
    "braces": "{" * MANY + "}" * MANY,
    "open braces": "{" * MANY,
    "dollars": "$" * MANY,
    "formulas": "$a" * MANY,
    "accents": "\\'" * MANY,
    "nested accents": "{\\'{" * (MANY // 2) + "}}" * (MANY // 2),
    "at signs": "@" * MANY,
    "spaces": "a" + " " * MANY + "b",
    "backslashes": "\\" * MANY,
    "ands": " and " * MANY,
    "hyphens": "-" * MANY,
    "tags": "<" * MANY,
    "entities": "&#x" * MANY,
    "lines": "\n" * MANY,
    "withdrawals": "(withdrawn " * MANY,
}


@pytest.mark.parametrize("value", VALUES)  # row 18
def test_signs_by_the_thousand_do_not_hold_up_a_reader(tmp_path: Path, value: str) -> None:
    entry = f"@article{{a,title={{{VALUES[value]}}},author={{Dan Blau}},note={{{VALUES[value]}}},year=2001}}\n"
    report = add(tmp_path, "signs.bib", entry)
    assert report.added + report.quarantined >= 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("strings.bib", None),
        ("names.bib", "@article{a,title={x y z},author={" + ", ".join(["A B"] * 50_000) + "},year=2001}"),
        ("ends.ris", "TY  - JOUR\nTI  - " + "ER - " * 100_000 + "\nER  - \n"),
        ("marks.nbib", "PMID- 1\nTI  - " + "[(" * MANY + "\n"),
        ("marks.ciw", "FN x Clarivate\nVR 1.0\nPT J\nTI " + "[a; " * 100_000 + "\nC1 " + "[a; " * 100_000 + "\nER\n"),
        (
            "withdrawn.jsonl",
            json.dumps({"title": "(withdrawn " * 99_999, "comments": "this paper " * 99_999, "abstract": "a" * 99_999}),
        ),
    ],
)  # row 18
def test_shapes_that_expressions_go_back_over_are_read(tmp_path: Path, name: str, text: str | None) -> None:
    doubled = "".join(f"@string{{s{n} = s{n - 1} # s{n - 1}}}\n" for n in range(2, 40))
    bomb = '@string{s1 = "aaaaaaaaaa"}\n' + doubled + "@article{a,title=s39,year=2001}"
    report = add(tmp_path, name, bomb if text is None else text)
    assert report.added + report.quarantined >= 1
    with broadsheet.open(tmp_path / "library") as library:
        assert library.feed("me").reader == "me"


YEARS = ("13", "1", "9999", "0", "-5", "NaN", "1e999", "10" * 2500, "MMXX", "2020-13-45")


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("dates.jsonl", '{{"title":"Date case number {0} of rivers","year":"{1}","submitted":"{1}"}}\n'),
        ("dates.bib", "@article{{k{0},title={{Date case number {0} of rivers}},year={{{1}}},date={{{1}-13-77}}}}\n"),
        ("dates.ris", "TY  - JOUR\nTI  - Date case number {0} of rivers\nPY  - {1}\nDA  - {1}/13/99\nER  - \n"),
        ("dates.nbib", "PMID- 1{0}\nTI  - Date case number {0} of rivers\nDP  - {1} Xyz 99\n\n"),
    ],
)  # row 29
def test_dates_that_are_none_cost_no_record(tmp_path: Path, name: str, record: str) -> None:
    report = add(tmp_path, name, "".join(record.format(n, year) for n, year in enumerate(YEARS)))
    assert (report.added, report.quarantined) == (len(YEARS), 0)
    with broadsheet.open(tmp_path / "library") as library:
        papers = [stored.paper for stored in library.papers(list(report.paper_ids))]
    assert {paper.year for paper in papers} <= {None, 1, 13, 2020, 9999}
    assert all(paper.date is None or 1 <= paper.date.year <= 9999 for paper in papers)
