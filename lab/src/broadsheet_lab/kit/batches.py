"""The order in which training sees its data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["shuffled_batches"]


def shuffled_batches(n: int, size: int, epochs: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """The numbers below n in batches of `size`, the last of an epoch perhaps smaller; every epoch in an order drawn."""
    for _ in range(epochs):
        order = rng.permutation(n)
        yield from (order[start : start + size] for start in range(0, n, size))
