"""Passages that are found again, whatever became of the text around them."""

from __future__ import annotations

import pytest

from broadsheet.kit.passages import Passage, locate, passage_of, with_marks

TEXT = "We prune tokens. Tokens are many, and the cost of tokens is high in every index that we measured so far."


def found(text: str, passage: Passage) -> str | None:
    place = locate(text, passage)
    return None if place is None else text[place[0] : place[1]]


def test_what_is_pasted_is_kept_as_the_text_spells_it() -> None:
    passage = passage_of(TEXT, "  the COST of\n tokens ")
    assert passage is not None
    assert (passage.quote, passage.before[-5:], passage.after[:8]) == ("the cost of tokens", " and ", " is high")
    assert passage_of(TEXT, "nowhere in it") is None
    assert passage_of(TEXT, " \n ") is None
    assert passage_of("“Smart” quotes – and dashes", '"smart" quotes - and') == Passage(
        "“Smart” quotes – and", "", " dashes"
    )


def test_of_several_places_the_surroundings_decide() -> None:
    second = Passage("tokens", "We prune tokens. Tokens are many, and the cost of ", " is high")
    assert locate(TEXT, second) == (TEXT.index("tokens is"), TEXT.index("tokens is") + 6)
    assert locate(TEXT, Passage("tokens", "We prune ", ". Tokens")) == (9, 15)


def test_a_passage_survives_a_new_version_of_the_text() -> None:
    passage = passage_of(TEXT, "the cost of tokens is high")
    assert passage is not None
    assert found("A new beginning. " + TEXT.replace("many", "few"), passage) == "the cost of tokens is high"
    changed = TEXT.replace("the cost of tokens is high", "the price of a token is steep")
    assert found(changed, passage) == "the price of a token is steep"
    assert found("Another text altogether, about otters.", passage) is None
    assert found(changed.replace("price", "price " * 40), passage) is None
    assert found("", passage) is None


def test_letters_that_grow_when_they_are_folded_keep_their_place() -> None:
    assert found("İstanbul is İn it", Passage("is i\u0307n")) == "is İn"


def test_marks_that_overlap_become_one() -> None:
    assert with_marks("abcdef", [(1, 3), (2, 4)]) == [("a", False), ("bc", True), ("d", True), ("ef", False)]
    assert with_marks("abc", []) == [("abc", False)]
    assert with_marks("", []) == [("", False)]
    assert with_marks("abc", [(0, 3), (1, 2)]) == [("abc", True)]


WORDS = [
    "pruned",
    "tokens",
    "keep",
    "the",
    "quality",
    "of",
    "an",
    "index",
    "that",
    "is",
    "half",
    "as",
    "large",
    "as",
    "it",
    "was",
    "before",
    "we",
    "began",
]


@pytest.mark.parametrize("start", range(0, 15, 3))
@pytest.mark.parametrize("length", [1, 3])
def test_any_words_of_a_text_are_found_where_they_stand(start: int, length: int) -> None:
    text = " ".join(WORDS)
    quote = " ".join(WORDS[start : start + length])
    passage = passage_of(text, quote.upper())
    assert passage is not None
    place = locate(text, passage)
    assert place is not None
    assert text[place[0] : place[1]] == quote
    longer = f"Something before. {text}. And {text} again."
    place = locate(longer, passage)
    assert place is not None
    assert longer[place[0] : place[1]] == quote
    assert abs(place[0] - longer.index(text) - text.index(quote)) <= len(text) + 10


@pytest.mark.parametrize(
    ("before", "after"),
    [("the cost", "the  cost"), ("the cost", "The Cost"), ("the cost", "the\ncost"), ("it's", "it’s"), ("a-b", "a–b")],
)
def test_spelling_and_spaces_do_not_matter(before: str, after: str) -> None:
    passage = passage_of(f"Here {before} stands.", before)
    assert passage is not None
    changed = f"Here {after} stands."
    place = locate(changed, passage)
    assert place is not None
    assert changed[place[0] : place[1]] == after


def test_surroundings_that_are_short_find_no_changed_words() -> None:
    passage = Passage("the cost", "At ", " is")
    assert locate("At the price is", passage) is None
    far = Passage("one two three", "x" * 60, "y" * 60)
    assert locate("x" * 60 + " another " + "y" * 60, far) == (61, 68)
    assert locate("y" * 60 + " another " + "x" * 60, far) is None
