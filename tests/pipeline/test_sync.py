"""Syncing with a stand-in of arXiv on loopback, which also misbehaves; and looking papers up by id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

import broadsheet
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.ingest import sync
from broadsheet.pipeline.library import Library
from broadsheet.settings import FILE_NAME
from tests.sources.invented import Invented
from tests.sources.network import START, FakeClock
from tests.sources.provider import FakeProvider, invented, provider

PAPERS = invented(20, first_day=date(2026, 3, 16))  # 4 days; every second paper is also in cs.LG


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The time of the network client: only its own sleeping moves it."""
    clock = FakeClock()
    monkeypatch.setattr(sync, "time", SimpleNamespace(sleep=clock.sleep))
    return clock


@pytest.fixture
def server(clock: FakeClock) -> Iterator[FakeProvider]:
    with provider(PAPERS, clock=clock.now) as running:
        yield running


@pytest.fixture
def library(server: FakeProvider, clock: FakeClock, tmp_path: Path) -> Iterator[Library]:
    """An empty library set up for the stand-in."""
    ends = server.endpoints
    (tmp_path / FILE_NAME).write_text(
        f'[arxiv]\nsets = ["cs:cs:IR"]\noai_url = "{ends.arxiv_oai}"\nfeed_url = "{ends.arxiv_feed}"\n'
        f'api_url = "{ends.arxiv_api}"\n[crossref]\nurl = "{ends.crossref}"\n[datacite]\nurl = "{ends.datacite}"\n',
        encoding="utf-8",
    )
    with broadsheet.open(tmp_path, clock=lambda: datetime.fromtimestamp(clock.time, UTC)) as library:
        yield library


def cursor(library: Library) -> dict[str, str]:
    return dict(json.loads(library.catalogue.harvest.cursor("arxiv-oai:cs:cs:IR") or "{}"))


def test_a_sync_brings_everything_once(library: Library, server: FakeProvider) -> None:
    [report] = library.sync()
    assert (report.source, report.read, report.added, report.quarantined) == ("arxiv", 20, 20, 0)
    assert report.messages == ()
    assert len([seen for seen in server.log if seen.route == "oai"]) == 5  # pages of 4
    assert cursor(library) == {"from": "2026-03-20"}
    assert library.search("glacier OR lighthouse OR tidal", 100).total == 20
    assert library.snapshot().count == 20

    [again] = library.sync()
    assert (again.read, again.added) == (0, 0)
    assert server.log[-1].query["from"] == "2026-03-20"
    assert library.stats().papers == 20


def test_a_changed_paper_is_updated(library: Library, server: FakeProvider) -> None:
    library.sync()
    old = PAPERS[3]
    server.records = (
        *PAPERS[:3],
        Invented(old.key, "An entirely new title for it", datestamp=date(2026, 3, 21)),
        *PAPERS[4:],
    )
    [report] = library.sync()
    assert (report.read, report.updated, report.added) == (1, 1, 0)
    assert library.paper(old.key).paper.title == "An entirely new title for it"
    assert [paper.title for _, _, paper in library.versions(old.key)] == [old.title]
    assert library.search("title:entirely").total == 1


def test_a_run_that_fails_keeps_what_came_and_goes_on_there(library: Library, server: FakeProvider) -> None:
    server.misbehave("oai", "", "", *["503"] * 5)
    [report] = library.sync()
    assert (report.read, report.added) == (8, 8)
    assert len(report.messages) == 1
    assert report.messages[0].startswith("arxiv is left alone until ")
    assert "status 503" in report.messages[0]
    assert library.snapshot().count == 8
    assert set(cursor(library)) == {"from", "token", "response_date", "seen"}
    arxiv = library.sources()[0]
    assert (arxiv.name, arxiv.kind, arxiv.state, arxiv.papers) == ("arxiv", "network", "parked", 8)
    assert arxiv.last_error == report.messages[0]
    assert arxiv.cursor.startswith('cs:cs:IR: {"from"')


def test_a_parked_provider_is_asked_again_later(library: Library, server: FakeProvider, clock: FakeClock) -> None:
    server.misbehave("oai", "", *["500"] * 5)
    library.sync()
    asked = len(server.log)
    [refused] = library.sync()
    assert (refused.read, len(refused.messages), len(server.log)) == (0, 1, asked)
    parked = library.sources()[0].parked_until
    assert parked is not None
    assert parked > datetime.fromtimestamp(clock.time, UTC)
    clock.time = parked.timestamp() + 1
    assert library.sources()[0].state == "failed"
    [report] = library.sync()
    assert (report.read, report.added, report.messages) == (16, 16, ())
    assert server.log[asked].query["resumptionToken"]
    assert library.stats().papers == 20
    assert library.sources()[0].state == "ready"


@pytest.mark.parametrize("fault", ["truncated", "bomb", "wrong-type", "empty"])
def test_a_bad_answer_costs_nothing_that_came_before(library: Library, server: FakeProvider, fault: str) -> None:
    server.misbehave("oai", "", *[fault] * 4)
    [report] = library.sync()
    assert 4 <= report.added <= 8
    assert report.quarantined == len(library.quarantine()) >= 1
    token, asked = cursor(library)["token"], len(server.log)
    server.behave()
    [rest] = library.sync()
    assert (rest.read, rest.quarantined, rest.messages) == (16, 0, ())
    assert server.log[asked].query["resumptionToken"] == token
    assert library.stats().papers == 20


def test_cursor_and_records_are_one_transaction(
    library: Library, server: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that dies while a page is stored leaves neither its records nor its cursor."""
    add, calls = library.catalogue.papers.add, []

    def dies(*args: object, **given: object) -> object:
        calls.append(given["cursor"])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return add(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(library.catalogue.papers, "add", dies)
    with pytest.raises(KeyboardInterrupt):
        library.sync()
    monkeypatch.undo()
    assert library.stats().papers == 8
    assert json.loads(calls[1][1]) == cursor(library)  # type: ignore[index]
    assert library.search("study", 100).total == 8


def test_limit_and_stop_end_after_a_page(library: Library) -> None:
    [first] = library.sync(limit=5)
    assert first.read == 8
    [second] = library.sync(stop=lambda: True)
    assert (second.read, second.added) == (4, 4)
    [third] = library.sync()
    assert (third.read, library.stats().papers) == (8, 20)


def test_the_announcements_are_a_source_of_their_own(library: Library, server: FakeProvider) -> None:
    harvest, feed = library.sync(["arxiv", "arxiv-feed"])
    assert (harvest.added, feed.source, feed.read, feed.added) == (20, "arxiv-feed", 20, 0)
    assert feed.merged == 20
    statuses = {status.name: status for status in library.sources()}
    assert {name: (status.state, status.papers) for name, status in statuses.items()} == {
        "arxiv": ("ready", 20),
        "arxiv-feed": ("ready", 20),
        "daily-papers": ("never run", 0),
        "openalex": ("never run", 0),
        "semantic-scholar": ("never run", 0),
    }
    [again] = library.sync(["arxiv-feed"])
    assert (again.read, again.messages) == (0, ())
    assert server.log[-1].headers["If-None-Match"]
    assert library.paper(PAPERS[0].key).paper.announced == date(2026, 3, 20)


def test_trouble_with_one_source_stops_no_other(library: Library, server: FakeProvider) -> None:
    server.misbehave("feed", "404")
    feed, harvest = library.sync(["arxiv-feed", "arxiv"])
    assert (feed.read, len(feed.messages), harvest.added) == (0, 1, 20)
    assert "status 404" in feed.messages[0]
    states = {status.name: (status.state, status.last_error) for status in library.sources()}
    assert states["arxiv-feed"] == ("failed", feed.messages[0])
    assert states["arxiv"][0] == "ready"


def test_an_unknown_source_is_refused(library: Library, server: FakeProvider) -> None:
    with pytest.raises(UsageError, match="no source named 'bioarxiv'"):
        library.sync(["arxiv", "bioarxiv"])
    assert server.log == []
    assert [(s.name, s.state, s.last_run) for s in library.sources()] == [
        ("arxiv", "never run", None),
        ("arxiv-feed", "never run", None),
        ("daily-papers", "never run", None),
        ("openalex", "never run", None),
        ("semantic-scholar", "never run", None),
    ]


def test_we_keep_to_the_provider_s_pace(library: Library, server: FakeProvider, clock: FakeClock) -> None:
    library.sync()
    arrivals = server.arrivals("oai")
    assert arrivals[0] == START
    assert all(later - earlier >= 3.0 for earlier, later in pairwise(arrivals))


def test_papers_are_looked_up_by_id(library: Library, server: FakeProvider) -> None:
    doi = Invented("2603.77777", "A paper that only has a DOI", doi="10.5555/invented.1", journal="Imaginary Letters")
    server.records = (*PAPERS, doi)
    library.add_ids([PAPERS[0].key])
    asked = len(server.log)
    report = library.add_ids(
        [PAPERS[0].key, f"https://arxiv.org/abs/{PAPERS[1].key}v1", "doi:10.5555/INVENTED.1", "2603.99999", "rubbish"]
    )
    assert (report.source, report.read, report.added, report.unchanged, report.quarantined) == ("lookup", 5, 2, 1, 2)
    assert len(server.log) == asked + 2  # one request to arXiv, one to Crossref; what is here is not asked for
    assert {q.place: q.reason[:30] for q in library.quarantine()} == {
        "2603.99999": "arXiv knows no paper of this i",
        "rubbish": "neither an arXiv id such as 26",
    }
    assert library.paper("10.5555/invented.1").paper.venue == "Imaginary Letters"
    assert library.search("title:DOI").total == 1
    assert library.sources()[0].papers == 2


def test_pasted_ids_are_looked_up_and_saved(library: Library) -> None:
    library.sync(limit=4)
    report = library.import_saved("me", f"{PAPERS[0].key}, {PAPERS[9].key}\n{PAPERS[10].key}")
    assert (report.read, report.added, report.unchanged) == (3, 2, 1)
    saved = library.papers(sorted(library.state("me").saved))
    assert {s.paper.title for s in saved} == {PAPERS[n].title for n in (0, 9, 10)}
    assert not library.feed("me").cold
