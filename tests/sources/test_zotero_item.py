"""Items of Zotero: what becomes of each field, what stays its owner's, and papers made into items and read again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from broadsheet.kit.paper import Identifiers, Paper, Person, Record, Rejected
from broadsheet.sources.providers.zotero_item import ZoteroItem, collection_names, read_item, zotero_json

PREPRINT = {
    "itemType": "preprint",
    "title": "An <i>invented</i> preprint &amp; more",
    "creators": [
        {"creatorType": "author", "firstName": "Ada", "lastName": "Example"},
        {"creatorType": "author", "name": "The Invented Consortium"},
        {"creatorType": "editor", "firstName": "Ed", "lastName": "Itor"},
    ],
    "abstractNote": "<p>An abstract.</p>",
    "date": "2026-03-01",
    "repository": "arXiv",
    "url": "https://example.org/x",
    "extra": "arXiv: 2603.01234 [cs.IR]\nCitation Key: ada2026\nPMID: 31452104\nmy own: words\n\nfree",
    "tags": [{"tag": " ml  ir "}, {"tag": "Auto", "type": 1}, {"tag": "ml ir"}],
    "collections": ["COLL0001", "COLL0001"],
    "dateAdded": "2026-03-01T00:00:00Z",
    "accessDate": "2026-03-02",
    "callNumber": "secret shelf",
    "relations": {"owl:sameAs": "http://zotero.org/groups/1/items/X"},
}


def item(data: dict[str, Any], **row: Any) -> ZoteroItem:
    read = read_item({"key": "ABCD2345", "version": 7, "data": data, **row}, "zotero:1")
    assert read is not None
    return read


def paper_of(data: dict[str, Any]) -> Paper:
    record = item(data).record
    assert isinstance(record, Record)
    return record.paper


def test_a_preprint_has_its_fields_and_its_owner_has_the_rest() -> None:
    read = item(PREPRINT)
    paper = paper_of(PREPRINT)
    assert (paper.title, paper.abstract) == ("An invented preprint & more", "An abstract.")
    assert [(person.name, person.is_group) for person in paper.authors] == [
        ("Ada Example", False),
        ("The Invented Consortium", True),
    ]
    assert (paper.ids.arxiv, paper.ids.pmid, paper.kind) == ("2603.01234", "31452104", "preprint")
    assert (paper.submitted, paper.year, paper.urls) == (date(2026, 3, 1), 2026, ("https://example.org/x",))
    assert paper.extra["citation_key"] == "ada2026"
    assert paper.keywords == ("Auto",)
    assert (read.tags, read.collections, read.version) == (("ml ir",), ("COLL0001",), 7)
    assert read.content == {"extra": "my own: words\nfree"}
    told = repr(read.record)
    assert not any(secret in told for secret in ("my own", "free", "secret shelf", "owl:sameAs", "ml ir", "COLL0001"))


@pytest.mark.parametrize(
    ("place", "arxiv"),
    [
        ({"archiveID": "arXiv:2603.01234"}, "2603.01234"),
        ({"url": "http://arxiv.org/abs/hep-th/9901001"}, "hep-th/9901001"),
        ({"DOI": "10.48550/arXiv.2603.01234"}, "2603.01234"),
        ({"extra": "see arXiv:2603.01234v2 there"}, "2603.01234"),
        ({"extra": "arXiv: nothing"}, ""),
    ],
)
def test_an_arxiv_id_is_read_where_it_stands(place: dict[str, str], arxiv: str) -> None:
    assert paper_of({"itemType": "journalArticle", "title": "T", **place}).ids.arxiv == arxiv


@pytest.mark.parametrize(
    ("data", "kind", "venue"),
    [
        ({"itemType": "journalArticle", "publicationTitle": "J"}, "article", "J"),
        ({"itemType": "conferencePaper", "proceedingsTitle": "P", "conferenceName": "C"}, "inproceedings", "P"),
        ({"itemType": "bookSection", "bookTitle": "B"}, "incollection", "B"),
        ({"itemType": "thesis", "university": "U"}, "phdthesis", ""),
        ({"itemType": "webpage", "websiteTitle": "W"}, "online", ""),
        ({"itemType": "podcast"}, "", ""),
    ],
)
def test_every_type_of_item_becomes_a_paper(data: dict[str, str], kind: str, venue: str) -> None:
    paper = paper_of({"title": "A title of five invented words", **data})
    assert (paper.kind, paper.venue) == (kind, venue)


def test_a_case_and_a_statute_have_their_own_titles() -> None:
    assert paper_of({"itemType": "case", "caseName": "A v. B"}).title == "A v. B"
    assert paper_of({"itemType": "statute", "nameOfAct": "An Act"}).title == "An Act"


def test_notes_and_attachments_are_kept_as_text_and_address() -> None:
    note = item({"itemType": "note", "parentItem": "PARENT01", "note": "<h1>A</h1><script>b()</script><p>c</p>"})
    assert (note.parent, note.record, note.content) == ("PARENT01", None, {"note": "A c"})
    file = item(
        {"itemType": "attachment", "title": "PDF", "url": "https://x.org/a.pdf", "contentType": "application/pdf"}
    )
    assert file.content == {"title": "PDF", "url": "https://x.org/a.pdf", "type": "application/pdf"}
    assert item({"itemType": "attachment", "title": "", "url": "file:///etc/passwd"}).content == {}
    assert item({"itemType": "annotation", "annotationText": "x"}).content == {}
    assert item({"itemType": "note", "note": "x" * 100_000}).content["note"] == "x" * 20_000


def test_what_is_in_the_bin_has_no_record() -> None:
    gone = item({**PREPRINT, "deleted": 1})
    assert (gone.is_gone, gone.record) == (True, None)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"key": "ABCD2345"},
        {"key": 7, "data": {}},
        {"key": "../../etc", "data": {"itemType": "note"}},
        {"key": "K" * 21, "data": {"itemType": "note"}},
        {"key": "ABCD2345", "data": ["itemType"]},
    ],
)
def test_what_is_no_item_is_none(row: dict[str, Any]) -> None:
    assert read_item(row, "zotero:1") is None


def test_a_hostile_item_is_rejected_or_read_without_harm() -> None:
    bad = item({"itemType": "book", "title": " ", "creators": "x", "tags": {"tag": 1}, "extra": 7, "collections": 3})
    assert isinstance(bad.record, Rejected)
    assert bad.record.place == "zotero item ABCD2345"
    odd = item(
        {**PREPRINT, "creators": [None, 7, {"lastName": 3}, {"creatorType": "author"}], "date": ["2026"]}, version=-4
    )
    assert isinstance(odd.record, Record)
    assert (odd.version, odd.record.paper.authors) == (0, ())
    many = item({**PREPRINT, "tags": [{"tag": f"t{n}"} for n in range(5000)], "collections": ["A1"] * 9})
    assert (len(many.tags), many.collections) == (200, ("A1",))
    deep: dict[str, Any] = {"itemType": "book", "title": "Deep"}
    inner: Any = deep
    for _ in range(3000):
        inner["more"] = {}
        inner = inner["more"]
    rejected = item(deep).record
    assert isinstance(rejected, Rejected)
    assert "nested" in rejected.reason


def test_names_of_collections_hold_those_around_them() -> None:
    rows = {"A": ["Reading", ""], "B": ["Search", "A"], "C": ["", "B"], "X": ["Round", "Y"], "Y": ["About", "X"]}
    names = collection_names(rows)
    assert (names["B"], names["C"]) == ("Reading / Search", "Reading / Search / Untitled")
    assert names["X"] in {"About / Round", "Round / About"}
    assert len(collection_names({"L": ["x" * 500, ""]})["L"]) == 200


@pytest.mark.parametrize(
    "kind", ["article", "inproceedings", "preprint", "book", "phdthesis", "techreport", "dataset", ""]
)
def test_a_paper_made_an_item_is_the_same_paper_again(kind: str) -> None:
    arxiv = "2603.01234" if kind in {"preprint", "article"} else ""
    paper = Paper(
        "A paper that goes to Zotero and comes back",
        "An abstract.",
        (Person("Ada Example", "Ada", "Example"), Person("The Group", is_group=True)),
        Identifiers(doi="10.1234/there", arxiv=arxiv, pmid="31452104"),
        2026,
        "" if kind in {"book", "phdthesis", "", "techreport"} else "Invented Venue",
        kind,
        urls=("https://example.org/x",),
        submitted=date(2026, 3, 1),
        language="en",
    )
    made = zotero_json(paper, ["ml"], "COLL0001")
    assert (made["tags"], made["collections"]) == ([{"tag": "ml"}], ["COLL0001"])
    again = paper_of(made)
    assert (again.title, again.abstract, again.year, again.submitted) == (
        *(paper.title, paper.abstract, paper.year, paper.submitted),
    )
    assert (again.ids.doi, again.ids.arxiv, again.ids.pmid) == ("10.1234/there", arxiv, "31452104")
    assert [person.family for person in again.authors][:1] == ["Example"]
    assert (again.venue, again.urls) == (paper.venue, paper.urls)


def test_dates_that_disagree_leave_the_year() -> None:
    assert zotero_json(Paper("T", year=2024, submitted=date(2026, 1, 1)), [], "C")["date"] == "2024"
    assert "date" not in zotero_json(Paper("T"), [], "C")
    assert zotero_json(Paper("T"), [], "C")["itemType"] == "document"
