"""Changed since you read it, on pages and in feeds: what each kind of change says, to whom, and until when."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # reads what our own server wrote
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broadsheet.kit.paper import Paper, Reception, Record
from tests.clock import NOON
from tests.community.mailing import Clock
from tests.web.markup import Page
from tests.web.members import Town, post, town

CLOCK = Clock(NOON)
KINDS: dict[int, tuple[dict[str, Any], str]] = {  # paper → what becomes of it, and what its page says then
    2: ({"venue": "Journal of Kelp", "kind": "article"}, "Venue: Journal of Kelp"),
    3: ({"is_retracted": True}, "Retracted"),
    4: ({"comments": "Withdrawn by the authors"}, "Withdrawn"),
    5: ({"comments": "Code at https://github.com/kelp/kelp."}, "Code: https://github.com/kelp/kelp"),
    6: ({"version": 12}, "New version 12"),
    7: ({"abstract": "x" * 5000}, "New version"),
    8: ({"citations": 99, "keywords": ("kelp",)}, ""),
}


@contextmanager
def changed(stocked: Path, folder: Path) -> Iterator[Town]:
    """A community where rita saved papers, each of which then changed in another way; otto saved them afterwards."""
    with town(stocked, folder, clock=CLOCK) as running:
        library = running.library
        for number in (*KINDS, 9):
            library.act("rita", number, "save")
        CLOCK.tomorrow()
        for number, (fields, _) in KINDS.items():
            source, key, _, paper = library.records(str(number))[0]
            changes: dict[str, Any] = {"venue": "", "kind": "preprint"} if number == 2 else {}
            library.catalogue.papers.add([Record(replace(paper, **{**changes, **fields}), source, key)])
        source, key, _, paper = library.records("9")[0]
        links = Reception("code.example", links=(("code", "https://example.org/code"),))
        library.catalogue.papers.add([Record(paper, source, key, reception=links)])
        library.index()
        CLOCK.tomorrow()
        for number in KINDS:
            library.act("otto", number, "save")
        yield running


@pytest.fixture(scope="module")
def place(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One for the tests that leave rita's changes as they are."""
    with changed(stocked, tmp_path_factory.mktemp("changed") / "library") as running:
        yield running


@pytest.fixture
def own_place(stocked: Path, tmp_path: Path) -> Iterator[Town]:
    """One of the test's own."""
    with changed(stocked, tmp_path / "library") as running:
        yield running


def text(place: Town, name: str, path: str) -> str:
    answer = place.as_(name).get(path)
    assert answer.status_code == 200, answer.text
    assert Page(answer.text).faults == []
    assert len(answer.content) < 150_000
    return answer.text


@pytest.mark.parametrize("number", KINDS)
def test_the_page_of_a_paper_says_what_changed_to_whom_it_matters(place: Town, number: int) -> None:
    words = KINDS[number][1]
    if number == 2 and place.library.versions("2")[-1][2].venue:
        words = ""  # it had a venue before
    for name, sees in (("rita", bool(words)), ("otto", False), ("", False)):
        page = text(place, name, f"/paper/{number}")
        assert ("Changed since you saved it" in page) == sees
        assert not sees or f"<strong>{words}" in page


def test_a_link_to_code_from_another_place_is_a_change(place: Town) -> None:
    assert "Code: https://example.org/code" in text(place, "rita", "/paper/9")


def test_the_shelf_lists_each_paper_once_with_its_facts(place: Town) -> None:
    page = text(place, "rita", "/library?shelf=changed")
    for number, (_, words) in KINDS.items():
        if words and number != 2:
            assert f'id="p{number}"' in page
            assert words in page
    assert 'id="p8"' not in page
    assert "Nothing has changed since." in text(place, "otto", "/library?shelf=changed")
    assert "<span>0</span>" in text(place, "otto", "/library").partition("Changed since you read it")[2]
    assert "That was the last page" in text(place, "rita", "/library?shelf=changed&page=50")


def test_feeds_tell_of_changes_in_three_forms(place: Town) -> None:
    rita = place.as_("rita")
    items = rita.get("/library/changed/feed.json").json()["items"]
    assert len({item["id"] for item in items}) == len(items) >= 5
    assert all("T" in item["date_modified"] for item in items)
    for form, tag in (("atom", "{http://www.w3.org/2005/Atom}entry"), ("rss", "item")):
        answer = rita.get(f"/library/changed/feed.{form}")
        assert len(list(ET.fromstring(answer.content).iter(tag))) == len(items)
        assert rita.get(answer.url, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert place.as_("otto").get("/library/changed/feed.json").json()["items"] == []


def test_an_id_of_a_feed_is_the_papers_for_papers_and_the_changes_for_changes(place: Town) -> None:
    rita = place.as_("rita")
    title = place.library.paper(3).paper.title
    changed = {item["id"] for item in rita.get("/library/changed/feed.json").json()["items"] if item["title"] == title}
    found = rita.get("/search.json", params={"q": title}).json()["items"]
    assert changed.isdisjoint(item["id"] for item in found)
    assert changed == {
        item["id"] for item in rita.get("/library/changed/feed.json").json()["items"] if item["title"] == title
    }


def test_what_is_seen_on_one_paper_stays_on_the_others(own_place: Town) -> None:
    rita = own_place.as_("rita")
    before = len(rita.get("/api/v1/changes").json())
    for _ in range(2):  # a second press changes nothing
        assert post(rita, "/library/changed", paper="6", next="/paper/6").status_code == 303
    assert len(rita.get("/api/v1/changes").json()) == before - 1
    assert "Changed since" not in text(own_place, "rita", "/paper/6")
    assert post(rita, "/library/changed", paper="99999").status_code == 303
    elsewhere = post(rita, "/library/changed", paper="99999", next="https://evil.example/")
    assert "evil" not in elsewhere.headers["location"]
    assert len(rita.get("/api/v1/changes").json()) == before - 1


def test_a_visitor_has_no_shelf_and_marks_nothing(place: Town) -> None:
    visitor = place.browser()
    assert visitor.get("/library?shelf=changed", follow_redirects=False).status_code in {303, 401}
    assert post(visitor, "/library/changed").status_code in {303, 401}
    assert visitor.get("/library/changed/feed.atom", follow_redirects=False).status_code in {303, 401}


def test_a_paper_that_is_deleted_is_on_no_shelf(place: Town) -> None:
    extra = Paper("A paper to delete", "First.")
    (number,) = place.library.add(Record(extra, "invented", "delete")).paper_ids
    place.library.act("cleo", number, "save")
    CLOCK.tomorrow()
    place.library.add(Record(replace(extra, abstract="Second."), "invented", "delete"))
    assert "A paper to delete" in text(place, "cleo", "/library?shelf=changed")
    deletion = place.library.delete(number)
    assert "A paper to delete" not in text(place, "cleo", "/library?shelf=changed")
    place.library.restore(deletion)
    assert "A paper to delete" in text(place, "cleo", "/library?shelf=changed")
