"""What we write, others read; and we read it back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.sources.contract import FileSource
from broadsheet.sources.export import WRITERS, citation_key, write_bibtex, write_csl, write_jsonl, write_ris
from broadsheet.sources.files.bibtex import BibtexSource
from broadsheet.sources.files.json_source import JsonSource
from broadsheet.sources.files.ris import RisSource
from broadsheet.sources.text.clean import clean
from broadsheet.sources.text.names import from_parts, group, inverted
from tests.sources.reading import fuzz, papers, read

READERS: dict[str, FileSource] = {
    "bibtex": BibtexSource(),
    "ris": RisSource(),
    "csl": JsonSource(),
    "jsonl": JsonSource(),
}
FULL = Paper(
    "On the Größe of $x_{i}$ & {Curly} 100% \\things_here",
    "An abstract, with 50% & $\\alpha$.",
    (
        Person("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        Person("Ana Cruz Jr.", "Ana", "Cruz"),
        Person("José Núñez"),
        Person("Research and Development"),
        Person("Plato"),
    ),
    Identifiers("2603.01234", "10.1234/a_b(c)", "2024.acl-long.12", "W42", "0a" * 20, "123", "abCDe-1"),
    2026,
    "Proceedings of R&D",
    "inproceedings",
    "",
    ("ranking", "x_y & z"),
    ("cs.IR",),
    date(2026, 3, 1),
    urls=("https://a.b/c?d=e_f&g=%20",),
    comments="12 pages",
    language="en",
)


def round_trip(name: str, *originals: Paper) -> list[Paper]:
    return papers(read(READERS[name], "".join(WRITERS[name](originals))))


@pytest.mark.parametrize("name", WRITERS)
def test_round_trip(name: str) -> None:
    (back,) = round_trip(name, FULL)
    for field in ("title", "abstract", "ids", "year", "venue", "keywords", "urls", "comments", "language", "kind"):
        assert getattr(back, field) == getattr(FULL, field), field
    assert [person.name for person in back.authors] == [person.name for person in FULL.authors]


def test_jsonl_keeps_everything() -> None:
    paper = replace(FULL, version=3, is_retracted=True, citations=7, summary="S.", extra={"rank": 1.5, "x": ["a"]})
    assert round_trip("jsonl", paper, Paper("Bare")) == [paper, Paper("Bare")]


def test_bibtex_entry_as_written() -> None:
    paper = Paper("The Ranking of Things", authors=(Person("Ada Example"),), ids=Identifiers(arxiv="2603.01234"),
                  year=2026, categories=("cs.IR",),
                  extra={"et_al": True, "readstatus": "skimmed", "list": [1]})  # fmt: skip
    assert "".join(write_bibtex([paper])) == (
        "@misc{example2026ranking,\n  title = {{The Ranking of Things}},\n  author = {Example, Ada and others},\n"
        "  year = {2026},\n  eprint = {2603.01234},\n  archiveprefix = {arXiv},\n  primaryclass = {cs.IR},\n"
        "  readstatus = {skimmed}\n}\n\n"
    )
    published = replace(paper, venue="Journal of X")
    assert "".join(write_bibtex([published])).startswith("@article{example2026ranking,")
    assert "journal = {Journal of X}" in "".join(write_bibtex([published]))
    assert "booktitle = {cvpr}" in "".join(write_bibtex([replace(paper, venue="cvpr")]))


def test_unknown_bibtex_fields_come_back() -> None:
    entry = (
        r"@article{k, title={T}, file={:C\:/x_y.pdf:PDF}, volume={3}, "
        r"owner={me \& you}, month=jan, year=2001, editor={Example, Ada}}"
    )
    (paper,) = papers(read(BibtexSource(), entry))
    (back,) = round_trip("bibtex", paper)
    assert (
        back.extra
        == paper.extra
        == {
            "citation_key": "k",
            "files": r":C\:/x_y.pdf:PDF",
            "volume": "3",
            "owner": "me & you",
            "date": "2001-01",
            "editors": [{"name": "Ada Example", "given": "Ada", "family": "Example"}],
        }
    )


def test_ris_and_csl_as_written() -> None:
    paper = Paper("T\nER  - injected", authors=(Person("Ada Example"),), year=2026, venue="V", kind="article")
    assert "".join(write_ris([paper])) == (
        "TY  - JOUR\nID  - example2026t\nTI  - T ER - injected\nAU  - Example, Ada\nPY  - 2026\nT2  - V\nER  - \n\n"
    )
    assert json.loads("".join(write_csl([paper, paper]))) == [
        {
            "id": key, "type": "article-journal", "title": "T\nER  - injected",
            "author": [{"family": "Example", "given": "Ada"}],
            "issued": {"date-parts": [[2026]]}, "container-title": "V",
        }
        for key in ("example2026t", "example2026ta")
    ]  # fmt: skip
    assert "".join(write_csl([])) == "[]\n"


def test_citation_keys() -> None:
    people = (Person("Øyvind Łukasiewicz-Müller"),)
    assert citation_key(Paper("A ‘Größe’ of 2 Things", authors=people, year=1999)) == "lukasiewiczmuller1999grosse"
    assert citation_key(Paper("的")) == "paper"
    assert citation_key(Paper("T", authors=(Person("Acme, Inc."),), announced=date(2020, 1, 1))) == "acmeinc2020t"
    keys = [text.partition("{")[2].partition(",")[0] for text in write_bibtex([Paper("Same")] * 29)]
    assert keys[:3] + keys[26:] == ["same", "samea", "sameb", "samez", "sameaa", "sameab"]


@pytest.mark.parametrize("write", [write_bibtex, write_ris, write_csl, write_jsonl])
def test_writers_stream(write: Callable[[Iterator[Paper]], Iterator[str]]) -> None:
    taken = []

    def endless() -> Iterator[Paper]:
        while True:
            taken.append(1)
            yield Paper("T")

    pieces = write(endless())
    next(pieces)
    next(pieces)
    assert len(taken) == 2


def _is_turned(name: str) -> bool:
    """Whether a name without parts is read as `Smith JA`, and so comes back as `JA Smith`."""
    return inverted(Person(name))[:2] != (name.rsplit(maxsplit=1)[-1], " ".join(name.split()[:-1]))


texts = st.text(max_size=30).map(lambda text: clean(text).strip("\ufffd"))
names = st.text(st.characters(categories=["Lu", "Ll"]), min_size=1, max_size=8)
people = st.builds(
    lambda given, family: Person(clean(f"{given} {family}"), clean(given), clean(family)), names, names
) | st.builds(
    lambda name: Person(clean(name)), st.builds("{} {}".format, names, names).filter(lambda name: not _is_turned(name))
)
any_paper = st.builds(
    Paper,
    texts.filter(bool),
    texts,
    st.lists(people, max_size=3).map(tuple),
    year=st.none() | st.integers(1000, 2999),
    venue=texts,
)


@pytest.mark.parametrize("name", ["jsonl", "ris", "csl", "bibtex"])
@fuzz
@given(original=any_paper)
def test_any_paper_survives_the_round_trip(name: str, original: Paper) -> None:
    (back,) = round_trip(name, original)
    assert back.year == original.year
    if name in ("jsonl", "ris"):
        assert (back.title, back.abstract, back.venue) == (original.title, original.abstract, original.venue)
        assert [person.name for person in back.authors] == [person.name for person in original.authors]


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
