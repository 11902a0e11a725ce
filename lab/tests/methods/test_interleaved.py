"""Interleaved documents: the mean of the sections, whatever their order, and a reranker that learns what matters."""

from itertools import pairwise

import numpy as np
import pytest

from broadsheet_lab.encoders.interleaved import Interleaved, best_sections, merged, relevance_gradient, sections_of
from tests.contract.examples import Example


def unit(x: np.ndarray) -> np.ndarray:
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)


def library(n: int = 30, d: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sections (t, d) of n documents, one to five each."""
    rng = np.random.default_rng(seed)
    bounds = np.cumsum([0, *rng.integers(1, 6, n)])
    return unit(rng.standard_normal((bounds[-1], d))), bounds


def test_a_document_is_the_scaled_mean_of_its_sections() -> None:
    sections, bounds = library()
    want = [np.mean(sections[a:b].astype(np.float64), axis=0) for a, b in pairwise(bounds)]
    np.testing.assert_allclose(merged(sections, bounds), unit(np.array(want)), atol=1e-6)


def test_the_order_of_sections_does_not_matter() -> None:
    sections, bounds = library()
    rng = np.random.default_rng(1)
    shuffled = np.concatenate([rng.permutation(sections[a:b]) for a, b in pairwise(bounds)])
    np.testing.assert_allclose(merged(shuffled, bounds), merged(sections, bounds), atol=1e-6)


def test_documents_without_sections_are_zero_and_last() -> None:
    sections = unit(np.eye(3))
    bounds = np.array([0, 0, 2, 3, 3])
    assert np.linalg.norm(merged(sections, bounds), axis=1).tolist() == pytest.approx([0, 1, 1, 0])
    greatest, which = best_sections(np.array([0.2, 0.2, 0.1], np.float32), bounds)
    assert greatest.tolist() == pytest.approx([-np.inf, 0.2, 0.1, -np.inf])
    assert which.tolist() == [-1, 0, 2, -1]  # on a tie the first


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(2)
    x: np.ndarray = rng.standard_normal((40, 5))
    y: np.ndarray = (rng.random(40) < 0.3).astype(np.float64)
    w: np.ndarray = rng.standard_normal(5)
    b = 0.3
    loss, by_weights, by_bias = relevance_gradient(x, y, w, b)
    p = 1 / (1 + np.exp(-(x @ w + b)))
    assert loss == pytest.approx(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    for j in range(5):
        step = 1e-5 * np.eye(5)[j]
        slope = (relevance_gradient(x, y, w + step, b)[0] - relevance_gradient(x, y, w - step, b)[0]) / 2e-5
        assert by_weights[j] == pytest.approx(slope, abs=1e-6)
    slope = (relevance_gradient(x, y, w, b + 1e-5)[0] - relevance_gradient(x, y, w, b - 1e-5)[0]) / 2e-5
    assert by_bias == pytest.approx(slope, abs=1e-6)


def world(n: int = 120, d: int = 16) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half of the coordinates say what a section is about, the others are noise as loud; (queries, sections, bounds).

    Query i wants document i, whose second section it repeats in the coordinates that matter.
    """
    rng = np.random.default_rng(4)
    sections = rng.standard_normal((3 * n, d))
    queries = rng.standard_normal((n, d))
    queries[:, : d // 2] = sections[1::3, : d // 2]
    return unit(queries), unit(sections), np.arange(0, 3 * n + 1, 3)


def ranked_first(method: Interleaved, queries: np.ndarray, sections: np.ndarray, bounds: np.ndarray) -> float:
    everyone = np.arange(len(bounds) - 1)
    return float(
        np.mean([method.rerank(q, everyone, sections, bounds)[0].argmax() == i for i, q in enumerate(queries)])
    )


def test_the_reranker_learns_which_coordinates_matter_and_finds_the_section() -> None:
    queries, sections, bounds = world()
    half = np.arange(60)
    method = Interleaved(share=100.0, epochs=8).fit(queries[:60], half, sections, bounds)
    weights = method.weights_
    assert weights[:8].min() > weights[8:].max()
    plain = Interleaved(share=100.0, epochs=0).fit(queries[:60], half, sections, bounds)
    assert (plain.weights_ == plain.scale).all()
    test = [ranked_first(one, queries, sections, bounds) for one in (plain, method)]
    assert test[1] > test[0] + 0.1
    found = [method.rerank(q, np.array([i]), sections, bounds)[1][0] for i, q in enumerate(queries)]
    assert np.mean(np.array(found) == 3 * np.arange(120) + 1) > 0.9


def test_scores_are_the_documents_plus_a_share_of_the_best_section() -> None:
    sections, bounds = library()
    method = Interleaved(share=0.5, epochs=1).fit(sections[bounds[:-1]], np.arange(30), sections, bounds)
    query, some = sections[3], np.array([7, 2, 11])
    scores, which = method.rerank(query, some, sections, bounds)
    for document, score, section in zip(some, scores, which, strict=True):
        a, b = bounds[document], bounds[document + 1]
        logits = (sections[a:b] * query) @ method.weights_ + method.bias_
        assert section == a + logits.argmax()
        mean = unit(sections[a:b].mean(axis=0))
        assert score == pytest.approx(mean @ query + 0.5 / (1 + np.exp(-logits.max())), abs=1e-5)


def test_sections_of_a_text() -> None:
    text = "We sort. It is fast! Is it? Yes, e.g. on trees."
    assert sections_of("Sorting ", text) == ["Sorting", "We sort. It is fast!", "Is it? Yes, e.g. on trees."]
    assert sections_of("", text, sentences=9) == [text]
    assert sections_of(" ", "  ") == []


def test_what_does_not_fit_is_named() -> None:
    sections, bounds = library()
    with pytest.raises(ValueError, match="do not divide sections"):
        merged(sections, bounds[:-1])
    with pytest.raises(ValueError, match="bounds fall after document 1"):
        merged(sections[:3], np.array([0, 2, 1, 3]))
    with pytest.raises(ValueError, match="document 1, which query 0 wants, has no section"):
        Interleaved().fit(sections[:1], np.array([1]), sections[:2], np.array([0, 2, 2]))
    with pytest.raises(ValueError, match="2 queries and 1 documents"):
        Interleaved().fit(sections[:2], np.array([1]), sections, bounds)
    with pytest.raises(ValueError, match="for a reranker of 0 dimensions"):
        Interleaved().rerank(sections[0], np.array([0]), sections, bounds)


def test_arrays_there_and_back() -> None:
    sections, bounds = library()
    method = Interleaved(share=0.7, epochs=1).fit(sections[bounds[:-1]], np.arange(30), sections, bounds)
    again = Interleaved.from_arrays(method.to_arrays())
    some = np.arange(10)
    for mine, its in zip(
        method.rerank(sections[0], some, sections, bounds),
        again.rerank(sections[0], some, sections, bounds),
        strict=True,
    ):
        np.testing.assert_array_equal(mine, its)
    with pytest.raises(ValueError, match="bias and share of shape"):
        Interleaved.from_arrays({**method.to_arrays(), "bias_share": np.zeros(1)})


EXAMPLES = {
    "reranker": Example(
        make=lambda queries, sections, bounds: Interleaved(epochs=2, share=0.5).fit(
            queries, np.arange(len(queries)), sections, bounds
        ),
        answer=lambda method, queries, sections, bounds: (
            method.encode(sections, bounds),
            method.rerank(queries[0], np.array([7, 2, 11]), sections, bounds),
        ),
        inputs=world(20),
    )
}
