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
