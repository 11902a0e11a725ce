"""The papers of one query set, and what several systems make of them: worked out once, when first asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import broadsheet
from broadsheet.kit.errors import LibraryError
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet_lab.bench.search.kept_libraries import open_kept
from broadsheet_lab.bench.search.query_set import Doc
from broadsheet_lab.bench.search.shared import Shared, passages_of
from broadsheet_lab.bench.search.tuning import Words
from broadsheet_lab.bench.study import Study
from broadsheet_lab.encoders.minilm import MiniLM

__all__ = ["Corpus", "Filled"]

Encode = Callable[[Sequence[str]], NDArray[np.float32]]

_SAMPLE = 64  # texts encoded to tell how long all of them take


@dataclass(frozen=True)
class Filled:
    """The papers in a library of the product."""

    library: Library
    numbers: NDArray[np.int64]  # the library's number of every paper, (n,)
    seconds: float

    @cached_property
    def view(self) -> IndexSnapshot:
        """What it searches."""
        return self.library.snapshot()

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The row of the view for every paper, (n,)."""
        return self.view.rows_of(self.numbers)

    @cached_property
    def position(self) -> NDArray[np.int64]:
        """The position of the paper of every row of the view, -1 where there is none, (rows,)."""
        found = np.full(len(self.view), -1, np.int64)
        found[self.rows] = np.arange(len(self.rows))
        return found

    @cached_property
    def papers(self) -> dict[int, list[int]]:
        """number -> the positions of the papers under it: more than one where the product sees one paper."""
        found: dict[int, list[int]] = {}
        for at, number in enumerate(self.numbers.tolist()):
            found.setdefault(number, []).append(at)
        return found

    def positions(self, numbers: NDArray[np.int64], k: int) -> list[int]:
        """Results of the library as positions of papers, k at most."""
        return [at for number in numbers.tolist() for at in self.papers[number]][:k]

    def lexical(self, text: str) -> NDArray[np.float32]:
        """The score of every paper by words alone, (n,)."""
        scores: NDArray[np.float32] = self.view.inverted.scores(AnalyzedQuery.of(self.view, text).sparse)[self.rows]
        return scores


@dataclass(frozen=True)
class Corpus:
    """`docs` are the papers as systems may see them, `shared` has the same papers with nothing taken away.

    With `keep` the library stays filled for the next run.
    """

    docs: tuple[Doc, ...]
    shared: Shared
    scratch: Path
    tell: Callable[[str], None]
    keep: bool = False

    @property
    def whole(self) -> tuple[Doc, ...]:
        """The papers with nothing taken away."""
        return self.shared.source.docs

    @property
    def study(self) -> Study:
        """The sample to learn from, with its cache of vectors."""
        return self.shared.study

    def __len__(self) -> int:
        return len(self.docs)

    @cached_property
    def positions(self) -> dict[str, int]:
        """The position of every paper id."""
        return {doc.id: at for at, doc in enumerate(self.docs)}

    @cached_property
    def texts(self) -> list[str]:
        """Title, abstract and keywords: what lexical engines are given."""
        return ["\n".join((d.title, d.abstract, ", ".join(d.keywords))) for d in self.docs]

    @cached_property
    def words(self) -> Words:
        """The terms of every paper as bm25s sees them."""
        return Words.of(self.docs)

    @cached_property
    def filled(self) -> Filled:
        """The product's own library of these papers, written as JSON lines and added as a user would."""
        path = self.scratch / "papers.jsonl"
        with path.open("w", encoding="utf-8") as handle:
            for at, doc in enumerate(self.docs):
                handle.write(json.dumps(_record(doc, at), ensure_ascii=False) + "\n")
        started = time.perf_counter()
        library = open_kept(path) if self.keep else broadsheet.open(self.scratch / "library")
        if not self.keep:
            library.add(path)
        library.search("warm")
        seconds = time.perf_counter() - started
        found = library.catalogue.papers.resolve_many([doc.id for doc in self.docs])
        numbers = [found[doc.id] for doc in self.docs]
        if lost := [doc.id for doc, number in zip(self.docs, numbers, strict=True) if number is None]:
            raise LibraryError(f"{path}: {len(lost)} papers did not come into the library, first {lost[0]}")
        return Filled(library, np.array(numbers, np.int64), seconds)

    @cached_property
    def changed(self) -> list[int]:
        """The positions of the papers whose title or abstract lost something."""
        pairs = zip(self.passages, passages_of(self.whole), strict=True)
        return [i for i, (a, b) in enumerate(pairs) if a != b]

    @property
    def mostly_changed(self) -> bool:
        """Whether so many papers lost a part that little made of the whole ones is of use."""
        return 2 * len(self.changed) > len(self)

    def vectors(self, encode: Encode, whole: Callable[[Encode], NDArray[np.float32]]) -> NDArray[np.float32]:
        """The vectors of all passages, (n, d): those of the `whole` ones, but where few lost a part these anew."""
        if self.mostly_changed:
            return encode(self.passages)
        vectors = whole(encode)
        if self.changed:
            vectors = np.array(vectors)
            vectors[self.changed] = encode([self.passages[i] for i in self.changed])
        return vectors

    @cached_property
    def minilm(self) -> NDArray[np.float32]:
        """MiniLM's vectors (n, 384), from the disk cache of studies; papers that lost a part are encoded anew."""
        return self.vectors(self.study.encode, lambda encode: encode(passages_of(self.whole)))

    @cached_property
    def passages(self) -> list[str]:
        """Title and abstract as one text: what sentence encoders are given."""
        return passages_of(self.docs)

    def encoding_seconds(self, encode: Callable[[Sequence[str]], object]) -> float:
        """How long all passages would take, from a sample: the vectors themselves may come from the cache."""
        sample = self.passages[:: max(1, len(self) // _SAMPLE)][:_SAMPLE]
        encode(["warm"])  # reading the model in is not what grows with the papers
        started = time.perf_counter()
        encode(sample)
        return (time.perf_counter() - started) * len(self) / len(sample)

    @cached_property
    def minilm_seconds(self) -> float:
        """How long MiniLM's vectors would take."""
        return self.encoding_seconds(MiniLM(half=True).encode)

    def close(self) -> None:
        """Close the library, if one was made."""
        if "filled" in self.__dict__:
            self.filled.library.close()


def _record(doc: Doc, at: int) -> dict[str, object]:
    """A line of JSON. A paper must have a title: one that lost it gets a word that no query and no other paper has."""
    return {
        "paper_id": doc.id,
        "title": doc.title or f"zq{at:06d}xv",
        "abstract": doc.abstract,
        "keywords": list(doc.keywords),
        "authors": list(doc.authors),
        "venue": doc.venue,
        "year": doc.year,
    }
