"""Pages of a library with no paper, one paper and many; of one that cannot be written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import broadsheet
from broadsheet.kit.paper import Paper, Record
from broadsheet.web import create_app
from tests.clock import noon
from tests.web.markup import Page
from tests.web.served import Served, served, serving

PAGES = ("/", "/search", "/search?q=kelp", "/library", "/sources", "/deleted", "/joined", "/about-feed", "/similar")
SHELVES = ("saved", "up", "down", "read", "hidden")


@pytest.fixture(scope="module", params=[0, 1, 45], ids="{} papers".format)
def sized(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int]]:
    """A served library of so many papers, all of them saved."""
    with served(tmp_path_factory.mktemp("sized") / "library") as running:
        papers = (Paper(f"Kelp in cold water, part {n}", year=1980 + n) for n in range(request.param))
        running.library.add(*(Record(paper, "invented", f"k-{n}") for n, paper in enumerate(papers)))
        for n in range(request.param):
            running.library.act("me", f"k-{n}", "save")
        yield running, request.param


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_any_size_is_sound(sized: tuple[Served, int], path: str) -> None:
    running, _ = sized
    answer = running.client.get(path)
    assert (answer.status_code, Page(answer.text).faults) == (200, [])


def test_the_shelf_counts_and_pages(sized: tuple[Served, int]) -> None:
    running, count = sized
    text = running.client.get("/library").text
    assert f'<p class="tally">{count} paper{"" if count == 1 else "s"}' in text
    assert text.count('<article class="card') == min(count, 20)
    assert ("Next" in text, "Previous" in text) == (count > 20, False)
    seen = [title for page in (1, 2, 3) for title in cards(running.client.get(f"/library?page={page}").text)]
    assert len(seen) == len(set(seen)) == count
    if count == 45:
        last = running.client.get("/library?page=3").text
        assert ("Next" in last, "Previous" in last, last.count('<article class="card')) == (False, True, 5)


def cards(text: str) -> list[str]:
    """The papers' numbers on a page."""
    return [one.partition('"')[0] for one in text.split('data-paper="')[1:]]


@pytest.mark.parametrize("shelf", SHELVES)
def test_every_shelf_has_a_page_and_a_file(sized: tuple[Served, int], shelf: str) -> None:
    running, count = sized
    page = running.client.get("/library", params={"shelf": shelf})
    assert (page.status_code, Page(page.text).faults) == (200, [])
    exported = running.client.get("/library/export/jsonl", params={"shelf": shelf})
    assert len(exported.text.splitlines()) == (count if shelf == "saved" else 0)


def test_a_search_of_any_size(sized: tuple[Served, int]) -> None:
    running, count = sized
    found = running.client.get("/api/v1/search", params={"q": "kelp", "k": 100}).json()
    assert (found["total"], len(found["results"])) == (count, count)
    one = running.client.get("/api/v1/search", params={"q": "kelp year:1980"}).json()
    assert one["total"] == min(count, 1)


def test_what_is_read_only_is_read_and_says_so_of_changes(stocked: Path, tmp_path: Path) -> None:
    shutil.copytree(stocked, tmp_path / "library")
    with broadsheet.open(tmp_path / "library", read_only=True, clock=noon) as library:
        app = create_app(library)
        with serving(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
            for path in ("/", "/search?q=token", "/paper/1", "/library", "/sources", "/feed.atom", "/about-feed"):
                assert client.get(path).status_code == 200, path
            token = re.findall('name="csrf" value="([0-9a-f]+)"', client.get("/").text)[0]
            refused = client.post("/papers/1/act", data={"csrf": token, "action": "save"})
            assert (refused.status_code, Page(refused.text).faults) == (503, [])
            assert "opened for reading only" in refused.text
            api = client.post("/api/v1/papers/1/actions", json={"action": "save"})
            assert (api.status_code, "reading only" in api.json()["error"]["message"]) == (503, True)
        assert dict(library.state("me").saved) == {}
