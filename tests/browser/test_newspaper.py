"""The newspaper in a real browser: by keyboard, without JavaScript, and on paper."""

from __future__ import annotations

import base64
import re

import pytest

from tests.browser.walker import Walker

pytestmark = pytest.mark.browser
PICKS = range(1, 14)
PAPER = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}


def pick(walker: Walker) -> None:
    """Pick every paper for today's edition, by the button on its page."""
    for number in PICKS:
        walker.go(f"/paper/{number}")
        walker.one("form[action$='/pick'] button").click()
        walker.notice("In today’s edition")
    walker.go("/papers")


def test_read_and_vote_by_keyboard(walker: Walker) -> None:
    pick(walker)
    assert len(walker.titles()) == len(PICKS)
    walker.press("j", "j")
    second = walker.one(".card.current .title").text
    assert second == walker.titles()[1]
    walker.press("v")
    walker.until(lambda: walker.one(".card.current .vote").text == "▲ 1 vote")
    walker.press("v")
    walker.until(lambda: walker.one(".card.current .vote").text == "▲ 0 votes")
    walker.press("o")
    walker.until(lambda: walker.one("article.paper h1").text == second)
    assert walker.foreign_requests() == []
    assert walker.complaints() == []


def test_a_day_prints_as_two_pages(walker: Walker) -> None:
    pick(walker)
    printed = walker.driver.execute_cdp_cmd("Page.printToPDF", PAPER)["data"]
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", base64.b64decode(printed))) <= 2


def test_pick_read_and_vote_without_javascript(plain_walker: Walker) -> None:
    walker = plain_walker
    pick(walker)
    lead = walker.titles()[0]
    walker.one(".first [data-key=v]").click()
    walker.notice(f"Your vote for “{lead}” is counted.")
    assert walker.one(".first .vote").text == "▲ 1 vote"
    walker.one(".fields a[rel=nofollow]").click()
    assert "?field=" in walker.driver.current_url
    assert 0 < len(walker.titles()) < len(PICKS)
