"""The page of exchange: for a reader with nothing and with very much, for two members, in every state of its parts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import feedparser
import pytest

from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.pipeline.records import Stored
from broadsheet.web.feed_formats import Entry, Feed, atom, json_feed, rss
from tests.clock import NOON
from tests.web.markup import Page
from tests.web.members import Town, post
from tests.web.served import HOSTILE_TITLE, Served, served

LARGEST = 150_000


def main_part(text: str) -> str:
    return text.partition("<main")[2].partition("</main>")[0]


def test_a_reader_with_nothing_sees_what_there_could_be(empty: Served) -> None:
    answer = empty.client.get("/exchange")
    page = Page(answer.text)
    assert page.faults == []
    headings = re.findall(r"<h2[^>]*>([^<]+)</h2>", main_part(answer.text))
    assert headings == [
        "Feeds",
        "Feed readers that send back what you read",
        "Lists of feeds",
        "From any page to here",
        "Everything, in one file",
    ]
    assert "Make the missing addresses" in answer.text
    assert "/feeds/" not in main_part(answer.text)
    assert empty.client.get("/exchange?page=0").status_code == 400
    assert empty.client.get("/exchange?page=99999").status_code == 400
    assert empty.client.get("/exchange?page=99").status_code == 200  # the last one


def test_a_look_changes_nothing(own: Served) -> None:
    own.library.act("me", "2601.00001", "save")
    before = own.library.catalogue.community.belongings.all(own.library.reader("me").id)
    for path in ("/exchange", "/exchange?page=2", "/exchange/feeds.opml", "/feeds.opml", "/add?url=2601.00001"):
        assert own.client.get(path).status_code == 200
    assert own.library.catalogue.community.belongings.all(own.library.reader("me").id) == before


@pytest.fixture(scope="module")
def crowded(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A library whose reader has tags without end, with names as hostile as a reader can type."""
    folder = tmp_path_factory.mktemp("crowded") / "library"
    shutil.copytree(stocked, folder)
    with served(folder) as running:
        for n in range(120):
            running.library.act("me", "2601.00001", "tag", f"tag {n:03d} " + "w" * 180)
        running.library.act("me", "2601.00001", "tag", "<script>alert(1)</script>/../?&#%")
        running.post("/exchange/feeds", what="make", feed="")
        yield running


def test_a_hundred_feeds_are_paged_and_stay_light(crowded: Served) -> None:
    seen: set[str] = set()
    for number in range(1, 6):
        answer = crowded.client.get(f"/exchange?page={number}")
        assert Page(answer.text).faults == []
        assert len(answer.content) < LARGEST
        assert "<script>alert" not in answer.text
        seen |= set(re.findall(r'href="[^"]*(/feeds/[^"]+\.atom)"', answer.text))
    assert len(seen) >= 123
    assert 'rel="next"' in crowded.client.get("/exchange?page=1").text
    assert 'rel="next"' not in crowded.client.get("/exchange?page=9").text


def test_a_tag_of_any_name_has_its_feed(crowded: Served) -> None:
    text = crowded.client.get("/exchange/feeds.opml").text
    address = re.search(r'alert\(1\)[^>]*xmlUrl="([^"]+)"', text)
    assert address
    feed = feedparser.parse(crowded.client.get(unescape(address[1])).content)
    assert not feed.bozo
    assert [entry.title for entry in feed.entries] == ["Late interaction with pruned token vectors"]


def test_a_feed_says_304_until_something_changes(crowded: Served) -> None:
    path = next(iter(re.findall(r'href="[^"]*(/feeds/[^"]+\.rss)"', crowded.client.get("/exchange?page=3").text)))
    first = crowded.client.get(path)
    again = crowded.client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert crowded.client.head(path).status_code == 200


def test_members_see_their_own_page_and_change_nothing_of_each_other(own_town: Town) -> None:
    site, library = own_town.site, own_town.library
    library.act("rita", "2601.00001", "tag", "rita’s")
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    post(rita, "/exchange/feeds", what="make", feed="")
    made = post(rita, "/exchange/programs", name="rita’s phone")
    secret = made.text.partition("shown only now: <code>")[2].partition("</code>")[0]
    assert secret
    others = otto.get("/exchange").text
    for word in ("rita", secret, "/feeds/1-"):
        assert word not in main_part(others)
    number = site.community.programs.all("rita")[0].id
    for path, fields in (
        ("/exchange/programs/revoke", {"program": str(number)}),
        ("/exchange/feeds", {"what": "revoke", "feed": "tag:rita’s"}),
        ("/exchange/feeds", {"what": "renew", "feed": "tag:rita’s"}),
        ("/exchange/feeds", {"what": "make", "feed": "tag:rita’s"}),
        ("/exchange/takeout/undo", {"import": "1"}),
    ):
        assert post(otto, path, **fields).status_code == 400, path
    assert [one.name for one in site.community.programs.all("rita")] == ["rita’s phone"]
    assert any(one.path for one in site.community.private_feeds.all("rita") if one.stream.key == "tag:rita’s")
    visitor = own_town.as_("")
    for path in ("/exchange", "/exchange/feeds.opml", "/exchange/takeout.zip", "/add"):
        assert visitor.get(path).status_code == 401
    assert visitor.get("/feeds.opml").status_code == 200  # the daily papers are for everybody


def test_who_leaves_takes_addresses_and_programs_along(own_town: Town) -> None:
    library, site = own_town.library, own_town.site
    library.act("rita", "2601.00001", "save")
    rita = library.reader("rita").id
    site.community.private_feeds.make("rita")
    secret = site.community.programs.create("rita", "phone")
    path = next(one.path for one in site.community.private_feeds.all("rita") if one.path)
    visitor = own_town.as_("")
    assert visitor.get(f"{path}.opml").status_code == 200
    library.delete_reader("rita")
    assert visitor.get(f"{path}.opml").status_code == 410
    assert site.community.programs.actor_of(secret, "192.0.2.1") is None
    tables = library.catalogue.community.exchange
    assert (tables.feeds(rita), tables.programs(rita), tables.read_marks(rita)) == ([], [], {})


# The documents --------------------------------------------------------------------------------------------------

ODD = Paper(
    title=HOSTILE_TITLE + " \x0b]]>",
    abstract="Control \x00\x1f and <b>markup</b> & $x < y$.",
    authors=(Person("O’Hara & <Sons>"), Person("李雷")),
    categories=("cs.IR", "a<b"),
)


def document() -> Feed:
    entries = (Entry(Stored(7, ODD, NOON), "Because <of> this & that"), Entry(Stored(8, Paper(title="Plain"), NOON)))
    return Feed(
        title="A & B",
        key="key",
        base="https://p.org",
        home="https://p.org/?a=1&b=2",
        here="https://p.org/feeds/x.rss",
        entries=entries,
        instance="not a uuid",
        hub="https://hub.example.org/",
    )


def test_rss_holds_what_is_hostile_and_names_entries_as_the_other_forms_do() -> None:
    feed = feedparser.parse(rss(document()))
    assert not feed.bozo
    assert (feed.feed.title, feed.feed.link) == ("A & B", "https://p.org/?a=1&b=2")
    assert {(link.rel, link.href) for link in feed.feed.links} >= {
        ("self", "https://p.org/feeds/x.rss"),
        ("hub", "https://hub.example.org/"),
    }
    odd, plain = feed.entries
    assert odd.link == "https://p.org/paper/7"
    assert [one.name for one in odd.authors] == ["O’Hara & <Sons>", "李雷"]
    assert [one.term for one in odd.tags] == ["cs.IR", "a<b"]
    assert "<script" not in odd.summary
    assert "published" not in plain
    ids = [[entry.id for entry in feedparser.parse(write(document())).entries] for write in (rss, atom)]
    assert ids[0] == ids[1] == [item["id"] for item in _json()["items"]]
    assert b"\x0b" not in rss(document())


def _json() -> dict[str, list[dict[str, str]]]:
    import json

    parsed: dict[str, list[dict[str, str]]] = json.loads(json_feed(document()))
    return parsed


def test_an_empty_feed_is_a_feed_in_every_form(empty: Served) -> None:
    for form in ("atom", "rss", "json"):
        answer = empty.client.get(f"/feed.{form}")
        assert answer.status_code == 200
        if form != "json":
            assert not feedparser.parse(answer.content).bozo


def test_a_paper_that_came_twice_is_one_entry_in_every_feed(own: Served) -> None:
    own.library.act("me", "2601.00001", "tag", "both")
    own.library.add(Record(own.library.paper("2601.00001").paper, "elsewhere", "e-1"))
    own.post("/exchange/feeds", what="make", feed="tag:both")
    path = re.search(r'href="[^"]*(/feeds/[^"]+\.json)"', own.client.get("/exchange").text)
    assert path
    assert len(own.client.get(path[1]).json()["items"]) == 1
