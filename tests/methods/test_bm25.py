"""BM25 equals the formula written out."""

import math

import numpy as np
import pytest

from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.text import term, tokenize
from broadsheet.retrieval.bm25 import BM25, idf, repeated
from broadsheet.retrieval.contract import Weighting
from tests.contract.examples import Example

TEXTS = ["a cat sat", "cat cat dog", "dog bird fish fish fish", ""]


def test_weights_equal_the_formula() -> None:
    bags = bag(tokenize(TEXTS, stemmed=False))
    lengths = np.array([3, 3, 5, 0], np.float32)
    model = BM25(k1=1.2, b=0.6).fit(lengths)
    weights = model.document(bags, lengths)
    for i, text in enumerate(TEXTS):
        for at in range(bags.indptr[i], bags.indptr[i + 1]):
            word = next(w for w in text.split() if term(w) == bags.terms[bags.columns[at]])
            tf = text.split().count(word)
            norm = 1.2 * (1 - 0.6 + 0.6 * lengths[i] / 2.75)
            assert math.isclose(weights[at], tf * 2.2 / (tf + norm), rel_tol=1e-5)
    assert weights.max() < model.ceiling == 2.2


def test_queries_weigh_by_rarity_and_unknown_words_by_nothing() -> None:
    got = BM25().query(np.array([1, 2, 1], np.float32), np.array([2, 1, 0]), 4)
    np.testing.assert_allclose(got, [math.log(1 + 2.5 / 2.5), 2 * math.log(1 + 3.5 / 1.5), 0], rtol=1e-6)
    assert (idf(np.array([4, 3, 1]), 4) > 0).all()


def test_a_second_fit_forgets_the_first() -> None:
    model = BM25().fit(np.array([10.0, 20.0], np.float32)).fit(np.array([4.0], np.float32))
    assert model.average_length_ == 4.0
    assert BM25().fit(np.empty(0, np.float32)).average_length_ == 1.0


EXAMPLES = {
    "plain": Example(
        make=lambda lengths: BM25().fit(lengths),
        answer=lambda method, lengths: method.document(bag(tokenize(TEXTS, stemmed=False)), lengths),
        inputs=(np.array([3, 3, 5, 0], np.float32),),
        keeps=(Weighting,),
    )
}


def test_a_repeated_query_term_counts_more_but_never_its_share() -> None:
    found = repeated(np.array([0, 1, 2, 4, 1000], np.float32))
    assert found.tolist() == pytest.approx([0, 1, 1.8, 3, 8.9286], rel=1e-4)
