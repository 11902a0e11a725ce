"""Precise search is offered where its vectors are, and nowhere else."""

from __future__ import annotations

from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from broadsheet.pipeline.index.vector_file import MODULES
from tests.web.markup import Page
from tests.web.served import Served

BOX = {"type": "checkbox", "name": "mode", "value": "precise", "in-label": "yes"}


def test_a_library_without_vectors_offers_no_precise_search(site: Served) -> None:
    for path in ("/search", "/search?q=retrieval"):
        assert BOX not in Page(site.client.get(path).text).all("input")
    answer = site.client.get("/search?q=retrieval&mode=precise")
    assert answer.status_code == 400
    assert "broadsheet precise build" in unescape(answer.text)
    answer = site.client.get("/api/v1/search", params={"q": "retrieval", "mode": "precise"})
    assert answer.status_code == 400
    assert "broadsheet precise build" in answer.text
    assert site.client.get("/api/v1/search", params={"q": "retrieval", "mode": "sharp"}).status_code in (400, 422)
    plain = site.client.get("/api/v1/search", params={"q": "retrieval"}).json()
    assert (
        site.client.get("/api/v1/search", params={"q": "retrieval", "mode": "default"}).json()["results"]
        == (plain["results"])
    )


def test_a_library_with_vectors_offers_it(own: Served) -> None:
    for module in MODULES:
        pytest.importorskip(module)
    own.library.build_precise()
    assert BOX in Page(own.client.get("/search").text).all("input")
    answer = own.client.get("/search?q=study&mode=precise")
    page = Page(answer.text)
    assert page.faults == []
    assert {**BOX, "checked": ""} in page.all("input")
    following = [a["href"] for a in page.all("a") if a.get("rel") == "next"]
    assert [parse_qs(urlsplit(link).query) for link in following] == [
        {"q": ["study"], "mode": ["precise"], "page": ["2"]}
    ]
    shown = own.client.get("/api/v1/search", params={"q": "reefs under water", "k": 3, "mode": "precise"}).json()
    assert {r["paper"]["title"].partition(" number")[0] for r in shown["results"]} == {"Coral reef acoustics"}
