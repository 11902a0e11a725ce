"""The papers and queries that codes of vectors are measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.select import top_k_masked
from broadsheet.pipeline import pretrained
from broadsheet_lab.bench import datasets
from broadsheet_lab.compression._recurrent import Floats

__all__ = ["Per", "World", "opened"]

Per = NDArray[np.float64]  # a figure of every query


@dataclass(frozen=True)
class World:
    """Papers and queries with the vectors of one encoder; the row each query asks for, and its ten nearest rows."""

    texts: list[str]
    titles: list[str]
    queries: tuple[str, ...]
    wanted: NDArray[np.int64]  # (m,)
    dev: NDArray[np.bool_]  # (m,)
    encode: Callable[[list[str] | tuple[str, ...]], Floats]

    @cached_property
    def vectors(self) -> Floats:
        """Of titles with abstracts, (n, d)."""
        return self.encode(self.texts)

    @cached_property
    def headings(self) -> Floats:
        """Of titles alone, (n, d): what pairs with them."""
        return self.encode(self.titles)

    @cached_property
    def asked(self) -> Floats:
        """Of the queries, (m, d)."""
        return self.encode(self.queries)

    @cached_property
    def exact(self) -> list[NDArray[np.int64]]:
        """The ten nearest rows of every query."""
        return [top_k_masked(self.vectors @ query, 10).ids for query in self.asked]

    def recall(self, tops: list[NDArray[np.int64]]) -> Per:
        """The share of each query's ten nearest in `tops`."""
        return np.array([np.isin(e, t).mean() for e, t in zip(self.exact, tops, strict=True)])

    def found(self, tops: list[NDArray[np.int64]]) -> Per:
        """Whether the paper asked for is in `tops`, 0 or 1."""
        return np.array([float(w in t) for w, t in zip(self.wanted, tops, strict=True)])


def opened(path: Path) -> World:
    """The world of papers.parquet."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["paper_id", "title", "abstract"]).to_pydict()
    titles = [title or "" for title in table["title"]]
    texts = [f"{title}. {abstract or ''}" for title, abstract in zip(titles, table["abstract"], strict=True)]
    known = datasets.known_items(path)
    rows = {paper: row for row, paper in enumerate(table["paper_id"])}
    wanted = np.array([rows[paper] for paper in known.wanted])
    encoder = pretrained.read_encoder(pretrained.ENCODER)
    return World(texts, titles, known.queries, wanted, known.dev, encoder.encode)
