"""Fields and kinds go by the name that each format has for them, and come back as they were."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.export import write_bibtex, write_csl, write_ris
from broadsheet.sources.files.bibtex import BibtexSource
from broadsheet.sources.files.json_source import JsonSource
from broadsheet.sources.files.ris import RisSource
from broadsheet.sources.text.clean import clean
from broadsheet.sources.text.names import from_parts, group
from tests.sources.reading import papers, read
from tests.sources.written import round_trip


def fields_of(entry: str) -> dict[str, str]:
    return dict(re.findall(r"^  ([\w-]+) = (.*?),?$", entry, re.MULTILINE))


FULL_RIS = (
    "TY  - JOUR\nTI  - A record\nAU  - Other, Ann\nA2  - Editor, Ed\nT2  - Journal of Rivers\nVL  - 57\nIS  - 2\n"
    "SP  - 422\nEP  - 448\nPB  - River Press\nCY  - Ghent\nSN  - 0001-0001\nPY  - 2013\nER  - \n"
)


def test_fields_go_by_the_name_each_format_has_for_them() -> None:  # D08
    (paper,) = papers(read(RisSource(), FULL_RIS))
    (item,) = json.loads("".join(write_csl([paper])))
    assert item == {
        "id": "other2013record", "type": "article-journal", "title": "A record",
        "author": [{"family": "Other", "given": "Ann"}], "editor": [{"family": "Editor", "given": "Ed"}],
        "issued": {"date-parts": [[2013]]}, "container-title": "Journal of Rivers", "volume": "57", "issue": "2",
        "page": "422-448", "publisher": "River Press", "publisher-place": "Ghent", "ISSN": "0001-0001",
    }  # fmt: skip
    assert fields_of("".join(write_bibtex([paper]))) == {
        "title": "{{A record}}", "author": "{Other, Ann}", "year": "{2013}", "journal": "{Journal of Rivers}",
        "volume": "{57}", "number": "{2}", "pages": "{422--448}", "publisher": "{River Press}", "address": "{Ghent}",
        "issn": "{0001-0001}", "editor": "{Editor, Ed}",
    }  # fmt: skip
    (from_csl,) = papers(read(JsonSource(), json.dumps([item])))
    lines = sorted("".join(write_ris([from_csl])).splitlines())
    assert lines == sorted([*FULL_RIS.splitlines(), "ID  - other2013record", ""])


@pytest.mark.parametrize(
    ("kind", "ris", "csl", "bibtex"),
    [
        ("patent", "PAT", "patent", "patent"),
        ("dataset", "DATA", "dataset", "dataset"),
        ("software", "COMP", "software", "software"),
        ("thesis", "THES", "thesis", "thesis"),
        ("techreport", "RPRT", "report", "techreport"),
        ("online", "ELEC", "webpage", "online"),
        ("newspaper", "NEWS", "article-newspaper", "article"),
        ("misc", "GEN", "document", "misc"),
        ("never-heard-of", "GEN", "document", "never-heard-of"),
        ("not a type", "GEN", "document", "misc"),
    ],
)
def test_a_kind_is_never_turned_into_another(kind: str, ris: str, csl: str, bibtex: str) -> None:  # D09
    paper = Paper("T", kind=kind, venue="River Office")
    assert "".join(write_ris([paper])).startswith(f"TY  - {ris}\n")
    assert json.loads("".join(write_csl([paper])))[0]["type"] == csl
    assert "".join(write_bibtex([paper])).startswith(f"@{bibtex}{{")


@pytest.mark.parametrize("tag", ["EJOUR", "JFULL", "CONF", "EBOOK", "GOVDOC", "UNPB", "XYZ"])
def test_a_type_of_ris_comes_back_as_it_was(tag: str) -> None:
    (paper,) = papers(read(RisSource(), f"TY  - {tag}\nTI  - T\nER  - \n"))
    assert "".join(write_ris([paper])).startswith(f"TY  - {tag}\n")


@pytest.mark.parametrize("kind", ["figure", "broadcast", "entry", "review-book", "treaty", "post"])
def test_a_type_of_csl_comes_back_as_it_was(kind: str) -> None:
    (paper,) = papers(read(JsonSource(), json.dumps([{"id": "a", "type": kind, "title": "T"}])))
    assert json.loads("".join(write_csl([paper])))[0]["type"] == kind


@pytest.mark.parametrize("kind", ["inbook", "report", "mvbook", "electronic"])
def test_a_type_of_bibtex_comes_back_as_it_was(kind: str) -> None:
    (paper,) = papers(read(BibtexSource(), f"@{kind}{{a, title={{T}}}}"))
    assert "".join(write_bibtex([paper])).startswith(f"@{kind}{{a,")


def test_groups_and_suffixes_as_written() -> None:  # B01, B03
    people = (
        group("World Health Organization"),
        group("OpenAI"),
        group("Acme, Inc."),
        from_parts("Bob", "Smith", "Jr."),
    )
    paper = Paper("Rivers", authors=people, year=2020)
    (entry,) = write_bibtex([paper])
    assert entry.startswith("@misc{worldhealthorganization2020rivers,")
    names = "{{World Health Organization} and {OpenAI} and {Acme, Inc.} and Smith, Jr., Bob}"
    assert fields_of(entry)["author"] == names
    assert re.findall("AU  - (.*)", "".join(write_ris([paper]))) == [
        "World Health Organization", "OpenAI,", "Acme,, Inc.", "Smith, Bob, Jr.",
    ]  # fmt: skip
    assert json.loads("".join(write_csl([paper])))[0]["author"] == [
        {"literal": "World Health Organization"}, {"literal": "OpenAI"}, {"literal": "Acme, Inc."},
        {"family": "Smith", "given": "Bob", "suffix": "Jr."},
    ]  # fmt: skip
    for name in ("bibtex", "ris", "csl"):
        assert round_trip(name, paper)[0].authors == people


@pytest.mark.parametrize("name", ["bibtex", "ris", "csl"])
def test_a_paper_keeps_the_key_it_is_cited_by(name: str) -> None:
    keys = ["o'neil", "DBLP:conf/x/Y-1", "smith(2020)", "Smith2020", "smith2020", "a b"]
    written = [Paper("T", extra={"citation_key": key}) for key in keys]
    assert [paper.extra["citation_key"] for paper in round_trip(name, *written)] == [*keys[:4], "smith2020a", "t"]


def test_nothing_in_bibtex_leads_nowhere() -> None:
    extra = {
        "crossref": "gone",
        "xdata": "gone",
        "related": "gone",
        "type": "journal-article",
        "TY": "EJOUR",
        "page": 1,
    }
    assert "gone" not in "".join(write_bibtex([Paper("T", extra=extra)]))
    assert fields_of("".join(write_bibtex([Paper("T", extra=extra)]))) == {"title": "{{T}}", "page": "{1}"}


@pytest.mark.parametrize(
    ("text", "year", "fields"),
    [
        ("2019-05", 2019, {"year": "{2019}", "month": "may"}),
        ("Spring 2019", 2019, {"year": "{2019}", "month": "{Spring}"}),
        ("2018-11/2019-02", 2018, {"year": "{2018}", "date": "{2018-11/2019-02}"}),
        ("in press", None, {"year": "{in press}"}),
    ],
)
def test_a_date_that_names_no_day(text: str, year: int | None, fields: dict[str, str]) -> None:  # D01
    paper = Paper("T", year=year, extra={"date": text})
    assert fields_of("".join(write_bibtex([paper]))) == {"title": "{{T}}"} | fields
    for name in ("bibtex", "ris", "csl"):
        (back,) = round_trip(name, paper)
        assert (back.year, back.extra["date"]) == (year, text), name


def test_a_day_of_another_year_than_the_paper() -> None:
    paper = Paper("T", year=2021, submitted=date(2020, 12, 30))
    for name in ("bibtex", "ris", "csl"):
        (back,) = round_trip(name, paper)
        assert (back.year, back.submitted) == (2021, date(2020, 12, 30)), name


NASTY = (
    "On the set $\\{ x : f(x) < 1$", "{", "}", "a } b { c", "\\", "x\\", "$", "50% of", "$^^5cinput{/etc/passwd}$",
    "#1", "$\\lstinputlisting{/etc/passwd}$", "$a{b$", "$\\}$", '"', "@article{x, title = {y}}", "\n@comment{",
    "$\\\\{k}$",
)  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_bibtex_sees_every_brace_close_and_one_entry(text: str) -> None:
    person = Person(text, is_group=True)
    paper = Paper(
        f"T {text}", text, (person,), venue=text, keywords=(text,), comments=text, urls=(f"https://a.b/{text}",),
        extra={"publisher": text, "files": text, "owner": text, "pages": text, "date": text, "url": text},
    )  # fmt: skip
    (entry, other) = write_bibtex([paper, Paper("Other")])
    depth = 0
    for char in entry.strip()[:-1]:
        depth += (char == "{") - (char == "}")
        assert depth > 0 or char != "}"
    assert depth == 1
    typeset = [value for name, value in fields_of(entry).items() if name != "file"]
    assert not re.search(r"\\(?:input|lstinputlisting)|\^\^", " ".join(typeset))
    back, second = papers(read(BibtexSource(), entry + other))
    assert (back.title, second.title) == (clean(f"T {text}"), "Other")


def test_a_key_of_digits_is_a_key_in_bibtex() -> None:
    (paper,) = papers(read(BibtexSource(), "@misc{123, title={T}}"))
    assert "".join(write_bibtex([paper])).startswith("@misc{123,")
