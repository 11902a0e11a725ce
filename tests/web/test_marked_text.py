"""Titles and abstracts in spans: marks across paragraphs, in formulas, in what was cut."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from broadsheet.catalogue.highlights import Highlight
from broadsheet.kit.paper import Paper
from broadsheet.kit.passages import Passage
from broadsheet.pipeline.records import Span
from broadsheet.web.groups.paper_notes import marked_text
from broadsheet.web.mathematics import marked

AT = datetime(2026, 7, 1, tzinfo=UTC)
ABSTRACT = "First words of it.\n\nSecond part with $a < b$ inside.\n\nThird and last."


def highlights(*quotes: str, field: str = "abstract") -> list[Highlight]:
    return [Highlight(n, 1, AT, field, Passage(quote)) for n, quote in enumerate(quotes, 1)]


def pieces(spans: list[Span]) -> list[tuple[str, bool]]:
    return [(span.text, span.matched) for span in spans]


def test_without_marks_a_text_is_its_paragraphs() -> None:
    values = marked_text(Paper("A title", ABSTRACT), [])
    assert pieces(values["title_spans"]) == [("A title", False)]
    assert [pieces(part) for part in values["abstract_spans"]] == [[(part, False)] for part in ABSTRACT.split("\n\n")]
    assert marked_text(Paper("A title"), [])["abstract_spans"] == []


def test_a_mark_is_in_its_paragraph() -> None:
    first, second, third = marked_text(Paper("x", ABSTRACT), highlights("Second part", "last"))["abstract_spans"]
    assert pieces(first) == [("First words of it.", False)]
    assert pieces(second) == [("Second part", True), (" with $a < b$ inside.", False)]
    assert pieces(third) == [("Third and ", False), ("last", True), (".", False)]


def test_a_mark_across_paragraphs_is_in_each_of_them() -> None:
    first, second, third = marked_text(Paper("x", ABSTRACT), highlights("it. Second"))["abstract_spans"]
    assert pieces(first) == [("First words of ", False), ("it.", True)]
    assert pieces(second)[0] == ("Second", True)
    assert pieces(third) == [("Third and last.", False)]


def test_a_mark_within_a_formula_marks_the_formula() -> None:
    _, second, _ = marked_text(Paper("x", ABSTRACT), highlights("a < b"))["abstract_spans"]
    html = str(marked(second))
    assert html.count("<mark>") == 1
    assert "<mark><math" in html


@pytest.mark.parametrize(
    ("title", "quote", "shown"),
    [
        ("Late interaction", "late", [("Late", True), (" interaction", False)]),
        ("Late interaction", "nothing of it", [("Late interaction", False)]),
        ("  ", "x", [("Untitled", False)]),
        (" Spaced ", "Spaced", [("Spaced", False)]),
        ("<b>bold</b>", "<b>", [("<b>", True), ("bold</b>", False)]),
    ],
)
def test_titles(title: str, quote: str, shown: list[tuple[str, bool]]) -> None:
    spans = marked_text(Paper(title), highlights(quote, field="title"))["title_spans"]
    assert pieces(spans) == shown
    assert "<b>" not in str(marked(spans))


def test_overlapping_marks_are_one() -> None:
    [first, *_] = marked_text(Paper("x", ABSTRACT), highlights("First words", "words of"))["abstract_spans"]
    assert "".join(text for text, _ in pieces(first)) == "First words of it."
    assert "".join(text for text, is_marked in pieces(first) if is_marked) == "First words of"


def test_a_mark_of_the_other_field_is_not_shown() -> None:
    values = marked_text(Paper("First words", ABSTRACT), highlights("First words", field="title"))
    assert pieces(values["title_spans"]) == [("First words", True)]
    assert pieces(values["abstract_spans"][0]) == [("First words of it.", False)]
