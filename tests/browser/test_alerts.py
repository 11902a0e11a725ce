"""A reader makes an alert, sees what it found, and reads what changed: without JavaScript, on a phone, for axe-core."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import broadsheet
from broadsheet.community.searches import SearchTerms
from broadsheet.kit.paper import Paper, Person, Record
from tests.browser.test_quality import AXE, RUN_AXE, VALIDATOR, emulate
from tests.browser.walker import Walker, open_browser
from tests.clock import NOON
from tests.community.mailing import Clock
from tests.web.served import PAPERS, Served, served

pytestmark = pytest.mark.browser

PAGES = (
    "/alerts", "/alerts?kind=author&target=Ada+Lee", "/alerts?kind=cites&target=shelf:saved",
    "/alerts?kind=author&target=x", "/alerts/1", "/alerts/2", "/alerts/3", "/library?shelf=changed", "/paper/1",
)  # fmt: skip
LONG = "and of words-that-do-not-break-" * 8


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Served]:
    """A reader with alerts that found papers, one in trouble, and a saved paper that changed at length."""
    clock = Clock(NOON)
    with broadsheet.open(tmp_path / "library", clock=clock) as library:
        library.add(*(Record(paper, "invented", f"inv-{n}", f"invented:{n}") for n, paper in enumerate(PAPERS)))
        library.add(Record(Paper("Nets", authors=(Person("Ada Lee"),)), "invented", "nets"))
        library.act("me", 1, "save")
    with served(tmp_path / "library", clock=clock) as running:
        community = running.site.community
        for name in ("Retrieval", "Gone"):
            community.searches.save("me", name, SearchTerms("retrieval"))
        community.alerts.make("me", "search", "Retrieval", "Retrieval " + LONG[:150], near=500)
        community.alerts.make("me", "cites", "shelf:saved", hook_url="https://chat.example.org/" + "x" * 200)
        community.alerts.make("me", "search", "Gone")
        community.searches.delete("me", "Gone")
        clock.tomorrow()
        first = PAPERS[0]
        second = replace(first, title=f"{first.title} {LONG}", abstract=f"{first.abstract} {LONG}", is_retracted=True)
        cites = Paper("Retrieval that cites", "Retrieval.", extra={"references": [first.ids.arxiv or first.ids.doi]})
        running.library.add(Record(second, "invented", "inv-0"), Record(cites, "invented", "cites"))
        community.alerts.run()
        yield running


def test_an_alert_is_made_and_what_it_found_is_seen_without_javascript(told: Served, tmp_path: Path) -> None:
    with open_browser(told.url, tmp_path / "profile", javascript=False) as driver:
        walker = Walker(driver, told.url)
        walker.go("/alerts")
        walker.one("#target").send_keys("Ada Lee")
        walker.one("main form.stack button").click()
        assert walker.one("#name").get_attribute("value") == "Ada Lee"
        walker.one("input[name='near'][value='750']").click()
        walker.one("input[name='mail'][value='weekly']").click()
        walker.one("button[value='make']").click()
        walker.notice("The alert is made")
        assert walker.one("h1").text == "Ada Lee"
        made = told.site.community.alerts.get("me", "Ada Lee")
        assert (made.near, made.mail) == (750, "weekly")
        walker.one("button[value='pause']").click()
        walker.notice("The alert is paused.")
        walker.go("/alerts/1")
        walker.one("button[value='look']").click()
        walker.notice("Noted")
        assert told.site.community.alerts.get("me", 1).unseen == 0
        walker.go("/paper/1")
        assert "and of" in walker.one(".changed ins").text
        walker.one(".changed button").click()
        walker.notice("Noted")
        assert walker.all(".changed") == []
        assert walker.foreign_requests() == []


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_pages_fit_and_have_no_barrier(told: Served, tmp_path: Path, width: int, scheme: str) -> None:
    code = AXE.read_text(encoding="utf-8") if AXE.exists() else ""
    found = []
    with open_browser(told.url, tmp_path / "profile") as driver:
        walker = Walker(driver, told.url)
        emulate(walker, width, scheme)
        for path in PAGES:
            walker.go(path)
            assert walker.script("document.documentElement.scrollWidth") <= width, path
            assert walker.one("h1").text, path
            if code:
                driver.execute_cdp_cmd("Runtime.evaluate", {"expression": code})
                answer = driver.execute_async_script(RUN_AXE)
                found += [(path, name, node) for name, nodes in answer for node in nodes]
    assert found == []


@pytest.mark.skipif(not VALIDATOR.exists(), reason="html-validate is not installed; `make browser` brings it")
def test_the_markup_is_valid(told: Served, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for number, path in enumerate(PAGES):
        (folder / f"{number}.html").write_bytes(told.client.get(path).content)
    (folder / ".htmlvalidate.json").write_text(json.dumps({"root": True, "extends": ["html-validate:recommended"]}))
    files = sorted(map(str, folder.glob("*.html")))
    command = [str(VALIDATOR), "--config", str(folder / ".htmlvalidate.json"), "--formatter", "json", *files]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    messages = [
        (PAGES[int(Path(report["filePath"]).stem)], message["ruleId"], message["message"], message["line"])
        for report in json.loads(said)
        for message in report["messages"]
    ]
    assert messages == []
    shutil.rmtree(folder)
