"""The words in which two texts differ."""

from __future__ import annotations

from broadsheet.kit.word_difference import difference, plain_text, word_difference


def test_words_that_went_and_came_are_told_apart() -> None:
    pieces = word_difference("We train one small model on kelp.", "We train two models on  kelp.")
    assert pieces == [("same", "We train"), ("out", "one small model"), ("in", "two models"), ("same", "on kelp.")]
    assert plain_text(pieces) == "We train [-one small model-] {+two models+} on kelp."


def test_equal_texts_and_empty_ones() -> None:
    assert word_difference("a  b", "a b") == [("same", "a b")]
    assert word_difference("", "") == []
    assert word_difference("", "new") == [("in", "new")]
    assert word_difference("old", "") == [("out", "old")]


def test_long_runs_of_the_same_are_cut_in_mail() -> None:
    words = [f"w{n}" for n in range(60)]
    text = plain_text(word_difference(" ".join(words), " ".join([*words[:30], "new", *words[30:]])))
    assert text == "… " + " ".join(words[22:30]) + " {+new+} " + " ".join(words[30:38]) + " …"


def test_names_are_compared_as_wholes() -> None:
    pieces = difference(["Ada Example", "Bo Sample"], ["Ada Example", "Cy New", "Bo Sample"], ", ")
    assert plain_text(pieces, ", ") == "Ada Example, {+Cy New+}, Bo Sample"


def test_texts_of_any_length_are_compared_at_once() -> None:
    long = "word " * 200_000
    assert [kind for kind, _ in word_difference(long, long + "end")] == ["out", "in"]
