"""Precise search is offered where its model is; the sources' page tells how many papers have their vector."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.pipeline import pretrained
from tests.pipeline.toy import Toy
from tests.web.markup import Page
from tests.web.served import Served

BOX = {"type": "checkbox", "name": "mode", "value": "precise", "in-label": "yes"}


class Reader:
    """Finds every text equally good."""

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.zeros(len(texts), np.float32)


def test_without_its_model_precise_search_is_the_default_one(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "read_reader", lambda: None)
    for path in ("/search", "/search?q=retrieval"):
        assert BOX not in Page(site.client.get(path).text).all("input")
    results = [
        site.client.get("/api/v1/search", params={"q": "retrieval", "mode": mode}).json()["results"]
        for mode in ("precise", "default")
    ]
    assert results[0] == results[1] != []
    assert site.client.get("/api/v1/search", params={"q": "retrieval", "mode": "sharp"}).status_code in (400, 422)


def test_with_its_model_it_is_offered_and_kept_on_the_next_page(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "READER", pretrained.TRANSFORMER)  # a file that exists
    monkeypatch.setattr(pretrained, "read_reader", Reader)
    monkeypatch.setattr(pretrained, "read_transformer", Toy)
    own.library.build_precise()
    assert BOX in Page(own.client.get("/search").text).all("input")
    page = Page(own.client.get("/search?q=study&mode=precise").text)
    assert page.faults == []
    assert {**BOX, "checked": ""} in page.all("input")
    following = [a["href"] for a in page.all("a") if a.get("rel") == "next"]
    assert [parse_qs(urlsplit(link).query) for link in following] == [
        {"q": ["study"], "mode": ["precise"], "page": ["2"]}
    ]


def test_the_sources_page_tells_how_many_papers_have_their_vector(own: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "read_transformer", Toy)
    papers = own.library.stats().papers
    assert "searchable, 0 by vectors of their meaning." in own.client.get("/sources").text
    own.library.build_precise()
    assert f"searchable, {papers} by vectors of their meaning." in own.client.get("/sources").text
    assert own.client.get("/api/v1/stats").json()["encoded"] == papers
