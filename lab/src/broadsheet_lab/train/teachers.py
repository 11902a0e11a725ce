"""Vectors of a large encoder for many texts, worked out once and kept in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.study import keep
from broadsheet_lab.kit.minilm_file import read_safetensors
from broadsheet_lab.networks import Network

__all__ = ["Teacher", "weights_of"]

Floats = NDArray[np.float32]
_TEXTS = 5000


def weights_of(folder: Path) -> dict[str, NDArray[Any]]:
    """The weights of a BERT by name, from model.safetensors in a folder."""
    return {name.removeprefix("bert."): array for name, array in read_safetensors(folder / "model.safetensors").items()}


@dataclass(frozen=True)
class Teacher:
    """A BERT in a folder (model.safetensors, vocab.txt) whose vector of a text is the mean of its states.

    `cache` is a folder for vectors of many texts.
    """

    folder: Path
    layers: int
    cache: Path
    most_tokens: int = 128

    @cached_property
    def _network(self) -> Network:
        return Network.minilm(folder=self.folder, layers=self.layers, tokens=self.most_tokens)

    def encode(self, texts: Sequence[str], tell: Callable[[str], None] = lambda _: None) -> Floats:
        """Unit vectors (n, d), kept for the next time in half precision."""
        key = f"{self.layers}\0{self.most_tokens}\0" + "\0".join(texts)
        path = self.cache / f"teacher-{hashlib.sha256(key.encode()).hexdigest()[:24]}.npy"
        if not path.exists():
            parts = []
            for start in range(0, len(texts), _TEXTS):
                parts.append(self.encode_now(texts[start : start + _TEXTS]))
                tell(f"the teacher encoded {start + len(parts[-1])} of {len(texts)} texts")
            keep(path, partial(np.save, arr=np.concatenate(parts).astype(np.float16)))
        return np.asarray(np.load(path), np.float32)

    def encode_now(self, texts: Sequence[str]) -> Floats:
        """Unit vectors (n, d)."""
        return self._network.encode(texts)
