"""Works of Crossref and DataCite: abstracts, servers of preprints, translated titles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.providers.crossref_datacite import crossref_paper, datacite_paper
from tests.sources.json_samples import CROSSREF, one


def work(**fields: Any) -> Paper:
    return crossref_paper(json.dumps({"message": CROSSREF | fields}).encode(), "10.1234/work")


TEX = r"\documentclass[12pt]{minimal}\usepackage{amsmath}\begin{document}$$\alpha $$\end{document}"


@pytest.mark.parametrize(  # C05, C06
    ("abstract", "read_as"),
    [
        (
            f"<jats:p>We study <jats:inline-formula><jats:alternatives><jats:tex-math>{TEX}</jats:tex-math>"
            "<mml:math><mml:mi>α</mml:mi></mml:math></jats:alternatives></jats:inline-formula>-rivers.</jats:p>",
            "We study α-rivers.",
        ),
        (f"<jats:p>We study <jats:tex-math>{TEX}</jats:tex-math>-rivers.</jats:p>", r"We study $\alpha$-rivers."),
        (f"We study {TEX}-rivers.", r"We study $\alpha$-rivers."),
        (
            "<jats:sec><jats:title>Background</jats:title><jats:p>First.</jats:p></jats:sec>"
            "<jats:sec><jats:title>Methods</jats:title><jats:p>Second.</jats:p></jats:sec>",
            "Background First. Methods Second.",
        ),
        ("<jats:title>Abstract</jats:title><jats:p>p &amp;lt; 0.05 &amp;amp; more</jats:p>", "p < 0.05 & more"),
    ],
)
def test_abstracts_of_crossref(abstract: str, read_as: str) -> None:
    assert work(abstract=abstract).abstract == read_as


def test_a_preprint_has_its_server_as_venue() -> None:  # D14
    paper = work(
        type="posted-content", institution=[{"name": "bioRxiv"}], **{"container-title": [], "group-title": "Ecology"}
    )
    assert (paper.venue, paper.kind, paper.extra["group-title"]) == ("bioRxiv", "preprint", "Ecology")


def test_what_crossref_keeps_of_its_own_is_left_out() -> None:
    paper = work(indexed={"timestamp": 1}, prefix="10.1234", reference=[{"key": "1"}])
    assert sorted(paper.extra) == ["date", "editors", "issn", "pages", "publisher", "volume"]


def test_the_title_of_datacite_is_the_one_that_is_no_translation() -> None:  # C07
    titles = [
        {"title": "Titel", "titleType": "TranslatedTitle"},
        {"title": "The title"},
        {"title": "More", "titleType": "Subtitle"},
    ]
    body = {
        "titles": titles,
        "creators": [{"name": "Rivers Lab", "nameType": "Organizational"}],
        "publicationYear": "2020",
    }
    paper = datacite_paper(json.dumps({"data": {"attributes": body}}).encode(), "10.1234/x")
    assert (paper.title, paper.extra) == ("The title: More", {"translated_title": "Titel"})
    assert paper.authors == (Person("Rivers Lab", is_group=True),)
    only = {"titles": titles[:1], "creators": []}
    assert datacite_paper(json.dumps({"data": {"attributes": only}}).encode(), "10.1234/x").title == "Titel"
    assert one({"data": [{"id": "10.1234/x", "attributes": body | {"doi": "10.1234/x"}}]}).paper.ids.doi == "10.1234/x"
