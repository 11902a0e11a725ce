"""Signals of a few papers, for the tests of the trending formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from broadsheet.trending.contract import Formula, Scores, Signals
from tests.contract.examples import Example

__all__ = ["example", "signals"]


def signals(votes: Sequence[float], **others: Sequence[float]) -> Signals:
    """Signals with these votes; voices are the votes, usual is 0.1, all else 0 unless given."""
    known: dict[str, Any] = {"votes": votes, "voices": votes, "usual": [0.1] * len(votes), **others}
    for name in ("views", "comments", "age", "relevance"):
        known.setdefault(name, [0] * len(votes))
    return Signals(**{name: np.array(values, np.float64) for name, values in known.items()})


def _answer(method: Formula, given: Signals) -> Scores:
    return method.score(given)


def example(make: Any) -> Example:
    """An example of a formula for the contract tests."""
    given = signals(
        [4, 0, 1, 9], views=[40, 2, 3, 200], comments=[3, 1, 0, 0], age=[0.5, 0, 2, 9], usual=[0.1, 0.1, 0.02, 0.02]
    )
    return Example(make=lambda _: make(), answer=_answer, inputs=(given,), keeps=(Formula,))
