"""Feeds of editions: what is in them, and that an entry has one id in all of them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broadsheet.community.actor import Actor, Role
from tests.web.newsroom import SETTINGS, Newsroom, newsroom
from tests.web.served import Served

ATOM = "{http://www.w3.org/2005/Atom}"
HUB = "https://hub.example.org/publish"


@pytest.fixture(scope="module")
def room(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    settings = f'url = "https://papers.example.org"\n{SETTINGS}\nhub = "{HUB}"'
    with newsroom(stocked, tmp_path_factory.mktemp("feeds") / "town", settings) as room:
        for reader in ("rita", "otto"):
            room.town.site.community.votes.cast(Actor(Role.reader, reader, 1), room.papers[5])
        yield room


def feed(room: Newsroom, path: str) -> dict[str, Any]:
    answer = room.town.browser().get(path)
    assert answer.status_code == 200, answer.text
    whole: dict[str, Any] = json.loads(answer.text)
    return whole


def numbers(feed: dict[str, Any]) -> list[int]:
    return [int(item["url"].rpartition("/")[2]) for item in feed["items"]]


def test_the_stream_of_days_has_what_is_closed_the_latest_day_first(room: Newsroom) -> None:
    stream = feed(room, "/papers/feed.json")
    assert stream["title"] == "Broadsheet day by day"
    assert numbers(stream)[0] == room.papers[8]
    assert sorted(numbers(stream)) == room.papers[:9]
    assert stream["feed_url"] == "https://papers.example.org/papers/feed.json"
    assert stream["home_page_url"] == "https://papers.example.org/papers"
    assert stream["hubs"] == [{"type": "WebSub", "url": HUB}]
    assert "Edition of 2026-07-02, place 1; submitted by rita" in stream["items"][0]["content_html"]


def test_atom_names_itself_and_the_hub_once(room: Newsroom) -> None:
    answer = room.town.browser().get("/papers/feed.atom?min_votes=0&field=")
    root = ET.fromstring(answer.text)
    links = [(link.get("rel"), link.get("href")) for link in root.findall(f"{ATOM}link")]
    assert links == [
        ("self", "https://papers.example.org/papers/feed.atom"),
        ("alternate", "https://papers.example.org/papers"),
        ("hub", HUB),
    ]


def test_an_entry_has_one_id_in_every_feed(room: Newsroom) -> None:
    paths = (
        "/papers/feed.json",
        "/papers/week/feed.json",
        "/papers/date/2026-07-01/feed.json",
        "/papers/month/2026-07/feed.json",
        "/papers/feed.json?field=information-retrieval",
        "/search.json?q=late+interaction",
    )
    title = "Late interaction with pruned token vectors"
    all_ids = []
    for path in paths:
        items = feed(room, path)["items"]
        all_ids += [item["id"] for item in items if item["title"] == title]
        assert len({item["id"] for item in items}) == len(items)
    assert len(all_ids) == len(paths) - 1  # the week is open still
    assert len(set(all_ids)) == 1
    atom = room.town.browser().get("/papers/feed.atom").text
    assert all_ids[0] in atom


def test_votes_and_fields_restrict_a_feed(room: Newsroom) -> None:
    assert numbers(feed(room, "/papers/feed.json?min_votes=2")) == [room.papers[5]]
    assert numbers(feed(room, "/papers/feed.json?min_upvotes=2")) == [room.papers[5]]
    assert numbers(feed(room, "/papers/feed.json?min_votes=3")) == []
    restricted = feed(room, "/papers/feed.json?field=information-retrieval")
    assert sorted(numbers(restricted)) == room.papers[:2]
    assert restricted["title"] == "Broadsheet day by day, Information retrieval"
    assert restricted["feed_url"].endswith("/papers/feed.json?field=information-retrieval")


def test_one_edition_as_a_feed_has_what_is_closed_of_it(room: Newsroom) -> None:
    assert sorted(numbers(feed(room, "/papers/date/2026-7-1/feed.json"))) == room.papers[:8]
    assert sorted(numbers(feed(room, "/papers/week/2026-W27/feed.json"))) == room.papers[:9]
    assert numbers(feed(room, "/papers/date/2026-07-04/feed.json")) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/papers/feed.rdf", 400),
        ("/papers/year/feed.atom", 400),
        ("/papers/date/2026-99-01/feed.atom", 400),
        ("/papers/feed.atom?min_votes=-1", 400),
        ("/papers/feed.atom?min_votes=many", 400),
    ],
)
def test_what_is_no_feed_is_refused(room: Newsroom, path: str, status: int) -> None:
    assert room.town.browser().get(path).status_code == status


def test_an_unchanged_feed_is_not_sent_again(room: Newsroom) -> None:
    browser = room.town.browser()
    first = browser.get("/papers/feed.atom")
    assert first.headers["cache-control"] == "public, max-age=600"
    assert "set-cookie" not in first.headers
    again = browser.get("/papers/feed.atom", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_private_library_has_these_feeds_for_its_reader(own: Served) -> None:
    stream = own.client.get("/papers/feed.json").json()
    assert (stream["items"], "hubs" in stream) == ([], False)
