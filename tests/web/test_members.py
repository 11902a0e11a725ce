"""The public pages of members."""

from __future__ import annotations

from html import unescape

import pytest

from tests.community.people import change
from tests.web.markup import Page
from tests.web.members import Town, post
from tests.web.served import Served
from tests.web.test_submitting import submitted


@pytest.fixture
def active(own_town: Town) -> Town:
    """Rita submitted paper 14, said something there and elsewhere, voted for paper 1, and is Ada Lee."""
    submitted(own_town)
    rita = own_town.as_("rita")
    post(rita, "/papers/14/comments", text="Waves *everywhere*")
    post(rita, "/papers/1/comments", text="My secret")
    post(rita, "/papers/1/vote", vote="cast")
    change(
        own_town.library,
        "INSERT INTO author_claims (account_id, name_key, name, state, is_shown, at) VALUES"
        " (?, 'ada lee', 'Ada Lee', 'confirmed', 1, '2026-06-01T12:00:00+00:00')",
        own_town.number("rita"),
    )
    return own_town


def test_a_member_has_a_page(active: Town) -> None:
    page = active.as_("").get("/members/rita").text
    assert Page(page).faults == []
    main = page.partition("<main")[2]
    assert '<a href="/authors/ada-lee">Ada Lee</a>' in main
    assert "Waves in the deep" in main
    assert "Waves <em>everywhere</em>" in main
    assert "Voted for" not in main  # she was not asked yet
    assert 'href="/api/daily_papers?submitter=rita"' in main
    assert [row["title"] for row in active.as_("").get("/api/daily_papers?submitter=rita").json()] == [
        "Waves in the deep"
    ]
    assert active.as_("").get("/members/RITA").headers["location"] == "/members/rita"
    assert active.as_("").get("/members/nobody").status_code == 404


def test_votes_are_on_it_where_the_member_agrees(active: Town) -> None:
    post(active.as_("rita"), "/votes/name", shown="yes")
    page = active.as_("").get("/members/rita").text
    assert "Late interaction" in page.partition("Voted for")[2]
    post(active.as_("rita"), "/votes/name", shown="no")
    assert "Voted for" not in active.as_("").get("/members/rita").text


def test_what_is_hidden_is_not_on_it(active: Town) -> None:
    cleo = active.as_("cleo")
    post(cleo, "/comments/2/hide", reason="private")
    post(cleo, "/submissions/1/hide", reason="spam")
    page = active.as_("").get("/members/rita").text
    assert "My secret" not in page
    assert "Waves in the deep" not in page.partition("<aside")[0]
    assert "No paper here." in page


def test_pages_lead_there(active: Town) -> None:
    post(active.as_("rita"), "/votes/name", shown="yes")
    assert '<a href="/members/rita">rita</a>' in active.as_("").get("/paper/14").text
    assert 'Votes from <a href="/members/rita">rita</a>' in active.as_("").get("/paper/1").text
    assert '<a href="/members/rita">rita</a>' in active.as_("").get("/authors/ada-lee").text
    assert '<a href="/members/rita">rita</a>' in active.as_("").get("/comments/1").text


def test_the_list_is_restricted_to_a_field(active: Town) -> None:
    page = unescape(active.as_("").get("/members/rita?field=language").text)
    assert "No paper of the field Language." in page


def test_one_reader_has_no_public_page(own: Served) -> None:
    assert own.client.get("/members/me").status_code == 404


def test_feeds_of_authors_and_organisations_are_restricted_too(active: Town) -> None:
    def titles(query: str) -> list[str]:
        feed = active.as_("").get(f"/authors/ada-lee/feed.json{query}").json()
        assert feed["feed_url"].endswith(f"/authors/ada-lee/feed.json{query.replace('upvotes', 'votes')}")
        return sorted(item["title"] for item in feed["items"])

    late, waves = "Late interaction with pruned token vectors", "Waves in the deep"
    assert titles("") == [late, waves]
    assert titles("?min_votes=1") == titles("?min_upvotes=1") == titles("?field=information-retrieval") == [late]
    assert titles("?field=language") == []
    post(active.as_("otto"), "/papers/14/vote", vote="cast")
    assert titles("?min_votes=1") == [late, waves]
