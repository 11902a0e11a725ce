"""The daily paper of one reader alone: editions, trend and API without anything of a community."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broadsheet.community import Community
from broadsheet.kit.paper import Record
from tests.web.daily import RECEPTION, Clock, fill, newsstand, paper
from tests.web.markup import Page
from tests.web.served import Served, served

PAGES = (
    "/",
    "/papers",
    "/papers/date/2026-06-29",
    "/papers/week/2026-W27",
    "/papers/calendar/2026",
    "/search?q=coral",
    "/paper/1",
    "/library",
    "/sources",
    "/about-feed",
    "/organisations",
    "/authors/ada-lee",
    "/tags",
)
OF_A_COMMUNITY = re.compile(
    r'(?:href|action)="(/(?:sign-|subscribe|account|admin|moderation|members|claims|votes/name|papers/\d+/report|tags")[^"]*)'
)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A private library with editions of three days."""
    with newsstand(tmp_path_factory.mktemp("alone") / "library") as running:
        assert not running.site.community.has_accounts
        yield running


@pytest.mark.parametrize("path", PAGES)
def test_pages_offer_nothing_of_a_community(alone: Served, path: str) -> None:
    answer = alone.client.get(path)
    assert (answer.status_code, Page(answer.text).faults) == (200, [])
    assert OF_A_COMMUNITY.findall(answer.text) == []


def test_editions_and_the_api_have_the_days(alone: Served) -> None:
    assert "Coral attention in invented waters" in alone.client.get("/papers/date/2026-06-29").text
    assert "Harbour noise" in alone.client.get("/papers").text
    titles = [row["title"].split()[0] for row in alone.client.get("/api/daily_papers?date=2026-06-29").json()]
    assert sorted(titles) == ["Coral", "Tidal"]
    assert [row["title"].split()[0] for row in alone.client.get("/api/daily_papers").json()] == ["Harbour"]


def test_imported_votes_and_own_saves_make_the_trend(tmp_path: Path) -> None:
    fill(tmp_path / "library", "")
    with served(tmp_path / "library", clock=Clock(datetime(2026, 7, 1, 12, tzinfo=UTC))) as running:
        running.library.add(Record(paper(2), "another", "2", reception=RECEPTION))
        community = Community(running.library)
        ids = [running.number(f"2606.{n + 1:05d}") for n in (1, 2, 3)]
        first = community.trends.order(ids, running.library.now())[0].paper_id
        assert first == ids[1]  # 7 votes elsewhere
        page = running.client.get("/api/daily_papers?sort=trending&limit=3").json()
        assert {row["title"].split()[0] for row in page[:2]} == {"Coral", "Glacier"}
        running.library.act("me", ids[2], "save")
        (saved,) = community.trends.order([ids[2]], running.library.now())
        assert saved.reason.startswith("0.5 votes; ")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/account", "/admin/accounts", "/members/me"])
def test_addresses_of_a_community_lead_nowhere(alone: Served, path: str) -> None:
    assert alone.client.get(path).status_code == 404
