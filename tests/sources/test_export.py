"""What we write, others read; and we read it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.sources.export import citation_key, write_bibtex, write_csl, write_json, write_jsonl, write_ris
from broadsheet.sources.files.bibtex import BibtexSource
from broadsheet.sources.text.clean import clean
from broadsheet.sources.text.names import inverted
from tests.sources.reading import fuzz, papers, read
from tests.sources.written import READERS, round_trip

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


@pytest.mark.parametrize("name", READERS)
def test_round_trip(name: str) -> None:
    (back,) = round_trip(name, FULL)
    for field in ("title", "abstract", "ids", "year", "venue", "keywords", "urls", "comments", "language", "kind"):
        assert getattr(back, field) == getattr(FULL, field), field
    assert [person.name for person in back.authors] == [person.name for person in FULL.authors]


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_json_and_json_lines_keep_everything(name: str) -> None:
    paper = replace(FULL, version=3, is_retracted=True, citations=7, summary="S.", extra={"rank": 1.5, "x": ["a"]})
    assert round_trip(name, paper, Paper("Bare")) == [paper, Paper("Bare")]


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


@pytest.mark.parametrize("write", [write_bibtex, write_ris, write_csl, write_json, write_jsonl])
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


@pytest.mark.parametrize("name", READERS)
@fuzz
@given(original=any_paper)
def test_any_paper_survives_the_round_trip(name: str, original: Paper) -> None:
    (back,) = round_trip(name, original)
    assert back.year == original.year
    if name in ("json", "jsonl", "ris"):
        assert (back.title, back.abstract, back.venue) == (original.title, original.abstract, original.venue)
        assert [person.name for person in back.authors] == [person.name for person in original.authors]


def test_ten_thousand_papers_of_one_name_have_ten_thousand_keys() -> None:
    from broadsheet.sources.files.writing import Keys

    keys, paper = Keys(), Paper(title="Tides", year=2026)
    found = [keys.of(paper) for _ in range(10_000)]
    assert len({key.lower() for key in found}) == 10_000
    assert found[:3] == ["2026tides", "2026tidesa", "2026tidesb"]
    assert found[27] == "2026tidesaa"
