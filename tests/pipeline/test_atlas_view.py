"""The map as it is shown: regions inside regions, years, and tiles that hold every paper once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import broadsheet
from broadsheet.pipeline.atlas import tiles, view
from broadsheet.pipeline.atlas.tiles import Points, Tiles
from broadsheet.pipeline.atlas.view import AtlasView
from broadsheet.pipeline.library import Library
from tests.clock import ticking
from tests.pipeline import world


@pytest.fixture(scope="module")
def mapped(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library with a map, for tests that only look."""
    folder = shutil.copytree(stocked, tmp_path_factory.mktemp("seen") / "library")
    with broadsheet.open(folder, clock=ticking()) as library:
        library.atlas.build()
        yield library


@pytest.fixture
def seen(mapped: Library) -> AtlasView:
    found = mapped.atlas.open()
    assert found is not None
    return found


def decoded(told: bytes) -> dict[str, list[int]]:
    n = int(np.frombuffer(told[:4], "<u4")[0])
    assert len(told) == 4 + 12 * n
    ids = np.frombuffer(told[4 : 4 + 4 * n], "<u4")
    x, y, leaves, years = np.frombuffer(told[4 + 4 * n :], "<u2").reshape(4, n)
    return {"ids": ids.tolist(), "x": x.tolist(), "y": y.tolist(), "leaves": leaves.tolist(), "years": years.tolist()}


def test_regions_lie_inside_each_other_and_hold_every_paper(seen: AtlasView) -> None:
    whole = seen.inside(None)
    assert sum(region.papers for region in whole) == len(seen) == 120
    assert [region.papers for region in whole] == sorted((r.papers for r in whole), reverse=True)
    for region in whole:
        papers = set(seen.papers_in(region.number).tolist())
        inner = seen.inside(region.number)
        assert sum(one.papers for one in inner) == region.papers == len(papers)
        assert all(set(seen.papers_in(one.number).tolist()) <= papers for one in inner)
        assert all(seen.path(one.number) == [region, one] for one in inner)
        assert 0 <= region.x <= 1
        assert region.name
    assert seen.region(10**6) is None
    assert seen.path(10**6) == []


def test_a_paper_has_the_regions_around_it(seen: AtlasView) -> None:
    number = int(seen.ids[7])
    path = seen.path_of(number)
    assert [region.zoom for region in path] == [0, 1, 2]
    assert all(number in seen.papers_in(region.number) for region in path)
    assert seen.path_of(10**6) == []


def test_the_newest_papers_of_a_region_come_first(seen: AtlasView, mapped: Library) -> None:
    papers = mapped.papers(seen.papers_in(seen.inside(None)[0].number).tolist())
    years = [stored.paper.year for stored in papers]
    assert years == sorted(years, key=lambda year: -(year or 0))


def test_trends_add_up_to_the_library(seen: AtlasView) -> None:
    whole = seen.trend()
    assert [one.year for one in whole] == list(range(world.FIRST_YEAR, world.FIRST_YEAR + world.YEARS))
    assert sum(one.papers for one in whole) == 120
    parts = [seen.trend(region.number) for region in seen.inside(None)]
    for at, year in enumerate(whole):
        assert sum(part[at].papers for part in parts) == year.papers
        assert sum(part[at].share for part in parts) == pytest.approx(1)
    assert seen.year_span == (2015, 2026)


def test_growth_compares_the_share_of_the_last_years(mapped: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = mapped.atlas.open()
    assert seen is not None
    fresh = AtlasView(seen.atlas, seen.snapshot)
    region = fresh.inside(None)[0]
    inside = np.isin(fresh.ids, fresh.papers_in(region.number))
    fresh.years = np.where(inside, 2026, 2020).astype(np.int32)
    grown = AtlasView(seen.atlas, seen.snapshot)
    grown.years = fresh.years
    growth = {one.number: one.growth for one in grown.inside(None)}
    assert (growth[region.number] or 0) > 10
    assert all(value is None or value < 0.1 for number, value in growth.items() if number != region.number)
    monkeypatch.setattr(view, "LEAST", 10**6)
    unknown = AtlasView(seen.atlas, seen.snapshot)
    assert {one.growth for one in unknown.regions} == {None}


def test_papers_that_are_gone_are_left_out_at_once(stocked: Path, tmp_path: Path) -> None:
    with broadsheet.open(shutil.copytree(stocked, tmp_path / "library"), clock=ticking()) as library:
        library.atlas.build()
        number = library.resolve("bread-1")
        library.delete(number)
        seen = library.atlas.open()
        assert seen is not None
        assert (len(seen), seen.waiting) == (119, 0)
        assert number not in seen.ids
        assert number not in decoded(seen.tiles.tile(0, 0, 0))["ids"]


def test_lists_of_papers_are_told_like_tiles(seen: AtlasView) -> None:
    wanted = [int(seen.ids[5]), 10**6, int(seen.ids[2])]
    told = decoded(seen.encode(wanted))
    assert told["ids"] == [wanted[0], wanted[2]]
    assert told["years"] == [int(seen.years[5]), int(seen.years[2])]
    assert told["x"][0] == round(float(seen.places[5, 0]) * 65535)
    assert max(told["leaves"]) < len([r for r in seen.regions if r.zoom == 2])


def test_tiles_hold_every_paper_once_and_as_many_as_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = 5
    monkeypatch.setattr(tiles, "LEVELS", levels)
    monkeypatch.setattr(tiles, "FIRST", 50)
    monkeypatch.setattr(tiles, "LATER", 20)
    rng = np.random.default_rng(0)
    n = 3000
    places = np.clip(rng.normal(0.5, 0.2, (n, 2)), 0, 1).astype(np.float32)
    places[:400] = 0.25  # more than the tiles around one place have room for
    points = Points(np.arange(1, n + 1), places, np.zeros(n, np.int64), np.zeros(n, np.int32))
    dealt = Tiles(points)
    found: list[int] = []
    for z in range(levels):
        for x in range(1 << z):
            for y in range(1 << z):
                told = decoded(dealt.tile(z, x, y))
                found += told["ids"]
                assert len(told["ids"]) <= (50 if z == 0 else 20) or z == levels - 1
                for place in (told["x"], told["y"]):
                    assert all(0 <= one <= 65535 for one in place)
                assert all(abs(one / 65535 * (1 << z) - x - 0.5) <= 0.501 for one in told["x"])
                assert all(abs(one / 65535 * (1 << z) - y - 0.5) <= 0.501 for one in told["y"])
    assert sorted(found) == list(range(1, n + 1))
    assert dealt.depth == levels - 1
    assert decoded(dealt.tile(0, 0, 0))["ids"] == decoded(Tiles(points).tile(0, 0, 0))["ids"]
    for outside in ((-1, 0, 0), (levels, 0, 0), (1, 2, 0), (1, 0, -1)):
        assert dealt.tile(*outside) == bytes(4)
