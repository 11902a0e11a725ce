"""The compiled tokeniser equals a literal one, and no input breaks it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.bag_of_words import bag, find_sorted
from broadsheet.kit.text import (
    STOP_TERMS,
    concatenate,
    concatenate_pairs,
    distinct,
    fold,
    spans,
    stem,
    term,
    tokenize,
    tokenize_with_positions,
)

TEXTS = st.lists(st.text(max_size=60), max_size=8)


def slow(text: str, stemmed: bool) -> list[int]:
    return [term(stem(w) if stemmed else w) for w in fold(text).split()]


@given(TEXTS)
def test_tokenize_equals_the_literal_tokeniser(texts: list[str]) -> None:
    texts = [t.encode("utf-8", "ignore").decode() for t in texts]
    for stemmed in (True, False):
        tokens = tokenize(texts, stemmed=stemmed)
        got = [tokens.terms[tokens.bounds[i] : tokens.bounds[i + 1]].tolist() for i in range(len(texts))]
        assert got == [slow(t, stemmed) for t in texts]


@given(st.text(max_size=200))
def test_spans_name_the_tokens_of_the_displayed_text(text: str) -> None:
    for start, stop, word in spans(text):
        assert 0 <= start < stop <= len(text)
        assert fold(text[start:stop]).replace(" ", "") == word


def test_fold_and_stem_meet_common_cases() -> None:
    assert fold("Naïve-Bayes, Über_Größe") == "naive bayes uber grosse"
    assert fold("图神经网络") == "图 神 经 网 络"
    assert tokenize(["retrieving retrieved"]).terms.tolist() == [term("retriev")] * 2
    assert tokenize(["", "a"]).bounds.tolist() == [0, 0, 1]
    assert find_sorted(STOP_TERMS, tokenize(["the"]).terms)[0] >= 0
    assert find_sorted(STOP_TERMS, tokenize(["ranking"]).terms)[0] < 0


def test_a_word_too_long_is_cut_and_still_equal_to_itself() -> None:
    long = "é" * 90 + " end"
    assert tokenize([long]).terms.tolist() == tokenize([long + " "]).terms.tolist()
    assert len(tokenize(["x" * 10_000]).terms) == 1


@given(st.lists(st.integers(0, 9), max_size=50))
def test_distinct_numbers_in_order_of_appearance(values: list[int]) -> None:
    terms, slots = distinct(np.array(values, np.uint64))
    assert terms.tolist() == list(dict.fromkeys(values))
    assert terms[slots].tolist() == values


@given(TEXTS)
def test_bag_counts_like_a_dictionary(texts: list[str]) -> None:
    tokens = tokenize(texts)
    bags = bag(tokens, skip=STOP_TERMS)
    for i in range(len(texts)):
        row = slice(bags.indptr[i], bags.indptr[i + 1])
        got = dict(zip(bags.terms[bags.columns[row]].tolist(), bags.counts[row].tolist(), strict=True))
        wanted: dict[int, float] = {}
        for value in tokens.terms[tokens.bounds[i] : tokens.bounds[i + 1]].tolist():
            if value not in STOP_TERMS:
                wanted[value] = wanted.get(value, 0) + 1
        assert got == wanted


def test_texts_can_be_joined_both_ways() -> None:
    first, second = tokenize(["a b", "c"]), tokenize(["x", "y z"])
    joined = concatenate_pairs(first, second)
    assert joined.terms.tolist() == tokenize(["a b x", "c y z"]).terms.tolist()
    assert joined.bounds.tolist() == [0, 3, 6]
    after = concatenate([first, second])
    assert after.terms.tolist() == tokenize(["a b", "c", "x", "y z"]).terms.tolist()
    assert after.bounds.tolist() == [0, 2, 3, 4, 6]


@given(st.lists(st.one_of(st.text(), st.text("aB9 -_.é—“ß学½")), max_size=5))
def test_what_is_shown_of_many_texts_is_the_spans_of_each(texts: list[str]) -> None:
    tokens = tokenize_with_positions(texts)
    assert len(tokens) == len(texts)
    for i, text in enumerate(texts):
        here = slice(tokens.bounds[i], tokens.bounds[i + 1])
        found = zip(tokens.starts[here].tolist(), tokens.stops[here].tolist(), tokens.terms[here].tolist(), strict=True)
        assert list(found) == [(start, stop, term(stem(word))) for start, stop, word in spans(text)]
