"""LR2VQ: factors and codes against their definitions, the estimate's known constants, training through a network."""

from math import pi, sqrt
from typing import Any

import numpy as np
import pytest

from broadsheet_lab.compression.contract import MatrixCompressor
from broadsheet_lab.compression.lr2vq import LR2VQ, estimated_dimension, estimated_error, task_of
from tests.contract.examples import Example


def table(rows: int = 200, columns: int = 24, seed: int = 0) -> np.ndarray:
    """A matrix whose parts of 8 have falling variances."""
    parts = np.random.default_rng(seed).standard_normal((rows * columns // 8, 8)) * 0.6 ** np.arange(8)
    turn = np.linalg.qr(np.random.default_rng(9).standard_normal((8, 8)))[0]
    return (0.01 * parts @ turn).reshape(rows, columns).astype(np.float32)


def test_the_estimate_is_panter_and_dites_constant_in_one_dimension_and_leaves_out_what_is_left_out() -> None:
    # one code of one dimension: sqrt(3) pi / 2 variances K^-2, known since 1951
    assert estimated_error(np.array([4.0]), 1, 1, 16) == pytest.approx(sqrt(3) * pi / 2 * 4 / 256)
    # two codes of one dimension: the geometric mean of 9 and 1 is 3; 0.5 is left out
    assert estimated_error(np.array([9.0, 1.0, 0.5]), 2, 1, 16) == pytest.approx(0.5 + 2 * sqrt(3) * pi / 2 * 3 / 256)
    # two dimensions: 2 pi 2^2 / 4 / (pi K) = 2 / K a dimension
    assert estimated_error(np.array([1.0, 1.0]), 1, 2, 100) == pytest.approx(2 * 2 / 100)
    # never more than all of it
    assert estimated_error(np.array([1.0, 1.0]), 1, 2, 2) == pytest.approx(2.0)


def test_codes_are_the_nearest_codewords_of_the_principal_representations() -> None:
    x = table()
    method = LR2VQ(length=8, dimension=3, codewords=32).fit({"table": x})
    parts = x.reshape(-1, 8).astype(np.float64)
    scale = sqrt(np.square(parts).mean())
    right = np.linalg.svd(parts / scale, full_matrices=False)[2]
    projection, book = method.projections_["table"], method.codebooks_["table"]
    np.testing.assert_allclose(projection.T @ projection, right[:3].T @ right[:3], atol=1e-5)
    held = parts / scale @ projection.T
    distances = np.square(held[:, None] - book).sum(axis=2)
    codes = method.codes_["table"]
    assert codes.shape == (200, 3)
    np.testing.assert_array_equal(codes.ravel(), distances.argmin(axis=1))
    expected = scale * book[codes.ravel()] @ projection
    np.testing.assert_allclose(method.matrices()["table"], expected.reshape(200, 24), atol=1e-6)
    assert method.bytes == 600 + 4 * (32 * 3 + 3 * 8)


def test_the_error_is_least_near_the_dimension_that_is_estimated() -> None:
    x = table(rows=600)
    errors = []
    for d in range(1, 9):
        small = LR2VQ(length=8, dimension=d, codewords=64).fit({"table": x}).matrices()["table"]
        errors.append(float(np.square(small - x).sum()))
    guess = estimated_dimension(x.reshape(-1, 8), 64)
    assert errors[guess - 1] <= 1.1 * min(errors)
    assert errors[0] > 1.2 * min(errors)


def regression(x: np.ndarray) -> tuple[Any, Any]:
    """(a network of two layers that the matrices are from, the task of doing what it does)."""
    torch = pytest.importorskip("torch")
    first, second = (torch.from_numpy(x[:, i * 8 : i * 8 + 8].copy()) for i in (0, 1))

    def run(weights: Any, asked: Any) -> Any:
        return torch.tanh(100 * asked @ weights["first"].T) @ weights["second"]

    whole = {"first": first, "second": second}

    def loss(weights: Any, asked: Any) -> Any:
        return 1e4 * (run(weights, asked) - run(whole, asked)).square().mean()

    def batch(rng: np.random.Generator, size: int) -> Any:
        return torch.from_numpy(rng.standard_normal((size, 8)).astype(np.float32))

    return whole, task_of(batch, loss)


def test_training_by_the_networks_loss_keeps_more_of_what_it_does() -> None:
    torch = pytest.importorskip("torch")
    whole, task = regression(table(rows=48))
    matrices = {name: tensor.numpy() for name, tensor in whole.items()}
    shape: dict[str, Any] = {"length": 4, "dimension": 2, "codewords": 16, "batch": 64, "rate": 1e-2}
    asked = torch.from_numpy(np.random.default_rng(5).standard_normal((500, 8)).astype(np.float32))
    losses = {}
    for name, steps in (("none", None), ("codewords", (0, 40)), ("both", (40, 40))):
        method = LR2VQ(steps=steps or (0, 0), **shape).fit(matrices, task if steps else None)
        small = {key: torch.from_numpy(value) for key, value in method.matrices().items()}
        losses[name] = float(task.loss_of(small, asked))
        assert len(method.courses_) == (0 if steps is None else 1 + (steps[0] > 0))
    assert losses["codewords"] < 0.9 * losses["none"]
    assert losses["both"] < 0.9 * losses["none"]


def test_factors_and_codewords_are_trained_in_their_order() -> None:
    pytest.importorskip("torch")
    from broadsheet_lab.compression import _weights_training as training

    method = LR2VQ(length=8, dimension=2, codewords=8)
    factors = {"table": method._factors("table", table())}
    with pytest.raises(ValueError, match="no codewords before clustering"):
        training.train_codewords(factors, regression(table())[1], method._plan(1))
    factors["table"].codes = np.zeros(600, np.int64)
    with pytest.raises(ValueError, match="are trained as codewords"):
        training.train_factors(factors, regression(table())[1], method._plan(1))


def test_what_cannot_be_compressed_is_named() -> None:
    with pytest.raises(ValueError, match=r"no parts of 8 in 9 dimensions with 256 codewords"):
        LR2VQ(dimension=9)
    method = LR2VQ(length=5)
    with pytest.raises(ValueError, match=r"table of shape \(200, 24\) is not cut into 256 parts of 5"):
        method.fit({"table": table()})
    wrong = table()
    wrong[3, 3] = np.nan
    with pytest.raises(ValueError, match="table is not finite"):
        LR2VQ(codewords=16).fit({"table": wrong})
    arrays = dict(LR2VQ(codewords=16).fit({"table": table()}).to_arrays())
    with pytest.raises(ValueError, match="codes of shape"):
        LR2VQ.from_arrays({**arrays, "0.codebook": arrays["0.codebook"][:3]})


EXAMPLES = {
    "two matrices": Example(
        make=lambda x: LR2VQ(length=4, codewords=32).fit({"first": x, "second": x[:, :8]}),
        answer=lambda method, _: (method.matrices(), method.bytes),
        inputs=(table(),),
        keeps=(MatrixCompressor,),
    )
}
