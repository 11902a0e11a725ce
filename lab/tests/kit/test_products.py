"""A row's product with a matrix is the same whoever it is multiplied with."""

from __future__ import annotations

import numpy as np
import pytest

from broadsheet_lab.kit.products import by_rows


@pytest.mark.parametrize("d", [0, 1, 3, 64])
@pytest.mark.parametrize("m", [0, 1, 5, 16, 33, 100])
def test_products_are_the_same_alone_and_among_others(d: int, m: int) -> None:
    rng = np.random.default_rng(d * 1000 + m)
    x, matrix = rng.standard_normal((11, d)).astype(np.float32), rng.standard_normal((m, d)).astype(np.float32).T
    whole = by_rows(x, matrix)
    np.testing.assert_allclose(whole, x @ matrix, atol=1e-4)
    for start, stop in ((0, 0), (0, 1), (2, 5), (3, 8), (10, 11)):
        np.testing.assert_array_equal(by_rows(x[start:stop], matrix), whole[start:stop])
    literal = np.zeros((11, m), np.float32)
    for j in range(d):
        literal += x[:, j, None] * matrix[j]
    np.testing.assert_array_equal(whole, literal)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="rows of 3 numbers cannot be multiplied with a matrix of 4 rows"):
        by_rows(np.zeros((2, 3), np.float32), np.zeros((4, 5), np.float32))
