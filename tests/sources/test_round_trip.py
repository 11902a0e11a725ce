"""What two formats both know survives the way through them, whatever the paper: write, read, write as another, read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.kit.paper import Identifiers, Paper
from broadsheet.kit.paper_json import from_json, person_to_json
from broadsheet.sources.export import WRITERS
from broadsheet.sources.files.writing import kind_of
from broadsheet.sources.records.fields import FIELDS, KIND, KINDS, Field
from broadsheet.sources.text.names import from_parts, group
from tests.sources.reading import papers, read
from tests.sources.written import READERS

few = settings(max_examples=25)
# Fields of `Paper` that a format has no place for.
LACKS = {
    "bibtex": {"announced", "updated", "version", "citations", "is_retracted"},
    "ris": {"announced", "updated", "version", "citations", "is_retracted", "summary", "licence", "categories"},
    "csl": set[str](),
    "json": set[str](),
    "jsonl": set[str](),
}
_PLAIN = (
    "title abstract ids year venue kind summary keywords categories submitted announced updated version urls pdf_url "
    "licence comments language citations is_retracted"
)
PLAIN = tuple(_PLAIN.split())
BY_INSTITUTION = {"phdthesis", "mastersthesis", "thesis", "techreport"}


def knows(name: str, field: Field) -> bool:
    """Whether a format has a field of the table. JSON (and lines) and CSL's `custom` hold all; BibTeX, own names."""
    if name == "ris":
        return bool(field.ris) or field.name in ("pages", "isbn", "institution", "date", "citation_key")
    return True


_WORDS = (
    "rivers Stones Größe ranking 100% R&D snake_case #1 {braced} $x_{i}$ “quoted” it's C++ naïve 日本語 Ελλάδα "
    "a\\b ~ ^ co-author -- @article 5<6 et Ἀθῆναι ½ {unclosed"
)
WORDS = st.sampled_from(_WORDS.split())
TEXTS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
NAMED = st.sampled_from(("Volume", "12", "B-7", "3rd", "Suppl 1", "R&D", "IV", "Part_2", "é"))
PEOPLE = st.sampled_from(
    (
        from_parts("Ludwig", "van Beethoven"),
        from_parts("Robert", "Smith", "Jr."),
        from_parts("Henry W.", "Ford", "III"),
        from_parts("José", "Núñez de la Torre"),
        from_parts("Ngô", "Bảo Châu"),
        from_parts("J.-P.", "O'Neil"),
        from_parts("Øyvind", "Łukasiewicz-Müller"),
        from_parts("A", "B"),
        group("The ATLAS Collaboration"),
        group("World Health Organization"),
        group("OpenAI"),
        group("Acme, Inc."),
        group("Research and Development"),
        group("AT&T"),
    )
)
LISTS = st.lists(PEOPLE, max_size=4, unique=True)
DAYS = st.dates(date(1900, 1, 1), date(2030, 12, 31))
DATES = st.sampled_from(("{}-05", "in press", "Spring {}", "Fall {}", "{}-11/2999-02", "{}/2999", "about {}"))
SPECIAL: dict[str, st.SearchStrategy[Any]] = {
    "pages": st.sampled_from(("1-10", "7", "e123", "S1-S9", "1-3, 7-9", "xi-xx")),
    "issn": st.sampled_from(("0001-0001", "1234-567X", ["0001-0001", "0002-0002"])),
    "isbn": st.sampled_from(("978-0-00-000000-2", "0-00-000000-X")),
    "accessed": DAYS.map(date.isoformat),
    "event_date": DAYS.map(date.isoformat),
    "pmcid": st.just("PMC123"),
    "files": st.sampled_from((":C\\:/x_y.pdf:PDF", "paper.pdf")),
    "citation_key": st.sampled_from(("o'neil", "DBLP:conf/x/Y-1", "smith_2020+a", "Müller2001")),
    "url": st.sampled_from(("ftp://a.example/one_two", "gopher://b.example/")),
    "doi": st.just("hdl:2027/uc1.1"),
}


@st.composite
def any_papers(draw: st.DrawFn) -> Paper:
    """A paper with some of all fields; a thesis or report has an institution, others a publisher."""
    kind = draw(st.sampled_from([kind.name for kind in KINDS]))
    year = draw(st.none() | st.integers(1000, 2900))
    day = draw(st.none() | DAYS)
    doi = draw(st.sampled_from(("", "10.1234/a_b(c)<d;2-1>")))
    ids = Identifiers(
        draw(st.sampled_from(("", "2603.01234", "hep-th/9901001"))) if kind == "preprint" else "", doi,
        *draw(st.sampled_from((("", "", "", "", ""), ("2024.acl-long.12", "W42", "0a" * 20, "123", "abCDe-1")))),
    )  # fmt: skip
    venue = draw(st.just("") | TEXTS)
    extra: dict[str, Any] = {}
    for field in FIELDS:
        if field.name == ("publisher" if kind in BY_INSTITUTION else "institution") or draw(st.booleans()):
            continue
        if field.people:
            if people := draw(LISTS):
                extra[field.name] = [person_to_json(person) for person in people]
        elif field.name == "date":
            text = draw(DATES)
            year = year or (1999 if "{}" in text else None)
            extra["date"] = text.format(year)
        elif not (field.name == "doi" and doi):
            extra[field.name] = draw(SPECIAL.get(field.name, NAMED))
    if day:
        extra.pop("date", None)
    if not venue:  # where one of these stands alone, it is the venue
        extra.pop("journal_abbreviation", None)
        extra.pop("series", None)
    return Paper(
        draw(TEXTS), draw(TEXTS), tuple(draw(LISTS)), ids, year or (day.year if day else None), venue,
        kind, draw(TEXTS), tuple(draw(st.lists(NAMED | st.just("rivers, lakes"), max_size=3, unique=True))),
        tuple(draw(st.lists(st.sampled_from(("cs.IR", "math.NA", "hep-th")), max_size=3, unique=True))),
        submitted=day, announced=draw(st.none() | DAYS), version=draw(st.none() | st.integers(1, 9)),
        urls=tuple(draw(st.lists(st.sampled_from(("https://a.b/c?d=e_f&g=%20", "http://b.c/~d#e")), unique=True))),
        pdf_url=draw(st.sampled_from(("", "https://a.b/c_d.pdf"))), licence=draw(st.sampled_from(("", "CC-BY 4.0"))),
        comments=draw(st.sampled_from(("", "12 pages, 3 figures"))), language=draw(st.sampled_from(("", "en"))),
        citations=draw(st.none() | st.integers(0, 9)), is_retracted=draw(st.booleans()), extra=extra,
    )  # fmt: skip


def through(name: str, paper: Paper) -> Paper:
    (back,) = papers(read(READERS[name], "".join(WRITERS[name]([paper]))))
    return back


def named(people: Any) -> list[tuple[str, ...]]:
    """What a name says, whoever took it apart."""
    return [(one.name, one.suffix, "group" if one.is_group else one.family) for one in people]


def listed(value: Any) -> list[str]:
    """The texts of a field; formats differ in whether they hold several as a list."""
    texts = value if isinstance(value, list) else [value]
    return [part for text in texts for part in str(text).replace(",", ";").split("; ")]


def said(paper: Paper, names: set[str]) -> dict[str, Any]:
    """Every field that is set, in a form that compares."""
    found = {
        key: value for key in PLAIN if key in names and (value := getattr(paper, key)) not in ("", (), None, False)
    }
    found["kind"] = kind_of(paper)
    found["authors"] = named(paper.authors)
    for field in FIELDS:
        value = paper.extra.get(field.name)
        if field.name in names and value is not None:
            people = field.people and from_json({"title": "-", "authors": value}).authors
            found[f"extra {field.name}"] = named(people) if people else listed(value)
    return found


def known(*formats: str) -> set[str]:
    fields = {field.name for field in FIELDS if all(knows(name, field) for name in formats)}
    return fields | {key for key in PLAIN if not any(key in LACKS[name] for name in formats)}


def assert_kept(before: Paper, after: Paper, *formats: str) -> None:
    names = known(*formats)
    kept = said(after, names)
    lost = {key: (value, kept.get(key)) for key, value in said(before, names).items() if kept.get(key) != value}
    assert not lost, lost


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("name", READERS)
def test_every_kind_comes_back(name: str, kind: Any) -> None:
    assert all((kind.bibtex, kind.ris, kind.csl))
    assert through(name, Paper("T", kind=kind.name, year=2020)).kind == kind.name
    assert KIND[kind.name] is kind


@pytest.mark.parametrize("name", READERS)
@few
@given(paper=any_papers())
def test_every_field_that_a_format_knows_comes_back(name: str, paper: Paper) -> None:
    assert_kept(paper, through(name, paper), name)


@pytest.mark.parametrize(("first", "second"), list(permutations(READERS, 2)))
@few
@given(paper=any_papers())
def test_what_two_formats_know_survives_both(first: str, second: str, paper: Paper) -> None:
    once = through(first, paper)
    assert_kept(once, through(first, through(second, once)), first, second)


DEEP = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.just(2.5) | NAMED,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=2)
    ),
    max_leaves=6,
)


@few
@given(paper=any_papers(), deep=DEEP)
def test_json_and_json_lines_give_the_same_paper_back(paper: Paper, deep: Any) -> None:
    paper = replace(paper, extra={**paper.extra, "deep": deep})
    assert through("json", paper) == through("jsonl", paper) == paper
    assert through("csl", paper).extra["deep"] == deep


# The names of the CSL-JSON schema that this program has use for.
_SCHEMA = (
    "id type citation-key title author issued submitted container-title container-title-short DOI PMID PMCID URL "
    "abstract keyword note language publisher publisher-place number volume issue page ISSN ISBN "
    "editor translator collection-editor collection-title edition chapter-number section number-of-volumes "
    "number-of-pages genre title-short original-title event-title event-place event-date source archive call-number "
    "archive_location accessed annote custom"
)
SCHEMA = frozenset(_SCHEMA.split())


@few
@given(paper=any_papers())
def test_csl_has_names_of_the_standard_and_ris_one_line_a_field(paper: Paper) -> None:
    (item,) = json.loads("".join(WRITERS["csl"]([paper])))
    assert item.keys() <= SCHEMA
    for name in ("issued", "submitted", "accessed", "event-date"):
        assert item.get(name, {}).keys() <= {"date-parts", "literal", "season"}
    (record,) = WRITERS["ris"]([paper])
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - \S.*|ER  - ", line) for line in record.rstrip("\n").split("\n"))
