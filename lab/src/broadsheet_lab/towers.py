"""A network cut in two: lower layers that stay as they are, whose states are kept, and upper layers that learn.

texts ──► lower layers ──► Read, made once ──► upper layers, at every step ──► states, vectors

What stays is worked out once for all steps, seeds and methods: training and encoding take half the time.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as f

from broadsheet.kit.text import STOP_TERMS, stem, term
from broadsheet_lab.networks import Network, mean_states

__all__ = ["Read", "Tower", "asking"]

_PADDING = -1e4
_BATCH = 64  # texts

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Read:
    """n texts as the lower layers leave them: text i has the tokens bounds[i]:bounds[i + 1]."""

    ids: NDArray[np.int32]  # (t,)
    bounds: Rows  # (n + 1,)
    states: Tensor  # (t, h)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def lengths(self) -> Rows:
        """Tokens of every text, (n,)."""
        return np.diff(self.bounds)

    def take(self, rows: Rows) -> Read:
        """Some of the texts."""
        at = np.concatenate([np.empty(0, np.int64), *(np.arange(*self.bounds[i : i + 2]) for i in rows.tolist())])
        bounds = np.cumsum([0, *self.lengths[rows].tolist()], dtype=np.int64)
        return Read(self.ids[at], bounds, self.states[torch.from_numpy(at)])

    def places(self, rows: Rows) -> tuple[Rows, NDArray[np.bool_]]:
        """(where the tokens of some texts lie (b, l), which of those are tokens and no padding (b, l))."""
        lengths = self.lengths[rows]
        at = np.arange(lengths.max(initial=1))
        seen = at < lengths[:, None]
        return np.where(seen, self.bounds[rows][:, None] + at, 0), seen

    def padded(self, rows: Rows) -> tuple[Tensor, Tensor]:
        """(ids (b, l), 0 for padding; states (b, l, h)) of some texts."""
        at, seen = self.places(rows)
        return torch.from_numpy(np.where(seen, self.ids[at], 0)), self.states[torch.from_numpy(at)]


class Tower:
    """A network of which the `lower` layers stay, half of them if nothing is said, and the others learn."""

    def __init__(self, network: Network, *, lower: int | None = None) -> None:
        layers = network.body.shape.layers
        self.lower = layers // 2 if lower is None else lower
        if not 0 <= self.lower < layers:
            raise ValueError(f"{self.lower} of {layers} layers stay: at least one has to learn")
        self.network = network

    def copy(self) -> Self:
        """Another that learns by itself."""
        return type(self)(copy.deepcopy(self.network), lower=self.lower)

    def learned(self) -> list[nn.Parameter]:
        """The parameters of the upper layers that training changes."""
        every = chain.from_iterable(layer.parameters() for layer in self.network.body.layers[self.lower :])
        return [p for p in every if p.requires_grad]

    def read(self, texts: Sequence[str], *, tokens: int | None = None) -> Read:
        """Texts as the lower layers leave them."""
        return self.read_ids(self.network.ids(texts, tokens=tokens))

    def read_ids(self, rows: Sequence[NDArray[np.int32]]) -> Read:
        """The same of texts as ids, special ones included."""
        body = self.network.body
        bounds = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        states = torch.empty((int(bounds[-1]), body.shape.hidden), dtype=body.precision)
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        with torch.no_grad():
            for start in range(0, len(order), _BATCH):
                at = order[start : start + _BATCH]
                ids = torch.zeros((len(at), len(rows[at[-1]])), dtype=torch.long)
                for j, i in enumerate(at):
                    ids[j, : len(rows[i])] = torch.from_numpy(rows[i].astype(np.int64))
                found = self._below(ids.to(self.network.device))
                for j, i in enumerate(at):
                    states[bounds[i] : bounds[i + 1]] = found[j, : len(rows[i])]
        return Read(np.concatenate([np.empty(0, np.int32), *rows]), bounds, states)

    def _below(self, ids: Tensor) -> Tensor:
        body = self.network.body
        x = f.embedding(ids, body.embeddings) + body.positions[: ids.shape[1]]
        return self._through(body.embedding_norm(x.to(body.precision)), ids, 0, self.lower)

    def _through(self, x: Tensor, ids: Tensor, first: int, last: int) -> Tensor:
        mask = ((ids == 0).to(x.dtype) * _PADDING)[:, None, None, :]
        for layer in self.network.body.layers[first:last]:
            x = layer(x, mask)
        return x

    def states(self, read: Read, rows: Rows) -> tuple[Tensor, Tensor]:
        """(the last states (b, l, h), ids (b, l), 0 for padding) of some texts."""
        ids, below = (part.to(self.network.device) for part in read.padded(rows))
        return self._through(below, ids, self.lower, len(self.network.body.layers)), ids

    def above(self, below: Tensor, seen: Tensor) -> Tensor:
        """The last states (b, l, h) of any states that lower layers could have left; `seen` (b, l) are no padding."""
        return self._through(below, seen.long(), self.lower, len(self.network.body.layers))

    def vectors(self, read: Read, rows: Rows) -> Tensor:
        """The mean of the last states of some texts, of unit length, (b, h)."""
        states, ids = self.states(read, rows)
        return f.normalize(mean_states(states, ids != 0), dim=-1)

    def batches(self, read: Read) -> list[Rows]:
        """All texts, the like long together."""
        order = np.argsort(read.lengths, kind="stable")
        return [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]

    def encode(self, read: Read) -> NDArray[np.float32]:
        """The vectors of all texts, (n, h)."""
        found = np.zeros((len(read), self.network.body.shape.hidden), np.float32)
        with torch.no_grad():
            for at in self.batches(read):
                found[at] = self.vectors(read, at).cpu().numpy()
        return found


def asking(pieces: Sequence[str]) -> NDArray[np.bool_]:
    """Which pieces of words say something in a query, (v,): no special ones, no punctuation, no stop words."""
    words = [piece.removeprefix("##") for piece in pieces]
    stop = np.isin(np.array([term(stem(word)) for word in words], np.uint64), STOP_TERMS)
    special = np.array([piece.startswith("[") and piece.endswith("]") and len(piece) > 2 for piece in pieces])
    says = np.array([any(c.isalnum() for c in word) for word in words], np.bool_)
    return np.asarray(says & ~stop & ~special)
