"""The product itself, through its front door: a library on disk, asked as any program would ask it."""

from __future__ import annotations

from typing import Any

from broadsheet_lab.bench.search.contract import Build, Built
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.encoded import give_vectors, shipped
from broadsheet_lab.bench.search.query_set import QuerySet

__all__ = ["DEFAULT", "MODES", "label", "mode", "similar"]

DEFAULT = "broadsheet"
MODES: tuple[str, ...] = (
    "",
    "precise",
)  # of `Library.search_ids`; "" leaves it out: the default search


def label(name: str) -> str:
    """What a mode is called on the leaderboard."""
    return f"{DEFAULT} {name}".strip()


def mode(name: str) -> Build:
    """The search of the product in one of its modes, with the vectors of all papers.

    Every file of the index is counted, the catalogue is not.
    """

    def build(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its settings are those it is shipped with
        filled = corpus.filled
        options = {"mode": name} if name else {}
        size = give_vectors(filled.library)
        seconds = corpus.encoding_seconds(shipped().encode)  # from a sample: the vectors come from the cache
        ask: Any = filled.library.search_ids

        def search(text: str, k: int) -> list[int]:
            return filled.positions(ask(text, k, **options).ids, k)

        return Built(search, filled.library.stats().index_bytes + size, filled.seconds + seconds)

    return build


def similar(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its settings are those it is shipped with
    """Papers like the liked ones, as its pages show them: snippets and reasons are made too."""
    filled = corpus.filled
    give_vectors(filled.library)

    def search(text: str, k: int) -> list[int]:
        page = filled.library.similar(text.split(" "), k=k)
        return [at for item in page.results for at in filled.papers[item.stored.id]][:k]

    return Built(search, filled.library.stats().index_bytes, filled.seconds)
