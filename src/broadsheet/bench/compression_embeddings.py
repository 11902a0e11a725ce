"""The claims of methods that compress what a recommender learns: tables of embeddings, and nested models.

embedding_compression: every method at every budget it reaches, the same network trained with it on the same clicks.
Rates and epochs were chosen by the whole table's AUC on the validation rows, and so is each budget's best method; what
is reported is measured on the test rows.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadsheet.bench import datasets
from broadsheet.bench._clicks import Clicks, Network, auc, auc_interval, frappe, frappe_path, predicted, train
from broadsheet.bench.report import Claimed, write
from broadsheet.compression._embeddings import Floats
from broadsheet.compression.embedding_compression import METHODS, CompressedEmbedding, Method, family, reaches

__all__ = ["BUDGETS", "Trained", "claims", "measure", "run"]

Tell = Callable[[str], None]
DATASET = "Frappe, two-layer network"
BUDGETS = {"1/2": 1 / 2, "1/8": 1 / 8, "1/32": 1 / 32, "1/100": 1 / 100}
DIMENSIONS = 16
EPOCHS, TUNED = 8, 2  # of the epochs, those after the table is packed, where a method is trained further
BATCH, RATE = 512, 3e-3
RAMP = 5  # the paper's 100 is for a hundred times as many steps


@dataclass(frozen=True)
class Trained:
    """A network with its table: how well it orders the rows to choose by, and its scores of the rows to report."""

    validation: float
    test: float
    scores: Floats
    share: float  # of the whole table's bytes
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """A row of the table."""
        return {
            "auc": round(self.test, 5),
            "auc_validation": round(self.validation, 5),
            "share_of_bytes": round(self.share, 5),
            "seconds": round(self.seconds, 1),
        }


def run(w: Clicks, method: Method, budget: float, *, seed: int = 0, epochs: int = EPOCHS) -> Trained:
    """Train and measure one method at one budget."""
    started = time.perf_counter()
    table = CompressedEmbedding(method=method, budget=budget, dimensions=DIMENSIONS, ramp=RAMP, seed=seed).start(w.size)
    network = Network(w.train.ids.shape[1] * DIMENSIONS, seed=seed)
    tuned = TUNED if method == "product" else 0
    train(table, network, w.train, epochs=epochs - tuned, batch=BATCH, rate=RATE, seed=seed)
    table.settle()
    train(table, network, w.train, epochs=tuned, batch=BATCH, rate=RATE / 3, seed=seed + 1)
    seconds = time.perf_counter() - started
    scores = predicted(table, network, w.test, w.size)
    return Trained(
        auc(predicted(table, network, w.validation, w.size), w.validation.labels),
        auc(scores, w.test.labels),
        scores,
        table.nbytes / (4 * w.size * DIMENSIONS),
        seconds,
    )


def _best(found: Mapping[tuple[Method, str], Trained], budget: str) -> Method:
    """The method of a budget with the best AUC on the validation rows."""
    return max((m for m, b in found if b == budget), key=lambda m: found[m, budget].validation)


def claims(w: Clicks, whole: Trained, found: Mapping[tuple[Method, str], Trained]) -> list[Claimed]:
    """The claims of embedding_compression from what was trained: `found` by method and budget."""
    labels = w.test.labels
    best = {budget: _best(found, budget) for budget in BUDGETS}
    half, least = found[best["1/2"], "1/2"], found[best["1/100"], "1/100"]
    product, plain = found["compositional", "1/32"], found["hash", "1/32"]
    narrow = [m for m in METHODS if family(m) == "intra-feature"]
    below = {f"{m} @ {b}": round(whole.test - one.test, 5) for (m, b), one in found.items()}
    return [
        Claimed(
            DATASET,
            "AUC lost at half of the bytes, method chosen on validation",
            whole.test - half.test,
            lower_is_better=True,
            interval=auc_interval(whole.scores, half.scores, labels),
            baseline={"whole table": whole.test},
            detail={"method": best["1/2"], "lost": below},
        ),
        Claimed(DATASET, "different best methods over four budgets", len(set(best.values())), detail={"best": best}),
        Claimed(
            DATASET,
            "AUC at 1/32 of the bytes, compositional above hash",
            product.test - plain.test,
            interval=auc_interval(product.scores, plain.scores, labels),
            baseline={"hash": plain.test},
        ),
        Claimed(
            DATASET,
            "AUC at 1/100 of the bytes, best of those that reach it",
            least.test,
            interval=auc_interval(least.scores, None, labels),
            baseline={"whole table": whole.test, "hash": found["hash", "1/100"].test},
            detail={"method": best["1/100"]},
        ),
        Claimed(
            DATASET,
            "share of intra-feature methods that reach 1/100 of the bytes",
            sum(reaches(m, w.size, DIMENSIONS, 1 / 100) for m in narrow) / len(narrow),
            lower_is_better=True,
        ),
        Claimed(
            DATASET,
            "greatest share of its budget that a method keeps",
            max(one.share / BUDGETS[b] for (_, b), one in found.items()),
            lower_is_better=True,
        ),
    ]


def _embeddings(out: Path, tell: Tell) -> Path:
    started, w = time.perf_counter(), frappe()
    tell("training with the whole table")
    whole = run(w, "full", 1.0)
    found: dict[tuple[Method, str], Trained] = {}
    for name, budget in BUDGETS.items():
        for method in METHODS:
            if reaches(method, w.size, DIMENSIONS, budget):
                tell(f"training with {method} in {name} of the bytes")
                found[method, name] = run(w, method, budget)
    path = out / "embedding_compression.json"
    systems = {"full @ 1": whole.to_json(), **{f"{m} @ {b}": one.to_json() for (m, b), one in found.items()}}
    files = {f"frappe/{part}.parquet": frappe_path() / f"{part}.parquet" for part in ("train", "validation", "test")}
    content = {
        "data": {name: datasets.digest(file) for name, file in files.items()},
        "seeds": [0],
        "claims": [claim.to_json() for claim in claims(w, whole, found)],
        "systems": systems,
        "seconds": round(time.perf_counter() - started, 1),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    write(path, "compression_embeddings", content)
    return path


MEASURED: dict[str, Callable[[Path, Tell], Path]] = {"embedding_compression": _embeddings}


def measure(out: Path, tell: Tell, only: str | None = None) -> list[Path]:
    """Measure both methods, or the one named; one file a method into `out`. Raises UsageError without data."""
    return [step(out, tell) for name, step in MEASURED.items() if only in (None, name)]
