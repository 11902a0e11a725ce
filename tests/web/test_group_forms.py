"""Every form of lists and groups: where it leads, what the next page says, and that nothing happens without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from broadsheet.community.actor import Actor, Role
from tests.web.discussion import sound
from tests.web.members import Town, form_token, post, town

LIST_FORMS: tuple[tuple[dict[str, str], str], ...] = (
    ({"what": "add", "paper": "4"}, "Put into the collection"),
    ({"what": "up", "paper": "4"}, "Moved up"),
    ({"what": "down", "paper": "4"}, "Moved down"),
    ({"what": "place", "paper": "4", "place": "1"}, "Moved:"),
    ({"what": "add-section", "heading": "One"}, "The section is made."),
    ({"what": "section", "paper": "4", "heading": "One"}, "In its section"),
    ({"what": "remark", "paper": "4", "remark": "why"}, "The remark is kept."),
    ({"what": "rename-section", "heading": "One", "to": "Two"}, "The section has its new heading."),
    ({"what": "section-up", "heading": "Two"}, "The section is moved up."),
    ({"what": "section-down", "heading": "Two"}, "The section is moved down."),
    ({"what": "remove-section", "heading": "Two"}, "The section is removed; its papers stay"),
    ({"what": "remove", "paper": "4"}, "Taken out of the collection, and its remark with it"),
    ({"what": "share", "name": "otto", "may": "edit"}, "The collection is shared with the member."),
    ({"what": "unshare", "name": "otto"}, "no longer shared with the member"),
    ({"what": "share-group", "group": "1", "may": "read"}, "The collection is shared with the group."),
    ({"what": "unshare-group", "group": "1"}, "no longer shared with the group"),
    ({"what": "open-link"}, "Everybody who has the link can read the collection now"),
    ({"what": "close-link"}, "The link opens nothing any more."),
)
GROUP_FORMS: tuple[tuple[dict[str, str], str], ...] = (
    ({"what": "rename", "name": "Renamed", "about": "x"}, "The group is changed."),
    ({"what": "invite", "name": "cleo"}, "The member is invited"),
    ({"what": "uninvite", "name": "cleo"}, "The invitation is taken back."),
    ({"what": "open-link"}, "Whoever has the link can join now"),
    ({"what": "close-link"}, "The link leads nowhere any more."),
    ({"what": "make-owner", "name": "otto"}, "The member owns the group, too."),
    ({"what": "make-member", "name": "otto"}, "The owner is a member again."),
    ({"what": "show"}, "From now on the group sees what you save and vote for."),
    ({"what": "hide"}, "The group sees nothing any more"),
    ({"what": "nominate", "paper": "2601.00001", "why": "short"}, "Nominated:"),
    ({"what": "unvote", "paper": "1"}, "You have no vote in the group any more"),
    ({"what": "vote", "paper": "1"}, "Your vote in the group is for"),
    ({"what": "pick", "day": "2036-01-01", "paper": ""}, "To be read together"),
    ({"what": "unpick", "paper": "1"}, "Without a day again"),
    ({"what": "withdraw", "paper": "1"}, "No longer nominated, and its votes are gone"),
    ({"what": "share", "collection": "1", "may": "edit"}, "The collection is shared with the group."),
    ({"what": "unshare", "collection": "1"}, "no longer shared with the group"),
    ({"what": "remove", "name": "otto"}, "The member is no longer in the group."),
)


@pytest.fixture(scope="module")
def place(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Rita's list of three papers, and her group, which otto is in."""
    with town(stocked, tmp_path_factory.mktemp("forms") / "library") as running:
        rita, otto = running.as_("rita"), running.as_("otto")
        for paper in ("1", "2", "3"):
            post(rita, "/collections", what="add", name="Forms", paper=paper)
        post(rita, "/groups", name="Forms")
        post(rita, "/groups/1", what="invite", name="otto")
        post(otto, "/groups", what="accept", group="1")
        yield running


def followed(client: httpx.Client, answer: httpx.Response, path: str) -> str:
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, path), answer.text
    return sound(client.get(answer.headers["location"]))


@pytest.mark.parametrize(("path", "forms"), [("/collections/1", LIST_FORMS), ("/groups/1", GROUP_FORMS)])
def test_every_form_says_what_it_did(place: Town, path: str, forms: tuple[tuple[dict[str, str], str], ...]) -> None:
    rita = place.as_("rita")
    for fields, said in forms:
        assert rita.post(path, data=fields).status_code == 403, fields  # without the form's token
        page = followed(rita, post(rita, path, **fields), path)
        assert said in page, fields
    sound(rita.get(path))


@pytest.mark.parametrize("path", ["/collections/1", "/groups/1", "/groups", "/papers/1/highlights"])
def test_a_form_of_another_site_or_browser_is_refused(place: Town, path: str) -> None:
    rita, otto = place.as_("rita"), place.as_("otto")
    token = form_token(otto)
    assert rita.post(path, data={"csrf": token, "what": "show"}).status_code == 403
    fields = {"csrf": form_token(rita), "what": "show"}
    assert rita.post(path, data=fields, headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/groups/1", "/groups", "/collections/1", "/groups/1/leave", "/collections/1/missing"]
)
def test_a_get_changes_nothing(place: Town, path: str) -> None:
    from tests.community.people import query

    rita = place.as_("rita")
    tables = ("reading_groups", "group_members", "collections", "collection_papers", "deletions", "group_nominations")
    before = [query(place.library, f"SELECT * FROM {table}") for table in tables]
    rita.get(path)
    rita.get(path, params={"what": "delete", "paper": "1", "name": "otto"})
    assert [query(place.library, f"SELECT * FROM {table}") for table in tables] == before


def test_an_answer_leads_where_the_form_was_and_nowhere_else(place: Town) -> None:
    rita = place.as_("rita")
    answer = post(rita, "/collections/1", what="up", paper="2", next="/collections/1?page=1")
    assert answer.headers["location"] == "/collections/1?page=1&done=list-up&paper=2#p2"
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        location = post(rita, "/groups/1", what="show", next=elsewhere).headers["location"]
        assert location.startswith("/"), elsewhere
        assert not location.startswith("//"), elsewhere


def test_groups_are_made_joined_and_declined_by_forms(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    assert "Make a group" in sound(rita.get("/groups"))
    page = followed(rita, post(rita, "/groups", name="First", about="*about*"), "/groups/1")
    assert ("The group is made" in page, "<em>about</em>" in page) == (True, True)
    post(rita, "/groups/1", what="invite", name="otto")
    assert "You are invited" in sound(otto.get("/groups"))
    assert "The invitation is declined." in followed(otto, post(otto, "/groups", what="decline", group="1"), "/groups")
    assert "You are invited" not in sound(otto.get("/groups"))
    post(rita, "/groups/1", what="invite", name="otto")
    assert "You are in the group." in followed(otto, post(otto, "/groups", what="accept", group="1"), "/groups/1")
    page = sound(otto.get("/groups/1"))
    assert ('value="invite"' in page, 'value="pick"' in page, "Leave the group …" in page) == (False, False, True)
    page = followed(otto, post(otto, "/groups/1", what="leave"), "/groups")
    assert "You have left the group." in page
    page = followed(rita, post(rita, "/groups/1", what="delete"), "/groups")
    assert ("The group is deleted." in page, 'action="/deleted/restore"' in page) == (True, True)
    assert post(rita, "/groups", what="dance").status_code == 400
    assert post(rita, "/groups", name=" ").status_code == 400


def test_the_page_of_leaving_says_what_happens(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    post(rita, "/groups", name="Leaving")
    assert "You are its last member: the group is deleted" in sound(rita.get("/groups/1/leave"))
    post(rita, "/groups/1", what="invite", name="otto")
    post(otto, "/groups", what="accept", group="1")
    mine, his = sound(rita.get("/groups/1/leave")), sound(otto.get("/groups/1/leave"))
    assert ("Delete it for everybody" in mine, "Delete it for everybody" in his) == (True, False)
    assert ("longest member becomes one" in mine, "longest member becomes one" in his) == (True, False)


def test_a_note_and_a_mark_are_made_by_forms(place: Town) -> None:
    otto = place.as_("otto")
    words = place.library.paper(2).paper.title[:12]
    assert "The passage is marked" in followed(
        otto, post(otto, "/papers/2/highlights", what="mark", quote=words), "/paper/2"
    )
    number = place.site.community.notes.highlights(_actor(place, "otto"), 2)[0].id
    page = followed(otto, post(otto, "/papers/2/highlights", what="unmark", highlight=str(number)), "/paper/2")
    assert ("The mark is taken off." in page, "<mark>" in page) == (True, False)
    page = followed(otto, post(otto, "/papers/2/comments", text="noted", audience="me"), "/paper/2")
    assert "Your note is kept; nobody else sees it." in page
    assert post(otto, "/papers/99/highlights", what="mark", quote="x").status_code == 404
    assert post(place.as_(""), "/papers/2/highlights", what="mark", quote=words).status_code == 401


def _actor(place: Town, name: str) -> Actor:
    return Actor(Role.reader, name, place.number(name))
