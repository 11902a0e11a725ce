"""A transformer small enough to be worked out in numpy, and the same worked out in numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.quantise import quantise_rows
from broadsheet.kit.transformer import quantise_weights

__all__ = ["META", "PIECES", "arrays", "pooled", "rounded"]

PIECES: tuple[str, ...] = (
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "bread",
    "rye",
    "oven",
    "sail",
    "mast",
    "keel",
    "a",
    "an",
    "and",
    "##s",
    "##ing",
)
PIECES += (",", ".", "-", "船", "the", "of", "ship", "s", "z")
META: dict[str, Any] = {
    "name": "small-1",
    "heads": 2,
    "layers": 2,
    "pooling": "mean",
    "max_tokens": 40,
    "dimensions": 32,
}
_PLACES = 48


def arrays(
    seed: int = 0, *, layers: int = 2, pieces: tuple[str, ...] = PIECES, width: int = 32, inner: int = 80
) -> dict[str, NDArray[Any]]:
    """The arrays of a model file, drawn by the seed."""
    rng = np.random.default_rng(seed)

    def drawn(*shape: int, scale: float = 1.0) -> NDArray[np.float32]:
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    codes, scales = quantise_rows(drawn(len(pieces), width))
    found: dict[str, NDArray[Any]] = {"vocabulary": np.frombuffer("\n".join(pieces).encode(), np.uint8)}
    found |= {"embeddings": codes, "embedding_scales": scales, "positions": drawn(_PLACES, width, scale=0.1)}
    found["embedding_norm"] = np.stack([1 + drawn(width, scale=0.1), drawn(width, scale=0.1)])
    shapes = {"qkv": (3 * width, width), "out": (width, width), "up": (inner, width), "down": (width, inner)}
    for i in range(layers):
        for name, shape in shapes.items():
            found[f"layer{i}.{name}"], found[f"layer{i}.{name}.scales"] = quantise_weights(drawn(*shape, scale=0.2))
            found[f"layer{i}.{name}.bias"] = drawn(shape[0], scale=0.1)
        for name in ("norm1", "norm2"):
            found[f"layer{i}.{name}"] = np.stack([1 + drawn(width, scale=0.1), drawn(width, scale=0.1)])
    return found


def rounded(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Activations (n, d) in 254 steps between the least and the greatest of each token."""
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    step = (high - low) / 254
    return np.asarray(np.rint((x - (low + high) / 2) / step) * step + (low + high) / 2)


def _norm(x: NDArray[np.float64], norm: NDArray[np.float32]) -> NDArray[np.float64]:
    variance = x.var(axis=1, keepdims=True)
    return np.asarray((x - x.mean(axis=1, keepdims=True)) / np.sqrt(variance + 1e-12) * norm[0] + norm[1])


_erf = np.vectorize(math.erf)


def states(
    model: dict[str, NDArray[Any]], meta: dict[str, Any], ids: list[int], sides: list[int]
) -> NDArray[np.float64]:
    """The states of one text after all layers, (n, width)."""
    x = model["embeddings"][ids].astype(np.float64) * model["embedding_scales"][ids][:, None]
    x = x + model["positions"][: len(ids)] + model.get("segments", np.zeros((2, 1)))[sides]
    x = _norm(x, model["embedding_norm"])
    for i in range(meta["layers"]):

        def times(x: NDArray[np.float64], name: str, i: int = i) -> NDArray[np.float64]:
            weights = model[f"layer{i}.{name}"].astype(np.float64) * model[f"layer{i}.{name}.scales"][:, None]
            return np.asarray(rounded(x) @ weights.T + model[f"layer{i}.{name}.bias"])

        heads = meta["heads"]
        q, k, v = times(x, "qkv").reshape(len(ids), 3, heads, -1).transpose(1, 2, 0, 3)  # (heads, n, size)
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        mixed = (shares @ v).transpose(1, 0, 2).reshape(len(ids), -1)
        x = _norm(x + times(mixed, "out"), model[f"layer{i}.norm1"])
        up = times(x, "up")
        x = _norm(x + times(up * 0.5 * (1 + _erf(up / np.sqrt(2))), "down"), model[f"layer{i}.norm2"])
    return x


def pooled(model: dict[str, NDArray[Any]], meta: dict[str, Any], texts: list[list[int]]) -> NDArray[np.float64]:
    """The mean state of each text, (texts, width)."""
    return np.stack([states(model, meta, ids, [0] * len(ids)).mean(axis=0) for ids in texts])
