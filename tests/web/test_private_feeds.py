"""Private feeds: an address each, for everything that a reader follows, revoked alone."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import feedparser
import httpx
import pytest

from broadsheet.community.searches import SearchTerms
from tests.web.markup import Page
from tests.web.members import Town, post, town
from tests.web.served import Served, served

START = "a-start-token-of-mine"


@contextmanager
def furnished(stocked: Path, folder: Path) -> Iterator[Served]:
    """A private library with a start token, whose reader follows one of everything."""
    shutil.copytree(stocked, folder)
    with served(folder, token=START) as running:
        library = running.library
        library.act("me", "2601.00001", "save")
        library.act("me", "2601.00002", "tag", "to read")
        library.collect("me", "Reefs & co", "2512.00101")
        running.site.community.searches.save("me", "reefs", SearchTerms("coral reef"))
        running.client.get("/", params={"token": START})
        yield running


@pytest.fixture(scope="module")
def desk(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for the tests that do not ask which addresses there are."""
    with furnished(stocked, tmp_path_factory.mktemp("desk") / "library") as running:
        yield running


@pytest.fixture
def own_desk(stocked: Path, tmp_path: Path) -> Iterator[Served]:
    """One of the test's own."""
    with furnished(stocked, tmp_path / "library") as running:
        yield running


@pytest.fixture(scope="module")
def stranger(desk: Served) -> Iterator[httpx.Client]:
    """Somebody without the start token."""
    with httpx.Client(base_url=desk.url, trust_env=False) as client:
        yield client


def addresses(client: httpx.Client, title: str) -> dict[str, str]:
    """The paths of a feed on the page, by form; none where it has no address."""
    item = next(part for part in client.get("/exchange").text.split("<li>") if f">{title}</a>" in unescape(part)[:300])
    return {path.rpartition(".")[2]: path for path in re.findall(r'href="https?://[^/"]+(/feeds/[^"]+)"', item)}


def test_everything_followed_has_a_feed_in_three_forms(own_desk: Served) -> None:
    shown = own_desk.client.get("/exchange")
    assert Page(shown.text).faults == []
    assert shown.headers["cache-control"] == "private, no-store"
    assert re.search(r"Make the missing addresses \([6-9]\)", shown.text)
    assert addresses(own_desk.client, "“reefs”") == {}
    made = own_desk.post("/exchange/feeds", what="make", feed="")
    assert made.headers["location"] == "/exchange?done=make-feed#feeds"
    expected = {
        "saved by me": ["Late interaction with pruned token vectors"],
        "tagged “to read”": ["Token pruning for dense retrieval, revised"],
        "Reefs & co": ["Coral reef acoustics number 1"],
        "“reefs”": [f"Coral reef acoustics number {n}" for n in (3, 2, 1)],
    }
    for title, papers in expected.items():
        forms = addresses(own_desk.client, title)
        assert set(forms) == {"atom", "rss", "json"}
        answers = {form: httpx.get(own_desk.url + path, trust_env=False) for form, path in forms.items()}
        assert [entry["title"] for entry in answers["json"].json()["items"]] == papers
        feeds = {form: feedparser.parse(answers[form].content) for form in ("atom", "rss")}
        for form, feed in feeds.items():
            assert not feed.bozo, form
            assert [entry.title for entry in feed.entries] == papers
            assert feed.feed.title == f"Broadsheet {title}"
        assert answers["json"].json()["feed_url"] == own_desk.url + forms["json"]
        one = {feed.entries[0].id for feed in feeds.values()} | {answers["json"].json()["items"][0]["id"]}
        assert len(one) == 1
        assert answers["atom"].headers["cache-control"] == "private, no-cache"
    assert feedparser.parse(
        httpx.get(own_desk.url + addresses(own_desk.client, "for me")["rss"], trust_env=False).content
    ).entries
    assert "last fetched" in own_desk.client.get("/exchange").text


def test_a_leaked_address_is_revoked_alone(desk: Served, stranger: httpx.Client) -> None:
    desk.post("/exchange/feeds", what="make", feed="")
    leaked, other = addresses(desk.client, "“reefs”")["atom"], addresses(desk.client, "saved by me")["atom"]
    assert desk.post("/exchange/feeds", what="renew", feed="search:1").status_code == 303
    gone = stranger.get(leaked)
    assert gone.status_code == 410
    assert "This address opens nothing any more." in gone.text
    assert "me" not in re.findall(r"\bme\b", gone.text.partition("<main")[2].partition("</main>")[0])
    assert stranger.get(other).status_code == 200
    renewed = addresses(desk.client, "“reefs”")["atom"]
    assert renewed != leaked
    assert stranger.get(renewed).status_code == 200
    desk.post("/exchange/feeds", what="revoke", feed="search:1")
    assert stranger.get(renewed).status_code == 410
    assert addresses(desk.client, "“reefs”") == {}
    desk.post("/exchange/feeds", what="make", feed="")  # does not bring a revoked one back
    assert addresses(desk.client, "“reefs”") == {}
    desk.post("/exchange/feeds", what="renew", feed="search:1")
    assert stranger.get(addresses(desk.client, "“reefs”")["atom"]).status_code == 200
    assert stranger.get(leaked).status_code == 410


def test_what_is_no_address_opens_nothing_and_guessers_wait(desk: Served, stranger: httpx.Client) -> None:
    desk.post("/exchange/feeds", what="make", feed="")
    good = addresses(desk.client, "saved by me")["atom"]
    forged = [
        good.replace("-1-", "-2-"),
        good[:-45] + "0123456789" * 4 + ".atom",
        "/feeds/1.atom",
        "/feeds/-.json",
        f"/feeds/{'9' * 400}-1-{'a' * 40}.rss",
    ]
    assert [stranger.get(path).status_code for path in forged] == [404] * 5
    assert stranger.get(good.replace(".atom", ".opml")).status_code == 400
    assert stranger.get(good.replace(".atom", ".xlsx")).status_code == 400
    assert stranger.post(good).status_code in (401, 404, 405)
    assert stranger.get("/exchange").status_code == 401
    assert stranger.get(f"/feed.atom?token={desk.site.access.feed_token}").status_code == 200  # as before
    assert stranger.get(f"/feed.rss?token={desk.site.access.feed_token}").status_code == 200
    last = [stranger.get("/feeds/1.atom").status_code for _ in range(60)]
    assert last[-1] == 429
    assert stranger.get(good).status_code == 200  # who has an address does not wait for guessers


def test_the_list_of_all_feeds_follows_what_is_added(desk: Served, stranger: httpx.Client) -> None:
    desk.post("/exchange/feeds", what="make", feed="")
    path = addresses(desk.client, "all feeds")["opml"]
    desk.library.act("me", "2601.00001", "tag", "fresh <b>")
    listed = stranger.get(path)
    assert listed.headers["content-type"].startswith("text/x-opml")
    tree = ET.fromstring(listed.content)
    folders = [outline.get("text") for outline in tree.findall("body/outline")]
    assert [one for one in folders if one != "Interests"] == ["Your page", "Saved searches", "Tags", "Collections"]
    lines = {line.get("title"): line.get("xmlUrl", "") for line in tree.iter("outline") if line.get("xmlUrl")}
    entry = feedparser.parse(stranger.get(lines["Broadsheet tagged “fresh <b>”"]).content).entries[0]
    assert entry.title == "Late interaction with pruned token vectors"
    desk.library.act("me", "2601.00001", "untag", "fresh <b>")
    assert stranger.get(lines["Broadsheet tagged “fresh <b>”"]).status_code == 410
    own = ET.fromstring(desk.client.get("/exchange/feeds.opml").content)
    assert {line.get("xmlUrl") for line in own.iter("outline")} >= {lines["Broadsheet for me"]}
    public = ET.fromstring(desk.client.get("/feeds.opml").content)
    assert [line.get("title") for line in public.iter("outline")][:3] == [
        *(f"Broadsheet {name}" for name in ("day by day", "by week", "by month")),
    ]
    assert stranger.get("/feeds.opml").status_code == 401


def test_forms_without_their_token_and_unknown_feeds_change_nothing(desk: Served) -> None:
    before = desk.client.get("/exchange").text.count("/feeds/")
    assert desk.client.post("/exchange/feeds", data={"what": "revoke", "feed": "page"}).status_code == 403
    assert desk.post("/exchange/feeds", what="make", feed="search:99").status_code == 400
    assert desk.post("/exchange/feeds", what="burn", feed="page").status_code == 400
    assert desk.client.get("/exchange").text.count("/feeds/") == before


OPML = b"""<opml version="1.0"><body><outline text="Papers">
<outline text="IR" type="rss" xmlUrl="https://rss.arxiv.org/rss/cs.IR+cs.CL"/>
<outline text="API" xmlUrl="http://export.arxiv.org/api/query?search_query=cat:cs.LG%20AND%20ti:%22coral%20reef%22"/>
<outline text="Other" xmlUrl="https://papers.example.org/search.atom?q=late+interaction&amp;token=x"/>
<outline text="Blog" xmlUrl="https://blog.example.org/feed"/>
<outline text="Odd" xmlUrl="http://export.arxiv.org/api/query?search_query=cat:cs.LG%20ANDNOT%20all:x"/>
</outline></body></opml>"""


def test_the_feeds_of_papers_of_another_reader_are_followed(own: Served) -> None:
    form = {"csrf": own.token()}
    answer = own.client.post("/exchange/opml", data=form, files={"file": ("f.opml", OPML)})
    assert answer.status_code == 200
    assert Page(answer.text).faults == []
    assert "3 feeds followed as saved searches, 0 here already, 2 not followed." in answer.text
    assert "Blog: no source reads this address" in answer.text
    stored = {one.name: one.search["q"] for one in own.site.community.searches.all("me")}
    assert stored == {
        "IR": "field:information-retrieval OR field:language",
        "API": 'field:machine-learning title:"coral reef"',
        "Other": "late interaction",
    }
    found = own.site.community.searches.matching("me", SearchTerms(stored["API"]))
    assert [own.library.paper(number).paper.title for number in found] == [
        f"Coral reef acoustics number {n}" for n in (3, 2, 1)
    ]
    again = own.client.post("/exchange/opml", data=form, files={"file": ("f.opml", OPML)})
    assert "0 feeds followed as saved searches, 3 here already, 2 not followed." in again.text


BOMB = b'<!DOCTYPE o [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><opml><body><outline xmlUrl="&b;"/></body></opml>'
FILE = b'<!DOCTYPE o [<!ENTITY f SYSTEM "file:///etc/passwd">]><opml><body><outline xmlUrl="&f;"/></body></opml>'


@pytest.mark.parametrize("body", [BOMB, FILE, b"<opml><body>", b"<rss></rss>", b"plain", b"\x00\xff" * 50, b""])
def test_hostile_lists_are_refused_with_one_message(own: Served, body: bytes) -> None:
    answer = own.client.post("/exchange/opml", data={"csrf": own.token()}, files={"file": ("f.opml", body)})
    assert answer.status_code == 400
    assert "root:" not in answer.text
    assert own.site.community.searches.all("me") == []


@pytest.fixture(scope="module")
def pair(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A community in which two members follow something of the same name."""
    with town(stocked, tmp_path_factory.mktemp("pair") / "library") as running:
        running.library.act("rita", "2601.00001", "tag", "mine")
        running.library.act("otto", "2601.00002", "tag", "mine")
        running.library.act("cleo", "2601.00002", "tag", "mine")  # who will be suspended
        for name in ("rita", "otto", "cleo"):
            post(running.as_(name), "/exchange/feeds", what="make", feed="")
        yield running


def test_members_read_only_their_own(pair: Town) -> None:
    rita, otto = (addresses(pair.as_(name), "tagged “mine”")["json"] for name in ("rita", "otto"))
    visitor = pair.as_("")
    titles = [[item["title"] for item in visitor.get(path).json()["items"]] for path in (rita, otto)]
    assert titles == [["Late interaction with pruned token vectors"], ["Token pruning for dense retrieval, revised"]]
    assert rita.partition("-")[0] not in pair.as_("otto").get("/exchange").text
    assert visitor.get("/exchange").status_code == 401
    refused = post(pair.as_("otto"), "/exchange/feeds", what="revoke", feed="collection:1")
    assert refused.status_code == 400
    assert visitor.get(rita).status_code == 200


def test_a_suspended_members_feeds_are_closed_until_they_return(pair: Town) -> None:
    path = addresses(pair.as_("cleo"), "tagged “mine”")["json"]
    accounts = pair.site.community.accounts
    accounts.administration.suspend(accounts.named("cleo"), "spam", by="amos")
    assert pair.as_("").get(path).status_code == 410
    accounts.administration.restore(accounts.named("cleo"), by="amos")
    assert pair.as_("").get(path).status_code == 200
