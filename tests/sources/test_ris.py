"""RIS records, tidy and untidy."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Person, Record
from broadsheet.sources.ris import RisSource
from tests.sources.reading import anything, fuzz, mutations, papers, read, rejections, survives

SAMPLE = """TY  - JOUR
ID  - ex1
TI  - An invented paper
about ranking
AU  - Example, Ada
AU  - Sample, José, Jr
AU  - Invented Consortium
PY  - 2026/03/01/
DA  - 2026/03/01
T2  - Journal of Invention
AB  - Abstract.
KW  - ranking
KW  - search
DO  - 10.1234/INV.1
AN  - arXiv:2603.01234
C1  - openalex:W123
UR  - https://doi.org/10.1234/inv.1
SP  - 1
M3  - a
M3  - b
ER  -

TY  - CONF
T1  - Second
A1  - Case, Bo
Y1  - 1999//
ER  -
"""


def test_records() -> None:
    first, second = read(RisSource(), SAMPLE, "z.ris")
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.source, first.source_id, first.place) == ("ris:z.ris", "ex1", "z.ris:1")
    paper = first.paper
    assert paper.title == "An invented paper about ranking"
    assert paper.authors == (
        Person("Ada Example", "Ada", "Example"),
        Person("José Sample Jr", "José", "Sample", suffix="Jr"),
        Person("Invented Consortium"),
    )
    assert (paper.year, paper.submitted, paper.venue) == (2026, date(2026, 3, 1), "Journal of Invention")
    assert paper.ids == Identifiers(arxiv="2603.01234", doi="10.1234/inv.1", openalex="W123")
    assert (paper.abstract, paper.keywords, paper.kind) == ("Abstract.", ("ranking", "search"), "article")
    assert paper.extra == {"SP": "1", "M3": ["a", "b"]}
    assert (second.place, second.paper.title, second.paper.year) == ("z.ris:23", "Second", 1999)
    assert second.paper.authors == (Person("Bo Case", "Bo", "Case"),)
    assert second.paper.kind == "inproceedings"


def test_loose_spacing_missing_end_and_words_before() -> None:
    data = "\ufeffExported today\r\nTY - JOUR\r\nTI -  One\r\nTY  - JOUR\r\nTI  - Two\r\nER  - \r\nstray\r\n"
    assert [paper.title for paper in papers(read(RisSource(), data))] == ["One", "Two"]


def test_truncated_and_untitled_records_are_quarantined() -> None:
    items = read(RisSource(), "TY  - JOUR\nAU  - X\nER  - \n" + SAMPLE[: SAMPLE.index("DO  -")], "z.ris")
    untitled, cut = rejections(items)
    assert (untitled.place, untitled.reason) == ("z.ris:1", "the record has no title (TI or T1)")
    assert cut.place == "z.ris:4"
    assert "the file ends inside this record" in cut.reason
    assert cut.raw.startswith("TY  - JOUR\nID  - ex1")


@pytest.mark.parametrize("data", ["", "TI  - no start\nER  - \n"])
def test_file_without_records_is_refused(data: str) -> None:
    with pytest.raises(SourceError, match="expected RIS records"):
        read(RisSource(), data)


@fuzz
@given(anything | anything.map(lambda data: b"TY  - JOUR\n" + data) | mutations(SAMPLE.encode()))
def test_no_input_crashes(data: bytes) -> None:
    survives(RisSource(), data)
