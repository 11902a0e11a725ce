"""Static: the views, the loss with its gradients and the negatives of its training; learning on a toy world."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.encoders._contrastive import Contrastive, NegativePool, Segments, cosine_loss


def literal_loss(
    q: NDArray[np.float64], d: NDArray[np.float64], temperature: float, equal: set[tuple[int, int]]
) -> float:
    """The mean of two cross entropies, one pair at a time."""
    unit = [[v / np.linalg.norm(v) for v in side] for side in (q, d)]

    def score(i: int, j: int) -> float:
        return float(unit[0][i] @ unit[1][j]) / temperature

    b, total = len(q), 0.0
    for i in range(b):
        forth = [j for j in range(len(d)) if (i, j) not in equal]
        back = [j for j in range(b) if (j, i) not in equal]
        total -= score(i, i) - np.log(sum(np.exp(score(i, j)) for j in forth))
        total -= score(i, i) - np.log(sum(np.exp(score(j, i)) for j in back))
    return total / (2 * b)


@pytest.mark.parametrize(("more", "equal"), [(0, []), (3, []), (3, [(0, 4), (2, 6), (1, 0)])])
def test_the_loss_and_its_gradients_equal_finite_differences(more: int, equal: list[tuple[int, int]]) -> None:
    rng = np.random.default_rng(more)
    q, d = rng.standard_normal((4, 5)), rng.standard_normal((4 + more, 5)) * 3
    pairs = np.array(equal, np.int64).reshape(-1, 2) if equal else None
    loss, dq, dd = cosine_loss(q.astype(np.float32), d.astype(np.float32), 0.5, pairs)
    assert loss == pytest.approx(literal_loss(q, d, 0.5, set(equal)), rel=1e-4)
    for x, gradient in ((q, dq), (d, dd)):
        assert gradient.dtype == np.float32
        for at in np.ndindex(*x.shape):
            moved, step = x[at], 1e-5
            x[at] = moved + step
            above = literal_loss(q, d, 0.5, set(equal))
            x[at] = moved - step
            below = literal_loss(q, d, 0.5, set(equal))
            x[at] = moved
            assert gradient[at] == pytest.approx((above - below) / (2 * step), abs=2e-5)


def test_equal_none_and_empty_are_the_same() -> None:
    q = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    one, two = cosine_loss(q, q[::-1].copy(), 0.1), cosine_loss(q, q[::-1].copy(), 0.1, np.empty((0, 2), np.int64))
    assert one[0] == two[0]
    np.testing.assert_array_equal(one[1], two[1])


TITLE, SENTENCE, KEYS = 0, 1, 2


def segments(papers: list[list[tuple[int, list[int]]]]) -> Segments:
    """From (kind, words) of every segment of every paper."""
    flat = [part for paper in papers for part in paper]
    return Segments(
        np.array([w for _, words in flat for w in words], np.int32),
        np.cumsum([0, *(len(words) for _, words in flat)], dtype=np.int64),
        np.array([kind for kind, _ in flat], np.int8),
        np.cumsum([0, *(len(paper) for paper in papers)], dtype=np.int64),
    )


def numbered(sentences: int, keywords: bool, first: int) -> list[tuple[int, list[int]]]:
    """A paper every word of which is another: of a view, one can tell which words of which segment it has."""
    kinds = [TITLE] + [SENTENCE] * sentences + [KEYS] * keywords
    return [(kind, list(range(first + 5 * s, first + 5 * s + 5))) for s, kind in enumerate(kinds)]


def trainer(words: int, **given: float) -> Contrastive:
    weights = np.random.default_rng(0).standard_normal((words, 4)).astype(np.float32)
    return Contrastive(weights, epochs=1, **given)  # type: ignore[arg-type]


SHAPES = [(0, False), (1, False), (1, True), (2, False), (3, True), (6, True), (0, True)]


@pytest.mark.parametrize("shares", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.3, 0.6, 0.1)])
def test_two_views_are_disjoint_parts_of_the_paper(shares: tuple[float, float, float]) -> None:
    papers = [numbered(count, keywords, 50 * i) for i, (count, keywords) in enumerate(SHAPES)]
    held, chosen = segments(papers), np.arange(len(papers), dtype=np.int64)
    training = trainer(400, shares=shares, dropout=0.0)  # type: ignore[arg-type]
    seen = set()
    for _ in range(60):
        bags = training.views(held, chosen)
        np.testing.assert_allclose(bags.values, np.log(2), rtol=1e-6)
        for i, paper in enumerate(papers):
            cut = [set(bags.rows[bags.indptr[j] : bags.indptr[j + 1]].tolist()) for j in (i, i + len(papers))]
            parts = [[s for s, (_, words) in enumerate(paper) if set(words) & view] for view in cut]
            first, second = parts
            assert cut[0] == {w for s in first for w in paper[s][1]}  # whole segments
            assert not set(first) & set(second)
            kinds = [paper[s][0] for s in first]
            assert kinds in ([TITLE], [KEYS], [SENTENCE], [SENTENCE, SENTENCE])
            assert first == list(range(first[0], first[0] + len(first)))
            rest = [s for s, (kind, _) in enumerate(paper) if s not in first and kind != KEYS]
            assert second == rest  # keywords are never in view two
            seen.add((len(first), kinds[0]))
    assert ((2, SENTENCE) in seen) == (shares[0] < 1)  # papers without keywords are asked by a sentence
    assert ((1, KEYS) in seen) == (shares[2] > 0)
    assert (1, TITLE) in seen  # all there is to ask by where there are no two sentences


def test_words_count_by_their_logarithm_and_unknown_ones_not() -> None:
    held = segments([[(TITLE, [3, 3, -1, 3]), (SENTENCE, [1, -1, 1, 2])]])
    bags = trainer(5, dropout=0.0, shares=(1, 0, 0)).views(held, np.array([0]))  # type: ignore[arg-type]
    assert bags.indptr.tolist() == [0, 1, 3]
    assert bags.rows.tolist() == [3, 1, 2]
    np.testing.assert_allclose(bags.values, np.log([4, 3, 2]), rtol=1e-6)


def test_words_are_dropped_at_the_given_rate() -> None:
    held = segments([[(TITLE, list(range(2000))), (SENTENCE, list(range(2000, 4000)))]])
    training = trainer(4000, dropout=0.25)
    kept = np.mean([len(training.views(held, np.array([0])).rows) / 4000 for _ in range(10)])
    assert kept == pytest.approx(0.75, abs=0.01)


def test_whole_is_title_and_sentences_without_keywords() -> None:
    papers = [numbered(2, True, 0), numbered(0, False, 50), numbered(3, False, 100)]
    found = trainer(200).whole_texts(segments(papers), np.array([2, 0, 1]))
    texts = [found.rows[a:b].tolist() for a, b in zip(found.indptr, found.indptr[1:], strict=False)]
    assert texts == [list(range(100, 120)), list(range(15)), list(range(50, 55))]


def test_bags_sum_join_and_cut_like_lists() -> None:
    papers = [numbered(2, True, 0), numbered(1, False, 50)]
    training = trainer(100, dropout=0.3)
    held = segments(papers)
    views, whole = training.views(held, np.array([0, 1])), training.whole_texts(held, np.array([1, 0]))
    sums = [bags.sums(training.weights) for bags in (views, whole)]
    literal = [
        sum(v * training.weights[r] for r, v in zip(views.rows[a:b], views.values[a:b], strict=True))
        for a, b in zip(views.indptr, views.indptr[1:], strict=False)
    ]
    np.testing.assert_allclose(sums[0], literal, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(views.append(whole).sums(training.weights), np.concatenate(sums))
    np.testing.assert_array_equal(views.head(2).sums(training.weights), sums[0][:2])


def test_mined_negatives_are_near_and_never_the_paper_itself() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((40, 6)).astype(np.float32)
    papers = np.arange(100, 140)
    mined = NegativePool(papers, vectors, depth=3)
    drawn = set()
    for _ in range(50):
        chosen = rng.choice(papers, 20, replace=False)
        found = mined.negatives(vectors[chosen - 100], chosen, rng)
        assert (found != chosen).all()
        for own, other in zip(chosen, found, strict=True):
            scores = vectors @ vectors[own - 100]
            scores[own - 100] = -np.inf
            nearest = np.argsort(-scores)[:3]
            assert other - 100 in nearest
            drawn.add(int(np.flatnonzero(nearest == other - 100)[0]))
    assert drawn == {0, 1, 2}
    two = NegativePool(papers[:2], vectors[:2])  # fewer papers than the depth
    assert two.negatives(vectors[:2], papers[:2], rng).tolist() == [101, 100]
    stranger = two.negatives(vectors[:1], np.array([139]), rng)
    assert stranger[0] in (100, 101)


# A toy world: words come in pairs that mean the same; titles use one of a pair, abstracts the other.
PAIRS, EACH, PAPERS = 60, 5, 600


def toy(seed: int = 0) -> Segments:
    rng = np.random.default_rng(seed)
    papers = []
    for _ in range(PAPERS):
        told = rng.choice(PAIRS, EACH, replace=False)
        said = [(2 * told + rng.integers(0, 2, EACH)).tolist() for _ in range(2)]
        papers.append([(TITLE, (2 * told).tolist()), (SENTENCE, (2 * told + 1).tolist()), (SENTENCE, said[0])])
    return segments(papers)


def found_again(weights: NDArray[np.float32], held: Segments, rows: NDArray[np.int64]) -> float:
    """The share of titles nearest to their own first sentence among those of the same rows."""
    sides = []
    for s in (0, 1):
        parts = [held.words[held.bounds[p + s] : held.bounds[p + s + 1]] for p in held.papers[rows]]
        x = np.array([weights[words].sum(axis=0) for words in parts])
        sides.append(x / np.linalg.norm(x, axis=1, keepdims=True))
    return float(((sides[0] @ sides[1].T).argmax(axis=1) == np.arange(len(rows))).mean())


def trained(seed: int = 0, epochs: int = 8, hard: int = 2) -> tuple[NDArray[np.float32], list[float]]:
    weights = np.random.default_rng(1).standard_normal((2 * PAIRS, 32)).astype(np.float32)
    training = Contrastive(weights, epochs=epochs, batch=64, hard_epochs=hard, learning_rate=0.05, seed=seed)
    training.fit(toy(), np.arange(PAPERS - 150))
    return weights, training.losses_


def test_training_finds_held_out_pairs_in_all_and_in_few_dimensions() -> None:
    held, rows = toy(), np.arange(PAPERS - 150, PAPERS)
    before = trained(epochs=0, hard=0)[0]
    assert found_again(before, held, rows) < 0.2
    after, losses = trained()
    assert found_again(after, held, rows) > 0.8
    assert found_again(before[:, :8], held, rows) < 0.1
    assert found_again(after[:, :8], held, rows) > 0.25
    assert len(losses) == 8
    assert losses[5] < 0.5 * losses[0]
    assert np.isfinite(after).all()


def test_the_same_seed_gives_the_same_weights() -> None:
    one, two, other = trained(3, 2, 1)[0], trained(3, 2, 1)[0], trained(4, 2, 1)[0]
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 1e-3
