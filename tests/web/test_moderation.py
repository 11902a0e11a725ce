"""Reports, decisions, tags, links, the API and the notes of a reader alone, over a real server."""

from __future__ import annotations

import re

from tests.web.discussion import say, sound
from tests.web.members import Town, post
from tests.web.served import Served


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
    assert "1 paper, " in tagged
    assert "Late interaction with pruned token vectors" in tagged
    assert "No paper here." in sound(visitor.get("/tags/none"))
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
