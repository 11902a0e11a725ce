"""Table rows: columns under other names, values that are of no use where they stand, numbers that were texts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.kit.paper_json import MAX_DEPTH
from broadsheet.sources.files.tabular import arxiv_number, paper_of
from broadsheet.sources.text.dates import PublicationDate, read_date


def paper(**row: Any) -> Paper:
    return paper_of({"title": "T", **row})[0]


@pytest.mark.parametrize(  # D11
    ("number", "text"),
    [
        (2301.12345, "2301.12345"),
        (2301.1, "2301.10000"),
        (1501.0001, "1501.00010"),
        (1412.1, "1412.1000"),
        (704.0001, "0704.0001"),
        (2301.123456, ""),  # six digits are none of arXiv's
        (2313.12345, ""),  # there is no thirteenth month
        (2301.0, ""),
        (float("nan"), ""),
        ("2301.12345v2", "2301.12345v2"),
    ],
)
def test_an_arxiv_id_made_a_number_gets_its_zeros_back(number: object, text: str) -> None:
    assert arxiv_number(number) == text


def test_ids_made_numbers() -> None:
    found, source_id = paper_of({"title": "T", "arxiv_id": 2301.12345, "pmid": 8906788.0, "id": 17.0, "year": 2021.0})
    assert found.ids == Identifiers(arxiv="2301.12345", pmid="8906788")
    assert (source_id, found.year, found.extra) == ("17", 2021, {})


def test_what_a_field_cannot_take_is_kept_beside_it() -> None:
    row = {
        "doi": "forthcoming", "arxiv": 7, "url": "www.rivers.example", "year": "in press", "citations": "many",
        "submitted": "soon", "venue": {"issue": 3}, "authors": [{"orcid": "?"}, "Ann Other"],
        "keywords": ["a", {"b": 1}],
    }  # fmt: skip
    found = paper(**row)
    assert (found.authors, found.keywords, found.year) == ((Person("Ann Other"),), ("a",), None)
    assert found.extra == row | {"authors": [{"orcid": "?"}]}


def test_columns_are_known_under_the_names_of_common_exporters() -> None:
    found = paper_of(
        {
            "Document Title": "A title", "Author Names": "Ann Other; Bob Stone", "Publication Year": "2019",
            "Publication Title": "Rivers", "Author Keywords": "a;b", "Abstract": "About.", "DOI": "10.1234/X",
            "PubMed ID": 77, "License": "CC0", "Unnamed: 0": 5, "Notes": "n",
        }
    )[0]  # fmt: skip
    assert (found.title, found.year, found.venue, found.keywords) == ("A title", 2019, "Rivers", ("a", "b"))
    assert [one.name for one in found.authors] == ["Ann Other", "Bob Stone"]
    assert (found.abstract, found.ids, found.licence) == ("About.", Identifiers(doi="10.1234/x", pmid="77"), "CC0")
    assert found.extra == {"Notes": "n"}


def test_a_date_without_a_day_gives_the_year_and_stays() -> None:  # D03
    found = paper(published="May 2024")
    assert (found.year, found.submitted, found.extra) == (2024, None, {"date": "2024-05"})


def test_of_two_columns_for_one_field_the_nearer_name_wins_and_an_empty_one_never() -> None:
    found = paper(journal="Rivers", venue="ICR", pdf=None, url_pdf="https://a.example/1.pdf")
    assert (found.venue, found.extra, found.pdf_url) == ("ICR", {"journal": "Rivers"}, "https://a.example/1.pdf")


def test_a_dump_of_papers_with_tasks_and_addresses() -> None:  # A16
    found = paper(
        paper_url="https://example.org/paper/1", url_abs="https://arxiv.org/abs/2101.01234v2", url_pdf="https://arxiv.org/pdf/2101.01234v2",
        proceeding="ICR 2021", authors=["Ann Other"], tasks=["Retrieval"], date="2021-01-04", methods=[{"name": "M"}],
    )  # fmt: skip
    assert (found.ids.arxiv, found.venue, found.year, found.submitted) == (
        "2101.01234",
        "ICR 2021",
        2021,
        date(2021, 1, 4),
    )
    assert (found.keywords, found.pdf_url) == (("Retrieval",), "https://arxiv.org/pdf/2101.01234v2")
    assert found.extra == {"paper_url": "https://example.org/paper/1", "methods": [{"name": "M"}]}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ([["Smith", "John", ""], ["Doe", "Kim"]], [("John Smith", "John", "Smith"), ("Kim Doe", "Kim", "Doe")]),
        ([{"first": "Ada", "middle": ["B."], "last": "Example"}], [("Ada B. Example", "Ada B.", "Example")]),
        ([{"firstName": "Ada", "lastName": "Example"}], [("Ada Example", "Ada", "Example")]),
        (["Smith, John"], [("John Smith", "John", "Smith")]),
        (["Ann Other; Bob Stone"], [("Ann Other", "Ann", "Other"), ("Bob Stone", "Bob", "Stone")]),
        ({"name": "Ann Other"}, [("Ann Other", "", "")]),
        (["The ATLAS Collaboration"], [("The ATLAS Collaboration", "", "")]),
    ],
)
def test_authors_in_lists_of_every_shape(value: object, names: list[tuple[str, str, str]]) -> None:
    assert [(one.name, one.given, one.family) for one in paper(authors=value).authors] == names


def test_a_group_among_the_authors_is_one() -> None:
    assert [one.is_group for one in paper(authors=["The ATLAS Collaboration", "Ann Other"]).authors] == [True, False]


def test_values_may_be_nested_as_deep_as_an_export_writes_them() -> None:
    def nested(levels: int) -> Any:
        return {"x": nested(levels - 1)} if levels else 1

    assert paper(x=nested(MAX_DEPTH - 1)).extra["x"] == nested(MAX_DEPTH - 1)
    with pytest.raises(RecordError, match="nested more than 40 levels"):
        paper(x=nested(MAX_DEPTH))


@pytest.mark.parametrize(  # D03
    ("text", "found"),
    [
        ("2024-05-01T10:00:00Z", PublicationDate(2024, date(2024, 5, 1))),
        ("Tue, 03 Mar 2026 00:00:00 -0500", PublicationDate(2026, date(2026, 3, 3))),
        ("May 1, 2024", PublicationDate(2024, date(2024, 5, 1))),
        ("Sept. 3, 2020", PublicationDate(2020, date(2020, 9, 3))),
        ("1. Mai 2024", PublicationDate(2024, date(2024, 5, 1))),
        ("3 de marzo de 2024", PublicationDate(2024, date(2024, 3, 3))),
        ("2013 Sep 12", PublicationDate(2013, date(2013, 9, 12))),
        ("12-May-2024", PublicationDate(2024, date(2024, 5, 12))),
        ("20240501", PublicationDate(2024, date(2024, 5, 1))),
        ("2024-05", PublicationDate(2024, None, "2024-05")),
        ("2024", PublicationDate(2024)),
        ("Spring 2020", PublicationDate(2020, None, "Spring 2020")),
        ("03/04/2024", PublicationDate(2024, None, "03/04/2024")),  # the third of April or the fourth of March
        ("in press", PublicationDate(None, None, "in press")),
        ("", PublicationDate()),
    ],
)
def test_dates_in_many_forms(text: str, found: PublicationDate) -> None:
    assert read_date(text) == found
