"""A small BERT in torch that computes in bfloat16, where that is the faster one, over weights in single precision.

token ids (b, l) ──► embeddings + positions ──► layers (post-norm) ──► states (b, l, h)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as f

from broadsheet.kit.transformer import MIDDLE
from broadsheet_lab.kit.minilm_file import layer_weights
from broadsheet_lab.kit.precision import halves

__all__ = ["Body", "Layer", "Linear", "Shape"]

EPSILON = 1e-12  # of layer normalisation, as in BERT
_PADDING = -1e4
_HEAD = 32  # the length of a query of attention
_EMBEDDING = 127  # the greatest code of an embedding in a file


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a network."""

    pieces: int
    hidden: int = 384
    heads: int = 12
    inner: int = 1536
    layers: int = 3
    positions: int = 128

    @classmethod
    def of(cls, weights: Mapping[str, NDArray[Any]], *, pieces: int, layers: int, positions: int = 128) -> Self:
        """Of a BERT's weights, with other numbers of pieces, layers and positions."""
        inner, hidden = weights["encoder.layer.0.intermediate.dense.weight"].shape
        positions = min(positions, len(weights["embeddings.position_embeddings.weight"]))
        return cls(pieces, hidden, hidden // _HEAD, inner, layers, positions)


class Linear(nn.Module):  # type: ignore[misc]
    """A linear map whose weights follow the precision of its input; with `correct`, a frozen one and its correction."""

    rounds = False  # whether weights are used as a file of the product holds them

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) * 0.02)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.a: Tensor | None = None
        self.b: Tensor | None = None

    def correct(self, rank: int) -> None:
        """Freeze W and learn W + B A instead, A (rank, inputs) random and B (outputs, rank) zero: nothing changes yet.

        Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang, Chen: LoRA: Low-Rank Adaptation of Large Language Models. ICLR
        2022.
        """
        outputs, inputs = self.weight.shape
        self.weight.requires_grad_(False)
        self.bias.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(rank, inputs) / inputs**0.5)
        self.b = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, x: Tensor) -> Tensor:
        """(…, inputs) to (…, outputs)."""
        weight = _rounded(self.weight, MIDDLE) if self.rounds else self.weight
        y = f.linear(x, weight.to(x.dtype), self.bias.to(x.dtype))
        if self.a is None or self.b is None:
            return y
        return y + f.linear(f.linear(x, self.a.to(x.dtype)), self.b.to(x.dtype))


def _rounded(weights: Tensor, most: int) -> Tensor:
    """Weights on the grid -most..most of each row; gradients pass as if they were not rounded."""
    with torch.no_grad():
        scale = weights.abs().amax(1, keepdim=True).clamp_min(1e-8) / most
        change = torch.round(weights / scale) * scale - weights
    return weights + change


class _Norm(nn.Module):  # type: ignore[misc]
    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.bias = nn.Parameter(torch.zeros(size))

    def forward(self, x: Tensor) -> Tensor:
        return f.layer_norm(x, x.shape[-1:], self.weight.to(x.dtype), self.bias.to(x.dtype), EPSILON)


def _attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """Attention step by step: its gradients come several times as fast as those of torch's own."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    return (scores + mask).softmax(-1) @ v


class Layer(nn.Module):  # type: ignore[misc]
    """Self-attention and a feed-forward network, each followed by normalisation of the sum."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        h = shape.hidden
        self.heads = shape.heads
        self.qkv, self.out = Linear(h, 3 * h), Linear(h, h)
        self.up, self.down = Linear(h, shape.inner), Linear(shape.inner, h)
        self.norm1, self.norm2 = _Norm(h), _Norm(h)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """States (b, l, h) to states; `mask` (b, 1, 1, l) is added to the scores of attention."""
        b, n, h = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, h // self.heads).permute(2, 0, 3, 1, 4)
        seen = _attend(q, k, v, mask) if torch.is_grad_enabled() else f.scaled_dot_product_attention(q, k, v, mask)
        x = self.norm1(x + self.out(seen.transpose(1, 2).reshape(b, n, h)))
        return self.norm2(x + self.feed_forward(x))

    def feed_forward(self, x: Tensor) -> Tensor:
        """What is added to states (b, l, h), place by place."""
        return self.down(f.gelu(self.up(x)))


class Body(nn.Module):  # type: ignore[misc]
    """Token ids to states. `segments` adds a vector to the tokens of the second text."""

    def __init__(self, shape: Shape, *, segments: bool = False) -> None:
        super().__init__()
        self.shape = shape
        self.embeddings = nn.Parameter(torch.randn(shape.pieces, shape.hidden) * 0.02)
        self.positions = nn.Parameter(torch.randn(shape.positions, shape.hidden) * 0.02)
        self.segments = nn.Parameter(torch.zeros(2, shape.hidden)) if segments else None
        self.embedding_norm = _Norm(shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.rounds = False
        self.precision = torch.bfloat16 if halves() else torch.float32

    def round(self, on: bool = True) -> None:
        """Use weights as a file of the product holds them, in training and after."""
        self.rounds = on
        for part in self.modules():
            if isinstance(part, Linear):
                part.rounds = on

    def forward(self, ids: Tensor, sides: Tensor | None = None) -> Tensor:
        """States (b, l, h) in `precision`; id 0 is padding; `sides` (b, l) is 1 for the tokens of the second text."""
        embeddings = _rounded(self.embeddings, _EMBEDDING) if self.rounds else self.embeddings
        x = f.embedding(ids, embeddings) + self.positions[: ids.shape[1]]
        if sides is not None and self.segments is not None:
            x = x + sides[..., None].float() * (self.segments[1] - self.segments[0]) + self.segments[0]
        x = self.embedding_norm(x.to(self.precision))
        mask = ((ids == 0).to(x.dtype) * _PADDING)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def load(self, arrays: Mapping[str, NDArray[Any]], kept: Sequence[int], layers: Sequence[int]) -> Self:
        """Take the weights of a BERT: the pieces `kept`, the layers `layers`."""
        own = self.shape

        def put(parameter: Tensor, value: NDArray[Any]) -> None:
            with torch.no_grad():
                parameter.copy_(torch.tensor(value, dtype=torch.float32))

        put(self.embeddings, arrays["embeddings.word_embeddings.weight"][list(kept)])
        kind = arrays["embeddings.token_type_embeddings.weight"][0]
        put(self.positions, arrays["embeddings.position_embeddings.weight"][: own.positions] + kind)
        if self.segments is not None:
            put(self.segments, arrays["embeddings.token_type_embeddings.weight"] - kind)
        put(self.embedding_norm.weight, arrays["embeddings.LayerNorm.weight"])
        put(self.embedding_norm.bias, arrays["embeddings.LayerNorm.bias"])
        for layer, i in zip(self.layers, layers, strict=True):
            for name, value in layer_weights(arrays, i).items():
                put(layer.get_parameter(name), value)
        return self
