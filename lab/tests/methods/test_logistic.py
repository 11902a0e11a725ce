"""The fit is the maximum of the penalised likelihood, in either space, and its duals add up to its coefficients."""

import numpy as np
import pytest
from scipy.optimize import minimize

from broadsheet_lab.ranking.contract import Ranker
from broadsheet_lab.ranking.logistic import Logistic
from tests.contract.examples import Example


@pytest.mark.parametrize(("m", "d"), [(40, 5), (6, 30)])
def test_the_fit_equals_a_general_optimiser(m: int, d: int) -> None:
    rng = np.random.default_rng(m)
    x = rng.standard_normal((m, d)).astype(np.float32)
    y = (x[:, 0] + 0.3 * rng.standard_normal(m) > 0).astype(np.float32)
    w = rng.random(m).astype(np.float32)
    model = Logistic(penalty=0.5).fit(x, y, w)

    def loss(beta: np.ndarray) -> float:
        z = x @ beta[:-1] + beta[-1]
        return float(w @ (np.logaddexp(0, z) - y * z) + 0.25 * beta[:-1] @ beta[:-1] + 0.5e-6 * beta[-1] ** 2)

    best = minimize(loss, np.zeros(d + 1), tol=1e-12)
    np.testing.assert_allclose(model.coef_, best.x[:-1], atol=2e-3)
    np.testing.assert_allclose(model.coef_, model.duals_ @ x, atol=2e-3)
    np.testing.assert_allclose(model.score(x), x @ model.coef_ + model.intercept_, rtol=1e-5)


def test_probabilities_and_order() -> None:
    x = np.eye(2, dtype=np.float32)
    model = Logistic().fit(x, np.array([1, 0], np.float32), np.ones(2, np.float32))
    p = model.probability(model.score(x))
    assert p[0] > 0.5 > p[1]
    np.testing.assert_allclose(p.sum(), 1.0, atol=1e-4)


def test_a_second_fit_forgets_the_first() -> None:
    x, one = np.eye(2, dtype=np.float32), np.ones(2, np.float32)
    model = Logistic().fit(x, np.array([1, 0], np.float32), one)
    first = model.coef_.copy()
    np.testing.assert_allclose(model.fit(x, np.array([0, 1], np.float32), one).coef_, -first, atol=1e-6)


def test_the_gradient_vanishes_at_the_fit_by_finite_differences() -> None:
    rng = np.random.default_rng(4)
    x, y, w = rng.standard_normal((20, 4)).astype(np.float32), rng.integers(0, 2, 20), rng.random(20)
    model = Logistic(penalty=0.7).fit(x, y.astype(np.float32), w.astype(np.float32))
    beta = np.append(model.coef_, model.intercept_).astype(np.float64)

    def likelihood(at: np.ndarray) -> float:
        p = 1 / (1 + np.exp(-(x @ at[:-1] + at[-1])))
        return float(w @ np.log(np.where(y > 0, p, 1 - p)) - 0.35 * at[:-1] @ at[:-1])

    for i, e in enumerate(np.eye(5)):
        assert (likelihood(beta + 1e-4 * e) - likelihood(beta - 1e-4 * e)) / 2e-4 == pytest.approx(0, abs=2e-3), i


def test_a_weight_of_two_is_the_example_twice() -> None:
    x, y, _ = _sides()
    twice = Logistic().fit(np.vstack([x, x[:1]]), np.append(y, y[:1]), np.ones(13, np.float32))
    weighed = Logistic().fit(x, y, np.where(np.arange(12) == 0, 2, 1).astype(np.float32))
    np.testing.assert_allclose(twice.coef_, weighed.coef_, atol=1e-5)
    assert twice.duals_[0] + twice.duals_[-1] == pytest.approx(weighed.duals_[0], abs=1e-5)


def test_coordinates_that_are_always_zero_change_nothing() -> None:
    x, y, w = _sides()
    wide = Logistic().fit(np.hstack([x, np.zeros((12, 20), np.float32)]), y, w)  # solved among the examples
    plain = Logistic().fit(x, y, w)
    np.testing.assert_allclose(wide.coef_[:5], plain.coef_, atol=1e-4)
    np.testing.assert_allclose(wide.coef_[5:], 0, atol=1e-6)


def test_what_is_saved_scores_more_and_a_higher_penalty_holds_back() -> None:
    x, y, w = _sides()
    free, held = (Logistic(penalty=penalty).fit(x, y, w) for penalty in (0.1, 10.0))
    assert (
        np.linalg.norm(held.coef_) < np.linalg.norm(free.coef_) < np.inf
    )  # the sides can be parted: no penalty, no end
    assert ((free.score(x) > 0) == (y > 0)).all()
    more = Logistic(penalty=0.1).fit(np.vstack([x, x[y == 0][:1]]), np.append(y, 1).astype(np.float32), np.append(w, 1))
    at = x[y == 0][:1]
    assert more.score(at)[0] > free.score(at)[0]
    again = Logistic.from_arrays(dict(free.to_arrays()))
    assert again.score(x).tolist() == free.score(x).tolist()


def _sides() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).standard_normal((12, 5)).astype(np.float32)
    return x, (x[:, 0] > 0).astype(np.float32), np.ones(12, np.float32)


EXAMPLES = {
    "plain": Example(
        make=lambda x, y, weight: Logistic(penalty=0.2).fit(x, y, weight),
        answer=lambda method, x, y, weight: (method.coef_, method.score(x)),
        inputs=_sides(),
        keeps=(Ranker,),
    )
}
