"""Feeds as real clients read them: whole, safe, and asked for again only when something changed."""

from __future__ import annotations

import json
import re
from typing import Any

import feedparser
import pytest

from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from tests.web.served import HOSTILE_TITLE, PAPERS, Served

ATOMS = ("/feed.atom", "/search.atom?q=retrieval", "/search.atom?q=zzzz+year:1850")


def read(site: Served, path: str) -> Any:
    answer = site.client.get(path)
    assert answer.status_code == 200
    return feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})


@pytest.mark.parametrize("path", ATOMS)
def test_a_reader_finds_no_fault(site: Served, path: str) -> None:
    feed = read(site, path)
    assert not feed.bozo, feed.get("bozo_exception")
    assert (feed.version, feed.encoding) == ("atom10", "utf-8")
    assert feed.feed.title.startswith("Broadsheet ")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", feed.feed.id)
    assert feed.feed.updated_parsed is not None
    assert {link.rel for link in feed.feed.links} == {"self", "alternate"}
    assert feed.feed.author == "Broadsheet"


@pytest.mark.parametrize("path", ATOMS[:2])
def test_every_entry_has_what_a_reader_needs(site: Served, path: str) -> None:
    feed = read(site, path)
    assert len({entry.id for entry in feed.entries}) == len(feed.entries) > 0
    for entry in feed.entries:
        assert entry.title.strip()
        assert entry.updated_parsed is not None
        assert re.fullmatch(re.escape(site.url) + r"/paper/\d+", entry.link)
        assert site.client.get(entry.link).status_code == 200
        assert entry.content[0].type == "text/html"


def test_hostile_texts_stay_texts_in_a_reader(site: Served) -> None:
    raw = site.client.get("/search.atom?q=retrieval").text
    assert "<script" not in raw
    entry = next(one for one in read(site, "/search.atom?q=retrieval").entries if "alert(1)" in one.title)
    assert entry.title_detail.type == "text/plain"
    assert entry.title == HOSTILE_TITLE
    assert not [link for link in entry.links if not link.href.startswith("http")]
    assert [author.name for author in entry.authors] == ['"><script>alert(3)</script>']


def json_feed(site: Served, path: str) -> dict[str, Any]:
    answer = site.client.get(path)
    assert answer.headers["content-type"].startswith("application/feed+json")
    whole: dict[str, Any] = json.loads(answer.content.decode("utf-8"))
    return whole


@pytest.mark.parametrize("path", ["/feed.json", "/search.json?q=retrieval", "/search.json?q=zzzz+year:1850"])
def test_a_json_feed_is_as_its_version_says(site: Served, path: str) -> None:
    feed = json_feed(site, path)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["feed_url"], feed["home_page_url"][: len(site.url)]) == (site.url + path, site.url)
    for item in feed["items"]:
        assert {"id", "url", "title", "content_html", "date_modified"} <= item.keys()
        assert isinstance(item["id"], str)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", item["date_modified"])
        assert all(set(author) == {"name"} for author in item["authors"])
        assert all(isinstance(tag, str) for tag in item["tags"])
        assert "<script" not in item["content_html"]
        assert "<img" not in item["content_html"]
        assert item.get("external_url", "https://").startswith(("https://", "http://"))


@pytest.mark.parametrize("query", ["retrieval", "coral", "late interaction"])
def test_both_forms_say_the_same(site: Served, query: str) -> None:
    atom = read(site, f"/search.atom?q={query}").entries
    items = json_feed(site, f"/search.json?q={query}")["items"]
    assert [entry.id for entry in atom] == [item["id"] for item in items]
    assert [entry.link for entry in atom] == [item["url"] for item in items]
    assert [entry.updated for entry in atom] == [item["date_modified"] for item in items]


def test_a_new_paper_changes_the_tag_of_its_feed_alone(own: Served) -> None:
    paths = ("/search.atom?q=coral+year:2025", "/search.atom?q=kelp")
    tags = {path: own.client.get(path).headers["etag"] for path in paths}
    paper = Paper("Kelp in cold water", authors=(Person("Ada Lee"),), ids=Identifiers(arxiv="2602.00001"), year=2026)
    own.library.add(Record(paper, "invented", "kelp-1"))
    for path, tag in tags.items():
        again = own.client.get(path, headers={"If-None-Match": tag})
        assert again.status_code == (304 if "coral" in path else 200)
    entry = read(own, paths[1]).entries[0]
    assert (entry.title, entry.author) == ("Kelp in cold water", "Ada Lee")


@pytest.mark.parametrize("sent", ["", "nonsense", '"', "W/", ",,,", '"0"', "\x7f"])
def test_a_tag_that_is_none_gets_the_whole_feed(site: Served, sent: str) -> None:
    answer = site.client.get("/feed.atom", headers={"If-None-Match": sent})
    assert (answer.status_code, answer.content[:5]) == (200, b"<?xml")


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.json", "/search.atom?q=a", "/search.json?q=a"])
def test_the_head_of_a_feed_has_its_tag(site: Served, path: str) -> None:
    head, whole = site.client.head(path), site.client.get(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", whole.headers["etag"])
    unchanged = site.client.head(path, headers={"If-None-Match": whole.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize("tag", ["to/read", 'q & "a" <b>', "ünïcode", "100%", "a?b#c", " spaced "])
def test_a_tag_of_any_name_has_a_feed(own: Served, tag: str) -> None:
    own.library.act("me", "2601.00002", "tag", tag)
    name = next(iter(own.library.state("me").tags))
    answer = own.client.get("/tagged.atom", params={"tag": name})
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert [entry.title for entry in feed.entries] == ["Token pruning for dense retrieval, revised"]
    assert name.split()[0].rstrip("<") in feed.feed.title
    home = next(link.href for link in feed.feed.links if link.rel == "alternate")
    assert own.client.get(home).status_code == 200
    assert f"Tagged {name.split()[0]}"[:9] in feed.entries[0].content[0].value


def test_a_tag_of_many_papers_has_its_newest(own: Served) -> None:
    for number in range(1, len(PAPERS) + 1):
        own.library.act("me", number, "tag", "all")
    entries = read(own, "/tagged.atom?tag=all").entries
    numbers = [int(entry.link.rpartition("/")[2]) for entry in entries]
    assert numbers == sorted(range(1, len(PAPERS) + 1), reverse=True)


def test_feeds_of_an_empty_library_are_feeds(empty: Served) -> None:
    for path in ATOMS:
        feed = read(empty, path)
        assert (feed.bozo, feed.entries) == (False, [])
        assert feed.feed.updated == "1970-01-01T00:00:00Z"
    assert json_feed(empty, "/feed.json")["items"] == []
