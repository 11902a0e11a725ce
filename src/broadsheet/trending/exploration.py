"""Exploration: one place in ten for a paper of which little is known.

Problem: a paper that nobody has looked at stays where nobody looks. Idea: of those that would come later, the paper
whose rate could still be far higher, its score plus the uncertainty of it, moves up to each tenth place.

Auer, Cesa-Bianchi, Fischer: Finite-time Analysis of the Multiarmed Bandit Problem. Machine Learning 47, 2002.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Floats

__all__ = ["CARD", "Exploration"]

CARD = Card(
    title="Finite-time Analysis of the Multiarmed Bandit Problem",
    paper="10.1023/A:1013689704352",
    year=2002,
    fidelity="reduced",
    solves="new papers get their chance to be seen",
    when="Choose it with a formula that knows how uncertain it is; others never find out what nobody has seen.",
    costs="Nothing is trained; one pass over the order.",
    stage="the daily paper: the order of a day",
    departures=("the upper bound decides one place in ten, not all",),
)


class Exploration:
    """Every `every`-th place goes to the greatest score + `width` * uncertainty of those left; 0: none does.

    >>> import numpy as np
    >>> from broadsheet.trending.exploration import Exploration
    >>> order, score = np.arange(5), np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    >>> uncertainty = np.array([0.1, 0.1, 0.1, 0.1, 9.0])
    >>> Exploration(every=2).order(order, score, uncertainty).tolist()
    [0, 4, 1, 2, 3]
    """

    def __init__(self, *, every: int = 10, width: float = 0.5) -> None:
        self.every = every
        self.width = width

    def order(self, order: NDArray[np.int64], score: Floats, uncertainty: Floats) -> NDArray[np.int64]:
        """The order (n,) of positions, best first, with the uncertain ones moved up; score and uncertainty (n,)."""
        if self.every < 1:
            return order
        left: list[int] = order.tolist()
        placed: list[int] = []
        bound = score + self.width * uncertainty
        while left:
            explores = (len(placed) + 1) % self.every == 0
            at = int(np.argmax(bound[left])) if explores else 0
            placed.append(left.pop(at))
        return np.array(placed, np.int64)
