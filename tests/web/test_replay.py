"""The page of the replay: it runs in the background, shows intervals, tries a mix, and drafts pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import broadsheet
from broadsheet.catalogue import Event
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library
from broadsheet.web.steering.replay import plot
from broadsheet.web.steering.replay_job import ReplayJobs
from tests.clock import NOON
from tests.pipeline import world
from tests.web.markup import Page
from tests.web.members import Town, post, town
from tests.web.replayed import full_report
from tests.web.served import Served, served

MIX = {"recency": "0.25", "diversity": "0.3", "exploration": "0.05"}


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library whose reader saved a paper on clocks on each of twelve days."""
    folder = tmp_path_factory.mktemp("past") / "library"
    with broadsheet.open(folder, clock=lambda: NOON - timedelta(days=40)) as library:
        library.add(*world.records(count=20))
        who = library.catalogue.readers.get("me", create=True).id
        for day in range(12):
            number = library.resolve(world.key(world.CLOCKS, day))
            library.catalogue.readers.log(who, [Event("save", number, at=NOON - timedelta(days=30 - day))])
    return folder


@pytest.fixture(scope="module")
def site(past: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(shutil.copytree(past, tmp_path_factory.mktemp("replayed") / "library")) as running:
        yield running


def replay(site: Served, **mix: str) -> str:
    """Replay, wait for it, and give the page."""
    answer = post(site.client, "/replay", **{**MIX, **mix})
    assert (answer.status_code, answer.headers["location"]) == (303, "/replay?done=replay")
    site.site.replays.wait(60)
    return site.client.get("/replay").text


def test_before_the_first_replay_the_page_offers_one(past: Path, tmp_path: Path) -> None:
    with served(shutil.copytree(past, tmp_path / "library")) as own:
        page = own.client.get("/replay").text
        assert "Replay your past" in page
        assert "<table" not in page
        assert own.client.get("/replay/progress").text.count("data-poll") == 0
        refused = own.client.post("/replay", data=MIX)
        assert refused.status_code == 403
        assert post(own.client, "/replay", **{**MIX, "recency": "2"}).status_code == 400
        assert own.library.last_replay("me") is None


def test_a_replay_is_shown_with_intervals_a_plot_and_its_table(site: Served) -> None:
    page = replay(site)
    assert "11 saves on 11 days, 2026-06-02 to 2026-06-12" in page
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th>', page)
    assert rows[0] == "Your page, with your mix"
    assert rows[5:7] == ["At random", rows[6]]
    assert page.count("<small>") > 10
    assert "too few to tell your page from newest first" in page
    assert page.count("<circle") == len(re.findall(r'<th scope="row">[\d.]+ %</th>', page)) == 5
    assert 'role="img" aria-label="Across, the chance that was given' in page
    assert "The mix you tried" not in page
    assert len(page) < 150_000


def test_a_mix_is_tried_on_the_past_and_then_taken(site: Served) -> None:
    page = replay(site, recency="1")
    panel = page.partition("The mix you tried")[2].partition("</section>")[0]
    assert "Newness 1.0, variety 0.3, exploration 0.05." in panel
    assert re.search(r"among the first 50 by [+-]\d+ <small>[+-]\d+ to [+-]?\d+</small> of 100", panel)
    fields = dict(re.findall(r'<input type="hidden" name="(recency|diversity|exploration)" value="([\d.]+)">', panel))
    assert fields == {"recency": "1.0", "diversity": "0.3", "exploration": "0.05"}
    assert site.library.tuning("me").recency == 0.25
    assert post(site.client, "/tuning", **fields).status_code == 303
    assert site.library.tuning("me").recency == 1
    site.library.tune("me", recency=0.25)


def test_pages_are_drafted_until_that_is_stopped(site: Served) -> None:
    begun = post(site.client, "/replay/interleave", what="start", **{**MIX, "recency": "1"})
    assert begun.headers["location"] == "/replay?done=start-draft"
    front = site.client.get("/", headers={"Sec-Fetch-Site": "same-origin"}).text
    assert "team" not in front
    assert site.library.feed("me", log=False).items[0].team in ("own", "other")
    page = site.client.get("/replay").text
    assert "your page is drafted from your mix and another one" in page
    assert 'value="stop"' in page
    assert post(site.client, "/replay/interleave", what="stop").status_code == 303
    assert {item.team for item in site.library.feed("me", log=False).items} == {""}
    for fields, status in (({"what": "stop"}, 400), ({"what": "start", **MIX}, 400), ({"what": "x"}, 400)):
        assert post(site.client, "/replay/interleave", **fields).status_code == status
    assert post(site.client, "/replay/interleave", what="start", ranking="fame", **MIX).status_code == 400


@pytest.fixture
def library(past: Path, tmp_path: Path) -> Iterator[Library]:
    with broadsheet.open(shutil.copytree(past, tmp_path / "library"), clock=lambda: NOON) as library:
        yield library


def test_replays_run_one_after_the_other_and_failures_are_said(library: Library) -> None:
    library.create_reader("ann")
    jobs = ReplayJobs(library)
    assert jobs.start("me", {})
    assert jobs.start("ann", {})
    assert not jobs.start("me", {})
    jobs.wait(60)
    assert (jobs.line("me"), jobs.failure("me")) == ("", "")
    assert jobs.failure("ann").startswith("nothing to replay: ann saved no paper")
    assert jobs.last("ann") is None
    report = jobs.last("me")
    assert report is not None
    assert report["saves"] == 11


def test_progress_is_told_and_the_end_of_a_server_ends_a_replay(library: Library) -> None:
    jobs, lines = ReplayJobs(library), list[str]()

    def progress(stage: str, done: int, total: int | None) -> None:
        lines.append(f"{stage} {done} {total}")

    library.replay("me", steps=3, progress=progress)
    assert lines == ["fitting 0 3", "fitting 1 3", "fitting 2 3", "reading words 0 None", "ranking 0 2", "ranking 1 2"]
    library.forget_history("me")
    jobs.stop()
    jobs.start("me", {})
    jobs.wait(60)
    assert jobs.last("me") is None


def test_an_unexpected_error_is_said_and_the_next_reader_served(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, jobs = library.replay, ReplayJobs(library)

    def fails(reader: str, **options: Any) -> Any:
        if reader == "ann":
            raise ZeroDivisionError
        return whole(reader, **options)

    monkeypatch.setattr(library, "replay", fails)
    jobs.start("ann", {})
    jobs.start("me", {})
    jobs.wait(60)
    assert jobs.failure("ann") == "the replay stopped on an unexpected error; the server's log has the details"
    assert jobs.last("me") is not None


def test_too_many_that_wait_are_refused(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = ReplayJobs(library)
    monkeypatch.setattr("broadsheet.web.steering.replay_job.MOST", 0)
    with pytest.raises(UsageError, match="too many replays are waiting"):
        jobs.start("me", {})


def test_what_cannot_be_kept_is_shown_until_the_server_ends(past: Path) -> None:
    with broadsheet.open(past, read_only=True, clock=lambda: NOON) as library:
        jobs = ReplayJobs(library)
        jobs.start("me", {"recency": 1.0})
        jobs.wait(60)
        report = jobs.last("me")
        assert report is not None
        assert (report["saves"], report["made_at"], library.last_replay("me")) == (11, NOON, None)


def test_members_see_their_own_replays_and_visitors_none(past: Path, tmp_path: Path) -> None:
    with town(past, tmp_path / "library") as place:
        _two_members(place)


def _two_members(place: Town) -> None:
    assert place.as_("").get("/replay").status_code == 401
    rita, otto = place.as_("rita"), place.as_("otto")
    for name, who in (("rita", 0), ("otto", 1)):
        number = place.library.catalogue.readers.get(name).id
        for day in range(4):
            paper = place.library.resolve(world.key(world.TOPICS[who], day))
            place.library.catalogue.readers.log(
                number, [Event("save", paper, at=NOON - timedelta(days=30 - day - who))]
            )
    assert _run(place, rita) == 303
    assert "3 saves on 3 days, 2026-06-02" in rita.get("/replay").text
    assert "Replay your past" in otto.get("/replay").text
    assert post(rita, "/replay/interleave", what="start", **{**MIX, "recency": "1"}).status_code == 303
    assert "Stop it" not in otto.get("/replay").text
    assert place.library.interleaving("otto") is None


def _run(place: Town, member: httpx.Client) -> int:
    status = post(member, "/replay", **MIX).status_code
    place.site.replays.wait(60)
    return status


def test_a_full_report_has_every_part_on_the_page(past: Path, tmp_path: Path) -> None:
    with served(shutil.copytree(past, tmp_path / "library")) as own:
        readers = own.library.catalogue.readers
        readers.experiments.keep_replay(readers.get("me").id, full_report("me"))
        page = own.client.get("/replay").text
    assert Page(page).faults == []
    assert "60 saves on 41 days, 2026-01-02 to 2026-06-28" in page
    assert "up to 4,321 that were there and that you had not used. 3 saves are left out" in page
    assert "7 are older than the paper’s arrival here" in page
    assert "Newness 0.6, variety 0.3, exploration 0.05." in page
    assert page.count('<th scope="row">') == 7 + 5
    assert page.count("which holds 0") == 6


def test_the_plot_has_round_axes_and_every_bin() -> None:
    def bin_(said: float, value: float, low: float, high: float) -> dict[str, object]:
        return {"said": said, "saved": {"value": value, "low": low, "high": high}, "papers": 20}

    small = plot({"bins": [bin_(0.01, 0.0, 0.0, 0.03), bin_(0.02, 0.025, 0.01, 0.045)]})
    assert small == {"points": [(60.0, 300.0, 300.0, 120.0), (120.0, 150.0, 240.0, 30.0)], "end": 0.05, "side": 300}
    whole = plot({"bins": [bin_(0.9, 1.0, 0.8, 1.0)]})
    assert whole is not None
    assert (whole["end"], whole["points"]) == (1.0, [(270.0, 0.0, 60.0, 0.0)])
    assert plot(None) is None
