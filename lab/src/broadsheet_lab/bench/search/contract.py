"""What every system on the leaderboard is: papers in, a search out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Protocol

from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.query_set import QuerySet

__all__ = ["DEPTH", "Build", "Built", "Search", "System"]

DEPTH = 100  # results asked for


class Search(Protocol):
    """A query to the positions of papers."""

    def __call__(self, text: str, k: int) -> Sequence[int]:
        """At most k, best first."""


@dataclass(frozen=True)
class Built:
    """A system ready to search. `index_bytes` is what grows with the papers; a model of fixed size is not in it."""

    search: Search
    index_bytes: float
    build_s: float
    chosen: dict[str, Any] = field(default_factory=dict)  # on the dev queries
    notes: tuple[str, ...] = ()


class Build(Protocol):
    """Makes a system."""

    def __call__(self, corpus: Corpus, dev: QuerySet) -> Built:
        """Of the papers; `dev` are the queries to choose settings on, the only ones it sees."""


@dataclass(frozen=True)
class System:
    """An entry of the leaderboard: how to make it, and the modules it cannot be made without.

    `encodes`: it needs a vector of every paper that takes long to make, as MiniLM's do; `reads`: those of all sections,
    or the states of every token.
    """

    build: Build
    needs: tuple[str, ...] = ()
    encodes: bool = False
    reads: bool = False

    def missing(self) -> tuple[str, ...]:
        """The modules it needs that are not there."""
        return tuple(name for name in self.needs if not _there(name))


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its package is not there either
        return False
