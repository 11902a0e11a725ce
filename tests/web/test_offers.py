"""Pages offer people what they may do, and nothing else: every form and link on them works for who sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from tests.web.markup import Page
from tests.web.members import Town, post, town
from tests.web.test_submitting import submitted

PAGES = (
    "/",
    "/search",
    "/search?q=token",
    "/search?q=nothing-is-called-so",
    "/similar?like=1",
    "/paper/1",
    "/paper/14",  # submitted, with a comment and a tag
    "/paper/14/comments",
    "/comments/1",
    "/tags",
    "/tags/kelp",
    "/organisations",
    "/organisations/tidal-university",
    "/authors/bo-other",
    "/members/rita",
    "/moderation/log",
    "/votes/rules",
    "/api",
    "/papers",
    "/papers/calendar/2026",
)
MEMBERS = (
    *PAGES,
    "/for-you",
    "/library",
    "/about-feed",
    "/account",
    "/account/mail",
    "/account/mentions",
    "/claims",
    "/votes",
    "/submit",
    "/submit/2",
    "/papers/14/report",
)
CURATORS = (*MEMBERS, "/sources", "/joined", "/moderation", "/papers/14/moderate")
ADMINS = (
    *CURATORS,
    "/deleted",
    "/admin/accounts",
    "/admin/audit",
    "/admin/claims",
    "/admin/mail",
    "/admin/votes/14",
    "/papers/delete?pick=1",
)
SEEN = {"": PAGES, "rita": MEMBERS, "otto": MEMBERS, "cleo": CURATORS, "amos": ADMINS}


@pytest.fixture(scope="module")
def busy(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A community in which something was said, submitted, tagged, reported and claimed; tests leave it as it is."""
    with town(stocked, tmp_path_factory.mktemp("busy") / "library") as running:
        submitted(running)  # paper 14, by rita
        rita, otto = running.as_("rita"), running.as_("otto")
        post(rita, "/papers/14/comments", text="I found it")
        post(rita, "/papers/14/tags", name="kelp")
        post(rita, "/papers/14/vote", vote="cast")
        post(otto, "/comments/1/report", reason="no")
        other = Person("Bo Other", affiliations=("Tidal University",))
        running.library.add(
            Record(Paper("On tides", authors=(other,), ids=Identifiers(arxiv="2601.09999")), "arxiv", "t")
        )
        post(otto, "/authors/bo-other/claim")
        yield running


@pytest.mark.parametrize("name", SEEN)
def test_what_a_page_offers_is_allowed(busy: Town, name: str) -> None:
    client, tried = busy.as_(name), set[str]()
    for path in SEEN[name]:
        answer = client.get(path)
        assert (answer.status_code, Page(answer.text).faults) == (200, []), path
        for target in re.findall(r'<a [^>]*?href="(/[^"#]*)"', answer.text):
            address = unescape(target)
            if address not in tried:
                tried.add(address)
                assert client.get(address).status_code not in (401, 403, 404, 405), (path, address)
        for target, content in re.findall(r'<form [^>]*?method="post" action="([^"]+)"(.*?)</form>', answer.text, re.S):
            if "<button" in content and f"POST {target}" not in tried:
                tried.add(f"POST {target}")
                refused = client.post(target, data={"csrf": "wrong"})
                assert "form was not accepted" in refused.text, (path, target)  # all but the token is right
