"""Readers of the feed's board: what each saved, oldest first, and what each wanted later; made worse and joined."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import UsageError

__all__ = ["NOBODY", "FeedReader", "Rows", "after", "is_dev", "joined", "read_readers", "with_accidents"]

Rows = NDArray[np.int64]

NOBODY = np.empty(0, np.int64)
STRANGERS = 40  # other readers that are looked at for one of another interest


@dataclass(frozen=True)
class FeedReader:
    """One reader; papers are rows of the board's papers."""

    name: str
    saved: Rows  # in time order, oldest first
    later: Rows  # to be found
    interests: tuple[Rows, ...] = field(default=())  # the saves of each, for joined readers


def is_dev(name: str) -> bool:
    """Whether a reader is for choosing; the others are for reporting."""
    return hashlib.blake2b(name.encode(), digest_size=8).digest()[0] % 2 == 0


def read_readers(path: Path, rows: Mapping[str, int], *, dev: bool) -> tuple[FeedReader, ...]:
    """The readers of one half of author_readers.jsonl; `rows` has the row of every paper id. Raises UsageError."""
    if not path.is_file():
        raise UsageError(f"{path}: missing; the feed's board needs it")
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        name = hashlib.blake2b(line.encode(), digest_size=8).hexdigest()  # readers have no names
        if is_dev(name) == dev:
            told = json.loads(line)
            saved, later = (np.array([rows[p] for p in told[part] if p in rows], np.int64) for part in told)
            found.append(FeedReader(name, saved, later))
    return tuple(sorted(found, key=lambda reader: reader.name))


def after(reader: FeedReader, saves: int) -> FeedReader:
    """The reader with the latest `saves` saves only."""
    return replace(reader, saved=reader.saved[-saves:])


def with_accidents(reader: FeedReader, share: float, others: Rows, seed: int = 0) -> FeedReader:
    """With random papers of `others` among the saves, so that they are `share` of them."""
    n = round(share / (1 - share) * len(reader.saved))
    rng = np.random.default_rng([seed, int(reader.name[:8], 16)])
    wrong = rng.choice(np.setdiff1d(others, np.concatenate([reader.saved, reader.later])), n, replace=False)
    places = np.sort(rng.integers(0, len(reader.saved) + 1, n))
    return replace(reader, saved=np.insert(reader.saved, places, wrong))


def joined(
    readers: Sequence[FeedReader], interests: int, vectors: NDArray[np.float32], years: NDArray[np.int64]
) -> tuple[FeedReader, ...]:
    """Readers of several unlike interests: each reader with the least alike of some random others, saves by year.

    `vectors` (n, d) are of the papers, by which the likeness of two readers is told.
    """
    rng = np.random.default_rng(interests)
    means = np.stack([vectors[reader.saved].mean(axis=0) for reader in readers])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    found = []
    for at in range(len(readers)):
        parts = [at]
        while len(parts) < interests:
            strangers = rng.choice(len(readers), min(STRANGERS, len(readers)), replace=False)
            likeness = (means[strangers] @ means[parts].T).max(axis=1)
            parts.append(int(strangers[likeness.argmin()]))
        found.append(_together([readers[part] for part in parts], years))
    return tuple(found)


def _together(readers: Sequence[FeedReader], years: NDArray[np.int64]) -> FeedReader:
    own = tuple(np.setdiff1d(r.saved, np.concatenate([o.saved for o in readers if o is not r])) for r in readers)
    saved = np.unique(np.concatenate([reader.saved for reader in readers]))
    saved = saved[np.argsort(years[saved], kind="stable")]
    later = np.setdiff1d(np.concatenate([reader.later for reader in readers]), saved)
    return FeedReader("".join(reader.name[:8] for reader in readers), saved, later, own)
