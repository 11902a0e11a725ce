"""Web of Science's tagged files, as `.ciw` and as `savedrecs.txt`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Person, Record
from broadsheet.sources.files.detect import find_source
from broadsheet.sources.files.wos import WosSource
from tests.sources.reading import anything, fuzz, mutations, papers, read, survives

SAMPLE = """FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Other, AC
   Stone, B
AF Other, Ann C.
   Stone, Bob
CA River Grp
TI On the carriage of stones: a long title
   IN VITRO
SO JOURNAL OF RIVERS
LA English
DT Article; Proceedings Paper
CT 5th Conference on Rivers
CY JUN 03-05, 2012
CL Stone City
DE rivers; deep
   water
ID TRANSPORT
AB We study stones.
C1 [Other, Ann C.; Stone, Bob] Univ River, City, Spain.
   [Other, Ann C.] Inst Sand, City.
   [Nobody, X.] Elsewhere.
OI Stone, Bob/0000-0002-1825-0097; Nobody, X/0000-0001-5109-3700
FU River Fund [R-1]
CR Blau D, 1999, J RIVERS, V1, P1
   Green E, 2001, J RIVERS, V2, P2, DOI 10.1234/x
TC 17
PU RIVER PRESS
PI OXFORD
SN 0001-0001
EI 1234-567X
JI J. Rivers
PD SEP-OCT
PY 2013
VL 57
IS 2
BP 422
EP 448
AR e12
DI 10.1234/wos.1
UT WOS:000324300000012
PM 24034240
ER

PT B
BA Rock, C
TI A book
BN 978-3-16-148410-0
PY 2001
ER

EF
"""


def test_records() -> None:
    first, second = read(WosSource(), SAMPLE, "z.ciw")
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.source, first.source_id, first.place) == ("wos:z.ciw", "WOS:000324300000012", "z.ciw:3")
    paper = first.paper
    assert paper.title == "On the carriage of stones: a long title IN VITRO"
    assert paper.authors == (
        Person("Ann C. Other", "Ann C.", "Other", "", ("Univ River, City, Spain", "Inst Sand, City")),
        Person("Bob Stone", "Bob", "Stone", "0000-0002-1825-0097", ("Univ River, City, Spain",)),
        Person("River Grp", is_group=True),
    )
    assert paper.ids == Identifiers(doi="10.1234/wos.1", pmid="24034240")
    assert (paper.year, paper.venue, paper.kind, paper.citations) == (2013, "JOURNAL OF RIVERS", "article", 17)
    assert (paper.keywords, paper.abstract) == (("rivers", "deep water", "TRANSPORT"), "We study stones.")
    assert paper.extra == {
        "accession_number": "WOS:000324300000012", "genre": ["Article", "Proceedings Paper"],
        "CR": ["Blau D, 1999, J RIVERS, V1, P1", "Green E, 2001, J RIVERS, V2, P2, DOI 10.1234/x"],
        "journal_abbreviation": "J. Rivers", "date": "2013 SEP-OCT", "pages": "422-448",
        "issn": ["0001-0001", "1234-567X"], "event": "5th Conference on Rivers", "event_date": "JUN 03-05, 2012",
        "event_place": "Stone City", "grants": "River Fund [R-1]", "publisher": "RIVER PRESS", "place": "OXFORD",
        "volume": "57", "issue": "2", "article_number": "e12", "affiliations": "[Nobody, X.] Elsewhere.",
        "OI": "Nobody, X/0000-0001-5109-3700",
    }  # fmt: skip
    assert (second.paper.title, second.paper.kind, second.paper.extra) == (
        "A book",
        "book",
        {"isbn": "978-3-16-148410-0"},
    )


def test_names_without_full_forms_and_papers_not_in_an_issue_yet() -> None:
    (paper,) = papers(read(WosSource(), "PT J\nAU Other, AC\nTI T\nEA SEP 2020\nER\n"))
    assert (paper.authors, paper.year) == ((Person("AC Other", "AC", "Other"),), 2020)


@pytest.mark.parametrize("data", [SAMPLE, SAMPLE.partition("VR 1.0\n")[2], "\ufeff" + SAMPLE])
def test_a_saved_text_is_known_by_its_content(data: str, tmp_path: Path) -> None:  # A09
    path = tmp_path / "savedrecs.txt"
    path.write_text(data, encoding="utf-8")
    source = find_source(path)
    assert isinstance(source, WosSource)
    assert len(papers(list(source.read(path)))) == 2


def test_file_without_records_is_refused() -> None:
    with pytest.raises(SourceError, match="expected Web of Science records"):
        read(WosSource(), "TI T\n")


@fuzz
@given(anything | anything.map(lambda data: b"PT J\nTI T\n" + data) | mutations(SAMPLE.encode()))
def test_no_input_crashes(data: bytes) -> None:
    survives(WosSource(), data)
