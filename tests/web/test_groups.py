"""Groups as their members use them, and that nobody else learns anything of them by any route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.discussion import HOSTILE, sound
from tests.web.members import PASSWORD, Town, post, town
from tests.web.served import Served

SECRET = "zebrawords"  # said in the group alone


@pytest.fixture(scope="module")
def place(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A group of rita, its owner, and otto, with something of everything; cleo and amos are strangers to it."""
    with town(stocked, tmp_path_factory.mktemp("groups") / "library") as running:
        rita, otto = running.as_("rita"), running.as_("otto")
        post(rita, "/groups", name=f"Tuesday {SECRET}", about=f"We read **{SECRET}**. {HOSTILE}")
        post(rita, "/groups/1", what="invite", name="otto")
        post(otto, "/groups", what="accept", group="1")
        post(otto, "/groups/1", what="show")
        post(otto, "/papers/2/act", action="save")
        post(rita, "/papers/3/act", action="save")
        post(rita, "/groups/1", what="nominate", paper="1", why=f"for its {SECRET}")
        post(otto, "/papers/1/comments", text=f"{SECRET}, @rita @cleo", audience="group:1")
        post(rita, "/collections", what="add", name=f"List {SECRET}", paper="1")
        post(rita, "/groups/1", what="share", collection="1", may="edit")
        yield running


def whole(client: httpx.Client, number: int = 1) -> Any:
    return client.get(f"/api/v1/groups/{number}").json()


def test_its_page_has_everything_for_its_members(place: Town) -> None:
    for name in ("rita", "otto"):
        page = sound(place.as_(name).get("/groups/1"))
        assert (page.count("saved by otto"), "saved by rita" in page, "<script>alert" in page) == (1, False, False)
        assert "1 comment" in page
    assert "List zebrawords" in sound(place.as_("otto").get("/library"))
    assert "Tuesday zebrawords" in sound(place.as_("otto").get("/paper/1"))
    body = whole(place.as_("otto"))
    assert body["week"] == [{"paper": 2, "at": body["week"][0]["at"], "saved_by": ["otto"], "voted_by": []}]
    assert ([m["role"] for m in body["members"]], body["discussed"], body["reading_lists"]) == (
        ["owner", "member"], {"1": 1}, [1],
    )  # fmt: skip


PATHS = [
    "/", "/groups", "/groups/1", "/groups/1/leave", "/groups/1/papers/1", "/groups/join/guess", "/paper/1",
    "/library", "/paper/1/comments", "/comments/1", "/papers/1.md", "/papers", "/search?q=zebrawords",
    "/members/otto", "/members/rita", "/moderation", "/moderation/log", "/account/mentions", "/papers/feed.atom",
    "/collections/1", "/exchange", "/for-you", "/api/v1/groups", "/api/v1/groups/1", "/api/v1/papers/1/comments",
    "/api/v1/comments/1", "/api/v1/comments/1/versions", "/api/v1/moderation", "/api/v1/moderation/log",
    "/api/papers/1", "/api/daily_papers", "/api/v1/search?q=zebrawords", "/api/v1/reading-lists",
    "/api/v1/reading-lists/1", "/api/v1/papers/1", "/admin/accounts", "/admin/audit", "/deleted",
]  # fmt: skip


@pytest.mark.parametrize("name", ["cleo", "amos", ""])
def test_a_stranger_finds_nothing_of_it_by_any_route(place: Town, name: str) -> None:
    client = place.as_(name)
    for path in PATHS:
        answer = client.get(path)
        shown = answer.text.replace("q=zebrawords", "").replace('value="zebrawords"', "")
        assert answer.status_code < 500, path
        assert not re.search(rf"Tuesday {SECRET}|for its {SECRET}|{SECRET}, @|List {SECRET}|saved by otto", shown), path
    for path in ("/groups/1", "/groups/1/leave", "/groups/1/papers/1", "/comments/1", "/api/v1/groups/1"):
        assert client.get(path).status_code in {401, 404}, path
    assert place.site.community.comments.counts(place.site.actor, [1]) == {1: 0}


@pytest.mark.parametrize("name", ["cleo", "amos"])
def test_a_stranger_changes_nothing(place: Town, name: str) -> None:
    client = place.as_(name)
    for what in ("invite", "vote", "show", "nominate", "pick", "delete", "leave", "open-link", "rename"):
        change = {"what": what, "name": name, "paper": "1", "day": "2026-12-10"}
        assert post(client, "/groups/1", **change).status_code == 404
    assert post(client, "/groups", what="accept", group="1").status_code == 400
    assert post(client, "/papers/1/comments", text="hello", audience="group:1").status_code == 400
    assert post(client, "/papers/1/comments", text="hello", parent="1").status_code in {400, 404}
    for act in ("edit", "delete", "report"):
        assert post(client, f"/comments/1/{act}", text="x", reason="spam").status_code in {400, 404}, act
    assert client.post("/api/v1/papers/1/comments", json={"text": "x", "parent": 1}).status_code in {400, 404}
    assert client.post("/api/v1/groups/1", json={"what": "show"}).status_code == 404
    assert client.request("DELETE", "/api/v1/groups/1", json={}).status_code == 404
    assert client.post("/api/v1/groups/1/leave", json={}).status_code == 404
    assert whole(place.as_("rita"))["discussed"] == {"1": 1}


def test_a_mention_in_a_group_tells_its_members_alone(place: Town) -> None:
    assert SECRET in sound(place.as_("rita").get("/account/mentions"))
    assert place.site.community.comments.mentioned([1]) == {1: frozenset({"rita"})}


def test_a_curator_does_not_moderate_a_group_and_its_owner_does(place: Town) -> None:
    rita, cleo, otto = place.as_("rita"), place.as_("cleo"), place.as_("otto")
    assert post(cleo, "/comments/1/hide", reason="no").status_code in {400, 404}
    post(rita, "/groups/1", what="invite", name="cleo")
    post(cleo, "/groups", what="accept", group="1")
    page = sound(cleo.get("/comments/1"))
    assert ('id="hide"' in page, 'id="report"' in page, "for its members alone" in page) == (False, False, True)
    assert post(cleo, "/comments/1/hide", reason="no").status_code == 400
    said = post(otto, "/papers/1/comments", text="off the point", audience="group:1")
    number = said.headers["location"].rpartition("#c")[2]
    assert post(cleo, f"/comments/{number}/delete").status_code == 400
    assert post(rita, f"/comments/{number}/delete").status_code == 303
    assert "off the point" not in sound(otto.get("/groups/1/papers/1"))
    assert post(rita, "/groups/1", what="remove", name="cleo").status_code == 303
    assert cleo.get("/groups/1").status_code == 404
    assert cleo.get("/api/v1/moderation/log").json() == []


def test_what_is_read_next_is_nominated_voted_for_and_picked(place: Town) -> None:
    rita, otto = place.as_("rita"), place.as_("otto")
    post(otto, "/groups/1", what="nominate", paper="4", why="newer")
    post(otto, "/groups/1", what="vote", paper="1")
    assert post(otto, "/groups/1", what="pick", day="2026-12-10").status_code == 400  # an owner does
    assert post(otto, "/groups/1", what="withdraw", paper="1").status_code == 400  # rita nominated it
    nominated = whole(otto)["nominated"]
    assert [(n["paper"], n["votes"], n["mine"]) for n in nominated] == [(1, 2, True), (4, 1, True)]
    assert post(rita, "/groups/1", what="pick", day="2020-01-01").status_code == 400
    assert post(rita, "/groups/1", what="pick", day="soon").status_code == 400
    answer = post(rita, "/groups/1", what="pick", day="2026-12-10")
    assert answer.headers["location"] == "/groups/1?done=group-pick&paper=1"
    assert [(n["paper"], n["read_on"]) for n in whole(otto)["next"]] == [(1, "2026-12-10")]
    assert "Read next" in sound(otto.get("/groups/1"))
    assert post(otto, "/groups/1", what="unvote", paper="1").status_code == 400  # it has its day
    post(rita, "/groups/1", what="unpick", paper="1")
    assert [n["paper"] for n in whole(otto)["nominated"]] == [1, 4]
    post(otto, "/groups/1", what="withdraw", paper="4")
    assert [n["paper"] for n in whole(otto)["nominated"]] == [1]


def test_a_member_shows_saves_only_from_when_they_chose_to(place: Town) -> None:
    otto = place.as_("otto")
    post(otto, "/groups/1", what="hide")
    assert whole(otto)["week"] == []
    page = sound(otto.get("/groups/1"))
    assert "The group sees nothing of what you save or vote for" in page
    post(otto, "/groups/1", what="show")
    assert "The group sees what you save and vote for since" in sound(otto.get("/groups/1"))


def test_a_link_invites_until_it_is_taken_back(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    post(rita, "/groups", name="By link")
    post(rita, "/groups/1", what="open-link")
    path = str(whole(rita)["link"])
    assert own_town.as_("").get(path).status_code == 401
    assert "Join “By link”?" in sound(otto.get(path))
    assert (whole(otto).get("error") is not None, post(otto, path).status_code, whole(otto)["link"]) == (True, 303, "")
    post(rita, "/groups/1", what="close-link")
    assert own_town.as_("cleo").get(path).status_code == 404
    assert post(own_town.as_("cleo"), path).status_code == 404


def test_a_group_is_left_handed_on_deleted_and_restored(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    post(rita, "/groups", name="Short")
    post(rita, "/groups/1", what="invite", name="otto")
    otto.post("/api/v1/groups/join", json={"group": 1})
    post(rita, "/collections", what="add", name="Hers", paper="1")
    post(rita, "/groups/1", what="share", collection="1")
    assert otto.get("/collections/1").status_code == 200
    assert "longest member becomes one" in sound(rita.get("/groups/1/leave"))
    post(rita, "/groups/1", what="leave")
    assert (rita.get("/groups/1").status_code, otto.get("/collections/1").status_code) == (404, 404)
    assert whole(otto)["members"] == [{"name": "otto", "role": "owner", "shows": False}]
    answer = post(otto, "/groups/1", what="leave")  # the last one
    deletion = re.search(r"deletion=(\d+)", answer.headers["location"])
    assert deletion
    assert otto.get("/groups/1").status_code == 404
    assert "Short" not in own_town.as_("amos").get("/deleted").text
    assert post(rita, "/deleted/restore", deletion=deletion[1]).status_code == 400
    back = post(otto, "/deleted/restore", deletion=deletion[1], next="/groups").headers["location"]
    assert "The group is back" in otto.get(back).text
    assert whole(otto)["members"] == [{"name": "otto", "role": "owner", "shows": False}]
    otto.request("DELETE", "/api/v1/groups/1", json={})
    own_town.library.purge()
    assert own_town.library.catalogue.community.groups.members(1) == []
    assert own_town.library.check().ok


def test_who_leaves_the_community_takes_their_rows_and_leaves_no_name(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    post(rita, "/groups", name="Left")
    post(rita, "/groups/1", what="invite", name="otto")
    post(otto, "/groups", what="accept", group="1")
    post(rita, "/papers/1/comments", text="words of rita", audience="group:1")
    post(otto, "/papers/1/comments", text="words of otto", audience="group:1")
    post(otto, "/groups/1", what="nominate", paper="1", why="because")
    post(otto, "/collections", what="add", name="His", paper="1")
    post(otto, "/groups/1", what="share", collection="1")
    rows = own_town.library.catalogue.community.belongings.all(own_town.library.catalogue.readers.get("otto").id)
    assert {"group_members", "group_votes", "group_nominations", "comments", "collection_groups"} <= set(rows)
    assert ("words of otto" in str(rows), "words of rita" in str(rows)) == (True, False)
    post(otto, "/account/leave", name="otto", password=PASSWORD)
    page = sound(rita.get("/groups/1/papers/1"))
    assert ("words of otto" in page, "a former member" in page, ">otto<" in page) == (True, True, False)
    body = whole(rita)
    assert ([m["name"] for m in body["members"]], body["reading_lists"]) == (["rita"], [])
    assert [(n["by"], n["votes"]) for n in body["nominated"]] == [("", 0)]
    assert own_town.library.check().ok


CHANGES = (
    {"what": "rename", "name": "Renamed", "about": "new"},
    {"what": "invite", "name": "cleo"},
    {"what": "uninvite", "name": "cleo"},
    {"what": "open-link"},
    {"what": "show"},
    {"what": "hide"},
    {"what": "nominate", "paper": "2", "why": "short"},
    {"what": "unvote", "paper": "2"},
    {"what": "vote", "paper": "2"},
    {"what": "pick", "paper": "2", "day": "2036-01-01"},
    {"what": "unpick", "paper": "2"},
    {"what": "pick", "day": "2036-01-02"},
    {"what": "make-owner", "name": "otto"},
    {"what": "make-member", "name": "otto"},
    {"what": "share", "collection": 1, "may_edit": True},
    {"what": "unshare", "collection": 1},
    {"what": "share", "collection": 1},
    {"what": "close-link"},
    {"what": "remove", "name": "otto"},
)


def test_everything_can_be_done_by_a_program(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    assert rita.post("/api/v1/groups", json={"name": "Program", "about": "x"}).json()["id"] == 1
    rita.post("/api/v1/groups/1", json={"what": "invite", "name": "otto"})
    assert otto.post("/api/v1/groups/join", json={"group": 1}).json()["name"] == "Program"
    rita.post("/api/v1/collections", json={"name": "Shared", "papers": ["1"]})
    for change in CHANGES:
        answer = rita.post("/api/v1/groups/1", json=change)
        assert answer.status_code == 200, (change, answer.text)
    body = whole(rita)
    assert (body["name"], body["about"], body["link"], body["reading_lists"]) == ("Renamed", "new", "", [1])
    assert [(n["paper"], n["read_on"]) for n in body["next"]] == [(2, "2036-01-02")]
    assert ([m["name"] for m in body["members"]], body["invited"]) == (["rita"], [])
    assert otto.get("/api/v1/groups/1").status_code == 404
    for bad in ({"what": "fly"}, {"what": "vote", "paper": "2"}, {"what": "pick"}, {"what": "remove", "name": "x"}, {}):
        assert rita.post("/api/v1/groups/1", json=bad).status_code in {400, 404}, bad
    assert rita.post("/api/v1/papers/1/comments", json={"text": "in", "audience": "group:1"}).status_code == 200
    assert rita.post("/api/v1/groups/1/leave", json={}).status_code == 200
    assert rita.get("/api/v1/groups").json() == []


def test_a_page_of_a_paper_leads_to_its_talk_in_the_group(place: Town) -> None:
    otto = place.as_("otto")
    assert 'href="/groups/1/papers/1"' in sound(otto.get("/paper/1"))
    assert "talk about it, nominate it" in sound(otto.get("/paper/5"))
    page = sound(otto.get("/groups/1/papers/5"))
    assert ("Why we should read it" in page, 'value="group:1"' in page) == (True, True)
    shown = post(otto, "/papers/5/comments", text=f"**bold** {HOSTILE}", audience="group:1", what="preview").text
    assert ('value="group:1"' in shown, "<strong>bold" in shown, "<script>alert" in shown) == (True, True, False)


def test_its_private_feed_is_of_the_exchange(place: Town) -> None:
    streams = place.as_("otto").get("/exchange").text
    assert "Tuesday zebrawords" in streams
    assert "Tuesday zebrawords" not in place.as_("cleo").get("/exchange").text


def test_one_reader_alone_is_told_kindly(own: Served) -> None:
    assert "Groups are for people who share a library" in sound(own.client.get("/groups"))
    answer = own.client.get("/groups/1")
    assert (answer.status_code, "this library has one reader" in answer.text) == (404, True)
    assert own.client.get("/api/v1/groups").json() == []
    assert own.client.post("/api/v1/groups", json={"name": "x"}).status_code == 400
