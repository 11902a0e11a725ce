"""Influences add up to the score, and shared terms really are in both texts."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.explanation.contract import Explainer
from broadsheet.explanation.influence import Influence, shared_terms
from broadsheet.kit.text import tokenize
from tests.contract.examples import Example

WORDS = st.lists(st.sampled_from(["late", "early", "graph", "plain", "model"]), max_size=8)


def test_the_parts_of_a_score_add_up_to_it() -> None:
    rng = np.random.default_rng(0)
    x, unseen = rng.standard_normal((12, 5)).astype(np.float32), rng.standard_normal((3, 5)).astype(np.float32)
    duals = rng.standard_normal(12).astype(np.float32)
    parts = Influence(x, duals).explain(unseen)
    assert parts.shape == (3, 12)
    np.testing.assert_allclose(parts.sum(axis=1), unseen @ (duals @ x), atol=1e-3)


def test_pairs_beat_single_words_and_stop_words_never_appear() -> None:
    first = tokenize(["fast late interaction of the search engines"]).terms
    second = tokenize(["the late interaction engines"]).terms
    idf = np.array([1, 2, 3, 0, 0, 2.5, 2], np.float32)  # of the words of `first`; "of" and "the" are stop words
    found = shared_terms(first, second, idf, 3)
    assert [(t.start, t.length, t.weight) for t in found] == [(1, 2, 5.0), (6, 1, 2.0)]
    assert shared_terms(first, tokenize(["nothing"]).terms, idf, 3) == []
    assert shared_terms(first[:0], second, idf[:0], 3) == []


def ridge(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The coefficients of a penalised linear model, solved for, and the duals that add up to them."""
    duals = np.linalg.solve(x @ x.T + np.eye(len(x)), y)
    return duals @ x, duals


def named_and_missed(x: np.ndarray, y: np.ndarray, unseen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The liked example named for each score, and the one without which, fitted again, the score falls most."""
    coefficients, duals = ridge(x, y)
    liked = np.flatnonzero(y > 0)
    parts = Influence(x.astype(np.float32), duals.astype(np.float32)).explain(unseen.astype(np.float32))
    without = [unseen @ ridge(np.delete(x, i, axis=0), np.delete(y, i))[0] for i in liked]
    falls = (unseen @ coefficients)[:, None] - np.column_stack(without)
    return parts[:, liked].argmax(axis=1), falls.argmax(axis=1)


def test_the_example_that_is_named_is_the_one_that_is_missed_most() -> None:
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(rng.standard_normal((12, 12)))[0] * rng.uniform(0.5, 2, 12)[:, None]
    y = np.where(np.arange(12) < 6, 1.0, -1.0)
    named, missed = named_and_missed(basis, y, rng.standard_normal((40, 12)))
    assert named.tolist() == missed.tolist()  # exact where examples do not stand in for one another
    x = rng.standard_normal((60, 40))
    named, missed = named_and_missed(x, np.where(np.arange(60) < 20, 1.0, -1.0), rng.standard_normal((100, 40)))
    assert (named == missed).mean() > 0.25  # one of twenty by chance


def test_an_example_counts_for_and_against_by_its_dual() -> None:
    x = np.array([[1, 0], [0.6, 0.8]], np.float32)
    explainer = Influence(x, np.array([2, -1], np.float32))
    np.testing.assert_allclose(explainer.likeness(x), [[1, 0.6], [0.6, 1]], rtol=1e-6)
    np.testing.assert_allclose(explainer.explain(x), [[2, -0.6], [1.2, -1]], rtol=1e-6)


def slow_shared(first: list[str], second: list[str], weight: dict[str, float], k: int) -> list[tuple[int, int]]:
    """The best words and pairs of `first` one after another, none with a word that is taken."""
    pairs = {(a, b) for a, b in pairwise(second) if a != b}
    single = [(weight[w], i, 1) for i, w in enumerate(first) if w in second and weight[w] > 0]
    both = [
        (weight[a] + weight[b], i, 2)
        for i, (a, b) in enumerate(pairwise(first))
        if (a, b) in pairs and weight[a] > 0 and weight[b] > 0
    ]
    taken: set[str] = set()
    chosen: list[tuple[int, int]] = []
    for _, start, length in sorted(both + single, key=lambda term: (-term[0], term[1])):
        words = set(first[start : start + length])
        if not words & taken and len(chosen) < k:
            chosen.append((start, length))
            taken |= words
    return chosen


@settings(max_examples=40)
@given(WORDS, WORDS, st.integers(1, 4))
def test_shared_terms_equal_the_rule_written_out(first: list[str], second: list[str], k: int) -> None:
    weight = {"late": 3.0, "early": 2.0, "graph": 4.0, "plain": 0.0, "model": 1.0}
    tokens, others = tokenize([" ".join(first)]).terms, tokenize([" ".join(second)]).terms
    found = shared_terms(tokens, others, np.array([weight[w] for w in first], np.float32), k)
    assert [(term.start, term.length) for term in found] == slow_shared(first, second, weight, k)


EXAMPLES = {
    "plain": Example(
        make=Influence,
        answer=lambda method, x, duals: (method.explain(x[:3]), method.likeness(x[:3])),
        inputs=(
            np.random.default_rng(0).standard_normal((12, 5)).astype(np.float32),
            np.linspace(-1, 1, 12, dtype=np.float32),
        ),
        keeps=(Explainer,),
    )
}
