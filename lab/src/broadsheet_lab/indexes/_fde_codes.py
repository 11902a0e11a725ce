"""Encodings in one byte for every eight components (the paper's PQ-256-8), scored by look-ups with whole queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.contract import Arrays
from broadsheet.kit.hits import Hits
from broadsheet.kit.mask import Mask
from broadsheet.kit.select import top_k_masked
from broadsheet_lab.kit.codebooks import add_looked_up
from broadsheet_lab.kit.kmeans import kmeans, nearest

__all__ = ["GroupCodes", "GroupScan"]

WIDTH = 8  # components a byte
CODEWORDS = 256
_ROUNDS = 8

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GroupCodes:
    """A run of encodings, each cut into groups, and the nearest codeword of every group."""

    codebooks: Floats  # (groups, codewords, width)
    codes: NDArray[np.uint8]  # (n, groups)

    @classmethod
    def learn(cls, sample: Floats, *, width: int = WIDTH, rounds: int = _ROUNDS, seed: int = 0) -> Floats:
        """The codebooks for encodings like those of a sample (n, length), `width` components a group.

        Raises ValueError if the length is no multiple of the width.
        """
        if sample.shape[1] % width:
            raise ValueError(f"encodings of {sample.shape[1]} components are not cut into groups of {width}")
        size = min(CODEWORDS, len(sample))
        groups = np.split(sample, sample.shape[1] // width, axis=1)
        return np.stack([kmeans(np.ascontiguousarray(g), size, iterations=rounds, seed=seed) for g in groups])

    @classmethod
    def of(cls, parts: Iterable[Floats], codebooks: Floats) -> GroupCodes:
        """The codes of encodings that come in parts (n, length)."""
        width = codebooks.shape[2]
        found = [np.empty((0, len(codebooks)), np.uint8)]
        for part in parts:
            groups = (np.ascontiguousarray(part[:, i * width : (i + 1) * width]) for i in range(len(codebooks)))
            columns = [nearest(group, book)[0] for group, book in zip(groups, codebooks, strict=True)]
            found.append(np.stack(columns, axis=1).astype(np.uint8))
        return cls(codebooks, np.concatenate(found))

    @property
    def rows(self) -> int:
        """How many encodings."""
        return len(self.codes)

    @property
    def dimensions(self) -> int:
        """Components of an encoding."""
        return int(self.codebooks.shape[0] * self.codebooks.shape[2])

    def scores(self, query: Floats) -> Floats:
        """The inner product of a query's encoding (length,) with what each code stands for, (n,)."""
        tables = np.einsum("gkw,gw->gk", self.codebooks, query.reshape(len(self.codebooks), -1))
        out = np.zeros(self.rows, np.float32)
        add_looked_up(np.ascontiguousarray(tables, np.float32), self.codes, out)
        return out

    def to_arrays(self) -> Arrays:
        """Everything needed to restore it."""
        return {"codebooks": self.codebooks, "codes": self.codes}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> GroupCodes:
        """The codes again. Raises ValueError if the arrays do not fit together."""
        books, codes = arrays["codebooks"], arrays["codes"]
        if books.ndim != 3 or codes.ndim != 2 or codes.shape[1] != len(books) or codes.dtype != np.uint8:
            raise ValueError(f"codebooks of shape {books.shape} and codes of shape {codes.shape} differ")
        return cls(books, codes)


class GroupScan:
    """Runs of codes searched as one."""

    def __init__(self, blocks: Sequence[GroupCodes]) -> None:
        self.blocks = tuple(blocks)

    def search(self, query: Floats, k: int, allowed: Mask | None = None) -> Hits:
        """At most k rows with the greatest scores for the query's encoding (length,), best first."""
        return top_k_masked(np.concatenate([block.scores(query) for block in self.blocks]), k, allowed)
