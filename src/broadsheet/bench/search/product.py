"""The product itself, through its front door: a library on disk, asked as any program would ask it."""

from __future__ import annotations

from typing import Any

from broadsheet.bench.search.contract import Build, Built
from broadsheet.bench.search.corpus import Corpus
from broadsheet.bench.search.sets import QuerySet

__all__ = ["DEFAULT", "MODES", "label", "mode", "similar"]

DEFAULT = "broadsheet"
MODES: tuple[str, ...] = ("",)  # what `Library.search_ids` takes as `mode`; "" leaves it out: the default search


def label(name: str) -> str:
    """What a mode is called on the leaderboard."""
    return f"{DEFAULT} {name}".strip()


def mode(name: str) -> Build:
    """The search of the product in one of its modes. Every file of the index is counted, the catalogue is not."""

    def build(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its settings are those it is shipped with
        filled = corpus.filled
        options = {"mode": name} if name else {}
        ask: Any = filled.library.search_ids

        def search(text: str, k: int) -> list[int]:
            return filled.positions(ask(text, k, **options).ids, k)

        return Built(search, filled.library.stats().index_bytes, filled.seconds)

    return build


def similar(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  its settings are those it is shipped with
    """Papers like the liked ones, as its pages show them: snippets and reasons are made too."""
    filled = corpus.filled

    def search(text: str, k: int) -> list[int]:
        page = filled.library.similar(text.split(" "), k=k)
        return [at for item in page.results for at in filled.papers[item.stored.id]][:k]

    return Built(search, filled.library.stats().index_bytes, filled.seconds)
