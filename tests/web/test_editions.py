"""The newspaper's pages: what they show, to whom, and what may be kept of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from broadsheet.web.daily import pages
from tests.web.markup import Page
from tests.web.members import form_token
from tests.web.newsroom import Newsroom, newsroom
from tests.web.served import HOSTILE_TITLE, Served


@pytest.fixture
def room(stocked: Path, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(stocked, tmp_path / "town") as room:
        yield room


def titles(page: str) -> list[str]:
    return re.findall(r'class="title"><a href="/paper/(\d+)"', page)


def test_the_front_page_of_a_community_is_the_newspaper(room: Newsroom) -> None:
    page = room.get("/")
    assert sorted(map(int, titles(page))) == room.papers[9:11]
    assert "<h1>Saturday, 4 July 2026</h1>" in page
    assert "Open until 18:00 UTC" in page
    assert 'href="/papers/date/2026-07-02"' in page  # the last with papers, not the empty day between
    assert titles(room.get("/papers")) == titles(page)
    assert room.town.as_("").get("/for-you").status_code == 401
    assert "Make this page yours" in room.get("/for-you", "rita")


def test_a_closed_day_is_as_printed(room: Newsroom) -> None:
    page = room.get("/papers/date/2026-07-01")
    assert len(titles(page)) == 8
    assert "Closed and printed" in page
    assert HOSTILE_TITLE not in room.town.as_("").get("/papers/date/2026-07-01").text
    assert HOSTILE_TITLE in page  # unescaped by the test
    library = room.town.library
    library.delete(room.papers[0])
    later = room.get("/papers/date/2026-07-01")
    assert len(titles(later)) == 7
    assert "Late interaction with pruned token vectors" in later
    assert "No longer in this library; this is what was printed." in later


def test_weeks_months_and_the_calendar(room: Newsroom) -> None:
    assert len(titles(room.get("/papers/week/2026-W27"))) == 11
    month = room.get("/papers/month/2026-07")
    assert "<h1>July 2026</h1>" in month
    assert "1 Jul 2026" in month
    year = room.get("/papers/calendar/2026")
    assert re.findall(r'href="/papers/date/([\d-]+)"', year) == ["2026-07-01", "2026-07-02", "2026-07-04"]
    assert re.findall(r'href="(/papers/(?:week|month)/[\w-]+)"', year) == [
        "/papers/month/2026-07",
        "/papers/week/2026-W27",
    ]
    assert "/papers/calendar/202" not in year.replace("/papers/calendar/2026", "")  # no year without papers is linked
    answer = room.town.as_("").get("/papers/calendar")
    assert (answer.status_code, answer.headers["location"]) == (307, "/papers/calendar/2026")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/papers/date/2026-7-1", "/papers/date/2026-07-01"),
        ("/papers/week/2026-w27", "/papers/week/2026-W27"),
        ("/papers/month/2026-7?field=language", "/papers/month/2026-07?field=language"),
    ],
)
def test_a_date_without_zeros_leads_to_its_page(room: Newsroom, path: str, place: str) -> None:
    answer = room.town.as_("").get(path)
    assert (answer.status_code, answer.headers["location"]) == (301, place)


@pytest.mark.parametrize(
    ("path", "says", "hint"),
    [
        ("/papers/date/2026-02-30", "'2026-02-30' is no day; write it as 2026-11-28.", "/papers/date/2026-07-04"),
        ("/papers/date/<b>", "is no day; write it as 2026-11-28.", "/papers/date/2026-07-04"),
        ("/papers/week/2026-W60", "'2026-W60' is no week; write it as 2026-W48.", "/papers/week/2026-W27"),
        ("/papers/month/july", "'july' is no month; write it as 2026-11.", "/papers/month/2026-07"),
        ("/papers/date/2027-01-01", "This day has not begun yet.", "/papers/date/2026-07-04"),
        ("/papers/date/1999-01-01", "Editions begin on 1 July 2026.", "/papers/date/2026-07-01"),
        ("/papers/calendar/1999", "There are no papers of the year '1999'.", "/papers/calendar/2026"),
        ("/papers/calendar/٢٠٢٦", "There are no papers of the year", "/papers/calendar/2026"),
    ],
)
def test_what_is_no_edition_says_why_and_where_to_go(room: Newsroom, path: str, says: str, hint: str) -> None:
    answer = room.town.as_("").get(path)
    assert (answer.status_code, Page(answer.text).faults) == (404, [])
    assert says in unescape(re.sub("<[^>]+>", "", answer.text))
    assert f'Did you mean <a href="{hint}">' in answer.text


def test_an_empty_day_says_why_and_leads_to_the_last_with_papers(room: Newsroom) -> None:
    page = room.get("/papers/date/2026-07-03")
    assert "Nobody submitted or picked a paper, and no source was asked for new ones." in page
    assert 'The last papers before: <a href="/papers/date/2026-07-02">2 Jul 2026</a>' in page


def test_a_field_restricts_a_page(room: Newsroom) -> None:
    page = room.get("/papers/date/2026-07-01")
    assert 'href="/papers/date/2026-07-01?field=information-retrieval"' in page
    own = room.get("/papers/date/2026-07-01?field=information-retrieval")
    assert sorted(map(int, titles(own))) == room.papers[:2]
    assert '<meta name="robots" content="noindex">' in own
    assert 'rel="canonical" href="' in own
    assert "?field=" not in own.partition('rel="canonical" href="')[2].partition('"')[0]
    none = room.get("/papers/date/2026-07-01?field=poetry")
    assert titles(none) == []
    assert "This edition has no paper of the field poetry." in none


def test_a_long_edition_has_several_pages(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "SIZE", 3)
    path = "/papers/week/2026-W27"
    found = [titles(room.get(f"{path}?page={n}")) for n in range(1, 5)]
    assert [len(one) for one in found] == [3, 3, 3, 2]
    assert len({title for one in found for title in one}) == 11
    first, last = room.get(path), room.get(f"{path}?page=4")
    assert (f'href="{path}?page=2"' in first, "11 papers" in first) == (True, True)
    assert (f'href="{path}?page=3"' in last, f'href="{path}?page=5"' in last) == (True, False)
    assert room.town.as_("").get(f"{path}?page=0").status_code == 400
    assert room.town.as_("").get(f"{path}?page=9").status_code == 404


def test_what_is_closed_may_be_kept_and_is_the_same_for_everybody(room: Newsroom) -> None:
    path = "/papers/date/2026-07-01"
    answers = [room.town.browser().get(path) for _ in range(2)]
    assert answers[0].text == answers[1].text
    assert answers[0].headers["cache-control"] == "public, max-age=3600"
    assert "set-cookie" not in answers[0].headers
    assert "csrf" not in answers[0].text
    tag = answers[0].headers["etag"]
    again = room.town.browser().get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for changing, name in (("/", ""), ("/papers/date/2026-07-04", ""), (path, "rita")):
        answer = room.town.as_(name).get(changing)
        assert answer.headers["cache-control"] == "private, no-cache", (changing, name)
    room.town.library.delete(room.papers[0])
    assert room.town.browser().get(path, headers={"If-None-Match": tag}).status_code == 200


def test_curators_pick_and_take_it_back(room: Newsroom) -> None:
    number = room.papers[11]
    cleo = room.town.as_("cleo")
    paper = f"/paper/{number}"
    assert "Pick for today’s edition" in room.get(paper, "cleo")
    assert "Pick for today’s edition" not in room.get(paper, "rita")
    fields = {"csrf": form_token(cleo, paper), "pick": "pick", "next": paper}
    answer = cleo.post(f"/papers/{number}/pick", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{paper}?done=pick&paper={number}")
    assert str(number) in titles(room.get("/"))
    page = room.get(paper, "cleo")
    assert "picked by cleo" in page
    assert "Take the pick back" in page
    answer = cleo.post(f"/papers/{number}/pick", data={**fields, "pick": "unpick"})
    assert answer.headers["location"] == f"{paper}?done=unpick&paper={number}"
    assert str(number) not in titles(room.get("/"))
    acts = room.town.library.catalogue.community.audit.latest(2)
    assert [(act.actor, act.act, act.target, act.detail) for act in acts] == [
        ("cleo", "take back a pick", f"paper {number}", "edition 2026-07-04"),
        ("cleo", "pick", f"paper {number}", "edition 2026-07-04"),
    ]
    rita = room.town.as_("rita")
    fields["csrf"] = form_token(rita, paper)
    assert rita.post(f"/papers/{number}/pick", data=fields).status_code == 403
    printed = room.get(f"/paper/{room.papers[8]}", "cleo")
    assert "Printed in the edition of" in printed
    assert "Take the pick back" not in printed


def test_members_vote_on_the_front_page_and_visitors_see_the_votes(room: Newsroom) -> None:
    number = room.papers[9]
    assert 'data-key="v"' not in room.get("/")
    page = room.get("/", "rita")
    assert page.count('data-key="v"') == 2
    rita = room.town.as_("rita")
    fields = {"csrf": form_token(rita, "/"), "vote": "cast", "page": "edition", "position": "1", "next": "/"}
    assert rita.post(f"/papers/{number}/vote", data=fields).status_code == 303
    assert "<b>1</b> vote<" in room.get("/")
    closed = room.papers[0]
    assert rita.post(f"/papers/{closed}/vote", data=fields).status_code == 303
    day = room.get("/papers/date/2026-07-01")
    assert "<b>1</b>" not in day  # what was printed stays
    assert "0 when printed" in room.get("/papers/date/2026-07-01", "rita")
    assert "<b>1</b> vote<" in room.get("/papers/week/2026-W27")


def test_crawlers_find_the_closed_days_and_nothing_without_end(room: Newsroom) -> None:
    robots = room.town.as_("").get("/robots.txt").text
    assert "Disallow: /search\n" in robots
    assert robots.endswith(f"Sitemap: {room.town.url}/sitemap.xml\n")
    answer = room.town.as_("").get("/sitemap.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    assert re.findall(r"<loc>[^<]*(/papers/[^<]*)</loc>", answer.text) == [
        "/papers/date/2026-07-01",
        "/papers/week/2026-W27",
        "/papers/month/2026-07",
        "/papers/date/2026-07-02",
    ]
    visitor = room.town.browser()
    seen: set[str] = set()
    waiting = ["/", "/papers/calendar/2026"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        text = visitor.get(path, follow_redirects=True).text
        waiting += re.findall(r'href="(/papers[^"?.]*)"', text)
    assert len(seen) < 12


def test_the_reader_of_a_private_library_has_editions_too(own: Served) -> None:
    assert "Make the first edition" in own.client.get("/papers").text
    number = own.number("2601.00001")
    assert own.post(f"/papers/{number}/pick", pick="pick", next="/papers").status_code == 303
    page = own.client.get("/papers").text
    assert titles(page) == [str(number)]
    assert Page(page).faults == []
    assert own.client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert "Today’s papers" in own.client.get("/").text or "Make this page yours" in own.client.get("/").text
    assert own.client.get("/for-you").status_code == 200
