"""Term dependence: pairs and stretches equal a literal count over every window, and worked examples."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ranking import term_dependence
from broadsheet.ranking.term_dependence import dependence, neighbours
from tests.contract.examples import Example

Fields = list[list[int]]
WORD = st.integers(-1, 3)


def literal(document: Fields, query: list[int], weights: np.ndarray, stretch: int) -> tuple[float, float]:
    """Section 3 with each pair counted once, and the best of all windows of `stretch` words."""
    wanted = set(pairwise(query))
    met = {pair for field in document for pair in pairwise(field)} & wanted
    windows = [set(field[at : at + stretch]) - {-1} for field in document for at in range(len(field))]
    held = max((sum(float(weights[q]) for q in window) for window in windows), default=0.0)
    pairs = sum(min(float(weights[a]), float(weights[b])) for a, b in wanted)
    return (
        sum(min(float(weights[a]), float(weights[b])) for a, b in met) / max(pairs, 1e-9),
        held / max(float(weights.sum()), 1e-9),
    )


def laid_out(documents: list[Fields]) -> tuple[np.ndarray, np.ndarray]:
    fields = [field for document in documents for field in document]
    inside = np.array([word for field in fields for word in field], np.int32)
    return inside, np.cumsum([0, *(len(f) for f in fields)], dtype=np.int64)


@given(
    st.lists(st.lists(st.lists(WORD, max_size=12), min_size=2, max_size=2), min_size=1, max_size=5),
    st.lists(st.integers(0, 3), max_size=6),
    st.lists(st.floats(0, 5, width=32), min_size=4, max_size=4),
    st.integers(1, 6),
)
def test_it_equals_a_count_of_every_window(
    documents: list[Fields], query: list[int], idf: list[float], stretch: int
) -> None:
    inside, bounds = laid_out(documents)
    weights = np.array(idf, np.float32)
    follows = neighbours(np.array(query, np.int32), 4)
    found = dependence(inside, bounds, 2, weights, follows, stretch=stretch)
    np.testing.assert_allclose(
        found, [literal(d, query, weights, stretch) for d in documents], rtol=1e-4, atol=1e-4 * max(1.0, *idf)
    )
    assert (found >= 0).all()
    assert (found <= 1 + 1e-5).all()


def test_a_phrase_beats_the_same_words_apart_and_in_another_order() -> None:
    phrase, apart, backwards = [[0, 1, 2]], [[0, -1, 1, -1, 2]], [[2, 1, 0]]
    inside, bounds = laid_out([phrase, apart, backwards])
    follows = neighbours(np.array([0, 1, 2], np.int32), 3)
    found = dependence(inside, bounds, 1, np.array([1, 2, 4], np.float32), follows, stretch=3)
    assert found[:, 0].tolist() == [1, 0, 0]
    assert found[:, 1].tolist() == pytest.approx([1, 6 / 7, 1])


def test_a_pair_does_not_reach_over_the_end_of_a_field() -> None:
    inside, bounds = laid_out([[[0], [1]]])
    follows = neighbours(np.array([0, 1], np.int32), 2)
    assert dependence(inside, bounds, 2, np.ones(2, np.float32), follows).tolist() == [[0, 0.5]]


def test_neighbours_in_order() -> None:
    assert neighbours(np.array([0, 1, 1], np.int32), 3).tolist() == [
        [False, True, False],
        [False, True, False],
        [False, False, False],
    ]
    assert not neighbours(np.empty(0, np.int32), 2).any()


def test_without_documents_or_weight_there_is_nothing() -> None:
    none = np.empty(0, np.int32)
    follows = neighbours(np.array([0, 1], np.int32), 2)
    assert dependence(none, np.zeros(1, np.int64), 3, np.ones(2, np.float32), follows).shape == (0, 2)
    inside, bounds = laid_out([[[0, 1]]])
    assert dependence(inside, bounds, 1, np.zeros(2, np.float32), follows).tolist() == [[0, 0]]
    with pytest.raises(ValueError, match="at least one word, not 0"):
        dependence(inside, bounds, 1, np.ones(2, np.float32), follows, stretch=0)


EXAMPLES = {
    "functions": Example(
        make=lambda *_: term_dependence,
        answer=lambda method, inside, bounds, query, weights: method.dependence(
            inside, bounds, 2, weights, method.neighbours(query, 4)
        ),
        inputs=(
            *laid_out([[[0, 1, 2], [3, -1, 1, 2]], [[2, 2, 0], []]]),
            np.array([0, 1, 2], np.int32),
            np.array([1.0, 2.0, 0.5, 3.0], np.float32),
        ),
    )
}
