"""TILDEv2: weights and scores transcribed, the gradient by finite differences, what is appended, a toy world."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from broadsheet.kit.bag_of_words import Bags
from broadsheet.kit.text import Tokens, tokenize
from broadsheet_lab.encoders.contract import SparseEncoder
from broadsheet_lab.ranking._impacts import without_stop_words
from broadsheet_lab.ranking.tildev2 import Impacts, TILDEv2, appended, likely
from tests.contract.examples import Example


def texts(rows: list[list[int]]) -> Tokens:
    return Tokens(
        np.array([t for row in rows for t in row], np.uint64), np.cumsum([0, *(len(r) for r in rows)]).astype(np.int64)
    )


class World:
    """Documents of six of twenty words, of which the first is what they are about: its states point somewhere."""

    def __init__(self, n: int = 60) -> None:
        rng = np.random.default_rng(0)
        self.rows = [rng.permutation(20)[:6].tolist() for _ in range(n)]
        self.tokens = texts(self.rows)
        self.vectors = rng.standard_normal((6 * n, 5)).astype(np.float32)
        self.vectors[::6, 0] += 3.0
        self.queries = texts([[row[0]] for row in self.rows])
        others = [[j for j in range(n) if j != i and self.rows[i][0] in self.rows[j][1:]][:4] for i in range(n)]
        self.candidates = np.array([[i, *o, *[(i + 1) % n] * (4 - len(o))] for i, o in enumerate(others)])

    def fitted(self, **options: float) -> TILDEv2:
        method = TILDEv2(hidden=8, steps=150, rate=0.02)
        for name, value in options.items():
            setattr(method, name, value)
        return method.fit(self.vectors, self.tokens, self.queries, self.candidates)


def test_a_term_weighs_as_the_greatest_of_its_words() -> None:
    world = World()
    method = world.fitted()
    tokens = texts([[3, 7, 3, 3], [], [7, 999]])
    x = np.random.default_rng(1).standard_normal((6, 5)).astype(np.float32)
    found = method.encode(x, tokens)
    df = {t: sum(t in row for row in world.rows) for t in range(20)} | {999: 1}
    weights = []
    for t, state in zip(tokens.terms.tolist(), x, strict=True):
        rarity = np.log(1 + (60 - df[t] + 0.5) / (df[t] + 0.5))
        units = [max(0.0, float(np.append(state, [rarity, 1.0]) @ method.inner_[:, h])) for h in range(8)]
        weights.append(max(0.0, float(np.append(units, [rarity, 1.0]) @ method.outer_)))
    expected = [{3: max(weights[0], weights[2], weights[3]), 7: weights[1]}, {}, {7: weights[4], 999: weights[5]}]
    for i, row in enumerate(expected):
        part = slice(found.indptr[i], found.indptr[i + 1])
        got = dict(zip(found.terms[found.columns[part]].tolist(), found.counts[part].tolist(), strict=True))
        assert got == pytest.approx({t: w for t, w in row.items() if w > 0}, rel=1e-4)
    assert sum(len(row) for row in expected) > 2


def test_a_score_is_a_sum_and_a_word_asked_twice_counts_twice() -> None:
    bags = Bags(
        np.array([5, 6, 8], np.uint64),
        np.array([0, 2, 3], np.int64),
        np.array([2, 0, 1], np.int32),  # not ascending
        np.array([1.0, 0.6, 0.25], np.float32),
    )
    impacts = Impacts.of(bags)
    assert impacts.impacts.tolist() == [153, 255, 64]
    asked = np.array([8, 5, 5, 7], np.uint64)
    np.testing.assert_allclose(impacts.score(asked, np.array([0, 1, 0])), [561 / 255, 0, 561 / 255], rtol=1e-6)
    np.testing.assert_allclose(impacts.score(np.array([6], np.uint64), np.array([1])), [64 / 255], rtol=1e-6)


def test_eight_bits_order_as_exact_weights_do() -> None:
    rng = np.random.default_rng(0)
    n, v = 200, 30
    dense = rng.random((n, v)).astype(np.float32) * (rng.random((n, v)) < 0.5)
    sparse = csr_matrix(dense)
    impacts = Impacts.of(
        Bags(
            np.arange(v, dtype=np.uint64), sparse.indptr.astype(np.int64), sparse.indices.astype(np.int32), sparse.data
        )
    )
    for _ in range(5):
        asked = rng.integers(0, v, 8)
        exact = dense[:, asked].sum(axis=1)
        rough = impacts.score(asked.astype(np.uint64), np.arange(n))
        upper = np.triu_indices(n, 1)
        agree = np.sign(exact[:, None] - exact)[upper] * np.sign(rough[:, None] - rough)[upper]
        assert agree.mean() > 0.98  # Kendall's tau


def test_the_gradient_is_that_of_finite_differences() -> None:
    world = World()
    method = TILDEv2(hidden=3, steps=0).fit(world.vectors, world.tokens, world.queries, world.candidates)
    x = method._inputs(world.vectors, world.tokens)
    asked = texts([[world.rows[2][0], world.rows[2][1]], [world.rows[5][0], world.rows[5][0]]])
    rows, wanted = np.array([2, 5, 8, 9]), np.array([0, 1])
    _, found = method._gradient(x, world.tokens, asked, rows, wanted)
    for array, gradient in ((method.inner_, found["inner"]), (method.outer_, found["outer"])):
        for at in np.ndindex(array.shape):
            kept = array[at]
            losses = []
            for moved in (3e-3, -3e-3):
                array[at] = kept + np.float32(moved)
                losses.append(method._gradient(x, world.tokens, asked, rows, wanted)[0])
            array[at] = kept
            assert gradient[at] == pytest.approx((losses[0] - losses[1]) / 6e-3, abs=3e-3)
    assert max(np.abs(g).max() for g in found.values()) > 0.02


def test_it_learns_from_context_what_a_document_is_about() -> None:
    world = World()
    method = world.fitted()
    impacts = Impacts.of(method.encode(world.vectors, world.tokens))
    first = []
    for i, row in enumerate(world.rows):
        having = np.array([j for j in range(60) if row[0] in world.rows[j]])
        scores = impacts.score(np.array([row[0]], np.uint64), having)
        about = np.array([world.rows[j][0] == row[0] for j in having])
        first.append(scores[having == i][0] >= np.max(scores[~about], initial=0.0))
    assert np.mean(first) > 0.8  # about a third have no more than chance to be first among a dozen


def test_what_readers_likely_ask_with_is_appended_if_it_is_not_there() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((50, 4)).astype(np.float32)
    truth = rng.standard_normal((4, 6)).astype(np.float32)
    found = likely(vectors, csr_matrix(vectors @ truth), ridge=1e-3)
    np.testing.assert_allclose(found, truth, atol=1e-3)
    likelihood = np.array([[0.1, 0.9, 0.5, 0.7], [0.4, 0.3, 0.2, 0.1]], np.float32)
    present = Bags(
        np.arange(4, dtype=np.uint64), np.array([0, 1, 3]), np.array([1, 0, 1], np.int32), np.ones(3, np.float32)
    )
    assert appended(likelihood, present, 2).tolist() == [[3, 2], [2, 3]]


def test_stop_words_of_queries_say_nothing() -> None:
    kept = without_stop_words(tokenize(["the graph of a network", "of the"]))
    np.testing.assert_array_equal(kept.terms, tokenize(["graph network"]).terms)
    assert kept.bounds.tolist() == [0, 2, 2]


def test_it_is_the_same_again_by_seed_and_from_arrays() -> None:
    world = World()
    first, second = world.fitted(), world.fitted()
    np.testing.assert_array_equal(first.inner_, second.inner_)
    again = TILDEv2.from_arrays(first.to_arrays())
    a, b = (m.encode(world.vectors, world.tokens) for m in (first, again))
    np.testing.assert_array_equal(a.counts, b.counts)
    assert (world.fitted(rarity=False).encode(world.vectors, world.tokens).counts[:9] != a.counts[:9]).any()


def test_what_does_not_fit_is_refused() -> None:
    world = World()
    method = world.fitted(steps=1)
    with pytest.raises(ValueError, match=r"vectors of shape \(3, 5\) for 360 words of 5 dimensions"):
        method.encode(world.vectors[:3], world.tokens)
    with pytest.raises(ValueError, match="not 0 and 8"):
        TILDEv2(hidden=0)
    with pytest.raises(ValueError, match=r"\(7, 8\) and \(9,\) for 20 terms"):
        TILDEv2.from_arrays({**method.to_arrays(), "outer": method.outer_[1:]})


EXAMPLES = {
    name: Example(
        make=lambda *taught, rarity=rarity: TILDEv2(hidden=8, steps=10, rate=0.02, rarity=rarity).fit(*taught),
        answer=lambda method, vectors, tokens, queries, _: (
            method.encode(vectors, tokens),
            Impacts.of(method.encode(vectors, tokens)).score(queries.terms[:2], np.arange(9)),
        ),
        inputs=(World().vectors, World().tokens, World().queries, World().candidates),
        keeps=(SparseEncoder,),
    )
    for name, rarity in (("with rarity", True), ("states alone", False))
}
