"""The papers and queries that codes of vectors are measured on: all papers of papers.parquet, two kinds of queries.

Queries are the papers' one-sentence summaries and, one a paper, the queries written for others. Recall is against exact
search with the whole vectors, or of the paper a query asks for. Settings are chosen on dev queries, figures are of the
others.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline import pretrained
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.search.needs import KINDS, read_needs
from broadsheet_lab.bench.vector_data import best
from broadsheet_lab.compression.contract import Codes, Compressor

__all__ = ["DATASET", "Per", "World", "codebook_error", "opened"]

DATASET = "papers.parquet, 87,366 papers, 256-d vectors of the shipped encoder, tldr and written queries, test half"

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Per = NDArray[np.float64]  # a figure of every query
K = 10


@dataclass(frozen=True)
class World:
    """Papers and queries with the vectors of one encoder; the row each query asks for, and its ten nearest rows."""

    texts: Sequence[str]
    titles: Sequence[str]
    queries: Sequence[str]
    wanted: Rows  # (m,)
    dev: NDArray[np.bool_]  # (m,)
    encode: Callable[[Sequence[str]], Floats]

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
    def exact(self) -> Rows:
        """The ten nearest rows of every query, (m, 10), best first."""
        return best(self.asked, self.vectors, K)

    def half(self, *, dev: bool) -> World:
        """The same papers with the queries of one half."""
        rows = np.flatnonzero(self.dev == dev)
        some = World(
            self.texts,
            self.titles,
            [self.queries[i] for i in rows.tolist()],
            self.wanted[rows],
            self.dev[rows],
            self.encode,
        )
        some.__dict__.update(vectors=self.vectors, asked=self.asked[rows])  # known already
        return some

    def part(self, papers: int, most: int) -> World:
        """Papers at equal distances, and the first queries; the papers they ask for may be missing: take `recall`."""
        rows = np.arange(0, len(self.texts), len(self.texts) // papers)[:papers]
        texts, titles = ([of[i] for i in rows.tolist()] for of in (self.texts, self.titles))
        asked = np.arange(min(most, len(self.queries)))
        queries = [self.queries[i] for i in asked.tolist()]
        some = World(texts, titles, queries, np.full(len(asked), -1), self.dev[asked], self.encode)
        some.__dict__.update(vectors=self.vectors[rows], asked=self.asked[asked])
        return some

    def pool(self, papers: int) -> World:
        """Fewer papers: those that queries ask for, and others drawn."""
        others = np.setdiff1d(np.random.default_rng(0).permutation(len(self.texts))[:papers], self.wanted)
        others = np.random.default_rng(1).permutation(others)
        rows = np.sort(np.concatenate([np.unique(self.wanted), others])[:papers])
        texts, titles = ([of[i] for i in rows.tolist()] for of in (self.texts, self.titles))
        some = World(texts, titles, self.queries, np.searchsorted(rows, self.wanted), self.dev, self.encode)
        some.__dict__.update(vectors=self.vectors[rows], asked=self.asked)
        return some

    def tops(self, method: Compressor, codes: Codes | None = None, *, most: int = K, coded: bool = False) -> Rows:
        """The best `most` rows of every query by the codes of all papers, (m, most).

        By products with what codes decode to, which is what `scores` estimates; `coded`: queries are coded as well.
        """
        decoded = method.decode(codes or method.encode(self.vectors))
        asked = method.decode(method.encode(self.asked)) if coded else self.asked
        return best(asked, decoded, most)

    def recall(self, tops: Rows) -> Per:
        """The share of each query's ten nearest in `tops`."""
        return np.array([np.isin(e, t).mean() for e, t in zip(self.exact, tops, strict=True)])

    def found(self, tops: Rows) -> Per:
        """Whether the paper asked for is among the first ten of `tops`, 0 or 1."""
        return np.array([float(w in t[:K]) for w, t in zip(self.wanted, tops, strict=True)])


def codebook_error(method: Compressor, x: Floats) -> float:
    """The mean squared error of what the codes of vectors (n, d) decode to."""
    return float(np.square(method.decode(method.encode(x)) - x).sum(axis=1).mean())


def opened(path: Path) -> World:
    """The world of papers.parquet and the queries beside it."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["paper_id", "title", "abstract"]).to_pydict()
    titles = [title or "" for title in table["title"]]
    texts = [f"{title}. {abstract or ''}" for title, abstract in zip(titles, table["abstract"], strict=True)]
    known = datasets.known_items(path)
    pairs = list(zip(known.queries, known.wanted, strict=True))
    for need in read_needs(path):
        kind = KINDS[zlib.crc32(need.paper.encode()) // 2 % len(KINDS)]
        pairs.append((need.texts[kind], need.paper))
    whole = datasets.Known(tuple(text for text, _ in pairs), tuple(paper for _, paper in pairs))
    rows = {paper: row for row, paper in enumerate(table["paper_id"])}
    wanted = np.array([rows[paper] for paper in whole.wanted])
    return World(texts, titles, whole.queries, wanted, whole.dev, pretrained.read_encoder(pretrained.ENCODER).encode)
