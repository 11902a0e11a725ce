"""JSON lines in all three shapes, and the limits on what a line may be."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.sources.files import json_values
from broadsheet.sources.files.json_source import JsonSource
from tests.sources.reading import anything, fuzz, mutations, papers, read, rejections, survives

TABLE = {
    "paper_id": "inv2026-1", "title": "An  invented\npaper", "abstract": "About ranking.",
    "authors": ["Ada Example", "José Sample"], "affiliations": "Acme + Uni of X; Uni of Y", "venue": "inv",
    "year": "2026", "keywords": ["ranking", ""], "url": "https://openreview.net/forum?id=aB3_-xYz",
    "pdf": "javascript:alert(1)",
    "doi": "https://doi.org/10.1234/ABC.", "arxiv": "arXiv:2603.01234v2", "citations": 7.0,
    "tldr": "It ranks.", "github": "https://github.com/x/y", "rating": None,
    "session": "", "primary_area": "IR",
    "countries": ["A", "B"],
}  # fmt: skip
SNAPSHOT = {
    "id": "0704.0001", "submitter": "S", "authors": "C. Bal\\'azs and E. L. Berger, Jr", "title": "Calc\n  of $p_T$",
    "comments": "37 pages", "journal-ref": "Phys.Rev.D76:013009,2007", "doi": "10.1103/PhysRevD.76.013009 10.1/second",
    "report-no": "ANL-1", "categories": "hep-ph hep-ex", "license": None, "abstract": "  Fully\n differential. ",
    "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
                 {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"}],
    "update_date": "2008-11-26", "authors_parsed": [["Bal\\'azs", "C.", ""], ["Berger", "E. L.", "Jr"]],
}  # fmt: skip


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_table_row_maps_every_column() -> None:
    (item,) = read(JsonSource(), lines(TABLE), "t.jsonl")
    assert isinstance(item, Record)
    assert (item.source, item.source_id, item.place) == ("jsonl:t.jsonl", "inv2026-1", "t.jsonl:1")
    paper = item.paper
    assert (paper.title, paper.abstract, paper.venue, paper.year) == (
        "An invented paper",
        "About ranking.",
        "inv",
        2026,
    )
    assert paper.authors == (
        Person("Ada Example", affiliations=("Acme", "Uni of X")),
        Person("José Sample", affiliations=("Uni of Y",)),
    )
    assert paper.ids == Identifiers(arxiv="2603.01234", doi="10.1234/abc", openreview="aB3_-xYz")
    assert (paper.keywords, paper.citations) == (("ranking",), 7)
    assert (paper.urls, paper.pdf_url) == (("https://openreview.net/forum?id=aB3_-xYz",), "")
    assert paper.extra == {
        "github": "https://github.com/x/y",
        "primary_area": "IR",
        "countries": ["A", "B"],
        "tldr": "It ranks.",
        "pdf": "javascript:alert(1)",  # no address of ours: kept as what it is
    }


def test_affiliations_that_do_not_match_the_authors_stay_in_extra() -> None:
    (paper,) = papers(read(JsonSource(), lines(TABLE | {"affiliations": "Only One"})))
    assert paper.authors == (Person("Ada Example"), Person("José Sample"))
    assert paper.extra["affiliations"] == "Only One"


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("Ada Example; José Sample", ["Ada Example", "José Sample"]),
        ("Example, Ada; Sample, José", ["Ada Example", "José Sample"]),
        ("Ada Example and José Sample", ["Ada Example", "José Sample"]),
        ("Ada Example, Bo Case and José Sample", ["Ada Example", "Bo Case", "José Sample"]),
        ([{"name": "Ada Example"}, {"first": "José", "last": "Sample"}, 5, None], ["Ada Example", "José Sample"]),
        (None, []),
    ],
)
def test_authors_in_every_shape(authors: object, names: list[str]) -> None:
    (paper,) = papers(read(JsonSource(), lines({"title": "T", "authors": authors})))
    assert [person.name for person in paper.authors] == names


def test_arxiv_snapshot_line() -> None:
    (item,) = read(JsonSource(), lines(SNAPSHOT))
    assert isinstance(item, Record)
    paper = item.paper
    assert (item.source_id, paper.title, paper.abstract) == ("0704.0001", "Calc of $p_T$", "Fully differential.")
    assert paper.authors == (
        Person("C. Balázs", "C.", "Balázs"),
        Person("E. L. Berger Jr", "E. L.", "Berger", suffix="Jr"),
    )
    assert paper.ids == Identifiers(arxiv="0704.0001", doi="10.1103/physrevd.76.013009")
    assert (paper.submitted, paper.updated, paper.version) == (date(2007, 4, 2), date(2007, 7, 24), 2)
    assert (paper.categories, paper.kind, paper.year) == (("hep-ph", "hep-ex"), "preprint", 2007)
    assert (paper.venue, paper.comments) == ("Phys.Rev.D76:013009,2007", "37 pages")


def test_our_own_export_is_cleaned_again() -> None:
    row = {
        "id": "slug", "title": "T\ud800\u0007x", "ids": {"arxiv": "2603.01234v3", "doi": "doi:10.1234/X"},
        "urls": ["javascript:x", "https://a.b/"], "version": 3, "is_retracted": True,
        "extra": {"rank": 1, "tldr": "It says."},
        "submitted": "2026-03-01",
    }  # fmt: skip
    (item,) = read(JsonSource(), lines(row))
    assert isinstance(item, Record)
    assert item.source_id == "slug"
    assert item.paper == Paper(
        "T\ufffdx",
        ids=Identifiers(arxiv="2603.01234", doi="10.1234/x"),
        urls=("https://a.b/",),
        version=3,
        is_retracted=True,
        submitted=date(2026, 3, 1),
        extra={"rank": 1, "tldr": "It says."},
    )


def test_bad_lines_are_quarantined_and_the_rest_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "_MAX_LINE", 5000)
    deep = '{"title": "deep", "x": ' + "[" * 100 + "]" * 100 + "}"
    data = "\n".join(
        [
            '{"title": "one"}',
            "",
            "not json",
            '{"no_title": 1}',
            "[1]",
            deep,
            '{"title": "x", "x": "' + "y" * 9000 + '"}',
            '{"title": "number", "x": ' + "9" * 4900 + "}",
            '{"title": "two"}',
            '{"title": "cut',
        ]
    )
    items = read(JsonSource(), data, "f.jsonl")
    assert [paper.title for paper in papers(items)] == ["one", "two"]
    bad = rejections(items)
    assert [item.place for item in bad] == [f"f.jsonl:{n}" for n in (3, 4, 5, 6, 7, 8, 10)]
    assert "not valid JSON at character 1" in bad[0].reason
    assert "has no title (its columns: no_title)" in bad[1].reason
    assert "not a JSON object but int" in bad[2].reason
    assert "nested more than 40 levels" in bad[3].reason
    assert "longer than" in bad[4].reason
    assert "a number is too long" in bad[5].reason
    assert "the file ends inside this record" in bad[6].reason
    assert len(bad[4].raw) == 2000


@pytest.mark.parametrize("data", ["", " \n\n", "title,year\na,b\n", "\x89PNG\r\n\x1a\n"])
def test_a_file_of_another_kind_is_refused(data: str) -> None:
    with pytest.raises(SourceError, match="expected JSON objects, each with a `title`"):
        read(JsonSource(), data)


@fuzz
@given(anything | mutations(lines(TABLE, SNAPSHOT, {"title": "x", "ids": {"doi": "10.1234/x"}}).encode()))
def test_no_bytes_crash(data: bytes) -> None:
    survives(JsonSource(), data)


any_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@fuzz
@given(st.dictionaries(st.sampled_from([*TABLE, *SNAPSHOT, "ids", "urls", "extra", "version", "submitted"]), any_value))
def test_no_types_crash(row: dict[str, object]) -> None:
    survives(JsonSource(), lines(row | {"title": "T"}).encode())
