"""The claims of embedding_compression: every method at every budget it reaches, one network trained with it on clicks.

Rates and epochs were chosen by the whole table's AUC on the validation rows, and so is each budget's best method, by
one training of each. What a claim compares is trained with two more seeds and reported on the test rows over all three.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet_lab.bench import _clicks
from broadsheet_lab.bench._cached import cached
from broadsheet_lab.bench._clicks import Clicks, Network, Rows, auc, auc_interval, frappe, frappe_path, predicted, train
from broadsheet_lab.bench.report import Claimed, write_claims
from broadsheet_lab.compression import _embeddings
from broadsheet_lab.compression import _embeddings_learned as _learned
from broadsheet_lab.compression import _embeddings_made as _made
from broadsheet_lab.compression import _embeddings_narrow as _narrow
from broadsheet_lab.compression import _embeddings_quantised as _quantised
from broadsheet_lab.compression import _embeddings_searched as _searched
from broadsheet_lab.compression import _embeddings_shared as _shared
from broadsheet_lab.compression._embeddings import Floats
from broadsheet_lab.compression.embedding_compression import (
    CARD,
    METHODS,
    CompressedEmbedding,
    Method,
    family,
    reaches,
)

__all__ = ["BUDGETS", "Choice", "Found", "Trained", "claims", "measure", "run"]

Tell = Callable[[str], None]
Found = Mapping[tuple[Method, str], "Trained"]
DATASET = CARD.claims[0].dataset
BUDGETS = {"1/2": 1 / 2, "1/8": 1 / 8, "1/32": 1 / 32, "1/100": 1 / 100}
DIMENSIONS = 16
SEEDS = (0, 1, 2)
ROWS = 50_000  # to train on
EPOCHS, TUNED = 4, 1  # of the epochs, those after the table is packed, where a method is trained further
SEARCHED = 1  # epoch of the search of lengths, before all others
BATCH, RATE = 512, 3e-3
RAMP = 3  # the paper's 100 is for a hundred times as many steps
_TUNED: tuple[Method, ...] = ("product", "dpq", "mgqe", "dedup")
_DRAWS = 100


@dataclass(frozen=True)
class Trained:
    """A network with its table, over all seeds: how well it orders the rows to choose by, and scores of the others."""

    validation: float
    tests: Floats  # AUC of each seed
    scores: Floats  # (seeds, test rows)
    share: float  # of the whole table's bytes
    seconds: float  # of one training

    @property
    def test(self) -> float:
        """The mean AUC on the test rows."""
        return float(self.tests.mean())

    def to_json(self) -> dict[str, Any]:
        """A row of the table."""
        return {
            "auc": round(self.test, 5),
            "auc_by_seed": [round(float(one), 5) for one in self.tests],
            "auc_validation": round(self.validation, 5),
            "share_of_bytes": round(self.share, 5),
            "seconds": round(self.seconds, 1),
        }

    @classmethod
    def of(cls, runs: Sequence[Trained]) -> Trained:
        """Several seeds as one."""
        return cls(
            float(np.mean([one.validation for one in runs])),
            np.concatenate([one.tests for one in runs]),
            np.concatenate([one.scores for one in runs]),
            runs[0].share,
            float(np.mean([one.seconds for one in runs])),
        )


def run(
    w: Clicks, method: Method, budget: float, *, seed: int = 0, epochs: int = EPOCHS, dimensions: int = DIMENSIONS
) -> Trained:
    """Train and measure one method at one budget with one seed."""
    started = time.perf_counter()
    table = CompressedEmbedding(method=method, budget=budget, dimensions=dimensions, ramp=RAMP, seed=seed).start(w.size)
    network = Network(w.train.ids.shape[1] * dimensions, seed=seed)

    def judged() -> float:
        return auc(predicted(table, network, w.validation, w.size), w.validation.labels)

    if table.searching:
        train(table, network, w.train, epochs=SEARCHED, batch=BATCH, rate=RATE, seed=seed + 2)
        table.choose(judged)
        network = Network(w.train.ids.shape[1] * dimensions, seed=seed)
    tuned = TUNED if method in _TUNED else 0
    train(table, network, w.train, epochs=epochs - tuned, batch=BATCH, rate=RATE, seed=seed)
    table.settle()
    train(table, network, w.train, epochs=tuned, batch=BATCH, rate=RATE / 3, seed=seed + 1)
    seconds = time.perf_counter() - started
    scores = predicted(table, network, w.test, w.size)
    share = table.nbytes / (4 * w.size * DIMENSIONS)
    return Trained(judged(), np.array([auc(scores, w.test.labels)]), scores[None], share, seconds)


_SOURCES = (_clicks, _embeddings, _learned, _made, _narrow, _quantised, _searched, _shared)


def _known(w: Clicks, method: Method, budget: float, seed: int, dimensions: int) -> Trained:
    """As `run`; what was trained by the same source before is read."""

    def make(_: Path) -> dict[str, Any]:
        one = run(w, method, budget, seed=seed, dimensions=dimensions)
        return {"figures": [one.validation, one.share, one.seconds], "tests": one.tests, "scores": one.scores}

    how = (method, budget, seed, dimensions, ROWS, EPOCHS, TUNED, SEARCHED, BATCH, RATE, RAMP)
    found = cached("frappe", how, _SOURCES, make)
    validation, share, seconds = found["figures"].tolist()
    return Trained(validation, found["tests"], found["scores"], share, seconds)


@dataclass(frozen=True)
class Choice:
    """What was chosen by the AUC on the validation rows."""

    best: Mapping[str, Method]  # of each budget
    everywhere: Method  # one method for all budgets
    sharing: Method  # of those that share rows, at 1/32
    shortening: Method  # of those that shorten them

    @classmethod
    def of(cls, found: Found) -> Choice:
        """From one training of everything."""

        def best(budget: str, among: Iterable[Method] = METHODS) -> Method:
            return max((m for m in among if (m, budget) in found), key=lambda m: found[m, budget].validation)

        def mean(method: Method) -> float:
            return float(np.mean([found[method, budget].validation for budget in BUDGETS]))

        all_over = [m for m in METHODS if all((m, budget) in found for budget in BUDGETS)]
        sharing, shortening = (
            best("1/32", [m for m in METHODS if family(m) == kind]) for kind in ("inter-feature", "intra-feature")
        )
        return cls({budget: best(budget) for budget in BUDGETS}, max(all_over, key=mean), sharing, shortening)

    def compared(self) -> list[tuple[Method, str]]:
        """What the claims compare, method and budget."""
        named: list[tuple[Method, str]] = [(self.sharing, "1/32"), (self.shortening, "1/32")]
        named += [("hash", "1/2"), ("hash", "1/100"), ("product", "1/8"), ("mgqe", "1/8"), ("dpq", "1/8")]
        named += [(m, budget) for budget, best in self.best.items() for m in (best, self.everywhere)]
        return sorted(set(named))


def claims(  # long: flat: one entry a claim of the card
    w: Clicks, whole: Trained, found: Found, shorter: Mapping[str, Trained], choice: Choice
) -> list[Claimed]:
    """The claims from what was trained: `found` by method and budget, `shorter` whole tables of fewer dimensions."""
    labels, metrics, best = w.test.labels, [claim.metric for claim in CARD.claims], choice.best
    lost = {f"{m} @ {b}": round(whole.test - made.test, 5) for (m, b), made in found.items()}

    def over(metric: str, pairs: Sequence[tuple[Trained, Trained | None]], **more: Any) -> Claimed:
        value = float(np.mean([top.test - (base.test if base else 0) for top, base in pairs]))
        bounds = auc_interval(
            [(top.scores, base.scores if base else None) for top, base in pairs], labels, draws=_DRAWS
        )
        return Claimed(DATASET, metric, value, interval=bounds, n=len(labels), seeds=SEEDS, **more)

    half, least, eighth = found[best["1/2"], "1/2"], found[best["1/100"], "1/100"], found[best["1/8"], "1/8"]
    product, dpq = found["product", "1/8"].test, found["dpq", "1/8"]
    one, sharing, shortening = choice.everywhere, choice.sharing, found[choice.shortening, "1/32"]
    return [
        over(
            metrics[0],
            [(whole, half)],
            lower_is_better=True,
            baseline={"whole table": whole.test, "hash": found["hash", "1/2"].test},
            rival=("a whole table of half the dimensions", whole.test - shorter["1/2"].test),
            detail={"method": best["1/2"], "lost": lost},
        ),
        over(
            metrics[1],
            [(found[best[b], b], found[one, b]) for b in BUDGETS],
            baseline={f"{one} @ {b}": found[one, b].test for b in BUDGETS},
            rival=(f"{one} for all", 0.0),
            detail={"best": dict(best)},
        ),
        over(
            metrics[2],
            [(found[sharing, "1/32"], shortening)],
            baseline={choice.shortening: shortening.test},
            rival=(f"{choice.shortening} itself", 0.0),
            detail={"method": sharing},
        ),
        over(
            metrics[3],
            [(whole, least)],
            lower_is_better=True,
            baseline={"whole table": whole.test},
            rival=("hash", whole.test - found["hash", "1/100"].test),
            detail={"method": best["1/100"]},
        ),
        over(
            metrics[4],
            [(eighth, shorter["1/8"])],
            baseline={"a whole table of 2 dimensions": shorter["1/8"].test},
            rival=("product, after training", product - shorter["1/8"].test),
            detail={"method": best["1/8"]},
        ),
        over(
            metrics[5],
            [(found["mgqe", "1/8"], dpq)],
            baseline={"dpq": dpq.test},
            rival=("product, after training", product - dpq.test),
        ),
    ]


def _some(w: Clicks) -> Clicks:
    """The same clicks with fewer training rows, drawn at random."""
    rows = np.random.default_rng(0).permutation(len(w.train.labels))[:ROWS]
    return Clicks(Rows(w.train.ids[rows], w.train.labels[rows]), w.validation, w.test, w.size)


def _reached(size: int) -> Iterator[tuple[Method, str]]:
    """Every method at every budget that it reaches."""
    for name, budget in BUDGETS.items():
        yield from ((method, name) for method in METHODS if reaches(method, size, DIMENSIONS, budget))


def measure(out: Path, tell: Tell, only: Sequence[str] = ()) -> list[Path]:  # noqa: ARG001  it is one method
    """Train all, and what is compared over all seeds, and write the claims. What is cached is not trained again."""
    started, w = time.perf_counter(), _some(frappe())

    def made(method: Method, budget: float, dimensions: int = DIMENSIONS, seeds: Sequence[int] = SEEDS) -> Trained:
        tell(f"training with {method} in {budget:.3f} of the bytes")
        return Trained.of([_known(w, method, budget, seed, dimensions) for seed in seeds])

    found = {at: made(at[0], BUDGETS[at[1]], seeds=SEEDS[:1]) for at in _reached(w.size)}
    choice = Choice.of(found)
    found |= {at: made(at[0], BUDGETS[at[1]]) for at in choice.compared()}
    whole = made("full", 1.0)
    shorter = {name: made("full", 1.0, round(DIMENSIONS * BUDGETS[name])) for name in ("1/2", "1/8")}
    systems = {"full @ 1": whole.to_json(), **{f"{m} @ {b}": one.to_json() for (m, b), one in found.items()}}
    systems |= {f"full, fewer dimensions @ {name}": one.to_json() for name, one in shorter.items()}
    files = {f"frappe/{part}.parquet": frappe_path() / f"{part}.parquet" for part in ("train", "validation", "test")}
    measured, more = claims(w, whole, found, shorter, choice), {"systems": systems}
    return [write_claims(out, "embedding_compression", __name__, measured, data=files, started=started, more=more)]
