"""A record of megabytes does not make a page of megabytes; what was shown is noted only for its reader."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

import broadsheet
from broadsheet.catalogue.database import fetch
from broadsheet.kit.errors import LibraryError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.web import presenters
from tests.web.markup import Page
from tests.web.served import Served, served

HUGE = Paper(
    title="A very long retrieval title " * 40_000,
    abstract="A retrieval abstract with $x^2$ in it. " * 30_000,
    authors=tuple(Person(f"Author {n} " + "of a long name " * 50) for n in range(5000)),
    venue="Venue " * 20_000,
    keywords=tuple(f"keyword {n}" for n in range(5000)),
    categories=tuple(f"c.{n}" for n in range(5000)),
    comments="comment " * 50_000,
    licence="licence " * 50_000,
    urls=tuple(f"https://example.org/{n}" for n in range(5000)),
    ids=Identifiers(arxiv="2601.00009"),
    year=2026,
)
PAGES = ("/", "/search?q=retrieval", "/paper/{}", "/similar?like={}", "/library", "/papers/delete?pick={}", "/sources")


@pytest.fixture(scope="module")
def heavy(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Served:  # type: ignore[misc]
    folder = tmp_path_factory.mktemp("heavy") / "library"
    shutil.copytree(stocked, folder)
    with broadsheet.open(folder) as library:
        library.add(Record(HUGE, "invented", "huge", "invented:huge"))
    with served(folder) as running:
        running.library.act("me", "huge", "save")
        yield running


@pytest.mark.parametrize("path", [*PAGES, "/feed.atom", "/search.atom?q=retrieval", "/search.json?q=retrieval"])
def test_a_page_stays_small(heavy: Served, path: str) -> None:
    answer = heavy.client.get(path.format(heavy.number("huge")))
    assert answer.status_code == 200
    assert len(answer.content) < 150_000
    if answer.headers["content-type"].startswith("text/html"):
        assert Page(answer.text).faults == []


def test_what_is_left_out_is_said(heavy: Served) -> None:
    page = heavy.client.get(f"/paper/{heavy.number('huge')}").text
    assert "and 4,900 more" in page
    assert " …</h1>" in page
    whole = heavy.client.get(f"/paper/{heavy.number('huge')}/export/jsonl")
    assert len(whole.content) > 2_000_000


OTHERS = [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"},
    {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Site": "none"},
    {"Purpose": "prefetch"},
    {"Referer": "https://evil.example/page"},
    {"Origin": "null"},
]
READERS: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document"},
    {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"},
]


def shown(own: Served) -> int:
    """How many impressions are noted."""
    with own.library.catalogue._database.read() as connection:
        return int(fetch(connection, "SELECT count(*) FROM events WHERE kind = 'impression'")[0][0])


@pytest.mark.parametrize("path", ["/", "/api/v1/feed"])
def test_only_the_reader_is_shown_something(own: Served, path: str) -> None:
    for headers in OTHERS:
        assert own.client.get(path, headers=headers).status_code == 200
        assert shown(own) == 0, headers
    own.client.head(path)
    assert shown(own) == 0
    for times, headers in enumerate(READERS, 1):
        items = 13
        own.client.get(path, headers=headers)
        assert shown(own) == times * items, headers
    own.client.get(path, headers={"Referer": own.url + "/library"})
    assert shown(own) == (len(READERS) + 1) * 13


def test_a_full_disk_does_not_keep_from_reading(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> list[int]:
        raise LibraryError("catalogue.db: the disk is full")

    monkeypatch.setattr(own.library.catalogue.readers, "log", full)
    page = own.client.get("/")
    assert page.status_code == 200
    assert page.text.count("could not be logged: catalogue.db: the disk is full") == 1
    assert "Coral reef acoustics" in page.text
    assert own.client.get("/api/v1/feed").status_code == 200
    assert own.post("/papers/1/act", action="save").status_code == 503


def test_a_full_disk_does_not_keep_a_new_reader_from_reading(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    own.library.delete_reader("me")

    def full(*_: object, **__: object) -> None:
        raise LibraryError("catalogue.db: the disk is full")

    monkeypatch.setattr(own.library.catalogue.readers, "get", full)
    monkeypatch.setattr(own.library.catalogue.readers, "log", full)
    for path in ("/", "/search?q=coral", "/paper/1", "/library", "/about-feed"):
        assert own.client.get(path).status_code == 200, path


def test_what_came_since_the_last_visit_is_marked(own: Served) -> None:
    own.client.get("/")
    [name] = [cookie for cookie in own.client.cookies if cookie.endswith("_seen")]
    now = int(own.library.now().timestamp())
    assert own.client.cookies[name] == f"0.{now}"
    assert "New since" not in own.client.get("/").text
    for earlier in (now - 3600, now - 86_400):
        own.client.cookies.set(name, f"0.{earlier}", domain="127.0.0.1", path="/")
        answer = httpx.get(own.url, headers={"Cookie": f"{name}=0.{earlier}"}, trust_env=False)
        assert answer.text.count("New since your last visit") == 13
        assert "13 new since" in answer.text
    again = httpx.get(own.url, headers={"Cookie": f"{name}=junk"}, trust_env=False)
    assert "New since" not in again.text


def test_colours_are_chosen_without_a_script(own: Served) -> None:
    assert "data-theme" not in own.client.get("/").text
    for chosen in ("dark", "light"):
        assert own.post("/theme", colours=chosen, next="/library").headers["location"] == "/library"
        page = own.client.get("/").text
        assert f'<html lang="en" data-theme="{chosen}">' in page
        assert f'<meta name="color-scheme" content="{chosen}">' in page
    own.post("/theme", colours="")
    assert "data-theme" not in own.client.get("/").text
    own.post("/theme", colours='"><script>')
    assert "data-theme" not in own.client.get("/").text


def test_times_name_their_zone(own: Served) -> None:
    when = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)
    assert presenters.moment(when, UTC) == "1 Jul 2026, 12:05 UTC"
    from datetime import timezone

    assert presenters.moment(when, timezone(timedelta(hours=2), "CEST")) == "1 Jul 2026, 14:05 CEST"
    zone = own.library.now().astimezone().tzname()
    assert f"({zone})" in own.client.get("/").text
    assert f" {zone}; 13 searchable" in own.client.get("/sources").text


def test_the_policy_says_the_share_that_is_set(own: Served) -> None:
    own.library.act("me", 1, "save")
    own.library.tune("me", recency=0.5, diversity=0.2, exploration=0.15)
    page = own.client.get("/about-feed").text
    assert "taste recency=0.5 mmr=0.2 explore=0.15" in page


def test_the_api_page_shows_parameters_and_an_example_of_every_route(site: Served) -> None:
    page = unescape(site.client.get("/api").text)
    schema = site.client.get("/api/v1/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method, entry in methods.items():
            part = page.partition(f"<dt><code>{method.upper()} {path}</code></dt>")[2].partition("</div>")[0]
            assert "curl" in part, path
            for parameter in entry.get("parameters", ()):
                assert f"<code>{parameter['name']}</code>" in part, (path, parameter)
    assert "`" not in page


def test_examples_of_the_api_page_that_read_do_work(own: Served) -> None:
    import re

    for text in ("one", "two", "three"):
        own.post("/papers/1/comments", text=text)
        own.post("/searches", what="save", name=text, search=f"/search?q={text}")
        own.post("/collections", what="create", name=text)
        own.post("/alerts", what="make", kind="search", target=text)
    page = unescape(own.client.get("/api").text)
    for address in re.findall(r"curl '([^']+)'", page):
        known = address.replace("2004.12832", "2601.00001").replace("papers/17", "papers/1")
        known = known.replace("university-oxford", "example-institute").replace("ada-lovelace", "luis-mora")
        expected = 404 if "/groups/" in known else 200  # one reader has no groups
        assert httpx.get(known, trust_env=False, timeout=60).status_code == expected, address
