"""Initial word vectors for training: random, or from a transformer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import UsageError
from broadsheet.kit.unit import unit_rows

__all__ = ["DIMENSIONS", "minilm_vectors", "random_vectors"]

DIMENSIONS = 256


def random_vectors(words: int, seed: int) -> NDArray[np.float32]:
    """Random, nearly orthogonal word vectors, (v, d), of unit length."""
    x = np.random.default_rng(seed).standard_normal((words, DIMENSIONS)).astype(np.float32)
    return unit_rows(x)


def minilm_vectors(words: Sequence[str]) -> NDArray[np.float32]:
    """MiniLM's vectors of single words, reduced to their first principal components, (v, d), of unit length.

    Raises UsageError if the extra is not installed.
    """
    from broadsheet.encoders.minilm import MiniLM

    try:
        x = MiniLM(half=True).encode(words)
    except ImportError as error:
        raise UsageError(f"{error}, or start from random vectors") from None
    x = x - x.mean(axis=0)
    _, turn = np.linalg.eigh((x.T @ x).astype(np.float64))
    x = x @ turn[:, ::-1][:, :DIMENSIONS].astype(np.float32)
    return unit_rows(x)
