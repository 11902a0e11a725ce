"""What systems learn once for all query sets: from papers that no query was taken from, or from a study's dev half.

Nothing learned here has seen a query of a test half, nor the paper that it is about.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from broadsheet_lab.bench.search import classic, sets
from broadsheet_lab.bench.search.query_set import Doc, QuerySet, Source
from broadsheet_lab.bench.study import Study

__all__ = ["Learned", "Shared", "groups", "passages_of"]

T = TypeVar("T")


@dataclass(frozen=True)
class Learned(Generic[T]):
    """A model and the seconds it took to learn, choosing its settings included."""

    model: T
    seconds: float


def passages_of(docs: Sequence[Doc]) -> list[str]:
    """Title and abstract of every paper as one text."""
    return [f"{d.title}. {d.abstract}" if d.title else d.abstract for d in docs]


class Shared:
    """The papers to learn from, the study, and what was learned so far."""

    def __init__(self, source: Source, study: Study) -> None:
        self.source = source
        self.study = study
        self._learned: dict[Any, Learned[Any]] = {}

    @cached_property
    def docs(self) -> tuple[Doc, ...]:
        """Whole papers that no query was taken from, in the order of a hash."""
        others = sets.asked(self.source)
        free = [d for d in self.source.docs if d.abstract and d.id not in others]
        return tuple(sorted(free, key=lambda d: zlib.crc32(f"learn {d.id}".encode())))

    def texts(self, most: int) -> list[str]:
        """Title and abstract of the first `most` of them."""
        return passages_of(self.docs[:most])

    def once(self, learn: Callable[[Shared], T]) -> Learned[T]:
        """What `learn` makes of this, which it is asked for only the first time."""
        if learn not in self._learned:
            started = time.perf_counter()
            model = learn(self)
            self._learned[learn] = Learned(model, time.perf_counter() - started)
        found: Learned[T] = self._learned[learn]
        return found


def groups(shared: Shared, wanted: Container[str] = sets.NAMES) -> Iterator[tuple[Shared, tuple[QuerySet, ...]]]:
    """Query sets that ask the same papers, with what systems learn for them; those of other fields last."""
    for group in sets.corpora(shared.source, wanted):
        yield shared, group
    for name in classic.NAMES:
        if name in wanted and (found := classic.read_collection(shared.study.papers, name)):
            source, queries = found
            yield Shared(source, shared.study), (queries,)
