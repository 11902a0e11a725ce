"""What a query set is: papers as systems may see them, queries, and the papers each should find."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Doc",
    "Need",
    "QuerySet",
    "Source",
    "drawn",
    "drawn_queries",
    "is_dev",
    "is_trained_on",
    "known_items",
    "untitled",
]


@dataclass(frozen=True, slots=True)
class Doc:
    """A paper as systems see it."""

    id: str
    title: str
    abstract: str
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    venue: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """The queries that were written for one paper: kind ("short", "need", "recall") → text."""

    paper: str
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """The papers whole, their one-sentence summaries beside them ("" where there is none), and the written queries."""

    docs: tuple[Doc, ...]
    summaries: tuple[str, ...]
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True)
class QuerySet:
    """Queries, and the rows of `docs` each should find with their grades (1 or more).

    A query of `similar` is the ids of the liked papers, one space between them. `dev` marks the queries to choose on.
    """

    name: str
    docs: tuple[Doc, ...]
    texts: tuple[str, ...]
    relevant: tuple[Mapping[int, int], ...]
    dev: NDArray[np.bool_]
    objective: str = "mrr@10"  # what choices are made by

    def __len__(self) -> int:
        return len(self.texts)

    def at(self, chosen: Sequence[int]) -> QuerySet:
        """Some of the queries, by position."""
        texts, relevant = (tuple(values[i] for i in chosen) for values in (self.texts, self.relevant))
        dev = self.dev[np.asarray(chosen, np.int64)]
        return replace(self, texts=texts, relevant=relevant, dev=dev)  # type: ignore[arg-type]

    def half(self, dev: bool) -> QuerySet:
        """The queries to choose on, or those to report."""
        return self.at(np.flatnonzero(self.dev == dev).tolist())


def is_dev(ids: Sequence[str]) -> NDArray[np.bool_]:
    """Which queries are to choose on, by a hash of the ids they belong to, (n,)."""
    return np.array([zlib.crc32(i.encode()) % 2 == 0 for i in ids], np.bool_)


def is_trained_on(paper: str) -> bool:
    """Whether the dev queries of a paper may be trained on: of three of five; those of the others choose weights."""
    code = zlib.crc32(paper.encode())
    return code % 2 == 0 and (code >> 1) % 5 < 3


def drawn(docs: Sequence[Doc], rows: Sequence[int], purpose: str, most: int) -> list[int]:
    """At most so many of the rows, by a hash that differs from one purpose to the next; ascending."""
    return sorted(sorted(rows, key=lambda i: zlib.crc32(f"{purpose} {docs[i].id}".encode()))[:most])


def known_items(name: str, docs: tuple[Doc, ...], rows: Sequence[int], texts: Sequence[str]) -> QuerySet:
    """The set in which text i asks for the paper of row i alone."""
    relevant: tuple[Mapping[int, int], ...] = tuple({i: 1} for i in rows)
    return QuerySet(name, docs, tuple(texts), relevant, is_dev([docs[i].id for i in rows]))


def untitled(name: str, docs: Sequence[Doc], least: int, most: int) -> QuerySet:
    """Titles of `least` words or more, each asking for its paper among papers without titles; at most so many."""
    able = [i for i, d in enumerate(docs) if d.abstract and len(d.title.split()) >= least]
    rows = drawn(docs, able, "title", most)
    return known_items(name, tuple(replace(d, title="") for d in docs), rows, [docs[i].title for i in rows])


def drawn_queries(queries: QuerySet, most: int | None) -> QuerySet:
    """At most so many of the queries, by a hash of their texts; all of them if None."""
    order = sorted(range(len(queries)), key=lambda i: zlib.crc32(queries.texts[i].encode()))
    return queries.at(sorted(order[:most]))
