"""Exploration: a few places of a page go to random candidates, with probabilities that are known.

A paper of the ranked page stays unless its place is drawn, and every other candidate is equally likely to be drawn, so
each paper shown has a propensity: the probability that this page had it. Estimates of what another ranking would have
done (see off_policy.py) divide by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Explored", "explore"]


@dataclass(frozen=True, slots=True)
class Explored:
    """A page after exploration; aligned arrays."""

    order: NDArray[np.int64]  # positions of the candidates
    explored: NDArray[np.bool_]  # whether the place was given to a random candidate
    propensities: NDArray[np.float32]  # the probability that the page has this candidate


def explore(order: NDArray[np.int64], n: int, n_random: int, seed: int) -> Explored:
    """Replace `n_random` places of the page by random others of n candidates.

    The top half of the page stays as ranked if possible.
    """
    explored = np.zeros(len(order), np.bool_)
    propensities = np.ones(len(order), np.float32)
    others = np.setdiff1d(np.arange(n), order)
    n_random = min(n_random, len(others))
    if n_random:
        rng = np.random.default_rng(seed)
        first = min(len(order) // 2, len(order) - n_random)
        places = rng.choice(np.arange(first, len(order)), n_random, replace=False)
        order = order.copy()
        order[places] = rng.choice(others, n_random, replace=False)
        explored[places] = True
        propensities[first:] = 1 - n_random / (len(order) - first)
        propensities[places] = n_random / len(others)
    return Explored(order, explored, propensities)
