"""Vectors of a large encoder for many texts, worked out once and kept in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as f

from broadsheet_lab.train.network import Body, Shape, ragged_batch
from broadsheet_lab.train.pieces import CLS, SEP, Pieces, read_vocabulary

__all__ = ["Teacher", "weights_of"]

Floats = NDArray[np.float32]
_BATCH_TOKENS = 6144


def weights_of(folder: Path) -> dict[str, NDArray[np.float32]]:
    """The weights of a BERT by name, from model.safetensors in a folder."""
    from safetensors.numpy import load_file

    found = load_file(folder / "model.safetensors")
    return {name.removeprefix("bert."): array for name, array in found.items()}


def _special_first(whole: Sequence[str]) -> Pieces:
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
    return Pieces((*special, *(p for p in whole if p not in special)))


@dataclass(frozen=True)
class Teacher:
    """A BERT in a folder: model.safetensors, vocab.txt. `pooling` is mean or cls."""

    folder: Path
    layers: int
    cache: Path
    pooling: str = "mean"
    most_tokens: int = 128
    prompt: str = ""  # put before queries

    @cached_property
    def _parts(self) -> tuple[Pieces, Body]:
        whole = read_vocabulary(self.folder / "vocab.txt")
        pieces = _special_first(whole)
        body = Body(Shape(len(whole), layers=self.layers, positions=512))
        body.load(weights_of(self.folder), pieces.places_in(whole), range(self.layers))
        return pieces, body.eval()

    def encode(self, texts: Sequence[str], tell: Callable[[str], None] = lambda _: None) -> Floats:
        """Unit vectors (n, 384), kept for the next time as half precision."""
        key = f"{self.folder}\0{self.layers}\0{self.pooling}\0{self.most_tokens}\0" + "\0".join(texts)
        path = self.cache / f"teacher-{hashlib.sha256(key.encode()).hexdigest()[:24]}.npy"
        if not path.exists():
            np.save(path, self._encode(texts, tell).astype(np.float16))
        return np.load(path).astype(np.float32)

    @torch.inference_mode()
    def _encode(self, texts: Sequence[str], tell: Callable[[str], None]) -> Floats:
        pieces, body = self._parts
        rows = [np.array([CLS, *x[: self.most_tokens - 2], SEP], np.int32) for x in pieces.ids(texts)]
        order = np.argsort([-len(r) for r in rows], kind="stable")
        out, at, told = np.zeros((len(rows), body.shape.hidden), np.float32), 0, 0
        while at < len(order):
            chosen = order[at : at + max(1, _BATCH_TOKENS // len(rows[order[at]]))]
            ids = ragged_batch([rows[i] for i in chosen])
            states = body(ids).float()
            if self.pooling == "mean":
                seen = (ids != 0)[..., None].float()
                pooled = (states * seen).sum(1) / seen.sum(1)
            else:
                pooled = states[:, 0]
            out[chosen] = f.normalize(pooled, dim=-1).numpy()
            at += len(chosen)
            if at - told > 5000:
                told = at
                tell(f"{self.folder.name}: {at} of {len(order)}")
        return out
