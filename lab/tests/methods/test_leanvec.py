"""LeanVec's loss and gradients against their definitions, its solvers against each other and the closed form."""

from collections.abc import Callable

import numpy as np
import pytest

from broadsheet_lab.compression.leanvec import (
    LeanGraph,
    LeanVec,
    _gradients,
    eigensearch,
    frank_wolfe,
    leading,
    loss,
    second_moment,
)
from lab.tests.contract.compression_promises import compressor_example

N, M, D, SHORT = 300, 600, 20, 8


def world(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors whose variances fall, and queries whose variances rise, along the same turned axes."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((D, D)))[0]
    x = rng.standard_normal((N, D)) * np.linspace(2, 0.4, D)
    q = rng.standard_normal((M, D)) * np.linspace(0.3, 2, D)
    return (x @ turn).astype(np.float32), (q @ turn).astype(np.float32)


def closed_form(k_q: np.ndarray, k_x: np.ndarray, d: int) -> float:
    """The least loss of any rank-d map: what the d greatest singular values of K_Q^(1/2) K_X^(1/2) leave."""

    def root(k: np.ndarray) -> np.ndarray:
        values, vectors = np.linalg.eigh(k)
        return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T

    return float(np.square(np.linalg.svd(root(k_q) @ root(k_x), compute_uv=False)[d:]).sum())


def test_the_loss_is_the_squared_error_of_all_inner_products() -> None:
    x, q = world()
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, SHORT, D))
    expected = np.square((q @ a.T) @ (x @ b.T).T - q @ x.T).sum() / (N * M)
    assert loss(a, b, second_moment(q), second_moment(x)) == pytest.approx(expected, rel=1e-4)


def test_the_gradients_are_the_differences_of_the_loss() -> None:
    x, q = world()
    k_q, k_x = second_moment(q), second_moment(x)
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 3, D))
    for which, gradient in enumerate(_gradients(a, b, k_q, k_x)):
        for at in ((0, 0), (2, 7)):
            nudge = np.zeros_like(a)
            nudge[at] = 1e-5
            up = loss(a + nudge, b, k_q, k_x) if which == 0 else loss(a, b + nudge, k_q, k_x)
            down = loss(a - nudge, b, k_q, k_x) if which == 0 else loss(a, b - nudge, k_q, k_x)
            assert gradient[at] == pytest.approx((up - down) / 2e-5, rel=1e-5)


def test_queries_of_another_kind_are_served_better_than_by_the_vectors_alone() -> None:
    x, q = world()
    k_q, k_x = second_moment(q), second_moment(x)
    basis = leading(k_x, SHORT)
    alone = loss(basis, basis, k_q, k_x)
    least = closed_form(k_q, k_x, SHORT)
    for (a, b), share in ((frank_wolfe(k_q, k_x, SHORT), 0.7), (eigensearch(k_q, k_x, SHORT), 0.9)):
        assert least * 0.999 <= loss(a, b, k_q, k_x) < share * alone
        assert np.linalg.norm(a, 2) <= 1 + 1e-9  # rows orthonormal, or within the ball they span
        assert np.linalg.norm(b, 2) <= 1 + 1e-9


def test_a_graph_finds_what_a_scan_of_the_reduced_vectors_finds() -> None:
    x, q = world()
    method = LeanVec(reduced=SHORT, solver="frank_wolfe").fit(x, q[100:])
    graph, codes = LeanGraph.of(method, x, short=60, beam=80), method.encode(x)
    shares = []
    for query in q[:20]:
        rows = np.argsort(-(x @ method.b_.T @ (method.a_ @ query)))[:60]
        best = rows[np.argsort(-method.rescored(query, codes, rows))[:10]]
        shares.append(np.isin(best, graph.search(query, 10).ids).mean())
    assert np.mean(shares) > 0.95
    found = graph.search(q[0], 3)
    np.testing.assert_allclose(found.scores, method.rescored(q[0], method.encode(x), found.ids))
    few = graph.with_effort(beam=10, short=3)
    assert (few.short, few.graph.beam, few.graph.blocks) == (3, 10, graph.graph.blocks)
    again = LeanGraph.from_arrays(method, dict(graph.to_arrays()))
    assert again.search(q[1], 10).ids.tolist() == graph.search(q[1], 10).ids.tolist()
    with pytest.raises(ValueError, match="a graph of 300 rows of 8 and 300 codes differ"):
        LeanGraph.from_arrays(LeanVec(reduced=6).fit(x), dict(graph.to_arrays()))


def test_queries_like_the_vectors_change_nothing() -> None:
    x, _ = world()
    k_x = second_moment(x)
    basis = leading(k_x, SHORT)
    np.testing.assert_allclose(basis @ basis.T, np.eye(SHORT), atol=1e-10)
    least = closed_form(k_x, k_x, SHORT)
    for a, b in ((basis, basis), eigensearch(k_x, k_x, SHORT), frank_wolfe(k_x, k_x, SHORT)):
        assert loss(a, b, k_x, k_x) == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize("solver", [eigensearch, frank_wolfe])
def test_how_long_queries_are_does_not_matter(solver: Callable[..., tuple[np.ndarray, np.ndarray]]) -> None:
    x, q = world()
    k_q, k_x = second_moment(q), second_moment(x)
    for a, b in zip(solver(k_q, k_x, SHORT), solver(k_q * 1e8, k_x, SHORT), strict=True):
        np.testing.assert_allclose(np.abs(a), np.abs(b), atol=1e-3)


def test_all_dimensions_lose_nothing_but_the_grid() -> None:
    x, q = world()
    method = LeanVec(reduced=D).fit(x, q)
    scores = method.scores(q, method.encode(x))
    assert np.abs(scores - q @ x.T).max() <= 0.02 * np.abs(q @ x.T).max()


@pytest.mark.parametrize(("solver", "share"), [("eigensearch", 1.0), ("frank_wolfe", 0.8)])
def test_learning_from_queries_lowers_the_error_of_unseen_ones(solver: str, share: float) -> None:
    x, q = world()
    errors = []
    for sample in (None, q[:500]):
        method = LeanVec(reduced=SHORT, solver=solver).fit(x, sample)  # type: ignore[arg-type]
        errors.append(np.square(method.scores(q[500:], method.encode(x)) - q[500:] @ x.T).mean())
    assert errors[1] < share * errors[0]


def test_rescoring_a_short_list_finds_the_neighbours() -> None:
    x, _ = world()
    rng = np.random.default_rng(4)
    queries = x[:40] + 0.2 * rng.standard_normal((40, D)).astype(np.float32)
    method = LeanVec(reduced=10).fit(x)
    codes = method.encode(x)
    found = []
    for query, scores in zip(queries, method.scores(queries, codes), strict=True):
        short = np.argsort(-scores)[:60]
        best = short[np.argsort(-method.rescored(query, codes, short))[:10]]
        found.append(len(set(best.tolist()) & set(np.argsort(-(x @ query))[:10].tolist())) / 10)
    assert np.mean(found) >= 0.95


def test_what_cannot_be_learned_is_named() -> None:
    x, q = world()
    with pytest.raises(ValueError, match="vectors of 20 dimensions cannot be reduced to 21"):
        LeanVec(reduced=21).fit(x)
    with pytest.raises(ValueError, match="5 queries are too few"):
        LeanVec(reduced=SHORT).fit(x, q[:5])
    with pytest.raises(ValueError, match="no solver 'adam'"):
        LeanVec(solver="adam")  # type: ignore[arg-type]


EXAMPLES = {
    "plain": compressor_example(lambda: LeanVec(reduced=16), 16 + 4 + 24 + 4, rescores=True),
    "short alone": compressor_example(lambda: LeanVec(reduced=16, bits=4, rescoring_bits=0), 8 + 4, rescores=True),
}
