"""Lists, notes and groups for programs: scopes of tokens, bad bodies, and members who are not asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from broadsheet.community.actor import Scope
from tests.web.members import Town, post, town
from tests.web.test_programs import program

READS = (
    "/api/v1/reading-lists", "/api/v1/reading-lists/1", "/api/v1/reading-lists/1/missing", "/api/v1/papers/1/notes",
    "/api/v1/papers/1/highlights", "/api/v1/groups", "/api/v1/groups/1",
)  # fmt: skip
WRITES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/api/v1/reading-lists/1", {"what": "remark", "paper": "1", "remark": "x"}),
    ("POST", "/api/v1/papers/1/highlights", {"quote": "Late interaction"}),
    ("POST", "/api/v1/papers/1/comments", {"text": "a note", "audience": "me"}),
    ("POST", "/api/v1/papers/1/comments", {"text": "for us", "audience": "group:1"}),
    ("POST", "/api/v1/groups", {"name": "another"}),
    ("POST", "/api/v1/groups/1", {"what": "nominate", "paper": "2"}),
)


@pytest.fixture(scope="module")
def place(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Rita has a list and a group, of which otto is a member."""
    with town(stocked, tmp_path_factory.mktemp("programs") / "library") as running:
        rita, otto = running.as_("rita"), running.as_("otto")
        post(rita, "/collections", what="add", name="Listed", paper="1")
        post(rita, "/groups", name="Club")
        post(rita, "/groups/1", what="invite", name="otto")
        post(otto, "/groups", what="accept", group="1")
        yield running


@pytest.fixture(scope="module")
def reader(place: Town) -> httpx.Client:
    return program(place, "rita", Scope.read)


@pytest.fixture(scope="module")
def writer(place: Town) -> httpx.Client:
    return program(place, "rita", Scope.write)


@pytest.mark.parametrize("path", READS)
def test_a_token_that_reads_reads(place: Town, reader: httpx.Client, path: str) -> None:
    assert reader.get(path).status_code == 200
    assert program(place, "rita", Scope.feeds).get(path).status_code == 403
    assert place.browser().get(path).status_code == 401


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_token_that_writes_writes(
    place: Town, reader: httpx.Client, writer: httpx.Client, method: str, path: str, body: dict[str, Any]
) -> None:
    assert reader.request(method, path, json=body).status_code == 403
    assert writer.request(method, path, json=body).status_code == 200
    assert place.browser().request(method, path, json=body).status_code == 401
    assert writer.request(method, path, content="{").status_code in {400, 415}
    assert writer.request(method, path, json={**body, "more": 1}).status_code == 400


def test_a_token_opens_no_page_of_lists_or_groups(reader: httpx.Client, writer: httpx.Client) -> None:
    for path in ("/groups", "/groups/1", "/collections/1", "/collections/1/export/bibtex", "/groups/1/papers/1"):
        assert reader.get(path).status_code == writer.get(path).status_code == 403, path
    for path in ("/groups", "/groups/1", "/collections/1", "/papers/1/highlights"):
        assert writer.post(path, data={"what": "show"}).status_code == 403, path


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/reading-lists/1", {"what": "share", "name": "x" * 101}),
        ("/api/v1/reading-lists/1", {"what": "remark", "paper": "1", "remark": "x" * 501}),
        ("/api/v1/reading-lists/1", {"what": "place", "paper": "1", "place": -1}),
        ("/api/v1/reading-lists/1", {"what": "share-group", "group": 99}),
        ("/api/v1/reading-lists/1", {"what": "rename-section", "heading": "none", "to": "other"}),
        ("/api/v1/papers/1/highlights", {"quote": ""}),
        ("/api/v1/papers/1/highlights", {"quote": "x" * 2001}),
        ("/api/v1/papers/1/comments", {"text": "x", "audience": "group:99"}),
        ("/api/v1/papers/1/comments", {"text": "x", "audience": "me too"}),
        ("/api/v1/groups", {"name": ""}),
        ("/api/v1/groups", {"name": "x" * 81}),
        ("/api/v1/groups", {"name": "x", "about": "x" * 1001}),
        ("/api/v1/groups/join", {}),
        ("/api/v1/groups/join", {"key": "guess"}),
        ("/api/v1/groups/join", {"group": 99}),
        ("/api/v1/groups/1", {"what": "pick", "day": "2036-13-01"}),
        ("/api/v1/groups/1", {"what": "pick", "paper": "3", "day": "2036-01-01"}),
        ("/api/v1/groups/1", {"what": "share", "collection": 99}),
        ("/api/v1/groups/1", {"what": "invite", "name": "rita"}),
        ("/api/v1/groups/1", {"what": "make-member", "name": "rita"}),
        ("/api/v1/groups/1", {"what": "remove", "name": "rita"}),
        ("/api/v1/groups/1", {"what": "rename", "name": " "}),
        ("/api/v1/groups/1", {"what": "nominate", "paper": "1", "why": "x" * 301}),
    ],
)
def test_what_cannot_be_done_is_an_error_with_words(writer: httpx.Client, path: str, body: dict[str, Any]) -> None:
    answer = writer.post(path, json=body)
    assert answer.status_code == 400, answer.text
    assert len(answer.json()["error"]["message"]) > 10


@pytest.mark.parametrize("path", ["/api/v1/papers/99/notes", "/api/v1/papers/none/highlights"])
def test_a_paper_that_is_not_here_is_unknown(reader: httpx.Client, path: str) -> None:
    assert reader.get(path).status_code == 404


def test_a_member_who_is_no_owner_is_refused_by_words(place: Town) -> None:
    otto = program(place, "otto", Scope.write)
    for change in (
        {"what": "rename", "name": "Mine"},
        {"what": "invite", "name": "cleo"},
        {"what": "open-link"},
        {"what": "remove", "name": "rita"},
        {"what": "make-owner", "name": "otto"},
    ):
        answer = otto.post("/api/v1/groups/1", json=change)
        assert (answer.status_code, "only an owner" in answer.text) == (400, True), change
    assert otto.request("DELETE", "/api/v1/groups/1", json={}).status_code == 400
    body = program(place, "otto", Scope.read).get("/api/v1/groups/1").json()
    assert body["link"] == ""


def test_the_description_of_the_api_has_every_call(place: Town) -> None:
    paths = place.as_("rita").get("/api/v1/openapi.json").json()["paths"]
    for path, methods in {
        "/api/v1/reading-lists": {"get"},
        "/api/v1/reading-lists/{number}": {"get", "post"},
        "/api/v1/reading-lists/{number}/missing": {"get"},
        "/api/v1/papers/{paper}/notes": {"get"},
        "/api/v1/papers/{paper}/highlights": {"get", "post", "delete"},
        "/api/v1/groups": {"get", "post"},
        "/api/v1/groups/join": {"post"},
        "/api/v1/groups/{number}": {"get", "post", "delete"},
        "/api/v1/groups/{number}/leave": {"post"},
    }.items():
        assert set(paths[path]) == methods, path
        assert all(one["description"] or one["summary"] for one in paths[path].values())


def test_a_suspended_member_reads_and_does_nothing(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    post(rita, "/groups", name="Club")
    post(rita, "/groups/1", what="invite", name="otto")
    post(otto, "/groups", what="accept", group="1")
    accounts = own_town.site.community.accounts
    accounts.administration.suspend(accounts.named("otto"), "spam", "amos")
    assert otto.get("/groups/1").status_code == 401
    from broadsheet.community.actor import Actor, Role
    from broadsheet.kit.errors import UsageError

    actor = Actor(Role.reader, "otto", own_town.number("otto"))
    for act in (
        lambda: own_town.site.community.group_reading.nominate(actor, 1, 1),
        lambda: own_town.site.community.group_reading.vote(actor, 1, 1),
        lambda: own_town.site.community.groups.create(actor, "mine"),
    ):
        with pytest.raises(UsageError, match="suspended"):
            act()


def test_a_feed_of_a_group_ends_with_the_membership(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    post(rita, "/groups", name="Followed")
    post(rita, "/groups/1", what="invite", name="otto")
    post(otto, "/groups", what="accept", group="1")
    post(rita, "/groups/1", what="nominate", paper="1")
    post(rita, "/groups/1", what="pick", day="2036-01-01")
    news = own_town.site.community.group_reading.news
    assert news("otto", 1) == [(1, "Read together on 2036-01-01")]
    post(rita, "/groups/1", what="show")
    post(rita, "/papers/2/act", action="save")
    post(rita, "/papers/2/vote", vote="cast")
    assert news("otto", 1)[1] == (2, "Saved by rita; voted for by rita")
    post(rita, "/groups/1", what="remove", name="otto")
    assert (news("otto", 1), own_town.site.community.group_reading.of_reader("otto")) == ([], [])
