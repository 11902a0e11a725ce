"""Everything in one file, on the pages: made, fetched once, read in, taken out again; and the bookmark that adds."""

from __future__ import annotations

import io
import threading
import zipfile
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from broadsheet.community.exchange import takeout
from broadsheet.web.exchange import takeouts
from broadsheet.web.exchange.takeout_job import TakeoutJobs
from tests.web.markup import Page
from tests.web.members import PASSWORD, Town, form_token, post
from tests.web.served import Served


def upload(client: httpx.Client, body: bytes) -> httpx.Response:
    form = {"csrf": form_token(client, "/exchange")}
    return client.post("/exchange/takeout/import", data=form, files={"file": ("all.zip", body)})


def test_an_archive_is_made_and_read_back(own: Served) -> None:
    own.library.act("me", "2601.00001", "save")
    own.library.act("me", "2601.00002", "tag", "to read")
    made = own.post("/exchange/takeout")
    assert (made.status_code, made.headers["content-type"]) == (200, "application/zip")
    assert made.headers["cache-control"] == "private, no-store"
    assert made.headers["content-disposition"] == 'attachment; filename="broadsheet-takeout.zip"'
    with zipfile.ZipFile(io.BytesIO(made.content)) as file:
        assert file.testzip() is None
        assert "Late interaction with pruned token vectors" in file.read("index.html").decode()
    own.library.act("me", "2601.00001", "unsave")
    own.library.forget_history("me")
    answer = upload(own.client, made.content)
    assert answer.status_code == 200
    assert Page(answer.text).faults == []
    assert "3 papers read, 0 of them new." in answer.text  # one of an earlier save and its undo
    assert list(own.library.state("me").saved) == [own.number("2601.00001")]
    assert list(own.library.state("me").tags) == ["to read"]
    number = answer.text.partition('name="import" value="')[2].partition('"')[0]
    undone = own.post("/exchange/takeout/undo", **{"import": number})
    assert undone.headers["location"] == "/exchange?done=unimport&papers=0#takeout"
    assert own.library.state("me").saved == {}
    assert own.post("/exchange/takeout/undo", **{"import": number}).status_code == 400
    assert own.library.check().ok


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"x" * 1000])
def test_what_is_no_archive_is_refused_with_one_line(own: Served, body: bytes) -> None:
    answer = upload(own.client, body)
    assert answer.status_code == 400
    assert "takeout.zip: is no whole ZIP file" in answer.text
    assert own.post("/exchange/takeout/import").status_code == 400
    assert own.client.post("/exchange/takeout/import", files={"file": ("x.zip", body)}).status_code == 403


def test_a_large_archive_is_made_while_the_reader_goes_on(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    own.library.act("me", "2601.00001", "save")
    go_on, real = threading.Event(), own.library.catalogue.community.belongings.all

    def slow(reader_id: int) -> object:
        assert go_on.wait(20)
        return real(reader_id)

    monkeypatch.setattr(own.library.catalogue.community.belongings, "all", slow)
    monkeypatch.setattr(takeouts, "WAIT", 0.05)
    assert own.client.get("/exchange/takeout.zip").status_code == 404
    assert own.post("/exchange/takeout").headers["location"] == "/exchange?done=takeout#takeout"
    assert "Your archive is being made" in own.client.get("/exchange").text
    assert own.post("/exchange/takeout").status_code == 303  # the same one
    assert own.client.get("/exchange/takeout.zip").status_code == 404
    job = own.site.takeouts.of(own.site.community, "me")
    assert job is not None
    go_on.set()
    assert job.wait(20)
    assert 'href="/exchange/takeout.zip"' in own.client.get("/exchange").text
    fetched = own.client.get("/exchange/takeout.zip")
    assert zipfile.ZipFile(io.BytesIO(fetched.content)).testzip() is None
    for _ in range(2000):  # it goes once it is sent
        if own.site.takeouts.of(own.site.community, "me") is None and not job.path.exists():
            break
        threading.Event().wait(0.01)
    assert not job.path.exists()


def test_an_archive_that_cannot_be_made_says_so_and_leaves_nothing(
    own: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(reader_id: int) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(own.library.catalogue.community.belongings, "all", full)
    assert own.post("/exchange/takeout").status_code == 400
    assert "could not be made" in own.client.get("/exchange").text
    job = own.site.takeouts.of(own.site.community, "me")
    assert job is not None
    jobs: TakeoutJobs = own.site.takeouts
    jobs.stop()
    assert not job.path.parent.exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_half_an_archive_is_never_offered(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_community: object, _reader: str, path: Path, _progress: object) -> None:
        path.write_bytes(b"PK, and half of it")
        raise ValueError("a fault of the program")

    monkeypatch.setattr(takeout, "write_takeout", breaks)
    answer = own.post("/exchange/takeout")
    assert answer.status_code == 400
    assert "stopped on an unexpected error" in answer.text
    assert own.client.get("/exchange/takeout.zip").status_code == 404


def test_members_take_and_bring_only_what_is_their_own(own_town: Town) -> None:
    library = own_town.library
    library.act("rita", "2601.00001", "save")
    library.act("otto", "2601.00002", "tag", "otto’s secret")
    number = library.resolve("2601.00001")
    post(own_town.as_("rita"), f"/papers/{number}/comments", text="Said to everybody.")
    archive = post(own_town.as_("rita"), "/account/archive").content
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        whole = b"".join(file.read(name) for name in file.namelist()).decode()
    assert "Said to everybody." in whole
    assert "secret" not in whole
    assert "otto" not in whole
    assert own_town.as_("otto").get("/exchange/takeout.zip").status_code == 404
    assert own_town.as_("").get("/exchange/takeout.zip").status_code == 401
    brought = upload(own_town.as_("otto"), archive)
    assert brought.status_code == 200
    assert set(library.state("otto").saved) == {number}
    assert set(library.state("otto").tags) == {"otto’s secret"}
    said = own_town.as_("").get(f"/paper/{number}/comments").text
    assert said.count("Said to everybody.") == 1  # otto has it as a note, which nobody else sees
    assert "Said to everybody." in own_town.as_("otto").get(f"/paper/{number}/comments").text
    imported = brought.text.partition('name="import" value="')[2].partition('"')[0]
    assert post(own_town.as_("rita"), "/exchange/takeout/undo", **{"import": imported}).status_code == 400
    assert post(own_town.as_("otto"), "/exchange/takeout/undo", **{"import": imported}).status_code == 303
    assert library.state("otto").saved == {}
    assert set(library.state("rita").saved) == {number}


def test_the_bookmark_finds_the_paper_of_an_address(own: Served) -> None:
    page = own.client.get("/exchange").text
    assert f"javascript:void(open(&#39;{own.url}/add?url=&#39;+encodeURIComponent(location.href)))" in page or (
        f"javascript:void(open('{own.url}/add?url='+encodeURIComponent(location.href)))" in page
    )

    def opened(url: str) -> str:
        text = own.client.get("/add", params={"url": url}).text
        assert Page(text).faults == []
        return text.partition("<main")[2].partition("</main>")[0]

    here = opened("https://arxiv.org/abs/2601.00001v2")
    number = own.number("2601.00001")
    assert f'action="/papers/{number}/act"' in here
    assert own.post(f"/papers/{number}/act", action="save").status_code == 303
    assert "is saved already." in opened("https://doi.org/10.5555/late.1")
    unknown = opened("https://example.org/article/10.5555/unknown.9?x=<script>")
    assert 'name="text" value="doi:10.5555/unknown.9"' in unknown
    assert "<script>alert" not in unknown
    assert "No arXiv id, DOI or other name of a paper is in https://example.org/" in opened("https://example.org/")
    assert 'action="/add"' in opened("")
    assert own.library.catalogue.papers.count() == len(own.library.papers(range(1, 100)))  # a look adds nothing


def test_zotero_reads_the_pages(own: Served) -> None:
    number = own.number("2601.00001")
    for path in (f"/paper/{number}", "/search?q=late+interaction"):
        spans = Page(own.client.get(path).text).all("span", **{"class": "Z3988"})
        assert "info:doi/10.5555/late.1" in parse_qs(spans[0]["title"])["rft.identifier"]


def test_an_archive_waits_for_its_reader_and_not_for_the_next_of_that_name(
    own_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, library = own_town.site, own_town.library
    monkeypatch.setattr(takeouts, "WAIT", 0.0)
    library.act("rita", "2601.00001", "save")
    job = site.takeouts.start(site.community, "rita")
    assert job.wait(20)
    assert site.takeouts.of(site.community, "rita") is job
    assert site.takeouts.of(site.community, "otto") is None
    library.delete_reader("rita")
    site.community.accounts.create("rita", PASSWORD)
    assert site.takeouts.of(site.community, "rita") is None
    browser = own_town.browser()
    post(browser, "/sign-in", name="rita", password=PASSWORD)
    assert browser.get("/exchange/takeout.zip").status_code == 404
