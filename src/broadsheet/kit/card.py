"""The card every method carries: what it solves, which paper it follows, what that paper claims."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Card", "Claim"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure that can be measured again. `ours` marks a claim the paper does not make."""

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
    claims: tuple[Claim, ...] = ()
    departures: tuple[str, ...] = ()
    builds_on: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # extras of the package
    stage: str = ""  # what the product uses it for; empty in the laboratory
