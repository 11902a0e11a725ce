"""Words of documents weighed by a masked-word head, in torch: weights of some columns, the penalty, the losses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from broadsheet_lab.losses import listwise_kl
from broadsheet_lab.towers import Read, Tower

__all__ = ["Asked", "Step", "flops", "sampled_flops", "weights"]

_DRAWN = 1_000  # pieces that a step's penalty is estimated by, beside those that stand there

Rows = NDArray[np.int64]


def weights(tower: Tower, read: Read, rows: Rows, columns: Tensor) -> Tensor:
    """log(1 + relu(the greatest logit over the places)) of some pieces in some texts, (b, m).

    The head is tied: a logit is a piece's input embedding times the mapped state, and the piece's bias.
    """
    network = tower.network
    states, ids = tower.states(read, rows)
    mapped = network.word_map(states)
    table = network.body.embeddings[columns].to(mapped.dtype)
    logits = (mapped @ table.T).masked_fill((ids == 0)[..., None], -1e4).amax(1).float() + network.word_bias[columns]
    return torch.log1p(torch.relu(logits))


def flops(found: Tensor) -> Tensor:
    """sum_j (mean_i w_ij)^2 of weights (n, v): in proportion to what an average pair of documents would cost."""
    return (found.mean(0) ** 2).sum()


def sampled_flops(found: Tensor, sure: int, size: int) -> Tensor:
    """`flops` of `size` columns from the weights (n, m) of some: the first `sure`, and a sample of the others."""
    rest = found.shape[1] - sure
    scale = (size - sure) / rest if rest else 0.0
    return flops(found[:, :sure]) + scale * flops(found[:, sure:])


@dataclass(frozen=True)
class Asked:
    """Queries as the weights of their distinct pieces: those of query i at bounds[i]:bounds[i + 1]."""

    columns: Rows  # (t,) pieces
    values: NDArray[np.float32]  # (t,)
    bounds: Rows  # (q + 1,)

    def dense(self, at: Rows, columns: Rows) -> Tensor:
        """The weights of some queries for pieces `columns`, ascending, which hold all of theirs, (b, m)."""
        out = np.zeros((len(at), len(columns)), np.float32)
        for row, i in enumerate(at.tolist()):
            part = slice(self.bounds[i], self.bounds[i + 1])
            out[row, np.searchsorted(columns, self.columns[part])] = self.values[part]
        return torch.from_numpy(out)

    def pieces(self, at: Rows) -> Rows:
        """All pieces of some queries, ascending."""
        parts = [self.columns[self.bounds[i] : self.bounds[i + 1]] for i in at.tolist()]
        return np.unique(np.concatenate([np.empty(0, np.int64), *parts]))


@dataclass(frozen=True)
class Step:
    """Some queries with candidates, and the pieces that tell of them: the queries', the documents', some others."""

    at: Rows  # (b,)
    documents: Rows  # (n,)
    place: Rows  # (b, m) which of the documents each candidate is
    columns: Rows
    first: int  # pieces of queries
    sure: int  # pieces of queries or documents

    @classmethod
    def drawn(cls, rng: np.random.Generator, at: Rows, rows: Rows, held: Read, asked: Asked, every: Rows) -> Step:
        """Of queries `at` with candidates rows (q, m); `every` piece of the vocabulary, ascending."""
        documents, place = np.unique(rows[at], return_inverse=True)
        first = asked.pieces(at)
        more = np.setdiff1d(np.intersect1d(held.ids[np.unique(held.places(documents)[0])], every), first)
        rest = np.setdiff1d(every, np.concatenate([first, more]))
        sample = rng.choice(rest, min(_DRAWN, len(rest)), replace=False)
        columns = np.concatenate([first, more, sample])
        return cls(at, documents, place.reshape(len(at), -1), columns, len(first), len(first) + len(more))

    def loss(
        self, tower: Tower, held: Read, asked: Asked, taught: NDArray[np.float32] | None, strength: float, size: int
    ) -> Tensor:
        """Of the first candidate among all documents, or the divergence from what is taught; with the penalty."""
        found = weights(tower, held, self.documents, torch.from_numpy(self.columns))
        ranked = asked.dense(self.at, self.columns[: self.first]) @ found[:, : self.first].T
        place = torch.from_numpy(self.place)
        if taught is None:
            value = cross_entropy(ranked, place[:, 0])
        else:
            value = listwise_kl(ranked.gather(1, place), torch.from_numpy(taught[self.at]))
        return value + strength * sampled_flops(found, self.sure, size)
