"""The product itself, through its front door: a library on disk, asked as any program would ask it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.index.vector_file import encode_papers, text_of
from broadsheet_lab.bench.search.contract import Build, Built
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.dense import torch_on_one_thread
from broadsheet_lab.bench.search.query_set import QuerySet

__all__ = ["DEFAULT", "MODES", "give_vectors", "label", "mode", "similar"]

DEFAULT = "broadsheet"
MODES: tuple[str, ...] = (
    "",
    "precise",
)  # of `Library.search_ids`; "" leaves it out: the default search


def label(name: str) -> str:
    """What a mode is called on the leaderboard."""
    return f"{DEFAULT} {name}".strip()


def mode(name: str) -> Build:
    """The search of the product in one of its modes. Every file of the index is counted, the catalogue is not."""

    def build(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its settings are those it is shipped with
        filled = corpus.filled
        options = {"mode": name} if name else {}
        if name:
            torch_on_one_thread()
        size, seconds = (give_vectors(corpus), _encoding_seconds(corpus)) if name == "precise" else (0, 0.0)
        ask: Any = filled.library.search_ids

        def search(text: str, k: int) -> list[int]:
            return filled.positions(ask(text, k, **options).ids, k)

        return Built(search, filled.library.stats().index_bytes + size, filled.seconds + seconds)

    return build


def _encoding_seconds(corpus: Corpus) -> float:
    """How long all papers take, from a sample: the vectors themselves come from the cache."""
    return corpus.encoding_seconds(encode_papers())


def give_vectors(corpus: Corpus) -> int:
    """Give the library of the papers the vectors of precise search, from the cache of studies; their bytes."""
    filled = corpus.filled
    place = {
        text_of(document): filled.papers[document.id][0]
        for batch in filled.library.catalogue.papers.documents()
        for document in batch
    }

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray(corpus.minilm[[place[text] for text in texts]], np.float32)

    return filled.library.build_precise(encode=encode).bytes


def similar(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its settings are those it is shipped with
    """Papers like the liked ones, as its pages show them: snippets and reasons are made too."""
    filled = corpus.filled

    def search(text: str, k: int) -> list[int]:
        page = filled.library.similar(text.split(" "), k=k)
        return [at for item in page.results for at in filled.papers[item.stored.id]][:k]

    return Built(search, filled.library.stats().index_bytes, filled.seconds)
