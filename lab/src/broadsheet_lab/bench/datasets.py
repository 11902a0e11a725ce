"""Benchmark data, found through BROADSHEET_DATA (default ../shared/data beside the checkout)."""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import UsageError

__all__ = ["Known", "data_folder", "digest", "known_items", "papers_path", "without_queries"]

_QUERIES = frozenset({"tldr", "tl;dr"})  # columns of papers.parquet


def data_folder() -> Path:
    """The folder of benchmark data. Raises UsageError if there is none."""
    folder = Path(os.environ.get("BROADSHEET_DATA", Path.cwd().parent / "shared" / "data"))
    if not folder.is_dir():
        raise UsageError(
            f"{folder}: no benchmark data here; set BROADSHEET_DATA to the folder that holds papers.parquet"
        )
    return folder


def papers_path() -> Path:
    """papers.parquet. Raises UsageError if it is missing."""
    path = data_folder() / "papers.parquet"
    if not path.is_file():
        raise UsageError(f"{path}: missing; this benchmark needs it")
    return path


def digest(path: Path) -> str:
    """The first half of the file's SHA-256, to tell which data a number belongs to."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()[:32]


@dataclass(frozen=True)
class Known:
    """Known-item queries: query i asks for the paper with the source id wanted[i]."""

    queries: tuple[str, ...]
    wanted: tuple[str, ...]

    @cached_property
    def dev(self) -> NDArray[np.bool_]:
        """Which queries are for choosing, (n,); the others are for reporting. Fixed by a hash of the wanted id."""
        return np.array([zlib.crc32(w.encode()) % 2 == 0 for w in self.wanted], np.bool_)


def known_items(path: Path) -> Known:
    """The one-sentence summaries (tldr) of papers.parquet, each asking for its paper."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["paper_id", "tldr"]).to_pydict()
    pairs = [(t, p) for t, p in zip(table["tldr"], table["paper_id"], strict=True) if t]
    return Known(tuple(t for t, _ in pairs), tuple(p for _, p in pairs))


def without_queries(path: Path, folder: Path) -> Path:
    """A copy of papers.parquet in `folder` without the summaries that the known-item queries are made of.

    A library that has seen the queries proves nothing, so what is measured is filled from this copy.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    copy = folder / path.name
    pq.write_table(table.drop_columns([name for name in table.column_names if name.lower() in _QUERIES]), copy)
    return copy
