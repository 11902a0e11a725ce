"""A community in which everything that people can write is an attack, read by everybody; and what caches may keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from broadsheet.web.authorisation import ROLES
from tests.web.markup import BOOKMARK, Page
from tests.web.members import PASSWORD, Town, form_token, post, town
from tests.web.newsroom import Newsroom, newsroom

MARK = "qwxz"  # in every hostile text, to find it again
SCRIPT = f'"><script>alert("{MARK}")</script><img src=x onerror=alert("{MARK}")>'
TEXTS = (
    SCRIPT,
    f"'-alert('{MARK}')-'",
    f"{{{{7*7}}}}${{7*7}}<%=7*7%>{MARK}",
    f"</title></textarea></style>--><svg onload=alert('{MARK}')>",
    f"javascript:alert('{MARK}')",
)
LEADING = ("href", "src", "action", "formaction", "data", "poster", "xlink:href", "srcset", "background")
NAMES = ("", "rita", "cleo", "amos")
HOSTILE = 3  # the paper whose title, authors and addresses are attacks


def write_everywhere(running: Town) -> None:
    """Every text a member can leave somewhere."""
    rita, cleo, amos = (running.as_(name) for name in NAMES[1:])
    community = running.site.community
    evil = running.browser()
    evil.headers["User-Agent"] = SCRIPT
    assert post(evil, "/sign-in", name="rita", password=PASSWORD).status_code == 303
    for n, text in enumerate(TEXTS):
        for paper in (1, HOSTILE):
            post(rita, f"/papers/{paper}/comments", text=f"{n} {text} [a]({text}) `{text}` ${text}$ @cleo")
            post(rita, f"/papers/{paper}/links", kind="code", url=f"https://example.org/{n}", title=text)
            post(rita, f"/papers/{paper}/tags", name=text)
            post(rita, f"/papers/{paper}/report", reason=text)
        post(rita, "/collections", what="create", name=text)
        post(rita, "/papers/1/act", action="tag", value=text)
        post(rita, "/account/invitations", note=text)
        post(rita, "/account/tokens", name=text, scopes="read")
        post(rita, "/account/profile", full_name=text[:80])
        post(amos, f"/admin/accounts/{running.number('otto')}/suspend", reason=text)
        post(running.browser(), "/sign-in", name=text, password=text)
    community.submissions.submit(community.accounts.actor_of(_token(rita)), HOSTILE, SCRIPT, b"")
    post(cleo, "/comments/1/hide", reason=SCRIPT)
    post(cleo, f"/papers/{HOSTILE}/pick", what="pick", note=SCRIPT)


def _token(client: httpx.Client) -> str:
    [token] = [value for name, value in client.cookies.items() if name.endswith("_session")]
    return token


@pytest.fixture(scope="module")
def hostile(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(stocked, tmp_path_factory.mktemp("hostile") / "library", 'sign_up = "open"') as running:
        write_everywhere(running)
        yield running


def addresses() -> Iterator[str]:
    """Every page of the table, of the hostile paper and of what was written, and some that say what they were asked."""
    filled = {
        "number:int": str(HOSTILE), "form": "jsonl", "text": "2026-07-01", "paper:path": str(HOSTILE), "key": "x",
        "paper:paper_name": str(HOSTILE), "kind": "date",
    }  # fmt: skip
    for route in ROLES:
        method, _, path = route.partition(" ")
        if method == "GET":
            for number in ("1", str(HOSTILE)):
                values = {**filled, "number:int": number, "paper:path": number}
                yield re.sub(r"\{([^}]+)\}", lambda found: values.get(found[1], "x"), path)  # noqa: B023 - used at once
    for text in TEXTS:
        asked = httpx.QueryParams({"q": text, "like": text, "next": text, "done": text, "tag": text, "field": text})
        yield from (f"{path}?{asked}" for path in ("/search", "/library", "/papers", "/sign-in", "/similar", "/"))
        quoted = str(httpx.QueryParams({"q": text})).partition("=")[2]
        yield from (f"/{quoted}", f"/paper/{quoted}", f"/tags/{quoted}", f"/papers/date/{quoted}", f"/sign-up/{quoted}")


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_anybody_becomes_a_page_of_ours(hostile: Town, name: str) -> None:
    client, pages, seen = hostile.as_(name), 0, 0
    for path in dict.fromkeys(addresses()):
        answer = client.get(path)
        assert answer.status_code < 500, path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page, pages = answer.text, pages + 1
        seen += MARK in page
        read = Page(page)
        if page.startswith("<!DOCTYPE"):  # no fragment
            assert read.faults == [], path
        assert "<script>alert" not in page, path
        for tag, attributes in read.elements:
            assert MARK not in tag + "".join(attributes), path
            leads = [value for key, value in attributes.items() if key in LEADING and not BOOKMARK.fullmatch(value)]
            assert all(re.match(r"(https?://|[/#?]|$)", value) for value in leads), (path, tag, leads)
        assert not re.search(rf"49[^\s]{{0,8}}{MARK}", page), f"a template of somebody's ran: {path}"
    assert pages > 40
    assert seen > 10, "the attacks are on no page: this test tries nothing"


def test_no_page_can_be_framed_sniffed_or_left_with_its_address(hostile: Town) -> None:
    """Clickjacking, and addresses with codes or tokens that a click would take elsewhere."""
    for name in NAMES:
        for path in [*dict.fromkeys(addresses()), "/static/style.css", "/nothing", "/health"]:
            headers = hostile.as_(name).get(path).headers
            assert headers["x-frame-options"] == "DENY", path
            policy = headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy or policy == "default-src 'none'; sandbox", path
            assert "unsafe" not in policy, path
            assert headers["referrer-policy"] in ("same-origin", "no-referrer"), path


# --- what caches keep -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def room(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(stocked, tmp_path_factory.mktemp("caches") / "library") as running:
        yield running


PUBLIC = (
    "/papers/date/2026-07-01", "/papers/date/2026-07-02", "/papers/feed.atom", "/papers/feed.json", "/sitemap.xml",
    "/papers/date/2026-07-01/feed.atom", "/papers/week/feed.json",
)  # fmt: skip


def test_what_caches_may_keep_is_the_same_for_everybody(room: Newsroom) -> None:
    plain = {path: room.town.browser().get(path) for path in PUBLIC}
    for path, answer in plain.items():
        assert answer.headers["cache-control"].startswith("public"), path
        assert "set-cookie" not in answer.headers, path
        assert not re.search(r'name="csrf"|token=', answer.text), path
    for name in ("rita", "amos"):
        client = room.town.as_(name)
        for path, first in plain.items():
            answer = client.get(path)
            if answer.headers["cache-control"].startswith("public"):
                assert answer.content == first.content, path
                assert "set-cookie" not in answer.headers, path
            else:
                assert answer.headers["cache-control"].startswith("private"), path
                assert "Cookie" in first.headers["vary"], path


def test_no_header_of_a_request_changes_what_caches_keep(room: Newsroom) -> None:
    poison = {
        "X-Forwarded-Host": "evil.example", "X-Host": "evil.example", "X-Original-URL": "/admin/accounts",
        "X-Rewrite-URL": "/admin/accounts", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil.example;proto=https", "X-Forwarded-Port": "1", "X-Fragment": "true",
        "Origin": "https://evil.example", "Referer": "https://evil.example/", "Accept-Language": "tlh",
        "User-Agent": SCRIPT, "Accept": "application/json",
    }  # fmt: skip
    for path in PUBLIC:
        plain = room.town.browser().get(path)
        poisoned = room.town.browser().get(path, headers=poison)
        assert poisoned.content == plain.content, path
        assert poisoned.headers["etag"] == plain.headers["etag"], path


def test_a_page_that_is_asked_for_like_a_file_is_not_kept(room: Newsroom) -> None:
    """A cache that goes by the ending of an address must find nothing of a member's under one."""
    for path in (
        "/account/x.css",
        "/account;.css",
        "/account%0a.css",
        "/library/x.js",
        "/for-you/style.css",
        "/account.css",
    ):
        answer = room.town.as_("rita").get(path)
        assert answer.status_code == 404, path
        assert answer.headers["cache-control"].startswith("private"), path


def test_a_tag_of_a_page_tells_nobody_what_is_on_it(room: Newsroom) -> None:
    rita, visitor = room.town.as_("rita"), room.town.browser()
    tag = rita.get("/feed.atom").headers["etag"]
    for sent in (tag, "*", f"W/{tag}"):
        assert visitor.get("/feed.atom", headers={"If-None-Match": sent}).status_code == 401
    assert room.town.as_("amos").get("/feed.atom", headers={"If-None-Match": tag}).status_code == 200
    for path in ("/account", "/library", "/for-you", "/admin/accounts"):
        answer = room.town.as_("amos").get(path)
        assert "etag" not in answer.headers, path
        assert answer.headers["cache-control"].startswith("private"), path


# --- tokens in addresses --------------------------------------------------------------------------------------------


def test_the_token_of_a_feed_is_on_no_page_and_opens_feeds_alone(own_town: Town) -> None:
    rita = own_town.as_("rita")
    made = post(rita, "/account/tokens", **{"name": "reader", "scopes[]": "feeds"}).text
    found = re.search(r"/feed\.atom\?token=([\w.-]+)", made)
    assert found
    token = found[1]
    for path in ("/account", "/for-you", "/library", "/search?q=x", "/tags", "/about-feed"):
        assert token not in rita.get(path).text, path
    visitor = own_town.browser()
    feed = visitor.get(f"/feed.atom?token={token}")
    assert feed.status_code == 200
    assert token not in feed.text.replace(f"/feed.atom?token={token}", "")
    assert feed.headers["cache-control"].startswith("private")
    assert visitor.get(f"/library?token={token}").status_code == 401
    assert visitor.get(f"/api/v1/library?token={token}").status_code == 401
    assert visitor.post(f"/api/v1/undo?token={token}", json={}).status_code in (401, 403)


def test_pages_reached_by_a_code_send_it_nowhere(own_town: Town) -> None:
    rita, visitor = own_town.as_("rita"), own_town.browser()
    shown = post(rita, "/account/invitations", note="x").text
    found = re.search(r"/invitations/([\w-]+)", shown)
    assert found
    answer = visitor.get(f"/invitations/{found[1]}")
    assert answer.status_code == 200
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "private, no-store"
    page = Page(answer.text)
    loaded = [a.get("src") or a.get("href", "") for tag, a in page.elements if tag in ("img", "script", "link")]
    assert all(one.startswith("/") for one in loaded if one)
    assert form_token(visitor) not in answer.url.path
