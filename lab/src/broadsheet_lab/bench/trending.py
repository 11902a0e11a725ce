"""The trending formulas in an invented community, and on the log of a library if there is one.

`_trending_world` says what the community is like. Each formula lives through the same communities: its order decides
what readers see, so each has a life of its own. Judged are the correlation of the scores with the true quality at the
end of each day, over the papers of the day and of the week, and the place to which a ring of 20 accounts brings a bad
paper. What is chosen is chosen on seeds from 1000 on; the figures are of the seeds below 60.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau, spearmanr

from broadsheet.settings.sections import Trending
from broadsheet.trending.contract import Formula, Signals
from broadsheet.trending.exploration import Exploration
from broadsheet.trending.hacker_news import HackerNews
from broadsheet.trending.independence import Independence
from broadsheet.trending.lobsters import Lobsters
from broadsheet.trending.lockstep import Lockstep
from broadsheet.trending.plausibility import Plausibility
from broadsheet.trending.reddit_hot import RedditHot
from broadsheet.trending.vote_count import VoteCount
from broadsheet.trending.vote_rate import VoteRate
from broadsheet_lab.bench._trending_replay import replayed
from broadsheet_lab.bench._trending_run import RING, Day, Life, Ring, System
from broadsheet_lab.bench._trending_world import Floats, Ints, World
from broadsheet_lab.bench.report import interval, write

__all__ = ["DEFAULT", "RINGS", "SEEDS", "SYSTEMS", "VARIANTS", "Result", "lived", "measure", "system"]

SEEDS = 60  # of communities without a ring
FEWER = 20  # of those with one, and of those where votes are hidden
DEFAULT = "vote-rate"
WORLD = World()
RINGS = (
    Ring("new", "together"),
    Ring("new", "spread"),
    Ring("old", "together"),
    Ring("old", "spread"),
    Ring("sellers", "spread"),
)


def system(
    formula: Formula,
    *,
    independence: Independence | None = None,
    plausibility: Plausibility | None = None,
    lockstep: Lockstep | None = None,
    exploration: Exploration | None = None,
    counts_voices: bool = False,
) -> System:
    """A formula as a system; `counts_voices` gives a formula that counts votes the voices instead."""

    def order(signals: Signals) -> tuple[Ints, Floats]:
        seen = replace(signals, votes=signals.voices) if counts_voices else signals
        score = formula.score(seen).total
        rows = np.lexsort((signals.age, -score))
        if exploration is not None and isinstance(formula, VoteRate):
            rows = exploration.order(rows, score, formula.uncertainty(signals))
        return rows, score

    return System(order, independence, plausibility, lockstep)


_PROTECTED: dict[str, Any] = {
    "independence": Independence(), "plausibility": Plausibility(), "lockstep": Lockstep(),
}  # fmt: skip
SYSTEMS: Mapping[str, System] = {
    DEFAULT: system(VoteRate(days=Trending().days), exploration=Exploration(), **_PROTECTED),
    "hacker-news": system(HackerNews()),
    "reddit-hot": system(RedditHot()),
    "lobsters": system(Lobsters()),
    "vote-count": system(VoteCount()),
}
VARIANTS: Mapping[str, System] = {  # what each piece of the default is worth, and the others with its protection
    "vote-rate, every vote a voice": system(VoteRate(days=Trending().days), exploration=Exploration()),
    "hacker-news over voices": system(HackerNews(), counts_voices=True, **_PROTECTED),
    "vote-count over voices": system(VoteCount(), counts_voices=True, **_PROTECTED),
}
_ALL = {**SYSTEMS, **VARIANTS}
_PLACE = "place of the ring's paper"


@dataclass(frozen=True, slots=True)
class Result:
    """One system over all seeds, one row a seed."""

    spearman: Floats  # of the day
    kendall: Floats
    week: Floats  # Spearman's, of the last seven days
    hidden: Floats  # Spearman's of the day where readers do not see the votes
    places: Mapping[str, Floats]  # of the ring's paper at the end of the day, by ring
    top: Mapping[str, Floats]  # the share of days on which it is among the first five


def measure(out: Path, tell: Callable[[str], None]) -> list[Path]:
    """Let every system live, and write results/trending.json."""
    started = time.perf_counter()
    results = {}
    with ProcessPoolExecutor(2) as pool:
        for name, result in zip(_ALL, pool.map(_lived, _ALL), strict=True):
            results[name] = result
            tell(_line(name, result))
    content = {
        "data": {"world": _world(WORLD), "seeds": SEEDS, "seeds with a ring": FEWER, "accounts in a ring": RING},
        "systems": {name: _means(result) for name, result in results.items()},
        "intervals": {name: _intervals(result, results[DEFAULT]) for name, result in results.items()},
        "by ring": {name: _by_ring(result) for name, result in results.items()},
        "the default beats": _beats(results),
        "seconds": round(time.perf_counter() - started, 1),
    }
    if library := os.environ.get("BROADSHEET_LIBRARY"):
        content["replay"] = replayed(Path(library))
    path = out / "trending.json"
    write(path, "trending", content)
    return [path]


def _lived(name: str) -> Result:
    return lived(_ALL[name], range(SEEDS))


def lived(one: System, seeds: Sequence[int], rings: Sequence[Ring] = RINGS, world: World = WORLD) -> Result:
    """One system in the communities of these seeds; the first FEWER of them with a ring and with hidden votes."""
    few = seeds[:FEWER]
    honest = [Life(world, one, seed).days() for seed in seeds]
    hidden = [Life(replace(world, follows=0.0), one, seed).days() for seed in few]
    attacked = {_name(ring): [Life(world, one, seed, ring).days() for seed in few] for ring in rings}
    return Result(
        _mean(honest, lambda day: _rho(day.score, day.quality)),
        _mean(honest, lambda day: float(kendalltau(day.score, day.quality).statistic)),
        _mean(honest, lambda day: _rho(day.week_score, day.week_quality)),
        _mean(hidden, lambda day: _rho(day.score, day.quality)),
        {name: _mean(lives, lambda day: float(day.place)) for name, lives in attacked.items()},
        {name: _mean(lives, lambda day: float(day.place <= 5)) for name, lives in attacked.items()},
    )


def _rho(score: Floats, quality: Floats) -> float:
    return float(spearmanr(score, quality).statistic) if np.ptp(score) > 0 else 0.0


def _mean(lives: Sequence[Sequence[Day]], value: Callable[[Day], float]) -> Floats:
    return np.array([np.mean([value(day) for day in days]) for days in lives])


def _name(ring: Ring) -> str:
    return f"{ring.kind}, {ring.when}"


def _figures(result: Result) -> dict[str, Floats]:
    """By name, each one value a seed."""
    return {
        "spearman": result.spearman,
        "kendall": result.kendall,
        "spearman of the week": result.week,
        "spearman, votes hidden": result.hidden,
        _PLACE: np.mean([*result.places.values()], axis=0),
        "days in the top 5": np.mean([*result.top.values()], axis=0),
    }


def _means(result: Result) -> dict[str, float]:
    return {name: round(float(values.mean()), 4) for name, values in _figures(result).items()}


def _intervals(result: Result, default: Result) -> dict[str, Any]:
    """95 % bootstrap intervals over the seeds, and those of the default less this one, seed by seed."""
    own, best = _figures(result), _figures(default)
    found = {name: _bounds(values) for name, values in own.items()}
    return found | {"default less this": {name: _bounds(best[name] - values) for name, values in own.items()}}


def _by_ring(result: Result) -> dict[str, Any]:
    return {
        name: {
            "place": round(float(places.mean()), 4),
            "interval": _bounds(places),
            "days in the top 5": round(float(result.top[name].mean()), 4),
        }
        for name, places in result.places.items()
    }


def _bounds(values: Floats) -> list[float]:
    return [round(bound, 4) for bound in interval(values)]


def _beats(results: Mapping[str, Result]) -> dict[str, Any]:
    """For each other formula whether the default's lead is beyond chance, and the rings that it does not lead for."""
    default = results[DEFAULT]
    best, verdict = _figures(default), {}
    for name in [name for name in SYSTEMS if name != DEFAULT]:
        other, places = _figures(results[name]), results[name].places
        verdict[name] = {
            "correlation": _bounds(best["spearman"] - other["spearman"])[0] > 0,
            "ring, on average": _bounds(best[_PLACE] - other[_PLACE])[0] > 0,
            "but not for": [ring for ring, own in default.places.items() if own.mean() <= places[ring].mean()],
        }
    return verdict


def _line(name: str, result: Result) -> str:
    places = "; ".join(f"{ring} {p.mean():.1f} ({result.top[ring].mean():.0%})" for ring, p in result.places.items())
    return (
        f"{name}: Spearman {result.spearman.mean():.3f}, Kendall {result.kendall.mean():.3f}, "
        f"week {result.week.mean():.3f}, votes hidden {result.hidden.mean():.3f}; ring: {places}"
    )


def _world(world: World) -> dict[str, Any]:
    return {name: getattr(world, name) for name in World.__slots__}
