"""Saved "Daily Papers" pages: both shapes, on our own pages and, where at hand, the five of the project."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Record
from broadsheet.sources.files.daily_papers import ListingSource
from broadsheet.sources.files.detect import find_source
from tests.sources.reading import SEEDS, anything, fuzz, mutations, papers, read, rejections, survives

HEADER = "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\n"
LONG = "We invent a method and describe it at some length so that this reads like an abstract of a paper. " * 3

WITH_FACTS = f"""{HEADER}Daily Papers

byAK and the research community

Oct 29

Ranking Invented Things with $O(n \\log n)$ Comparisons

{LONG}

  • 4 authors
·
Jul 26, 2022

An Entry of an Organisation

{LONG}

acme-lab Acme Research Lab
·
Oct 13 5

A Short One

Short abstract.

  • 1 author
·
Jun 4, 2024 2

Only Facts Follow Here

  • 11 authors
·
Jan 18

Previous

Next
"""

PLAIN = f"{HEADER}byAK and the research community\n\nMar 11\n\nFirst Title\n\n{LONG}\n\nSecond Title\n\n{LONG}"


def test_facts_under_each_entry() -> None:
    first, second, third, fourth = papers(read(ListingSource(), WITH_FACTS))
    assert first.title == "Ranking Invented Things with $O(n \\log n)$ Comparisons"
    assert first.abstract == LONG.strip()
    assert (first.submitted, first.year) == (date(2022, 7, 26), 2022)
    assert first.extra == {"author_count": 4, "page_day": "Oct 29"}
    assert second.extra == {"organisation": "Acme Research Lab", "listed": "Oct 13", "votes": 5, "page_day": "Oct 29"}
    assert (second.submitted, second.year) == (None, None)
    assert (third.abstract, third.extra["votes"], third.submitted) == ("Short abstract.", 2, date(2024, 6, 4))
    assert (fourth.title, fourth.abstract) == ("Only Facts Follow Here", "")
    assert fourth.extra == {"author_count": 11, "listed": "Jan 18", "page_day": "Oct 29"}


def test_page_of_titles_and_abstracts_only() -> None:
    items = read(ListingSource(), PLAIN, "page.txt")
    assert [paper.title for paper in papers(items)] == ["First Title", "Second Title"]
    assert [paper.abstract for paper in papers(items)] == [LONG.strip()] * 2
    first = items[0]
    assert isinstance(first, Record)
    assert (first.source, first.source_id, first.place) == ("listing:daily-papers", "", "page.txt:11")


def test_title_without_anything_is_quarantined_with_its_line() -> None:
    items = read(ListingSource(), PLAIN.replace("Second Title", "A Lonely Title\n\nSecond Title"), "page.txt")
    assert [paper.title for paper in papers(items)] == ["First Title", "Second Title"]
    (lonely,) = rejections(items)
    assert (lonely.place, lonely.raw) == ("page.txt:15", "A Lonely Title")


def test_windows_line_ends_and_impossible_day() -> None:
    (paper, *_) = papers(
        read(ListingSource(), WITH_FACTS.replace("Jul 26, 2022", "Feb 30, 2022").replace("\n", "\r\n"))
    )
    assert paper.extra["listed"] == "Feb 30, 2022"
    assert paper.submitted is None


def test_page_without_entries_is_refused() -> None:
    with pytest.raises(SourceError, match="holds no entry"):
        read(ListingSource(), HEADER + "byAK and the research community\n\nMar 11\n")


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the saved pages are not beside this checkout")
def test_the_five_saved_pages() -> None:
    read_papers = []
    counts = []
    for path in sorted(SEEDS.glob("*.txt")):
        source = find_source(path)
        assert isinstance(source, ListingSource)
        items = list(source.read(path))
        assert rejections(items) == []
        counts.append(len(items))
        read_papers += papers(items)
    assert counts == [79, 60, 41, 71, 77]
    assert len({paper.title for paper in read_papers}) == 269
    assert min(len(paper.abstract) for paper in read_papers) > 300
    assert sum("author_count" in paper.extra for paper in read_papers) == 39
    (organisation,) = [paper for paper in read_papers if "organisation" in paper.extra]
    assert organisation.title == "Diffusion Transformers with Representation Autoencoders"
    assert organisation.extra == {"organisation": "NYU VisionX", "listed": "Oct 13", "votes": 5, "page_day": "Oct 29"}


@fuzz
@given(anything | mutations(WITH_FACTS.encode()))
def test_no_input_crashes(data: bytes) -> None:
    survives(ListingSource(), data)
