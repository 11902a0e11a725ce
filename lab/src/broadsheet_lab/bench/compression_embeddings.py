"""The claims of methods that compress what a recommender learns: tables of embeddings, and nested models.

embedding_compression: every method at every budget it reaches, the same network trained with it on the same clicks.
Rates and epochs were chosen by the whole table's AUC on the validation rows, and so is each budget's best method; what
is reported is measured on the test rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet_lab.bench._clicks import Clicks, Network, auc, auc_interval, frappe, frappe_path, predicted, train
from broadsheet_lab.bench._purchases import Purchases, beauty, beauty_path, features, hits, item_knn, popularity
from broadsheet_lab.bench.report import Claimed, interval, ratio_interval, write_claims
from broadsheet_lab.compression._embeddings import Floats, Ints
from broadsheet_lab.compression._nested import block_mask
from broadsheet_lab.compression.embedding_compression import METHODS, CompressedEmbedding, Method, family, reaches
from broadsheet_lab.compression.fmrlrec import FMRLRec

__all__ = ["BUDGETS", "Trained", "claims", "measure", "nested_claims", "run"]

Tell = Callable[[str], None]
DATASET = "Frappe, two-layer network"
BUDGETS = {"1/2": 1 / 2, "1/8": 1 / 8, "1/32": 1 / 32, "1/100": 1 / 100}
DIMENSIONS = 16
EPOCHS, TUNED = 8, 2  # of the epochs, those after the table is packed, where a method is trained further
BATCH, RATE = 512, 3e-3
NESTED = "Beauty, 64 dimensions"
NESTED_EPOCHS = 12
SIZES, CUT = (8, 16, 32, 64), 16
_CHUNK = 1000  # readers whose scores of all items are held at once
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
    systems = {"full @ 1": whole.to_json(), **{f"{m} @ {b}": one.to_json() for (m, b), one in found.items()}}
    files = {f"frappe/{part}.parquet": frappe_path() / f"{part}.parquet" for part in ("train", "validation", "test")}
    measured = claims(w, whole, found)
    more = {"systems": systems}
    return write_claims(out, "embedding_compression", __name__, measured, data=files, started=started, more=more)


def _ranked(w: Purchases, last: int, scores: Callable[[Ints, Ints], Floats]) -> NDArray[np.float64]:
    """(2, readers): hits and gains at 10 of the item `last` from the end, scored from what comes before it."""
    (items, bounds), wanted, found = w.without(last), w.wanted(last), []
    for start in range(0, len(wanted), _CHUNK):
        ends = bounds[start : start + _CHUNK + 1]
        part = items[ends[0] : ends[-1]]
        rows = scores(part, ends - ends[0])
        found.append(hits(rows, part, ends - ends[0], wanted[start : start + _CHUNK]))
    return np.concatenate(found, axis=1)


def _by(items: Floats, readers: Callable[[Ints, Ints], Floats]) -> Callable[[Ints, Ints], Floats]:
    """Scores as inner products of readers and items."""
    return lambda part, ends: np.asarray(readers(part, ends) @ items.T)


def _neighbours(near: csr_matrix) -> Callable[[Ints, Ints], Floats]:
    """Scores as sums of the similarities of what was bought."""

    def scores(part: Ints, ends: Ints) -> Floats:
        ones = np.ones(len(part), np.float32)
        return np.asarray((csr_matrix((ones, part, ends), (len(ends) - 1, near.shape[0])) @ near).toarray(), np.float32)

    return scores


def nested_claims(w: Purchases, *, epochs: int = NESTED_EPOCHS, dimensions: int = 256) -> list[Claimed]:
    """The claims of fmrlrec: trained nested, at the greatest size alone, and at a quarter alone."""
    x, (items, bounds) = features(w, dimensions=dimensions), w.without(2)

    def trained(sizes: tuple[int, ...]) -> FMRLRec:
        return FMRLRec(sizes=sizes, dropout=0.4, rate=3e-3, epochs=epochs).fit(x, items, bounds)

    nested, alone, short = trained(SIZES), trained(SIZES[-1:]), trained((CUT,))
    cuts = {m: nested.cut(m) for m in SIZES}
    by_size = {m: _ranked(w, 1, _by(cut.items(), cut.encode)) for m, cut in cuts.items()}
    whole, cut = by_size[SIZES[-1]][0], by_size[CUT][0]
    severed = _ranked(w, 1, _by(alone.items()[:, :CUT], lambda part, ends: alone.encode(part, ends)[:, :CUT]))[0]
    little = _ranked(w, 1, _by(short.items(), short.encode))[0]
    popular = popularity(w)
    baseline = {
        "popularity": _ranked(w, 1, lambda _, ends: np.tile(popular, (len(ends) - 1, 1)))[0].mean(),
        "item-kNN": _ranked(w, 1, _neighbours(item_knn(w)))[0].mean(),
        "64 trained alone": _ranked(w, 1, _by(alone.items(), alone.encode))[0].mean(),
    }
    detail = {
        "recall@10 by size": {str(m): round(float(r[0].mean()), 4) for m, r in by_size.items()},
        "ndcg@10 by size": {str(m): round(float(r[1].mean()), 4) for m, r in by_size.items()},
        "recall@10 on validation": round(float(_ranked(w, 2, _by(nested.items(), nested.encode))[0].mean()), 4),
    }
    sizes = [2**k for k in range(3, 11)]

    def ratio(metric: str, one: NDArray[np.float64], other: NDArray[np.float64], name: str) -> Claimed:
        value, under = float(one.mean() / max(other.mean(), 1e-9)), {name: float(other.mean())}
        return Claimed(NESTED, metric, value, interval=ratio_interval(one, other, draws=500), baseline=under)

    return [
        Claimed(NESTED, "recall@10", float(whole.mean()), interval=interval(whole), baseline=baseline, detail=detail),
        ratio("recall@10 kept when cut to 16 (ratio)", cut, whole, "64 dimensions"),
        ratio("recall@10 cut to 16, over 64 trained alone and cut (ratio)", cut, severed, "64 alone, cut"),
        ratio("recall@10 cut to 16, over 16 trained alone (ratio)", cut, little, "16 alone"),
        Claimed(
            "sizes 8, 16, ..., 1024",
            "weights of a nested layer over those of a layer a size (ratio)",
            float(block_mask(tuple(sizes)).sum()) / sum(m * m for m in sizes),
            lower_is_better=True,
        ),
    ]


def _nested(out: Path, tell: Tell) -> Path:
    started = time.perf_counter()
    tell("training nested and separate models of purchases")
    found = nested_claims(beauty())
    data = {f"beauty/{name}": beauty_path() / name for name in ("sequences.parquet", "item_attributes.json")}
    return write_claims(out, "fmrlrec", __name__, found, data=data, started=started)


MEASURED: dict[str, Callable[[Path, Tell], Path]] = {"embedding_compression": _embeddings, "fmrlrec": _nested}


def measure(out: Path, tell: Tell, only: Sequence[str] = ()) -> list[Path]:
    """Measure both methods, or those named; one file a method into `out`. Raises UsageError without data."""
    return [step(out, tell) for name, step in MEASURED.items() if not only or name in only]
