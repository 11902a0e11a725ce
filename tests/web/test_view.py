from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.pipeline.records import Reason, Result, Span, Stored
from broadsheet.web import facts, links, presenters


def said(pieces: tuple[presenters.Piece, ...]) -> list[str]:
    return [piece.text for piece in pieces]


def stored(paper: Paper) -> Stored:
    return Stored(7, paper, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a", "https://example.org/a"),
        (" http://example.org ", "http://example.org"),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org", ""),
        ("https:", ""),
        ("http://user:pw@evil.example:81/a?b#c", "http://evil.example:81/a?b#c"),
        ("https://arxiv.org@evil.example/", "https://evil.example/"),
        ("http://[broken", ""),
        ("", ""),
    ],
)
def test_web_url(url: str, kept: str) -> None:
    assert links.web_url(url) == kept


@given(st.text(max_size=2000), st.integers(1, 500))
def test_clamp_loses_no_word(text: str, limit: int) -> None:
    lead, rest = presenters.clamp(text, limit)
    whole = f"{lead.removesuffix(' …')} {rest.removeprefix('… ')}" if rest else lead
    assert "".join(whole.split()) == "".join(text.split())
    assert len(lead) <= limit * 5 // 4 + 2


def test_clamp_ends_at_a_sentence() -> None:
    assert presenters.clamp("One is here. Two is there. Three is far.", 30) == (
        "One is here. Two is there.",
        "Three is far.",
    )


def test_byline() -> None:
    people = tuple(Person(f"P{n}") for n in range(1, 8))
    assert presenters.byline(Paper("t", authors=people[:5])) == "P1, P2, P3, P4, P5"
    assert presenters.byline(Paper("t", authors=people)) == "P1, P2, P3, P4 and 3 more"
    assert presenters.byline(Paper("t", extra={"author_count": 1, "organisation": "Lab"})) == "1 author, Lab"
    assert presenters.byline(Paper("t", extra={"author_count": "many", "organisation": 3})) == ""


def test_dates_and_kicker() -> None:
    assert presenters.published(Paper("t", submitted=date(2026, 3, 4), year=2026)) == "4 Mar 2026"
    assert presenters.published(Paper("t", year=1999)) == "1999"
    assert presenters.published(Paper("t")) == ""
    assert said(presenters.kicker(Paper("t", venue="SIGIR 2024", year=2024))) == ["SIGIR 2024"]
    assert said(presenters.kicker(Paper("t", categories=("cs.IR", "cs.LG"), year=2024))) == ["cs.IR", "2024"]
    assert presenters.kicker(Paper("t", venue="SIGIR"))[0].href == "/search?q=venue%3A%22SIGIR%22"


def test_links_are_safe_and_named_once() -> None:
    ids = Identifiers(arxiv="hep-th/9901001", doi='10.1000/a"<b>')
    paper = Paper("t", ids=ids, urls=("https://arxiv.org/abs/hep-th/9901001", "https://www.example.org/x", "ftp://x/y"))
    assert [(link.label, link.href) for link in links.links(paper)] == [
        ("arXiv", "https://arxiv.org/abs/hep-th/9901001"),
        ("DOI", "https://doi.org/10.1000/a%22%3Cb%3E"),
        ("PDF", "https://arxiv.org/pdf/hep-th/9901001"),
        ("example.org", "https://www.example.org/x"),
    ]


def test_coins_keeps_every_author() -> None:
    paper = Paper("A & B = C", authors=(Person("Ü Ö"), Person("B")), year=2020, venue="V", kind="article")
    context = parse_qs(links.coins(paper, links.links(paper)))
    assert context["rft.title"] == ["A & B = C"]
    assert context["rft.creator"] == ["Ü Ö", "B"]
    assert (context["rft.date"], context["rft.source"], context["rft.type"]) == (["2020"], ["V"], ["article"])


@given(st.text(st.characters(codec="utf-8")))
def test_a_search_link_is_quoted_as_a_form_is(value: str) -> None:
    assert links.search_link("", value) == "/search?" + urlencode({"q": value})
    inside = value.replace('"', " ")
    assert links.search_link("author", value) == "/search?" + urlencode({"q": f'author:"{inside}"'})


def test_reasons_link_the_paper_they_speak_of() -> None:
    reason = Reason("near", "near “Old paper”, which you liked", 0.5, 3)
    assert presenters.reason_pieces(reason, {3: "Old paper"}) == (
        presenters.Piece("Near “"),
        presenters.Piece("Old paper", "/paper/3"),
        presenters.Piece("”, which you liked"),
    )
    assert presenters.reason_pieces(reason, {}) == (presenters.Piece("Near “Old paper”, which you liked", "/paper/3"),)
    assert presenters.reason_pieces(Reason("recent", "new"), {}) == (presenters.Piece("New"),)


def test_a_summary_comes_before_the_abstract() -> None:
    card = presenters.card(stored(Paper("T", abstract="The abstract.", summary="The summary.")), presenters.Mark())
    assert (card.lead, card.rest) == ((Span("The summary."),), "The abstract.")


@pytest.mark.parametrize(("lexical", "semantic", "share"), [(0.25, 0.75, 25), (1.0, 0.0, 100), (0.0, 0.0, None)])
def test_the_share_of_words(lexical: float, semantic: float, share: int | None) -> None:
    result = Result(stored(Paper("T")), 1.0, lexical, semantic, (Span("T", True),), ())
    assert presenters.search_card(result, presenters.Mark()).share == share


def test_changed_fields() -> None:
    assert facts.changed_fields(Paper("A"), Paper("B", version=2)) == ("title", "version")
    assert facts.changed_fields(Paper("A"), Paper("A", year=2)) == ("dates or other details",)


def test_page_numbers() -> None:
    assert presenters.page_numbers(1, 20, 20, 100, 50) == (None, 2)
    assert presenters.page_numbers(5, 20, 20, 100, 50) == (4, None)
    assert presenters.page_numbers(50, 20, 20, 10_000, 50) == (49, None)
