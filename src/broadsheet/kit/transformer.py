"""Runs the encoder of a small transformer (BERT's architecture) on this processor, in compiled kernels.

Weights have 7 bits and a sign with one scale per row, activations 8 bits with one scale and middle per token, worked
out at run time; products are summed in whole numbers. Everything between is single precision in a fixed order, so
every build of the kernels gives the same bits. Texts are run one after the other, without padding, about `_CHUNK`
tokens at a time: memory does not grow with the number of texts.

Vaswani et al.: Attention Is All You Need. NeurIPS 2017; Devlin et al.: BERT. NAACL 2019; 8-bit products: Bhandare et
al.: Efficient 8-Bit Quantization of Transformer Neural Machine Language Translation Model. arXiv:1906.00532, 2019.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from broadsheet.kit.native import kernel
from broadsheet.kit.wordpiece import WordPiece

__all__ = ["MIDDLE", "Network", "TokenRows", "decode_vocabulary", "project", "quantise_weights"]

MIDDLE = 64  # the greatest weight; also in native/transformer.h
_CHUNK = 128  # tokens
_GROUP = 16  # sizes are multiples of it
_QUERIES = 8  # also in native/transformer.h
_LINE = 64  # bytes
_PARTS = ("qkv", "out", "up", "down")

_packed = kernel("transformer_packed")
_embedded = kernel("transformer_embedded")
_run = kernel("transformer_run")
_means = kernel("transformer_means")
_projected = kernel("transformer_projected")

Arrays = Mapping[str, NDArray[Any]]


def quantise_weights(weights: NDArray[np.floating[Any]]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Weights (rows, columns) as codes -64..64 and the scale of each row: weights are about codes * scales[:, None]."""
    peaks = np.abs(weights).max(axis=1, initial=0.0)
    codes = np.rint(weights * (MIDDLE / np.where(peaks > 0, peaks, 1))[:, None])
    return codes.astype(np.int8), (peaks / MIDDLE).astype(np.float32)


def decode_vocabulary(vocabulary: NDArray[np.uint8], embeddings: int) -> WordPiece:
    """The tokeniser of a model file: pieces joined by line ends.

    Raises ValueError if they are no vocabulary, or not as many as there are embeddings.
    """
    tokenizer = WordPiece(bytes(vocabulary).decode().split("\n"))
    if len(tokenizer.pieces) != embeddings:
        raise ValueError(f"{len(tokenizer.pieces)} pieces, {embeddings} embeddings")
    return tokenizer


@dataclass(frozen=True, slots=True)
class TokenRows:
    """The tokens of several texts, one after the other."""

    ids: NDArray[np.int32]  # (n,)
    bounds: NDArray[np.int64]  # (texts + 1,): text i has the tokens bounds[i]:bounds[i + 1]
    sides: NDArray[np.uint8]  # (n,): 0, or 1 in the second text of a pair

    @classmethod
    def of(cls, texts: list[list[int]], sides: list[list[int]] | None = None) -> TokenRows:
        """From the ids of each text."""
        bounds = np.cumsum([0, *map(len, texts)], dtype=np.int64)
        ids = np.fromiter((i for text in texts for i in text), np.int32, bounds[-1])
        if sides is None:
            return cls(ids, bounds, np.zeros(len(ids), np.uint8))
        return cls(ids, bounds, np.fromiter((s for text in sides for s in text), np.uint8, bounds[-1]))

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Stretches of texts with about `_CHUNK` tokens together: (first, last + 1)."""
        first = 0
        for i in range(1, len(self) + 1):
            if i == len(self) or self.bounds[i + 1] - self.bounds[first] > _CHUNK:
                yield first, i
                first = i


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How large a network is."""

    words: int
    places: int
    width: int
    inner: int
    layers: int
    heads: int

    @classmethod
    def of(cls, arrays: Arrays, meta: Mapping[str, Any]) -> _Sizes:
        """Those of a model file. Raises ValueError, KeyError or TypeError for what no network has."""
        sizes = cls(
            len(arrays["embeddings"]),
            len(arrays["positions"]),
            arrays["positions"].shape[-1],
            len(arrays["layer0.up"]) if "layer0.up" in arrays else 0,
            int(meta["layers"]),
            int(meta["heads"]),
        )
        if sizes.width % _GROUP or sizes.inner % _GROUP or sizes.heads < 1 or sizes.width % (sizes.heads * _GROUP):
            raise ValueError(f"width, inner width and width / heads must be multiples of {_GROUP}: {sizes}")
        if min(sizes.words, sizes.places, sizes.width, sizes.inner, sizes.layers) < 1:
            raise ValueError(f"an empty network: {sizes}")
        return sizes

    def expected(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Type and shape of every array, by name."""
        words, places, width, inner = self.words, self.places, self.width, self.inner
        shapes: dict[str, tuple[str, tuple[int, ...]]] = {
            "embeddings": ("int8", (words, width)),
            "embedding_scales": ("float32", (words,)),
            "positions": ("float32", (places, width)),
            "embedding_norm": ("float32", (2, width)),
        }
        weights = {"qkv": (3 * width, width), "out": (width, width), "up": (inner, width), "down": (width, inner)}
        for i in range(self.layers):
            for name, shape in weights.items():
                shapes[f"layer{i}.{name}"] = "int8", shape
                shapes[f"layer{i}.{name}.scales"] = "float32", shape[:1]
                shapes[f"layer{i}.{name}.bias"] = "float32", shape[:1]
            shapes[f"layer{i}.norm1"] = shapes[f"layer{i}.norm2"] = "float32", (2, width)
        return shapes


def check_array(arrays: Arrays, name: str, dtype: str, shape: tuple[int, ...]) -> None:
    """Raise ValueError if an array is missing, of another type or shape, or has numbers that are not finite."""
    array = arrays.get(name)
    if array is None:
        raise ValueError(f"no {name}")
    if array.dtype != np.dtype(dtype) or array.shape != shape:
        raise ValueError(f"{name} is {array.dtype} {array.shape}, wanted {dtype} {shape}")
    if array.dtype == np.float32 and not np.isfinite(array).all():
        raise ValueError(f"{name} has numbers that are not finite")


class Network:
    """Embeddings and layers. Several threads may use one at once."""

    def __init__(self, arrays: Arrays, meta: Mapping[str, Any]) -> None:
        """From the arrays of a model file. Raises ValueError, KeyError or TypeError if they do not fit together."""
        self.sizes = _Sizes.of(arrays, meta)
        for name, (dtype, shape) in self.sizes.expected().items():
            check_array(arrays, name, dtype, shape)
        self._codes, self._scales = arrays["embeddings"], arrays["embedding_scales"]
        self._positions, self._norm = arrays["positions"], arrays["embedding_norm"]
        self._segments = np.zeros((2, self.width), np.float32)
        if "segments" in arrays:
            check_array(arrays, "segments", "float32", (2, self.width))
            self._segments = arrays["segments"]
        self._weights, self._numbers = _joined(arrays, self.sizes)
        self._spare: list[_Room] = []

    @property
    def width(self) -> int:
        """The length of a state."""
        return self.sizes.width

    @property
    def most_tokens(self) -> int:
        """The longest text it can read, in tokens."""
        return self.sizes.places

    def pooled(self, tokens: TokenRows, *, first: bool = False, threads: int = 1) -> NDArray[np.float32]:
        """The mean state of each text, or the state of its first token, (texts, width).

        Raises ValueError for an id that is not in the vocabulary, an empty text, or one of more than `most_tokens`.
        """
        lengths = np.diff(tokens.bounds)
        if len(tokens) and not 1 <= lengths.min() <= lengths.max() <= self.most_tokens:
            raise ValueError(f"texts of {lengths.min()} to {lengths.max()} tokens, wanted 1 to {self.most_tokens}")
        if len(tokens.ids) and not 0 <= tokens.ids.min() <= tokens.ids.max() < self.sizes.words:
            raise ValueError(f"token ids must lie in 0..{self.sizes.words - 1}")
        out = np.empty((len(tokens), self.width), np.float32)

        def run(chunk: tuple[int, int]) -> None:
            self._pool(tokens, chunk, out[slice(*chunk)], first)

        if threads == 1:
            for chunk in tokens.chunks():
                run(chunk)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(run, tokens.chunks()))
        return out

    def _pool(self, tokens: TokenRows, chunk: tuple[int, int], out: NDArray[np.float32], first: bool) -> None:
        """Run some texts."""
        start, stop = chunk
        bounds = tokens.bounds[start : stop + 1]
        inside = slice(bounds[0], bounds[-1])
        bounds = bounds - bounds[0]
        room = self._spare.pop() if self._spare else _Room.of(self.sizes, _CHUNK)
        if len(room.sums) < bounds[-1]:
            room = _Room.of(self.sizes, int(bounds[-1]))
        s, texts = self.sizes, len(bounds) - 1
        embeddings = self._codes, self._scales, self._positions, self._segments, self._norm
        _embedded(tokens.ids[inside], tokens.sides[inside], bounds, texts, *embeddings, s.width, room.states)
        shape = s.layers, s.width, s.inner, s.heads
        _run(self._weights, self._numbers, *shape, bounds, texts, *room.arrays())
        if first:
            out[:] = room.states[bounds[:-1]]
        else:
            _means(room.states, bounds, texts, s.width, out)
        if len(room.sums) == _CHUNK:
            self._spare.append(room)


def _aligned(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An empty array that begins where a line of memory does: registers are read from one line, not from two."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.empty(size + _LINE, np.uint8)
    start = -raw.ctypes.data % _LINE
    return raw[start : start + size].view(dtype).reshape(shape)


@dataclass(frozen=True, slots=True)
class _Room:
    """What a run of some tokens needs; see native/transformer.c."""

    states: NDArray[np.float32]
    wide: NDArray[np.float32]
    narrow: NDArray[np.float32]
    codes: NDArray[np.int8]
    sums: NDArray[np.int32]
    scales: NDArray[np.float32]
    attention: NDArray[np.float32]

    @classmethod
    def of(cls, sizes: _Sizes, tokens: int) -> _Room:
        """For so many tokens."""
        width, inner = sizes.width, sizes.inner
        longest = -(-tokens // _GROUP) * _GROUP
        return cls(
            _aligned((tokens, width), np.float32),
            _aligned((tokens, max(3 * width, inner)), np.float32),
            _aligned((tokens, width), np.float32),
            _aligned((tokens, max(width, inner)), np.int8),
            _aligned((tokens,), np.int32),
            _aligned((2, tokens), np.float32),
            _aligned((2 * width // sizes.heads + _QUERIES, longest), np.float32),
        )

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """In the order of the kernel."""
        return self.states, self.wide, self.narrow, self.codes, self.sums, self.scales, self.attention


def _joined(arrays: Arrays, sizes: _Sizes) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Weights, and scales, sums, biases and norms, of all layers in the order in which a run reads them.

    Raises ValueError for a weight that is not in -64..64.
    """
    packed: list[NDArray[np.uint8]] = []
    numbers: list[NDArray[np.float32]] = []
    for i in range(sizes.layers):
        for name in _PARTS:
            weights = np.ascontiguousarray(arrays[f"layer{i}.{name}"])
            if weights.min() < -MIDDLE or weights.max() > MIDDLE:
                raise ValueError(f"layer{i}.{name} has weights that are not in -{MIDDLE}..{MIDDLE}")
            scales, bias = arrays[f"layer{i}.{name}.scales"].copy(), arrays[f"layer{i}.{name}.bias"].copy()
            if name == "qkv":  # attention takes queries divided by the root of their length
                part = np.float32(1 / np.sqrt(sizes.width / sizes.heads))
                scales[: sizes.width] *= part
                bias[: sizes.width] *= part
            panels, sums = np.empty(weights.size, np.uint8), np.empty(len(weights), np.int32)
            _packed(weights, *weights.shape, panels, sums)
            packed.append(panels)
            numbers += [scales, sums.astype(np.float32) * scales, bias]
            if name in ("out", "down"):
                numbers.append(arrays[f"layer{i}.norm{1 if name == 'out' else 2}"].reshape(-1))
    weights, scales = (_aligned((sum(p.size for p in parts),), parts[0].dtype) for parts in (packed, numbers))
    return np.concatenate(packed, out=weights), np.concatenate(numbers, out=scales)


def project(
    x: NDArray[np.float32], weights: NDArray[np.float32], bias: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """x (n, width) times weights (rows, width), plus bias (rows,): (n, rows), the same bits on every processor."""
    rows, width = weights.shape
    out = np.empty((len(x), rows), np.float32)
    _projected(x, len(x), width, weights, np.zeros(rows, np.float32) if bias is None else bias, rows, out)
    return out
