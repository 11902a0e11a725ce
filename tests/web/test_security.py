from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from broadsheet.web.authorisation import authorised
from broadsheet.web.security import MAX_BODY, local_path
from tests.web.markup import Page
from tests.web.served import Served, served


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost@evil", "[::2]", ""]
)
def test_other_host_names_are_refused(site: Served, host: str) -> None:
    answer = site.client.get("/", headers={"Host": host})
    assert answer.status_code in (400, 421)
    assert "Late interaction" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:9999", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_loopback_names_are_served(site: Served, host: str) -> None:
    assert site.client.get("/search", headers={"Host": host}).status_code == 200


def test_a_form_needs_its_token(own: Served) -> None:
    token = own.token()
    act = {"action": "save", "next": "/"}
    refused = [
        own.client.post("/papers/1/act", data=act),
        own.client.post("/papers/1/act", data={**act, "csrf": "0" * 64}),
        own.client.post("/papers/1/act", data={**act, "csrf": "é"}),
        httpx.post(f"{own.url}/papers/1/act", data={**act, "csrf": token}, trust_env=False),  # no cookie
    ]
    assert [answer.status_code for answer in refused] == [403] * 4
    assert "reload" in refused[0].text
    assert Page(refused[0].text).faults == []
    assert dict(own.library.state("me").saved) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_other_sites_cannot_change_anything(own: Served, headers: dict[str, str]) -> None:
    sent = {"csrf": own.token(), "action": "save"}
    assert own.client.post("/papers/1/act", data=sent, headers=headers).status_code == 403
    api = own.client.post("/api/v1/papers/1/actions", json={"action": "save"}, headers=headers)
    assert api.status_code == 403
    assert api.json()["error"]["message"].startswith("Changes are accepted")
    assert dict(own.library.state("me").saved) == {}


def test_our_own_origin_may(own: Served) -> None:
    sent = {"csrf": own.token(), "action": "save"}
    headers = {"Origin": own.url, "Sec-Fetch-Site": "same-origin"}
    assert own.client.post("/papers/1/act", data=sent, headers=headers).status_code == 303


def test_the_cookie_is_strict(own: Served) -> None:
    cookie = own.client.get("/").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "set-cookie" not in own.client.get("/").headers


def test_too_large_a_body_is_told_clearly(own: Served) -> None:
    sent = {"file": ("big.bib", b"x" * (MAX_BODY + 1), "text/plain")}
    answer = own.client.post("/import", data={"csrf": own.token()}, files=sent)
    assert answer.status_code == 413
    assert "larger than 10 MB" in answer.text
    assert Page(answer.text).faults == []


def test_a_body_that_hides_its_length_is_cut(own: Served) -> None:
    chunks = (b"csrf=" + b"x" * 65_536 for _ in range(MAX_BODY // 65_536 + 2))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        status = own.client.post("/undo", content=chunks, headers=headers).status_code
    except httpx.TransportError:
        return  # the server hung up while we were still sending
    assert status in (400, 413)


def test_an_unexpected_error_shows_no_details(stocked: Path, tmp_path: Path) -> None:
    def break_it(app: FastAPI) -> None:
        app.dependency_overrides[authorised] = lambda: None  # the table does not have these

        @app.get("/boom")
        def boom() -> None:
            raise RuntimeError("secret-detail")

        @app.get("/api/v1/boom")
        def api_boom() -> None:
            raise RuntimeError("secret-detail")

    shutil.copytree(stocked, tmp_path / "library")
    with served(tmp_path / "library", break_it) as running:
        answer = running.client.get("/boom")
        assert answer.status_code == 500
        assert "secret-detail" not in answer.text
        assert Page(answer.text).faults == []
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        again = httpx.get(f"{running.url}/api/v1/boom", trust_env=False)  # the first connection was hung up
        assert again.json()["error"]["message"].startswith("Something went wrong")


def test_static_files_cannot_be_escaped(site: Served) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"):
        assert site.client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("text", "kept"),
    [("/a?b=c", "/a?b=c"), ("//x", "/"), ("/\\x", "/"), ("x", "/"), ("", "/"), ("/a\nb", "/"), ("/" + "a" * 3000, "/")],
)
def test_local_path(text: str, kept: str) -> None:
    assert local_path(text) == kept
