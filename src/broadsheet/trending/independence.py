"""Independence: votes of accounts that stand or fall together count less than as many of people who decide alone.

Problem: twenty accounts of one person are cheap. Idea: accounts are put into groups before any vote is looked at, by
who invited them as long as they are new and by voting together more than their taste explains; on one paper n votes of
a group count n / (1 + shared * (n - 1)), as n observations that share this part of their variance do. One vote of a
group counts whole, and one more never counts less.

Tran, Min, Li, Subramanian: Sybil-Resilient Online Content Voting. NSDI 2009; Kish: Survey Sampling. 1965.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Floats

__all__ = ["CARD", "Independence", "branches"]

CARD = Card(
    title="Sybil-Resilient Online Content Voting",
    paper="Tran, Min, Li, Subramanian, NSDI 2009",
    year=2009,
    fidelity="renamed",
    solves="bought and borrowed accounts do not decide what is first",
    when="Choose it where accounts come by invitation; it needs to know who invited whom.",
    costs="Nothing is trained; one pass over the votes.",
    stage="the daily paper: how many voices the votes for a paper are",
    departures=(
        "groups and the design effect of Kish in place of the maximum flow over the graph of trust",
        "a member is a group of their own once they have been there for some time",
    ),
)


class Independence:
    """Counts the voices of votes; `shared` is the part of the variance that votes of one group share.

    >>> import numpy as np
    >>> from broadsheet.trending.independence import Independence
    >>> paper = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> group = np.array([0, 1, 2, 3, 4, 4, 4, 4])  # the second paper's voters were invited by one account
    >>> Independence(shared=0.5).voices(paper, group, n=2).round(2).tolist()
    [4.0, 1.6]
    """

    def __init__(self, *, shared: float = 0.5) -> None:
        self.shared = shared

    def voices(self, paper: NDArray[np.int64], group: NDArray[np.int64], n: int) -> Floats:
        """The voices for each of n papers (n,), from the paper and the group of each vote (m,)."""
        _, row = np.unique(group, return_inverse=True)
        width = int(row.max(initial=0)) + 1
        pairs, votes = np.unique(paper * width + row, return_counts=True)
        return np.bincount(pairs // width, votes / (1 + self.shared * (votes - 1)), n).astype(np.float64)


def branches(is_new: NDArray[np.bool_], inviter: NDArray[np.int64]) -> NDArray[np.int64]:
    """The group of each of r accounts (r,): its own row, or if it is new that of the nearest inviter who is not.

    `inviter` (r,) is a row, -1 where there is none; all new accounts whom nobody invited are one group, -1.
    """
    group = np.arange(len(is_new))
    waiting = is_new.copy()
    for _ in range(len(is_new)):
        if not waiting.any():
            break
        group = np.where(waiting & (group >= 0), inviter[group], group)
        waiting = (group >= 0) & is_new[group]
    return np.where(waiting, -1, group)
