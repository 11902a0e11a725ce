"""Reads what a search needs from the catalogue: papers, identifiers and counts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue, Document
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Stored
from broadsheet.pipeline.search.filters import CATALOGUE_KINDS, HAS_CODE, HAS_NOTE
from broadsheet.pipeline.search.query import Query, shorten
from broadsheet.pipeline.search.results import RankedPapers
from broadsheet.pipeline.search.similar import Example, NamedPapers

__all__ = [
    "Ids",
    "Mine",
    "PapersOf",
    "PapersWith",
    "SortCounts",
    "among",
    "documents",
    "examples",
    "filter_papers",
    "locate_papers",
    "named_papers",
    "titles",
    "titles_and_bodies",
]


Ids = Sequence[str] | Sequence[int]  # identifiers of papers in any form, or their numbers
PapersOf = Callable[[str], Collection[int]]  # the value of a condition → its papers
Mine = Callable[[str, str], Collection[int]]  # ("tag", "is" or "has", value) → papers of the current reader
_UNCOUNTED = {  # what a query can be sorted by → the note where it is known of no paper
    "citations": "no record here tells how often its paper is cited",
    "votes": "no paper here has a vote",
}


class PapersWith:
    """The papers with a part such as an abstract or a DOI, cached until the catalogue changes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._papers: dict[str, tuple[int, list[int]]] = {}  # part → (change number, papers)

    def __call__(self, part: str) -> Collection[int]:
        """The numbers of the papers that have `part`."""
        seq = self._catalogue.changes.last_seq()
        if part not in self._papers or self._papers[part][0] != seq:
            self._papers[part] = seq, self._catalogue.papers.having(part)
        return self._papers[part][1]


def filter_papers(
    catalogue: Catalogue, query: Query, mine: Mine | None, papers_of: Mapping[str, PapersOf]
) -> dict[tuple[str, str], Collection[int]]:
    """The papers of the query's conditions, by (kind, value).

    Those of tag:, is: and has:note only with `mine`, others by `papers_of`.
    """
    papers: dict[tuple[str, str], Collection[int]] = {}
    conditions = [(c.kind, c.value) for clause in query.clauses for c in clause if c.kind in CATALOGUE_KINDS]
    for kind, value in conditions:
        if kind == "id":
            number = catalogue.papers.resolve(value)
            papers[kind, value] = () if number is None else (number,)
        elif (kind, value) == HAS_CODE:
            continue  # a column of the index
        elif kind in papers_of and (kind, value) != HAS_NOTE:
            papers[kind, value] = papers_of[kind](value)
        elif mine is not None:
            papers[kind, value] = mine(kind, value)
    return papers


def among(catalogue: Catalogue, snapshot: IndexSnapshot, ids: Ids) -> tuple[Mask, tuple[str, ...]]:
    """The rows of the papers with these ids, and a note on unknown ids; numbers are taken as they are."""
    names = [i for i in ids if isinstance(i, str)]
    numbers = catalogue.papers.resolve_many(names) if names else {}
    unknown = [i for i in names if numbers.get(i) is None]
    papers = [p for i in ids if (p := i if isinstance(i, int) else numbers.get(i)) is not None]
    first = ", ".join(unknown[:3])
    notes = (f"{len(unknown)} of the given ids are not in this library ({first}{' …' if unknown[3:] else ''})",)
    return Mask.of_rows(snapshot.present_rows(papers), len(snapshot)), notes if unknown else ()


class SortCounts:
    """What a query sorted by votes or citations is sorted by; citations are cached until the catalogue changes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._citations: tuple[int, dict[int, int]] = (-1, {})  # (change number, paper → citations)

    def __call__(
        self, snapshot: IndexSnapshot, query: Query
    ) -> tuple[Query, NDArray[np.int64] | None, tuple[str, ...]]:
        """The query, the count of every row, (n,), and notes; None unless the query sorts by a count.

        An unknown count is -1. If all are unknown, the order is dropped from the query, with a note.
        """
        if query.order not in _UNCOUNTED:
            return query, None, ()
        counts = self._votes() if query.order == "votes" else self._cited()
        if not counts:
            note = f"{_UNCOUNTED[query.order]}; sort:{query.order} was ignored"
            return replace(query, order=""), None, (note,)
        by_row = np.full(len(snapshot), -1, np.int64)
        rows = snapshot.rows_of(list(counts))
        by_row[rows[rows >= 0]] = np.fromiter(counts.values(), np.int64, len(counts))[rows >= 0]
        return query, by_row, ()

    def _votes(self) -> dict[int, int]:
        return self._catalogue.community.votes.all_totals()

    def _cited(self) -> dict[int, int]:
        seq = self._catalogue.changes.last_seq()
        if self._citations[0] != seq:
            self._citations = seq, self._catalogue.papers.citations()
        return self._citations[1]


def documents(catalogue: Catalogue, snapshot: IndexSnapshot, rows: NDArray[np.int64]) -> dict[int, Document]:
    """The current texts of the papers of these rows, by number."""
    return {d.id: d for batch in catalogue.papers.documents(ids=snapshot.ids[rows].tolist()) for d in batch}


def titles(catalogue: Catalogue, numbers: Sequence[int]) -> dict[int, str]:
    """The titles of the papers with these numbers that exist."""
    return {d.id: d.title for batch in catalogue.papers.documents(ids=numbers) for d in batch}


def titles_and_bodies(catalogue: Catalogue, snapshot: IndexSnapshot, rows: NDArray[np.int64]) -> list[tuple[str, str]]:
    """(title, abstract or summary) of every row's paper; empty for a deleted one."""
    by_number = documents(catalogue, snapshot, rows)
    texts = (by_number.get(number) for number in snapshot.ids[rows].tolist())
    return [(d.title, d.abstract or d.summary) if d else ("", "") for d in texts]


def examples(catalogue: Catalogue, snapshot: IndexSnapshot, numbers: Sequence[int]) -> dict[int, Example]:
    """The examples of a search for similar papers, by number; deleted or unindexed ones are left out."""
    papers = catalogue.papers.stored(numbers)
    rows = snapshot.rows_of(numbers).tolist()
    return {
        number: (row, f"{papers[number].paper.title}\n{papers[number].paper.body}")
        for number, row in zip(numbers, rows, strict=True)
        if row >= 0 and number in papers
    }


def locate_papers(catalogue: Catalogue, snapshot: IndexSnapshot, rows: NDArray[np.int64]) -> RankedPapers:
    """(position in `rows`, paper) for every row whose paper still exists, in order."""
    numbers = snapshot.ids[rows].tolist()
    by_number = catalogue.papers.stored(numbers)
    return [(at, Stored.of(by_number[number])) for at, number in enumerate(numbers) if number in by_number]


def named_papers(catalogue: Catalogue, snapshot: IndexSnapshot, query: Query) -> NamedPapers:
    """The papers of the query's like: and -like:, and a note on each that is not in the library."""
    notes: list[str] = []
    numbers_by_name = catalogue.papers.resolve_many([*query.like, *query.unlike])
    sides: list[tuple[Example, ...]] = []
    liked: tuple[int, ...] = ()
    for names in (query.like, query.unlike):
        notes += [
            f"like:{shorten(name)} is no paper in this library" for name in names if numbers_by_name.get(name) is None
        ]
        numbers = list(dict.fromkeys(p for name in names if (p := numbers_by_name.get(name)) is not None))
        rows = snapshot.rows_of(numbers).tolist()
        notes += [f"paper {p} is not indexed yet" for p, row in zip(numbers, rows, strict=True) if row < 0]
        example_papers = examples(catalogue, snapshot, numbers)
        sides.append(tuple(example_papers.values()))
        if names is query.like:
            liked = tuple(example_papers)
    return NamedPapers(sides[0], sides[1], liked, tuple(notes))
