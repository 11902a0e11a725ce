from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs

import pytest

from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.index import build
from broadsheet.pipeline.locks import Busy
from tests.web.markup import Page
from tests.web.served import HOSTILE_TITLE, PAPERS, Served

PATHS = (
    "/",
    "/search",
    "/search?q=retrieval",
    "/search?q=zzzzqqqq%20year:1850",
    "/search?q=%22unclosed",
    "/search?q=retrieval&page=2",
    "/search?q=like:2601.00001+but+for+corals",
    "/search?q=like:nobody",
    "/similar",
    "/atlas",
    "/similar?like=2601.00001&not=2601.00002",
    "/similar?like=2601.00001&by=method",
    "/paper/1",
    "/paper/1?by=task",
    "/paper/2",
    "/paper/3",
    "/paper/4",
    "/library",
    "/library?shelf=hidden",
    "/library?page=9",
    "/sources",
    "/deleted",
    "/joined",
    "/about-feed",
    "/api",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_sound(site: Served, path: str) -> None:
    answer = site.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert Page(answer.text).faults == []
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/search?q=x", "/library", "/sources", "/about-feed"])
def test_pages_of_an_empty_library(empty: Served, path: str) -> None:
    answer = empty.client.get(path)
    assert answer.status_code == 200
    assert Page(answer.text).faults == []


def test_an_empty_library_tells_the_commands(empty: Served) -> None:
    assert "broadsheet add --reading-list" in empty.client.get("/").text


def test_a_new_reader_is_asked_to_pick(site: Served) -> None:
    page = Page(site.client.get("/").text)
    assert len(page.all("input", name="pick[]", form="start")) == len(PAPERS)
    assert [form["action"] for form in page.all("form", id="start")] == ["/start"]


def test_static_files_are_ours_and_cached(site: Served) -> None:
    page = Page(site.client.get("/").text)
    addresses = [a["href"] for a in page.all("link") if a["rel"] in ("stylesheet", "icon")]
    addresses += [a["src"] for a in page.all("script")]
    assert len(addresses) == 4
    for address in addresses:
        answer = site.client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert "http" not in answer.text.replace("http://www.w3.org/2000/svg", "")


def test_search_marks_words_and_says_why(site: Served) -> None:
    text = site.client.get("/search?q=token+pruning").text
    assert "<mark>Token</mark> <mark>pruning</mark> for dense retrieval, revised" in text
    assert "% words (token, pruning)" in text


def test_like_this_but_is_a_form_that_leads_to_a_query(site: Served) -> None:
    number = site.library.resolve("2512.00101")
    page = Page(site.client.get(f"/paper/{number}").text)
    [form] = [form for form in page.all("form") if form.get("action") == "/search" and form.get("class") == "row"]
    assert form.get("method", "get") == "get"
    assert {"type": "hidden", "name": "like", "value": str(number)} in page.all("input")
    answer = site.client.get(f"/search?like={number}&q=for+graph+colouring", follow_redirects=True)
    assert parse_qs(answer.url.query.decode()) == {"q": [f"like:{number} but for graph colouring"]}
    assert f'Like <a href="/paper/{number}">Coral reef acoustics number 1</a>' in answer.text
    assert "its your words: graph, colouring" in answer.text
    assert "ear the paper" in answer.text
    assert "<mark>Graph</mark> <mark>colouring</mark> games" in answer.text
    feed = site.client.get("/search.json", params={"q": f"like:{number} but for graph colouring"}).json()
    assert "ear the paper" in str(feed["items"][0])


def test_nothing_found_helps_on(site: Served) -> None:
    text = site.client.get("/search?q=zzzz+year:1850").text
    assert "Nothing found" in text
    assert "Take away a filter" in text


def test_an_odd_query_is_still_a_query(site: Served) -> None:
    text = site.client.get("/search", params={"q": 'author:( "late interaction'}).text
    assert "Late" in text


def test_hostile_text_stays_text(site: Served) -> None:
    number = next(n for n in range(1, 5) if site.library.paper(n).paper.title == HOSTILE_TITLE)
    for path in (f"/paper/{number}", "/search?q=alert+retrieval", "/", f"/similar?like={number}", "/search?q=<script>"):
        text = site.client.get(path).text
        assert Page(text).faults == [], path
        assert "<script>alert" not in text
        assert "<img" not in text
    page = Page(site.client.get(f"/paper/{number}").text)
    hrefs = [a["href"] for a in page.all("a")]
    assert "https://example.org/safe" in hrefs
    assert not [h for h in hrefs if h.startswith(("javascript", "data"))]
    assert page.meta("citation_title") == [HOSTILE_TITLE]
    assert page.meta("citation_pdf_url") == []


def test_what_is_near_a_paper_by_aspect_needs_no_script(site: Served) -> None:
    number = site.number("2512.00101")
    page = Page(site.client.get(f"/paper/{number}").text)
    links = [a["href"] for a in page.all("a") if a["href"].endswith("#near")]
    assert links == [f"/paper/{number}#near", *(f"/paper/{number}?by={by}#near" for by in ("task", "method", "result"))]
    text = site.client.get(f"/paper/{number}?by=result").text
    assert "This invented study of coral reef acoustics reports outcome 2" in re.sub("</?mark>", "", text)
    assert f"/similar?like={number}&amp;by=result" in text or f"/similar?like={number}&by=result" in text
    similar = site.client.get(f"/similar?like={number}&by=result").text
    assert "Its result: “This invented study of coral reef acoustics" in unescape(similar)
    assert site.client.get(f"/paper/{number}?by=colour").status_code == 400


def test_reference_managers_can_read_a_paper(site: Served) -> None:
    page = Page(site.client.get(f"/paper/{site.number('2601.00001')}").text)
    assert page.meta("citation_title") == ["Late interaction with pruned token vectors"]
    assert page.meta("citation_author")[:2] == ["Ada Lee", "Luis Mora"]
    assert page.meta("citation_publication_date") == ["2026/01/05"]
    assert page.meta("citation_doi") == ["10.5555/late.1"]
    assert page.meta("citation_arxiv_id") == ["2601.00001"]
    assert page.meta("citation_pdf_url") == ["https://example.org/late.pdf"]
    assert page.meta("citation_journal_title") == ["Journal of Invented Retrieval"]


def test_every_card_carries_coins(site: Served) -> None:
    page = Page(site.client.get("/search?q=late+interaction").text)
    context = parse_qs(page.all("span", **{"class": "Z3988"})[0]["title"])
    assert context["ctx_ver"] == ["Z39.88-2004"]
    assert context["rft.title"] == ["Late interaction with pruned token vectors"]
    assert context["rft.creator"][0] == "Ada Lee"
    assert context["rft.identifier"][0] == "info:doi/10.5555/late.1"
    assert context["rft.date"] == ["2026-01-05"]


def test_a_paper_page_has_everything(site: Served) -> None:
    text = unescape(site.client.get(f"/paper/{site.number('2601.00002')}").text)
    assert "Version 1" in text
    assert "title, version changed" in text
    assert "Near it" in text
    assert "@" in text
    assert 'href="https://arxiv.org/abs/2601.00002"' in text


@pytest.mark.parametrize("name", ["2601.00001", "10.5555/LATE.1", "https://arxiv.org/abs/2601.00001v3", "inv-0"])
def test_a_paper_by_any_identifier(site: Served, name: str) -> None:
    answer = site.client.get(f"/paper/{name}")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"/paper/{site.number('2601.00001')}"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/paper/9999", 404, "9999"),
        ("/paper/no-such-thing", 404, "no-such-thing"),
        ("/similar?like=8888", 404, "8888"),
        ("/nowhere", 404, "/nowhere"),
        ("/serach", 404, 'href="/search"'),
        ("/search?q=a&page=abc", 400, "page"),
        ("/search?q=a&page=0", 400, "page"),
        ("/search?q=a&page=99999999999999999999", 400, "page"),
        ("/library?shelf=nope", 400, "nope"),
        ("/library?tag=nope", 400, "nope"),
        ("/library?collection=nope", 400, "nope"),
        ("/paper/1/export/doc", 400, "doc"),
        ("/undo", 405, "Method Not Allowed"),
    ],
)
def test_errors_are_pages(site: Served, path: str, status: int, said: str) -> None:
    answer = site.client.get(path)
    assert answer.status_code == status
    page = Page(answer.text)
    assert page.faults == []
    assert said in unescape(answer.text)
    assert "Traceback" not in answer.text


def test_paging(site: Served) -> None:
    first = site.client.get("/search?q=retrieval").text
    assert "Previous" not in first
    assert "That was the last page" in site.client.get("/search?q=retrieval&page=40").text


def test_gets_change_nothing(own: Served) -> None:
    before = own.library.state("me")
    for path in (*PATHS, "/feed.atom", "/feed.json", "/api/v1/search?q=x", "/api/v1/library", "/papers/1/act", "/undo"):
        own.client.get(path)
    assert own.library.state("me") == before


@pytest.mark.parametrize(
    ("form", "begins"), [("bibtex", "@"), ("ris", "TY  - "), ("csl", "["), ("jsonl", '{"')], ids=str
)
def test_one_paper_as_a_file(site: Served, form: str, begins: str) -> None:
    answer = site.client.get(f"/paper/{site.number('2601.00001')}/export/{form}")
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith(begins)
    assert "Late interaction with pruned token vectors" in answer.text
    assert answer.headers["content-disposition"].startswith("attachment; filename=")


def test_withdrawn_and_retracted_papers_are_marked(own: Served) -> None:
    own.library.add(
        Record(Paper("WITHDRAWN: Kelp counted twice"), "invented", "kelp-1"),
        Record(Paper("Kelp counted once", is_retracted=True), "invented", "kelp-2"),
    )
    numbers = [own.number(name) for name in ("kelp-1", "kelp-2")]
    cards = own.client.get("/search?q=kelp").text
    for number, word in zip(numbers, ("Withdrawn", "Retracted"), strict=True):
        flag = f'<strong class="flag">{word}</strong>'
        assert cards.count(flag) == 1
        assert flag in own.client.get(f"/paper/{number}").text


def test_pages_say_that_the_index_is_behind(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    own.library.snapshot()

    def busy(*_: object, **__: object) -> object:
        raise Busy("somebody is at it")

    with monkeypatch.context() as patched:
        patched.setattr(build, "catch_up", busy)
        own.library.catalogue.papers.add([Record(Paper("Kelp that came in last"), "invented", "kelp-3")])
        page = own.client.get("/search?q=retrieval").text
    said = '<p class="note" role="status">The index is being brought up to date: '
    assert page.count(said) == 1
    assert Page(page).faults == []
    assert said not in own.client.get("/search?q=kelp").text
