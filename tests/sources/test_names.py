"""Names and identifiers: the small parsers every source stands on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.paper import Identifiers, Person
from broadsheet.sources.ids import arxiv_id, arxiv_year, clean_doi, clean_url, identifiers
from broadsheet.sources.names import inverted, is_group, parse_name, parse_names, split_authors
from tests.sources.reading import fuzz


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Ada Example", Person("Ada Example", "Ada", "Example")),
        ("Example, Ada B.", Person("Ada B. Example", "Ada B.", "Example")),
        ("Ludwig van Beethoven", Person("Ludwig van Beethoven", "Ludwig", "van Beethoven")),
        ("de la Cruz, Jr., Ana", Person("Ana de la Cruz Jr.", "Ana", "de la Cruz")),
        ("{OpenAI and Friends}", Person("OpenAI and Friends")),
        ("{van der Berg}, Bo", Person("Bo van der Berg", "Bo", "van der Berg")),
        ("Plato", Person("Plato")),
        (" , ", None),
        ("", None),
    ],
)
def test_one_name(text: str, person: Person | None) -> None:
    assert parse_name(text) == person


def test_lists_of_names() -> None:
    people, others = parse_names("A {B and C} AND {D and E}\n and F, G and others")
    assert ([person.name for person in people], others) == (["A B and C", "D and E", "G F"], True)
    assert parse_names("") == ((), False)
    assert [p.name for p in split_authors("Example, Ada; Case, Bo")] == ["Ada Example", "Bo Case"]
    assert [p.name for p in split_authors("A. Example, B. Case and C. Third")] == ["A. Example", "B. Case", "C. Third"]
    assert [p.name for p in split_authors("Example, Ada")] == ["Ada Example"]


def test_inverted_names() -> None:
    assert inverted(Person("Ludwig van Beethoven")) == ("van Beethoven", "Ludwig", "")
    assert inverted(Person("Ana Cruz Jr.", "Ana", "Cruz")) == ("Cruz", "Ana", "Jr.")
    assert [is_group(Person(name)) for name in ("Plato", "Acme, Inc.", "R and D", "Ada Example")] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "identifier", "version"),
    [
        ("2603.01234", "2603.01234", None),
        ("arXiv:0704.0001v12", "0704.0001", 12),
        ("arXiv:2603.01234 [cs]", "2603.01234", None),
        ("hep-th/9901001v2", "hep-th/9901001", 2),
        ("solv-int/9901001", "solv-int/9901001", None),
        ("math.CA/0611800", "math/0611800", None),
        ("https://arxiv.org/pdf/2603.01234v2.pdf", "2603.01234", 2),
        ("http://export.arxiv.org/abs/hep-th/9901001", "hep-th/9901001", None),
        ("10.48550/ARXIV.2603.01234", "2603.01234", None),
        ("https://doi.org/10.48550/arXiv.2603.01234", "2603.01234", None),
        ("oai:arXiv.org:2603.01234v1", "2603.01234", 1),
        ("2603.01234567", "", None),
        ("10.1234/2603.01234", "", None),
        ("", "", None),
    ],
)
def test_arxiv_ids(text: str, identifier: str, version: int | None) -> None:
    assert arxiv_id(text) == (identifier, version)


def test_other_identifiers() -> None:
    assert (arxiv_year("2603.01234"), arxiv_year("hep-th/9901001"), arxiv_year("math/0611800")) == (2026, 1999, 2006)
    assert clean_doi("https://dx.doi.org/10.1234/ABC%2FD.") == "10.1234/abc/d"
    assert clean_doi("DOI: 10.1234/x)") == "10.1234/x"
    assert (clean_doi("11.1/x"), clean_doi("")) == ("", "")
    assert clean_url(" https://a.b/c?d=e ") == "https://a.b/c?d=e"
    assert [clean_url(bad) for bad in ("javascript:alert(1)", "ftp://a", "http://a b", "http://" + "a" * 3000)] == [
        ""
    ] * 4
    urls = (
        "https://aclanthology.org/2024.acl-long.12/", "https://openreview.net/pdf?id=abCDe-1", "https://doi.org/10.1234/y",
        "https://openalex.org/W42", "https://pubmed.ncbi.nlm.nih.gov/123/",
        "https://www.semanticscholar.org/paper/A-Title/" + "0a" * 20, "https://arxiv.org/abs/2603.01234",
    )  # fmt: skip
    assert identifiers(urls=urls) == Identifiers(
        "2603.01234", "10.1234/y", "2024.acl-long.12", "W42", "0a" * 20, "123", "abCDe-1"
    )
    assert identifiers(doi="10.48550/arXiv.2603.01234v2") == Identifiers(arxiv="2603.01234")


@fuzz
@given(st.text(max_size=60))
def test_no_text_crashes(text: str) -> None:
    for result in (
        clean_doi(text),
        clean_url(text),
        arxiv_id(text)[0],
    ):
        assert isinstance(result, str)
    parse_names(text)
    split_authors(text)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", "<script>", "$", "$a", "\\", "\\'", "{", "} and ", " and {", "\\v ", "$\\", "&lt", "10.", ",", " "],
)
def test_long_hostile_text_takes_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    parse_names(text)
    clean_doi(text)
    arxiv_id(text)
