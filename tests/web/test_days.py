"""The pages of earlier days: what was shown then, with a way to the days beside it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broadsheet.catalogue import Event
from tests.clock import NOON
from tests.web.markup import Page
from tests.web.served import Served

BEFORE = (NOON - timedelta(days=3), NOON - timedelta(days=1))
DAYS = [moment.date().isoformat() for moment in BEFORE]


@pytest.fixture
def read(own: Served) -> Served:
    """A library whose page was looked at on two earlier days, and papers 1, 2 and 3, 1 shown."""
    library = own.library
    reader = library.catalogue.readers.get("me", create=True)
    shown = [(1, 2, BEFORE[0]), (2, 1, BEFORE[0]), (1, 1, BEFORE[0] + timedelta(hours=1)), (3, 1, BEFORE[1])]
    shown += [(1, 2, BEFORE[1])]
    library.catalogue.readers.log(reader.id, [Event("impression", paper, place, at=at) for paper, place, at in shown])
    return own


def cards(text: str) -> list[int]:
    return [int(part.split('"')[0]) for part in text.split('<article class="card" id="p')[1:]]


def test_a_day_shows_what_its_pages_showed_and_leads_to_the_days_beside_it(read: Served) -> None:
    first, last = (read.client.get(f"/day/{day}").text for day in DAYS)
    assert (sorted(cards(first)), cards(last)) == ([1, 2], [3, 1])
    assert Page(first).faults == Page(last).faults == []
    assert f'rel="next" href="/day/{DAYS[1]}"' in first
    assert 'rel="prev"' not in first
    assert f'rel="prev" href="/day/{DAYS[0]}"' in last
    assert 'rel="next"' not in last  # the page of today was not looked at
    today = read.client.get("/").text
    assert f'rel="prev" href="/day/{DAYS[1]}"' in today
    assert '<a rel="next" href="/">Today</a>' in read.client.get(f"/day/{DAYS[1]}").text


def test_looking_at_an_earlier_day_shows_nothing_anew(read: Served) -> None:
    before = read.library.state("me").seen
    assert read.client.get(f"/day/{DAYS[0]}").status_code == 200
    assert read.library.state("me").seen == before


def test_what_was_deleted_since_is_not_there(read: Served) -> None:
    read.library.delete(3)
    assert cards(read.client.get(f"/day/{DAYS[1]}").text) == [1]


def test_a_day_without_a_page_says_so(read: Served) -> None:
    text = read.client.get("/day/2001-02-03").text
    assert "was not looked at on that day" in text
    assert f'rel="next" href="/day/{DAYS[0]}"' in text
    assert Page(text).faults == []


def test_today_leads_to_the_page_itself(read: Served) -> None:
    answer = read.client.get(f"/day/{NOON.date()}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/")


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0000-00-00", "2026-11-27T00:00", "%00"])
def test_what_is_no_day_is_not_found(read: Served, text: str) -> None:
    assert read.client.get(f"/day/{text}").status_code == 404


def test_the_first_and_the_last_day_there_are(read: Served) -> None:
    assert [read.client.get(f"/day/{day}").status_code for day in ("0001-01-01", "9999-12-31")] == [200, 200]
