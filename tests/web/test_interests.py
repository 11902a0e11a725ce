"""The page of interests: changed with what moves and an undo, muted, made, looked at as of a day; and the API."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from tests.clock import NOON
from tests.pipeline import world
from tests.web.members import post, town
from tests.web.served import Served, served


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library whose reader saved papers on clocks and on bees."""
    folder = tmp_path_factory.mktemp("two") / "library"
    with broadsheet.open(folder, clock=lambda: NOON) as library:
        library.add(*world.records())
        for topic in ("clocks", "bees"):
            world.act(library, "save", *(f"{topic}-{n}" for n in range(0, 12, 2)))
        library.tune("me", recency=0.0, exploration=0.0)
        library.steering.view("me")
        library.feed("me")
    return folder


@pytest.fixture
def site(stocked: Path, tmp_path: Path) -> Iterator[Served]:
    with served(shutil.copytree(stocked, tmp_path / "library")) as running:
        yield running


def change(site: Served, what: str, **fields: str) -> str:
    """Send a form of the page, and give the page that follows."""
    answer = post(site.client, "/interests", what=what, **fields)
    assert answer.status_code == 303, answer.text
    return site.client.get(answer.headers["location"].partition("#")[0]).text


def found(site: Served) -> dict[str, dict[str, Any]]:
    return {one["key"]: one for one in site.client.get("/api/v1/interests").json()["interests"]}


def test_the_page_shows_interests_with_their_saves_and_reasons_lead_there(site: Served) -> None:
    page = site.client.get("/interests").text
    for key, one in found(site).items():
        assert f'id="i{key}"' in page
        assert one["name"].split(",")[0] in page
        assert f"{round(100 * one['share'])} % of the page" in page
    front = site.client.get("/").text
    assert 'of your interest “<a href="/interests#i1">' in front
    feed = site.client.get("/api/v1/feed").json()
    assert {why["interest"] for item in feed["items"] for why in item["reasons"] if why["kind"] == "interest"} == {
        "1",
        "2",
    }


def test_a_change_says_what_moves_and_is_undone(site: Served) -> None:
    page = change(site, "mute", key="1")
    assert "leave: “" in page or "leaves: “" in page
    assert 'name="what" value="undo"' in page
    assert found(site)["1"]["state"] == "muted"
    assert "by the muted interest" in site.client.get("/").text
    assert "Undone." in change(site, "undo")
    assert found(site)["1"]["state"] == "on"
    change(site, "rename", key="1", name="<b>Time</b> & tide")
    assert "&lt;b&gt;Time&lt;/b&gt; &amp; tide" in site.client.get("/interests").text
    change(site, "weigh", key="1", weight="2,5")
    change(site, "quota", key="2", quota="30 %")
    assert (found(site)["1"]["weight"], found(site)["2"]["quota"]) == (2.5, 0.3)
    assert "quota 30 %" in change(site, "quota", key="2", quota="30")
    change(site, "quota", key="2", quota="")
    change(site, "split", key="2")
    assert len(found(site)) == 3
    change(site, "merge", key="2", other="3")
    change(site, "delete", key="2")
    assert "Put back" in site.client.get("/interests").text
    change(site, "unmute", key="2")
    assert len(found(site)) == 2
    assert "Reset" in change(site, "reset")


def test_interests_are_made_and_things_muted_in_forms(site: Served) -> None:
    change(site, "make", kind="sentence", value="sourdough and rye, no oven spring papers")
    page = site.client.get("/interests").text
    assert "Made from your sentence “sourdough and rye, no oven spring papers”" in page
    change(site, "mute-thing", kind="word", value="pendulum")
    page = site.client.get("/interests").text
    assert "word “pendulum”" in page
    assert "that would fit off today’s page" in page
    assert "by the muted word “pendulum”" in site.client.get("/").text
    change(site, "unmute-thing", kind="word", value="pendulum")
    for fields in (
        {"what": "fly"},
        {"what": "make", "kind": "list"},
        {"what": "make", "kind": "sentence", "value": "no bees"},
        {"what": "weigh", "key": "1", "weight": "much"},
        {"what": "rename", "key": "77", "name": "x"},
        {"what": "go-back", "value": "yesterday"},
    ):
        assert post(site.client, "/interests", **fields).status_code == 400
    assert site.client.post("/interests", data={"what": "reset"}).status_code == 403


def test_the_page_as_of_a_day_is_looked_at_and_taken_again(site: Served) -> None:
    page = site.client.get(f"/interests/as-of?day={NOON.date()}").text
    assert "Only to look at" in page
    assert "/act" not in page
    assert site.client.get("/interests/as-of?day=2999-01-01").status_code == 400
    assert site.client.get("/interests/as-of?day=soon").status_code == 400
    change(site, "mute-thing", kind="word", value="nectar")
    change(site, "go-back", value=str(NOON.date()))
    assert "went back to" in site.client.get("/interests").text


def test_the_api_changes_everything_and_says_what_moves(site: Served) -> None:
    client = site.client
    moved = client.post("/api/v1/mutes", json={"kind": "author", "value": "Zeiger"}).json()
    assert moved["label"] == "muted the author Zeiger"
    assert client.get("/api/v1/mutes").json() == [{"kind": "author", "value": "Zeiger"}]
    assert client.get("/api/v1/feed").json()["muted"][0][0] == "the muted author “Zeiger”"
    assert client.request("DELETE", "/api/v1/mutes", params={"kind": "author", "value": "Zeiger"}, json={}).json()[
        "label"
    ]
    made = client.post("/api/v1/interests", json={"kind": "author", "value": "Laib", "name": "Laib"}).json()
    assert made["came"]
    key = next(key for key, one in found(site).items() if one["name"] == "Laib")
    assert (
        client.patch(f"/api/v1/interests/{key}", json={"quota": 0.2}).json()["label"] == "changed the quota of “Laib”"
    )
    assert client.patch(f"/api/v1/interests/{key}", json={"quota": 0}).status_code == 200
    assert client.patch(f"/api/v1/interests/{key}", json={"quota": 0.1, "weight": 2}).status_code == 400
    assert client.patch(f"/api/v1/interests/{key}", json={"state": "muted"}).status_code == 200
    assert client.patch(f"/api/v1/interests/{key}", json={"weight": 99}).status_code == 400
    assert client.post("/api/v1/interests/1/merge", json={"other": key}).status_code == 400
    assert client.request("DELETE", f"/api/v1/interests/{key}", json={}).json()["label"] == "deleted “Laib”"
    clocks = [world.key(world.CLOCKS, 0), world.key(world.CLOCKS, 2)]
    with broadsheet.open(site.site.library.path, read_only=True) as library:
        numbers = [library.resolve(one) for one in clocks]
    holder = next(key for key, one in found(site).items() if numbers[0] in one["papers"])
    assert client.post(f"/api/v1/interests/{holder}/split", json={"papers": numbers}).status_code == 200
    assert client.post("/api/v1/interests/undo", json={}).json()["label"].startswith("split")
    assert client.post("/api/v1/interests/reset", json={}).status_code == 200
    assert client.post("/api/v1/interests", json={"kind": "shelf"}).status_code == 400
    assert client.post("/api/v1/mutes", json={"kind": "word", "value": "x" * 300}).status_code == 400


def test_members_steer_their_own_pages_alone(stocked: Path, tmp_path: Path) -> None:
    with town(stocked, tmp_path / "library") as community:
        rita, amos = community.as_("rita"), community.as_("amos")
        assert post(rita, "/interests", what="mute-thing", kind="word", value="keel").status_code == 303
        assert "word “keel”" in rita.get("/interests").text
        assert "word “keel”" not in amos.get("/interests").text
        assert community.as_("").get("/interests").status_code == 401


def test_a_new_reader_answers_papers_and_has_a_page(stocked: Path, tmp_path: Path) -> None:
    with broadsheet.open(shutil.copytree(stocked, tmp_path / "library")) as library:
        library.forget_history("me")
    with served(tmp_path / "library") as site:
        page, asked = site.client.get("/interests/start").text, 0
        while 'value="yes"' in page:
            asked += 1
            number = re.findall(r'name="paper" value="(\d+)"', page)[0]
            no = re.findall(r'name="no" value="([\d.]*)"', page)[0]
            with broadsheet.open(site.site.library.path, read_only=True) as library:
                is_bread = world.topics_of([library.paper(number).source_ids[0][1]]) == ["bread"]
            near = re.findall(r'name="near" value="([\d.]*)"', page)[0]
            said = ("near" if asked < 3 else "yes") if is_bread else "no"
            answer = post(site.client, "/interests/start", paper=number, no=no, near=near, answer=said)
            page = site.client.get(answer.headers["location"]).text
        assert asked == 10
        feed = site.client.get("/api/v1/feed", params={"k": 5}).json()
        assert not feed["cold"]
        assert "bread" in feed["items"][0]["paper"]["title"]
        assert post(site.client, "/interests/start", paper="1", no="x.y", answer="maybe").status_code == 400
