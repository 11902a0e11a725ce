"""JSON of every layout and shape: each record is read as what its keys say it is."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.sources.export import write_jsonl
from broadsheet.sources.files.json_source import JsonSource
from tests.sources.json_samples import CROSSREF, CSL, OPENALEX, ROW, SCHOLAR, one
from tests.sources.reading import papers, read, rejections


@pytest.mark.parametrize("name", ["x.json", "x.jsonl", "x.csljson", "x.txt"])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrapped", [CSL, [CSL], {"items": [CSL]}, {"message": CSL}, {"message": {"items": [CSL]}}])
def test_an_item_of_csl_in_any_layout(wrapped: object, indent: int | None, name: str) -> None:  # A14, A15
    item = one(wrapped, name, indent=indent)
    assert (item.source, item.source_id) == (f"csl:{name}", "x")
    paper = item.paper
    assert (paper.year, paper.submitted, paper.venue, paper.kind) == (2021, date(2021, 5, 3), "Rivers", "article")
    assert (paper.ids.doi, paper.authors) == ("10.1234/single.1", (Person("Ann Other", "Ann", "Other"),))
    assert paper.extra == {"citation_key": "x"}


@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_of_rows_reads_as_its_lines_do(indent: int | None) -> None:  # A16
    item = one([ROW], indent=indent)
    assert item.source == "jsonl:x.json"
    assert item.paper == one(ROW, "x.jsonl").paper
    assert (item.paper.ids.arxiv, item.paper.year, item.paper.venue) == ("2101.01234", 2021, "ICR")


def test_shapes_may_be_mixed() -> None:
    exported = json.loads(next(iter(write_jsonl([Paper("Ours", ids=Identifiers(doi="10.1234/o"), version=2)]))))
    items = read(JsonSource(), json.dumps([CSL, ROW, exported, SCHOLAR, OPENALEX, CROSSREF]), "x.json")
    assert [item.source for item in items] == [f"{form}:x.json" for form in ("csl", *["jsonl"] * 4, "csl")]
    assert [paper.ids.doi for paper in papers(items)] == [
        "10.1234/single.1", "", "10.1234/o", "10.1234/s2", "10.1234/alex", "10.1234/work",
    ]  # fmt: skip


def test_several_pretty_printed_objects_one_after_the_other() -> None:
    text = "\n".join(json.dumps(row, indent=2) for row in (CSL, ROW))
    items = read(JsonSource(), text, "x.json")
    assert [item.place for item in items] == ["x.json:1", "x.json:23"]


@pytest.mark.parametrize(
    "answer", [CROSSREF, {"status": "ok", "message": CROSSREF}, {"message": {"items": [CROSSREF]}}]
)
def test_a_work_of_crossref(answer: object) -> None:
    paper = one(answer).paper
    assert (paper.title, paper.venue, paper.kind, paper.citations) == ("A work: And more", "Rivers", "article", 3)
    assert (paper.year, paper.submitted) == (2020, None)
    assert paper.authors == (
        Person("Ann Other", "Ann", "Other", "0000-0001-2345-6789", ("Uni",)),
        Person("The River Consortium", is_group=True),
    )
    assert paper.extra == {
        "date": "2020-07", "volume": "5", "pages": "1-9", "issn": "0001-0001", "publisher": "River Press",
        "editors": [{"name": "Ed Itor", "given": "Ed", "family": "Itor"}],
    }  # fmt: skip


@pytest.mark.parametrize("answer", [OPENALEX, {"meta": {"count": 1}, "results": [OPENALEX]}])
def test_a_work_of_openalex(answer: object) -> None:
    item = one(answer)
    paper = item.paper
    assert (paper.title, paper.abstract, paper.venue) == ("Found by Alex", "Rivers flow. Stones flow.", "Rivers")
    assert paper.ids == Identifiers(doi="10.1234/alex", openalex="W77", pmid="88")
    assert paper.authors == (Person("Ann Other", orcid="0000-0001-2345-6789", affiliations=("Uni of X",)),)
    assert (paper.year, paper.submitted, paper.citations, paper.is_retracted) == (2019, date(2019, 2, 3), 4, True)
    assert (paper.extra["volume"], paper.extra["pages"]) == ("5", "1-9")


@pytest.mark.parametrize("answer", [SCHOLAR, {"total": 1, "data": [SCHOLAR]}, [SCHOLAR]])
def test_a_paper_of_semantic_scholar(answer: object) -> None:
    paper = one(answer).paper
    assert paper.ids == Identifiers(arxiv="2101.01234", doi="10.1234/s2", s2="a" * 40, pmid="88")
    assert (paper.venue, paper.citations, paper.kind) == ("ICR", 4, "inproceedings")
    assert (paper.pdf_url, paper.extra["pages"]) == ("https://a.example/1.pdf", "1-9")
    assert paper.extra["tldr"] == {"text": "Searches rivers."}


def test_an_item_of_zoteros_own() -> None:
    item = {
        "itemType": "journalArticle", "title": "From Zotero", "abstractNote": "About.", "publicationTitle": "Rivers",
        "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Other"},
                     {"creatorType": "editor", "firstName": "Ed", "lastName": "Itor"}],
        "date": "2020-05", "DOI": "10.1234/z", "volume": "5", "tags": [{"tag": "water"}],
    }  # fmt: skip
    paper = one({"items": [item]}).paper
    assert (paper.abstract, paper.venue, paper.year, paper.keywords) == ("About.", "Rivers", 2020, ("water",))
    assert [person.name for person in paper.authors] == ["Ann Other"]
    assert (paper.extra["volume"], paper.extra["date"], paper.kind) == ("5", "2020-05", "article")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp1252"])
def test_lines_in_wide_letters_and_others(encoding: str) -> None:  # A23
    data = '{"title":"Größe","year":2021}\r\n{"title":"Zweite"}\r\n'.encode(encoding)
    items = read(JsonSource(), data, "x.jsonl")
    assert JsonSource().sniff(data)
    assert [paper.title for paper in papers(items)] == ["Größe", "Zweite"]
    assert [item.place for item in items] == ["x.jsonl:1", "x.jsonl:2"]


def test_a_damaged_item_of_a_list_costs_only_itself() -> None:
    items = read(JsonSource(), '[{"title": "One"},\n {"title": "Two" "x": {}},\n {"title": "Three"}', "x.json")
    assert [paper.title for paper in papers(items)] == ["One", "Three"]
    assert [(bad.place, bad.reason.split(":")[0]) for bad in rejections(items)] == [
        ("x.json:2", "not valid JSON at character 18"),
        ("x.json:3", "the list has no end"),
    ]


def test_fields_of_csl_go_by_their_canonical_names() -> None:  # D08, D09
    paper = one(
        CSL | {"volume": 57, "issue": "2", "page": "422-448", "ISSN": "0001-0001", "publisher-place": "Nowhere",
               "accessed": {"date-parts": [["2022", "3", "4"]]}, "editor": [{"literal": "The Editors"}],
               "type": "patent",
               "number": "US 1", "archive": ["Portico"], "unheard-of": {"a": [1]}}
    ).paper  # fmt: skip
    assert paper.kind == "patent"
    assert paper.extra == {
        "citation_key": "x", "volume": "57", "issue": "2", "pages": "422-448", "issn": "0001-0001", "place": "Nowhere",
        "accessed": "2022-03-04", "editors": [{"name": "The Editors", "is_group": True}], "report_number": "US 1",
        "provider": "Portico", "unheard-of": {"a": [1]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "more", "read_as"),
    [("thesis", {"genre": "PhD thesis"}, "phdthesis"), ("thesis", {"genre": "Master's Thesis"}, "mastersthesis"),
     ("webpage", {}, "online"), ("posted-content", {}, "preprint"), ("never-heard-of", {}, "")],
)  # fmt: skip
def test_types_of_works(kind: str, more: dict[str, str], read_as: str) -> None:
    paper = one(CSL | more | {"type": kind}).paper
    assert (paper.kind, paper.extra.get("type")) == (read_as, None if read_as else kind)


@pytest.mark.parametrize(  # B10
    ("author", "people"),
    [
        ([{"name": "The River Consortium"}], [("The River Consortium", True)]),
        ([{"literal": "Plain Name"}], [("Plain Name", True)]),
        (["Smith, John"], [("John Smith", False)]),
        ("Ann Other; Bob Stone", [("Ann Other", False), ("Bob Stone", False)]),
        ({"family": "Other", "given": "Ann"}, [("Ann Other", False)]),
        ([{"family": "Berg", "non-dropping-particle": "van den", "given": "Bo"}], [("Bo van den Berg", False)]),
    ],
)
def test_authors_of_csl(author: object, people: list[tuple[str, bool]]) -> None:
    assert [(person.name, person.is_group) for person in one(CSL | {"author": author}).paper.authors] == people


@pytest.mark.parametrize(
    ("issued", "year", "day", "kept"),
    [
        ({"date-parts": [[2020, 5]]}, 2020, None, "2020-05"),
        ({"date-parts": [["2020"]], "season": "1"}, 2020, None, "Spring 2020"),
        ({"date-parts": [[2020, 1], [2020, 3]]}, 2020, None, "2020-01/2020-03"),
        ({"literal": "in press"}, None, None, "in press"),
        ({"raw": "May 3, 2020"}, 2020, date(2020, 5, 3), None),
        ({"date-parts": [[2020, 2, 31]]}, 2020, None, "2020-02-31"),
        ({"date-parts": [[None]]}, None, None, None),
        ("2020-05-03", 2020, date(2020, 5, 3), None),
    ],
)
def test_dates_of_csl(issued: object, year: int | None, day: date | None, kept: str | None) -> None:
    paper = one(CSL | {"issued": issued}).paper
    assert (paper.year, paper.submitted, paper.extra.get("date")) == (year, day, kept)


def test_markup_of_csl_is_taken_off() -> None:  # C03
    paper = one(
        CSL | {"title": "Particles &amp; CO<sub>2</sub> <scp>LAB</scp>, x<y", "container-title": "Science &amp; Rivers",
               "abstract": "<jats:title>Abstract</jats:title><jats:p>A number.</jats:p><jats:p>More.</jats:p>"}
    ).paper  # fmt: skip
    assert (paper.title, paper.venue) == ("Particles & CO2 LAB, x<y", "Science & Rivers")
    assert paper.abstract == "A number. More."


@pytest.mark.parametrize(  # B08
    ("text", "names"),
    [
        ("['Ann Other', 'Bob Stone']", ["Ann Other", "Bob Stone"]),
        ("['Ann Other' \"Bob O'Stone\"]", ["Ann Other", "Bob O'Stone"]),
        ('["Ann Other", "Bob Stone"]', ["Ann Other", "Bob Stone"]),
        ("[{'name': 'Ann Other'}]", ["Ann Other"]),
        ("[['Other', 'Ann', '']]", ["Ann Other"]),
    ],
)
def test_lists_of_authors_printed_as_text(text: str, names: list[str]) -> None:
    assert [person.name for person in one(ROW | {"authors": text}).paper.authors] == names


@pytest.mark.parametrize(  # B07, B10: what says that there are more authors is no author
    "authors",
    [
        "Ann Other, et al.", ["Ann Other", "et al."], ["Other, Ann and others"],
        "[{'given': 'Ann', 'family': 'Other'}, 'et al.']",
        [{"given_name": "Ann", "family_name": "Other"}, {"name": "others"}],
    ],
)  # fmt: skip
def test_and_others_is_kept_as_such(authors: object) -> None:
    paper = one(ROW | {"authors": authors}).paper
    assert ([person.name for person in paper.authors], paper.extra) == (["Ann Other"], {"et_al": True})
    item = CSL | {"author": [{"family": "Other", "given": "Ann"}, {"family": "others"}]}
    assert [person.name for person in one(item).paper.authors] == ["Ann Other"]
    assert one(item).paper.extra["et_al"] is True


@pytest.mark.parametrize(
    ("item_id", "key"),
    [
        ("other2021rivers", "other2021rivers"), ("Müller_2021", "Müller_2021"), (17, None),
        ("http://zotero.org/users/1/items/AB", None),
    ],
)  # fmt: skip
def test_the_id_of_an_item_is_the_key_it_is_cited_by(item_id: object, key: str | None) -> None:
    assert one(CSL | {"id": item_id}).paper.extra.get("citation_key") == key
    assert one(CSL | {"id": item_id, "citation-key": "mine"}).paper.extra["citation_key"] == "mine"


def test_authors_as_dblp_and_dublin_core_give_them() -> None:
    hit = {"title": "A hit", "authors": {"author": [{"@pid": "1", "text": "Ann Other"}, {"text": "Bo Case"}]}}
    assert [person.name for person in one(hit).paper.authors] == ["Ann Other", "Bo Case"]
    assert [person.name for person in one({"title": "A row", "creator": "Other, Ann"}).paper.authors] == ["Ann Other"]


def test_rows_under_their_ids_are_all_read() -> None:
    rows = {f"2101.0000{n}": ROW | {"title": f"Row number {n}", "arxiv_id": f"2101.0000{n}"} for n in range(1, 4)}
    for layout in (rows, {"papers": rows}):
        found = read(JsonSource(), json.dumps(layout), "x.json")
        assert [paper.title for paper in papers(found)] == ["Row number 1", "Row number 2", "Row number 3"]


def test_what_an_export_nests_can_be_read_again() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = {"x": deep}
    line = next(iter(write_jsonl([Paper("Deep", version=1, extra={"x": deep})])))
    assert next(iter(write_jsonl([one(line, "x.jsonl").paper])))
