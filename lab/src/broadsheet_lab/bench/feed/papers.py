"""The papers of the feed's board as the peers see them: words, word pairs, titles, vectors; each made once and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from broadsheet.kit import artifacts
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline import pretrained
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.search.encoded import EncodedTexts, shipped
from broadsheet_lab.bench.study import cache_folder, keep

__all__ = ["Papers", "bm25", "read_papers"]

Floats = NDArray[np.float32]

PAIRS = {"max_features": 100_000, "min_df": 5, "max_df": 0.1, "sublinear_tf": True}
K1, B = 1.2, 0.75
STEP = 5000  # texts encoded at once


@dataclass(frozen=True)
class Papers:
    """Row i of everything is the same paper. Authors and organisations are left out: they give the answer away."""

    name: str  # of the set of papers, for the files that keep what was made of them
    ids: tuple[str, ...]
    titles: tuple[str, ...]
    abstracts: tuple[str, ...]
    years: NDArray[np.int64]
    tell: Callable[[str], None] = field(default=lambda _: None)
    longest: int = 2  # words of a term: pairs say nothing where the order of words is not known

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of every paper id."""
        return {paper: row for row, paper in enumerate(self.ids)}

    @cached_property
    def texts(self) -> list[str]:
        """Title and abstract of every paper, as the product encodes them."""
        return [f"{title}. {abstract}" for title, abstract in zip(self.titles, self.abstracts, strict=True)]

    @cached_property
    def pairs(self) -> sparse.csr_matrix:
        """Unit tf-idf rows of words and word pairs, (n, terms)."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        make = TfidfVectorizer(stop_words="english", ngram_range=(1, self.longest), dtype=np.float32, **PAIRS)
        return self._kept("pairs", lambda: make.fit_transform(self.texts))

    @cached_property
    def bm25_titles(self) -> sparse.csr_matrix:
        """BM25 weights of the titles' words, (n, terms)."""
        from sklearn.feature_extraction.text import CountVectorizer

        make = CountVectorizer(stop_words="english", dtype=np.float32)
        return self._kept("titles", lambda: bm25(make.fit_transform(self.titles)))

    @cached_property
    def static(self) -> Floats:
        """Unit vectors by the word encoder that ships, (n, d)."""
        path = cache_folder() / f"feed-{self.name}-static-{artifacts.fingerprint(pretrained.ENCODER)}.npy"
        if not path.exists():
            self.tell(f"encoding {len(self)} papers")
            encode = pretrained.read_encoder(pretrained.ENCODER).encode
            made = np.concatenate([encode(self.texts[i : i + STEP]) for i in range(0, len(self), STEP)])
            keep(path, partial(np.save, arr=unit_rows(made)))
        vectors: Floats = np.load(path)
        return vectors

    @cached_property
    def transformer(self) -> Floats:
        """Unit vectors by the transformer that ships, (n, 256)."""
        model = EncodedTexts(shipped())
        parts = (self.texts[i : i + STEP] for i in range(0, len(self.texts), STEP))
        return unit_rows(np.concatenate(list(model.encode_all(parts))))

    def _kept(self, what: str, make: Callable[[], sparse.csr_matrix]) -> sparse.csr_matrix:
        path: Path = cache_folder() / f"feed-{self.name}-{what}.npz"
        if not path.exists():
            self.tell(f"making {what} of {len(self)} papers")
            keep(path, partial(sparse.save_npz, matrix=sparse.csr_matrix(make()), compressed=False))
        return sparse.csr_matrix(sparse.load_npz(path))


def bm25(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """The BM25 weight of every count (n, terms), idf included."""
    counts = sparse.csr_matrix(counts, dtype=np.float32)
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    df = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log1p((counts.shape[0] - df + 0.5) / (df + 0.5)).astype(np.float32)
    norm = np.repeat(K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-9)), np.diff(counts.indptr)).astype(np.float32)
    counts.data = counts.data * (K1 + 1) / (counts.data + norm) * idf[counts.indices]
    return counts


def read_papers(path: Path, tell: Callable[[str], None]) -> Papers:
    """The papers of papers.parquet, in file order."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["paper_id", "title", "abstract", "year"]).to_pydict()
    titles, abstracts = (tuple(t or "" for t in table[name]) for name in ("title", "abstract"))
    years = np.array([year or 0 for year in table["year"]], np.int64)
    return Papers(datasets.digest(path)[:12], tuple(table["paper_id"]), titles, abstracts, years, tell)
