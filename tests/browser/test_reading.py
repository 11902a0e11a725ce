"""Reading lists and highlights in a browser: with a mouse, with a keyboard, and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains

import broadsheet
from broadsheet.kit.paper import Record
from tests.browser.test_discussion import sign_in
from tests.browser.walker import Walker, open_browser
from tests.clock import noon
from tests.web.members import Town, post, town
from tests.web.served import PAPERS

pytestmark = pytest.mark.browser

SELECT = """
const text = document.querySelector(".abstract p").firstChild, range = document.createRange();
range.setStart(text, 0); range.setEnd(text, 40);
getSelection().removeAllRanges(); getSelection().addRange(range); return getSelection().toString();"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A community, in which rita has a list of three papers."""
    folder = tmp_path_factory.mktemp("reading")
    with broadsheet.open(folder / "stocked", clock=noon) as library:
        library.add(*(Record(paper, "invented", f"inv-{n}", f"invented:{n}") for n, paper in enumerate(PAPERS)))
    with town(folder / "stocked", folder / "library") as running:
        for paper in ("1", "2", "3"):
            post(running.as_("rita"), "/collections", what="add", name="List", paper=paper)
        yield running


def order(place: Town) -> list[int]:
    return list(place.library.collections("rita")["List"])


def test_selected_words_are_marked_and_a_paper_is_dragged(place: Town, tmp_path: Path) -> None:
    with open_browser(place.url, tmp_path / "profile") as driver:
        walker = Walker(driver, place.url)
        sign_in(walker, "rita")
        walker.go("/paper/1")
        words = driver.execute_script(SELECT)
        walker.until(lambda: walker.one("#quote").get_attribute("value") == words.strip())
        walker.one("#quote ~ button").click()
        walker.until(lambda: [mark.text for mark in walker.all(".abstract mark")] == [words.strip()])
        walker.go("/collections/1")
        third = walker.one("#p3 .grip")
        ActionChains(driver).drag_and_drop(third, walker.one("#p1")).perform()
        walker.until(lambda: "Moved: " in walker.one("#notice").text)
        assert order(place) == [3, 1, 2]
        assert walker.foreign_requests() == []


def test_all_of_it_works_without_javascript(place: Town, tmp_path: Path) -> None:
    with open_browser(place.url, tmp_path / "profile", javascript=False) as driver:
        walker = Walker(driver, place.url)
        sign_in(walker, "otto")
        walker.go("/paper/2")
        walker.one("#quote").send_keys(PAPERS[1].title.split()[0])
        walker.one("#quote ~ button").click()
        walker.until(lambda: walker.all("h1 mark"))
        post(place.as_("rita"), "/collections/1", what="share", name="otto", may="edit")
        walker.go("/collections/1")
        before = order(place)
        assert not walker.one(f"#p{before[0]} .grip").is_displayed()
        walker.one(f"#p{before[0]} button[value=down]").click()
        walker.until(lambda: "Moved down" in walker.one("#notice").text)
        assert order(place) == [before[1], before[0], before[2]]
