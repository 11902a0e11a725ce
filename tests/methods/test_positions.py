"""Phrases equal a scan of the words themselves, field by field."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.indexes.positions import PositionBlock, Positions
from broadsheet.kit.text import tokenize
from tests.contract.examples import Example

WORD = st.sampled_from(["late", "early", "interaction", "of", "x"])
FIELD = st.lists(WORD, max_size=6).map(" ".join)


@given(st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=9), st.lists(WORD, min_size=1, max_size=3), st.data())
def test_matches_equal_a_search_of_the_text(documents: list[tuple[str, str]], phrase: list[str], data: object) -> None:
    cut = data.draw(st.integers(0, len(documents)))  # type: ignore[attr-defined]
    blocks = [
        PositionBlock.of(tokenize([f for d in part for f in d]), 2)
        for part in (documents[:cut], documents[cut:])
        if part
    ]
    index = Positions(blocks)
    terms = tokenize([" ".join(phrase)]).terms
    everything = np.ones(len(documents), np.bool_)
    for fields in ([0], [1], [0, 1]):
        wanted = [any(f" {' '.join(phrase)} " in f" {d[f]} " for f in fields) for d in documents]
        assert index.matches(terms, fields, everything).tolist() == wanted
    assert not index.matches(terms, [0, 1], ~everything).any()
    again = PositionBlock.from_arrays(dict(blocks[0].to_arrays()))
    assert (again.rows, again.fields) == (blocks[0].rows, 2)


@given(st.lists(st.tuples(FIELD, FIELD), max_size=9), st.data())
def test_read_gives_the_words_of_the_rows_in_order(documents: list[tuple[str, str]], data: object) -> None:
    draw = data.draw  # type: ignore[attr-defined]
    cut = draw(st.integers(0, len(documents)))
    parts = (documents[:cut], documents[cut:])
    index = Positions([PositionBlock.of(tokenize([f for d in part for f in d]), 2) for part in parts])
    rows = sorted(draw(st.sets(st.integers(0, len(documents) - 1)))) if documents else []
    terms, bounds = index.read(np.array(rows, np.int64))
    wanted = tokenize([field for row in rows for field in documents[row]])
    assert terms.tolist() == (wanted.terms & np.uint64(0xFFFFFFFF)).tolist()
    assert bounds.tolist() == wanted.bounds.tolist()
    assert (terms.dtype, bounds.dtype) == (np.uint32, np.int64)


def test_a_phrase_ends_with_its_field_and_its_document() -> None:
    index = Positions([PositionBlock.of(tokenize(["late", "interaction", "late", "early interaction late"]), 2)])
    every, phrase = np.ones(2, np.bool_), tokenize(["late interaction"]).terms
    assert not index.matches(phrase, [0, 1], every).any()
    assert index.matches(tokenize(["interaction late"]).terms, [0, 1], every).tolist() == [False, True]
    assert index.matches(tokenize(["interactions late"]).terms, [1], every).tolist() == [False, True]  # stems
    assert not index.matches(tokenize(["early interaction late early"]).terms, [1], every).any()


def test_a_repeated_word_is_found_where_it_is_repeated_often_enough() -> None:
    index = Positions([PositionBlock.of(tokenize(["late early late", "late late early", "late late late"]), 1)])
    every = np.ones(3, np.bool_)
    for phrase, rows in (("late late", [1, 2]), ("late late late", [2]), ("late early late", [0])):
        assert np.flatnonzero(index.matches(tokenize([phrase]).terms, [0], every)).tolist() == rows


def test_words_alike_in_32_bits_are_told_apart_by_the_candidates() -> None:
    word, twin = np.uint64(7), np.uint64(7 + (1 << 32))
    block = PositionBlock(np.array([word, twin], np.uint64).astype(np.uint32), np.array([0, 1, 2], np.int64), 1)
    index = Positions([block])
    assert index.matches(np.array([word]), [0], np.ones(2, np.bool_)).tolist() == [True, True]
    assert index.matches(np.array([word]), [0], np.array([True, False])).tolist() == [True, False]


def test_arrays_that_do_not_fit_together_are_refused() -> None:
    arrays = dict(PositionBlock.of(tokenize(["late", "early"]), 2).to_arrays())
    for name, value in (("terms", arrays["terms"][:-1]), ("fields", np.array([0])), ("fields", np.array([3]))):
        with pytest.raises(ValueError, match="differ in length"):
            PositionBlock.from_arrays({**arrays, name: value})


EXAMPLES = {
    "two fields": Example(
        make=lambda: Positions([PositionBlock.of(tokenize(["late interaction", "of x", "early", "late late"]), 2)]),
        answer=lambda method: (
            method.read(np.array([0, 1])),
            method.matches(tokenize(["late"]).terms, [0, 1], np.ones(2, np.bool_)),
        ),
    )
}
