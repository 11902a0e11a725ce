"""The map's page, its regions and what its script asks for, with a map and without, for a reader and for a visitor."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import numpy as np
import pytest

import broadsheet
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.atlas import atlas_file
from broadsheet.web import atlas
from tests.clock import NOON
from tests.web.members import Town, post, town
from tests.web.served import HOSTILE_TITLE, PAPERS, Served, served


@pytest.fixture(scope="module")
def mapped(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served library with a map, for tests that leave it as it is."""
    folder = shutil.copytree(stocked, tmp_path_factory.mktemp("mapped") / "library")
    with broadsheet.open(folder) as library:
        library.atlas.build()
    with served(folder) as running:
        yield running


@pytest.fixture(scope="module")
def mapped_town(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A served community with a map."""
    folder = shutil.copytree(stocked, tmp_path_factory.mktemp("town") / "stocked")
    with broadsheet.open(folder) as library:
        library.atlas.build()
    with town(folder, folder.parent / "library") as running:
        yield running


def data_of(text: str) -> dict[str, object]:
    found = re.search(r'data-map="([^"]*)"', text)
    assert found
    told: dict[str, object] = json.loads(unescape(found[1]))
    return told


def ids_of(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    n = int(np.frombuffer(answer.content[:4], "<u4")[0])
    assert len(answer.content) == 4 + 12 * n
    ids: list[int] = np.frombuffer(answer.content[4 : 4 + 4 * n], "<u4").tolist()
    return ids


def test_the_page_has_the_map_and_the_same_as_a_list(mapped: Served) -> None:
    answer = mapped.client.get("/atlas")
    assert "script-src" not in answer.headers["content-security-policy"]  # default-src 'self' holds for scripts too
    assert re.search(r'<script src="/static/atlas\.js\?v=\w+" defer></script>', answer.text)
    assert f"{len(PAPERS)} papers, near each other" in answer.text
    told = data_of(answer.text)
    assert isinstance(told["regions"], list)
    [[number, name, papers, x, y]] = told["regions"]
    assert (papers, 0 <= x <= 1000, 0 <= y <= 1000) == (len(PAPERS), True, True)
    assert f'<a href="/atlas/regions/{number}">' in answer.text
    assert name.split(", ")[0] in unescape(answer.text)
    assert answer.text.count('class="trend-plot"') == 1
    assert 'aria-label="Papers a year, 2024 to 2026' in answer.text
    assert '<a href="/atlas">Map</a>' in mapped.client.get("/search").text
    assert len(answer.content) < 45_000


def test_tiles_hold_every_paper_and_others_are_not_there(mapped: Served) -> None:
    answer = mapped.client.get("/atlas/tiles/0/0/0?of=x")
    assert sorted(ids_of(answer)) == sorted(stored.id for stored in mapped.library.papers(list(range(1, 99))))
    assert answer.headers["cache-control"] == "private, max-age=86400"
    assert ids_of(mapped.client.get("/atlas/tiles/3/1/1")) == []
    for path in ("8/0/0", "1/2/0", "1/0/2", "99999999999999999999/0/0", "0/0/99999999999999999999", "-1/0/0", "x/0/0"):
        assert mapped.client.get(f"/atlas/tiles/{path}").status_code == 404


def test_names_of_finer_zooms_are_told(mapped: Served) -> None:
    for zoom in (1, 2):
        told = mapped.client.get(f"/atlas/names/{zoom}").json()
        assert sum(papers for _, _, papers, _, _ in told) == len(PAPERS)
    assert mapped.client.get("/atlas/names/7").json() == []


def test_results_of_a_query_are_lit(mapped: Served) -> None:
    found = ids_of(mapped.client.get("/atlas/points/found", params={"q": "late interaction"}))
    assert found[0] == mapped.number("2601.00001")
    assert ids_of(mapped.client.get("/atlas/points/found?q=")) == []
    assert ids_of(mapped.client.get("/atlas/points/found", params={"q": "zzzzqqqq year:1850"})) == []
    assert mapped.client.get("/atlas/points/nothing").status_code == 400
    assert mapped.client.get("/atlas/points/found", params={"q": "x" * 501}).status_code == 400
    assert 'data-query="late &#34;interaction"' in mapped.client.get("/atlas", params={"q": 'late "interaction'}).text


def test_titles_are_told_whatever_is_asked(mapped: Served) -> None:
    hostile = next(one.id for one in mapped.library.papers(list(range(1, 20))) if one.paper.title == HOSTILE_TITLE)
    told = mapped.client.get("/atlas/titles", params={"ids": f"1,{hostile},999,x,-1,²,{10**30}"}).json()
    assert told["1"] == PAPERS[0].title
    assert told.keys() == {"1", str(hostile)}
    card = mapped.client.get(f"/atlas/papers/{hostile}").text
    assert "<script>" not in card
    assert mapped.client.get("/atlas/papers/999").status_code == 404


def test_a_card_has_the_paper_its_regions_and_its_actions(mapped: Served) -> None:
    text = mapped.client.get("/atlas/papers/1").text
    assert 'id="map-card"' in text
    assert PAPERS[0].title in text
    assert text.count("/atlas/regions/") == 3
    assert 'value="save"' in text
    assert mapped.client.post("/papers/1/act", data={"action": "save"}).status_code == 403  # without the form token


def test_a_region_has_its_papers_its_years_and_its_place(mapped: Served) -> None:
    view = mapped.library.atlas.open()
    assert view is not None
    [region] = view.inside(None)
    answer = mapped.client.get(f"/atlas/regions/{region.number}")
    assert f"{len(PAPERS)} papers in this region" in answer.text
    assert answer.text.count("<article") == min(len(PAPERS), atlas._SIZE)
    assert f'href="/atlas?region={region.number}"' in answer.text
    rows = re.findall(r'<tr><th scope="row">(\d+)</th><td>(\d+)</td><td>([\d.]+) %</td></tr>', answer.text)
    assert {year: int(count) for year, count, _ in rows} == {"2026": 2, "2025": 10, "2024": 1}
    assert {share for _, _, share in rows} == {"100.0"}
    assert 'data-at="' in mapped.client.get(f"/atlas?region={region.number}").text
    assert 'data-at="' not in mapped.client.get("/atlas?region=999").text
    assert "That was the last page" in mapped.client.get(f"/atlas/regions/{region.number}?page=9").text
    assert mapped.client.get("/atlas/regions/999").status_code == 404
    inner = view.inside(region.number)
    assert all(mapped.client.get(f"/atlas/regions/{one.number}").status_code == 200 for one in inner)


def test_saves_and_new_papers_are_marked(stocked: Path, tmp_path: Path) -> None:
    shutil.copytree(stocked, tmp_path / "library")
    now = [NOON]
    with broadsheet.open(tmp_path / "library", clock=lambda: now[0]) as library:
        library.atlas.build()
    with served(tmp_path / "library", clock=lambda: now[0]) as own:
        assert ids_of(own.client.get("/atlas/points/saved")) == []
        own.library.act("me", 3, "save")
        own.library.act("me", 1, "save")
        assert sorted(ids_of(own.client.get("/atlas/points/saved"))) == [1, 3]
        now[0] = NOON + timedelta(days=3)
        added = own.library.add(Record(Paper(title="Token pruning again"), "invented", "new", "invented:new"))
        assert "1 more is not on it yet" in own.client.get("/atlas").text
        own.library.atlas.build()
        assert ids_of(own.client.get("/atlas/points/new")) == list(added.paper_ids)
        assert added.paper_ids[0] in ids_of(own.client.get("/atlas/tiles/0/0/0"))
        now[0] += timedelta(days=2)
        assert ids_of(own.client.get("/atlas/points/new")) == []


def test_where_all_is_new_nothing_is_marked_new(mapped: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atlas, "_NEW", timedelta(days=10**4))
    assert ids_of(mapped.client.get("/atlas/points/new")) == []


def test_without_a_map_and_with_a_damaged_one_the_page_says_so_and_offers_the_list(own: Served) -> None:
    text = own.client.get("/atlas").text
    assert "There is no map yet" in text
    assert 'href="/search?q=sort:date"' in text
    assert "atlas.js" not in text
    assert own.client.get("/atlas/tiles/0/0/0").status_code == 404
    assert own.client.get("/atlas/regions/1").status_code == 404
    path = atlas_file.path_of(own.library.path / "indexes")
    own.library.atlas.build()
    path.write_bytes(path.read_bytes()[:500])
    answer = own.client.get("/atlas")
    assert (answer.status_code, "The map cannot be read" in answer.text) == (200, True)
    assert 'href="/search?q=sort:date"' in answer.text


def test_an_empty_library_has_an_empty_map(empty: Served) -> None:
    assert "There is no map yet" in empty.client.get("/atlas").text
    empty.library.atlas.build()
    assert "No paper is on the map yet" in empty.client.get("/atlas").text


def test_in_a_community_each_sees_their_own_saves_and_a_visitor_none(mapped_town: Town) -> None:
    rita, otto, visitor = (mapped_town.as_(name) for name in ("rita", "otto", ""))
    post(rita, "/papers/2/act", action="save")
    assert ids_of(rita.get("/atlas/points/saved")) == [2]
    assert ids_of(otto.get("/atlas/points/saved")) == []
    assert ids_of(visitor.get("/atlas/points/saved")) == []
    assert 'class="map-saved"' in rita.get("/atlas").text
    text = visitor.get("/atlas").text
    assert 'class="map-saved"' not in text
    assert "near each other" in text
    card = visitor.get("/atlas/papers/2").text
    assert 'value="save"' not in card
    assert visitor.get("/atlas/regions/1").status_code == 200
