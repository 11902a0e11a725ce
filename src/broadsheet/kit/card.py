"""The card of a method: the problem it solves, the paper it follows, the claims of that paper."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Card", "Claim"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure that a benchmark can measure. `ours` marks a claim that the paper does not make."""

    where: str  # table or section of the paper, or "ours"
    dataset: str
    metric: str
    value: float
    ours: bool = False


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
    stage: str = ""  # the stage of the product's pipeline that uses it; empty in the laboratory
