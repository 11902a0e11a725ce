"""TILDE: how likely a document's readers ask with each piece of a word, and which it is worth being read with.

Zhuang, Zuccon: TILDE: Term Independent Likelihood moDEl for Passage Re-ranking. SIGIR 2021.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as f

from broadsheet_lab.networks import mean_states
from broadsheet_lab.towers import Read, Tower, asking
from broadsheet_lab.training import Course, Epochs, Plan, train

__all__ = ["QueryLikelihood", "with_appended"]

Rows = NDArray[np.int64]
_RARE = 0.1  # queries, added to how many have a piece


class QueryLikelihood:
    """A tower and a word head tied to its input embeddings, which reads the mean state of a document."""

    def __init__(self, tower: Tower) -> None:
        self.tower = tower
        self.vocabulary = np.flatnonzero(asking(tower.network.pieces.vocabulary))

    def logits(self, read: Read, rows: Rows) -> Tensor:
        """Of every piece of the vocabulary for some documents, (b, v)."""
        network = self.tower.network
        states, ids = self.tower.states(read, rows)
        mapped = network.word_map(mean_states(states, ids != 0))
        kept = torch.from_numpy(self.vocabulary)
        return f.linear(mapped, network.body.embeddings[kept], network.word_bias[kept])

    def fit(self, queries: list[NDArray[np.int64]], documents: Read, wanted: Rows, plan: Plan) -> Course:
        """Learn from the pieces of queries and the document each wants: those are likely, all others are not.

        The biases begin at how often queries have a piece.
        """
        network = self.tower.network
        places = [np.searchsorted(self.vocabulary, row) for row in queries]
        often = np.bincount(np.concatenate(places), minlength=len(self.vocabulary)) + _RARE
        with torch.no_grad():
            network.word_bias[torch.from_numpy(self.vocabulary)] = torch.from_numpy(
                np.log(often / len(queries)).astype(np.float32)
            )

        def loss(at: Rows) -> Tensor:
            found = self.logits(documents, wanted[at])
            target = torch.zeros_like(found)
            for row, i in enumerate(at.tolist()):
                target[row, torch.from_numpy(places[i])] = 1.0
            return f.binary_cross_entropy_with_logits(found, target, reduction="sum") / len(at)

        learned = [*self.tower.learned(), network.word_map.weight, network.word_map.bias, network.word_bias]
        return train(learned, Epochs(len(queries), lambda _, at: at), loss, plan)

    def likeliest(self, read: Read, most: int) -> NDArray[np.int32]:
        """The `most` likeliest pieces that each document does not have, best first, (n, most)."""
        found = np.zeros((len(read), most), np.int32)
        with torch.no_grad():
            for at in self.tower.batches(read):
                logits = self.logits(read, at)
                ids, _ = read.padded(at)
                places = np.searchsorted(self.vocabulary, ids.numpy())
                held = places[..., None] >= len(self.vocabulary)
                known = np.minimum(places, len(self.vocabulary) - 1)
                held = (self.vocabulary[known] == ids.numpy()) & ~held[..., 0]
                row, token = np.nonzero(held)
                logits[torch.from_numpy(row), torch.from_numpy(known[row, token])] = -torch.inf
                found[at] = self.vocabulary[logits.topk(most).indices.numpy()]
        return found


def with_appended(read: Read, pieces: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    """The ids of texts with pieces (n, m) appended, before the last [SEP]."""
    for i, more in enumerate(pieces):
        row = read.ids[read.bounds[i] : read.bounds[i + 1]]
        yield np.concatenate([row[:-1], more, row[-1:]])
