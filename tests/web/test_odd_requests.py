"""Requests that no page of ours sends: wrong numbers, wrong methods, wrong types, headers that are no headers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from broadsheet.web.visits import is_own_request
from tests.web.markup import Page
from tests.web.served import PAPERS, Served

BIG = "9" * 30
JUST_TOO_BIG = str(2**63)
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("number", [BIG, JUST_TOO_BIG, "0", "9999"])
@pytest.mark.parametrize(
    ("path", "field"),
    [("/deleted/restore", "deletion"), ("/imports/undo", "import"), ("/joined/undo", "merge")],
)
def test_forms_with_a_number_of_nothing_are_told(own: Served, path: str, field: str, number: str) -> None:
    answer = own.post(path, **{field: number})
    assert answer.status_code == 400
    assert Page(answer.text).faults == []
    said = "more than 18 digits" if len(number) > 18 else f"has the number {number}"
    assert said in answer.text


@pytest.mark.parametrize("number", [BIG, JUST_TOO_BIG, "0", "9999"])
@pytest.mark.parametrize("path", ["deletions/{}/restore", "imports/{}/undo", "merges/{}/undo"])
def test_the_api_tells_of_a_number_of_nothing(own: Served, path: str, number: str) -> None:
    answer = own.client.post("/api/v1/" + path.format(number), json={})
    assert answer.status_code == 400
    said = "more than 18 digits" if len(number) > 18 else f"has the number {number}"
    assert said in answer.json()["error"]["message"]


@pytest.mark.parametrize("number", [BIG, JUST_TOO_BIG, "-1", "0", "9999"])
def test_a_paper_that_cannot_be_is_not_found(own: Served, number: str) -> None:
    for path in (f"/paper/{number}", f"/api/v1/papers/{number}", f"/similar?like={number}"):
        assert own.client.get(path).status_code == 404, path
    assert own.post("/collections", what="add", name="x", paper=number).status_code == 404
    for path in ("/start", "/papers/act", "/papers/delete"):
        assert own.post(path, pick=number, action="save").status_code == 400, path
    assert own.client.get("/papers/export/bibtex", params={"pick": number}).status_code == 400
    assert own.post("/quarantine/clear", record=number).status_code == 303
    body = {"name": "x", "papers": [int(number)]}
    assert own.client.post("/api/v1/collections", json=body).status_code == 404
    assert own.library.stats().papers == len(PAPERS)
    assert own.library.collections("me") == {}


def test_a_position_that_cannot_be_is_no_position(own: Served) -> None:
    for position, status in ((BIG, 400), ("-1", 204), ("x", 204), ("²", 204), ("", 204), ("3", 204)):
        assert own.post("/papers/1/act", action="open", position=position).status_code == status, position
    for number in (0, -1, 2**63, 10**30):
        answer = own.client.post("/api/v1/papers/1/actions", json={"action": "save", "position": number})
        assert answer.status_code == 400, number
    assert dict(own.library.state("me").saved) == {}


METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/", "GET"), ("/search", "GET"), ("/undo", "POST"), ("/feed.atom", "GET"), ("/static/style.css", "GET, HEAD")],
)
def test_another_method_is_refused_and_the_right_one_named(site: Served, method: str, path: str, allowed: str) -> None:
    answer = site.client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert Page(answer.text).faults == []
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/papers/1/act", "/undo", "/theme", "/start", "/import", "/tuning", "/reset"])
def test_what_changes_something_is_no_page(site: Served, path: str) -> None:
    assert site.client.get(path).status_code == 405
    assert site.client.head(path).status_code == 405


@pytest.mark.parametrize(
    "body",
    ["[" * 100_000, '{"recency": ' + "9" * 5000 + "}", "\x00", '"', '{"recency": 1e999}', '{"recency": NaN}', ""],
)
def test_a_body_that_is_no_json_of_ours_is_told(own: Served, body: str) -> None:
    before = own.library.tuning("me")
    answer = own.client.post("/api/v1/tuning", content=body, headers=JSON)
    assert answer.status_code == 400
    assert list(answer.json()["error"]) == ["message"]
    assert own.library.tuning("me") == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/papers/1/actions", {"action": "tag", "value": "\ud800"}),
        ("/collections", {"name": "\ud800"}),
        ("/collections/x", {"paper": "\ud800"}),
        ("/import", {"text": "10.5555/\ud800"}),
    ],
)
def test_half_a_character_is_refused(own: Served, path: str, body: dict[str, str]) -> None:
    content = str(body).replace("'", '"').encode("ascii", "backslashreplace")
    answer = own.client.post("/api/v1" + path, content=content, headers=JSON)
    assert answer.status_code == 400
    assert "unicode" in answer.json()["error"]["message"]


@pytest.mark.parametrize("text", ["%ED%A0%80", "%FF", "%00", "%0B", "%E2%80%AE", "a" * 9000])
def test_any_text_is_a_query(site: Served, text: str) -> None:
    page = site.client.get(f"/search?q={text}")
    assert (page.status_code, Page(page.text).faults) == (200, [])
    assert site.client.get(f"/api/v1/search?q={text}").status_code == 200
    if len(text) < 2000:
        assert site.client.get(f"/search.atom?q={text}").status_code == 200


def test_too_long_a_query_is_told_not_tried(site: Served) -> None:
    for path in ("/search", "/api/v1/search", "/search.atom", "/search.json"):
        assert site.client.get(path, params={"q": "a" * 10_001}).status_code == 400, path
    assert site.client.get("/similar", params={"like": "1," * 2000}).status_code == 400
    assert site.client.get("/library", params={"page": "51"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/library/", 307),
        ("/search/", 307),
        ("/paper/", 404),
        ("/paper/1/", 404),
        ("/static/", 404),
        ("/%00", 404),
        ("/day/%FF", 404),
        ("/day/2026-13-01", 404),
        ("/day/0001-01-01", 200),
        ("/day/9999-12-31", 200),
        ("/tags//feed.atom", 400),
        ("/tagged.atom", 400),
        ("/tagged.atom?tag=none", 400),
        ("/search.xlsx?q=x", 400),
        ("/feed.", 404),
        ("/library?tag=", 400),
        ("/library?collection=", 400),
        ("/collections/delete", 400),
        ("/collections/delete?name=none", 400),
        ("/papers/delete", 400),
        ("/papers/export/bibtex", 400),
        ("/papers/export/doc?pick=1", 400),
        ("/library/export/doc", 400),
        ("/library/export/bibtex?shelf=none", 400),
        ("/search?mode=best", 400),
        ("/paper/1?by=" + "x" * 21, 400),
    ],
)
def test_addresses_near_ours(site: Served, path: str, status: int) -> None:
    answer = site.client.get(path)
    assert answer.status_code == status
    if status == 307:
        assert answer.headers["location"] == site.url + path.rstrip("/")
    else:
        assert Page(answer.text).faults == []


@pytest.mark.parametrize("header", ["Referer", "Origin"])
@pytest.mark.parametrize("value", ["http://[::1", "http://[bad", "//[", "null", "x", "http://", "data:,x", "http://:x"])
@pytest.mark.parametrize("path", ["/", "/api/v1/feed"])
def test_a_page_that_is_no_address_is_another_site(own: Served, header: str, value: str, path: str) -> None:
    own.library.act("me", "2512.00101", "save")
    assert own.client.get(path, headers={header: value}).status_code == 200
    assert own.library.state("me").seen == {}


@pytest.mark.parametrize("value", ["http://[::1", "http://[bad", "null", "https://127.0.0.1.evil.example", "file://"])
def test_changes_from_a_page_that_is_no_address_are_refused(own: Served, value: str) -> None:
    sent = {"csrf": own.token(), "action": "save"}
    assert own.client.post("/papers/1/act", data=sent, headers={"Origin": value}).status_code == 403
    assert dict(own.library.state("me").saved) == {}


class _Asked:
    """As much of a request as `is_own_request` looks at."""

    def __init__(self, method: str = "GET", asked: str = "", **headers: str) -> None:
        self.method = method
        self.headers = {"host": "127.0.0.1:8000", **{k.replace("_", "-"): v for k, v in headers.items()}}
        self.scope = {"asked_method": asked} if asked else {}


@pytest.mark.parametrize(
    ("request_", "own"),
    [
        (_Asked(), True),
        (_Asked("POST"), False),
        (_Asked(asked="HEAD"), False),
        (_Asked(sec_purpose="prefetch;prerender"), False),
        (_Asked(purpose="preview"), False),
        (_Asked(x_moz="prefetch"), False),
        (_Asked(sec_fetch_site="same-origin"), True),
        (_Asked(sec_fetch_site="same-site"), False),
        (_Asked(sec_fetch_site="cross-site"), False),
        (_Asked(sec_fetch_dest="image"), False),
        (_Asked(sec_fetch_dest="empty"), True),
        (_Asked(referer="http://127.0.0.1:8000/search?q=a"), True),
        (_Asked(referer="HTTP://127.0.0.1:8000/"), True),
        (_Asked(referer="http://127.0.0.1:8001/"), False),
        (_Asked(referer="http://[::1"), False),
        (_Asked(origin="http://127.0.0.1:8000", referer="http://elsewhere.example/"), True),
    ],
)
def test_who_is_the_reader(request_: Any, own: bool) -> None:
    assert is_own_request(request_) is own


@pytest.mark.parametrize("seen", ["99999999999.99999999999", "1.2.3", "x.y", "", "-1.-1", "1e9.1e9", "٣.٣"])
def test_a_cookie_of_the_last_visit_may_hold_anything(own: Served, seen: str) -> None:
    port = own.client.base_url.port
    headers = {b"Cookie": f"broadsheet_{port}_seen={seen}".encode()}
    answer = own.client.get("/", headers=headers)
    assert (answer.status_code, Page(answer.text).faults) == (200, [])


def test_names_with_control_characters_show_as_text(own: Served) -> None:
    name = 'a\x1b\n\u202e<b>"'
    answer = own.post("/collections", what="create", name=name)
    page = own.client.get(answer.headers["location"])
    assert Page(page.text).faults == []
    assert "<b>" not in page.text
    assert list(own.library.collections("me")) == [name]
    exported = own.client.get(f"/library/export/bibtex?collection={quote(name)}")
    assert exported.headers["content-disposition"] == 'attachment; filename="broadsheet-a----b.bib"'
