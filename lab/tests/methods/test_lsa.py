"""LSA finds the singular directions, joins words that keep the same company, and survives tiny libraries."""

import numpy as np
import pytest
import scipy.sparse as sp

from broadsheet.encoders.contract import Encoder, TermExplainer
from broadsheet.kit.text import tokenize
from broadsheet_lab.encoders.contract import Fitted
from broadsheet_lab.encoders.lsa import LSA, right_singular_vectors
from lab.tests.contract.texts import texts as collection
from tests.contract.examples import Example

TOPICS = (
    ["graph network node edge", "node embedding graph", "edge prediction network", "message passing node graph"],
    ["protein folding structure", "protein sequence structure", "folding energy sequence", "amino protein energy"],
)
TEXTS = [t for topic in TOPICS for t in topic] * 3


def test_the_directions_are_those_of_the_exact_decomposition() -> None:
    rng = np.random.default_rng(0)
    dense = (rng.standard_normal((60, 12)) * 0.8 ** np.arange(12)) @ rng.standard_normal((12, 40))
    found = right_singular_vectors(sp.csr_matrix(dense.astype(np.float32)), 5, seed=1)
    exact = np.linalg.svd(dense)[2][:5].T
    np.testing.assert_allclose(np.abs(np.sum(found * exact, axis=0)), 1.0, atol=1e-3)


def test_texts_of_one_topic_are_near_though_they_share_no_word() -> None:
    encoder = LSA(dimensions=2, least=1).fit(TEXTS)
    a, b, c = encoder.encode(["message passing", "edge prediction", "amino energy"])
    assert a @ b > 0.9
    assert abs(float(a @ c)) < 0.3


def test_vectors_have_unit_length_and_unknown_words_give_zeros() -> None:
    encoder = LSA(dimensions=4, least=1).fit(TEXTS)
    x = encoder.encode(["graph node", "zebra", "", "the of"])
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), [1, 0, 0, 0], atol=1e-6)
    assert x.dtype == np.float32
    assert x.shape == (4, 4)


def test_it_is_kept_as_arrays_and_fitted_anew_by_a_second_fit() -> None:
    encoder = LSA(dimensions=3, least=1).fit(["something else entirely", "else what"]).fit(TEXTS)
    fresh = LSA(dimensions=3, least=1).fit(TEXTS)
    again = LSA.from_arrays(dict(encoder.to_arrays()))
    for other in (fresh, again):
        assert encoder.encode(TEXTS).tolist() == other.encode(TEXTS).tolist()
    assert isinstance(encoder, Fitted)
    assert isinstance(encoder, TermExplainer)
    with pytest.raises(ValueError, match="differ in length"):
        LSA.from_arrays({**encoder.to_arrays(), "idf": encoder.idf_[1:]})


def test_contributions_point_where_the_word_points() -> None:
    encoder = LSA(dimensions=2, least=1).fit(TEXTS)
    direction = encoder.encode(["graph node edge"])[0]
    graph, protein, unknown = encoder.contributions(tokenize(["graphs protein zebra"]).terms, direction)
    assert graph > abs(float(protein)) >= 0
    assert unknown == 0


@pytest.mark.parametrize("texts", [[], [""], ["one paper only"], ["a b", "c d"]])
def test_a_tiny_library_is_no_trouble(texts: list[str]) -> None:
    encoder = LSA().fit(texts)
    assert encoder.encode(["one paper", ""]).shape == (2, 256)
    assert np.isfinite(encoder.encode(texts)).all()


EXAMPLES = {
    "plain": Example(
        make=lambda texts: LSA(dimensions=4, least=1).fit(texts),
        answer=lambda method, texts: method.encode(texts[:6]),
        inputs=(collection(),),
        keeps=(Encoder, TermExplainer, Fitted),
    )
}
