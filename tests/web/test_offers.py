"""Pages offer people what they may do, and nothing else: every form and link on them works for who sees it."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.web.markup import Page
from tests.web.members import Town

PAGES = (
    "/",
    "/search",
    "/search?q=token",
    "/search?q=nothing-is-called-so",
    "/similar?like=1",
    "/paper/1",
    "/api",
    "/papers",
)
MEMBERS = (*PAGES, "/for-you", "/library", "/about-feed", "/account")
CURATORS = (*MEMBERS, "/sources", "/joined")
ADMINS = (*CURATORS, "/deleted", "/admin/accounts", "/admin/audit", "/papers/delete?pick=1")
SEEN = {"": PAGES, "rita": MEMBERS, "cleo": CURATORS, "amos": ADMINS}


@pytest.mark.parametrize("name", SEEN)
def test_what_a_page_offers_is_allowed(members: Town, name: str) -> None:
    client, tried = members.as_(name), set[str]()
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
