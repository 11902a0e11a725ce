"""The JSON of daily papers: where clients look for each field, and what strangers send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from broadsheet.kit.errors import RateLimited
from broadsheet.kit.paper import Identifiers, Paper, Person, Reception, Record
from broadsheet.web.call_limit import CallLimit
from tests.web.daily import newsstand
from tests.web.members import Town, town
from tests.web.served import Served

HEX, MOMENT = r"[0-9a-f]{24}", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
# what programs read of a list item: (client, path, its type or pattern). Every one must be there for a full paper.
HABITS: tuple[tuple[str, str, type | str], ...] = (
    *[("huggingface_hub", path, kind) for path, kind in (
        ("title", str), ("publishedAt", MOMENT), ("numComments", int), ("submittedBy.user", str),
        ("submittedBy.fullname", str), ("submittedBy.avatarUrl", str), ("ai_summary", str), ("ai_keywords", list),
        ("githubRepo", r"https://.+"), ("githubStars", int), ("projectPage", r"https://.+"),
        ("organization.name", str), ("organization.fullname", str), ("organization.avatarUrl", str),
        ("paper.id", str), ("paper.authors.0.name", str), ("paper.publishedAt", MOMENT), ("paper.summary", str),
        ("paper.upvotes", int), ("paper.discussionId", HEX), ("paper.authors.0._id", HEX),
        ("paper.authors.0.hidden", bool))],
    *[("a bot with typed models", path, kind) for path, kind in (
        ("paper.id", str), ("paper.publishedAt", MOMENT), ("paper.title", str), ("paper.summary", str),
        ("paper.upvotes", int), ("paper.projectPage", str), ("paper.githubRepo", str), ("paper.githubStars", int),
        ("paper.ai_summary", str), ("paper.ai_keywords", list), ("numComments", int), ("organization.name", str),
        ("organization.fullname", str))],
    *[("an app for phones", path, kind) for path, kind in (
        ("paper.title", str), ("paper.mediaUrls", list), ("mediaUrls", list), ("thumbnail", r"https://.+"),
        ("paper.submittedOnDailyBy.avatarUrl", r"http://.+"), ("paper.submittedOnDailyBy.fullname", str),
        ("paper.submittedOnDailyBy.user", str), ("paper.submittedOnDailyBy.isPro", bool))],
    *[("a tool server", path, kind) for path, kind in (
        ("paper.ai_summary", str), ("paper.authors.1.name", str), ("submittedBy.name", str))],
    *[("statistics day by day", path, kind) for path, kind in (
        ("paper.submittedOnDailyAt", MOMENT), ("paper.submittedOnDailyBy.user", str), ("paper.githubStars", int),
        ("thumbnail", str))],
    *[("lists in other languages", path, kind) for path, kind in (
        ("title", str), ("summary", str), ("paper.upvotes", int), ("publishedAt", MOMENT))],
    *[("feeds made of pages", path, kind) for path, kind in (
        ("title", str), ("publishedAt", MOMENT), ("paper.id", str), ("paper.authors.0.name", str))],
    *[("ours", path, kind) for path, kind in (
        ("broadsheet.id", int), ("broadsheet.url", r"http://.+/paper/\d+"), ("broadsheet.ids.arxiv", str),
        ("broadsheet.day", r"\d{4}-\d\d-\d\d"), ("broadsheet.place", int), ("broadsheet.via", str),
        ("broadsheet.trend.score", float), ("broadsheet.trend.reason", str), ("broadsheet.counts.votes", dict))],
)  # fmt: skip
FULL = {"mediaUrls": ["https://media.example/clip.mp4", "javascript:alert(1)"], "thumbnail": "https://a.example/1.png"}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The library with editions; the first paper has every field."""
    with newsstand(tmp_path_factory.mktemp("stand") / "library") as running:
        number = running.number("2606.00001")
        stored = running.library.paper(number).paper
        running.library.add(Record(Paper(stored.title, ids=stored.ids, extra=FULL), "another", "1"))
        yield running


def at(value: Any, path: str) -> Any:
    """What stands at a path; raises KeyError or IndexError if nothing does."""
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


@pytest.mark.parametrize(("client", "path", "kind"), HABITS)
def test_clients_find_what_they_look_for(stand: Served, client: str, path: str, kind: type | str) -> None:
    (item,) = stand.client.get("/api/daily_papers?date=2026-06-29&submitter=rita").json()
    value = at(item, path)
    if isinstance(kind, str):
        assert re.fullmatch(kind, value), client
    else:
        assert type(value) is kind, client


def test_a_bare_paper_invents_nothing(stand: Served) -> None:
    stand.library.add(Record(Paper("A bare title", year=2026), "invented", "bare"))
    item = next(row for row in stand.client.get("/api/papers").json() if row["title"] == "A bare title")
    number = item["broadsheet"]["id"]
    assert item["paper"]["id"] == str(number)
    assert {"ai_summary", "ai_keywords", "githubRepo", "githubStars", "projectPage", "organization"}.isdisjoint(item)
    assert (item["publishedAt"], item["submittedBy"], item["thumbnail"], item["mediaUrls"]) == (None, None, None, [])
    assert (item["paper"]["publishedAt"], item["paper"]["upvotes"], item["paper"]["authors"]) == (None, 0, [])
    assert item["broadsheet"] == {
        "id": number, "url": f"{stand.url}/paper/{number}", "ids": {}, "year": 2026, "venue": "", "categories": [],
        "day": None, "place": None, "via": None, "counts": {}, "trend": item["broadsheet"]["trend"],
    }  # fmt: skip
    assert stand.client.get(f"/api/papers/{number}").json()["title"] == "A bare title"
    assert item["paper"]["discussionId"] != stand.client.get("/api/papers/2606.00001").json()["discussionId"]


def test_the_ids_stay_the_same(stand: Served) -> None:
    first, second = (stand.client.get("/api/papers/10.5555/harbour.4").json() for _ in range(2))
    assert first == second
    assert first["id"] == "10.5555/harbour.4"
    assert (first["submittedOnDailyAt"], first["submittedOnDailyBy"]["name"]) == ("2026-07-01T10:00:04.000Z", "rita")


def test_unsafe_addresses_are_left_out(stand: Served) -> None:
    paper = stand.client.get("/api/papers/2606.00001").json()
    assert paper["mediaUrls"] == ["https://media.example/clip.mp4"]


def test_all_papers_page_by_page(stand: Served) -> None:
    address, titles, pages = "/api/papers?limit=2", [], 0
    while address:
        answer = stand.client.get(address)
        titles += [row["title"] for row in answer.json()]
        address = answer.links.get("next", {}).get("url", "")
        pages += 1
    assert (len(titles), len(set(titles)), pages) == (stand.library.stats().papers, len(titles), (len(titles) + 1) // 2)
    assert titles[-1] == "Coral attention in invented waters"
    assert stand.client.get("/api/papers?cursor=1").json() == []


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("/api/daily_papers?date=2025-13-40", "'2025-13-40' is no day; write it as 2026-11-28"),
        ("/api/daily_papers?date=yesterday", "'yesterday' is no day; write it as 2026-11-28"),
        ("/api/daily_papers?week=2026-W54", "'2026-W54' is no week; write it as 2026-W48"),
        ("/api/daily_papers?month=2026-13", "'2026-13' is no month; write it as 2026-11"),
        ("/api/daily_papers?date=2026-06-29&week=2026-W27", "give one of date, week and month"),
        ("/api/daily_papers?limit=101", "limit: Input should be less than or equal to 100 (got '101')"),
        ("/api/daily_papers?limit=0", "limit: Input should be greater than or equal to 1 (got '0')"),
        ("/api/daily_papers?p=-1", "p: Input should be greater than or equal to 0 (got '-1')"),
        ("/api/daily_papers?sort=upvotes",
         "sort: Input should be 'publishedAt' or 'trending' (got 'upvotes')"),
        ("/api/papers?cursor=x",
         "cursor: Input should be a valid integer, unable to parse string as an integer (got 'x')"),
        ("/api/papers/search?limit=121", "limit: Input should be less than or equal to 120 (got '121')"),
        (f"/api/papers/search?q={'x' * 251}",
         f"q: String should have at most 250 characters (got '{'x' * 80}')"),
    ],
)  # fmt: skip
def test_a_bad_request_says_why_as_clients_read_it(stand: Served, address: str, reason: str) -> None:
    answer = stand.client.get(address)
    assert (answer.status_code, answer.json()) == (400, {"error": reason})


def test_an_empty_search_finds_nothing(stand: Served) -> None:
    assert stand.client.get("/api/papers/search").json() == []
    assert stand.client.get("/api/papers/search?q=%20").json() == []


def test_an_unknown_paper_is_404_everywhere(stand: Served) -> None:
    for address in ("/api/papers/1234.56789", "/api/papers/999999", "/api/papers/10.5555/none"):
        answer = stand.client.get(address)
        assert (answer.status_code, list(answer.json())) == (404, ["error"])
    for address in ("/papers/1234.56789", "/papers/1234.56789.md", "/papers/no/such/thing"):
        assert stand.client.get(address).status_code == 404


# Markdown ------------------------------------------------------------------------------------------------------------


def test_a_paper_as_markdown(stand: Served) -> None:
    answer = stand.client.get("/papers/2606.00001.md")
    number = stand.number("2606.00001")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text == (
        "# Coral attention in invented waters\n\nAda Lee, Author 0\n\n2026-06-20 · cs.IR\n\n"
        f"- [Broadsheet](<{stand.url}/paper/{number}>)\n"
        "- [arXiv](<https://arxiv.org/abs/2606.00001>)\n- [PDF](<https://arxiv.org/pdf/2606.00001>)\n"
        "- [code](<https://github.com/invented/coral>)\n- [project](<https://coral.example/>)\n"
        "- [model](<https://hub.example/invented/coral-base>)\n\n"
        "7 votes · 0 comments · 40 stars\n\n> A sentence by somebody else.\n\n"
        "## Abstract\n\nWe study coral attention on \\<b\\>0\\</b\\> coasts with $x_0 \\lt  y$.\n"
    )


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("text/markdown", "text/markdown; charset=utf-8"), ("text/markdown, text/html;q=0.5", "text/markdown"),
     ("text/html, text/markdown", "text/html"), ("*/*", "text/html"), ("", "text/html")],
)  # fmt: skip
@pytest.mark.parametrize("address", ["/papers/2606.00001", "/paper/2606.00001"])
def test_markdown_for_those_who_accept_it(stand: Served, address: str, accept: str, kind: str) -> None:
    answer = stand.client.get(address, headers={"Accept": accept}, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert "Accept" in answer.headers["vary"]


def test_the_address_of_a_paper_leads_to_its_page(stand: Served) -> None:
    for name in ("2606.00001", "2606.00001v2", "10.5555/harbour.4"):
        answer = stand.client.get(f"/papers/{name}")
        assert (answer.status_code, answer.headers["location"]) == (307, f"/paper/{stand.number(name)}")


def test_markdown_of_a_hostile_paper_is_text(stand: Served) -> None:
    hostile = Paper(
        "# [click](javascript:alert(1)) <script>alert(2)</script>\n\n## next $<img src=x>$",
        "`code` *bold* | ~x~",
        authors=(Person("<b>Bold</b>\n# Ada"),),
        urls=("https://a.example/>)[x](javascript:alert(3)",),
        ids=Identifiers(arxiv="2606.09999"),
    )
    reception = Reception("x", links=(("code", "javascript:alert(4)"),))
    stand.library.add(Record(hostile, "invented", "hostile", reception=reception))
    text = stand.client.get("/papers/2606.09999.md").text
    assert text.splitlines()[0] == (
        "# \\# \\[click\\](javascript:alert(1)) \\<script\\>alert(2)\\</script\\> \\#\\# next $\\lt img src=x>$"
    )
    assert "\\<b\\>Bold\\</b\\> \\# Ada" in text
    assert "\\`code\\` \\*bold\\* \\| \\~x\\~" in text
    assert "alert(4)" not in text
    assert not re.search(r"(?<!\\)<(?!http)", text)


# Limits and roles ----------------------------------------------------------------------------------------------------


def test_calls_are_counted_by_caller_and_window() -> None:
    limit = CallLimit()
    start = datetime(2026, 7, 1, 12, 1, tzinfo=UTC)
    for _ in range(3):
        limit.take("a", 3, start)
    limit.take("b", 3, start)
    with pytest.raises(RateLimited) as error:
        limit.take("a", 3, start)
    assert error.value.seconds == 240
    limit.take("a", 3, start.replace(minute=5))


def test_too_many_calls_are_429(tmp_path: Path) -> None:
    with newsstand(tmp_path / "library", "[server]\napi_calls = 2\n") as stand:
        answers = [stand.client.get("/api/daily_papers") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["retry-after"] == "300"
        assert answers[2].json() == {"error": "This was tried too often. Come back in 5 minutes."}
        assert stand.client.get("/").status_code == 200


@pytest.fixture(scope="module")
def place(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A community in which nothing can be looked up."""
    nowhere = '[arxiv]\napi_url = "http://127.0.0.1:9/query"\n'
    with town(stocked, tmp_path_factory.mktemp("place") / "library", settings=nowhere) as running:
        yield running


def index(client: httpx.Client, arxiv: object) -> httpx.Response:
    return client.post("/api/papers/index", json={"arxivId": arxiv})


def test_readers_index_papers_and_visitors_do_not(place: Town) -> None:
    refused = index(place.as_(""), "2601.00001")
    assert (refused.status_code, refused.json()) == (401, {"error": "Sign in to see this page."})
    known = index(place.as_("rita"), "2601.00001")
    assert (known.status_code, known.json()["id"]) == (200, "2601.00001")


@pytest.mark.parametrize("arxiv", ["", "hep-th/9901001", "2601.1", "../2601.00001", "2601.00001\n", 2601.00001, None])
def test_only_arxiv_ids_are_indexed(place: Town, arxiv: object) -> None:
    answer = index(place.as_("rita"), arxiv)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
