"""PubMed's records, as `.nbib` and as the `.txt` that PubMed saves."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Person, Record
from broadsheet.sources.files.detect import find_source
from broadsheet.sources.files.medline import MedlineSource
from tests.sources.reading import anything, fuzz, mutations, papers, read, rejections, survives

SAMPLE = """
PMID- 24034240
OWN - NLM
IS  - 1234-5679 (Electronic)
IS  - 0001-0001 (Linking)
VI  - 51
IP  - 6
DP  - 2013 Oct
TI  - How rivers &amp; stones keep
      their <i>size</i>.
PG  - 422-8
LID - 10.1234/riv.1 [doi]
LID - S0001(13)1 [pii]
AB  - A river keeps its size, and how it
      AI - assisted keeps it is not known.
FAU - Other, Ann C
AU  - Other AC
AUID- ORCID: 0000-0002-1825-0097
AD  - Department of Rivers, Stone City.
AD  - Second Institute.
FAU - van der Berg, Jan
AU  - van der Berg J
CN  - River Study Group
LA  - eng
GR  - R01 GM1/GM/Fund/Country
PT  - Journal Article
PT  - Review
DEP - 20130912
TA  - Riv Res
JT  - River research
MH  - *Rivers/physiology
OT  - bed
OT  - carriage of stones over
      long ways
PMC - PMC3770000
EDAT- 2013/09/17 06:00
AID - 10.1234/riv.1 [doi]
SO  - Riv Res. 2013 Oct;51(6):422-8.

PMID- 5
DP  - 2013 Winter
TI  - [Rivers of Spain].
TT  - Rios de Espana.
AU  - Other AC
AU  - van der Berg J Jr
PT  - Retracted Publication
TA  - Riv Res
"""


def test_records() -> None:
    first, second = read(MedlineSource(), SAMPLE, "z.nbib")
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.source, first.source_id, first.place) == ("medline:z.nbib", "24034240", "z.nbib:2")
    paper = first.paper
    assert paper.title == "How rivers & stones keep their size"
    assert paper.abstract == "A river keeps its size, and how it AI - assisted keeps it is not known."
    places = ("Department of Rivers, Stone City.", "Second Institute.")
    assert paper.authors == (
        Person("Ann C Other", "Ann C", "Other", "0000-0002-1825-0097", places),
        Person("Jan van der Berg", "Jan", "van der Berg"),
        Person("River Study Group", is_group=True),
    )
    assert paper.ids == Identifiers(doi="10.1234/riv.1", pmid="24034240")
    assert (paper.year, paper.submitted, paper.venue, paper.kind) == (
        2013,
        date(2013, 9, 12),
        "River research",
        "article",
    )
    assert paper.keywords == ("bed", "carriage of stones over long ways", "Rivers/physiology")
    assert paper.language == "eng"
    assert paper.extra == {
        "genre": ["Journal Article", "Review"], "journal_abbreviation": "Riv Res", "date": "2013-10",
        "issn": ["1234-5679", "0001-0001"], "OWN": "NLM", "volume": "51", "issue": "6", "pages": "422-8",
        "grants": "R01 GM1/GM/Fund/Country", "pmcid": "PMC3770000", "EDAT": "2013/09/17 06:00",
        "LID": "S0001(13)1 [pii]", "SO": "Riv Res. 2013 Oct;51(6):422-8.",
    }  # fmt: skip
    assert (second.paper.title, second.paper.extra["original_title"]) == ("Rivers of Spain", "Rios de Espana.")
    assert [(person.family, person.given) for person in second.paper.authors] == [
        ("Other", "AC"),
        ("van der Berg", "J"),
    ]
    assert (second.paper.year, second.paper.extra["date"]) == (2013, "2013 Winter")
    assert (second.paper.is_retracted, paper.is_retracted) == (True, False)


@pytest.mark.parametrize(
    ("text", "year", "day", "kept"),
    [
        ("DP  - 2013 Sep 12", 2013, date(2013, 9, 12), None),
        ("DP  - 2013 Sep-Oct", 2013, None, "2013 Sep-Oct"),
        ("DP  - 2012 Dec-2013 Jan", 2012, None, "2012 Dec-2013 Jan"),
        ("DP  - 2013", 2013, None, None),
        ("DEP - 20130912", 2013, date(2013, 9, 12), None),
        ("EDAT- 2013/09/17 06:00", 2013, date(2013, 9, 17), None),
    ],
)
def test_dates(text: str, year: int, day: date | None, kept: str | None) -> None:
    (paper,) = papers(read(MedlineSource(), f"PMID- 1\nTI  - T.\n{text}\n"))
    assert (paper.year, paper.submitted, paper.extra.get("date")) == (year, day, kept)


def test_books_chapters_and_preprints() -> None:
    data = (
        "PMID- 1\nBTI - The Book of Rivers\nFED - Editor, Ed\nED  - Editor E\nISBN- 978-3-16-148410-0\nPT  - Book\n\n"
        "PMID- 2\nTI  - First chapter\nBTI - The Book of Rivers\nPT  - Book Chapter\n\n"
        "PMID- 3\nTI  - Early\nJT  - xRxiv\nPT  - Journal Article\nPT  - Preprint\n"
    )
    book, chapter, preprint = papers(read(MedlineSource(), data))
    assert (book.title, book.kind, book.extra["isbn"]) == ("The Book of Rivers", "book", "978-3-16-148410-0")
    assert book.extra["editors"] == [{"name": "Ed Editor", "given": "Ed", "family": "Editor"}]
    assert (chapter.venue, chapter.kind, preprint.kind) == ("The Book of Rivers", "incollection", "preprint")


def test_text_whose_indent_is_lost() -> None:
    (paper,) = papers(read(MedlineSource(), "PMID- 1\nTI  - T.\nAB  - We saw that\nEGFR- and so on\nDP  - 2013\n"))
    assert (paper.abstract, paper.year) == ("We saw that EGFR- and so on", 2013)


def test_untitled_records_are_quarantined_with_their_line() -> None:
    (lost,) = rejections(read(MedlineSource(), "\nPMID- 1\nDP  - 2013\n", "z.nbib"))
    assert (lost.place, lost.reason) == ("z.nbib:2", "the record has no title (TI or BTI)")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_saved_text_is_known_by_its_content(encoding: str, tmp_path: Path) -> None:  # A09
    path = tmp_path / "pubmed-rivers-set.txt"
    path.write_bytes(SAMPLE.encode(encoding))
    source = find_source(path)
    assert isinstance(source, MedlineSource)
    assert [paper.ids.pmid for paper in papers(list(source.read(path)))] == ["24034240", "5"]


def test_file_without_records_is_refused() -> None:
    with pytest.raises(SourceError, match="expected PubMed records"):
        read(MedlineSource(), "TI  - T\n")


@fuzz
@given(anything | anything.map(lambda data: b"PMID- 1\nTI  - T\n" + data) | mutations(SAMPLE.encode()))
def test_no_input_crashes(data: bytes) -> None:
    survives(MedlineSource(), data)
