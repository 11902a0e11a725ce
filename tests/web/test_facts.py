"""What sources say beside a record, where they differ, and the links that narrow a search."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.records import Reason, Result, Span, Stored
from broadsheet.web import facts, presenters
from tests.clock import noon
from tests.web.markup import Page
from tests.web.served import PAPERS, Served


@pytest.mark.parametrize(
    ("extra", "sources", "said"),
    [
        ({"listed": "Mar 11, Oct 29", "votes": 2}, ["list.jsonl"], "listed Mar 11, Oct 29 · 2 votes (list.jsonl)"),
        ({"listed": "Mar 11"}, ["a", "b"], "listed Mar 11"),
        ({"votes": 1}, ["jsonl:a.jsonl", "jsonl:a.jsonl"], "1 vote (a.jsonl)"),
        ({"votes": "many", "listed": 3}, ["a"], ""),
        ({"votes": True}, ["a"], ""),
        ({}, ["a"], ""),
    ],
)
def test_listed(extra: dict[str, Any], sources: list[str], said: str) -> None:
    assert facts.listed(Paper("t", extra=extra), sources) == said


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (["Example Institute"], "Example Institute"),
        (["A", "B", "C", "D", "E"], "A; B; C and 2 more"),
        ([" ", 3], ""),
        ("Example Institute", ""),
    ],
)
def test_organisations(named: object, said: str) -> None:
    assert facts.organisations(Paper("t", extra={"organisations": named})) == said


def test_differences_name_who_says_what() -> None:
    one, other = Paper("Salt marshes", year=2020, venue="Tides"), Paper("Salt marshes", year=2021)
    records = [("a.bib", "x", noon(), one), ("b.ris", "", noon(), other)]
    assert facts.differences(records) == [("year", [("a.bib x", "2020"), ("b.ris", "2021")])]
    assert facts.differences(records[:1]) == []


def test_shares_are_left_out_where_reasons_say_more() -> None:
    stored = Stored(7, Paper("T", venue="naacl"), noon())
    result = Result(stored, 1.0, 0.5, 0.5, (Span("T"),), (), reasons=(Reason("title", "its title is what you asked"),))
    card = presenters.search_card(result, presenters.Mark())
    assert (card.share, [piece.text for piece in card.reasons[0]]) == (None, ["Its title is what you asked"])
    assert [piece.text for piece in card.kicker] == ["NAACL"]


def test_a_papers_page_tells_what_sources_say(own: Served) -> None:
    extra = {"organisations": ["Example Institute"], "listed": "Mar 11", "votes": 2}
    said = replace(PAPERS[0], venue="Annals of Invention", extra=extra)
    own.library.add(Record(said, "list.jsonl", "l-1", "list:1"))
    number = own.number("2601.00001")
    page = own.client.get(f"/paper/{number}").text
    assert Page(page).faults == []
    text = unescape(page)
    assert "listed Mar 11 · 2 votes (list.jsonl)" in text
    assert "Example Institute</p>" in text
    differ = text.partition('id="differ"')[2].partition("</section>")[0]
    assert "Annals of Invention" in differ
    assert "Journal of Invented Retrieval" in differ
    found = own.client.get("/search?q=late+interaction").text
    assert Page(found).faults == []
    assert "listed Mar 11 · 2 votes" in unescape(found)
    assert own.client.get("/api/v1/search?q=late+interaction").json()["matching"] >= 1


def test_a_papers_page_shows_the_short_statement_of_an_imported_record(own: Served) -> None:
    extra = {"tldr": {"text": "It prunes <tokens>."}}
    said = replace(PAPERS[0], extra=extra)
    own.library.add(Record(said, "list.jsonl", "l-1", "list:1"))
    number = own.number("2601.00001")
    assert own.library.paper(number).paper.extra == extra
    assert '<p class="text summary">It prunes &lt;tokens&gt;.</p>' in own.client.get(f"/paper/{number}").text
    assert json.loads("".join(own.library.export([number], "jsonl")))["extra"]["tldr"] == {
        "text": "It prunes <tokens>."
    }
