"""Requests that are made to harm: in their lines, their headers, their bodies and their addresses."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.web.members import PASSWORD, Town, form_token, post
from tests.web.served import Served

SECONDS = 30  # that an answer is waited for
EVIL = "evil.example"


def raw(url: str, head: str, body: bytes = b"") -> bytes:
    """What the server says to bytes as they are, until it closes; `{host}` stands for its own."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
        lines = head.format(host=f"{host}:{port}").replace("\n", "\r\n")
        answer = bytearray()
        try:
            connection.sendall(lines.encode("latin-1") + b"\r\n\r\n" + body)
            while part := connection.recv(65_536):
                answer += part
        except ConnectionError:
            pass  # it hung up while we were sending
        return bytes(answer)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


# --- the request ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["X: " + "a" * 200_000, "\n".join(f"X{n}: a" for n in range(20_000)), "Cookie: " + "a=b; " * 40_000],
    ids=("one long", "many", "cookies"),
)
def test_oversize_headers_are_refused(members: Town, header: str) -> None:
    answer = raw(members.url, f"GET /health HTTP/1.1\nHost: {{host}}\n{header}")
    assert not answer or status(answer) == 400
    assert members.as_("").get("/health").status_code == 200


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 4\nContent-Length: 40",
        "Content-Length: 4\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\nContent-Length: 4",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Content-Length: -1",
        "Content-Length: +5",
        "Content-Length: 4\n Transfer-Encoding: chunked",
    ],
)
def test_no_request_is_smuggled_in_anothers_body(members: Town, framing: str) -> None:
    inner = b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: " + members.url.removeprefix("http://").encode() + b"\r\n\r\n"
    answer = raw(members.url, f"POST /sign-out HTTP/1.1\nHost: {{host}}\n{framing}", inner)
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"status":"ok"' not in answer


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("GET /sign-in HTTP/1.1\nHost: {host}\nHost: evil.example", (400,)),
        ("GET http://evil.example/sign-in HTTP/1.1\nHost: {host}", (404,)),
        ("GET http://{host}@evil.example/ HTTP/1.1\nHost: {host}", (404,)),
        ("GET /sign-in HTTP/1.1\nHost: {host}\nX: a\x00b", (400,)),
        ("GET /a b HTTP/1.1\nHost: {host}", (400,)),
        ("TRACE / HTTP/1.1\nHost: {host}", (405,)),
        ("CONNECT evil.example:443 HTTP/1.1\nHost: {host}", (400, 404, 405)),
    ],
)
def test_odd_request_lines_lead_nowhere(members: Town, head: str, expected: tuple[int, ...]) -> None:
    answer = raw(members.url, f"{head}\nConnection: close")
    assert status(answer) in expected
    assert b"location: " not in answer.lower().replace(b"content-location", b"")


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_not_overridden(own_town: Town, header: str) -> None:
    amos = own_town.as_("amos")
    for method in ("DELETE", "PUT", "POST"):
        amos.get("/api/v1/papers/1", headers={header: method})
        amos.get(f"/api/v1/papers/1/votes?_method={method}&method={method}", headers={header: method})
    sent = {"csrf": form_token(amos, "/search"), "_method": "DELETE", "action": "save"}
    assert amos.post("/papers/1/act", data=sent, headers={header: "DELETE"}).status_code == 303
    assert own_town.library.paper(1).paper.title
    assert amos.get("/api/v1/papers/1/votes").json()["votes"] == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_json_of_a_form_of_another_site_is_refused(own_town: Town, kind: str) -> None:
    """A form can send JSON as text/plain with the member's cookie; no browser asks us before."""
    rita = own_town.as_("rita")
    headers = {"Content-Type": kind} if kind else {}
    for path in ("/api/v1/papers/1/actions", "/api/v1/papers/1/comments", "/api/v1/import"):
        body = json.dumps({"action": "save", "text": "2401.00001"}).encode()
        assert rita.post(path, content=body, headers=headers).status_code == 415, path
    assert rita.get("/api/v1/library").json()["saved"] == {}


# --- the body -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 5_000_000,
        b'{"action":' + b"1" * 100_000 + b"}",
        b'{"action":"save","position":1e999}',
        b'{"a":"\\ud800"}',
    ],
    ids=("deep", "long number", "infinite", "half a character"),
)
def test_a_bomb_of_json_is_refused(members: Town, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert members.as_("rita").post("/api/v1/papers/1/actions", content=body, headers=headers).status_code == 400


def test_a_form_of_very_many_fields_or_files_is_refused(members: Town) -> None:
    rita = members.as_("rita")
    token = form_token(rita, "/search")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (
        rita.post("/papers/act", content=f"csrf={token}".encode() + b"&a" * 2_000_000, headers=form).status_code == 400
    )
    files = [(f"f{n}", ("a.txt", b"x")) for n in range(2000)]
    assert rita.post("/papers/act", data={"csrf": token}, files=files).status_code == 400


def bomb(folder: Path) -> bytes:
    """A few kilobytes of Parquet: a text of a megabyte, which every row refers to."""
    abstract = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array(["word " * 200_000]))
    table = pa.table({"title": pa.array([f"Title {n}" for n in range(1000)]), "abstract": abstract})
    pq.write_table(table, folder / "bomb.parquet", compression="zstd")
    content = (folder / "bomb.parquet").read_bytes()
    assert len(content) < 50_000
    return content


@pytest.mark.parametrize("name", ["bomb.parquet", "bomb.txt", "bomb.bib"])
def test_no_member_sends_what_unpacks_to_gigabytes(own_town: Town, tmp_path: Path, name: str) -> None:
    rita, content = own_town.as_("rita"), bomb(tmp_path)
    token, before = form_token(rita, "/search"), own_town.library.stats().papers
    for path in ("/import", "/submit"):
        for packed in (content, b"PAR2" + content[4:], content[:-4] + b"PAR2"):
            answer = rita.post(path, data={"csrf": token}, files={"file": (name, packed)})
            assert answer.status_code == 400, path
            assert packed[:4] + packed[-4:] == b"PAR2PAR2" or "Parquet is not taken" in answer.text
    text = {"text": "PAR1" + "x" * 100 + "PAR1"}
    assert rita.post("/api/v1/import", json=text).status_code == 400
    assert own_town.library.stats().papers == before


def test_an_upload_that_is_packed_is_not_unpacked(own_town: Town) -> None:
    rita = own_town.as_("rita")
    token = form_token(rita, "/search")
    for magic in (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"):
        sent = {"file": ("papers.bib", magic + bytes(1000))}
        answer = rita.post("/submit", data={"csrf": token}, files=sent)
        assert answer.status_code == 400
        assert "is packed" in answer.text


def test_a_member_imports_so_often_a_day(own_town: Town) -> None:
    rita = own_town.as_("rita")
    entry = "@article{a, title={Sand and water}, year={2020}}"
    sent = [rita.post("/api/v1/import", json={"text": entry}).status_code for _ in range(51)]
    assert sent == [200] * 50 + [429]
    assert own_town.as_("otto").post("/api/v1/import", json={"text": entry}).status_code == 200


# --- the address ----------------------------------------------------------------------------------------------------

AWAY = (
    "//evil.example", "//evil.example/", "///evil.example/..", "/\\evil.example/", "/%5cevil.example/",
    "/%2f%2fevil.example/", "/.//evil.example/", "/search//evil.example/", "/papers//evil.example/",
    "/paper/https://evil.example/", "/papers/https://evil.example", "/static//evil.example/..",
    "/papers/date//evil.example",
    "/%09//evil.example/", "/sign-in/with//evil.example/back", "/@evil.example/", "/tags//evil.example/",
)  # fmt: skip


@pytest.mark.parametrize("path", AWAY)
@pytest.mark.parametrize("name", ["", "rita"])
def test_no_address_leads_away(members: Town, path: str, name: str) -> None:
    cookies = "; ".join(f"{key}={value}" for key, value in members.as_(name).cookies.items())
    answer = raw(members.url, f"GET {path} HTTP/1.1\nHost: {{host}}\nConnection: close\nCookie: {cookies}")
    assert status(answer) < 500
    place = re.search(rb"(?im)^location: *(.*?)\r$", answer)
    if place:
        assert place[1].startswith((members.url.encode() + b"/", b"/")), place[1]
        assert not place[1].startswith((b"//", b"/\\")), place[1]


@pytest.mark.parametrize(
    "after", ["//evil.example", "https://evil.example", "/\\evil.example", "\t//evil.example", "///x"]
)
def test_no_form_leads_away(own_town: Town, after: str) -> None:
    browser = own_town.browser()
    answer = post(browser, "/sign-in", name="rita", password=PASSWORD, next=after)
    assert answer.headers["location"] == "/"
    for path, fields in (
        ("/papers/1/act", {"action": "save"}),
        ("/papers/1/vote", {"vote": "cast"}),
        ("/theme", {"theme": "dark"}),
        ("/undo", {}),
    ):
        answer = post(browser, path, **fields, next=after)
        assert answer.status_code == 303, path
        assert EVIL not in answer.headers["location"], path
        assert re.match(r"/($|[^/\\])", answer.headers["location"]), path


@pytest.mark.parametrize(
    "path",
    [
        "/static/%2e%2e/%2e%2e/app.py", "/static/..%5c..%5capp.py", "/pictures/..%2f..%2fcatalogue.db",
        "/papers/export/..%2f..%2fserver.key", "/paper/1/export/..%2f..%2fserver.key", "/tags/..%2f..%2fserver.key",
        "/papers/date/..%2f..%2fserver.key", "/sign-up/..%2f..%2fserver.key", "/papers/..%2f..%2fserver.key.md",
        "/api/papers/..%2f..%2fserver.key", "/api/v1/papers/..%2f..%2fserver.key", "/search...%2fserver.key",
        "/static/%00", "/pictures/1%00.webp", "/papers/feed.%2e%2e", "/day/..%2fserver.key",
    ],
)  # fmt: skip
def test_no_path_leads_out(members: Town, path: str) -> None:
    key = members.library.key
    for name in ("", "amos"):
        cookies = "; ".join(f"{one}={value}" for one, value in members.as_(name).cookies.items())
        answer = raw(members.url, f"GET {path} HTTP/1.1\nHost: {{host}}\nConnection: close\nCookie: {cookies}")
        assert status(answer) in (307, 400, 401, 403, 404)
        assert key not in answer
        assert b"SQLite format" not in answer


@pytest.mark.parametrize("path", ["/search?q=x%0d%0aSet-Cookie:%20a=b", "/%0d%0aSet-Cookie:a=b", "/paper/x%0d%0aX:1/"])
def test_no_line_of_a_header_comes_from_an_address(members: Town, path: str) -> None:
    answer = raw(members.url, f"GET {path} HTTP/1.1\nHost: {{host}}\nConnection: close")
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    assert not re.search(r"(?im)^(set-cookie: a=b|x: ?1)", head)


def test_many_ranges_are_no_work(site: Served) -> None:
    ranges = "bytes=" + ",".join(f"{n}-{n}" for n in range(8000))
    answer = site.client.get("/static/style.css", headers={"Range": ranges})
    assert answer.status_code in (200, 400, 416)


def test_no_page_is_compressed(members: Town) -> None:
    """A page has a secret and what its address says: its compressed size would tell of the secret."""
    for path in ("/search?q=csrf", "/account", "/sign-in", "/papers"):
        answer = members.as_("rita").get(path, headers={"Accept-Encoding": "gzip, br, zstd, deflate"})
        assert "content-encoding" not in answer.headers, path
