"""Less like this: it works at once, says what left the page, and can be undone."""

from __future__ import annotations

import re

import pytest

from tests.web.markup import Page
from tests.web.served import Served

FRAGMENT = {"X-Fragment": "true"}


@pytest.fixture
def down(own: Served, monkeypatch: pytest.MonkeyPatch) -> tuple[Served, int, list[int]]:
    """(a server with a page of five, the first paper on it, the others)."""
    own.library.act("me", own.number("2512.00101"), "save")
    numbers = [item.stored.id for item in own.library.feed("me", 5, log=False).items]
    monkeypatch.setattr(own.library, "act_on_page", lambda *_, **__: tuple(numbers[1:3]))
    return own, numbers[0], numbers[1:]


def test_the_notice_names_what_left_and_its_undo_loads_the_whole_page(down: tuple[Served, int, list[int]]) -> None:
    own, first, others = down
    titles = [own.library.paper(number).paper.title for number in others[:2]]
    answer = own.client.post(
        f"/papers/{first}/act", data={"csrf": own.token(), "action": "down", "next": "/"}, headers=FRAGMENT
    )
    page = Page(answer.text)
    assert [part.get("id") for part in page.all("p") if "gone" in (part.get("class") or "")] == [
        f"p{number}" for number in others[:2]
    ]
    assert f"2 papers leave your page with it: “{titles[0]}”, “{titles[1]}”." in re.sub(r"\s+", " ", answer.text)
    [undo] = [form for form in page.all("form") if form.get("action") == "/undo"]
    assert undo.get("data-post") is None
    address = own.post(f"/papers/{first}/act", action="down", next="/").headers["location"]
    assert f"left={others[0]}.{others[1]}" in address
    shown = own.client.get(address).text
    assert "2 papers leave your page with it" in shown
    assert 'name="next" value="/"' in shown  # forms of the page return to it without the notice


def test_a_made_up_address_names_nothing(own: Served) -> None:
    text = own.client.get("/?done=down&paper=1&left=x.-1.999999.1e5").text
    assert "No other paper leaves your page." in text
    assert own.client.get("/?done=down&paper=1&left=" + ".".join(["1"] * 500)).status_code == 200


def test_the_programs_interface_says_what_left(down: tuple[Served, int, list[int]]) -> None:
    own, first, others = down
    answer = own.client.post(f"/api/v1/papers/{first}/actions", json={"action": "down"})
    assert answer.json() == {"done": True, "left": others[:2]}
    answer = own.client.post(f"/api/v1/papers/{first}/actions", json={"action": "up"})
    assert answer.json() == {"done": True, "left": []}
