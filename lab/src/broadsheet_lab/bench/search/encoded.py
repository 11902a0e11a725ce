"""The vectors of benchmark papers by the model that ships, kept by their texts from one run to the next.

Most texts are the same in the libraries of all query sets, so each is encoded once for every file of the model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.contract import NamedEncoder
from broadsheet.kit import artifacts
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.library import Library
from broadsheet.ranking.contract import Reader
from broadsheet_lab.bench.study import cache_folder, keep

__all__ = ["give_vectors", "shipped", "shipped_reader"]


def shipped() -> NamedEncoder:
    """The model that ships. Raises UsageError if it cannot be read."""
    model = pretrained.read_transformer()
    if model is None:
        raise UsageError(f"{pretrained.TRANSFORMER} cannot be read")
    return model


def shipped_reader() -> Reader:
    """The model that reads papers. Raises UsageError if it cannot be read."""
    reader = pretrained.read_reader()
    if reader is None:
        raise UsageError(f"{pretrained.READER} cannot be read")
    return reader


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


class EncodedTexts:
    """Vectors by texts, in one file for each file of the model."""

    def __init__(self, model: NamedEncoder) -> None:
        name = f"encoded-{model.name}-{artifacts.fingerprint(pretrained.TRANSFORMER)}.npz"
        self._model = model
        self._path: Path = cache_folder() / name
        self._keys, self._vectors = np.empty(0, np.uint64), np.empty((0, model.dimensions), np.float16)
        if self._path.exists():
            with np.load(self._path) as held:
                self._keys, self._vectors = held["keys"], held["vectors"]
        self._place = {key: at for at, key in enumerate(self._keys.tolist())}
        self._new: dict[int, NDArray[np.float16]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of texts, (n, d), from the file or made now."""
        keys = [_key(text) for text in texts]
        missing = [i for i, key in enumerate(keys) if key not in self._place and key not in self._new]
        if missing:
            made = self._model.encode([texts[i] for i in missing]).astype(np.float16)
            self._new |= {keys[i]: vector for i, vector in zip(missing, made, strict=True)}
        rows = [self._new[key] if key in self._new else self._vectors[self._place[key]] for key in keys]
        return np.array(rows, np.float32).reshape(-1, self._model.dimensions)

    def encode_all(self, lists: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        """The vectors of each list of texts; what was made is in the file when the last is done."""
        try:
            yield from map(self.encode, lists)
        finally:
            self.save()

    def save(self) -> None:
        """Write the file, if anything was made; whole or not at all."""
        if not self._new:
            return
        keys = np.concatenate([self._keys, np.array(list(self._new), np.uint64)])
        vectors = np.concatenate([self._vectors, np.array(list(self._new.values()), np.float16)])
        keep(self._path, partial(np.savez, keys=keys, vectors=vectors))


def give_vectors(library: Library) -> int:
    """Give every paper of a library its vector; the bytes of all."""
    return library.build_precise(encode=EncodedTexts(shipped()).encode_all).bytes
