"""RIS records, tidy and untidy."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.sources.export import write_ris
from broadsheet.sources.files.ris import RisSource
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
        Person("Invented Consortium", is_group=True),
    )
    assert (paper.year, paper.submitted, paper.venue) == (2026, date(2026, 3, 1), "Journal of Invention")
    assert paper.ids == Identifiers(arxiv="2603.01234", doi="10.1234/inv.1", openalex="W123")
    assert (paper.abstract, paper.keywords, paper.kind) == ("Abstract.", ("ranking", "search"), "article")
    assert paper.extra == {"citation_key": "ex1", "pages": "1", "genre": ["a", "b"]}
    assert (second.place, second.paper.title, second.paper.year) == ("z.ris:23", "Second", 1999)
    assert second.paper.authors == (Person("Bo Case", "Bo", "Case"),)
    assert second.paper.kind == "inproceedings"


def test_loose_spacing_missing_end_and_words_before() -> None:
    data = "\ufeffExported today\r\nTY - JOUR\r\nTI -  One\r\nTY  - JOUR\r\nTI  - Two\r\nER  - \r\nstray\r\n"
    assert [paper.title for paper in papers(read(RisSource(), data))] == ["One", "Two"]


def test_untitled_records_are_quarantined() -> None:
    items = read(RisSource(), "TY  - JOUR\nAU  - X\nER  - \n" + SAMPLE[: SAMPLE.index("DO  -")], "z.ris")
    (untitled,) = rejections(items)
    assert (untitled.place, untitled.reason) == ("z.ris:1", "the record has no title (TI or T1)")
    assert untitled.raw == "TY  - JOUR\nAU  - X"
    (kept,) = papers(items)  # the file ends inside it
    assert (kept.title, kept.keywords) == ("An invented paper about ranking", ("ranking", "search"))


def one(*lines: str, dash: str = "  - ", end: str = "ER  - ") -> Paper:
    """The one paper of a record with these fields, `TAG value` or, without tag, lines of text that go on."""
    tagged = [line[:2] + dash + line[3:] if line[2:3] == "|" else line for line in ("TY|JOUR", "TI|T", *lines)]
    (paper,) = papers(read(RisSource(), "\n".join([*tagged, end]) + "\n"))
    return paper


@pytest.mark.parametrize("dash", ["  - ", " - ", "- "])
@pytest.mark.parametrize(
    "text",
    [
        "ER- and PR-positive in half of them",  # A07
        "ER - negative ones too",
        "AI - assisted labelling won",  # A08
        "IN - VITRO it won",
        "CD - 4 and IL- 6 rose",
        "   AI - assisted, indented",
        "ER",
    ],
)
def test_wrapped_text_that_looks_like_a_tag(text: str, dash: str) -> None:
    begin = "We followed a number of patients for years and saw that"
    paper = one(f"AB|{begin}", text, "and so on.", "AU|Other, Ann", "DO|10.1234/er.1", "PY|2019", dash=dash)
    assert paper.abstract == f"{begin} {text.strip()} and so on."
    assert ([person.name for person in paper.authors], paper.ids.doi, paper.year) == (
        ["Ann Other"],
        "10.1234/er.1",
        2019,
    )
    assert paper.extra == {}


@pytest.mark.parametrize("tag", ["CT", "ST", "ED", "ET", "IS", "UR"])
@pytest.mark.parametrize(("gap", "dash"), [("  - ", " - "), ("  - ", "- "), (" - ", "- ")])
def test_known_tags_written_otherwise_inside_text(tag: str, gap: str, dash: str) -> None:
    paper = one("AB|First words of an abstract that goes on with", f"{tag}{dash}Something else.", "PY|2019", dash=gap)
    assert paper.abstract == f"First words of an abstract that goes on with {tag}{dash}Something else."
    assert paper.extra == {}


def test_a_tag_written_otherwise_behind_a_field_that_is_no_text() -> None:
    assert one("PY|2019", "AU - Other, Ann").authors == (Person("Ann Other", "Ann", "Other"),)


@pytest.mark.parametrize("end", ["ER", "ER -", "ER-", "", "ER  - \n\n"])  # A22
def test_last_record_without_a_proper_end(end: str) -> None:
    assert one("DO|10.1234/noer", "PY|2018", end=end).ids.doi == "10.1234/noer"


def test_a_bare_end_between_records() -> None:
    data = "TY  - JOUR\nTI  - One\nER\n\nTY  - JOUR\nTI  - Two\nER\nTY  - JOUR\nTI  - Three"
    assert [paper.title for paper in papers(read(RisSource(), data))] == ["One", "Two", "Three"]


@pytest.mark.parametrize(
    ("fields", "year", "text"),
    [
        (("PY|in press",), None, "in press"),
        (("PY|2018", "DA|2018/05//"), 2018, "2018-05"),
        (("PY|2018///Spring",), 2018, "Spring 2018"),
        (("PY|2018/2019",), 2018, "2018/2019"),
        (("Y1|forthcoming", "DA|n.d."), None, ["n.d.", "forthcoming"]),
        (("PY|2018", "DA|Sep-Oct"), 2018, "2018 Sep-Oct"),
        (("PY|2018//",), 2018, None),
    ],
)
def test_dates_that_name_no_day_are_kept(fields: tuple[str, ...], year: int | None, text: object) -> None:  # D01
    paper = one(*fields)
    assert (paper.year, paper.submitted, paper.extra.get("date")) == (year, None, text)


def test_a_day_without_its_year() -> None:
    assert one("PY|2018", "DA|Sep 12").submitted == date(2018, 9, 12)


@pytest.mark.parametrize(
    ("fields", "venue", "extra"),
    [
        (("JO|ARJ", "JF|Academy of River Journal"), "Academy of River Journal", {"journal_abbreviation": "ARJ"}),
        (("JO|J. Riv. Res.", "T2|Journal of River Research"), "Journal of River Research",
         {"journal_abbreviation": "J. Riv. Res."}),
        (("T2|Nat Rev Rivers", "J2|Nature Reviews Rivers"), "Nature Reviews Rivers",
         {"journal_abbreviation": "Nat Rev Rivers"}),
        (("T2|Research article", "JO|Rivers"), "Rivers", {"T2": "Research article"}),
        (("JA|J. Rivers",), "J. Rivers", {}),
    ],
)  # fmt: skip
def test_the_full_name_of_a_journal_wins(fields: tuple[str, ...], venue: str, extra: dict[str, str]) -> None:  # D05
    paper = one(*fields)
    assert (paper.venue, paper.extra) == (venue, extra)


@pytest.mark.parametrize(
    "field",
    [
        "M3|doi: 10.1234/a.b", "N1|DOI 10.1234/a.b", "L3|10.1234/a.b", "UR|doi:10.1234/a.b",
        "UR|https://doi.org/10.1234/a.b", "DO|https://dx.doi.org/10.1234/A.B",
    ],
)  # fmt: skip
def test_a_doi_wherever_it_stands(field: str) -> None:
    assert one(field).ids.doi == "10.1234/a.b"


def test_notes_files_addresses_and_keywords_are_all_kept() -> None:
    paper = one(
        "N1|first note", "N1|second note", "L1|internal-pdf://1/a.pdf", "L1|https://example.org/a.pdf",
        "UR|https://example.org/one", "https://example.org/two", "UR|ftp://example.org/three", "KW|rivers",
        "deep water", "KW|a &amp; b; c", "N2|another abstract", "AB|the abstract", "DO|not known", "AD|Univ River",
        "XY|unknown",
    )  # fmt: skip
    assert paper.comments == "first note; second note"
    assert paper.pdf_url == "https://example.org/a.pdf"
    assert paper.urls == ("https://example.org/one", "https://example.org/two")
    assert paper.keywords == ("rivers", "deep water", "a & b", "c")
    assert paper.abstract == "the abstract"
    assert paper.extra == {
        "files": "internal-pdf://1/a.pdf", "url": "ftp://example.org/three", "N2": "another abstract",
        "doi": "not known", "affiliations": "Univ River", "XY": "unknown",
    }  # fmt: skip


def test_addresses_on_one_line_and_what_is_none() -> None:
    paper = one("UR|https://a.org/1; https://a.org/2,<https://a.org/3>", "UR|<Go to ISI>://WOS:1 https://a.org/4")
    assert paper.urls == ("https://a.org/1", "https://a.org/2", "https://a.org/3", "https://a.org/4")
    assert paper.extra == {"url": "<Go to ISI>://WOS:1"}


def test_several_people_on_one_line() -> None:
    paper = one(
        "AU|Smith, John and Doe, Jane", "AU|Müller, K.; Ng, A.", "AU|River Board,", "AU|Rock, Al,", "A2|Ed, Sue"
    )
    names = [(person.name, person.is_group) for person in paper.authors]
    assert names == [
        ("John Smith", False),
        ("Jane Doe", False),
        ("K. Müller", False),
        ("A. Ng", False),
        ("River Board", True),
        ("Al Rock", False),
    ]


@pytest.mark.parametrize(  # B01, B05, B06: names in a tagged format that are lists, groups or no names
    ("fields", "people", "is_cut"),
    [
        (("Smith J, Doe K, van der Roe L",), ["J Smith", "K Doe", "L van der Roe"], False),
        (("Smith J, Doe K, et al.",), ["J Smith", "K Doe"], True),
        (("Smith, J.", "et al."), ["J. Smith"], True),
        (("Smith, J.", "and others", "Doe, K."), ["J. Smith", "K. Doe"], True),
        (("Smith, J.; et al",), ["J. Smith"], True),
        (("{OECD}", "{World Bank}"), ["OECD", "World Bank"], False),
    ],
)
def test_names_that_are_lists_groups_or_none(fields: tuple[str, ...], people: list[str], is_cut: bool) -> None:
    paper = one(*(f"AU|{name}" for name in fields))
    assert [person.name for person in paper.authors] == people
    assert (paper.extra.get("et_al", False), paper.authors[-1].is_group) == (is_cut, "{" in fields[-1])


def test_an_arxiv_id_in_the_name_of_the_journal() -> None:
    assert one("JO|arXiv preprint arXiv:1706.03762").ids.arxiv == "1706.03762"


def test_fields_get_their_canonical_names() -> None:
    paper = one("VL|57", "IS|2", "SP|422", "EP|448", "PB|River Press", "CY|Oxford", "SN|0001-0001; 978-3-16-148410-0",
                "ED|Editor, Ed", "ED|Second, Sue", "C2|PMC37", "AN|24034240", "DB|PubMed", "Y2|2020-01-01")  # fmt: skip
    assert paper.ids.pmid == "24034240"
    assert paper.extra == {
        "volume": "57", "issue": "2", "pages": "422-448", "publisher": "River Press", "place": "Oxford",
        "issn": "0001-0001", "isbn": "978-3-16-148410-0", "pmcid": "PMC37", "database": "PubMed",
        "accessed": "2020-01-01",
        "editors": [
            {"name": "Ed Editor", "given": "Ed", "family": "Editor"},
            {"name": "Sue Second", "given": "Sue", "family": "Second"},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PAT", "patent"), ("DATA", "dataset"), ("NEWS", "newspaper"), ("ELEC", "online"), ("STAND", "standard"),
        ("COMP", "software"), ("EJOU", "article"), ("CONF", "inproceedings"), ("ZZZZ", ""),
    ],
)  # fmt: skip
def test_types_are_known_and_come_back(name: str, kind: str) -> None:  # D09
    (paper,) = papers(read(RisSource(), f"TY  - {name}\nTI  - T\nER  - \n"))
    assert paper.kind == kind
    assert "".join(write_ris([paper])).startswith(f"TY  - {name}\n")


def test_markup_and_entities_are_taken_off() -> None:  # C03
    data = "TY  - JOUR\nTI  - Html &amp; entities in <i>RIS</i>\nAB  - <jats:p>Text.</jats:p>\nT2  - A &amp; B"
    (paper,) = papers(read(RisSource(), data))
    assert (paper.title, paper.abstract, paper.venue) == ("Html & entities in RIS", "Text.", "A & B")


def test_what_stands_around_records_is_no_part_of_them() -> None:  # P22, P23
    data = "Record #1 of 2\nTY  - JOUR\nTI  - One\nSP  -\nER  - \nAU  - Stray\n<2>\nTY  - JOUR\nTI  - Two\nER  - \n"
    assert papers(read(RisSource(), data)) == [Paper("One", kind="article"), Paper("Two", kind="article")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    (paper,) = papers(read(RisSource(), "TY  - JOUR\r\nTI  - Größe\r\nER  - \r\n".encode(encoding)))
    assert paper.title == "Größe"


@pytest.mark.parametrize("data", ["", "TI  - no start\nER  - \n"])
def test_file_without_records_is_refused(data: str) -> None:
    with pytest.raises(SourceError, match="expected RIS records"):
        read(RisSource(), data)


@fuzz
@given(anything | anything.map(lambda data: b"TY  - JOUR\n" + data) | mutations(SAMPLE.encode()))
def test_no_input_crashes(data: bytes) -> None:
    survives(RisSource(), data)
