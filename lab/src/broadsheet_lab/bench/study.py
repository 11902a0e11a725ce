"""A study: a fixed sample of papers.parquet small enough to train on in minutes, with its queries and frozen vectors.

Every paper with a tldr or with three keywords is in it, and others up to SIZE, in the order of a hash of their ids.
What takes long (MiniLM's vectors) is kept in the folder BROADSHEET_CACHE names, by a digest of the texts.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench import datasets
from broadsheet_lab.encoders.minilm import MiniLM, TokenStates

__all__ = ["SIZE", "Queries", "Study", "cache_folder", "keep", "opened"]

SIZE = 12_000
LEAST_KEYWORDS = 3
COLUMNS = ["paper_id", "title", "abstract", "keywords", "tldr", "venue", "year", "session", "primary_area", "authors"]


@dataclass(frozen=True)
class Queries:
    """Queries and the rows each should find; `dev` marks those to choose on, the others are reported."""

    texts: tuple[str, ...]
    wanted: tuple[NDArray[np.int64], ...]  # row numbers, at least one a query
    dev: NDArray[np.bool_]


@dataclass(frozen=True)
class Study:
    """The sample; row i of everything is the same paper."""

    papers: Path
    tell: Callable[[str], None]

    @cached_property
    def table(self) -> dict[str, list[Any]]:
        """The columns of the sampled papers, as lists."""
        import pyarrow.parquet as pq

        whole = pq.read_table(self.papers, columns=COLUMNS)
        ids, tldr, words = (whole[name].to_pylist() for name in ("paper_id", "tldr", "keywords"))
        order = sorted(
            range(len(ids)),
            key=lambda i: (not (tldr[i] or len(words[i] or ()) >= LEAST_KEYWORDS), zlib.crc32(ids[i].encode())),
        )
        sampled: dict[str, list[Any]] = whole.take(sorted(order[:SIZE])).to_pydict()
        return sampled

    @cached_property
    def texts(self) -> list[str]:
        """Title and abstract of every paper."""
        return [f"{t}. {a or ''}" for t, a in zip(self.table["title"], self.table["abstract"], strict=True)]

    @cached_property
    def dev(self) -> NDArray[np.bool_]:
        """Which papers are for choosing and training, (n,): by the same hash everywhere."""
        return np.array([zlib.crc32(p.encode()) % 2 == 0 for p in self.table["paper_id"]], np.bool_)

    @cached_property
    def tldr(self) -> Queries:
        """One-sentence summaries, each asking for its paper."""
        rows = [i for i, t in enumerate(self.table["tldr"]) if t]
        return Queries(
            tuple(self.table["tldr"][i] for i in rows), tuple(np.array([i]) for i in rows), self.dev[np.array(rows)]
        )

    @cached_property
    def by_keywords(self) -> Queries:
        """The first five keywords of a paper, asking for that paper; keywords are in no text."""
        rows = [i for i, k in enumerate(self.table["keywords"]) if len(k or ()) >= LEAST_KEYWORDS]
        texts = tuple(", ".join(self.table["keywords"][i][:5]) for i in rows)
        return Queries(texts, tuple(np.array([i]) for i in rows), self.dev[np.array(rows)])

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """MiniLM's vector of every paper's text, (n, 384)."""
        return self.encode(self.texts)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """MiniLM's vectors of any texts, (m, 384), kept for the next time."""
        path = cache_folder() / f"minilm-{_digest(texts)}.npy"
        if not path.exists():
            self.tell(f"encoding {len(texts)} texts with MiniLM")
            keep(path, partial(np.save, arr=MiniLM(half=True).encode(texts)))
        found: NDArray[np.float32] = np.load(path, mmap_mode="r")
        return np.asarray(found)

    def states(self, texts: Sequence[str]) -> TokenStates:
        """MiniLM's token states of any texts, kept for the next time; 150 kB a paper: ask for few thousand."""
        stem = cache_folder() / f"minilm-states-{_digest(texts)}"
        paths = [stem.with_suffix(f".{part}.npy") for part in ("vectors", "tokens", "bounds")]
        if not all(p.exists() for p in paths):
            self.tell(f"encoding the tokens of {len(texts)} texts with MiniLM")
            found = MiniLM(half=True).states(texts)
            arrays: tuple[NDArray[Any], ...] = (found.vectors, found.tokens, found.bounds)
            for path, array in zip(paths, arrays, strict=True):
                keep(path, partial(np.save, arr=array))
        return TokenStates(*(np.load(p, mmap_mode="r") for p in paths))


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]


def cache_folder() -> Path:
    """The folder that keeps what takes long to make; BROADSHEET_CACHE names it."""
    folder = Path(os.environ.get("BROADSHEET_CACHE", Path.home() / ".cache" / "broadsheet"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep(path: Path, save: Callable[[BinaryIO], object]) -> None:
    """Write a file whole or not at all; `save` gets it open."""
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as handle:
        save(handle)
    part.replace(path)


def opened(tell: Callable[[str], None] = lambda _: None) -> Study:
    """The study of papers.parquet. Raises UsageError if the data is missing."""
    return Study(datasets.papers_path(), tell)
