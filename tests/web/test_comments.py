"""Comments, reports, tags and links over a real server: as members use them, and as others attack them."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from broadsheet.catalogue.community.comments import Author
from tests.web.markup import Page
from tests.web.members import Town, form_token, post
from tests.web.served import Served
from tests.web.test_markdown import SCRIPTS, Judge

HOSTILE = '"><script>alert(1)</script>'


def say(town: Town, name: str, text: str, paper: int = 1, **fields: str) -> int:
    """Post a comment as a member; returns its number."""
    answer = post(town.as_(name), f"/papers/{paper}/comments", text=text, **fields)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("#c")[2])


def sound(answer: httpx.Response, status: int = 200) -> str:
    """The text of a page without faults."""
    assert (answer.status_code, Page(answer.text).faults) == (status, [])
    return answer.text


def test_members_talk_about_a_paper(own_town: Town) -> None:
    rita, otto, visitor = (own_town.as_(name) for name in ("rita", "otto", ""))
    answer = post(rita, "/papers/1/comments", text="Is **Table 3** right? $O(n^2)$\n\n- it\n- is")
    assert answer.headers["location"] == "/paper/1?done=comment#c1"
    page = sound(rita.get(answer.headers["location"]))
    assert "It is posted." in page
    assert "<strong>Table 3</strong>" in page
    assert "<msup><mi>n</mi><mn>2</mn></msup>" in page
    assert "Comments (1)" in page
    second = say(own_town, "otto", "It is, @rita.", parent="1")
    page = sound(visitor.get("/paper/1"))
    assert re.findall(r'<li class="depth-(\d)" id="c(\d+)">', page) == [("0", "1"), ("1", "2")]
    assert 'in answer to <a href="#c1">rita</a>' in page
    assert '<strong class="mention">@rita</strong>' in page
    assert '<a href="/sign-in?next=%2Fpaper%2F1">Sign in</a> to comment.' in page
    assert 'name="text"' not in page
    assert '<a href="/account/mentions">1 mention</a>' in sound(rita.get("/search"))
    assert "mention</a>" not in sound(otto.get("/search"))
    mentions = sound(rita.get("/account/mentions"))
    assert "It is, " in mentions
    last = re.search(r'name="last" value="(\d+)"', mentions)
    assert last is not None
    assert int(last[1]) == second
    post(rita, "/account/mentions", last=last[1])
    assert "mention</a>" not in sound(rita.get("/search"))
    assert "I have seen them" not in sound(rita.get("/account/mentions"))
    assert "Nobody has mentioned you yet" in sound(otto.get("/account/mentions"))
    for number in (1, 2):
        sound(visitor.get(f"/comments/{number}"))
        sound(rita.get(f"/comments/{number}"))


def test_a_preview_posts_nothing_and_keeps_the_text(own_town: Town) -> None:
    rita = own_town.as_("rita")
    text = "a *b* <i>\r\n$x$ </textarea><script>alert(1)</script>"
    page = sound(post(rita, "/papers/1/comments", text=text, what="preview"))
    assert "a <em>b</em> &lt;i&gt;<br><math" in page
    shown = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert shown is not None
    assert unescape(shown[1]) == text.replace("\r\n", "\n")
    assert own_town.site.community.comments.thread(own_town.site.actor, 1) == []
    number = say(own_town, "rita", "first")
    edited = sound(post(rita, f"/comments/{number}/edit", text="*second*", what="preview"))
    assert "<em>second</em>" in edited
    assert f'action="/comments/{number}/edit"' in edited
    assert ">first<" in sound(rita.get(f"/comments/{number}"))
    answered = sound(post(own_town.as_("otto"), "/papers/1/comments", text="yes", what="preview", parent=str(number)))
    assert "In answer to" in answered
    assert f'name="parent" value="{number}"' in answered


def test_what_is_refused_comes_back_with_the_text(own_town: Town) -> None:
    rita = own_town.as_("rita")
    assert "there is no text in it" in sound(post(rita, "/papers/1/comments", text="  "), 400)
    page = sound(post(rita, "/papers/1/comments", text="word " * 2001), 400)
    assert "this has 10,005 characters; at most 10,000 are possible" in page
    assert "word word" in page
    token = form_token(rita)
    codes = [
        rita.post("/papers/1/comments", data={"csrf": token, "text": f"number {n}"}).status_code for n in range(21)
    ]
    assert codes[:18] == [303] * 18
    assert codes[-1] == 429
    last = rita.post("/papers/1/comments", data={"csrf": token, "text": "my long thoughts"})
    assert last.headers["retry-after"] == "3600"
    assert "my long thoughts" in sound(last, 429)


def test_edits_and_deletions(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    number = say(own_town, "rita", "frist")
    answer = post(rita, f"/comments/{number}/edit", text="first")
    assert answer.headers["location"] == f"/paper/1?done=edit-comment#c{number}"
    page = sound(otto.get(f"/comments/{number}"))
    assert "Version 1, until" in page
    assert "<p>frist</p>" in page
    say(own_town, "otto", "an answer", parent=str(number))
    answer = post(rita, f"/comments/{number}/delete")
    assert answer.headers["location"] == "/paper/1?done=delete-comment#comments"
    page = sound(otto.get("/paper/1"))
    assert "Deleted by its author." in page
    assert "an answer" in page
    assert "first" not in sound(otto.get(f"/comments/{number}"))


def test_nobody_changes_what_is_anothers(own_town: Town) -> None:
    number = say(own_town, "rita", "mine")
    for name, status in (("otto", 403), ("cleo", 403), ("amos", 403), ("", 401)):
        browser = own_town.as_(name)
        for path, fields in ((f"/comments/{number}/edit", {"text": "yours"}), (f"/comments/{number}/delete", {})):
            assert post(browser, path, **fields).status_code == status, (name, path)
        json = {"text": "yours"}
        assert browser.patch(f"/api/v1/comments/{number}", json=json).status_code == status
        headers = {"content-type": "application/json"}
        assert browser.delete(f"/api/v1/comments/{number}", headers=headers).status_code == status
    for name, status in (("otto", 403), ("rita", 403), ("", 401)):
        browser = own_town.as_(name)
        for path in (f"/comments/{number}/hide", f"/comments/{number}/unhide", "/moderation"):
            fields = {"reason": "because", "target": f"comment {number}", "what": "hide"}
            assert post(browser, path, **fields).status_code == status
        assert browser.post(f"/api/v1/comments/{number}/hide", json={"reason": "because"}).status_code == status
        assert browser.get("/moderation").status_code == status
        assert browser.get("/papers/1/moderate").status_code == status
    assert "<p>mine</p>" in own_town.as_("").get("/paper/1").text


def test_forms_of_other_sites_and_of_other_members_do_nothing(own_town: Town) -> None:
    number = say(own_town, "rita", "mine")
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    stolen = form_token(otto)
    paths: tuple[tuple[str, dict[str, str]], ...] = (
        ("/papers/1/comments", {"text": "forged"}),
        (f"/comments/{number}/edit", {"text": "forged"}),
        (f"/comments/{number}/delete", {}),
        (f"/comments/{number}/report", {"reason": "forged"}),
        ("/papers/1/tags", {"name": "forged"}),
        ("/papers/1/links", {"kind": "code", "url": "https://evil.example"}),
        ("/papers/1/report", {"reason": "forged"}),
        ("/account/mentions", {"last": "9"}),
    )
    for path, fields in paths:
        assert rita.post(path, data=fields).status_code == 403, path
        assert rita.post(path, data={**fields, "csrf": stolen}).status_code == 403, path
        forged = {**fields, "csrf": form_token(rita)}
        assert rita.post(path, data=forged, headers={"Origin": "https://evil.example"}).status_code == 403, path
        assert rita.get(path.replace("/papers/1/report", "/papers/1/tags")).status_code in (200, 403, 404, 405, 400)
    for form in ({"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}):
        answer = rita.post("/api/v1/papers/1/comments", content='{"text": "forged"}', headers=form)
        assert answer.status_code == 415
    page = rita.get("/paper/1").text
    assert "forged" not in page
    assert "evil" not in page
    assert "<p>mine</p>" in page


def test_the_same_form_sent_again_is_one_comment(own_town: Town) -> None:
    rita = own_town.as_("rita")
    token = form_token(rita)
    places = {
        rita.post("/papers/1/comments", data={"csrf": token, "text": "once"}).headers["location"] for _ in range(5)
    }
    assert places == {"/paper/1?done=comment#c1"}
    assert len(rita.get("/api/v1/papers/1/comments").json()) == 1


@pytest.mark.parametrize("text", SCRIPTS)
def test_no_script_gets_through_a_comment(members: Town, text: str) -> None:
    rita = members.as_("rita")
    page = sound(post(rita, "/papers/2/comments", text=text, what="preview"))
    assert "<script>alert" not in page
    preview = re.search(r'<div class="prose said panel">(.*?)</div></section>', page, re.DOTALL)
    if preview:
        assert Judge(preview[1]).faults == []


def test_names_titles_reasons_tags_and_links_are_text(own_town: Town) -> None:
    number = own_town.library.resolve("3")  # its title is a script
    rita, cleo = own_town.as_("rita"), own_town.as_("cleo")
    accounts = own_town.site.community.accounts
    accounts.change(accounts.named("rita"), shown="<b>Rita</b>", show_votes=None)
    comment = say(own_town, "rita", "@cleo look", number)
    post(rita, f"/papers/{number}/links", kind="code", url="https://example.org/x", title=HOSTILE)
    assert post(rita, f"/papers/{number}/tags", name=HOSTILE).status_code == 400
    post(own_town.as_("otto"), f"/comments/{comment}/report", reason=HOSTILE)
    post(own_town.as_("otto"), f"/papers/{number}/report", reason=HOSTILE)
    pages = (
        f"/paper/{number}", f"/paper/{number}/comments", f"/comments/{comment}", "/moderation", "/account/mentions",
        f"/papers/{number}/report", f"/papers/{number}/moderate",
    )  # fmt: skip
    for path in pages:
        page = sound(cleo.get(path))
        assert "<script>alert" not in page, path
        assert "<b>Rita" not in page
    post(cleo, f"/comments/{comment}/hide", reason=HOSTILE)
    for path in ("/moderation/log", f"/comments/{comment}", f"/paper/{number}"):
        page = sound(cleo.get(path))
        assert "<script>alert" not in page, path
        assert "&lt;script&gt;" in page


def test_mentioning_everybody_tells_few(own_town: Town) -> None:
    say(own_town, "rita", "@otto " * 500 + "@cleo @amos @rita")
    for name in ("otto", "cleo", "amos"):
        assert '<a href="/account/mentions">1 mention</a>' in own_town.as_(name).get("/search").text
    assert "/account/mentions" not in own_town.as_("rita").get("/search").text


def test_huge_input_is_refused(own_town: Town) -> None:
    rita = own_town.as_("rita")
    token = form_token(rita)
    assert rita.post("/papers/1/comments", data={"csrf": token, "text": "x" * 11_000_000}).status_code == 413
    big = rita.post("/papers/1/comments", data={"csrf": token, "text": "[" * 900_000})
    assert big.status_code == 400
    assert rita.post("/api/v1/papers/1/comments", json={"text": "x" * 10_001}).status_code == 400
    for path, fields in (
        ("/papers/1/tags", {"name": "x" * 100_000}),
        ("/papers/1/links", {"kind": "code", "url": "https://e.org/" + "x" * 100_000}),
        ("/papers/1/report", {"reason": "x" * 100_000}),
    ):
        assert rita.post(path, data={"csrf": token, **fields}).status_code == 400, path
    for path in (
        "/comments/99999999999999999999",
        "/comments/0",
        "/comments/99",
        "/paper/1/comments?from=9999999999999",
    ):
        assert rita.get(path).status_code in (200, 400, 404), path


def test_a_long_thread_has_pages(own_town: Town) -> None:
    comments = own_town.site.community.comments
    table = own_town.library.catalogue.community.comments
    author = Author(own_town.number("rita"))
    for n in range(1, 71):
        table.add(author, 1, f"number {n} " + "$x^2$ " * 100)
    visitor = own_town.as_("")
    first = visitor.get("/paper/1")
    assert len(first.content) < 150_000
    assert "Comments (70)" in first.text
    seen = re.findall(r'<li class="depth-\d" id="c(\d+)">', sound(first))
    following = re.search(r'href="(/paper/1/comments\?from=\d+)"', first.text)
    while following:
        page = visitor.get(following[1])
        assert len(page.content) < 150_000
        seen += re.findall(r'<li class="depth-\d" id="c(\d+)">', sound(page))
        following = re.search(r'rel="next" href="(/paper/1/comments\?from=\d+)"', page.text)
    assert seen == [str(n) for n in range(1, 71)]
    assert comments.counts(own_town.site.actor, [1]) == {1: 70}
    late = post(own_town.as_("otto"), "/papers/1/comments", text="the last")
    assert late.headers["location"] == "/comments/71?done=comment#c71"
    sound(visitor.get("/comments/71"))


def test_curators_decide_about_reports_and_everybody_reads_it(own_town: Town) -> None:
    rita, otto, cleo, visitor = (own_town.as_(name) for name in ("rita", "otto", "cleo", ""))
    number = say(own_town, "rita", "buy kelp")
    assert post(otto, f"/comments/{number}/report", reason="spam").headers["location"].endswith("done=report")
    assert post(otto, f"/comments/{number}/report", reason="spam").headers["location"].endswith("done=reported")
    post(rita, "/papers/2/report", reason="not a paper")
    page = sound(cleo.get("/moderation"))
    assert "buy kelp" in page
    assert "Token pruning for dense retrieval" in page
    assert "<small>otto, " in page
    assert post(cleo, "/moderation", target=f"comment {number}", what="hide").status_code == 400
    answer = post(cleo, "/moderation", target=f"comment {number}", what="hide", reason="an advertisement")
    assert answer.headers["location"] == "/moderation?done=hide-report"
    post(cleo, "/moderation", target="paper 2", what="dismiss", reason="it is one")
    assert "Nothing waits for a decision." in sound(cleo.get("/moderation"))
    log = sound(visitor.get("/moderation/log"))
    rows = re.findall(r"<td>cleo</td><td>(.*?)</td><td><a href=\"(.*?)\">.*?</td><td>(.*?)</td>", log)
    assert rows == [
        ("dismiss report", "/paper/2", "it is one"),
        ("hide", f"/comments/{number}", "an advertisement"),
    ]
    assert "otto" not in log
    for browser, is_readable in ((visitor, False), (otto, False), (rita, True), (cleo, True)):
        page = sound(browser.get("/paper/1"))
        assert "Hidden by a curator: an advertisement" in page
        assert ("buy kelp" in page) is is_readable
        assert ("buy kelp" in sound(browser.get(f"/comments/{number}"))) is is_readable
        assert ("buy kelp" in browser.get("/api/v1/papers/1/comments").text) is is_readable
    assert post(otto, "/papers/1/comments", text="to the hidden", parent=str(number)).status_code == 400
    post(cleo, f"/comments/{number}/unhide", reason="a joke")
    assert "buy kelp" in visitor.get("/paper/1").text
    audit = sound(own_town.as_("amos").get("/admin/audit"))
    assert "an advertisement" in audit
    assert "a joke" in audit


def test_tags_and_links_of_members(own_town: Town) -> None:
    rita, otto, cleo, visitor = (own_town.as_(name) for name in ("rita", "otto", "cleo", ""))
    answer = post(rita, "/papers/1/tags", name=" Late  Interaction", next="/paper/1")
    assert answer.headers["location"] == "/paper/1?done=tag-paper#community-tags"
    post(rita, "/papers/1/links", kind="code", url="https://Example.org/code", next="/paper/1")
    post(rita, "/papers/1/links", kind="video", url="https://example.org/talk", title="The talk")
    assert post(rita, "/papers/1/links", kind="code", url="javascript:alert(1)").status_code == 400
    page = sound(visitor.get("/paper/1"))
    assert '<a href="/tags/late%20interaction">late interaction</a>' in page
    link = '<a href="https://example.org/{}" rel="nofollow ugc noopener noreferrer external">{}</a>'
    assert "Code: " + link.format("code", "example.org") in page
    assert "Video: " + link.format("talk", "The talk") in page
    assert "Add a link" not in page
    assert '<a href="/tags/late%20interaction">late interaction</a>' in sound(visitor.get("/tags"))
    tagged = sound(visitor.get("/tags/Late%20interaction"))
    assert "1 paper with this tag" in tagged
    assert "Late interaction with pruned token vectors" in tagged
    assert "Nothing here." in sound(visitor.get("/tags/none"))
    assert "Take off the tag" not in sound(otto.get("/paper/1"))
    assert post(otto, "/papers/1/tags", name="late interaction", what="remove").status_code == 400
    assert post(otto, "/papers/1/links", link="1", what="remove").status_code == 400
    sound(cleo.get("/papers/1/moderate"))
    assert post(cleo, "/papers/1/tags", name="late interaction", what="remove").status_code == 400
    post(cleo, "/papers/1/tags", name="late interaction", what="remove", reason="too narrow")
    assert "Take off The talk" in sound(rita.get("/paper/1"))
    post(rita, "/papers/1/links", link="2", what="remove")
    page = sound(visitor.get("/paper/1"))
    assert '"/tags/late%20interaction"' not in page
    assert "The talk" not in page
    assert "late interaction: too narrow" in sound(visitor.get("/moderation/log"))


def test_the_api(own_town: Town) -> None:
    rita, otto, cleo, visitor = (own_town.as_(name) for name in ("rita", "otto", "cleo", ""))
    answer = rita.post("/api/v1/papers/2601.00001/comments", json={"text": "*first*"})
    first = answer.json()
    assert (answer.status_code, first["id"], first["author"], first["state"]) == (200, 1, "rita", "stands")
    assert (first["text"], first["html"]) == ("*first*", "<p><em>first</em></p>")
    otto.post("/api/v1/papers/1/comments", json={"text": "second", "parent": 1})
    listed = visitor.get("/api/v1/papers/1/comments").json()
    assert [(one["id"], one["parent"], one["depth"]) for one in listed] == [(1, None, 0), (2, 1, 1)]
    assert visitor.get("/api/v1/papers/1/comments?offset=1&limit=1").json() == listed[1:]
    assert visitor.post("/api/v1/papers/1/comments", json={"text": "x"}).status_code == 401
    assert visitor.get("/api/v1/papers/99/comments").status_code == 404
    assert rita.post("/api/v1/papers/1/comments", json={"text": "x", "parent": 77}).status_code == 400
    assert rita.patch("/api/v1/comments/1", json={"text": "**first**"}).json()["text"] == "**first**"
    assert [one["text"] for one in visitor.get("/api/v1/comments/1/versions").json()] == ["*first*"]
    assert rita.post("/api/v1/comments/2/report", json={"reason": "rude"}).json() == {"done": True}
    assert [one["target"] for one in cleo.get("/api/v1/moderation").json()] == ["comment 2"]
    assert cleo.post("/api/v1/comments/2/hide", json={"reason": "rude"}).json()["state"] == "hidden"
    hidden = visitor.get("/api/v1/comments/2").json()
    assert (hidden["text"], hidden["html"], hidden["hidden_reason"]) == ("", "", "rude")
    assert visitor.get("/api/v1/comments/2/versions").status_code == 400
    assert cleo.get("/api/v1/moderation").json() == []
    assert cleo.post("/api/v1/comments/2/unhide", json={"reason": "kind"}).json()["state"] == "stands"
    rita.post("/api/v1/comments/2/report", json={"reason": "rude again"})
    decision = {"target": "comment 2", "decision": "dismiss", "reason": "no"}
    assert cleo.post("/api/v1/moderation", json=decision).json() == {"done": True}
    acts = [one["act"] for one in visitor.get("/api/v1/moderation/log").json()]
    assert acts == ["dismiss report", "unhide", "hide"]
    json = {"content-type": "application/json"}
    assert rita.delete("/api/v1/comments/1", headers=json).json() == {"done": True}
    assert visitor.get("/api/v1/comments/1").json()["state"] == "deleted"
    assert rita.post("/api/v1/papers/1/tags", json={"name": "Kelp"}).json()[0]["name"] == "kelp"
    assert visitor.get("/api/v1/tags").json() == {"kelp": 1}
    assert rita.delete("/api/v1/papers/1/tags?name=KELP", headers=json).json() == []
    (link,) = rita.post("/api/v1/papers/1/links", json={"kind": "code", "url": "https://example.org"}).json()
    assert (link["kind"], link["url"], link["by"]) == ("code", "https://example.org", "rita")
    assert rita.post("/api/v1/papers/1/links", json={"kind": "virus", "url": "https://example.org"}).status_code == 400
    assert visitor.get("/api/v1/papers/1/links").json() == [link]
    assert rita.delete(f"/api/v1/papers/1/links?link={link['id']}", headers=json).json() == []


def test_programs_take_the_comments_with_the_paper(own_town: Town) -> None:
    say(own_town, "rita", "*first*")
    say(own_town, "otto", "buy kelp")
    post(own_town.as_("cleo"), "/comments/2/hide", reason="spam")
    visitor = own_town.as_("cleo")  # who may read more than everybody
    paper = visitor.get("/api/papers/2601.00001").json()
    assert paper["numComments"] == len(paper["comments"]) == 1
    (comment,) = paper["comments"]
    assert (comment["author"]["user"], comment["createdAt"]) == ("rita", "2026-07-01T12:00:00.000Z")
    assert comment["data"]["latest"]["raw"] == "*first*"
    assert comment["data"]["latest"]["html"] == "<p><em>first</em></p>"
    text = visitor.get("/paper/1", headers={"accept": "text/markdown"}).text
    assert text.endswith("## Comments\n\n### rita, 2026-07-01 12:00 UTC\n\n> *first*\n")
    assert "kelp" not in text


def test_a_reader_alone_keeps_notes(own: Served) -> None:
    answer = own.post("/papers/1/comments", text="read **section 3**")
    assert answer.headers["location"] == "/paper/1?done=comment#c1"
    page = sound(own.client.get("/paper/1"))
    assert "Your notes (1)" in page
    assert "<strong>section 3</strong>" in page
    assert "moderation" not in page
    assert "Report" not in page
    assert "Report" not in sound(own.client.get("/comments/1"))
    own.post("/comments/1/edit", text="read section 4")
    assert own.client.get("/api/papers/2601.00001").json()["comments"] == []
    assert "section" not in own.client.get("/paper/1", headers={"accept": "text/markdown"}).text
    assert "read section 4" in sound(own.client.get("/paper/1/comments"))
    assert own.post("/comments/1/hide", reason="why").status_code == 400
    assert own.client.get("/papers/1/report").status_code == 404
    assert own.post("/papers/1/report", reason="x").status_code == 400
    own.post("/papers/1/links", kind="code", url="https://example.org/mine")
    assert "example.org</a>" in sound(own.client.get("/paper/1"))
    own.post("/comments/1/delete")
    assert "Your notes</h2>" in sound(own.client.get("/paper/1"))
    for path in ("/tags", "/moderation", "/moderation/log", "/account/mentions"):
        sound(own.client.get(path))
