"""TILDEv2's weights of pieces in torch: one number a place, of a document's like places the greatest."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from broadsheet_lab.towers import Read, Tower

__all__ = ["Weights", "greatest"]

Rows = NDArray[np.int64]


class Weights:
    """A tower and the linear head of a place, which begins at 1 for all."""

    def __init__(self, tower: Tower) -> None:
        self.tower = tower
        self.head = nn.Linear(tower.network.body.shape.hidden, 1)
        with torch.no_grad():
            self.head.weight.zero_()
            self.head.bias.fill_(1.0)

    def of(self, read: Read, rows: Rows) -> tuple[Tensor, Tensor]:
        """(weights of the places (b, l), not below zero; ids (b, l)) of some documents."""
        states, ids = self.tower.states(read, rows)
        return torch.relu(self.head(states.float())[..., 0]), ids

    def scores(self, read: Read, rows: Rows, asked: list[NDArray[np.int64]]) -> Tensor:
        """What the pieces of queries are worth in some documents, (q, b); a piece asked twice counts twice."""
        pieces = np.unique(np.concatenate(asked))
        counts = np.zeros((len(asked), len(pieces)), np.float32)
        for i, row in enumerate(asked):
            np.add.at(counts[i], np.searchsorted(pieces, row), 1)
        weights, ids = self.of(read, rows)
        return torch.from_numpy(counts) @ greatest(weights, ids, torch.from_numpy(pieces)).T


def greatest(weights: Tensor, ids: Tensor, pieces: Tensor) -> Tensor:
    """The greatest of the weights (b, l) of the places with each of `pieces` (m,), ascending, (b, m); 0 if none."""
    at = torch.searchsorted(pieces, ids).clamp_max(len(pieces) - 1)
    kept = torch.where(pieces[at] == ids, weights, 0.0)
    return torch.zeros(len(ids), len(pieces)).scatter_reduce(1, at, kept, "amax")
