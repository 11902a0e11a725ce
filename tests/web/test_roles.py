"""Every route of the table, asked for as everybody by a real client of a real server."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from broadsheet.community.actor import Role
from broadsheet.web.authorisation import OF_PROGRAMS, ROLES
from tests.web.members import PASSWORD, Town, form_token, post, town

ACTORS = {"": Role.visitor, "rita": Role.reader, "otto": Role.reader, "cleo": Role.curator, "amos": Role.admin}
FILLED = {
    "number:int": "1",
    "form": "atom",
    "text": "2026-07-01",
    "name:path": "x",
    "paper:path": "1",
    "code": "guess",
    "token": "guess",
}
ENTICING = {  # what makes forms and calls do something
    "action": "save", "value": "x", "name": "x", "what": "create", "pick": "1", "pick[]": "1", "sure": "yes",
    "role": "admin", "reason": "x", "deletion": "1", "paper": "1", "number": "1", "record": "1", "text": "x",
    "recency": "1", "diversity": "1", "exploration": "1", "full_name": "x", "show_votes": "yes", "new": PASSWORD * 2,
    "password": PASSWORD, "email": "x@example.org", "session": "1", "invitation": "1", "note": "x", "id": "1",
}  # fmt: skip


@pytest.fixture(scope="module")
def asked(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(stocked, tmp_path_factory.mktemp("asked") / "library", 'sign_up = "open"') as running:
        running.site.syncing.start = lambda names: False  # type: ignore[assignment, method-assign, misc]
        yield running


@pytest.fixture
def untouched(stocked: Path, tmp_path: Path) -> Iterator[Town]:
    """One in which nothing that another test began goes on in the background."""
    with town(stocked, tmp_path / "library", 'sign_up = "open"') as running:
        yield running


def signed_in(asked: Town, name: str) -> httpx.Client:
    """A browser signed in anew: what other tests do may end the sessions of an account."""
    client = asked.browser()
    if name:
        post(client, "/sign-in", name=name, password=PASSWORD)
    return client


def ask(client: httpx.Client, route: str, token: str, body: dict[str, str]) -> httpx.Response:
    """Ask for a route as a page or a script of ours does."""
    method, _, path = route.partition(" ")
    path = re.sub(r"\{([^}]+)\}", lambda found: FILLED.get(found[1], "1"), path)
    if method == "GET":
        return client.get(path)
    if path.startswith("/api/"):
        return client.request(method, path, json=body)
    return client.request(method, path, data={"csrf": token, **body})


@pytest.mark.parametrize("name", [name for name in ACTORS if name != "amos"])
def test_what_a_role_may_not_is_refused_and_changes_nothing(untouched: Town, name: str) -> None:
    client = signed_in(untouched, name)
    token = form_token(client, "/search")
    with closing(sqlite3.connect(untouched.library.catalogue.path)) as watcher:

        def version() -> int:
            return int(watcher.execute("PRAGMA data_version").fetchone()[0])  # another at every commit of others

        before = version()
        for route, needed in ROLES.items():
            if not ACTORS[name].may(needed):
                answer = ask(client, route, token, ENTICING)
                assert answer.status_code == (401 if name == "" else 403), route
                assert answer.headers["cache-control"].startswith("private"), route
        assert version() == before


@pytest.mark.parametrize("name", ACTORS)
def test_what_a_role_may_is_answered(asked: Town, name: str) -> None:
    client = signed_in(asked, name)
    for route, needed in ROLES.items():
        if ACTORS[name].may(needed) and route != "POST /sign-out":
            token = form_token(client, "/search")
            answer = ask(client, route, token, {})
            if route in OF_PROGRAMS:  # no session opens them
                assert answer.status_code == 401, route
                continue
            assert answer.status_code not in (401, 403), (route, answer.text[:500])
            assert answer.status_code < 500, (route, answer.text[:500])


def test_a_form_of_another_browser_is_refused_on_every_route(asked: Town) -> None:
    """Allowed in every way but for the token: changes by forms that are not ours do not happen."""
    amos, foreign = signed_in(asked, "amos"), form_token(asked.browser())
    for route in ROLES:
        method, _, path = route.partition(" ")
        # a mail program unsubscribes with the signed link alone; like the API, the agents' door takes JSON and no form
        if method != "GET" and not path.startswith(("/api/", "/mcp")) and path != "/mail/unsubscribe/{token}":
            assert ask(amos, route, foreign, {}).status_code == (401 if route in OF_PROGRAMS else 403), route


def test_every_change_of_another_sites_page_is_refused(asked: Town) -> None:
    amos = signed_in(asked, "amos")
    token = form_token(amos, "/search")
    for route in ROLES:
        if not route.startswith("GET "):
            method, _, path = route.partition(" ")
            path = re.sub(r"\{([^}]+)\}", "1", path)
            answer = amos.request(method, path, data={"csrf": token}, headers={"Origin": "https://evil.example"})
            assert answer.status_code == 403, route


# --- what is somebody's ---------------------------------------------------------------------------------------------


def test_readers_see_their_own_alone(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    post(rita, "/papers/1/act", action="save")
    post(rita, "/papers/1/act", action="tag", value="ritas-tag")
    post(rita, "/collections", what="create", name="Ritas shelf")
    post(rita, "/collections", what="add", name="Ritas shelf", paper="1")
    post(rita, "/account/invitations", note="ritas note")
    rita.headers["User-Agent"] = "Ritas browser"
    post(rita, "/sign-out")
    post(rita, "/sign-in", name="rita", password=PASSWORD)
    assert rita.get("/api/v1/library").json()["saved"].keys() == {"1"}
    assert otto.get("/api/v1/library").json()["saved"] == {}
    assert otto.get("/api/v1/collections").json() != rita.get("/api/v1/collections").json()
    pages = [
        *("/", "/for-you", "/library", "/library?collection=Ritas+shelf", "/library?tag=ritas-tag", "/about-feed"),
        *("/account", "/paper/1", "/search?q=is:saved", "/api/v1/collections", "/feed.atom", "/library/export/jsonl"),
        *("/tagged.atom?name=ritas-tag", "/tags/ritas-tag/feed.atom", "/api/v1/feed", "/sources", "/day/2026-07-01"),
    ]
    for path in pages:
        for other in (otto, own_town.as_("cleo"), own_town.as_("amos"), own_town.as_("")):
            seen = re.sub(r'(value|href|name|content)="[^"]*"', "", other.get(path).text)  # what the address says
            seen = seen.replace("“Ritas shelf”", "").replace("“ritas-tag”", "").replace("'Ritas shelf'", "")
            assert not re.search("Ritas browser|ritas note", seen), path
            assert "Ritas shelf</a>" not in seen, path
            assert "ritas-tag</a>" not in seen, path


def test_nothing_of_anothers_is_changed(own_town: Town) -> None:
    rita, otto = own_town.as_("rita"), own_town.as_("otto")
    post(rita, "/papers/1/act", action="save")
    post(rita, "/collections", what="create", name="Shelf")
    post(rita, "/collections", what="add", name="Shelf", paper="1")
    post(rita, "/account/invitations", note="x")
    accounts = own_town.site.community.accounts
    [invitation] = accounts.joining.invitations_of(accounts.named("rita"))
    [session] = accounts.sessions.of_account(own_town.number("rita"))
    post(otto, "/undo")
    post(otto, "/papers/1/act", action="unsave")
    post(otto, "/collections", what="delete", name="Shelf")
    post(otto, "/collections", what="remove", name="Shelf", paper="1")
    post(otto, "/reset", sure="yes")
    post(otto, "/account/invitations/revoke", invitation=str(invitation.id))
    post(otto, "/account/sessions/end", session=str(session.id))
    otto.delete("/api/v1/collections/Shelf")
    otto.request("DELETE", "/api/v1/collections", json={"name": "Shelf"})
    assert rita.get("/api/v1/library").json()["saved"].keys() == {"1"}
    assert own_town.library.collections("rita") == {"Shelf": (1,)}
    assert accounts.joining.invitations_of(accounts.named("rita")) == [invitation]
    assert rita.get("/account").status_code == 200
