"""Influences add up to the score, and shared terms really are in both texts."""

import numpy as np

from broadsheet.explanation.contract import Explainer
from broadsheet.explanation.influence import Influence, shared_terms
from broadsheet.kit.text import tokenize
from tests.contract.examples import Example


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
