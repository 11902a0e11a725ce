from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from broadsheet.web.conditional import etag_matches
from tests.web.served import HOSTILE_TITLE, Served

ATOM = "{http://www.w3.org/2005/Atom}"


def ids(text: str) -> dict[str, str]:
    return {
        e.findtext(f"{ATOM}title") or "": e.findtext(f"{ATOM}id") or ""
        for e in ET.fromstring(text).iter(f"{ATOM}entry")
    }


def test_atom_of_a_search(site: Served) -> None:
    answer = site.client.get("/search.atom", params={"q": "late interaction"})
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert answer.headers["cache-control"].startswith("private")
    root = ET.fromstring(answer.text)
    assert root.findtext(f"{ATOM}title") == "Broadsheet “late interaction”"
    entry = next(root.iter(f"{ATOM}entry"))
    assert entry.findtext(f"{ATOM}title") == "Late interaction with pruned token vectors"
    assert (entry.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
    assert entry.findtext(f"{ATOM}published") == "2026-01-05T00:00:00Z"
    assert [a.findtext(f"{ATOM}name") for a in entry.iter(f"{ATOM}author")][:2] == ["Ada Lee", "Luis Mora"]
    assert [c.get("term") for c in entry.iter(f"{ATOM}category")] == ["cs.IR", "cs.CL"]
    links = [(link.get("rel"), link.get("title"), link.get("href")) for link in entry.iter(f"{ATOM}link")]
    number = site.number("2601.00001")
    assert links == [
        ("alternate", None, f"{site.url}/paper/{number}"),
        ("related", "arXiv", "https://arxiv.org/abs/2601.00001"),
        ("related", "DOI", "https://doi.org/10.5555/late.1"),
        ("related", "PDF", "https://example.org/late.pdf"),
    ]
    content = entry.findtext(f"{ATOM}content") or ""
    assert '<a href="https://example.org/late.pdf">PDF</a>' in content
    assert "Journal of Invented Retrieval" in content
    assert "<em>Matches late, interaction</em>" in (entry.findtext(f"{ATOM}content") or "")


def test_hostile_and_control_characters_survive_as_text(site: Served) -> None:
    root = ET.fromstring(site.client.get("/search.atom", params={"q": "retrieval"}).text)
    titles = {e.findtext(f"{ATOM}title"): e for e in root.iter(f"{ATOM}entry")}
    content = titles[HOSTILE_TITLE].findtext(f"{ATOM}content") or ""
    assert "<img" not in content
    assert "&lt;img src=x" in content
    assert any(title and "null" in title and "\0" not in title for title in titles)


def test_ids_name_the_paper_not_its_version(own: Served) -> None:
    from dataclasses import replace

    from broadsheet.kit.paper import Record

    before = ids(own.client.get("/search.atom?q=coral").text)
    stored = own.library.paper("2512.00101")
    revised = replace(stored.paper, title="Coral reef acoustics, again", version=2)
    own.library.add(Record(revised, *stored.source_ids[0]))
    after = ids(own.client.get("/search.atom?q=coral").text)
    assert after["Coral reef acoustics, again"] == before["Coral reef acoustics number 1"]


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.json", "/search.atom?q=token", "/search.json?q=token"])
def test_unchanged_feeds_are_not_sent_again(site: Served, path: str) -> None:
    first = site.client.get(path)
    etag = first.headers["etag"]
    again = site.client.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag


def test_the_readers_page_as_feeds(own: Served) -> None:
    own.library.act("me", "2512.00101", "save")
    whole = json.loads(own.client.get("/feed.json").text)
    assert whole["version"] == "https://jsonfeed.org/version/1.1"
    assert whole["feed_url"] == f"{own.url}/feed.json"
    assert "Coral reef acoustics number" in whole["items"][0]["title"]
    assert "near “Coral reef acoustics number 1”" in whole["items"][0]["content_html"]
    entries = ids(own.client.get("/feed.atom").text)
    assert {
        item["title"]: item["id"] for item in whole["items"] if "\0" not in item["title"]
    }.items() <= entries.items() | {(i["title"], i["id"]) for i in whole["items"] if "\x07" in i["title"]}
    assert own.library.state("me").seen == {}


def test_a_tag_as_a_feed(own: Served) -> None:
    own.library.act("me", "2601.00002", "tag", "to/read")
    for name in ("to/read", "to%2Fread"):
        assert list(ids(own.client.get(f"/tags/{name}/feed.atom").text)) == [
            "Token pruning for dense retrieval, revised"
        ]
    assert own.client.get("/tags/none/feed.atom").status_code == 400


def test_other_formats_are_told(site: Served) -> None:
    assert site.client.get("/feed.xlsx").status_code == 400
    assert site.client.get("/search.atom").status_code == 400


def test_feeds_are_bounded(site: Served) -> None:
    assert len(ids(site.client.get("/search.atom?q=study").text)) <= 30


@pytest.mark.parametrize(
    ("asked", "same"), [("", False), ("*", True), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ('"b"', False)]
)
def test_etag_matches(asked: str, same: bool) -> None:
    assert etag_matches(asked, '"a"') is same
