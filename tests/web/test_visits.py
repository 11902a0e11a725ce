"""Today after an absence: what came first, an honest word where nothing fits, and a catch-up."""

from __future__ import annotations

from datetime import timedelta

from broadsheet.catalogue import Event
from broadsheet.kit.reader_actions import SHOWN_IN_VAIN
from tests.web.served import Served


def visit(own: Served, days: int) -> None:
    """Note a page of so many days ago."""
    at = own.library.now() - timedelta(days=days)
    reader = own.library.catalogue.readers.get("me", create=True).id
    own.library.catalogue.readers.log(reader, [Event("impression", 1, 1, "p", at=at)])


def begin(own: Served) -> None:
    """Save a paper, so that the page is the reader's."""
    own.library.act("me", own.number("2512.00101"), "save")


def test_an_absence_offers_a_catch_up(own: Served) -> None:
    begin(own)
    visit(own, 3)
    assert "You were away" not in own.client.get("/").text
    assert "The best of the week" in own.client.get("/").text


def test_a_long_absence_links_to_its_days(own: Served) -> None:
    begin(own)
    visit(own, 12)
    text = own.client.get("/").text
    assert "You were away for 13 days." in text
    assert '"/catch-up?days=13"' in text
    page = own.client.get("/catch-up?days=13")
    assert page.status_code == 200
    assert "The best of 13 days" in page.text
    assert page.text.count('class="card') == len(own.library.catch_up("me", 13, log=False).items) > 0
    assert own.client.get("/catch-up?days=0").status_code in (400, 422)


def test_nothing_new_is_said_so_and_older_papers_have_a_heading(own: Served) -> None:
    begin(own)
    [name] = [cookie for cookie in own.client.cookies if cookie.endswith("_seen")] or ["none"]
    if name == "none":
        own.client.get("/")
        [name] = [cookie for cookie in own.client.cookies if cookie.endswith("_seen")]
    now = int(own.library.now().timestamp())
    own.client.cookies.set(name, f"{now}.{now}", domain="127.0.0.1", path="/")
    text = own.client.get("/", headers={"Cookie": f"{name}={now}.{now}"}).text
    assert "Nothing new: no paper came since" in text
    assert "From before your last visit" in text


def test_what_does_not_come_back_is_counted_and_listed(own: Served) -> None:
    begin(own)
    tired = own.number("2601.00001")
    reader = own.library.readers()[0].id
    for days in range(1, SHOWN_IN_VAIN + 1):
        at = own.library.now() - timedelta(days=days)
        own.library.catalogue.readers.log(reader, [Event("impression", tired, 1, "p", at=at)])
    text = own.client.get("/").text
    assert f'<a href="/library?shelf=passed">1 paper shown on {SHOWN_IN_VAIN} days without an action</a>' in text
    assert f'id="p{tired}"' not in text
    assert f'id="p{tired}"' in own.client.get("/library?shelf=passed").text
