"""A network over pairs of a query and a candidate, with a scoring head over its states; in torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, gelu

from broadsheet_lab.networks import Network, chunks, in_order, mean_states
from broadsheet_lab.training import seeded

__all__ = ["PairNetwork"]

_WIDTH = 256  # of the hidden layer of the head
_HEAD = "head."


class PairNetwork(nn.Module):  # type: ignore[misc]
    """Scores pairs of a query and a candidate by the first state, the product of both means and their cosine."""

    def __init__(self, network: Network, seed: int = 0) -> None:
        super().__init__()
        self.network = network
        d = network.body.shape.hidden
        with seeded(seed):
            self.hidden, self.out = nn.Linear(2 * d, _WIDTH), nn.Linear(_WIDTH, 1)
        nn.init.zeros_(self.out.weight)
        self.scale = nn.Parameter(torch.tensor([10.0]))
        self.to(network.device)

    def learned(self) -> list[nn.Parameter]:
        """What training changes."""
        return [*self.network.learned(), *(p for _, p in self._head())]

    def _head(self) -> list[tuple[str, nn.Parameter]]:
        return [(_HEAD + name, p) for name, p in self.named_parameters() if not name.startswith("network.")]

    def forward(self, pairs: Sequence[tuple[str, str]]) -> Tensor:
        """The score of every pair, (n,)."""
        rows = self.network.pair_ids(*zip(*pairs, strict=True))
        places = chunks([len(ids) for ids, _ in rows])
        return in_order([self._scores([rows[i] for i in part]) for part in places], places)

    def _scores(self, rows: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]]) -> Tensor:
        states, seen = self.network.states(rows)
        second = torch.zeros_like(seen)
        for i, (_, sides) in enumerate(rows):
            second[i, : len(sides)] = torch.from_numpy(sides == 1)
        query, text = mean_states(states, seen & ~second), mean_states(states, second)
        read = self.out(gelu(self.hidden(torch.cat([states[:, 0].float(), query * text], 1))))[:, 0]
        return read + self.scale * cosine_similarity(query, text)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The learned weights, and what the rest is made again from."""
        return self.network.to_arrays() | {n: p.detach().cpu().numpy().copy() for n, p in self._head()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The network again. Raises ValueError or KeyError if the arrays do not fit."""
        made = cls(Network.from_arrays(arrays))
        with torch.no_grad():
            for name, parameter in made._head():
                value = torch.from_numpy(arrays[name].astype(np.float32))
                if value.shape != parameter.shape or not bool(torch.isfinite(value).all()):
                    raise ValueError(f"{name}: the arrays are not those of this network")
                parameter.copy_(value)
        return made
