"""Small networks trained without a framework: their weights at the start, and the vectors they learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows

__all__ = ["Weights", "aligned", "drawn"]

Weights = dict[str, NDArray[np.float32]]


def drawn(rng: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float32]:
    """The weights of a layer before a ReLU, (inputs, outputs), of variance 2 / inputs (He et al. 2015)."""
    return np.asarray(rng.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs), np.float32)


def aligned(*arrays: NDArray[Any]) -> list[NDArray[np.float32]]:
    """The arrays, all (n, d), with rows of unit length. Raises ValueError if their shapes differ."""
    shapes = {a.shape for a in arrays}
    if len(shapes) != 1 or arrays[0].ndim != 2:
        raise ValueError(f"vectors must be aligned (n, d) arrays, not {[a.shape for a in arrays]}")
    return [unit_rows(np.asarray(a, np.float32)) for a in arrays]
