"""Signals of a few papers, for the tests of the trending formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from broadsheet.trending.contract import Formula, Scores, Signals
from tests.contract.examples import Example

__all__ = ["example", "signals"]


def signals(votes: Sequence[float], **others: Sequence[float]) -> Signals:
    """Signals with these votes; ages, fields and all else are 0 unless given, voices are the votes."""
    known: dict[str, Any] = {"votes": votes, "voices": votes, **others}
    for name in ("unseen", "views", "comments", "age", "relevance", "field"):
        known.setdefault(name, [0] * len(votes))
    arrays: dict[str, Any] = {n: np.array(v, np.int64 if n == "field" else np.float64) for n, v in known.items()}
    return Signals(**arrays)


def _answer(method: Formula, given: Signals) -> Scores:
    return method.score(given)


def example(make: Any) -> Example:
    """An example of a formula for the contract tests."""
    given = signals([4, 0, 1, 9], views=[40, 2, 3, 200], comments=[3, 1, 0, 0], age=[0.5, 0, 2, 9], field=[7, 7, 2, 2])
    return Example(make=lambda _: make(), answer=_answer, inputs=(given,), keeps=(Formula,))
