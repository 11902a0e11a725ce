"""papers.parquet as a library, with what the claims are measured against: texts, exact vectors, queries."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import broadsheet
from broadsheet.catalogue import Document
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.library import Library
from broadsheet_lab.bench import datasets, peers

__all__ = ["Corpus", "opened"]

LIBRARY = "BROADSHEET_BENCH_LIBRARY"
DEAD = Document(0, "", "", "", "", "", "", 0, 0)  # in the place of a row that stands for no paper any more


@dataclass(frozen=True)
class Corpus:
    """A library of papers.parquet and its known-item queries."""

    library: Library
    known: datasets.Known
    papers: Path  # papers.parquet
    tell: Callable[[str], None]

    @cached_property
    def view(self) -> IndexSnapshot:
        """What is measured."""
        return self.library.snapshot()

    @cached_property
    def wanted(self) -> list[int]:
        """The row each query asks for."""
        return [int(row) for row in self.view.rows_of(peers.wanted_ids(self.library, self.known))]

    @cached_property
    def test(self) -> NDArray[np.int64]:
        """The queries to report on, as positions."""
        return np.flatnonzero(~self.known.dev)

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """The paper of every row."""
        self.tell("reading the papers")
        held = {d.id: d for batch in self.library.catalogue.papers.documents() for d in batch}
        return tuple(held.get(number, DEAD) for number in self.view.ids.tolist())

    @cached_property
    def texts(self) -> list[str]:
        """Title, abstract and keywords of every row: what each lexical engine is given."""
        return ["\n".join((d.title, d.abstract, d.summary, d.keywords)) for d in self.documents]

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """The encoder's vectors of the texts before they are compressed, (n, d)."""
        self.tell("encoding the papers")
        return np.concatenate(
            [self.view.encoder.encode(self.texts[i : i + 5000]) for i in range(0, len(self.view), 5000)]
        )

    @cached_property
    def query_vectors(self) -> NDArray[np.float32]:
        """The encoder's vectors of the queries, (q, d)."""
        return self.view.encoder.encode(self.known.queries)


def _checked(library: Library, papers: Path) -> Library:
    """The library itself. Raises UsageError if it does not hold the papers of `papers` and no others."""
    import pyarrow.parquet as pq

    rows, held = pq.ParquetFile(papers).metadata.num_rows, library.catalogue.papers.count()
    if not 0.99 * rows <= held <= rows:  # a few records are the same paper
        raise UsageError(f"{LIBRARY}={library.path}: holds {held} papers, not the {rows} of {papers}; unset {LIBRARY}")
    return library


@contextmanager
def opened(tell: Callable[[str], None]) -> Iterator[Corpus]:
    """papers.parquet in a library made for the occasion, or in the one BROADSHEET_BENCH_LIBRARY names.

    Raises UsageError if the data is missing or the named library holds something else.
    """
    papers = datasets.papers_path()
    known = datasets.known_items(papers)
    named = os.environ.get(LIBRARY)
    with (
        tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as scratch,
        broadsheet.open(named or Path(scratch) / "library", create=not named) as library,
    ):
        if not named:
            tell("adding every paper")
            library.add(datasets.without_queries(papers, Path(scratch)))
        yield Corpus(_checked(library, papers), known, papers, tell)
