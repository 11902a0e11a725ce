"""Networks that make one query of a paper's vector and of words' vector; both start as the mean of the two."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Combination", "GatedMixture"]


def _zero(layer: nn.Linear) -> nn.Linear:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class GatedMixture(nn.Module):  # type: ignore[misc]
    """h = ReLU(W_1 [x t] + b_1);  g = sigmoid(W_g h + b_g);  g x + (1 - g) t + W_r h + b_r.

    Vo and others: Composing Text and Image for Image Retrieval (1812.07119), section 3.2.
    """

    def __init__(self, d: int, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(2 * d, hidden)
        self.gate, self.residual = _zero(nn.Linear(hidden, d)), _zero(nn.Linear(hidden, d))

    def forward(self, papers: Tensor, words: Tensor) -> Tensor:
        """The queries before they are put to length, (n, d)."""
        hidden = torch.relu(self.hidden(torch.cat([papers, words], 1)))
        gate = torch.sigmoid(self.gate(hidden))
        return gate * papers + (1 - gate) * words + self.residual(hidden)


class Combination(nn.Module):  # type: ignore[misc]
    """a = [ReLU(W_t t), ReLU(W_x x)];  l = sigmoid(w ReLU(W_l a));  W_o ReLU(W_c a) + l t + (1 - l) x.

    Every ReLU is followed by dropout. Baldrati and others: Conditioned and composed image retrieval (2203.16036).
    """

    def __init__(self, d: int, projection: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.words, self.paper = nn.Linear(d, projection), nn.Linear(d, projection)
        self.joint, self.scale = nn.Linear(2 * projection, hidden), nn.Linear(2 * projection, hidden)
        self.share, self.output = _zero(nn.Linear(hidden, 1)), _zero(nn.Linear(hidden, d))
        self.drop = nn.Dropout(dropout)

    def forward(self, papers: Tensor, words: Tensor) -> Tensor:
        """The queries before they are put to length, (n, d)."""
        both = torch.cat([self.drop(torch.relu(self.words(words))), self.drop(torch.relu(self.paper(papers)))], 1)
        share = torch.sigmoid(self.share(self.drop(torch.relu(self.scale(both)))))
        return self.output(self.drop(torch.relu(self.joint(both)))) + share * words + (1 - share) * papers
