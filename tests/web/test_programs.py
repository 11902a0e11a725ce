"""Tokens of programs and feed readers; taking everything along; leaving."""

from __future__ import annotations

import io
import json
import re
import zipfile

import httpx
import pytest

from broadsheet.catalogue.schema import METADATA
from broadsheet.community.actor import Scope
from broadsheet.kit.errors import UnknownReader
from tests.web.markup import Page
from tests.web.members import PASSWORD, Town, post


def program(place: Town, name: str, *scopes: Scope, days: int | None = None) -> httpx.Client:
    """A program with a token of a member."""
    accounts = place.site.community.accounts
    token = accounts.tokens.create(accounts.named(name).id, "test", scopes, days)
    client = place.browser()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def test_a_token_is_made_on_the_page_shown_once_and_revoked(own_town: Town) -> None:
    rita = own_town.as_("rita")
    page = post(rita, "/account/tokens", name="reader", **{"scopes[]": "feeds"})
    assert Page(page.text).faults == []
    token = re.findall("<code>(bst_[^<]+)</code>", page.text)[0]
    assert token not in rita.get("/account").text
    content = own_town.library.catalogue.path.with_suffix(".db-wal").read_bytes()
    assert token.encode() not in content
    feed = own_town.browser().get("/feed.atom", params={"token": token})
    assert (feed.status_code, "for rita" in feed.text) == (200, True)
    number = own_town.site.community.accounts.tokens.of_account(own_town.number("rita"))[0].id
    assert post(own_town.as_("otto"), "/account/tokens/revoke", token=str(number)).status_code == 400  # not otto's
    assert post(rita, "/account/tokens/revoke", token=str(number)).status_code == 303
    assert own_town.browser().get("/feed.atom", params={"token": token}).status_code == 401


@pytest.mark.parametrize("fields", [{"name": ""}, {"name": "x"}, {"name": "x", "scopes[]": "read", "days": "0"}])
def test_a_token_has_a_name_a_scope_and_a_sensible_end(own_town: Town, fields: dict[str, str]) -> None:
    assert post(own_town.as_("rita"), "/account/tokens", **fields).status_code == 400


def test_scopes_limit_what_a_program_may_do(own_town: Town) -> None:
    act = ("/api/v1/papers/1/actions", {"action": "save"})
    reader = program(own_town, "amos", Scope.read)
    assert reader.get("/api/v1/library").status_code == 200
    assert reader.get("/feed.json").status_code == 200
    assert reader.post(act[0], json=act[1]).status_code == 403
    assert reader.get("/api/v1/sources").status_code == 403
    writer = program(own_town, "amos", Scope.write)
    assert writer.post(act[0], json=act[1]).status_code == 200
    assert writer.get("/api/v1/library").status_code == 403
    assert program(own_town, "amos", Scope.manage).get("/api/v1/sources").status_code == 200
    assert program(own_town, "rita", *Scope).get("/api/v1/sources").status_code == 403  # rita herself may not
    for one in (reader, writer, program(own_town, "amos", *Scope)):
        assert one.get("/account").status_code == 403
        assert one.get("/admin/accounts").status_code == 403
        assert one.get("/search?q=token").status_code == 200  # as every visitor
        assert one.post("/account/tokens", data={"name": "more", "scopes[]": "manage"}).status_code == 403


def test_an_unknown_token_is_nobody_and_guessers_wait(own_town: Town) -> None:
    client = own_town.browser()
    client.headers["Authorization"] = "Bearer bst_guess"
    answers = [client.get("/api/v1/library").status_code for _ in range(61)]
    assert (set(answers[:60]), answers[60]) == ({401}, 429)
    assert own_town.as_("rita").get("/library").status_code == 200


def test_a_token_ends_with_its_days_and_with_its_account(own_town: Town) -> None:
    accounts = own_town.site.community.accounts
    client = program(own_town, "otto", Scope.read)
    assert client.get("/api/v1/library").status_code == 200
    accounts.administration.suspend(accounts.named("otto"), "spam", "amos")
    assert client.get("/api/v1/library").status_code == 401


def test_everything_can_be_taken_along(own_town: Town) -> None:
    rita = own_town.as_("rita")
    post(rita, "/papers/1/act", action="save")
    post(rita, "/papers/2/act", action="tag", value="to read & think")
    own_town.site.community.accounts.tokens.create(own_town.number("rita"), "secret token", [Scope.read])
    answer = post(rita, "/account/archive")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert json.loads(archive.read("rows/readers.jsonl"))["name"] == "rita"
    assert json.loads(archive.read("rows/api_tokens.jsonl"))["name"] == "secret token"
    text = "".join(archive.read(name).decode() for name in archive.namelist() if name.startswith("rows/"))
    assert all(secret not in text for secret in ("token_hash", "argon2", "code_hash", "otto"))
    assert archive.read("saved.bib").decode().count("@") >= 1
    assert len(archive.read("papers.jsonl").decode().splitlines()) == 2
    assert "/tagged.atom?tag=to%20read%20%26%20think" in archive.read("feeds.opml").decode()


def test_every_table_with_a_reader_is_read_and_emptied(own_town: Town) -> None:
    """Whatever has a column for a reader or an account takes part, also what is added later."""
    belongings = own_town.library.catalogue.community.belongings
    owned = {t.name for t in METADATA.sorted_tables if {"reader_id", "account_id"} & set(t.columns.keys())}
    rita = own_town.as_("rita")
    post(rita, "/papers/1/act", action="save")
    of_reader = own_town.library.catalogue.readers.get("rita").id
    assert {"readers", "accounts", "account_sessions", "events", "reader_papers"} <= set(belongings.all(of_reader))
    assert {"votes", "comments", "submissions", "api_tokens", "collections", "author_claims"} <= owned
    belongings.remove(of_reader, with_comments=False)
    assert belongings.all(of_reader) == {}


def test_leaving_takes_name_and_password_and_needs_no_administrator(own_town: Town) -> None:
    rita = own_town.as_("rita")
    page = rita.get("/account/leave")
    assert (page.status_code, Page(page.text).faults) == (200, [])
    assert post(rita, "/account/leave", name="rita", password="wrong").status_code == 400
    assert post(rita, "/account/leave", name="otto", password=PASSWORD).status_code == 400
    assert own_town.site.community.accounts.named("rita").name == "rita"
    answer = post(rita, "/account/leave", name="Rita", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert rita.get("/library").status_code == 401
    with pytest.raises(UnknownReader):
        own_town.library.catalogue.readers.get("rita")
    assert own_town.as_("otto").get("/library").status_code == 200
    assert own_town.library.check().ok


def test_the_last_administrator_stays(own_town: Town) -> None:
    answer = post(own_town.as_("amos"), "/account/leave", name="amos", password=PASSWORD)
    assert (answer.status_code, "last administrator" in answer.text) == (400, True)
    assert own_town.as_("amos").get("/admin/accounts").status_code == 200
