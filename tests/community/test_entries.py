"""Entries of editions: what is printed, how it is kept, and in which order a week stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from broadsheet.catalogue.community.editions import EditionPaper, Submission
from broadsheet.community.entries import Entry, Printed, by_votes, entry_of, from_text, printed_of, to_text
from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.pipeline.records import Stored
from tests.clock import NOON

DAY = date(2026, 7, 1)
ROW = EditionPaper(1, DAY, NOON, "pick", "cleo", 1, "{}")
PAPER = Paper(
    "On kelp",
    "About kelp.",
    authors=tuple(Person(f"Author {n}") for n in range(10)),
    ids=Identifiers(arxiv="2607.00001", doi="10.1/kelp"),
    submitted=DAY,
)


def printed(paper: Paper = PAPER, submission: Submission | None = None, **numbers: int) -> Printed:
    counts = {"votes": 0, "elsewhere": 0, "comments": 0, **numbers}
    return printed_of(Stored(1, paper, NOON), ("Biology",), **counts, reason="why", submission=submission)


def test_what_is_printed_is_bounded_and_comes_back_whole() -> None:
    made = printed(replace(PAPER, title="Kelp " * 100, abstract="word " * 1000), votes=3, elsewhere=40, comments=2)
    assert len(made.title.removesuffix(" …")) <= 300
    assert made.title.endswith("…")
    assert len(made.lead.removesuffix(" …")) <= 1200
    assert (made.authors[-1], len(made.authors), made.more_authors) == ("Author 7", 8, 2)
    assert (made.arxiv, made.doi, made.dated, made.fields) == ("2607.00001", "10.1/kelp", "2026-07-01", ("Biology",))
    assert (made.votes, made.elsewhere, made.comments, made.reason) == (3, 40, 2, "why")
    assert from_text(to_text(made)) == made


@pytest.mark.parametrize(
    ("paper", "title", "dated", "lead"),
    [
        (Paper(" ", "x"), "Untitled", "", "x"),
        (Paper("t", "x", year=1999), "t", "1999", "x"),
        (Paper("t", "long", summary="short", year=1999, updated=DAY), "t", "2026-07-01", "short"),
    ],
)
def test_a_paper_that_lacks_something_is_printed_too(paper: Paper, title: str, dated: str, lead: str) -> None:
    made = printed(paper)
    assert (made.title, made.dated, made.lead, made.authors, made.said) == (title, dated, lead, (), "")


@pytest.mark.parametrize(
    ("now", "change", "title_now"),
    [
        ((1, "On kelp"), "", ""),
        ((1, "On algae"), "renamed", "On algae"),
        ((2, "On kelp"), "merged", ""),
        ((2, "On algae"), "merged", "On algae"),
        ((1, "  "), "renamed", "Untitled"),
        (None, "deleted", ""),
    ],
)
def test_what_became_of_a_paper(now: tuple[int, str] | None, change: str, title_now: str) -> None:
    entry = entry_of(ROW, 4, printed(), now, None)
    assert (entry.change, entry.title_now, entry.title) == (change, title_now, "On kelp")
    assert (entry.paper_id, entry.place, entry.is_printed, entry.by) == (now and now[0], 4, True, "cleo")


def test_words_and_picture_of_a_hidden_submission_are_left_out_of_what_was_printed() -> None:
    submission = Submission("rita", "read it", 7)
    made = printed(submission=submission)
    assert (made.said, made.picture_id) == ("read it", 7)
    assert entry_of(ROW, 1, made, (1, "On kelp"), submission).printed == made
    hidden = entry_of(ROW, 1, made, (1, "On kelp"), None).printed
    assert (hidden.said, hidden.picture_id) == ("", None)
    still_open = replace(ROW, printed=None, place=None)
    assert entry_of(still_open, 1, made, (1, "On kelp"), None).printed.said == "read it"


def entry(number: int | None, votes: int, days: int = 0, place: int = 1) -> Entry:
    made = replace(printed(votes=votes), paper_id=number or 99)
    return Entry(place, DAY + timedelta(days=days), NOON, "pick", "cleo", made, number)


def test_a_week_has_the_votes_of_now_and_the_most_first() -> None:
    entries = [entry(1, 5), entry(2, 0, days=1), entry(3, 0, days=1, place=2), entry(None, 4, days=2), entry(4, 9)]
    ordered = by_votes(entries, {1: 1, 2: 3}, {2: 2, 3: 5})
    assert [(one.place, one.paper_id, one.printed.votes, one.printed.elsewhere) for one in ordered] == [
        (1, 2, 3, 2),  # of the same number as the next: by place
        (2, 3, 0, 5),
        (3, None, 4, 0),  # gone: as it was printed
        (4, 1, 1, 0),
        (5, 4, 0, 0),
    ]
    assert by_votes([], {}, {}) == []
