"""The page of connections: a key goes in and is never shown again, and everybody sees their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from broadsheet.kit.errors import LibraryError
from broadsheet.kit.progress import Progress
from broadsheet.sources.net.rate_limit import Provider
from broadsheet.sources.providers.zotero import providers
from broadsheet.web.sync_job import Job
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


def test_wrong_forms_are_refused_in_words(own: Served, zotero: ZoteroServer) -> None:
    settings = own.library.settings
    own.library.settings = replace(settings, zotero=replace(settings.zotero, url=zotero.url, local_url=zotero.url))
    zotero.may_write = False
    for fields, told in (
        ({"key": ""}, "a key of access is needed"),
        ({"key": KEY, "group": "12x"}, "a group has a number"),
        ({"key": KEY, "write_to": "Out"}, "may not write to users/12"),
        ({"local": "yes", "write_to": "Out"}, "only read"),
        ({"local": "yes"}, "Zotero refuses the key"),  # what answers there wants one
    ):
        answer = own.post("/connections", **fields)
        assert answer.status_code == 400
        assert told in answer.text
        assert KEY not in answer.text
        assert not Page(answer.text).faults
    assert own.post("/connections", key="x" * 301).status_code == 400
    assert own.post("/connections/disconnect", number="-1").status_code == 400
    assert own.post("/connections/disconnect", number="77").status_code == 400
    assert own.site.community.connections.all("me") == []
    assert not (own.library.path / "keys").exists()
    assert own.client.get("/connections/sync").status_code == 405


def test_a_page_says_what_waits_and_what_went_wrong(own: Served, zotero: ZoteroServer) -> None:
    settings = own.library.settings
    own.library.settings = replace(settings, zotero=replace(settings.zotero, url=zotero.url, hours=0))
    own.library.act("me", own.number("2601.00001"), "save")
    assert own.post("/connections", key=KEY, write_to="From here").status_code == 303
    own.site.connection_job().wait(20)
    text = own.client.get("/connections").text
    assert "nothing waits" in text
    assert "when you ask for it" in text
    assert len(zotero.items) == 4
    own.library.act("me", own.number("2601.00002"), "save")
    [one] = own.site.community.connections.all("me")
    own.library.catalogue.connections.change(one.id, error="<b>down</b> & out")
    text = own.client.get("/connections").text
    assert "1 paper at the next sync" in text
    assert "&lt;b&gt;down&lt;/b&gt; &amp; out" in text
    assert not Page(text).faults


def test_one_job_a_reader_at_a_time_and_it_stops_with_the_server(own: Served) -> None:
    job = own.site.connection_job()
    assert own.site.connection_job() is job
    started, go = threading.Event(), threading.Event()

    def work(on_progress: Progress, stop: Callable[[], bool]) -> str:
        on_progress("reading", 3, 10)
        started.set()
        go.wait(10)
        return f"stopped: {stop()}"

    assert job.begin(work)
    assert started.wait(10)
    assert (job.running, job.line) == (True, "reading: 3 of 10")
    assert not job.start()
    assert own.post("/connections/sync").headers["location"] == "/connections?done=busy"
    assert 'data-poll="/connections/progress"' in own.client.get("/connections").text
    threading.Timer(0.05, go.set).start()
    own.site.stop_jobs()
    assert (job.running, job.line) == (False, "stopped: True")


def test_a_job_that_fails_says_so(own: Served) -> None:
    job = Job()

    def fail(*_: object) -> str:
        raise LibraryError("the disk is full")

    job.begin(fail)
    job.wait(10)
    assert job.line == "the disk is full"
