"""Sentence roles: the chain against every labelling written out, its slope, what is learned from marks with gaps."""

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from broadsheet.explanation.sentence_roles import ROLES, SentenceRoles, features, forward_backward
from tests.contract.examples import Example

TASK = "Counting bees in wide meadows is still a hard problem"
METHOD = "We propose a small net that learns to follow wings"
RESULT = "Experiments show it outperforms older counts by 12 %"


def abstracts(n: int = 40) -> list[list[str]]:
    """Task, method once or twice, result: each with a word of its own."""
    return [[f"{TASK} {i}", *[f"{METHOD} {i}"] * (1 + i % 2), f"{RESULT} {i}"] for i in range(n)]


def marked(papers: list[list[str]], gaps: bool = False) -> np.ndarray:
    """The roles each sentence may have; with gaps every third one may have any."""
    rows = [("task", *["method"] * (len(p) - 2), "result") for p in papers]
    allowed = np.array([[role == mark for role in ROLES] for row in rows for mark in row])
    if gaps:
        allowed[::3] = True
    return allowed


def written_out(scores: np.ndarray, bounds: np.ndarray, steps: np.ndarray, allowed: np.ndarray) -> tuple[Any, ...]:
    """log Z, marginals and expected steps from every allowed labelling of every chain."""
    n, roles = scores.shape
    marginals, pairs, total = np.zeros((n, roles)), np.zeros((roles, roles)), 0.0
    for start, stop in pairwise(bounds):
        weights, paths = [], []
        for path in product(range(roles), repeat=stop - start):
            if all(allowed[start + t, r] for t, r in enumerate(path)):
                value = sum(scores[start + t, r] for t, r in enumerate(path))
                value += sum(steps[a, b] for a, b in pairwise(path))
                weights.append(np.exp(value))
                paths.append(path)
        total += np.log(sum(weights))
        for weight, path in zip(weights, paths, strict=True):
            for t, r in enumerate(path):
                marginals[start + t, r] += weight / sum(weights)
            for a, b in pairwise(path):
                pairs[a, b] += weight / sum(weights)
    return total, marginals, pairs


@pytest.mark.parametrize("gaps", [False, True])
def test_the_chain_sums_over_every_labelling(gaps: bool) -> None:
    rng = np.random.default_rng(0)
    bounds = np.array([0, 4, 4, 5, 10])
    scores, steps = rng.normal(size=(10, 3)) * 2, rng.normal(size=(3, 3))
    allowed = np.ones((10, 3), np.bool_)
    if gaps:
        allowed[[1, 4, 6], :] = [[True, False, True], [False, True, False], [True, True, False]]
    marginals, pairs = np.empty((10, 3)), np.empty((3, 3))
    total = forward_backward(scores, bounds, steps, allowed, marginals, pairs)
    expected, wanted, counts = written_out(scores, bounds, steps, allowed)
    assert total == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(marginals, wanted, atol=1e-12)
    np.testing.assert_allclose(pairs, counts, atol=1e-12)


def test_scores_of_any_size_do_not_overflow() -> None:
    scores = np.array([[2000.0, 0.0, -2000.0], [-2000.0, 0.0, 2000.0]])
    marginals, pairs = np.empty((2, 3)), np.empty((3, 3))
    every = np.ones((2, 3), np.bool_)
    assert forward_backward(scores, np.array([0, 2]), np.zeros((3, 3)), every, marginals, pairs) == pytest.approx(4000)
    np.testing.assert_allclose(marginals, [[1, 0, 0], [0, 0, 1]], atol=1e-12)


def test_a_sentence_is_its_words_pairs_neighbours_and_place() -> None:
    one, two = features([["alpha beta alpha"]], 1 << 12), features([["alpha beta alpha"], ["alpha"]], 1 << 12)
    np.testing.assert_array_equal(one.columns, two.columns[: one.indptr[1]])
    assert (two.columns[two.indptr[1] : two.indptr[2]][:, None] == one.columns).any(axis=1).sum() >= 4  # word and place
    words = one.columns[one.columns < 1 << 12]
    assert len(words) == len(set(words.tolist())) == 2 + 3  # 2 words; alpha beta, beta alpha, alpha at the end
    beside = features([["alpha", "beta"]], 1 << 12)
    hashed = [set(c[c < 1 << 12].tolist()) for c in np.split(beside.columns, beside.indptr[1:-1])]
    assert [len(h) for h in hashed] == [3, 3]  # the word, the word at the end, the neighbour's word
    assert not hashed[0] & hashed[1]


def test_roles_are_learned_also_from_marks_with_gaps() -> None:
    papers = abstracts()
    for gaps in (False, True):
        model = SentenceRoles(buckets=1 << 12).fit(papers[:30], marked(papers[:30], gaps))
        found = model.explain(papers[30:])
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
        assert (found.argmax(axis=1) == marked(papers[30:]).argmax(axis=1)).all()


def test_order_tells_where_words_do_not() -> None:
    papers = abstracts()
    model = SentenceRoles(buckets=1 << 12).fit(papers, marked(papers))
    alone = SentenceRoles(buckets=1 << 12, chained=False).fit(papers, marked(papers))
    assert not alone.transitions_.any()
    task, method, result = range(3)
    assert model.transitions_[task, method] > model.transitions_[method, task]
    assert model.transitions_[method, result] > model.transitions_[result, method]
    strange = [f"{TASK} 1", "Zxcv qwer uiop", f"{RESULT} 1"]
    assert model.explain([strange])[1].argmax() == method


def test_fitting_again_forgets_and_is_repeatable() -> None:
    papers = abstracts()
    first = SentenceRoles(buckets=1 << 10).fit(papers, marked(papers))
    again = (
        SentenceRoles(buckets=1 << 10).fit(papers[::-1], marked(papers[::-1], gaps=True)).fit(papers, marked(papers))
    )
    for name, array in first.to_arrays().items():
        np.testing.assert_array_equal(again.to_arrays()[name], array)


def test_a_model_is_restored_and_arrays_that_do_not_fit_are_refused() -> None:
    papers = abstracts()
    model = SentenceRoles(buckets=1 << 10).fit(papers, marked(papers))
    again = SentenceRoles.from_arrays(dict(model.to_arrays()))
    np.testing.assert_array_equal(again.explain(papers), model.explain(papers))
    arrays = dict(model.to_arrays())
    for name, wrong in (
        ("weights", arrays["weights"][:, :2]),
        ("scales", arrays["scales"][:2]),
        ("transitions", np.eye(2)),
    ):
        with pytest.raises(ValueError, match="do not fit 3 roles"):
            SentenceRoles.from_arrays({**arrays, name: wrong})


def test_nothing_to_read_and_nothing_to_learn_from() -> None:
    model = SentenceRoles(buckets=1 << 10)
    assert model.explain([]).shape == (0, 3)
    assert model.explain([[], ["One."], []]).shape == (1, 3)
    np.testing.assert_allclose(model.explain([["Untaught."]]), 1 / 3, atol=1e-6)
    with pytest.raises(ValueError, match="1 sentences need at least one role each"):
        model.fit([["One."]], np.zeros((1, 3), np.bool_))
    with pytest.raises(ValueError, match=r"marks of shape \(2, 3\)"):
        model.fit([["One."]], np.ones((2, 3), np.bool_))


EXAMPLES = {
    "chained": Example(
        make=lambda allowed: SentenceRoles().fit(abstracts(6), allowed),
        answer=lambda method, allowed: method.explain(abstracts(3)),
        inputs=(marked(abstracts(6)),),
    )
}
