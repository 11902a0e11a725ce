"""Writes networks as artifacts: weights in 8 bits, a scale for every row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet_lab.train.network import Body, Reader, Retriever
from broadsheet_lab.train.pieces import Pieces

__all__ = ["VERSION", "body_arrays", "rounded", "write_reader", "write_retriever"]

VERSION = 1
_MATRICES = ("qkv", "out", "up", "down")

Arrays = dict[str, NDArray[Any]]


def rounded(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(8-bit weights, scale of every row) of a matrix."""
    scales = np.maximum(np.abs(weights).max(axis=1), 1e-8) / 127
    return np.rint(weights / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def _floats(parameter: torch.Tensor) -> NDArray[np.float32]:
    return parameter.detach().float().numpy()


def _norm(norm: Any) -> NDArray[np.float32]:
    return np.stack([_floats(norm.weight), _floats(norm.bias)])


def body_arrays(body: Body, *, embeddings: bool = True) -> Arrays:
    """The arrays of a network without its head."""
    arrays: Arrays = {"positions": _floats(body.positions), "embedding_norm": _norm(body.embedding_norm)}
    if embeddings:
        arrays["embeddings"], arrays["embedding_scales"] = rounded(_floats(body.embeddings))
    for i, layer in enumerate(body.layers):
        for name in _MATRICES:
            matrix = layer.get_submodule(name)
            arrays[f"layer{i}.{name}"], arrays[f"layer{i}.{name}.scales"] = rounded(_floats(matrix.get_parameter("weight")))
            arrays[f"layer{i}.{name}.bias"] = _floats(matrix.get_parameter("bias"))
        arrays[f"layer{i}.norm1"], arrays[f"layer{i}.norm2"] = _norm(layer.norm1), _norm(layer.norm2)
    if body.segments is not None:
        segments = _floats(body.segments)
        arrays["positions"] = arrays["positions"] + segments[0]
        arrays["segments"] = segments - segments[0]
    return arrays


def _meta(body: Body, name: str, tokens: int) -> dict[str, Any]:
    shape = body.shape
    return {"model": name, "layers": shape.layers, "heads": shape.heads, "hidden": shape.hidden, "max_tokens": tokens}


def write_retriever(
    path: Path, model: Retriever, pieces: Pieces, *, name: str, tokens: int, more: Mapping[str, Any]
) -> None:
    """Write the bi-encoder. Raises OSError."""
    vocabulary = np.frombuffer("\n".join(pieces.vocabulary).encode(), np.uint8)
    arrays = {"vocabulary": vocabulary, **body_arrays(model.body)}
    dimensions = model.body.shape.hidden
    if model.projection is not None:
        arrays["projection"] = _floats(model.projection)
        dimensions = len(model.projection)
    meta = {**_meta(model.body, name, tokens), "pooling": "mean", "dimensions": dimensions, **more}
    artifacts.write(path, arrays, method="transformer", version=VERSION, meta=meta)


def write_reader(path: Path, model: Reader, *, name: str, tokens: int, more: Mapping[str, Any]) -> None:
    """Write the cross-encoder, whose embeddings are those of transformer.bin. Raises OSError."""
    arrays = body_arrays(model.body, embeddings=False)
    arrays["head"], arrays["head.bias"] = _floats(model.head.weight), _floats(model.head.bias)
    meta = {**_meta(model.body, name, tokens), "pooling": "cls", "embeddings_of": "transformer.bin", **more}
    artifacts.write(path, arrays, method="reader", version=VERSION, meta=meta)
