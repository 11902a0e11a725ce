"""What a page shows counts when a person asked for it, not a crawler, a prefetch, a link checker or another site."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from starlette.requests import Request

import broadsheet
from broadsheet.community.actor import VISITOR
from broadsheet.web.site import Site
from tests.clock import noon


@pytest.mark.parametrize(
    ("method", "headers", "counts"),
    [
        ("GET", {}, True),
        ("HEAD", {}, False),
        ("POST", {}, False),
        ("GET", {"sec-purpose": "prefetch;prerender"}, False),
        ("GET", {"x-moz": "prefetch"}, False),
        ("GET", {"sec-fetch-site": "cross-site"}, False),
        ("GET", {"sec-fetch-dest": "image"}, False),
        ("GET", {"referer": "http://elsewhere.example/"}, False),
    ],
)
def test_who_counts_as_a_reader_of_a_page(tmp_path: Path, method: str, headers: dict[str, str], counts: bool) -> None:
    with broadsheet.open(tmp_path / "library", clock=noon) as library:
        site = Site(library, "me")
        seen: list[tuple[object, ...]] = []
        site.community.exposures.count = lambda *call: seen.append(call)  # type: ignore[method-assign]
        pairs = [(name.encode(), value.encode()) for name, value in {"host": "127.0.0.1", **headers}.items()]
        request = Request({"type": "http", "method": method, "headers": pairs})
        site.count_shown(request, "day", [7, 8], first=3)
        visitor = copy.copy(site)
        visitor.actor = VISITOR
        visitor.count_shown(request, "day", [7, 8])
        assert seen == ([("me", "day", [7, 8], 3)] if counts else [])
