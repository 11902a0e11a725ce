"""Vectors of unit length against the square root written out, and the gradient through it against differences."""

import numpy as np
import pytest

from broadsheet.kit.unit import row_lengths, through_unit, unit_rows


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_vectors_are_divided_by_the_root_of_their_squares(kind: type) -> None:
    x: np.ndarray = np.random.default_rng(0).standard_normal((2, 3, 5)).astype(kind)
    found = unit_rows(x)
    assert found.dtype == kind
    for at in np.ndindex(2, 3):
        length = sum(float(value) ** 2 for value in x[at]) ** 0.5
        np.testing.assert_allclose(found[at], [value / length for value in x[at].tolist()], rtol=1e-5)
        assert row_lengths(x)[at] == pytest.approx([length], rel=1e-5)


def test_one_vector_zeros_and_none() -> None:
    assert unit_rows(np.array([3.0, 4.0], np.float32)).tolist() == pytest.approx([0.6, 0.8])
    assert unit_rows(np.zeros((2, 3), np.float32)).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert row_lengths(np.zeros((1, 3))).tolist() == [[1e-12]]
    assert unit_rows(np.empty((0, 3), np.float32)).shape == (0, 3)


def test_the_gradient_is_the_slope_and_lies_across_the_vector() -> None:
    rng = np.random.default_rng(1)
    x, by_units = rng.standard_normal((2, 4, 3))
    lengths = row_lengths(x)
    found = through_unit(by_units, x / lengths, lengths)
    for at in np.ndindex(4, 3):
        nudge = np.zeros((4, 3))
        nudge[at] = 1e-6
        slope = ((unit_rows(x + nudge) - unit_rows(x - nudge)) * by_units).sum() / 2e-6
        assert found[at] == pytest.approx(slope, abs=1e-8)
    np.testing.assert_allclose((found * x).sum(axis=1), 0, atol=1e-12)
