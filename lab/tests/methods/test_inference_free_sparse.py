"""Inference-free sparse: the logits transcribed, gradients by finite differences, teachers by hand, a toy world."""

from itertools import pairwise

import numpy as np
import pytest

from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from broadsheet.kit.text import Tokens
from broadsheet_lab.encoders._distilling import flops, kl_gradient, penalty_gradient, weight
from broadsheet_lab.encoders._logits import Head, States
from broadsheet_lab.encoders.contract import SparseEncoder
from broadsheet_lab.encoders.inference_free_sparse import InferenceFreeSparse, Lessons, ensemble, idf
from tests.contract.examples import Example


def texts(rows: list[list[int]]) -> Tokens:
    return Tokens(
        np.array([t for row in rows for t in row], np.uint64), np.cumsum([0, *(len(r) for r in rows)]).astype(np.int64)
    )


def small(seed: int = 0) -> tuple[Head, States]:
    rng = np.random.default_rng(seed)
    head = Head(*(rng.standard_normal(shape).astype(np.float32) for shape in ((5, 4), 5, 4, 6)))
    columns = np.array([0, 1, 1, -1, 4, 2, 0], np.int64)
    return head, States(rng.standard_normal((7, 4)).astype(np.float32), columns, np.array([0, 3, 3, 7], np.int64))


class World:
    """Four topics of six words each; a document has four words of its topic and a word all documents have."""

    everywhere = 100

    def __init__(self, n: int = 48) -> None:
        rng = np.random.default_rng(0)
        topics = rng.standard_normal((4, 12))
        words = np.repeat(topics, 6, axis=0) + 0.5 * rng.standard_normal((24, 12))
        rows, x = [], []
        for i in range(n):
            chosen = rng.permutation(6)[:4] + 6 * (i % 4)
            rows.append([*chosen.tolist(), self.everywhere])
            x.append(np.vstack([words[chosen] + 0.3 * rng.standard_normal((4, 12)), 0.5 * topics[[i % 4]]]))
        self.rows = rows
        self.tokens = texts(rows)
        self.vectors = np.concatenate(x).astype(np.float32)

    def lessons(self) -> Lessons:
        """Each document is asked for by a word it has, one of its topic that it lacks, and one that all have."""
        n = len(self.rows)
        lacking = [[t for t in range(6 * (i % 4), 6 * (i % 4) + 6) if t not in self.rows[i]] for i in range(n)]
        asked = [
            [row[0], missing[i % 2], self.everywhere]
            for i, (row, missing) in enumerate(zip(self.rows, lacking, strict=True))
        ]
        candidates = np.array([[i, (i + 1) % n, (i + 2) % n, (i + 3) % n] for i in range(n)])
        teacher = np.tile(np.array([30.0, 0.0, 0.0, 0.0], np.float32), (n, 1))
        return Lessons(texts(asked), candidates, teacher)

    def fitted(self, **options: float) -> InferenceFreeSparse:
        method = InferenceFreeSparse(steps=150, batch=12, drawn=4, rate=0.002, seed=1)
        for name, value in options.items():
            setattr(method, name, value)
        return method.fit(self.vectors, self.tokens, self.lessons())


def test_the_greatest_logits_are_those_of_a_loop() -> None:
    head, states = small()
    found = head.pooled(states)
    for i, (start, stop) in enumerate(pairwise(states.bounds.tolist())):
        for v in range(5):
            logits = [
                states.x[t] @ head.w[v] + head.b[v] + (states.columns[t] == v) * (states.x[t] @ head.u + head.c[v])
                for t in range(start, stop)
            ]
            assert found.logits[i, v] == pytest.approx(max(logits, default=-np.inf), rel=1e-4, abs=1e-5)
            if logits:
                assert found.at[i, v] == start + int(np.argmax(logits))


def test_the_gradient_is_that_of_finite_differences() -> None:
    head, states = small(1)
    mix = np.random.default_rng(2).standard_normal((3, 5)).astype(np.float32)
    mix[1] = 0  # the text without words

    def loss() -> float:
        return float((mix[[0, 2]] * weight(head.pooled(states).logits[[0, 2]])).sum(dtype=np.float64))

    pooled = head.pooled(states)
    by_logit = np.where(pooled.logits > 0, mix / (1 + np.maximum(pooled.logits, 0)), 0).astype(np.float32)
    gradient = head.gradient(states, pooled.at, by_logit)
    for array, found in [(getattr(head, name), getattr(gradient, name)) for name in "wbuc"]:
        for at in np.ndindex(array.shape):
            kept = array[at]
            array[at] = kept + 2e-3
            above = loss()
            array[at] = kept - 2e-3
            below = loss()
            array[at] = kept
            assert found[at] == pytest.approx((above - below) / 4e-3, abs=5e-3)


def test_the_penalty_is_the_square_of_the_mean() -> None:
    assert flops(np.array([[1.0, 0.0], [3.0, 2.0]], np.float32)) == pytest.approx(2.0**2 + 1.0**2)
    world = World()
    method = InferenceFreeSparse().fit(world.vectors, world.tokens)
    states = method._states(world.vectors, world.tokens)
    gradient = penalty_gradient(method.head_, states, 0.5)
    kept = method.head_.b[3]
    losses = []
    for moved in (0.05, -0.05):
        method.head_.b[3] = kept + moved
        losses.append(0.5 * flops(weight(method.head_.pooled(states).logits)))
    assert gradient.b[3] == pytest.approx((losses[0] - losses[1]) / 0.1, rel=0.05)


def test_teachers_by_hand() -> None:
    first = np.array([[2.0, 0.0, 1.0]], np.float32)
    second = np.array([[-1.0, 0.0, -1.0]], np.float32)
    np.testing.assert_allclose(ensemble([first, second]), [[15.0, 15.0, 7.5]], rtol=1e-5)
    np.testing.assert_allclose(ensemble([np.array([[5.0, 5.0]], np.float32)], scale=1), [[0.0, 0.0]])


def test_the_divergence_falls_against_its_gradient() -> None:
    rng = np.random.default_rng(0)
    student, teacher = rng.standard_normal((2, 3, 4))

    def divergence(scores: np.ndarray) -> float:
        p, q = (np.exp(s) / np.exp(s).sum(axis=1, keepdims=True) for s in (teacher, scores))
        return float((p * np.log(p / q)).sum() / len(scores))

    gradient = kl_gradient(student, teacher)
    for at in np.ndindex(3, 4):
        moved = np.zeros((3, 4))
        moved[at] = 1e-5
        assert gradient[at] == pytest.approx(
            (divergence(student + moved) - divergence(student - moved)) / 2e-5, abs=1e-4
        )


def test_a_score_is_idf_times_weight_over_the_distinct_words_of_the_query() -> None:
    world = World()
    method = world.fitted()
    documents = method.encode(world.vectors, world.tokens)
    query = method.query(texts([[3, 3, World.everywhere, 999]]))
    assert query.terms[query.columns].tolist() == [3, World.everywhere, 999]
    df = sum(3 in row for row in world.rows)
    expected = idf(np.array([df, len(world.rows), 1]), len(world.rows))
    np.testing.assert_allclose(query.counts, expected)
    index = Inverted([PostingBlock.of(documents.terms, documents.indptr, documents.columns, documents.counts)])
    scores = index.scores(SparseQuery(query.terms[query.columns], query.counts))
    for i in range(0, len(world.rows), 7):
        part = slice(documents.indptr[i], documents.indptr[i + 1])
        weights = dict(zip(documents.terms[documents.columns[part]].tolist(), documents.counts[part], strict=True))
        by_hand = sum(w * weights.get(t, 0) for t, w in zip((3, World.everywhere, 999), expected, strict=True))
        assert scores[i] == pytest.approx(by_hand, abs=0.02 * index.blocks[0].scale * 255)


def test_documents_learn_the_words_of_their_topic_that_they_lack() -> None:
    world = World()
    method = world.fitted()
    share = []
    for i in range(len(world.rows)):
        part = slice(5 * i, 5 * i + 5)
        terms, weights = method.expansions(world.vectors[part], world.tokens.terms[part], 2)
        assert not set(terms.tolist()) & set(world.rows[i])
        assert (np.diff(weights) <= 0).all()
        share.append(np.mean([t // 6 == i % 4 for t in terms.tolist()]) if len(terms) else 0.0)
    assert np.mean(share) > 0.9  # 0.25 by chance


def test_the_penalty_prunes_and_first_what_says_little() -> None:
    world = World()
    costs, kept = [], []
    for penalty in (0.0, 0.05, 0.5):
        documents = world.fitted(penalty=penalty).encode(world.vectors, world.tokens)
        costs.append(len(documents.counts))
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < 0.7 * costs[0]
    for aware in (True, False):
        documents = world.fitted(penalty=0.05, rate=0.0005, idf_aware=aware).encode(world.vectors, world.tokens)
        at = np.flatnonzero(documents.terms == World.everywhere)
        kept.append(documents.counts[documents.columns == at[0]].sum() / documents.counts.sum() if len(at) else 0.0)
    assert kept[0] < 0.75 * kept[1]


def test_a_word_never_learned_is_found_where_it_stands() -> None:
    world = World()
    method = world.fitted()
    tokens = texts([[1, 2, 777], [7, 8]])
    found = method.encode(world.vectors[:5], tokens)
    assert 777 in found.terms[found.columns[: found.indptr[1]]]
    assert 777 not in found.terms[found.columns[found.indptr[1] :]]
    assert len(method.encode(world.vectors[:0], texts([[], []]))) == 2


def test_it_is_the_same_again_by_seed_and_from_arrays() -> None:
    world = World()
    first, second = world.fitted(), world.fitted()
    np.testing.assert_array_equal(first.head_.w, second.head_.w)
    again = InferenceFreeSparse.from_arrays(first.to_arrays())
    a, b = (m.encode(world.vectors, world.tokens) for m in (first, again))
    np.testing.assert_array_equal(a.counts, b.counts)
    np.testing.assert_array_equal(again.query(world.tokens).counts, first.query(world.tokens).counts)


def test_what_does_not_fit_is_refused() -> None:
    world = World()
    method = InferenceFreeSparse().fit(world.vectors, world.tokens)
    with pytest.raises(ValueError, match=r"vectors of shape \(3, 12\) for 240 words of 12 dimensions"):
        method.encode(world.vectors[:3], world.tokens)
    with pytest.raises(ValueError, match="not 0, 8, 16"):
        InferenceFreeSparse(vocabulary=0)
    with pytest.raises(ValueError, match=r"shape \(25, 12\) for 24 terms"):
        InferenceFreeSparse.from_arrays({**method.to_arrays(), "vocabulary": method.vocabulary_[1:]})


EXAMPLES = {
    name: Example(
        make=lambda *taught, aware=aware: InferenceFreeSparse(
            steps=8, batch=6, drawn=3, rate=0.002, idf_aware=aware, seed=1
        ).fit(*taught),
        answer=lambda method, vectors, tokens, _: (method.encode(vectors, tokens), method.query(tokens)),
        inputs=(World().vectors, World().tokens, World().lessons()),
        keeps=(SparseEncoder,),
    )
    for name, aware in (("words by rarity", True), ("words alike", False))
}
