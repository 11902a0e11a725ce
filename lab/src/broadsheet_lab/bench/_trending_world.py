"""An invented community that votes, with papers whose quality is known, and rings that vote for a bad one.

Papers come over the day, in fields of different size, each with a quality: the probability that a reader of its field
who looks at it votes for it. Readers visit unequally often and vote unequally eagerly; they read a page from the top
and stop somewhere, mostly look at their own field, decide once on a paper, and where votes are shown they follow them
a little. The page they see is ordered by the formula that is judged, from what it knows then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Papers", "Readers", "World", "draw_papers", "draw_readers"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class World:
    """What an invented community is like."""

    readers: int = 300
    shares: tuple[float, ...] = (0.5, 0.3, 0.15, 0.05)  # of the fields, in papers and in readers
    papers: int = 40  # a day
    days: int = 10
    warm_up: int = 3  # days that are not judged
    rounds: int = 8  # of a day; a page is ordered anew in each
    quality: float = 0.06  # the median
    spread: float = 0.8  # of its logarithm
    depth: float = 12.0  # papers that a reader reads down a page, on average
    visits: float = 1.0  # of a reader a day, on average
    other_field: float = 0.15  # interest in papers of other fields
    follows: float = 0.3  # how much votes shown make more votes
    newcomers: float = 0.1  # readers who signed up in the last two weeks
    field_page: float = 0.25  # visits to the page of one's field
    week_page: float = 0.15  # visits to the page of the last seven days


@dataclass(frozen=True, slots=True)
class Papers:
    """All papers of all days, in order of arrival; a round is 1 / rounds of a day."""

    quality: Floats
    field: Ints
    round: Ints  # of arrival, from the beginning


@dataclass(frozen=True, slots=True)
class Readers:
    """All readers."""

    field: Ints
    visits: Floats  # a day
    eagerness: Floats  # mean 1
    joined: Floats  # the day of signing up; the beginning is 0


def draw_papers(world: World, rng: np.random.Generator) -> Papers:
    """Papers of all days."""
    n = world.papers * world.days
    arrival = np.sort(rng.integers(0, world.rounds - 1, (world.days, world.papers)), axis=1)
    return Papers(
        np.minimum(world.quality * np.exp(world.spread * rng.standard_normal(n)), 0.8),
        rng.choice(len(world.shares), n, p=world.shares),
        (arrival + world.rounds * np.arange(world.days)[:, None]).ravel(),
    )


def draw_readers(world: World, rng: np.random.Generator) -> Readers:
    """Readers who are there from the beginning."""
    n = world.readers
    joined = np.where(rng.random(n) < world.newcomers, -rng.integers(1, 14, n), -365.0)
    return Readers(
        rng.choice(len(world.shares), n, p=world.shares),
        world.visits * rng.lognormal(-0.5, 1.0, n),
        rng.gamma(1.5, 1 / 1.5, n),
        joined,
    )
