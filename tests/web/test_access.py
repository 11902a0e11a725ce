"""The start token: who is let in, how, and to what."""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from broadsheet.pipeline.secret_key import KEY_FILE, library_key
from broadsheet.web.access import Access
from tests.web.markup import Page
from tests.web.served import Served, served

TOKEN = "a-start-token-of-some-length"


@pytest.fixture(scope="module")
def closed(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("closed") / "library"
    shutil.copytree(stocked, folder)
    with served(folder, token=TOKEN) as running:
        running.library.act("me", "2601.00001", "tag", "later")
        yield running


def stranger(site: Served) -> httpx.Client:
    return httpx.Client(base_url=site.url, trust_env=False, timeout=60)


@pytest.mark.parametrize("path", ["/", "/search?q=late", "/paper/1?done=save&paper=1", "/library", "/feed.atom", "/x"])
def test_without_the_token_nothing_is_told(closed: Served, path: str) -> None:
    with stranger(closed) as client:
        answer = client.get(path)
        assert answer.status_code == 401
        assert "Late interaction" not in answer.text
        assert Page(answer.text).faults == []
        assert client.get(path, params={"token": "wrong"}).status_code == 401
        assert client.get(path, headers={"Cookie": f"broadsheet_{client.base_url.port}_in=wrong"}).status_code == 401


def test_the_api_asks_for_a_bearer(closed: Served) -> None:
    with stranger(closed) as client:
        refused = client.get("/api/v1/library")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert "Authorization: Bearer" in refused.json()["error"]["message"]
        assert client.post("/api/v1/undo", json={}).status_code == 401
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert client.get("/api/v1/library", headers=bearer).status_code == 200
        assert client.post("/api/v1/papers/1/actions", json={"action": "up"}, headers=bearer).status_code == 200
        assert client.post("/api/v1/undo", json={}, headers=bearer).status_code == 200
        assert client.get("/api/v1/library", headers={b"Authorization": "Bearer é".encode()}).status_code == 401


def test_the_address_gives_the_browser_a_cookie(closed: Served) -> None:
    with stranger(closed) as client:
        entered = client.get("/search", params={"q": "late", "token": TOKEN})
        assert (entered.status_code, entered.headers["location"]) == (303, "/search?q=late")
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert TOKEN not in cookie
        assert client.get("/search?q=late").status_code == 200


def test_the_way_in_leads_nowhere_else() -> None:
    for path in ("//evil.example/", "/\\evil.example/"):
        scope: dict[str, Any] = {
            "method": "GET",
            "scheme": "http",
            "path": path,
            "query_string": b"token=" + TOKEN.encode(),
            "headers": [],
        }
        answer = Access(TOKEN, b"key").entrance(scope)
        assert answer is not None
        assert answer.headers["location"] == "/evil.example/"


def test_what_needs_no_token(closed: Served) -> None:
    with stranger(closed) as client:
        assert client.get("/health").json() == {"status": "ok"}
        icon = client.get("/favicon.ico")
        assert (icon.status_code, icon.headers["content-type"], icon.content[:4]) == (200, "image/x-icon", b"\0\0\1\0")
        assert client.get("/static/style.css").status_code == 200
        assert client.get("/static/../library").status_code in (401, 404)


def test_a_feed_reader_has_a_token_of_its_own(closed: Served) -> None:
    with stranger(closed) as client:
        client.get("/", params={"token": TOKEN})
        pages = client.get("/library").text + client.get("/search?q=late").text + client.get("/api").text
    found = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[a-z]+\.(?:atom|json)\?[^"]+)"', pages)}
    assert {link.partition("?")[0] for link in found} >= {"/tagged.atom", "/search.atom", "/search.json", "/feed.atom"}
    with stranger(closed) as client:
        for link in found:
            assert client.get(link).status_code == 200, link
        token = next(iter(found)).rpartition("token=")[2]
        assert client.get("/feed.json", params={"token": token}).json()["feed_url"].endswith(token)
        for path in ("/", "/api/v1/library", "/library", "/feed.atom/../library"):
            assert client.get(path, params={"token": token}).status_code in (401, 404)
        assert client.post("/undo", params={"token": token}).status_code == 401


def test_the_key_is_the_owners_and_stays(tmp_path: Path) -> None:
    key = library_key(tmp_path)
    assert library_key(tmp_path) == key
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert Access("one", key).feed_token == Access("two", key).feed_token
    (tmp_path / KEY_FILE).write_bytes(b"cut")
    assert len(library_key(tmp_path)) == 32
    assert len(library_key(tmp_path / "nowhere")) == 32


def test_a_new_library_is_its_owners_alone(tmp_path: Path) -> None:
    import broadsheet

    with broadsheet.open(tmp_path / "new"):
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
