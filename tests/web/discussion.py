"""Comments as members post them, and pages without faults, for the tests of discussion."""

from __future__ import annotations

import httpx

from tests.web.markup import Page
from tests.web.members import Town, post

HOSTILE = '"><script>alert(1)</script>'


def say(town: Town, name: str, text: str, paper: int = 1, **fields: str) -> int:
    """Post a comment as a member; returns its number."""
    answer = post(town.as_(name), f"/papers/{paper}/comments", text=text, **fields)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("#c")[2])


def sound(answer: httpx.Response, status: int = 200) -> str:
    """The text of a page without faults."""
    assert (answer.status_code, Page(answer.text).faults) == (status, [])
    return answer.text
