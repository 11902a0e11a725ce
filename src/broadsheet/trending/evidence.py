"""Evidence: what is known of a paper before anybody here has voted.

Problem: a new paper, or a community of few, has no votes; stars, citations and votes elsewhere say something, but the
greatest numbers are the easiest to buy. Idea: each signal by its logarithm, from 0 to 1 at a cap; together as if each
were a chance of its own that the paper is good.

He, Yang, Burckhardt, Kapravelos, Vasilescu, Kästner: Six Million (Suspected) Fake Stars in GitHub. ICSE 2026.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from broadsheet.kit.card import Card
from broadsheet.trending.contract import Floats

__all__ = ["CAPS", "CARD", "WEIGHTS", "Evidence", "capped_log"]

CARD = Card(
    title="Six Million (Suspected) Fake Stars in GitHub",
    paper="2412.13459",
    year=2026,
    fidelity="renamed",
    solves="an order where there are no votes",
    when="Choose it while few people vote; with votes it becomes the prior of the vote rate.",
    costs="Nothing is trained; a few operations a paper.",
    stage="the daily paper: relevance before votes",
    departures=("the paper finds that stars are bought; that they are capped and weigh little is our conclusion",),
)
CAPS = {"votes here": 20.0, "votes elsewhere": 200.0, "stars a day": 100.0, "citations": 100.0, "nearness": 3.0}
WEIGHTS = {"votes here": 0.8, "votes elsewhere": 0.8, "stars a day": 0.3, "citations": 0.4, "nearness": 0.4}


def capped_log(values: Floats, cap: float) -> Floats:
    """log(1 + value) / log(1 + cap), from 0 to 1."""
    return np.asarray(np.log1p(np.clip(values, 0, cap)) / np.log1p(cap))


class Evidence:
    """1 - the product of 1 - weight * signal, over the signals of CAPS and WEIGHTS.

    >>> import numpy as np
    >>> from broadsheet.trending.evidence import Evidence
    >>> Evidence().relevance({"citations": np.array([0.0, 3.0, 300.0])}).argsort()[::-1].tolist()
    [2, 1, 0]
    """

    def chances(self, signals: Mapping[str, Floats]) -> dict[str, Floats]:
        """By signal its chance (n,); signals that nothing is known of may be left out."""
        return {name: WEIGHTS[name] * capped_log(values, CAPS[name]) for name, values in signals.items()}

    def relevance(self, signals: Mapping[str, Floats]) -> Floats:
        """0..1 for each of the n papers; () without signals."""
        return np.asarray(1 - np.prod([1 - chance for chance in self.chances(signals).values()], axis=0))
