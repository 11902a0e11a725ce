"""A matrix as representations of its parts times a projection."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Factors"]

Floats = NDArray[np.float32]


@dataclass(slots=True)
class Factors:
    """A matrix (r, c) by parts of m: `left` (S, d), or codes of its rows, times `projection` (d, m), times `scale`."""

    shape: tuple[int, int]
    scale: float
    left: Floats
    projection: Floats
    codes: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # (S,); empty before clustering
