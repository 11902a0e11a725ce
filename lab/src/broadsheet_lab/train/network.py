"""A small BERT in torch that computes in bfloat16 over weights in single precision.

token ids (b, l) ──► embeddings + positions ──► layers (post-norm) ──► states (b, l, h)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as f

from broadsheet.kit.transformer import MIDDLE
from broadsheet_lab.kit.minilm_file import layer_weights

__all__ = ["Body", "Layer", "Reader", "Retriever", "Shape", "chunks", "encoded", "in_order", "ragged_batch"]

EPSILON = 1e-12  # of layer normalisation, as in BERT
CHUNK_TOKENS = 6144  # of a padded batch: its states stay in the cache
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


class _Linear(nn.Module):  # type: ignore[misc]
    """A linear map whose weights follow the precision of its input."""

    rounds = False  # whether weights are used as a file of the product holds them

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) * 0.02)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        weight = _rounded(self.weight, MIDDLE) if self.rounds else self.weight
        return f.linear(x, weight.to(x.dtype), self.bias.to(x.dtype))


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
        self.qkv, self.out = _Linear(h, 3 * h), _Linear(h, h)
        self.up, self.down = _Linear(h, shape.inner), _Linear(shape.inner, h)
        self.norm1, self.norm2 = _Norm(h), _Norm(h)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """States (b, l, h) to states; `mask` (b, 1, 1, l) is added to the scores of attention."""
        b, n, h = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, h // self.heads).permute(2, 0, 3, 1, 4)
        seen = _attend(q, k, v, mask) if torch.is_grad_enabled() else f.scaled_dot_product_attention(q, k, v, mask)
        x = self.norm1(x + self.out(seen.transpose(1, 2).reshape(b, n, h)))
        return self.norm2(x + self.down(f.gelu(self.up(x))))


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

    def round(self, on: bool = True) -> None:
        """Use weights as a file of the product holds them, in training and after."""
        self.rounds = on
        for part in self.modules():
            if isinstance(part, _Linear):
                part.rounds = on

    def forward(self, ids: Tensor, sides: Tensor | None = None) -> Tensor:
        """States (b, l, h) in bfloat16; id 0 is padding; `sides` (b, l) is 1 for the tokens of the second text."""
        embeddings = _rounded(self.embeddings, _EMBEDDING) if self.rounds else self.embeddings
        x = f.embedding(ids, embeddings) + self.positions[: ids.shape[1]]
        if sides is not None and self.segments is not None:
            x = x + sides[..., None].float() * (self.segments[1] - self.segments[0]) + self.segments[0]
        x = self.embedding_norm(x.to(torch.bfloat16))
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
        put(self.embedding_norm.weight, arrays["embeddings.LayerNorm.weight"])
        put(self.embedding_norm.bias, arrays["embeddings.LayerNorm.bias"])
        for layer, i in zip(self.layers, layers, strict=True):
            for name, value in layer_weights(arrays, i).items():
                put(layer.get_parameter(name), value)
        return self


class Retriever(nn.Module):  # type: ignore[misc]
    """The bi-encoder: the mean of the states, projected."""

    def __init__(self, body: Body, dimensions: int | None) -> None:
        super().__init__()
        self.body = body
        h = body.shape.hidden
        self.projection = nn.Parameter(torch.eye(h)[:dimensions].clone()) if dimensions else None

    def forward(self, ids: Tensor) -> Tensor:
        """Unit vectors (b, d)."""
        states = self.body(ids).float()
        seen = (ids != 0)[..., None].float()
        mean = (states * seen).sum(1) / seen.sum(1)
        return f.normalize(mean if self.projection is None else mean @ self.projection.T, dim=-1)


class Reader(nn.Module):  # type: ignore[misc]
    """The cross-encoder: a linear score of the first token's state."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body
        self.head = _Linear(body.shape.hidden, 1)

    def forward(self, ids: Tensor, sides: Tensor) -> Tensor:
        """Scores (b,)."""
        return self.head(self.body(ids, sides)[:, 0].float())[:, 0]


def ragged_batch(rows: Sequence[NDArray[np.int32]]) -> Tensor:
    """Rows of ids as one tensor (b, l), padded with 0."""
    width = max(map(len, rows))
    ids = np.zeros((len(rows), width), np.int64)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = row
    return torch.from_numpy(ids)


def chunks(lengths: Sequence[int], most: int = CHUNK_TOKENS) -> list[list[int]]:
    """Places of rows of these lengths, the like long together, so that a padded batch has at most `most` tokens."""
    found: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if not found or lengths[i] * (len(found[-1]) + 1) > most:
            found.append([])
        found[-1].append(i)
    return found


def in_order(parts: Sequence[Tensor], places: Sequence[Sequence[int]]) -> Tensor:
    """What was worked out for each of `chunks`, in the order of the rows."""
    back = torch.empty(sum(map(len, places)), dtype=torch.long)
    back[torch.tensor([i for part in places for i in part])] = torch.arange(len(back))
    return torch.cat(list(parts))[back]


def encoded(model: Retriever, rows: Sequence[NDArray[np.int32]]) -> Tensor:
    """The vectors of rows of ids of any length, (n, d)."""
    places = chunks([len(row) for row in rows])
    return in_order([model(ragged_batch([rows[i] for i in part])) for part in places], places)
