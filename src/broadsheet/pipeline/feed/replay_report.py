"""What a replay found: rankings with intervals, their differences, how true the probabilities are, and what it says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DEPTH",
    "PAGE",
    "RANKINGS",
    "Bin",
    "Calibration",
    "Comparison",
    "Measured",
    "RankingResult",
    "ReplayReport",
    "bootstrap",
    "calibration",
    "comparison_sentence",
    "gain",
    "is_telling",
    "share_of",
    "signed",
    "to_json",
]

DEPTH = 50  # of recall
FIRST = 20  # of NDCG
DRAWS = 1000  # bootstrap samples
FEW_SAVES, FEW_DAYS = 20, 8  # fewer tell nothing
BINS = 5
PAGE = "page"
RANKINGS = {  # in the order in which they are shown: what a table calls them, and a sentence
    PAGE: ("Your page, with your mix", "your page"),
    "tried": ("Your page, with the mix you try", "the mix you try"),
    "fit": ("Fit alone, neither newness nor variety", "fit alone"),
    "machine": ("arXiv-sanity's way: words and a linear SVM", "arXiv-sanity's way"),
    "titles": ("Words of your titles (BM25)", "words of your titles"),
    "newest": ("Newest first", "newest first"),
    "random": ("At random", "chance"),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean with a 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RankingResult:
    """Where a ranking put the papers that were saved: the share among the first 50, and NDCG of the first 20."""

    name: str
    label: str
    recall: Measured
    ndcg: Measured


@dataclass(frozen=True, slots=True)
class Comparison:
    """By how much a ranking is above another, save by save."""

    name: str
    other: str
    recall: Measured
    ndcg: Measured


@dataclass(frozen=True, slots=True)
class Bin:
    """Papers with much the same probability: the mean of it, and the share that was saved, with its interval."""

    papers: int
    said: float
    saved: Measured


@dataclass(frozen=True, slots=True)
class Calibration:
    """How true the probabilities of papers at the top of the ranking are: Brier scores, less is better."""

    papers: int
    saved: int
    brier: float
    brier_of_rate: float  # of somebody who says the same share for every paper
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """One replay of a reader's history."""

    reader: str
    saves: int  # that were judged
    days: int  # on which they were made
    first: date | None
    last: date | None
    steps: int  # models that were fitted
    papers: int  # that the last save was found among
    left_out: int  # saves from before anything was known, or when there was hardly a paper to choose from
    by_date: int  # saves from before their papers came: found among what was published by then
    rankings: tuple[RankingResult, ...]
    differences: tuple[Comparison, ...]  # of the page to every other ranking, and of the mix that is tried to the page
    calibration: Calibration | None
    mix: dict[str, float]
    tried: dict[str, float] | None
    says: tuple[str, ...]
    seconds: float = 0.0


def to_json(report: ReplayReport) -> dict[str, Any]:
    """The report as JSON knows values."""
    data = asdict(report)
    for name in ("first", "last"):
        data[name] = data[name].isoformat() if data[name] else None
    return data


def gain(ranks: NDArray[np.float64], first: int = FIRST) -> NDArray[np.float64]:
    """What a paper at these ranks brings to NDCG, 0 behind the first so many."""
    return np.where(ranks <= first, 1 / np.log2(1 + np.minimum(ranks, first)), 0.0)


def bootstrap(values: NDArray[np.float64], days: NDArray[np.int64], seed: int, *, least: float = 0.0) -> list[Measured]:
    """The mean of every column of values (n, c) in least..1, its interval by drawing days (n,) with replacement.

    Saves of one day belong together. With one day nothing is known of others: the interval is all that may be.
    """
    means = values.mean(axis=0)
    _, day = np.unique(days, return_inverse=True)
    n = int(day.max()) + 1
    if n < 2:
        return [Measured(float(mean), least, 1.0) for mean in means]
    sums = np.stack([np.bincount(day, column, n) for column in values.T], axis=1)
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), DRAWS).astype(np.float64)
    drawn = (times @ sums) / np.maximum(times @ np.bincount(day, minlength=n), 1)[:, None]
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return [Measured(*map(float, one)) for one in zip(means, low, high, strict=True)]


def calibration(said: NDArray[np.float64], saved: NDArray[np.bool_]) -> Calibration | None:
    """Of probabilities (n,) and what came of them (n,); None without any."""
    if not len(said):
        return None
    rate = float(saved.mean())
    parts = [part for part in np.array_split(np.argsort(said, kind="stable"), BINS) if len(part)]
    bins = tuple(
        Bin(len(part), float(said[part].mean()), share_of(int(saved[part].sum()), len(part))) for part in parts
    )
    brier = float(((said - saved) ** 2).mean())
    return Calibration(len(said), int(saved.sum()), brier, rate * (1 - rate), bins)


def share_of(k: int, n: int) -> Measured:
    """k of n with Wilson's interval."""
    z = 1.96
    middle = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * float(np.sqrt(k * (n - k) / n + z * z / 4))
    return Measured(k / n, max(middle - half, 0.0), min(middle + half, 1.0))


def is_telling(saves: int, days: int) -> bool:
    """Whether so many saves on so many days can tell rankings apart at all."""
    return saves >= FEW_SAVES and days >= FEW_DAYS


def comparison_sentence(one: Comparison, saves: int, days: int) -> str:
    """What a difference says to its reader."""
    name, other = RANKINGS[one.name][1], RANKINGS[one.other][1]
    if not is_telling(saves, days):
        return f"{saves} saves on {days} days: too few to tell {name} from {other}."
    value, low, high = (signed(100 * x) for x in (one.recall.value, one.recall.low, one.recall.high))
    numbers = f"{value} of 100 saves among the first {DEPTH}, interval {low} to {high}"
    if one.recall.low > 0:
        return f"{name[:1].upper()}{name[1:]} is better than {other}: {numbers}."
    if one.recall.high < 0:
        return f"{name[:1].upper()}{name[1:]} is worse than {other}: {numbers}."
    return f"No difference is shown between {name} and {other}: {numbers}, which holds 0."


def signed(value: float) -> str:
    """A number without decimals with its sign, 0 without one."""
    return f"{round(value):+d}" if round(value) else "0"
