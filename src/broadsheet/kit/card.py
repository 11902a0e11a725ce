"""The card of a method: the problem it solves, the paper it follows, the claims of that paper."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FIDELITIES", "Card", "Claim"]

FIDELITIES = {
    "faithful": "the paper's method, whole",
    "reduced": "the paper's method without the parts that are named",
    "renamed": "another method than the paper's, named for what it is",
    "stand-in": "another method than the paper's, under its name",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure that a benchmark can measure. `ours` marks a claim that the paper does not make: other data or metric.

    The value is the bar, written down before it is measured.
    """

    where: str  # table or section of the paper; "ours" where the paper says nothing of the kind
    dataset: (
        str  # with the number of its items, the kind of queries and the half: "papers, 4,000 papers, titles, test half"
    )
    metric: str
    value: float
    ours: bool = False
    was: str = ""  # a bar that was changed: what it was, and until when


@dataclass(frozen=True, slots=True)
class Card:
    """Written by hand beside the method; lab/METHODS.md is generated from it."""

    title: str
    paper: str  # arXiv id, DOI, or the printed reference where it has neither
    year: int
    solves: str
    when: str = ""  # to choose it, and what to choose instead
    costs: str = ""  # training, memory, time a paper and a query
    unused: str = ""  # why the product does not use it; empty where it does
    claims: tuple[Claim, ...] = ()
    departures: tuple[str, ...] = ()
    builds_on: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # extras of the package
    fidelity: str = ""  # one of FIDELITIES
    stage: str = ""  # the stage of the product's pipeline that uses it; empty in the laboratory
