"""LR2VQ: its closed forms against the equations, the estimate's known constants, and clusters apart from bytes."""

from math import pi, sqrt

import numpy as np
import pytest

from broadsheet_lab.compression.lr2vq import LR2VQ, estimated_error
from broadsheet_lab.compression.product import ProductQuantizer
from lab.tests.contract.compression_promises import compressor_example


def cloud(n: int = 800, d: int = 24, seed: int = 0, *, falling: float = 0.85) -> np.ndarray:
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(np.random.default_rng(9).standard_normal((d, d)))[0]
    return ((rng.standard_normal((n, d)) * falling ** np.arange(d)) @ turn + 0.3).astype(np.float32)


def error(method: LR2VQ | ProductQuantizer, x: np.ndarray) -> float:
    return float(np.square(method.decode(method.encode(x)) - x).sum(axis=1).mean())


def test_the_estimate_is_panter_and_dites_constant_in_one_dimension_and_leaves_out_what_is_left_out() -> None:
    # one code of one dimension: sqrt(3) pi / 2 variances K^-2, known since 1951
    assert estimated_error(np.array([4.0]), 1, 1, 16) == pytest.approx(sqrt(3) * pi / 2 * 4 / 256)
    # two codes of one dimension: the geometric mean of 9 and 1 is 3; 0.5 is left out
    assert estimated_error(np.array([9.0, 1.0, 0.5]), 2, 1, 16) == pytest.approx(0.5 + 2 * sqrt(3) * pi / 2 * 3 / 256)
    # two dimensions: 2 pi 2^2 / 4 / (pi K) = 2 / K a dimension
    assert estimated_error(np.array([1.0, 1.0]), 1, 2, 100) == pytest.approx(2 * 2 / 100)
    # never more than all of it
    assert estimated_error(np.array([1.0, 1.0]), 1, 2, 2) == pytest.approx(2.0)


def test_the_projection_is_that_of_least_squares_and_codes_are_nearest() -> None:
    x = cloud()
    method = LR2VQ(parts=4, dimension=3, codewords=16, rounds=3).fit(x)
    centred = x.astype(np.float64) - method.mean_
    codes = method.encode(x).fields["parts"]
    kept = np.empty((len(x), 12))
    for i in range(len(x)):
        low = centred[i] @ method.encoder_  # L, all representations of one vector
        for m in range(4):
            part = low[3 * m : 3 * m + 3]
            distances = np.square(part - method.codebooks_[m]).sum(axis=1)
            assert distances[codes[i, m]] == pytest.approx(distances.min(), rel=1e-4, abs=1e-6)
            kept[i, 3 * m : 3 * m + 3] = method.codebooks_[m, codes[i, m]]
    best = np.linalg.lstsq(kept, centred, rcond=None)[0]
    np.testing.assert_allclose(method.projection_, best, atol=1e-4)
    np.testing.assert_allclose(method.decode(method.encode(x)), kept @ best + x.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(method.encoder_.T @ method.encoder_, np.eye(12), atol=1e-5)


def test_learning_in_turns_lowers_the_error() -> None:
    x = cloud()
    errors = [error(LR2VQ(parts=4, dimension=4, codewords=16, rounds=rounds).fit(x), x) for rounds in (0, 6)]
    assert errors[1] < errors[0]


def test_the_error_is_u_shaped_in_the_dimension_and_least_near_the_estimate() -> None:
    x, unseen = cloud(n=1500), cloud(n=500, seed=1)
    errors = {d: error(LR2VQ(parts=4, dimension=d, codewords=64).fit(x), unseen) for d in range(1, 7)}
    least = min(errors, key=lambda d: errors[d])
    assert 1 < least < 6
    assert errors[1] > 1.5 * errors[least]
    assert errors[6] > 1.02 * errors[least]
    estimated = LR2VQ(parts=4, codewords=64).fit(x)
    assert error(estimated, unseen) < 1.05 * errors[least]
    assert estimated.codebooks_.shape[:2] == (4, 64)
    assert errors[least] < 0.8 * error(ProductQuantizer(parts=4, codewords=64).fit(x), unseen)


def test_parts_need_not_divide_the_dimensions() -> None:
    x = cloud(d=23)
    method = LR2VQ(parts=5, codewords=16).fit(x)
    assert method.encode(x).bytes_per_vector == 5
    assert method.encoder_.shape == (23, 5 * method.codebooks_.shape[2])


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="2 to 256 codewords, not 8, None, 257"):
        LR2VQ(codewords=257)
    with pytest.raises(ValueError, match="24 dimensions do not give 5 parts of 5 each"):
        LR2VQ(parts=5, dimension=5, codewords=16).fit(cloud())
    with pytest.raises(ValueError, match="24 dimensions do not give 25 parts of 1 each"):
        LR2VQ(parts=25, codewords=16).fit(cloud())
    arrays = dict(LR2VQ(parts=4, codewords=16).fit(cloud()).to_arrays())
    with pytest.raises(ValueError, match=r"mean have shapes .*\(23,\)"):
        LR2VQ.from_arrays({**arrays, "mean": arrays["mean"][1:]})


EXAMPLES = {"plain": compressor_example(lambda: LR2VQ(parts=8, codewords=32, iterations=5, rounds=3), 8)}
