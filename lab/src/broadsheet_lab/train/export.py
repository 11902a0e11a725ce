"""Writes networks as model files of the product: weights in 8 bits, a scale for every row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from broadsheet.encoders.transformer import Transformer
from broadsheet.kit import artifacts
from broadsheet.kit.quantise import quantise_rows
from broadsheet.kit.transformer import quantise_weights
from broadsheet.ranking.cross_encoder import CrossEncoder
from broadsheet_lab.bert import Body
from broadsheet_lab.kit.minilm_file import vocabulary_array
from broadsheet_lab.kit.pieces import Pieces
from broadsheet_lab.networks import Reader, Retriever

__all__ = ["write_reader", "write_retriever"]

ENCODER = "transformer.bin"  # the file beside a reader's that has its embeddings
_MATRICES = ("qkv", "out", "up", "down")

Arrays = dict[str, NDArray[Any]]


def _floats(parameter: torch.Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(parameter.detach().float().numpy())


def _norm(norm: Any) -> NDArray[np.float32]:
    return np.stack([_floats(norm.weight), _floats(norm.bias)])


def _body(body: Body) -> Arrays:
    """The arrays of a network without embeddings and head."""
    arrays: Arrays = {"positions": _floats(body.positions), "embedding_norm": _norm(body.embedding_norm)}
    for i, layer in enumerate(body.layers):
        for name in _MATRICES:
            matrix = layer.get_submodule(name)
            codes, scales = quantise_weights(_floats(matrix.get_parameter("weight")))
            arrays[f"layer{i}.{name}"], arrays[f"layer{i}.{name}.scales"] = codes, scales
            arrays[f"layer{i}.{name}.bias"] = _floats(matrix.get_parameter("bias"))
        arrays[f"layer{i}.norm1"], arrays[f"layer{i}.norm2"] = _norm(layer.norm1), _norm(layer.norm2)
    if body.segments is not None:
        segments = _floats(body.segments)
        arrays["positions"] = arrays["positions"] + segments[0]
        arrays["segments"] = segments - segments[0]
    return arrays


def _meta(body: Body, name: str, tokens: int, pooling: str) -> dict[str, Any]:
    return {
        "name": name,
        "layers": body.shape.layers,
        "heads": body.shape.heads,
        "pooling": pooling,
        "max_tokens": tokens,
    }


def write_retriever(
    path: Path, model: Retriever, pieces: Pieces, *, name: str, tokens: int, more: Mapping[str, Any]
) -> None:
    """Write the bi-encoder; `more` goes into the header. Raises OSError."""
    arrays = {"vocabulary": vocabulary_array(pieces.vocabulary), **_body(model.body)}
    arrays["embeddings"], arrays["embedding_scales"] = quantise_rows(_floats(model.body.embeddings))
    dimensions = model.body.shape.hidden
    if model.projection is not None:
        arrays["projection"] = _floats(model.projection)
        dimensions = len(model.projection)
    meta = {**_meta(model.body, name, tokens, "mean"), "dimensions": dimensions, **more}
    artifacts.write(path, arrays, method=Transformer.kind(), version=Transformer.VERSION, meta=meta)


def write_reader(path: Path, model: Reader, *, name: str, encoder: str, tokens: int, more: Mapping[str, Any]) -> None:
    """Write the cross-encoder, whose embeddings are those of the bi-encoder of that name. Raises OSError."""
    arrays = _body(model.body)
    arrays["head"], arrays["head.bias"] = _floats(model.head.weight), _floats(model.head.bias)
    meta = {**_meta(model.body, name, tokens, "first"), "embeddings_of": ENCODER, "embeddings_name": encoder, **more}
    artifacts.write(path, arrays, method=CrossEncoder.kind(), version=CrossEncoder.VERSION, meta=meta)
