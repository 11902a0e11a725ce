"""The API of alerts and changes: two members, tokens of each scope, bodies of every wrong kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from broadsheet.community.actor import Scope
from broadsheet.kit.paper import Paper, Person, Record
from tests.clock import NOON
from tests.community.mailing import Clock
from tests.web.members import Town, town

AUTHOR = "Ida Invented"
CLOCK = Clock(NOON)


@pytest.fixture(scope="module")
def place(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A community where rita has an alert that found a paper, and both members saved one that changed."""
    with town(stocked, tmp_path_factory.mktemp("api") / "library", clock=CLOCK) as running:
        running.library.add(Record(Paper("First", authors=(Person(AUTHOR),)), "invented", "first"))
        body = {"kind": "author", "target": AUTHOR, "name": "Ida", "mail": "weekly", "webhook": "https://x.example/s"}
        assert running.as_("rita").post("/api/v1/alerts", json=body).status_code == 200
        for name in ("rita", "otto"):
            running.library.act(name, 1, "save")
        CLOCK.tomorrow()
        source, key, _, paper = running.library.records("1")[0]
        second = Record(replace(paper, abstract="An abstract that is new.", version=9), source, key)
        cited = {"references": ["10.5555/none"]}
        found = Record(Paper("Second", authors=(Person(AUTHOR),), extra=cited), "invented", "second")
        running.library.add(second, found)
        assert running.site.community.alerts.run().papers == 1
        yield running


def own(place: Town) -> str:
    return f"/api/v1/alerts/{place.site.community.alerts.all('rita')[0].id}"


def test_a_member_reads_what_is_theirs(place: Town) -> None:
    rita = place.as_("rita")
    [alert] = rita.get("/api/v1/alerts").json()
    assert {name: alert[name] for name in ("name", "kind", "target", "near", "mail", "webhook", "shape", "found")} == {
        **{"name": "Ida", "kind": "author", "target": "ida-invented", "near": 0.0, "mail": "weekly"},
        **{"webhook": True, "shape": "json", "found": 1},
    }
    assert alert["brings"]["papers"] == 2
    assert alert["feed"] == f"/alerts/{alert['id']}/feed.atom"
    assert rita.get(own(place)).json() == alert
    [hit] = rita.get(f"{own(place)}/papers").json()
    assert (hit["paper"]["title"], hit["is_new"], hit["near"] is None) == ("Second", alert["new"] == 1, False)
    assert rita.get(f"{own(place)}/papers?offset=1").json() == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/papers", None),
        ("POST", "/look", {}),
        ("PATCH", "", {"name": "Mine"}),
        ("PATCH", "", {"paused": True}),
        ("DELETE", "", {}),
    ],
)
def test_another_member_and_a_visitor_reach_nothing_of_it(place: Town, method: str, path: str, body: Any) -> None:
    before = place.site.community.alerts.all("rita")
    otto, visitor = place.as_("otto"), place.browser()
    assert otto.request(method, own(place) + path, json=body).status_code == 400
    assert visitor.request(method, own(place) + path, json=body).status_code == 401
    assert place.site.community.alerts.all("rita") == before
    assert otto.get("/api/v1/alerts").json() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "author"},
        {"kind": "venue", "target": "x"},
        {"kind": "author", "target": "Nobody At All"},
        {"kind": "author", "target": AUTHOR, "near": 100},
        {"kind": "author", "target": AUTHOR, "near": -1},
        {"kind": "author", "target": AUTHOR, "near": "far"},
        {"kind": "author", "target": AUTHOR, "mail": "hourly"},
        {"kind": "author", "target": AUTHOR, "webhook": "javascript:alert(1)"},
        {"kind": "author", "target": AUTHOR, "webhook": "https://name:word@x.example/"},
        {"kind": "author", "target": AUTHOR, "webhook": "https://x.example/\r\nX: y"},
        {"kind": "author", "target": AUTHOR, "webhook": "https://x.example/" + "x" * 3000},
        {"kind": "author", "target": AUTHOR, "shape": "teams"},
        {"kind": "author", "target": AUTHOR, "name": "x" * 300},
        {"kind": "author", "target": AUTHOR, "name": "Ida"},
        {"kind": "author", "target": "x" * 400},
        {"kind": "search", "target": "1"},
        {"kind": "cites", "target": "edition:2026-06"},
        {"kind": "author", "target": AUTHOR, "reader": "otto"},
        [],
        "text",
    ],
)
def test_a_body_that_makes_no_alert_is_refused_and_nothing_is_stored(place: Town, body: Any) -> None:
    rita = place.as_("rita")
    answer = rita.post("/api/v1/alerts", json=body)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()
    assert [one.name for one in place.site.community.alerts.all("rita")] == ["Ida"]


@pytest.mark.parametrize(
    "body",
    [
        *({"near": 99.95}, {"mail": ""}, {"name": ""}, {"name": " "}),
        *({"webhook": "ftp://x"}, {"paused": "maybe"}, {"id": 7}),
    ],
)
def test_a_change_that_is_none_is_refused(place: Town, body: Any) -> None:
    rita = place.as_("rita")
    before = rita.get(own(place)).json()
    assert rita.patch(own(place), json=body).status_code in {400, 422}
    assert rita.get(own(place)).json() == before


def test_a_change_leaves_what_it_does_not_name(place: Town) -> None:
    rita = place.as_("rita")
    before = rita.get(own(place)).json()
    assert rita.patch(own(place), json={}).json() == before
    changed = rita.patch(own(place), json={"near": 50, "mail": "no", "webhook": ""}).json()
    assert (changed["near"], changed["mail"], changed["webhook"], changed["name"]) == (50.0, "no", False, "Ida")
    back = {"near": 0, "mail": "weekly", "webhook": "https://x.example/s"}
    assert rita.patch(own(place), json=back).json() == before
    assert rita.patch(own(place), json={"paused": True}).json()["paused_at"]
    assert rita.patch(own(place), json={"paused": True}).json()["paused_at"]
    assert rita.patch(own(place), json={"paused": False}).json() == before


def test_a_form_of_another_site_changes_nothing(place: Town) -> None:
    rita, before = place.as_("rita"), place.site.community.alerts.all("rita")
    for method, path in (("POST", "/look"), ("PATCH", ""), ("DELETE", "")):
        assert rita.request(method, own(place) + path, data={"name": "x"}).status_code in {403, 415}
    assert place.site.community.alerts.all("rita") == before


def test_rates_are_told_for_any_threshold(place: Town) -> None:
    rita = place.as_("rita")
    rates = rita.get("/api/v1/alerts/rates", params={"target": AUTHOR}).json()
    assert [rate["papers"] for rate in rates] == sorted((rate["papers"] for rate in rates), reverse=True)
    [one] = rita.get("/api/v1/alerts/rates", params={"target": AUTHOR, "near": 0}).json()
    assert one == rates[0]
    assert one["papers"] == 2
    wrong: list[dict[str, str | int]] = [{"target": "Nobody At All"}, {"target": AUTHOR, "kind": "venue"}, {}]
    wrong.append({"target": AUTHOR, "near": 100})
    for parameters in wrong:
        assert rita.get("/api/v1/alerts/rates", params=parameters).status_code in {400, 422}


def test_each_member_sees_a_change_until_they_have_seen_it(place: Town) -> None:
    rita, otto = place.as_("rita"), place.as_("otto")
    for member in (rita, otto):
        [change] = member.get("/api/v1/changes").json()
        assert change["what"] == ["New version 9"]
        assert change["paper"]["id"] == 1
        assert change["since"] < change["changed_at"]
        assert ["in", "An abstract that is new."] in change["differences"]["abstract"]
    assert rita.post("/api/v1/changes/seen", json={"papers": ["1", 1]}).json() == {"seen": 1}
    assert rita.get("/api/v1/changes").json() == []
    assert len(otto.get("/api/v1/changes").json()) == 1
    assert rita.post("/api/v1/changes/seen", json={}).json() == {"seen": 0}
    assert rita.post("/api/v1/changes/seen", json={"papers": ["10.5555/none"]}).status_code == 404
    assert rita.post("/api/v1/changes/seen", json={"papers": "all"}).status_code in {400, 422}


def program(place: Town, *scopes: Scope) -> httpx.Client:
    """A program of rita's with a token of these scopes."""
    account = place.site.community.accounts.named("rita")
    client = place.browser()
    made = place.site.community.accounts.tokens.create(account.id, " and ".join(scopes), scopes)
    client.headers["Authorization"] = f"Bearer {made}"
    return client


def test_a_token_of_feeds_reads_feeds_and_one_to_read_changes_nothing(place: Town) -> None:
    number = own(place).rpartition("/")[2]
    feeds, reads, writes = (program(place, scope) for scope in (Scope.feeds, Scope.read, Scope.write))
    for path in ("/alerts/feed.atom", f"/alerts/{number}/feed.json", "/library/changed/feed.rss"):
        assert feeds.get(path).status_code == 200
        assert reads.get(path).status_code == 200
        assert place.browser().get(path, follow_redirects=False).status_code in {303, 401}
    assert feeds.get("/api/v1/alerts").status_code == 403
    assert [one["name"] for one in reads.get("/api/v1/alerts").json()] == ["Ida"]
    assert reads.patch(own(place), json={"name": "x"}).status_code == 403
    assert reads.get("/alerts").status_code == 403  # pages are for browsers
    assert writes.post(f"{own(place)}/look", json={}).status_code == 200
    assert place.site.community.alerts.unseen("rita") == 0
