"""8-bit numbers, one by one, and how far they are from what they stand for."""

import numpy as np
import pytest

from broadsheet.kit.quantise import quantise_impacts, quantise_rows, row_steps


def test_steps_are_127ths_of_the_peak_rounded_one_by_one() -> None:
    x = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)
    peaks = np.abs(x).max(axis=1)
    found = row_steps(x, peaks)
    assert found.dtype == np.float32
    expected = [[round(127 * value / max(map(abs, row))) for value in row] for row in x.tolist()]
    assert found.tolist() == expected
    assert np.abs(found).max(axis=1).tolist() == [127] * 5
    assert row_steps(np.zeros((1, 2), np.float32), np.zeros(1, np.float32)).tolist() == [[0, 0]]
    assert quantise_rows(np.full((1, 2), 1e-40, np.float32))[0].tolist() == [[0, 0]]


def test_quantisation_is_off_by_half_a_step_at_most() -> None:
    weights = np.random.default_rng(0).standard_normal((50, 32)).astype(np.float32) * np.logspace(-6, 6, 50)[
        :, None
    ].astype(np.float32)
    weights[7] = 0
    codes, scales = quantise_rows(weights)
    assert codes.dtype == np.int8
    np.testing.assert_allclose(scales, np.abs(weights).max(axis=1) / 127, rtol=1e-6)
    error = np.abs(codes.astype(np.float64) * scales[:, None] - weights)
    assert (error <= 0.5001 * scales[:, None]).all()
    assert not codes[7].any()
    assert quantise_rows(np.empty((0, 4), np.float32))[0].shape == (0, 4)


def test_impacts_are_whole_shares_of_the_top_and_never_zero() -> None:
    assert quantise_impacts(np.array([2.0, 1.0, 1e-9, 0.5], np.float32), 2.0).tolist() == [255, 128, 1, 64]
    weights = np.random.default_rng(1).random(100).astype(np.float32)
    found = quantise_impacts(weights, 1.0)
    assert found.dtype == np.uint8
    assert found.tolist() == [max(1, round(255 * float(w))) for w in weights]
    assert quantise_impacts(weights, 1.0)[0] * 1.0 / 255 == pytest.approx(float(weights[0]), abs=0.5 / 255 + 1e-6)
