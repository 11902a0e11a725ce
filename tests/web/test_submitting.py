"""Submitting by the pages: what is asked, what is shown, what is sent by hostile hands."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

import httpx
import pytest
from PIL import Image

from tests.web.markup import Page
from tests.web.members import Town, form_token, post
from tests.web.served import Served

BIB = b"@article{a, title={Waves in the deep}, author={Lee, Ada}, year={2026}}"


def png(colour: str = "red") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


def send(
    client: httpx.Client, path: str, fields: dict[str, str] | None = None, **files: tuple[str, bytes, str]
) -> httpx.Response:
    """Send a form with files as a page of ours would."""
    return client.post(path, data={"csrf": form_token(client, "/submit"), **(fields or {})}, files=files)


def submitted(town: Town, name: str = "rita", **fields: str) -> int:
    """Submit the paper of a small file; its number."""
    client = town.as_(name)
    answer = send(client, "/submit", file=("one.bib", BIB, "text/plain"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/submit/14")
    answer = send(client, "/submit/14", fields, picture=("../../x.png", png(), "image/png"))
    assert answer.headers["location"] == "/paper/14?done=submit&paper=14"
    return 14


def test_a_paper_is_found_shown_and_submitted(own_town: Town) -> None:
    rita = own_town.as_("rita")
    assert Page(rita.get("/submit").text).faults == []
    answer = post(rita, "/submit", paper="https://arxiv.org/abs/2512.00101v3")
    assert (answer.status_code, answer.headers["location"]) == (303, "/submit/5")
    page = rita.get("/submit/5").text
    assert Page(page).faults == []
    assert "It is of 2 December 2025; the daily takes papers of the last 14 days." in page
    number = submitted(own_town, reason="<b>Look</b> & read")
    page = rita.get(f"/paper/{number}?done=submit&paper={number}").text
    assert Page(page).faults == []
    assert "In today’s edition, submitted by you: “Waves in the deep”." in unescape(page)
    assert "&lt;b&gt;Look&lt;/b&gt; &amp; read" in page
    assert 'src="/pictures/1"' in page
    front = own_town.as_("").get("/").text
    assert "Waves in the deep" in front
    assert "&lt;b&gt;Look&lt;/b&gt;" in front
    again = own_town.as_("otto").get(f"/submit/{number}").text
    assert "It is in the edition of" in again
    assert 'action="/submit/14"' not in again
    assert 'name="vote" value="cast"' in again


def test_a_picture_is_served_by_us_and_cannot_be_more_than_a_picture(own_town: Town) -> None:
    submitted(own_town)
    answer = own_town.as_("").get("/pictures/1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    again = own_town.as_("").get("/pictures/1", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("2", "0", "-1", "../catalogue.db", "%2e%2e%2fcatalogue.db"):
        path = f"/pictures/{name}"
        assert own_town.as_("").get(path).status_code in (401, 404), path


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<svg onload='alert(1)'/>", "SVG is not taken"),
        (b"\x89PNG\r\n\x1a\nrest", "cannot be read as a picture"),
        (b"x" * (5 * 1024 * 1024 + 1), "larger than 5 MB"),
    ],
)
def test_a_bad_picture_is_refused_in_words(own_town: Town, content: bytes, reason: str) -> None:
    rita = own_town.as_("rita")
    answer = send(rita, "/submit/5", picture=("x.png", content, "image/png"))
    assert answer.status_code == 400
    assert reason in answer.text
    assert own_town.site.community.submissions.standing(own_town.site.actor, 5).submission is None


@pytest.mark.parametrize(
    "name",
    ["../../../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "a\x00b.bib", ".bib", "con.bib", "x" * 300 + ".bib"],
)
def test_the_name_of_a_file_leads_nowhere(own_town: Town, name: str) -> None:
    answer = send(own_town.as_("rita"), "/submit", file=(name, BIB, "text/plain"))
    assert answer.status_code in (303, 400)
    if answer.status_code == 303:
        (source, _), *_ = own_town.library.paper(14).source_ids
        assert "/" not in source
        assert ".." not in source


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:1/2401.00001",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/arxiv.org/abs/x",
        "https://example.org/?u=https://localhost/",
        "file:///etc/passwd",
        "dict://localhost:11211/stats",
    ],
)
def test_a_link_is_never_opened(own_town: Town, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was made")

    rita = own_town.as_("rita")
    token = form_token(rita, "/submit")
    monkeypatch.setattr(own_town.library, "add_ids", refuse)
    answer = rita.post("/submit", data={"csrf": token, "paper": text})
    assert answer.status_code == 400
    assert "this names no paper" in answer.text


def test_who_may_do_what(own_town: Town) -> None:
    number = submitted(own_town)
    visitor, otto, rita, cleo = (own_town.as_(name) for name in ("", "otto", "rita", "cleo"))
    assert visitor.get("/submit").status_code in (303, 401)
    assert post(otto, "/submissions/1/withdraw").status_code == 400
    assert post(otto, "/submissions/1/hide", reason="x").status_code == 403
    assert post(cleo, "/submissions/1/hide", reason="advertising").status_code == 303
    assert visitor.get("/pictures/1").status_code == 404
    assert cleo.get("/pictures/1").headers["cache-control"] == "private, no-store"
    assert 'id="submission"' not in visitor.get(f"/paper/{number}").text
    assert "Hidden by a curator: advertising" in rita.get(f"/paper/{number}").text
    assert "Waves in the deep" not in visitor.get("/api/daily_papers").text
    assert post(cleo, "/submissions/1/unhide", reason="a mistake").status_code == 303
    assert visitor.get("/submissions/1").headers["location"] == f"/paper/{number}#submission"
    assert post(rita, "/submissions/1/withdraw").headers["location"] == "/paper/14?done=unsubmit&paper=14"
    assert visitor.get("/pictures/1").status_code == 404
    assert "Waves in the deep" not in visitor.get("/api/daily_papers").text


def test_a_single_reader_submits_too(own: Served) -> None:
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', own.client.get("/submit").text)
    assert token
    answer = own.client.post("/submit/5", data={"csrf": token[1], "reason": "mine"})
    assert answer.headers["location"] == "/paper/5?done=note&paper=5"
    page = own.client.get("/paper/5").text
    assert Page(page).faults == []
    assert "Take my submission back" in page


def test_a_submission_is_reported_and_hidden_from_the_queue(own_town: Town) -> None:
    number = submitted(own_town, reason="buy <b>kelp</b>")
    rita, otto, cleo, visitor = (own_town.as_(name) for name in ("rita", "otto", "cleo", ""))
    assert "Report the submission" not in visitor.get(f"/paper/{number}").text
    assert "Report the submission" not in rita.get(f"/paper/{number}").text  # it is her own
    assert f'href="/papers/{number}/report#submission"' in otto.get(f"/paper/{number}").text
    form = otto.get(f"/papers/{number}/report")
    assert (Page(form.text).faults, 'action="/submissions/1/report"' in form.text) == ([], True)
    assert post(visitor, "/submissions/1/report", reason="spam").status_code == 401
    assert post(otto, "/submissions/1/report", reason="spam").headers["location"] == "/submissions/1?done=report"
    assert post(otto, "/submissions/1/report", reason="spam").headers["location"] == "/submissions/1?done=reported"
    page = cleo.get("/moderation").text
    assert Page(page).faults == []
    assert "buy &lt;b&gt;kelp&lt;/b&gt;" in page
    assert 'src="/pictures/1"' in page
    assert "Hide the submission" in page
    answer = post(cleo, "/moderation", target="submission 1", what="hide", reason="an advertisement")
    assert answer.headers["location"] == "/moderation?done=hide-report"
    assert "Nothing waits for a decision." in cleo.get("/moderation").text
    assert "kelp" not in visitor.get(f"/paper/{number}").text
    assert visitor.get("/pictures/1").status_code == 404
    log = visitor.get("/moderation/log").text
    assert '<a href="/submissions/1">submission 1</a></td><td>an advertisement</td>' in log
    assert post(otto, "/submissions/1/report", reason="again").status_code == 400
    assert "submission" not in otto.get(f"/papers/{number}/report").text.partition("<main")[2].replace(
        "#submission", ""
    )


def test_the_queue_says_of_a_submission_that_it_was_taken_back(own_town: Town) -> None:
    submitted(own_town)
    post(own_town.as_("otto"), "/submissions/1/report", reason="spam")
    post(own_town.as_("rita"), "/submissions/1/withdraw")
    page = own_town.as_("cleo").get("/moderation").text
    assert ("It is gone." in page, "Hide the submission" in page) == (True, False)
    post(own_town.as_("cleo"), "/moderation", target="submission 1", what="resolve", reason="taken back")
    assert "Nothing waits for a decision." in own_town.as_("cleo").get("/moderation").text
    assert post(own_town.as_("cleo"), "/moderation", target="paper 1", what="hide", reason="no").status_code == 400
