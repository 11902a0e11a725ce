"""Search by keyboard: suggestions, results, filters taken out, and the same page without JavaScript."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.test_quality import AXE, RUN_AXE, emulate
from tests.browser.walker import Walker, open_browser

pytestmark = pytest.mark.browser


def _query(walker: Walker) -> str:
    return parse_qs(urlsplit(walker.driver.current_url).query).get("q", [""])[0]


def _options(walker: Walker) -> list[str]:
    return [option.text for option in walker.all("#suggestions [role=option]")]


def test_a_search_by_keyboard_alone(walker: Walker) -> None:
    walker.go("/")
    walker.press("/", *"lui mo")
    assert walker.until(lambda: _options(walker)) == ["Luis Mora 2 papers"]
    box = walker.one("#q")
    assert (box.get_attribute("role"), box.get_attribute("aria-expanded")) == ("combobox", "true")
    walker.press(Keys.ESCAPE)
    assert (_options(walker), box.get_attribute("value")) == ([], "lui mo")
    walker.press(Keys.ARROW_DOWN)
    walker.until(lambda: _options(walker))
    walker.press(Keys.ARROW_DOWN)
    chosen = walker.one("#suggestions [aria-selected=true]")
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    walker.press(Keys.ENTER)
    walker.until(lambda: _query(walker) == 'author:"Luis Mora"')
    assert len(walker.titles()) == 2
    walker.press("j", "o")
    walker.until(lambda: "/paper/" in walker.driver.current_url)
    assert walker.complaints() == []


def test_a_title_leads_to_its_paper(walker: Walker) -> None:
    walker.go("/search")
    walker.one("#q").send_keys("late interaction with")
    walker.until(lambda: _options(walker))
    walker.press(Keys.ARROW_DOWN, Keys.ENTER)
    walker.until(lambda: urlsplit(walker.driver.current_url).path == "/paper/1")


def test_filters_are_put_in_and_taken_out(walker: Walker) -> None:
    walker.go("/search?q=retrieval")
    next(link for link in walker.all(".counts a") if link.text == "2026").click()
    walker.until(lambda: _query(walker) == "retrieval year:2026")
    [chip] = walker.all(".chips a")
    assert chip.text.startswith("year 2026")
    walker.one(".sorts a").click()
    walker.until(lambda: "sort=date" in walker.driver.current_url)
    walker.one(".chips a").click()
    walker.until(lambda: _query(walker) == "retrieval" and "sort=date" in walker.driver.current_url)


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed; `make browser` brings it")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_open_suggestions_are_no_barrier(walker: Walker, scheme: str) -> None:
    emulate(walker, 390, scheme)
    walker.go("/search?q=retrieval+-coral+year:2024..+OR+author:Mora+year:soon&sort=date")
    box = walker.one("#q")
    box.clear()
    box.send_keys("toke")
    walker.until(lambda: _options(walker))
    walker.press(Keys.ARROW_DOWN)
    assert walker.script("document.documentElement.scrollWidth") <= 390
    walker.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    assert walker.driver.execute_async_script(RUN_AXE) == []


def test_the_same_without_javascript(address: str, tmp_path: Path) -> None:
    with open_browser(address, tmp_path / "plain", javascript=False) as driver:
        walker = Walker(driver, address)
        walker.go("/search")
        box = walker.one("#q")
        assert box.get_attribute("role") is None
        box.send_keys("retrieval", Keys.ENTER)
        walker.until(lambda: _query(walker) == "retrieval")
        assert walker.titles()
        assert walker.all(".counts a")
