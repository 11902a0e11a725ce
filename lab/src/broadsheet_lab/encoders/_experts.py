"""A layer of a transformer with several feed-forward networks, each text sent through the one of its field; in torch.

states (b, l, h) ──► attention, shared ──► expert of the text's field ──► states
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as f

from broadsheet_lab.bert import Layer

__all__ = ["ExpertLayer"]


class ExpertLayer(nn.Module):  # type: ignore[misc]
    """A layer whose feed-forward network is copied once a field. `route` (b,) says which expert each text goes through.

    With `marked`, a vector of the field, at first zero, is added to the state of [CLS]: the token of the field.
    """

    def __init__(self, layer: Layer, experts: int, *, marked: bool) -> None:
        super().__init__()
        self.layer = layer
        self.ups = nn.ModuleList(copy.deepcopy(layer.up) for _ in range(experts))
        self.downs = nn.ModuleList(copy.deepcopy(layer.down) for _ in range(experts))
        self.marks = nn.Parameter(torch.zeros(experts, layer.norm1.weight.shape[0])) if marked else None
        self.route = torch.empty(0, dtype=torch.long)
        del layer.up, layer.down
        layer.feed_forward = self.through  # type: ignore[method-assign]

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """States (b, l, h) to states, as `Layer`."""
        if self.marks is not None:
            first = torch.zeros_like(x)
            first[:, 0] = self.marks[self.route].to(x.dtype)
            x = x + first
        return self.layer(x, mask)

    def through(self, x: Tensor) -> Tensor:
        """Each text's states through its own expert; the others are not run."""
        parts, places = [], []
        for expert in self.route.unique().tolist():
            rows = torch.nonzero(self.route == expert)[:, 0]
            parts.append(self.downs[expert](f.gelu(self.ups[expert](x[rows]))))
            places.append(rows)
        order = torch.cat(places)
        return torch.cat(parts)[torch.argsort(order)]
