"""Comments over a real server: as members use them, and as others attack them."""

from __future__ import annotations

import re
from html import unescape

import pytest

from broadsheet.catalogue.community.comments import Author
from tests.web.discussion import HOSTILE, say, sound
from tests.web.markdown_judge import SCRIPTS, Judge
from tests.web.members import Town, form_token, post


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
