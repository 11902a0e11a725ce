"""Off-policy estimates: what another ranking would have brought, from a log of pages with propensities.

Model: a reader looks at a place with a known probability and, looking, wants the paper with a probability of its own
(the position-based model). A paper that was on the page with propensity q at a place with look probability l tells
how much it is wanted: its reward / (q l), on average. Three estimates of the wanted papers a page of another ranking:

ips     inverse propensity: the rewards, weighted by the looks that the ranking gives the paper over q l
snips   self-normalised: the weighted rewards over the weighted looks, times the looks of the ranking's page
dr      doubly robust: a model's prediction for the ranking's page, and the weighted error of that model on the log

Swaminathan, Joachims: The Self-Normalized Estimator for Counterfactual Learning. NIPS 2015. Dudík, Langford, Li: Doubly
Robust Policy Evaluation and Learning. ICML 2011. Li et al.: Offline Evaluation of Ranking Policies with Click Models.
KDD 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate", "Log", "Support", "Target", "compared", "estimated", "reward_rates", "support"]

Floats = NDArray[np.float64]
Z = 1.96  # standard errors of a 95 % interval
BINS = 8  # of the feature that rewards are predicted by
RARE = 0.02  # a propensity below it is called small
FEW = 30.0  # papers, in effective number, below which estimates are doubtful
PRIOR = 5.0  # looks at the average rate that every bin begins with


@dataclass(frozen=True, slots=True)
class Log:
    """Impressions of n pages; aligned arrays (m,)."""

    pages: NDArray[np.int64]  # 0..n-1
    propensities: Floats  # the probability that the page had the paper
    looks: Floats  # the probability that its place is looked at
    rewards: Floats  # whether the reader wanted it
    n: int


@dataclass(frozen=True, slots=True)
class Target:
    """What a ranking does with the pages of a log."""

    looks: Floats  # (m,) at each paper of the log, on this ranking's page; 0 where it is not there
    total: Floats  # (n,) looks at all papers of its page
    predicted: Floats  # (n,) rewards of its page by the model
    rates: Floats  # (m,) reward a look of each paper of the log, by the model


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rewards a page, with a 95 % interval."""

    value: float
    low: float
    high: float


def reward_rates(log: Log, feature: Floats, other: Floats, other_pages: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The reward a look by bins of a feature, (of the log's papers (m,), of other papers of its pages (k,)).

    The rates of a page are learned on the pages of the other parity, so that no reward predicts itself.
    """
    edges = np.quantile(feature, np.arange(1, BINS) / BINS) if len(feature) else np.empty(0)
    bins, other_bins = (np.searchsorted(edges, values, side="right") for values in (feature, other))
    rates, other_rates = np.zeros(len(feature)), np.zeros(len(other))
    for parity in (0, 1):
        mine = log.pages % 2 == parity
        learned = _rates(bins[~mine], log.rewards[~mine], log.looks[~mine])
        rates[mine] = learned[bins[mine]]
        theirs = other_pages % 2 == parity
        other_rates[theirs] = learned[other_bins[theirs]]
    return rates, other_rates


def _rates(bins: NDArray[np.int64], rewards: Floats, looks: Floats) -> Floats:
    """The reward a look of each bin, (BINS,)."""
    mean = rewards.sum() / max(float(looks.sum()), 1e-9) if len(rewards) else 0.0
    gained, looked = (np.bincount(bins, values, BINS) for values in (rewards, looks))
    return np.asarray((gained + PRIOR * mean) / (looked + PRIOR))


@dataclass(frozen=True, slots=True)
class _Parts:
    """A value, and what its error is made of."""

    value: float
    influence: Floats  # (n,) each page's part, with mean 0
    weights: Floats  # (m,) how much of each reward is in the value of its page

    def minus(self, other: _Parts) -> _Parts:
        """The difference to another."""
        return _Parts(self.value - other.value, self.influence - other.influence, self.weights - other.weights)


def _parts(log: Log, target: Target) -> dict[str, _Parts]:
    """By estimate its value and the parts of its error."""
    weights = target.looks / (log.propensities * log.looks)
    gained, looked = (_by_page(log, weights * values) for values in (log.rewards, log.looks))
    robust = target.predicted + _by_page(log, weights * (log.rewards - log.looks * target.rates))
    mean_looks = max(float(looked.mean()), 1e-9)
    rate, total = float(gained.mean()) / mean_looks, float(target.total.mean())
    normalised = total * (gained - rate * looked) / mean_looks + rate * (target.total - total)
    return {
        "ips": _Parts(float(gained.mean()), gained - gained.mean(), weights),
        "snips": _Parts(rate * total, normalised, weights * total / mean_looks),
        "dr": _Parts(float(robust.mean()), robust - robust.mean(), weights),
    }


def _by_page(log: Log, values: Floats) -> Floats:
    return np.bincount(log.pages, values, log.n).astype(np.float64)


def _interval(log: Log, parts: _Parts, rates: Floats) -> Estimate:
    """The greater of two errors: of the pages as they were, and with the rewards that the model expects.

    A page as it was says little of papers with great weights, which are seldom wanted: most logs hold no such reward.
    """
    if log.n < 2:  # nothing is known of other pages: all that the weights allow
        most = float(np.abs(parts.weights).sum() + abs(parts.value))
        return Estimate(parts.value, -most, most)
    expected = log.looks * rates
    steady = _by_page(log, parts.weights * (expected - log.rewards)) + parts.influence
    noise = _by_page(log, parts.weights**2 * expected * (1 - expected))
    variance = max(float(parts.influence.var(ddof=1)), float(steady.var(ddof=1) + noise.mean()))
    error = Z * float(np.sqrt(variance / log.n))
    return Estimate(parts.value, parts.value - error, parts.value + error)


@dataclass(frozen=True, slots=True)
class Support:
    """What the estimates for a ranking rest on."""

    papers: int  # on its pages
    never: int  # of them papers that the pages of the log could not have shown: their propensity is 0
    least: float  # the smallest propensity of its papers on pages of the log; 1 without any
    effective: float  # the effective sample size: papers of the log, as far as their weights are even

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the estimates doubtful, in words."""
        found = []
        if self.never:
            found.append(
                f"{self.never:,} of {self.papers:,} papers of the other mix could never be on your pages (propensity "
                "0): there was no exploration that day, nothing is known of them, and estimates leave them out"
            )
        if self.least < RARE:
            found.append(
                f"the smallest propensity is {self.least:.2g}: such a paper counts as {1 / self.least:,.0f} do, and a "
                "few of them decide"
            )
        if self.effective < FEW:
            found.append(f"the estimates rest on about {self.effective:.0f} papers: too few to rely on")
        return tuple(found)


def support(log: Log, target: Target, made: Sequence[int], on_log: Sequence[int]) -> Support:
    """That of a ranking; by page `made` counts its papers and `on_log` those of them that the log's page has, too."""
    weights = target.looks / (log.propensities * log.looks)
    explores = np.bincount(log.pages, log.propensities < 1, log.n) > 0
    missing = np.array(made, np.int64) - np.array(on_log, np.int64)
    shared = log.propensities[target.looks > 0]
    return Support(
        papers=int(sum(made)),
        never=int(missing[~explores].sum()),
        least=float(shared.min(initial=1.0)),
        effective=float(weights.sum() ** 2 / max(float((weights**2).sum()), 1e-12)),
    )


def estimated(log: Log, target: Target) -> dict[str, Estimate]:
    """The wanted papers a page of a ranking, by estimate."""
    return {name: _interval(log, parts, target.rates) for name, parts in _parts(log, target).items()}


def compared(log: Log, target: Target, other: Target) -> dict[str, Estimate]:
    """By how much a ranking is above another, page by page, by estimate."""
    ours, theirs = _parts(log, target), _parts(log, other)
    return {name: _interval(log, ours[name].minus(theirs[name]), target.rates) for name in ours}
