"""What every trending formula promises.

A formula is a pure function of what is known of n papers at one moment; it gives each a score and the parts it is
made of. It does not read the clock or a database, and the order of the papers does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "Formula", "Scores", "Signals"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What is known of n papers, each array (n,)."""

    votes: Floats  # counted votes of distinct readers; a save without a vote is half of one
    voices: Floats  # the same, but votes that belong together count less, those that looks do not explain not at all
    views: Floats  # impressions, each weighted by the probability that its position is looked at
    comments: Floats  # people other than the submitter who commented
    age: Floats  # days since the paper entered
    relevance: Floats  # 0..1, what is known apart from votes: stars, citations, votes elsewhere, nearness
    usual: Floats  # votes a look that are usual in the paper's field, greater than 0

    def __len__(self) -> int:
        return len(self.votes)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """The signals of these rows, in their order."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True, slots=True)
class Scores:
    """The score of each paper (n,), greater is better, and the named parts that it is made of (n,)."""

    total: Floats
    parts: Mapping[str, Floats]


@runtime_checkable
class Formula(Protocol):
    """An order by trend."""

    def score(self, signals: Signals) -> Scores:
        """Score each of the n papers; a paper with more votes never scores lower than the same with fewer."""
