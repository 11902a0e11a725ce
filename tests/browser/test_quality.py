"""What independent judges say of every page as it is seen: axe-core (WCAG 2.2 AA and best practice), html-validate."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.browser.walker import Walker

pytestmark = pytest.mark.browser

TOOLS = Path(os.environ.get("BROADSHEET_BROWSER_TOOLS", "~/.cache/broadsheet-browser")).expanduser() / "node_modules"
AXE = TOOLS / "axe-core" / "axe.min.js"
VALIDATOR = TOOLS / ".bin" / "html-validate"
PAGES = (
    "/",
    "/papers",
    "/papers?field=information-retrieval",
    "/papers/calendar",
    "/search",
    "/search?q=retrieval",
    "/search?q=zzzzqqqq+year:1850",
    "/search?q=retrieval+-coral+year:2024..+OR+author:Mora+year:soon&sort=date",
    "/paper/1",
    "/paper/3",
    "/similar?like=1",
    "/library",
    "/library?collection=Reading+group",
    "/collections/delete?name=Reading+group",
    "/papers/delete?pick=1&pick=2",
    "/sources",
    "/deleted",
    "/joined",
    "/day/2026-01-01",
    "/about-feed",
    "/api",
    "/votes",
    "/votes/rules",
    "/admin/votes/1",
    "/submit",
    "/submit/1",
    "/nowhere",
)
BIBTEX = """@article{a, title={Salt marshes}, author={Reed, Joan}, year={2020}}
@article{b, author={Nobody}, year={2020}}"""


@pytest.fixture
def furnished(walker: Walker) -> Walker:
    """A browser on a library in which every list has something: a tag, a collection, a quarantined record."""
    walker.go("/library")
    walker.one("#text").send_keys(BIBTEX)
    walker.one("form[action='/import'] button").click()
    walker.notice("1 new")
    for path, box, text in (("/paper/1", "#tag", "to/read"), ("/paper/1", "#collection", "Reading group")):
        walker.go(path)
        walker.one(box).send_keys(text)
        walker.one(f"form:has({box}) button").click()
        walker.until(lambda: walker.one("#notice").text)
    for number in (1, 2, 3, 5, 6, 7, 9):
        walker.go(f"/paper/{number}")
        walker.one("form[action$='/pick'] button").click()
        walker.notice("In today’s edition")
    return walker


def emulate(walker: Walker, width: int, scheme: str = "light") -> None:
    """Make the window as wide as told, and dark or light."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    walker.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    still = {"name": "prefers-reduced-motion", "value": "reduce"}  # colours do not change by and by
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}, still]}
    walker.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_shows_something(furnished: Walker, width: int) -> None:
    walker = furnished
    emulate(walker, width)
    for path in PAGES:
        walker.go(path)
        for landmark in ("header", "nav", "main", "footer"):
            assert walker.one(landmark).is_displayed(), (path, landmark)
        [heading] = walker.all("h1")
        assert heading.text.strip() or heading.get_attribute("class") == "quiet", path
        assert len(walker.one("main").text.split()) > 8, path
        assert walker.script("document.documentElement.scrollWidth") <= width, path


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed; `make browser` brings it")
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier(furnished: Walker, width: int, scheme: str) -> None:
    walker, code = furnished, AXE.read_text(encoding="utf-8")
    emulate(walker, width, scheme)
    found = []
    for path in PAGES:
        walker.go(path)
        walker.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": code})
        answer = walker.driver.execute_async_script(RUN_AXE)
        found += [(path, name, node) for name, nodes in answer for node in nodes]
    assert found == []


@pytest.mark.skipif(not VALIDATOR.exists(), reason="html-validate is not installed; `make browser` brings it")
def test_the_markup_is_valid(furnished: Walker, tmp_path: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.addheaders = [("Accept", "text/html")]
    for number, path in enumerate(PAGES[:-1]):
        (tmp_path / f"{number}.html").write_bytes(opener.open(furnished.address + path).read())
    settings = tmp_path / ".htmlvalidate.json"
    settings.write_text(json.dumps({"root": True, "extends": ["html-validate:recommended"]}))
    files = sorted(map(str, tmp_path.glob("*.html")))
    command = [str(VALIDATOR), "--config", str(settings), "--formatter", "json", *files]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    messages = [
        (PAGES[int(Path(report["filePath"]).stem)], message["ruleId"], message["message"], message["line"])
        for report in json.loads(told)
        for message in report["messages"]
    ]
    assert messages == []


RUN_AXE = """
const done = arguments[arguments.length - 1];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, { runOnly: tags }).then((answer) =>
  done(answer.violations.map((violation) => [violation.id, violation.nodes.map((node) => node.html.slice(0, 160))])));
"""
