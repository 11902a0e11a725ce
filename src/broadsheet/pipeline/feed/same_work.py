"""The same work twice: records that the catalogue keeps as two papers, such as a preprint and the article it became."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from broadsheet.catalogue.dedup.fingerprint import names_of, surnames
from broadsheet.catalogue.dedup.title_hashes import normalise_title
from broadsheet.catalogue.dedup.titles import is_generic
from broadsheet.kit.paper import Paper
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["is_same_work", "repeats", "used_and_alike"]

ALIKE = 0.9  # cosine from which two papers are compared
LATEST = 2000  # papers that the reader used last, with which those of a page are compared


def is_same_work(a: Paper, b: Paper) -> bool:
    """Whether two papers have one title, which is not one of many, and an author in common where both have some."""
    title = normalise_title(a.title)
    if not title or title != normalise_title(b.title) or is_generic(a.title):
        return False
    names, others = surnames(names_of(a)), surnames(names_of(b))
    return not names or not others or bool(names & others)


def used_and_alike(snapshot: IndexSnapshot, numbers: Sequence[int], used: Sequence[int]) -> list[int]:
    """Those of the used papers (the latest last) that are like any of these papers, as two records of a work are."""
    rows, used_rows = (snapshot.present_rows(some) for some in (numbers, used[-LATEST:]))
    if not len(rows) or not len(used_rows):
        return []
    cosines = snapshot.dense.vectors(used_rows) @ snapshot.dense.vectors(rows).T
    return [int(number) for number in snapshot.ids[used_rows[cosines.max(axis=1) >= ALIKE]]]


def repeats(numbers: Sequence[int], used: Collection[int], papers: Mapping[int, Paper]) -> set[int]:
    """The papers of a page whose work stands higher on it, or is among the used ones; `papers` holds all, by number."""
    found: set[int] = set()
    by_title: dict[str, list[Paper]] = {}
    for used_paper in (papers[number] for number in papers if number in used):
        by_title.setdefault(normalise_title(used_paper.title), []).append(used_paper)
    for number in numbers:
        paper = papers[number]
        others = by_title.setdefault(normalise_title(paper.title), [])
        if any(is_same_work(paper, other) for other in others):
            found.add(number)
        others.append(paper)
    return found
