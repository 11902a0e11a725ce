"""Queries through a learned square map, what several trainers of such a map answer with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows

__all__ = ["through_map"]


def through_map(queries: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Queries (m, d) times weights (d, d), at unit length; zeros stay zeros. Raises ValueError for another d."""
    if queries.ndim != 2 or queries.shape[1] != len(weights):
        raise ValueError(f"queries of shape {queries.shape}: the map is for rows of {len(weights)}")
    return unit_rows(queries @ weights)
