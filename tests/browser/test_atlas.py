"""The map in a real browser: drawn, moved by keys, searched, a paper opened; and a list without JavaScript."""

from __future__ import annotations

from pathlib import Path

import httpx
import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys

import broadsheet
from tests.browser.walker import Walker

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _mapped(address: str, tmp_path: Path) -> None:
    assert address
    with broadsheet.open(tmp_path / "library") as library:
        library.atlas.build()


def drawn(walker: Walker) -> int:
    return int(walker.one("#map-canvas").get_attribute("data-drawn") or 0)


def place(walker: Walker) -> list[float]:
    return [float(one) for one in (walker.one("#map-canvas").get_attribute("data-at") or "0 0 0").split()]


def test_the_map_is_drawn_moved_by_keys_and_opens_papers(walker: Walker) -> None:
    walker.go("/atlas")
    walker.until(lambda: drawn(walker) == 13)
    colours = walker.script(
        "(() => { const c = document.getElementById('map-canvas'); const d = c.getContext('2d')"
        ".getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0;"
        " return n; })()"
    )
    assert colours > 13 * 2  # pixels
    canvas = walker.one("#map-canvas")
    x, y, zoom = place(walker)
    canvas.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN, "+")
    walker.until(lambda: place(walker)[0] > x and place(walker)[1] > y and place(walker)[2] > zoom)
    canvas.send_keys("0")
    walker.until(lambda: place(walker) == [x, y, zoom])
    canvas.send_keys("n")
    walker.until(lambda: walker.one("#map-said").text)
    canvas.send_keys(Keys.ENTER)
    walker.until(lambda: walker.all("#map-card article"))
    assert walker.driver.switch_to.active_element.tag_name == "a"
    walker.one("#map-card [data-key=s]").click()
    walker.until(lambda: walker.one("#map-card [data-key=s]").text == "Saved")
    box = walker.one("#map-q")
    box.send_keys("late interaction", Keys.ENTER)
    walker.until(lambda: "on the map" in walker.one("#map-said").text)
    assert "q=late+interaction" in walker.driver.current_url
    years = walker.one("#map-from")
    years.clear()
    years.send_keys("2026", Keys.TAB)
    walker.until(lambda: 0 < drawn(walker) < 13)
    assert walker.complaints() == []
    assert walker.foreign_requests() == []


def test_pointing_at_a_paper_tells_its_title_and_a_click_opens_it(walker: Walker, address: str) -> None:
    tile = httpx.get(f"{address}/atlas/tiles/0/0/0", trust_env=False).content
    number = int(np.frombuffer(tile[4:8], "<u4")[0])
    x, y = np.frombuffer(tile[4 + 4 * 13 :], "<u2").reshape(4, 13)[:2, 0] / 65535 - 0.5
    walker.go("/atlas")
    walker.until(lambda: drawn(walker) == 13)
    canvas = walker.one("#map-canvas")
    walker.script("document.getElementById('map-canvas').scrollIntoView({ block: 'center' })")
    size = min(canvas.size["width"], canvas.size["height"])
    hover = ActionChains(walker.driver).move_to_element_with_offset(canvas, round(x * size), round(y * size))
    hover.perform()
    title = walker.until(lambda: walker.one("#map-tip").text)
    hover.click().perform()
    link = walker.until(lambda: walker.all("#map-card .title a"))[0]
    assert (link.get_attribute("href") or "").endswith(f"/paper/{number}") or link.text == title
    assert title


def test_the_wheel_brings_nearer_and_a_button_back(walker: Walker) -> None:
    walker.go("/atlas")
    walker.until(lambda: drawn(walker) == 13)
    canvas = walker.one("#map-canvas")
    ActionChains(walker.driver).scroll_from_origin(ScrollOrigin.from_element(canvas), 0, -300).perform()
    walker.until(lambda: place(walker)[2] > 1)
    walker.one("[data-move=home]").click()
    walker.until(lambda: place(walker)[2] == 1)


def test_without_javascript_the_regions_are_a_list(plain_walker: Walker) -> None:
    plain_walker.go("/atlas")
    assert not plain_walker.one("#map").is_displayed()
    plain_walker.one(".region-list a").click()
    assert plain_walker.titles()
