"""Late interaction: MaxSim and passages equal literal transcriptions, and worked examples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.unit import unit_rows
from broadsheet.ranking import late_interaction
from broadsheet.ranking.late_interaction import WordVectors, best_matches, cosines, nearest, passages
from tests.contract.examples import Example

WORD = st.integers(-1, 5)
TEXTS = st.lists(st.lists(WORD, max_size=14), min_size=1, max_size=5)


def drawn(n: int, seed: int = 0, d: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


def kept(vectors: np.ndarray) -> WordVectors:
    """As floats whose scales say twice as much."""
    return WordVectors(vectors / 2, np.full(len(vectors), 2, np.float32))


def affinities(vectors: WordVectors, query: np.ndarray) -> np.ndarray:
    return cosines(vectors, np.arange(len(vectors.codes)), query)


def laid_out(texts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    words = np.array([word for text in texts for word in text], np.int32)
    return words, np.cumsum([0, *(len(t) for t in texts)], dtype=np.int64)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    lengths = float(np.linalg.norm(a.astype(np.float64)) * np.linalg.norm(b.astype(np.float64)))
    return float(a.astype(np.float64) @ b) / lengths if lengths else 0.0


@given(TEXTS, st.lists(WORD, max_size=4))
def test_matches_are_the_greatest_cosine_of_every_query_word(texts: list[list[int]], query: list[int]) -> None:
    vectors = drawn(6)
    asked = np.array([vectors[q] if q >= 0 else np.zeros(6) for q in query], np.float32).reshape(-1, 6)
    words, bounds = laid_out(texts)
    found = best_matches(words, np.full(len(words), -1, np.int32), bounds, affinities(kept(vectors), asked))
    wanted = [[max([0.0, *(cosine(vectors[w], q) for w in text if w >= 0)]) for q in asked] for text in texts]
    np.testing.assert_allclose(found, np.array(wanted).reshape(len(texts), len(query)), atol=1e-5)


def test_the_same_word_matches_fully_with_a_vector_or_without() -> None:
    words, bounds = laid_out([[-1, 2], [2, 3]])
    inside = np.array([0, -1, -1, 1], np.int32)
    found = best_matches(words, inside, bounds, np.zeros((6, 2), np.float32))
    assert found.tolist() == [[1, 0], [0, 1]]


def literal_passage(text: list[int], vectors: np.ndarray, query: np.ndarray, size: int) -> float:
    """The greatest cosine of the summed words of any stretch; stretches start half of one apart."""
    best = 0.0
    for start in range(0, len(text), size // 2):
        held = [word for word in text[start : start + size] if word >= 0]
        best = max(best, cosine(vectors[held].astype(np.float64).sum(axis=0), query))
    return best


@given(TEXTS, st.integers(1, 4))
def test_passages_are_the_nearest_stretches(texts: list[list[int]], half: int) -> None:
    vectors, query, sizes = drawn(6), unit_rows(drawn(1, 1))[0], (2 * half, 4 * half, 12 * half)
    words, bounds = laid_out(texts)
    found = passages(words, bounds, kept(vectors), query, sizes=sizes)
    wanted = [[literal_passage(t, vectors, query, size) for size in sizes] for t in texts]
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_a_passage_is_found_in_a_long_text() -> None:
    vectors = np.eye(4, dtype=np.float32)
    query = unit_rows(np.array([[1, 1, 0, 0]], np.float32))[0]
    words, bounds = laid_out([[2] * 30 + [0, 1] * 3 + [3] * 30, [2, 3] * 20])
    found = passages(words, bounds, kept(vectors), query, sizes=(8,))
    assert found[1, 0] == 0
    assert found[0, 0] > 0.8


@pytest.mark.parametrize("sizes", [(), (0,), (5,), (4, 6)])
def test_sizes_that_do_not_nest_are_refused(sizes: tuple[int, ...]) -> None:
    words, bounds = laid_out([[0]])
    with pytest.raises(ValueError, match="multiples of the first"):
        passages(words, bounds, kept(drawn(1)), drawn(1)[0], sizes=sizes)


def test_a_long_text_is_not_blurred_by_what_stands_before() -> None:
    """Sums of stretches are differences of sums from the start: those must not lose their digits."""
    vectors, query = 5 * drawn(300, d=32), unit_rows(drawn(1, 1, d=32))[0]
    text = np.random.default_rng(3).integers(0, 300, 20_000).tolist()
    words, bounds = laid_out([text])
    found = passages(words, bounds, kept(vectors), query, sizes=(12, 24))[0]
    np.testing.assert_allclose(found, [literal_passage(text, vectors, query, size) for size in (12, 24)], atol=1e-3)


def test_nothing_to_match() -> None:
    none = np.empty(0, np.int32)
    assert best_matches(none, none, np.zeros(1, np.int64), drawn(0, d=2)).shape == (0, 2)
    assert best_matches(none, none, np.zeros(3, np.int64), drawn(0, d=2)).tolist() == [[0, 0], [0, 0]]
    assert passages(none, np.zeros(3, np.int64), kept(drawn(0)), drawn(1)[0]).tolist() == [[0], [0]]
    assert passages(none, np.zeros(1, np.int64), kept(drawn(0)), drawn(1)[0], sizes=(2, 4)).shape == (0, 2)
    assert unit_rows(np.zeros((1, 3), np.float32)).tolist() == [[0, 0, 0]]


def test_the_nearest_word_is_the_one_that_matches() -> None:
    vectors, query = drawn(30, d=16), drawn(4, 1, d=16)
    vectors[3] = 0
    likeness = affinities(kept(vectors), query)
    np.testing.assert_allclose(likeness, unit_rows(vectors) @ unit_rows(query).T, atol=1e-6)
    words, bounds = np.array([5, -1, 9, 3, 3, -1], np.int32), np.array([0, 3, 5, 5, 6])
    found = nearest(np.array([1, 0, 3]), words, bounds, likeness)
    for q in range(4):
        assert found[:, q].tolist() == [3, max((5, 9), key=lambda w: likeness[w, q]), -1]


@given(TEXTS, st.integers(0, 100))
def test_eight_bits_are_the_vectors_they_stand_for(texts: list[list[int]], seed: int) -> None:
    codes = np.random.default_rng(seed).integers(-127, 128, (6, 10)).astype(np.int8)
    scales = np.random.default_rng(seed).random(6).astype(np.float32)
    eight, whole = WordVectors(codes, scales), kept(codes * scales[:, None])
    words, bounds = laid_out(texts)
    query, none = unit_rows(drawn(3, seed, d=10)), np.full(len(words), -1, np.int32)
    a, b = (best_matches(words, none, bounds, affinities(vectors, query)) for vectors in (eight, whole))
    np.testing.assert_allclose(a, b, atol=1e-5)
    a, b = (passages(words, bounds, vectors, query[0]) for vectors in (eight, whole))
    np.testing.assert_allclose(a, b, atol=1e-5)


def test_bounds_may_be_every_other_one_of_finer_ones() -> None:
    vectors, query = drawn(6), drawn(2, 1)
    words, bounds = laid_out([[0, 1], [2], [3, -1, 4], [5]])
    likeness, none = affinities(kept(vectors), query), np.full(len(words), -1, np.int32)
    wide, same = bounds[::2], bounds[::2].copy()
    rows = np.arange(2)
    np.testing.assert_array_equal(best_matches(words, none, wide, likeness), best_matches(words, none, same, likeness))
    np.testing.assert_array_equal(nearest(rows, words, wide, likeness), nearest(rows, words, same, likeness))
    a, b = (passages(words, at, kept(vectors), unit_rows(query)[0], sizes=(2,)) for at in (wide, same))
    np.testing.assert_array_equal(a, b)


EXAMPLES = {
    "functions": Example(
        make=lambda *_: late_interaction,
        answer=lambda method, words, bounds, codes, scales, query: (
            method.cosines(WordVectors(codes, scales), np.arange(6), query),
            method.passages(words, bounds, WordVectors(codes, scales), query[0]),
        ),
        inputs=(*laid_out([[0, 1], [2, 3, -1, 4], [5]]), drawn(6) / 2, np.full(6, 2, np.float32), drawn(3, 1)),
    )
}
