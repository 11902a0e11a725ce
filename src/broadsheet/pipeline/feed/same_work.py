"""The same work twice: records that the catalogue keeps as two papers, such as a preprint and the article it became."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue.dedup.fingerprint import names_of, surnames
from broadsheet.catalogue.dedup.title_hashes import normalise_title
from broadsheet.catalogue.dedup.titles import is_generic
from broadsheet.kit.paper import Paper
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["is_same_work", "repeats"]

ALIKE = 0.9  # cosine from which two papers are compared
LATEST = 2000  # papers that the reader used last, with which those of a page are compared


def is_same_work(a: Paper, b: Paper) -> bool:
    """Whether two papers have one title, which is not one of many, and an author in common where both have some."""
    title = normalise_title(a.title)
    if not title or title != normalise_title(b.title) or is_generic(a.title):
        return False
    names, others = surnames(names_of(a)), surnames(names_of(b))
    return not names or not others or bool(names & others)


def repeats(
    snapshot: IndexSnapshot,
    numbers: Sequence[int],
    used: Sequence[int],
    papers: Mapping[int, Paper],
    read: Callable[[list[int]], Mapping[int, Paper]],
) -> set[int]:
    """The papers of a page whose work stands higher on it, or is among the `used` ones (the latest last).

    `papers` are those of the page, by number; `read` loads others.
    """
    rows = snapshot.rows_of(list(numbers))
    used_rows = snapshot.rows_of(list(used)[-LATEST:])
    used_rows = used_rows[used_rows >= 0]
    if not len(rows) or (rows < 0).any():
        return set()
    x = snapshot.dense.vectors(rows)
    within = _pairs(np.tril(x @ x.T, -1), np.array(numbers), np.array(numbers))
    earlier = _pairs(x @ snapshot.dense.vectors(used_rows).T, np.array(numbers), snapshot.ids[used_rows])
    known = {**papers, **read(sorted({b for _, b in earlier} - papers.keys()))}
    return {
        a for a, b in (*within, *earlier) if a in known and b in known and a != b and is_same_work(known[a], known[b])
    }


def _pairs(
    cosines: NDArray[np.float32], numbers: NDArray[np.int64], others: NDArray[np.int64]
) -> list[tuple[int, int]]:
    at, other = np.nonzero(cosines >= ALIKE)
    return list(zip(numbers[at].tolist(), others[other].tolist(), strict=True))
