"""Tagged records as exporters write them and nobody would: fields twice, in odd places and with odd values."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from broadsheet.kit.paper import Paper, Person
from broadsheet.kit.paper_json import to_json
from broadsheet.sources.files.endnote import EndnoteSource
from broadsheet.sources.files.endnote_xml import EndnoteXmlSource
from broadsheet.sources.files.medline import MedlineSource
from broadsheet.sources.files.ris import RisSource
from broadsheet.sources.files.wos import WosSource
from tests.sources.reading import papers, read


def ris(*fields: str) -> Paper:
    """The paper of a RIS record with these fields, `TAG value`."""
    lines = [f"{field[:2]}  - {field[3:]}" for field in ("TY JOUR", "TI T", *fields)]
    (paper,) = papers(read(RisSource(), "\n".join([*lines, "ER  - \n"])))
    return paper


def medline(*fields: str) -> Paper:
    (paper,) = papers(read(MedlineSource(), "\n".join(["PMID- 7", "TI  - T", *fields, ""])))
    return paper


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("Example, Bo Jr", Person("Bo Example Jr", "Bo", "Example", suffix="Jr")),
        ("Example Jr., Bo", Person("Bo Example Jr.", "Bo", "Example", suffix="Jr.")),
        ("Example, Bo, Jr.", Person("Bo Example Jr.", "Bo", "Example", suffix="Jr.")),
        ("Example, Jr., Bo", Person("Bo Example Jr.", "Bo", "Example", suffix="Jr.")),
        ("Example, Bo III", Person("Bo Example III", "Bo", "Example", suffix="III")),
        ("Example,Bo", Person("Bo Example", "Bo", "Example")),
        ("Example, J R", Person("J R Example", "J R", "Example")),
        ("Éxample, É.", Person("É. Éxample", "É.", "Éxample")),
        ("van den Berg, J", Person("J van den Berg", "J", "van den Berg")),
        ("Tide Study Group,", Person("Tide Study Group", is_group=True)),
        ("Tides,, Inc.,", Person("Tides, Inc.", is_group=True)),
        ("Case", Person("Case")),
        ("Ann Example*", Person("Ann Example")),
    ],
)
def test_one_name_in_a_tagged_file(name: str, person: Person) -> None:
    assert ris(f"AU {name}").authors == (person,)
    assert medline(f"FAU - {name}").authors == (person,)


@pytest.mark.parametrize(
    ("lines", "urls", "rest"),
    [
        (("UR www.tides.example/a",), ("http://www.tides.example/a",), None),
        (("UR WWW.tides.example/a",), ("http://WWW.tides.example/a",), None),
        (("UR http://a.example/x;http://a.example/y",), ("http://a.example/x", "http://a.example/y"), None),
        (("UR <https://a.example/x>",), ("https://a.example/x",), None),
        (("UR tides.example/a",), (), "tides.example/a"),
        (("UR mailto:a@b.example",), (), "mailto:a@b.example"),
        (("UR https://a.example/x", "UR https://a.example/x"), ("https://a.example/x",), None),
    ],
)
def test_addresses(lines: tuple[str, ...], urls: tuple[str, ...], rest: str | None) -> None:
    paper = ris(*lines)
    assert (paper.urls, paper.extra.get("url")) == (urls, rest)


@pytest.mark.parametrize(
    ("fields", "pmid", "number"),
    [
        (("AN PMID: 77",), "77", None),
        (("AN PMID77",), "77", None),
        (("AN 77", "DB PubMed"), "77", None),
        (("AN 77", "DB Ovid MEDLINE(R)"), "77", None),
        (("AN 77", "DB Scopus"), "", "77"),
        (("AN WOS:000000000000007",), "", "WOS:000000000000007"),
    ],
)
def test_numbers_of_databases(fields: tuple[str, ...], pmid: str, number: str | None) -> None:
    paper = ris(*fields)
    assert (paper.ids.pmid, paper.extra.get("accession_number")) == (pmid, number)


@pytest.mark.parametrize(
    ("fields", "extra"),
    [
        (("SP 101-110", "EP 110"), {"pages": "101-110"}),
        (("SP 101", "EP 110"), {"pages": "101-110"}),
        (("SP 101", "EP 101"), {"pages": "101"}),
        (("SP 101–110",), {"pages": "101-110"}),
        (("SP e12",), {"pages": "e12"}),
        (("C7 e12",), {"article_number": "e12"}),
        (("SN 1234567x",), {"issn": "1234567x"}),
        (("SN 1234-5679 (Print) 9999-9994 (Online)",), {"issn": ["1234-5679", "9999-9994"]}),
        (("SN ISBN: 978-3-16-148410-0",), {"isbn": "978-3-16-148410-0"}),
        (("VL 5(2)",), {"volume": "5(2)"}),
        (("T3 Series", "RN mine", "CN call", "M1 9"),
         {"series": "Series", "notes": "mine", "call_number": "call", "report_number": "9"}),
        (("TI Second title",), {"TI": "Second title"}),
        (("TT Translated", "OP Original"), {"translated_title": "Translated", "original_title": "Original"}),
        (("DO 10.1234/a", "DO 10.1234/b"), {"doi": "10.1234/b"}),
        (("DO 10.1234/a", "DO https://doi.org/10.1234/A"), {}),
    ],
)  # fmt: skip
def test_fields_with_odd_values(fields: tuple[str, ...], extra: dict[str, Any]) -> None:
    assert ris(*fields).extra == extra


@pytest.mark.parametrize(
    ("lines", "field", "value"),
    [
        (("OT  - NOTNLM", "OT  - tides", "OT  - *glass"), "keywords", ("tides", "glass")),
        (("MH  - *Rivers/physiology", "MH  - Humans"), "keywords", ("Rivers/physiology", "Humans")),
        (("DP  - 2020 May 3",), "submitted", date(2020, 5, 3)),
        (("DP  - 2020", "DEP - 20200503"), "submitted", date(2020, 5, 3)),
        (("EDAT- 2020/05/03 06:00",), "submitted", date(2020, 5, 3)),
        (("PT  - Retracted Publication",), "is_retracted", True),
        (("PT  - Retraction of Publication",), "is_retracted", False),
        (("LA  - fre", "LA  - eng"), "language", "fre; eng"),
        (("AB  - BACKGROUND: a.", "      METHODS: b."), "abstract", "BACKGROUND: a. METHODS: b."),
        (("JT  - Tide", "TA  - Td"), "venue", "Tide"),
    ],
)
def test_fields_of_pubmed(lines: tuple[str, ...], field: str, value: object) -> None:
    assert getattr(medline(*lines), field) == value


@pytest.mark.parametrize(
    ("title", "read_as"),
    [("[Marées].", "Marées"), ("Tides.", "Tides"), ("Tides?", "Tides?")],
)
def test_titles_of_pubmed(title: str, read_as: str) -> None:
    (paper,) = papers(read(MedlineSource(), f"PMID- 7\nTI  - {title}\n"))
    assert paper.title == read_as


def test_a_record_of_web_of_science() -> None:
    text = (
        "FN Web of Science\nVR 1.0\nPT J\nAU Example, A\n   Case, B\nAF Example, Ann\n   Case, Bo\n"
        "TI Tides of\n   glass\nSO TIDE LETTERS\nDE glass; tides\nC1 [Example, Ann] Univ T, Stone City.\n"
        "OI Example, Ann/0000-0002-1825-0097\n"
        "SN 1234-5679\nEI 9999-9994\nPD MAY\nPY 2020\nVL 5\nBP 1\nEP 9\nDI 10.1234/tl.5\nTC 3\nUT WOS:7\nER\n\n"
        "PT J\nAU Third, C\nTI Second\nPD JAN-FEB\nPY 2019\nAR 55\nER\n\nEF\n"
    )
    first, second = (to_json(paper) for paper in papers(read(WosSource(), text)))
    assert first == {
        "title": "Tides of glass", "venue": "TIDE LETTERS", "kind": "article",
        "authors": [
            {"name": "Ann Example", "given": "Ann", "family": "Example", "orcid": "0000-0002-1825-0097",
             "affiliations": ["Univ T, Stone City"]},
            {"name": "Bo Case", "given": "Bo", "family": "Case"},
        ],
        "ids": {"doi": "10.1234/tl.5"}, "keywords": ["glass", "tides"], "year": 2020, "citations": 3,
        "extra": {"accession_number": "WOS:7", "date": "2020-05", "pages": "1-9", "issn": ["1234-5679", "9999-9994"],
                  "volume": "5"},
    }  # fmt: skip
    assert second["extra"] == {"date": "2019 JAN-FEB", "article_number": "55"}


def test_a_record_of_endnote_in_both_forms() -> None:
    tagged = (
        "%0 Journal Article\n%T Tides of glass\n%A Example, Ann\n%A Tide Group,\n%J Tide Letters\n%V 5\n%N 2\n%P 1-9\n"
    )
    tagged += (
        "%D 2020\n%8 May 3\n%K tides\nglass\n%R 10.1234/tl.5\n%U https://x.example/5\n%@ 1234-5679\n%X Abs & more\n"
    )
    style = '<style face="normal">{}</style>'.format
    xml = (
        "<xml><records><record><ref-type name='Journal Article'>17</ref-type><contributors><authors>"
        f"<author>{style('Example, Ann')}</author><author>Tide Group,</author></authors></contributors>"
        f"<titles><title>{style('Tides of ')}{style('glass')}</title><secondary-title>Tide Letters</secondary-title>"
        "</titles><pages>1-9</pages><volume>5</volume><number>2</number><keywords><keyword>tides</keyword><keyword>"
        "glass</keyword></keywords><dates><year>2020</year><pub-dates><date>May 3</date></pub-dates></dates><isbn>"
        "1234-5679</isbn><electronic-resource-num>10.1234/tl.5</electronic-resource-num><urls><related-urls><url>"
        "https://x.example/5</url></related-urls></urls><abstract>Abs &amp; more</abstract></record></records></xml>"
    )
    (one,) = papers(read(EndnoteSource(), tagged))
    (other,) = papers(read(EndnoteXmlSource(), xml))
    assert one == other
    assert (one.title, one.submitted, one.ids.doi, one.abstract) == (
        "Tides of glass", date(2020, 5, 3), "10.1234/tl.5", "Abs & more",
    )  # fmt: skip
    assert one.authors[1] == Person("Tide Group", is_group=True)
