"""Initial word vectors for training: random, or from a transformer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import UsageError
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline import pretrained

__all__ = ["DIMENSIONS", "random_vectors", "transformer_vectors"]

DIMENSIONS = 256


def random_vectors(words: int, seed: int) -> NDArray[np.float32]:
    """Random, nearly orthogonal word vectors, (v, d), of unit length."""
    x = np.random.default_rng(seed).standard_normal((words, DIMENSIONS)).astype(np.float32)
    return unit_rows(x)


def transformer_vectors(words: Sequence[str]) -> NDArray[np.float32]:
    """The transformer's vectors of single words, reduced to their first principal components, (v, d), of unit length.

    Raises UsageError if the model cannot be read.
    """
    model = pretrained.read_transformer()
    if model is None:
        raise UsageError(f"the transformer cannot be read: {pretrained.REINSTALL}, or start from random vectors")
    x = model.encode(words)
    x = x - x.mean(axis=0)
    _, turn = np.linalg.eigh((x.T @ x).astype(np.float64))
    x = x @ turn[:, ::-1][:, :DIMENSIONS].astype(np.float32)
    return unit_rows(x)
