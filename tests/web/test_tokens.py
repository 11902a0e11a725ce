"""Every form asks for its token; none is taken twice the wrong way, from elsewhere, or from another process."""

from __future__ import annotations

import re

import httpx
import pytest

from broadsheet.web.actions import present
from tests.web.markup import Page
from tests.web.served import PAPERS, Served

FORMS: dict[str, dict[str, str]] = {
    "/papers/1/act": {"action": "save"},
    "/papers/1/vote": {"vote": "cast"},
    "/papers/1/pick": {},
    "/papers/1/comments": {"text": "x"},
    "/papers/1/tags": {"tag": "x"},
    "/papers/1/highlights": {"passage": "x"},
    "/papers/1/links": {"url": "https://example.org/", "kind": "code"},
    "/votes/name": {"shown": "yes"},
    "/submit": {"paper": "1"},
    "/submit/1": {},
    "/submissions/1/withdraw": {},
    "/searches": {"what": "save", "search": "/search?q=x"},
    "/submissions/1/report": {"reason": "x"},
    "/submissions/1/hide": {"reason": "x"},
    "/submissions/1/unhide": {"reason": "x"},
    "/admin/votes/1": {"reader": "me", "counted": "no", "reason": "x"},
    "/undo": {},
    "/theme": {"colours": "dark"},
    "/start": {"pick": "1"},
    "/import": {"text": "2601.00001"},
    "/tuning": {"recency": "1", "diversity": "1", "exploration": "1"},
    "/tuning/default": {},
    "/reset": {"sure": "yes"},
    "/sources/sync": {"name": "none"},
    "/quarantine/clear": {},
    "/papers/act": {"pick": "1", "action": "hide"},
    "/papers/delete": {"pick": "1"},
    "/collections": {"what": "create", "name": "x"},
    "/deleted/restore": {"deletion": "1"},
    "/deleted/purge": {"sure": "yes"},
    "/imports/undo": {"import": "1"},
    "/joined/undo": {"merge": "1"},
    "/joined/part": {},
}


def test_every_form_is_in_the_list(site: Served) -> None:
    page_forms = set()
    for path in ("/", "/search?q=a", "/library", "/sources", "/deleted", "/joined", "/about-feed", "/paper/1"):
        page_forms |= {
            form["action"] for form in Page(site.client.get(path).text).all("form") if form.get("method") == "post"
        }
    known = {re.sub(r"/1\b", "/{}", path) for path in FORMS}
    assert {re.sub(r"/\d+\b", "/{}", form) for form in page_forms} <= known


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_token_changes_nothing(site: Served, path: str) -> None:
    before = (site.library.state("me"), site.library.tuning("me"), site.library.collections("me"))
    fields = FORMS[path]
    token = site.token()
    stranger = httpx.post(site.url + path, data={**fields, "csrf": token}, trust_env=False)  # the cookie is missing
    foreign = site.client.post(path, data={**fields, "csrf": token}, headers={"Origin": "https://evil.example"})
    answers = [
        site.client.post(path, data=fields),
        site.client.post(path, data={**fields, "csrf": ""}),
        site.client.post(path, data={**fields, "csrf": token[:-1] + ("0" if token[-1] != "0" else "1")}),
        site.client.post(path, data={**fields, "csrf": token.upper() + " "}),
        site.client.post(path, json={**fields, "csrf": token}),
        stranger,
        foreign,
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert all(Page(answer.text).faults == [] for answer in answers)
    assert (site.library.state("me"), site.library.tuning("me"), site.library.collections("me")) == before
    assert site.library.stats().papers == len(PAPERS)


def test_the_token_of_another_process_is_not_ours(own: Served, empty: Served) -> None:
    theirs = empty.token()
    own.token()
    answer = own.client.post("/papers/1/act", data={"csrf": theirs, "action": "save"})
    assert answer.status_code == 403
    assert dict(own.library.state("me").saved) == {}


def test_one_token_serves_two_tabs(own: Served) -> None:
    one, other = own.token("/library"), own.token("/search")
    assert one == other
    for number in (1, 2):
        sent = {"csrf": one, "action": "save"}
        assert own.client.post(f"/papers/{number}/act", data=sent).status_code == 303
    assert set(own.library.state("me").saved) == {1, 2}


def test_a_form_sent_twice_says_the_same_thing_once(own: Served) -> None:
    for _ in range(2):
        answer = own.post("/papers/1/act", action="save")
        assert answer.headers["location"] == "/?done=save&paper=1#p1"
    assert set(own.library.state("me").saved) == {1}
    assert own.post("/collections", what="create", name="x").status_code == 303
    again = own.post("/collections", what="create", name="x")
    assert (again.status_code, own.library.collections("me")) == (303, {"x": ()})


def test_a_token_that_is_a_file_is_refused(own: Served) -> None:
    own.token()
    answer = own.client.post("/undo", files={"csrf": ("x", b"y")})
    assert (answer.status_code, Page(answer.text).faults) == (400, [])


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=a", "text/plain", ""])
def test_a_body_that_is_no_form_is_refused(own: Served, kind: str) -> None:
    token = own.token()
    headers = {"Content-Type": kind} if kind else {}
    answer = own.client.post("/undo", content=f"csrf={token}".encode(), headers=headers)
    assert answer.status_code in (400, 403)
    assert Page(answer.text).faults == []


def test_the_picked_papers_that_are_still_there(own: Served) -> None:
    own.library.delete(2)
    assert own.post("/start", pick=["1", "2", "9999", "1"]).headers["location"] == "/?done=start"
    assert set(own.library.state("me").saved) == {1}
    assert present(own.site, [3, 9999, 3, 1]) == [3, 1]
    exported = own.client.get("/papers/export/jsonl?pick=1&pick=9999")
    assert (exported.status_code, len(exported.text.splitlines())) == (200, 1)
    assert "None of the picked papers" in own.post("/start", pick="9999").text
    assert "Pick at most 100" in own.post("/start", pick=[str(n) for n in range(1, 102)]).text
    too_many = "&".join(f"pick={n}" for n in range(1, 1002))
    assert "Pick at most 1000" in own.client.get(f"/papers/export/ris?{too_many}").text


@pytest.mark.parametrize(
    ("after", "back"),
    [
        ("/paper/1", "/"),
        ("/paper/1?by=task", "/"),
        ("/paper/1#near", "/"),
        ("/paper/12", "/paper/12"),
        ("/search?q=/paper/1", "/search?q=/paper/1"),
    ],
)
def test_the_page_of_a_deleted_paper_is_left_and_no_other(own: Served, after: str, back: str) -> None:
    answer = own.post("/papers/delete", pick="1", next=after)
    assert answer.headers["location"].startswith(back + ("&" if "?" in back else "?") + "done=delete")


@pytest.mark.parametrize(
    ("after", "location"),
    [
        ("/paper/1?by=task#near", "/paper/1?by=task&done=nothing#near"),
        ("/library#shelves", "/library?done=nothing#shelves"),
        ("/library#", "/library?done=nothing"),
        ("/search?q=é#é", "/search?q=%C3%A9&done=nothing#%C3%A9"),
    ],
)
def test_the_place_on_a_page_stays_behind_what_the_notice_needs(own: Served, after: str, location: str) -> None:
    assert own.post("/undo", next=after).headers["location"] == location


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("refs.bib", b"", "refs.bib: is empty"),
        ("refs.zip", b"PK\x03\x04rest", "refs.zip.txt: is packed (zip); unpack it first"),
        ("../../etc/x.parquet", b"PAR1xx", "x.parquet: is not a readable Parquet file"),
        ("x.bin", b"\x00\x01\x02", "x.bin.txt: the format is not known"),
    ],
)
def test_an_upload_that_cannot_be_read_is_named_as_the_reader_knows_it(
    own: Served, name: str, body: bytes, said: str
) -> None:
    files = {"file": (name, body, "application/octet-stream")}
    answer = own.client.post("/import", data={"csrf": own.token()}, files=files)
    assert answer.status_code == 400
    assert said in answer.text
    assert "/broadsheet-" not in answer.text
    assert own.library.stats().papers == len(PAPERS)


@pytest.mark.parametrize("name", ["....", "/", "\\..\\", "\u202e/\x1b[31m.bib", "a" * 500 + ".bib", "CON", ".hidden"])
def test_the_name_of_an_upload_is_never_a_path(own: Served, name: str) -> None:
    body = b"@article{a1, title={Salt marshes and the slow tide}, author={Reed, Joan}, year={2020}}"
    files = {"file": (name, body, "text/plain")}
    answer = own.client.post("/import", data={"csrf": own.token()}, files=files)
    assert answer.status_code == 303
    assert own.library.stats().papers == len(PAPERS) + 1
    page = own.client.get("/sources").text
    assert (Page(page).faults, "\x1b" in page, "\u202e" in page) == ([], False, False)
