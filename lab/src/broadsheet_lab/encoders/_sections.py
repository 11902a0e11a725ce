"""Texts as sections, their vectors as one, and the best of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows

__all__ = ["best_sections", "flat", "merged", "sections_of"]

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def sections_of(title: str, text: str, *, sentences: int = 2) -> list[str]:
    """The title, then runs of `sentences` sentences of the text; what is blank is left out."""
    found = [s for s in _SENTENCE.split(text.strip()) if s]
    runs = [" ".join(found[i : i + sentences]) for i in range(0, len(found), sentences)]
    return [part for part in (title.strip(), *runs) if part]


def _checked(sections: NDArray[np.float32], bounds: NDArray[np.int64]) -> None:
    """Raises ValueError if bounds (n + 1,) do not divide sections (t, d)."""
    if sections.ndim != 2 or len(bounds) < 1 or bounds[0] != 0 or bounds[-1] != len(sections):
        raise ValueError(f"bounds up to {bounds[-1:]} do not divide sections of shape {sections.shape}")
    if (np.diff(bounds) < 0).any():
        raise ValueError(f"bounds fall after document {int(np.flatnonzero(np.diff(bounds) < 0)[0])}")


def merged(sections: NDArray[np.float32], bounds: NDArray[np.int64]) -> NDArray[np.float32]:
    """The mean of each document's sections, (n, d), scaled to unit length; zeros for a document without any.

    Document i has sections[bounds[i]:bounds[i + 1]] of (t, d). The order of the sections does not matter.
    """
    _checked(sections, bounds)
    sums = np.zeros((len(bounds) - 1, sections.shape[1]), np.float32)
    np.add.at(sums, np.repeat(np.arange(len(sums)), np.diff(bounds)), sections)
    return unit_rows(sums)  # the mean's length does not matter: it is scaled anyway


def best_sections(
    scores: NDArray[np.float32], bounds: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(the greatest of each document's section scores (t,), which section of all that is), both (n,).

    -inf and -1 for a document without sections.
    """
    greatest, which = np.full(len(bounds) - 1, -np.inf, np.float32), np.full(len(bounds) - 1, -1, np.int64)
    document = np.repeat(np.arange(len(greatest)), np.diff(bounds))
    order = np.lexsort((-np.arange(len(scores)), scores, document))  # each document's best comes last in it
    has = np.diff(bounds) > 0
    which[has] = order[bounds[1:][has] - 1]
    greatest[has] = scores[which[has]]
    return greatest, which


def flat(documents: Sequence[Sequence[str]]) -> tuple[list[str], NDArray[np.int64]]:
    """(the sections of all documents, where those of each begin)."""
    return [s for parts in documents for s in parts], np.cumsum([0, *map(len, documents)], dtype=np.int64)
