"""The page of connections: a key goes in and is never shown again, and everybody sees their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from broadsheet.sources.net.rate_limit import Provider
from broadsheet.sources.providers.zotero import providers
from tests.sources.zotero_server import KEY, ZoteroServer, papers, zotero_server
from tests.web.markup import Page
from tests.web.members import post, town
from tests.web.served import Served


@pytest.fixture
def zotero(monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoteroServer]:
    """Asked without pauses: the clock of these tests stands still."""

    def at_once(*urls: str) -> dict[str, Provider]:
        return {name: replace(rules, min_interval=0.0) for name, rules in providers(*urls).items()}

    monkeypatch.setattr("broadsheet.community.connections.connections.providers", at_once)
    with zotero_server(papers(3)) as server:
        yield server


def test_a_library_is_connected_read_and_disconnected(own: Served, zotero: ZoteroServer) -> None:
    settings = own.library.settings
    own.library.settings = replace(settings, zotero=replace(settings.zotero, url=zotero.url))
    empty = own.client.get("/connections")
    assert not Page(empty.text).faults
    assert "The Zotero that runs on this machine" in empty.text
    assert 'href="/connections"' in own.client.get("/about-feed").text
    refused = own.post("/connections", key="wrong key", group="x")
    assert refused.status_code == 400
    assert "a group has a number" in refused.text
    assert "does not know this key" in own.post("/connections", key="wrong").text
    made = own.post("/connections", key=KEY)
    assert made.headers["location"] == "/connections?done=connect"
    own.site.connection_job().wait(20)
    text = own.client.get("/connections?done=connect").text
    assert "users/12: 3 read, 3 new, 3 saved." in text
    assert "Your Zotero library (user 12)" in text
    assert ">in step<" in text
    assert not Page(text).faults
    assert KEY not in text
    assert "data-poll" not in own.client.get("/connections/progress").text
    zotero.misbehave("collections", "403")
    assert own.post("/connections/sync").headers["location"] == "/connections?done=connect-sync"
    own.site.connection_job().wait(20)
    assert "Zotero refuses the key" in own.client.get("/connections").text
    [one] = own.site.community.connections.all("me")
    gone = own.post("/connections/disconnect", number=str(one.id), take_back="yes")
    assert gone.headers["location"] == "/connections?done=disconnect"
    assert own.library.state("me").saved == {}
    assert own.client.get("/connections").status_code == 200
    assert own.client.post("/connections", data={"key": KEY}).status_code == 403  # no form of ours


def test_members_see_and_end_their_own_alone(zotero: ZoteroServer, stocked: Path, tmp_path: Path) -> None:
    with town(stocked, tmp_path / "town", f'[zotero]\nurl = "{zotero.url}"\n') as here:
        rita, amos = here.as_("rita"), here.as_("amos")
        assert here.browser().get("/connections").status_code in {303, 401, 403}
        assert post(rita, "/connections", key=KEY).headers["location"] == "/connections?done=connect"
        [one] = here.site.community.connections.all("rita")
        assert "user 12" in rita.get("/connections").text
        others = amos.get("/connections").text
        assert "user 12" not in others
        assert "on this machine" not in others
        assert "users/12" not in amos.get("/connections/progress").text
        assert post(amos, "/connections/disconnect", number=str(one.id)).status_code == 400
        assert "the server" in post(amos, "/connections", local="yes").text
        assert [other.id for other in here.site.community.connections.all("rita")] == [one.id]


def test_notes_and_attachments_stand_on_the_paper_for_their_reader_alone(
    zotero: ZoteroServer, stocked: Path, tmp_path: Path
) -> None:
    zotero.put("P0000000", extra="private <b>words</b>", tags=[{"tag": "only mine"}])
    zotero.put("NOTE0001", itemType="note", parentItem="P0000000", note="<p>Read <script>x()</script>again</p>")
    zotero.put("FILE0001", itemType="attachment", parentItem="P0000000", title="Scan", url="https://example.org/1.pdf")
    zotero.put("FILE0002", itemType="attachment", parentItem="P0000000", title="Bad", url="javascript:alert(1)")
    with town(stocked, tmp_path / "town", f'[zotero]\nurl = "{zotero.url}"\n') as here:
        rita, amos = here.as_("rita"), here.as_("amos")
        post(rita, "/connections", key=KEY)
        [one] = here.site.community.connections.all("rita")
        here.site.community.connections.sync(one, wait=20)
        number = here.library.resolve("10.1234/invented.0")
        page = rita.get(f"/paper/{number}").text
        assert not Page(page).faults
        for told in (
            "In your Zotero",
            "https://www.zotero.org/users/12/items/P0000000",
            "Read again",
            "https://example.org/1.pdf",
        ):
            assert told in page
        assert "private &lt;b&gt;words" in page
        assert "javascript:" not in page
        for other in (amos, here.browser()):
            text = other.get(f"/paper/{number}").text
            for secret in ("In your Zotero", "Read again", "private", "only mine", "users/12"):
                assert secret not in text
        assert "users/12" not in amos.get("/sources").text
        exported = amos.get(f"/paper/{number}/export/json").text
        assert "only mine" not in exported
        assert "private" not in exported
