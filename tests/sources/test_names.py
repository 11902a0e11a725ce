"""Names and identifiers: the small parsers every source stands on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.paper import Identifiers, Person
from broadsheet.sources.records.ids import arxiv_id, arxiv_year, clean_doi, clean_url, identifiers
from broadsheet.sources.text.names import (
    inverted,
    is_et_al,
    is_group,
    parse_name,
    parse_names,
    people_of,
    split_authors,
)
from tests.sources.reading import fuzz


def group(name: str) -> Person:
    return Person(name, is_group=True)


def told(people: tuple[Person, ...]) -> list[str]:
    """`given|family` (and `|suffix`), a name without parts as it is, a group in braces."""
    return [
        f"{{{p.name}}}" if p.is_group else "|".join(filter(None, (p.given, p.family, p.suffix))) or p.name
        for p in people
    ]


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Ada Example", Person("Ada Example", "Ada", "Example")),
        ("Example, Ada B.", Person("Ada B. Example", "Ada B.", "Example")),
        ("Ludwig van Beethoven", Person("Ludwig van Beethoven", "Ludwig", "van Beethoven")),
        ("van der Berg", Person("van der Berg", "", "van der Berg")),
        ("bell hooks", Person("bell hooks", "bell", "hooks")),
        ("{van der Berg}, Bo", Person("Bo van der Berg", "Bo", "van der Berg")),
        ("Jean {Le Clézio}", Person("Jean Le Clézio", "Jean", "Le Clézio")),
        ("García López, María José", Person("María José García López", "María José", "García López")),
        ("Plato", Person("Plato")),
        ("Wilsh E", Person("E Wilsh", "E", "Wilsh")),
        ("van der Berg J.-P.", Person("J.-P. van der Berg", "J.-P.", "van der Berg")),
        ("J. A. Smith", Person("J. A. Smith", "J. A.", "Smith")),
        ("Wei LI", Person("Wei LI", "Wei", "LI")),
        ("Smith, John, Doe", Person("Smith, John, Doe")),
        ("{OpenAI and Friends}", group("OpenAI and Friends")),
        ("{The ATLAS Collaboration}", group("The ATLAS Collaboration")),
        ("LIGO Scientific Collaboration", group("LIGO Scientific Collaboration")),
        ("World Health Organization", group("World Health Organization")),
        ("Ministère de la Santé", group("Ministère de la Santé")),
        ("Acme, Inc.", group("Acme, Inc.")),
        ("Ernst & Young", group("Ernst & Young")),
        ("William Press", Person("William Press", "William", "Press")),
        (" , ", None),
        ("", None),
    ],
)
def test_one_name(text: str, person: Person | None) -> None:
    assert parse_name(text) == person


@pytest.mark.parametrize(
    "text",
    [
        "Robert Smith Jr.", "Smith, Jr., Robert", "Smith Jr., Robert", "Smith, Robert, Jr.", "Smith, Robert Jr.",
        "Robert Smith, Jr.",
    ],
)  # fmt: skip
def test_a_suffix_stands_anywhere(text: str) -> None:
    assert parse_name(text) == Person("Robert Smith Jr.", "Robert", "Smith", suffix="Jr.")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Robert Smith III", ("Smith", "Robert", "III")),
        ("Smith, III, J. P.", ("Smith", "J. P.", "III")),
        ("John Smith IV", ("Smith", "John", "IV")),
        ("de la Cruz, Sr., Ana", ("de la Cruz", "Ana", "Sr.")),
        ("Smith, John, PhD", ("Smith", "John", "PhD")),
        ("Smith, V", ("Smith", "V", "")),
        ("Smith JR", ("Smith", "JR", "")),
    ],
)
def test_suffixes(text: str, parts: tuple[str, str, str]) -> None:
    person = parse_name(text)
    assert person
    assert inverted(person) == parts


@pytest.mark.parametrize(
    ("text", "people", "others"),
    [
        ("A {B and C} AND {D and E}\n and F, G and others", ["A|B and C", "{D and E}", "G|F"], True),
        ("", [], False),
        # B05: sloppy `and`
        ("Smith, J., and Doe, K.", ["J.|Smith", "K.|Doe"], False),
        ("Smith, A. and ", ["A.|Smith"], False),
        ("and Smith, A.", ["A.|Smith"], False),
        ("Smith, J., et al.", ["J.|Smith"], True),
        ("Smith, J. and et al", ["J.|Smith"], True),
        ("Smith, A. and and Doe, B.", ["A.|Smith", "B.|Doe"], False),
        (r"Smith, A. \& Doe, B.", ["A.|Smith", "B.|Doe"], False),
        ("Müller, A. und Doe, B.", ["A.|Müller", "B.|Doe"], False),
        ("van der Berg and de la Cruz", ["van der Berg", "de la Cruz"], False),
        ("M&uuml;ller, J. and Sand, K.", ["J.|Müller", "K.|Sand"], False),
        # B06: commas or semicolons for `and`
        ("Wilsh E, Rink G, Brook KA, Falk M", ["E|Wilsh", "G|Rink", "KA|Brook", "M|Falk"], False),
        ("Smith JA, Doe K", ["JA|Smith", "K|Doe"], False),
        ("Ann Smith, Bob Jones, Cleo White", ["Ann|Smith", "Bob|Jones", "Cleo|White"], False),
        ("Smith, Ann; Jones, Bob; White, Cleo", ["Ann|Smith", "Bob|Jones", "Cleo|White"], False),
        ("Smith, J., Doe, K. L., White, C.", ["J.|Smith", "K. L.|Doe", "C.|White"], False),
        ("Smith J., Doe K. and White C.", ["J.|Smith", "K.|Doe", "C.|White"], False),
        ("García López, María José", ["María José|García López"], False),
        ("{Smith, Ann and Jones, Bob}", ["Ann|Smith", "Bob|Jones"], False),
        ("{Rivers, Stones and Company}", ["{Rivers, Stones and Company}"], False),
        ("Smith, J., Jr. and Doe, K.", ["J.|Smith|Jr.", "K.|Doe"], False),
        # ties, other languages' `and others`, initials before each name
        (r"Smith, A.~and~Mu\~noz, B.", ["A.|Smith", "B.|Muñoz"], False),
        ("Smith, A. and ...", ["A.|Smith"], True),
        ("Smith, A. et autres", ["A.|Smith"], True),
        ("Иванов, И. И. и др.", ["И. И.|Иванов"], True),
        ("Silva, A. e outros", ["A.|Silva"], True),
        ("Weiß, A. u. a.", ["A.|Weiß"], True),
        ("王小明 and 等", ["王小明"], True),
        ("A. Smith, B. C. Doe and C. Roe", ["A.|Smith", "B. C.|Doe", "C.|Roe"], False),
        ("von und zu Stein, Karl", ["Karl|von und zu Stein"], False),
    ],
)
def test_lists_in_bibtex(text: str, people: list[str], others: bool) -> None:
    found, has_others = parse_names(text)
    assert (told(found), has_others) == (people, others)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Example, Ada; Case, Bo", ["Ada|Example", "Bo|Case"]),
        ("A. Example, B. Case and C. Third", ["A.|Example", "B.|Case", "C.|Third"]),
        ("Example, Ada", ["Ada|Example"]),
        ("van der Berg, Jan", ["Jan|van der Berg"]),
        ("Ann Other, Bob Stone", ["Ann|Other", "Bob|Stone"]),
        ("Ann Other & Bob Stone", ["Ann|Other", "Bob|Stone"]),
        # B08
        ("Other, A., Stone, B. C., van der Lake, D.", ["A.|Other", "B. C.|Stone", "D.|van der Lake"]),
        ("Smith, J., Doe, K. L., & White, C.", ["J.|Smith", "K. L.|Doe", "C.|White"]),
        ("Smith JA, Doe K, van der Berg B", ["JA|Smith", "K|Doe", "B|van der Berg"]),
        ("Smith JA Jr, Doe K", ["JA|Smith|Jr", "K|Doe"]),
        ("Smith, John, Doe, Jane", ["John|Smith", "Jane|Doe"]),
        ("Smith, J., Jr., Doe, K., et al.", ["J.|Smith|Jr.", "K.|Doe"]),
        ("['Ann Other', \"Pat O'Brien\"]", ["Ann|Other", "Pat|O'Brien"]),
        ("['Ann Other' 'Bob Stone']", ["Ann|Other", "Bob|Stone"]),
        ("[['Smith','John',''],['Doe','Kim','Jr.']]", ["John|Smith", "Kim|Doe|Jr."]),
        ("[{'name': 'Ann Other'}, {'name': 'Bob Stone'}]", ["Ann|Other", "Bob|Stone"]),
        ("[Ann Other, Bob Stone]", ["Ann|Other", "Bob|Stone"]),
        ("Ann Other|Bob Stone", ["Ann|Other", "Bob|Stone"]),
        ("World Health Organization; Other, Ann", ["{World Health Organization}", "Ann|Other"]),
    ],
)
def test_lists_of_an_unknown_convention(text: str, people: list[str]) -> None:
    assert told(split_authors(text)[0]) == people


@pytest.mark.parametrize(
    ("text", "people", "others"),
    [
        ("Ann Other, Bob Stone, et al.", ["Ann|Other", "Bob|Stone"], True),
        ("['Ann Other', 'et al.']", ["Ann|Other"], True),
        ("array(['Ann Other', 'Bob Stone'], dtype=object)", ["Ann|Other", "Bob|Stone"], False),
        ("Ann Other\nBob Stone", ["Ann|Other", "Bob|Stone"], False),
        ("Other, Ann\nStone, Bob", ["Ann|Other", "Bob|Stone"], False),
        ("Ann Other, Bob\nStone, Cleo White", ["Ann|Other", "Bob|Stone", "Cleo|White"], False),
    ],
)
def test_lists_that_are_cut_or_wrapped(text: str, people: list[str], others: bool) -> None:
    found, is_cut = split_authors(text)
    assert (told(found), is_cut) == (people, others)


def test_lists_that_are_lists() -> None:
    names: list[object] = [["Smith", "John", ""], ("Doe", "Kim", "Jr."), "Erd\\H{o}s, Pál", "et al.", None, 3]
    assert told(people_of(names)) == ["John|Smith", "Kim|Doe|Jr.", "Pál|Erdős"]
    assert split_authors("Ann Other (MIT), Bo Case")[0][0].affiliations == ("MIT",)
    texts = ("et al.", "others", ", and others;", "Al, Et", "Smith et al.", "", " ,")
    assert [is_et_al(text) for text in texts] == [True, True, True, False, False, False, False]


def test_inverted_names() -> None:
    assert inverted(Person("Ludwig van Beethoven")) == ("van Beethoven", "Ludwig", "")
    assert inverted(Person("Ana Cruz Jr.", "Ana", "Cruz")) == ("Cruz", "Ana", "Jr.")
    names = ("Plato", "Acme, Inc.", "R and D", "River Collaboration", "Ada Example")
    assert [is_group(Person(name)) for name in names] == [True, True, True, True, False]
    assert is_group(Person("Doctors Without Borders", is_group=True))


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
    split_authors(text)
    clean_doi(text)
    arxiv_id(text)
