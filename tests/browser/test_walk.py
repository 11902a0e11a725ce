"""Walks a reader takes, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.walker import Walker

pytestmark = pytest.mark.browser

BIBTEX = """@article{one, title={Cold fermentation chemistry number 1}, author={Cold Writer}, year={2025},
  eprint={2512.00121}, archivePrefix={arXiv}}
@article{two, title={Salt marshes and the slow tide}, author={Reed, Joan}, year={2020}}
"""
PAGES = (
    "/",
    "/search",
    "/search?q=retrieval",
    "/paper/1",
    "/similar?like=1",
    "/library",
    "/sources",
    "/deleted",
    "/joined",
    "/day/2026-01-01",
    "/about-feed",
    "/api",
)


def test_search_save_and_see_the_feed_change(walker: Walker) -> None:
    assert walker.one("h1").text == "Make this page yours"
    walker.press("/")
    walker.press("coral reef", Keys.ENTER)
    walker.until(lambda: walker.all(".card mark"))
    assert "/search?q=coral" in walker.driver.current_url
    assert walker.titles()[0].startswith("Coral reef acoustics")
    assert walker.one(".card mark").text == "Coral"
    saved = walker.titles()[0]
    walker.one(".card [data-key=s]").click()
    walker.notice(f"Saved “{saved}”")
    assert walker.one(".card [data-key=s]").get_attribute("aria-pressed") == "true"
    assert walker.script("document.activeElement.dataset.key") == "s"  # the focus survives the swap
    walker.go("/")
    assert walker.titles()[0].startswith("Coral reef acoustics")
    assert saved not in walker.titles()
    assert saved in walker.one(".card .why").text
    assert walker.complaints() == []
    assert walker.foreign_requests() == []


def test_hide_and_undo(walker: Walker) -> None:
    walker.go("/search?q=coral")
    first, count = walker.titles()[0], len(walker.titles())
    walker.one(".card [data-key=x]").click()
    walker.notice(f"Hidden: “{first}”")
    walker.until(lambda: len(walker.titles()) == count - 1)
    walker.one("#notice [data-key=u]").click()
    walker.notice(f"“{first}” is shown again")
    walker.until(lambda: len(walker.titles()) == count)
    walker.one("#notice [data-dismiss]").click()
    walker.until(lambda: not walker.one("#notice").is_displayed())
    assert walker.complaints() == []


def test_the_keyboard(walker: Walker) -> None:
    walker.go("/search?q=coral")
    titles = walker.titles()
    walker.press("j", "j")
    assert walker.one(".card.current .title").text == titles[1]
    walker.press("s")
    walker.notice(f"Saved “{titles[1]}”")
    walker.press("k")
    assert walker.one(".card.current .title").text == titles[0]
    walker.press("x")
    walker.notice(f"Hidden: “{titles[0]}”")
    walker.press("u")
    walker.notice(f"“{titles[0]}” is shown again")
    walker.press("?")
    assert walker.one("#help").is_displayed()
    walker.press(Keys.ESCAPE)
    walker.until(lambda: not walker.one("#help").is_displayed())
    walker.press("o")
    walker.until(lambda: walker.all("article.paper"))
    assert walker.one("h1").text == titles[0]
    walker.press("g", "l")
    walker.until(lambda: walker.driver.current_url.endswith("/library"))
    assert walker.titles() == [titles[1]]
    read = [item.text for item in walker.all(".counts li")]
    assert "Recently read 1" in [" ".join(text.split()) for text in read]  # the paper page told that it was opened
    assert walker.complaints() == []


def test_shortcuts_can_be_switched_off(walker: Walker) -> None:
    walker.press("?")
    walker.one("#keys-on").click()
    walker.one("#help button").click()
    walker.until(lambda: not walker.one("#help").is_displayed())
    walker.press("g", "l")
    walker.press("?")
    assert not walker.one("#help").is_displayed()
    assert walker.driver.current_url == walker.address + "/"


def test_pick_three(walker: Walker) -> None:
    for box in walker.all("input[form=start]")[:3]:
        walker.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", box)
        box.click()
    assert walker.one("[data-picked]").text == "3 picked"
    walker.one(".pickbar button").click()
    walker.notice("This page is now yours")
    assert "Near “" in walker.one(".lead .why").text


def test_import_bibtex(walker: Walker, tmp_path: Path) -> None:
    file = tmp_path / "refs.bib"
    file.write_text(BIBTEX)
    walker.go("/library")
    walker.one("input[type=file]").send_keys(str(file))
    walker.one("form[action='/import'] button").click()
    walker.notice("1 new, 1 here already")
    assert set(walker.titles()) == {"Salt marshes and the slow tide", "Cold fermentation chemistry number 1"}
    walker.go("/")
    assert "Cold fermentation chemistry number 1" not in walker.titles()
    assert any("Cold fermentation chemistry number 1" in why.text for why in walker.all(".card .why"))
    assert walker.complaints() == []


def test_the_mix_shows_its_values(walker: Walker) -> None:
    walker.go("/about-feed")
    walker.one("#recency").send_keys(Keys.ARROW_RIGHT)
    assert walker.one("output[for=recency]").text == "0.30"
    walker.one(".sliders .button").click()
    walker.notice("new settings")
    assert walker.one("#recency").get_attribute("value") == "0.3"


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_page_scrolls_sideways(walker: Walker, width: int) -> None:
    mobile = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    walker.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", mobile)
    for path in PAGES:
        walker.go(path)
        assert walker.script("document.documentElement.scrollWidth") <= width, path
    assert walker.complaints() == []
    assert walker.foreign_requests() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(walker: Walker, scheme: str) -> None:
    walker.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    for path in ("/", "/search?q=coral", "/paper/1", "/sources"):
        walker.go(path)
        for color, ground, text in walker.script(COLOURS):
            assert contrast(color, ground) >= 4.5, (path, text, color, ground)


def test_without_javascript(plain_walker: Walker) -> None:
    walker = plain_walker
    assert not walker.all("html.js")
    walker.one("#q").send_keys("coral reef", Keys.ENTER)
    walker.until(lambda: walker.all(".card mark"))
    saved = walker.titles()[0]
    walker.one(".card [data-key=s]").click()
    walker.notice(f"Saved “{saved}”")
    assert "/search?q=coral+reef" in walker.driver.current_url
    walker.one("#notice [data-key=u]").click()
    walker.notice(f"“{saved}” is no longer saved")
    walker.one(".card [data-key=x]").click()
    walker.notice("Hidden")
    walker.go("/library?shelf=hidden")
    assert len(walker.all(".card .gone")) == 1
    assert walker.complaints() == []


# Colour of every visible piece of text and of what lies behind it.
COLOURS = """(() => {
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (!color.endsWith(", 0)")) return color;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.body.querySelectorAll("*")]
    .filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => [getComputedStyle(e).color, ground(e), e.textContent.slice(0, 40)]);
})()"""


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2) of a computed rgb colour."""
    channels = [float(part) / 255 for part in color[color.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2), 1..21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
