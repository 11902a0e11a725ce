"""What a model that writes spans of documents learns from: queries, and spans of their documents that are like them.

Bevilacqua and others: Autoregressive Search Engines (2204.10628), section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Source", "likely_starts", "pairs"]

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Source:
    """The symbols of a query, and the document it belongs to; `place` is where it stands in it, or -1: it does not."""

    symbols: Numbers
    document: int
    place: int = -1

    def leaves(self, length: int, size: int) -> bool:
        """Whether a span of `length` is left of its document of `size` symbols, without the query itself."""
        return size > 0 and (self.place < 0 or max(self.place, size - self.place - len(self.symbols)) >= length)


def likely_starts(query: Numbers, document: Numbers, length: int, skipped: tuple[int, int]) -> NDArray[np.float64]:
    """P(start) of each span of `length` symbols of a document: the softmax of how many of the query's it holds.

    A symbol counts once a query. Spans that overlap document[skipped[0]:skipped[1]] have none; all zeros if every one
    does.
    """
    starts = np.arange(max(1, len(document) - length + 1))
    matches = document[:, None] == np.unique(query)[None]
    counts = np.concatenate([np.zeros((1, matches.shape[1]), np.int64), np.cumsum(matches, axis=0)])
    held = (counts[np.minimum(starts + length, len(document))] > counts[starts]).sum(axis=1).astype(np.float64)
    powers = np.exp(held - held.max())
    powers[max(0, skipped[0] - length + 1) : max(0, skipped[1])] = 0
    total = powers.sum()
    return np.asarray(powers / total if total else powers)


def pairs(
    sources: Sequence[Source],
    symbols: Numbers,
    bounds: Numbers,
    rng: np.random.Generator,
    *,
    length: int = 10,
    ignored: Numbers | None = None,
) -> list[tuple[Numbers, Numbers]]:
    """One (query, span) for each source that leaves a span in its document, drawn as `likely_starts` says.

    Documents are symbols[bounds[i]:bounds[i + 1]]; `ignored` symbols, such as stop words, make no span likelier.
    """
    found = []
    for source in sources:
        document = symbols[bounds[source.document] : bounds[source.document + 1]]
        asked = source.symbols if ignored is None else np.setdiff1d(source.symbols, ignored)
        skipped = (0, 0) if source.place < 0 else (source.place, source.place + len(source.symbols))
        chance = likely_starts(asked, document, length, skipped)
        if len(document) and chance.any():
            start = int(rng.choice(len(chance), p=chance))
            found.append((source.symbols, document[start : start + length]))
    return found
