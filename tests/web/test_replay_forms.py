"""The forms of the replay's page: who may send them, what they refuse, and that looking changes nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from broadsheet.catalogue import Event
from broadsheet.web.authorisation import ROLES
from broadsheet.web.steering import replay_job
from tests.clock import NOON
from tests.pipeline import world
from tests.web.markup import Page
from tests.web.members import Town, post, town

MIX = {"recency": "0.25", "diversity": "0.3", "exploration": "0.05"}
FORMS = {"/replay": MIX, "/replay/interleave": {"what": "start", **MIX, "recency": "1"}}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A community in which rita saved a paper on each of three days."""
    folder = tmp_path_factory.mktemp("forms")
    with broadsheet.open(folder / "stocked", clock=lambda: NOON - timedelta(days=40)) as library:
        library.add(*world.records(count=14))
    with town(folder / "stocked", folder / "library") as running:
        readers = running.library.catalogue.readers
        for day in range(3):
            number = running.library.resolve(world.key(world.BEES, day))
            readers.log(readers.get("rita").id, [Event("save", number, at=NOON - timedelta(days=9 - day))])
        yield running


def settled(place: Town) -> tuple[object, ...]:
    """What forms may change."""
    names = ("rita", "otto", "amos")
    drafts = [place.library.interleaving(name) for name in names]
    return *[place.library.last_replay(name) for name in names], *drafts, *map(place.library.tuning, names)


@pytest.mark.parametrize("path", FORMS)
def test_forms_are_of_members_with_a_token_of_their_browser(place: Town, path: str) -> None:
    before = settled(place)
    assert place.as_("").post(path, data=FORMS[path]).status_code == 401
    rita = place.as_("rita")
    assert rita.post(path, data=FORMS[path]).status_code == 403
    assert rita.post(path, data={**FORMS[path], "csrf": "guess"}).status_code == 403
    token = re.search(r'name="csrf" value="([^"]+)"', place.as_("otto").get("/replay").text)
    assert token
    assert rita.post(path, data={**FORMS[path], "csrf": token[1]}).status_code == 403  # another's
    assert rita.get(path + ("" if path == "/replay" else "?what=start")).status_code in (200, 404, 405)
    assert settled(place) == before


BAD: list[tuple[str, dict[str, str]]] = [
    ("/replay", {}),
    ("/replay", {"recency": "0.5"}),
    *(("/replay", {**MIX, name: value}) for name in MIX for value in ("-0.1", "1.1", "nan", "much", "", "1e999")),
    ("/replay/interleave", {}),
    ("/replay/interleave", {"what": "begin", **MIX}),
    ("/replay/interleave", {"what": "start" * 100, **MIX}),
    ("/replay/interleave", {"what": "start", **MIX, "ranking": "fame"}),
    ("/replay/interleave", {"what": "start", **MIX, "ranking": "<b>" * 50}),
    ("/replay/interleave", {"what": "start", **MIX, "recency": "2"}),
    ("/replay/interleave", {"what": "start", **MIX}),  # the own mix
    ("/replay/interleave", {"what": "stop"}),  # none runs
]


@pytest.mark.parametrize(("path", "fields"), BAD)
def test_what_is_not_understood_is_refused_and_changes_nothing(place: Town, path: str, fields: dict[str, str]) -> None:
    before = settled(place)
    answer = post(place.as_("otto"), path, **fields)
    assert answer.status_code == 400
    assert Page(answer.text).faults == []
    assert "<b><b>" not in answer.text
    assert settled(place) == before


def test_looking_changes_nothing(place: Town) -> None:
    before = settled(place)
    for name in ("rita", "otto", "amos"):
        for path in ("/replay", "/replay/progress", "/replay?done=replay", "/replay?recency=1&what=start"):
            answer = place.as_(name).get(path)
            assert (answer.status_code, settled(place)) == (200, before)
    assert {ROLES[f"{method} /replay"].value for method in ("GET", "POST")} == {"reader"}


def test_notices_say_what_was_done(place: Town) -> None:
    rita = place.as_("rita")
    for done, says in (
        ("replay", "Your past is being replayed."),
        ("replaying", "Your past is being replayed already."),
        ("start-draft", "Your page is drafted from two mixes from now on."),
        ("stop-draft", "Your page is of one mix again."),
    ):
        page = rita.get(f"/replay?done={done}").text
        assert says in unescape(page.partition('id="notice"')[2].partition("</p>")[0])


def test_while_one_is_replayed_others_wait_and_see_their_own_line(place: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, goes_on, whole = threading.Event(), threading.Event(), place.library.replay

    def slow(reader: str, **options: Any) -> Any:
        options["progress"]("fitting", 3, 20)
        begun.set()
        assert goes_on.wait(30)
        return whole(reader, **options)

    monkeypatch.setattr(place.library, "replay", slow)
    rita, otto = place.as_("rita"), place.as_("otto")
    try:
        assert post(rita, "/replay", **MIX).headers["location"] == "/replay?done=replay"
        assert post(otto, "/replay", **MIX).headers["location"] == "/replay?done=replay"
        assert post(otto, "/replay", **MIX).headers["location"] == "/replay?done=replaying"
        assert begun.wait(30)
        line = rita.get("/replay/progress").text
        assert "Fitting: 3 of 20" in line
        assert 'data-poll="/replay/progress"' in line
        assert "Waiting for other replays" in otto.get("/replay/progress").text
        assert "Fitting" not in otto.get("/replay").text
        assert "data-poll" not in place.as_("amos").get("/replay").text
        page = Page(rita.get("/replay").text)
        assert page.faults == []
    finally:
        goes_on.set()
        place.site.replays.wait(60)
    assert "2 saves on 2 days" in rita.get("/replay").text
    said = otto.get("/replay").text
    assert "Nothing to replay: otto saved no paper; save some, and try again later." in said
    assert "data-poll" not in said


def test_a_running_draft_is_shown_with_its_verdict_and_stopped_alone(place: Town) -> None:
    rita, otto = place.as_("rita"), place.as_("otto")
    for member, recency in ((rita, "1"), (otto, "0.5")):
        assert post(member, "/replay/interleave", what="start", **{**MIX, "recency": recency}).status_code == 303
    page = rita.get("/replay").text
    assert "another one (ranking page, recency 1.0, diversity 0.3, exploration 0.05)" in " ".join(page.split())
    assert "No page was drafted yet: read one first." in page
    assert 'id="live-recency"' not in page
    assert post(rita, "/replay/interleave", what="stop").status_code == 303
    assert 'id="live-recency"' in rita.get("/replay").text
    assert 'value="stop"' in otto.get("/replay").text
    assert post(otto, "/replay/interleave", what="stop").status_code == 303


def test_the_queue_has_an_end(place: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_job, "MOST", 0)
    answer = post(place.as_("amos"), "/replay", **MIX)
    assert answer.status_code == 400
    assert "Too many replays are waiting" in answer.text or "too many replays are waiting" in answer.text


def test_every_page_of_a_readers_page_leads_to_the_replay(place: Town) -> None:
    rita = place.as_("rita")
    for path in ("/about-feed", "/replay", "/exchange"):
        links = re.findall(r'<nav class="nearby" aria-label="Your page">(.*?)</nav>', rita.get(path).text, re.DOTALL)
        assert len(links) == 1, path
        assert 'href="/replay"' in links[0]
    assert 'href="/replay" aria-current="page"' in rita.get("/replay").text


def test_a_folder_that_cannot_be_written_shows_what_was_replayed(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path / "library", clock=lambda: NOON - timedelta(days=40)) as library:
        library.add(*world.records(count=14))
        who = library.catalogue.readers.get("me", create=True).id
        for day in range(3):
            number = library.resolve(world.key(world.BEES, day))
            library.catalogue.readers.log(who, [Event("save", number, at=NOON - timedelta(days=9 - day))])
    with broadsheet.open(tmp_path / "library", read_only=True, clock=lambda: NOON) as library:
        jobs = replay_job.ReplayJobs(library)
        assert jobs.start("me", {})
        jobs.wait(60)
        report = jobs.last("me")
        assert report is not None
        assert (report["saves"], library.last_replay("me")) == (2, None)
