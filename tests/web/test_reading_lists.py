"""Collections as reading lists: what their reader, a member who may read, one who may edit, and a stranger can do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from tests.web.discussion import HOSTILE, sound
from tests.web.members import PASSWORD, Town, post, town
from tests.web.served import Served

STATIC = 52_000  # bytes of style and scripts that a page has beside its own


def long_paper(number: int) -> Record:
    """A paper with many authors."""
    authors = tuple(Person(f"Invented Author {name}") for name in range(9))
    title = f"A measured study of tidal attention and of the {number} ways in which it can be pruned without loss"
    paper = Paper(title, authors=authors, ids=Identifiers(arxiv=f"2606.{number:05d}"), venue="Proceedings of Tides")
    return Record(paper, "invented", f"long-{number}", f"invented:long-{number}")


@pytest.fixture(scope="module")
def place(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Rita's collection, which otto may edit and cleo may read; amos is a stranger to it."""
    with town(stocked, tmp_path_factory.mktemp("lists") / "library") as running:
        rita = running.as_("rita")
        post(rita, "/collections", what="create", name="Reading group")
        for paper in ("1", "2", "3"):
            post(rita, "/collections", what="add", name="Reading group", paper=paper)
        post(rita, "/collections/1", what="share", name="otto", may="edit")
        post(rita, "/collections/1", what="share", name="cleo", may="read")
        yield running


def order(client: httpx.Client, number: int = 1) -> list[tuple[str, list[int]]]:
    sections = client.get(f"/api/v1/reading-lists/{number}").json()["sections"]
    return [(one["heading"], [paper["paper"] for paper in one["papers"]]) for one in sections]


def test_its_papers_are_moved_put_under_headings_and_remarked(place: Town) -> None:
    rita = place.as_("rita")
    answer = post(rita, "/collections/1", what="up", paper="3", next="/collections/1")
    assert answer.headers["location"] == "/collections/1?done=list-up&paper=3#p3"
    assert order(rita) == [("", [1, 3, 2])]
    post(rita, "/collections/1", what="section", paper="3", heading="First")
    post(rita, "/collections/1", what="add-section", heading="Later")
    post(rita, "/collections/1", what="section-up", heading="Later")
    assert order(rita) == [("Later", []), ("First", [3]), ("", [1, 2])]
    post(rita, "/collections/1", what="remark", paper="3", remark=HOSTILE)
    page = sound(rita.get("/collections/1"))
    assert ("<script>alert" in page, "Further papers" in page) == (False, True)
    post(rita, "/collections/1", what="remark", paper="3", remark="read section 3")
    post(rita, "/collections/1", what="remove-section", heading="Later")
    post(rita, "/collections/1", what="rename-section", heading="First", to="Basics")
    assert order(rita) == [("Basics", [3]), ("", [1, 2])]
    assert list(place.library.collections("rita")["Reading group"]) == [3, 1, 2]
    assert "Order, sections, remarks, sharing" in sound(rita.get("/library?collection=Reading+group"))


@pytest.mark.parametrize("change", [{"what": "fly"}, {"what": "up", "paper": "99"}, {"what": "place", "place": "x"}])
def test_what_cannot_be_done_is_said(place: Town, change: dict[str, str]) -> None:
    assert post(place.as_("rita"), "/collections/1", **change).status_code in {400, 404}


def test_who_may_edit_changes_papers_and_nothing_else(place: Town) -> None:
    otto = place.as_("otto")
    assert "shared with you by rita: you may read and edit it" in sound(otto.get("/collections/1"))
    assert post(otto, "/collections/1", what="add", paper="4").status_code == 303
    assert post(otto, "/collections/1", what="remove", paper="4").status_code == 303
    for refused in ({"what": "share", "name": "amos"}, {"what": "open-link"}, {"what": "unshare", "name": "cleo"}):
        assert post(otto, "/collections/1", **refused).status_code == 400
    body = otto.get("/api/v1/reading-lists/1").json()
    assert (body["may"], body["members"], body["link"]) == ("edit", {}, "")


def test_who_may_read_reads(place: Town) -> None:
    cleo = place.as_("cleo")
    page = sound(cleo.get("/collections/1"))
    assert ("you may read it" in page, "Remark, section, place" in page, 'id="sharing"' in page) == (True, False, False)
    assert post(cleo, "/collections/1", what="add", paper="4").status_code == 400
    assert "Reading group" in sound(cleo.get("/library"))
    assert cleo.get("/collections/1/export/markdown").text.startswith("# Reading group")
    assert cleo.get("/collections/1/missing").status_code == 200


@pytest.mark.parametrize("name", ["amos", ""])
def test_a_stranger_learns_nothing(place: Town, name: str) -> None:
    stranger = place.as_(name)
    for path in ("/collections/1", "/collections/1/missing", "/collections/1/export/bibtex", "/api/v1/reading-lists/1"):
        answer = stranger.get(path)
        assert (answer.status_code, "Reading group" in answer.text) == (404 if name else 401, False), path
    if name:
        assert post(stranger, "/collections/1", what="add", paper="4").status_code == 404
        assert stranger.post("/api/v1/reading-lists/1", json={"what": "open-link"}).status_code == 404
        assert stranger.get("/api/v1/reading-lists").json() == []
    assert stranger.get("/collections/shared/guess").status_code == 404


def test_a_link_opens_it_to_everybody_until_it_is_taken_back(place: Town) -> None:
    rita, visitor = place.as_("rita"), place.browser()
    post(rita, "/collections/1", what="open-link")
    path = rita.get("/api/v1/reading-lists/1").json()["link"]
    answer = visitor.get(path)
    assert ("set-cookie" in answer.headers, answer.headers["x-robots-tag"]) == (False, "noindex, nofollow")
    assert ("rita" in answer.text, "csrf" in answer.text, "pruned token vectors" in answer.text) == (False, False, True)
    printed = visitor.get(f"{path}/export/html")
    assert "style-src 'sha256-" in printed.headers["content-security-policy"]
    assert (printed.text.count("<li>"), "set-cookie" in printed.headers) == (3, False)
    assert visitor.get(f"{path}/export/bibtex").text.count("@") >= 3
    assert visitor.get(f"{path}/export/docx").status_code == 400
    post(rita, "/collections/1", what="open-link")
    assert visitor.get(path).status_code == 404
    path = rita.get("/api/v1/reading-lists/1").json()["link"]
    post(rita, "/collections/1", what="close-link")
    assert (visitor.get(path).status_code, visitor.get(f"{path}/export/ris").status_code) == (404, 404)


def test_what_is_missing_is_added_by_one_press(place: Town) -> None:
    rita = place.as_("rita")
    post(rita, "/collections", what="create", name="Small")
    post(rita, "/collections", what="add", name="Small", paper="1")
    number = next(one["id"] for one in rita.get("/api/v1/reading-lists").json() if one["name"] == "Small")
    found = rita.get(f"/api/v1/reading-lists/{number}/missing?k=3").json()
    assert (len(found), any("near “" in reason for one in found for reason in one["reasons"])) == (3, True)
    assert any("other collection of yours" in reason for one in found for reason in one["reasons"])
    page = sound(rita.get(f"/collections/{number}/missing"))
    paper = re.search(r'name="paper" value="(\d+)"', page)
    assert paper
    post(rita, f"/collections/{number}", what="add", paper=paper[1])
    assert int(paper[1]) in place.library.collections("rita")["Small"]
    post(rita, "/collections", what="create", name="Empty")
    number = next(one["id"] for one in rita.get("/api/v1/reading-lists").json() if one["name"] == "Empty")
    assert "The collection is empty" in sound(rita.get(f"/collections/{number}/missing"))


def test_a_member_takes_themself_off(place: Town) -> None:
    rita, amos = place.as_("rita"), place.as_("amos")
    post(rita, "/collections", what="create", name="For amos")
    number = place.site.community.reading_lists.get("rita", "For amos").collection.id
    post(rita, f"/collections/{number}", what="share", name="amos")
    assert sound(amos.get(f"/collections/{number}"))
    answer = post(amos, f"/collections/{number}", what="unshare", name="amos")
    assert answer.headers["location"] == "/library?done=list-unshare"
    assert amos.get(f"/collections/{number}").status_code == 404


def test_a_deleted_collection_comes_back_with_its_order_sections_and_members(place: Town) -> None:
    rita, otto = place.as_("rita"), place.as_("otto")
    post(rita, "/collections", what="create", name="Lost")
    number = place.site.community.reading_lists.get("rita", "Lost").collection.id
    post(rita, f"/collections/{number}", what="add", paper="2")
    post(rita, f"/collections/{number}", what="section", paper="2", heading="Head")
    post(rita, f"/collections/{number}", what="share", name="otto")
    post(rita, f"/collections/{number}", what="open-link")
    link = rita.get(f"/api/v1/reading-lists/{number}").json()["link"]
    answer = post(rita, "/collections", what="delete", name="Lost")
    deletion = re.search(r"deletion=(\d+)", answer.headers["location"])
    assert deletion
    assert (otto.get(f"/collections/{number}").status_code, otto.get(link).status_code) == (404, 404)
    post(rita, "/deleted/restore", deletion=deletion[1])
    number = place.site.community.reading_lists.get("rita", "Lost").collection.id
    assert order(otto, number) == [("Head", [2])]
    assert place.browser().get(link).status_code == 200


def test_one_reader_alone_orders_and_links_but_shares_with_nobody(own: Served) -> None:
    own.client.post("/api/v1/collections", json={"name": "Mine", "papers": ["1", "2"]})
    number = own.client.get("/api/v1/reading-lists").json()[0]["id"]
    page = sound(own.client.get(f"/collections/{number}"))
    assert ("no members here" in page, 'value="open-link"' in page) == (True, True)
    body = own.client.post(f"/api/v1/reading-lists/{number}", json={"what": "open-link"}).json()
    assert own.client.get(body["link"]).status_code == 200
    own.client.post(f"/api/v1/reading-lists/{number}", json={"what": "place", "paper": "2", "place": 1})
    assert order(own.client, number) == [("", [2, 1])]


CHANGES = (
    {"what": "add", "paper": "4"},
    {"what": "place", "paper": "4", "place": 1},
    {"what": "down", "paper": "4"},
    {"what": "add-section", "heading": "One"},
    {"what": "section", "paper": "2", "heading": "Two"},
    {"what": "section-up", "heading": "Two"},
    {"what": "section-down", "heading": "Two"},
    {"what": "rename-section", "heading": "One", "to": "First"},
    {"what": "remark", "paper": "2", "remark": "why"},
    {"what": "remove-section", "heading": "First"},
    {"what": "remove", "paper": "1"},
    {"what": "share", "name": "otto", "may_edit": True},
    {"what": "open-link"},
)


def test_everything_can_be_done_by_a_program(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    rita.post("/api/v1/collections", json={"name": "By program", "papers": ["1", "2", "3"]})
    for change in CHANGES:
        answer = rita.post("/api/v1/reading-lists/1", json=change)
        assert answer.status_code == 200, (change, answer.text)
    body = rita.get("/api/v1/reading-lists/1").json()
    assert [(one["heading"], [p["paper"] for p in one["papers"]]) for one in body["sections"]] == [
        ("Two", [2]), ("", [4, 3]),
    ]  # fmt: skip
    assert (body["sections"][0]["papers"][0]["remark"], body["members"]) == ("why", {"otto": "edit"})
    assert otto.get("/api/v1/reading-lists").json()[0] == {
        **{"id": 1, "name": "By program", "owner": "rita", "may": "edit", "papers": 3}
    }
    for change in ({"what": "unshare", "name": "otto"}, {"what": "close-link"}):
        rita.post("/api/v1/reading-lists/1", json=change)
    body = rita.get("/api/v1/reading-lists/1").json()
    assert (body["members"], body["link"], otto.get("/api/v1/reading-lists").json()) == ({}, "", [])
    for bad in ({"what": "fly"}, {"what": "add"}, {"what": "up", "paper": "99"}, {"what": "share", "name": "rita"}, {}):
        assert rita.post("/api/v1/reading-lists/1", json=bad).status_code in {400, 404}, bad
    assert rita.post("/api/v1/reading-lists/1", content="what=add").status_code == 415


def test_a_long_list_comes_page_by_page_and_stays_light(own_town: Town) -> None:
    rita, lists = own_town.as_("rita"), own_town.site.community.reading_lists
    papers = own_town.library.add(*map(long_paper, range(60))).paper_ids
    rita.post("/api/v1/collections", json={"name": "Long", "papers": list(map(str, papers))})
    for paper in papers:
        lists.remark("rita", 1, paper, "A remark as long as remarks are, with a second clause in it.")
    for number in range(10):
        lists.add_section("rita", 1, f"Section {number} of this list")
    first, last = rita.get("/collections/1"), rita.get("/collections/1?page=3")
    assert max(len(first.content), len(last.content)) < 150_000 - STATIC
    assert ('start="41"' in last.text, 'rel="next"' in first.text, 'rel="next"' in last.text) == (True, True, False)
    assert "That was the last page" in rita.get("/collections/1?page=9").text
    link = lists.open_link("rita", 1)
    assert len(own_town.browser().get(link).content) < 150_000 - STATIC


def test_titles_with_formulas_are_printed_as_formulas(own: Served) -> None:
    own.library.add(Record(Paper("Pruning in $O(n \\log n)$ & <b>less</b>"), "invented", "maths", "invented:maths"))
    number = own.library.resolve("maths")
    own.client.post("/api/v1/collections", json={"name": "Maths", "papers": [str(number)]})
    printed = own.client.get("/collections/1/export/html").text
    assert ("<math" in printed, "<b>less" in printed, "&lt;b&gt;less" in printed) == (True, False, True)
    assert "$O(n \\log n)$" in own.client.get("/collections/1/export/markdown").text
    own.client.post("/api/v1/reading-lists/1", json={"what": "open-link"})
    link = own.client.get("/api/v1/reading-lists/1").json()["link"]
    assert "<math" in sound(own.client.get(link))


@pytest.mark.parametrize("form", ["markdown", "html", "bibtex", "ris", "csl", "csv", "json", "jsonl"])
def test_every_format_is_a_file_of_its_kind(place: Town, form: str) -> None:
    answer = place.as_("rita").get(f"/collections/1/export/{form}")
    assert answer.status_code == 200
    assert 'filename="reading-group.' in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("inline" if form == "html" else "attachment")


def test_when_its_reader_leaves_a_collection_goes_with_them(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    post(rita, "/collections", what="add", name="Hers", paper="1")
    post(rita, "/collections/1", what="share", name="otto")
    rows = own_town.library.catalogue.community.belongings.all(own_town.library.catalogue.readers.get("otto").id)
    assert [row["collection_id"] for row in rows["collection_members"]] == [1]
    post(rita, "/collections/1", what="open-link")
    link = rita.get("/api/v1/reading-lists/1").json()["link"]
    everything = own_town.library.catalogue.community.belongings.all(own_town.library.catalogue.readers.get("rita").id)
    assert ("link_key" in everything["collections"][0], link.rpartition("/")[2] in str(everything)) == (False, False)
    post(rita, "/account/leave", name="rita", password=PASSWORD)
    assert (otto.get("/collections/1").status_code, own_town.browser().get(link).status_code) == (404, 404)
    assert own_town.library.check().ok
