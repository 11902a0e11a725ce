"""The claims of fmrlrec: nested models and one trained alone, on purchases, beside what can be counted from them.

Rates and lengths of training were chosen on the purchase before the last; the last is what is reported. What counts
may count all purchases before the one to be found, the trained models see those up to the third from the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench import _purchases, embedding_tables
from broadsheet_lab.bench._cached import cached
from broadsheet_lab.bench._purchases import (
    Floats,
    Ints,
    Purchases,
    beauty,
    beauty_path,
    features,
    hits,
    neighbours_and_transitions,
    popularity,
)
from broadsheet_lab.bench.report import Claimed, write_claims
from broadsheet_lab.compression import fmrlrec
from broadsheet_lab.compression.fmrlrec import CARD, FMRLRec

__all__ = ["claims", "measure"]

Tell = Callable[[str], None]
Hits = NDArray[np.float64]  # (2, readers): found among the best ten or not, and the gain
DATASET = CARD.claims[1].dataset
SIZES, CUT = (16, 64, 256), 64
SEEDS = (0, 1, 2)
EPOCHS = 3
RATE, DROPOUT = 3e-3, 0.4
SHARE = 0.25  # of the positions whose loss a step reckons
DIMENSIONS = 128  # of the singular vectors of attributes, and of those of readers
_CHUNK = 1000  # readers whose scores of all items are held at once


def _ranked(w: Purchases, last: int, scores: Callable[[Ints, Ints], Floats]) -> Hits:
    """(2, readers): hits and gains at 10 of the item `last` from the end, scored from what comes before it."""
    (items, bounds), wanted, found = w.without(last), w.wanted(last), []
    for start in range(0, len(wanted), _CHUNK):
        ends = bounds[start : start + _CHUNK + 1]
        part = items[ends[0] : ends[-1]]
        rows = scores(part, ends - ends[0])
        found.append(hits(rows, part, ends - ends[0], wanted[start : start + _CHUNK]))
    return np.concatenate(found, axis=1)


def _by(model: FMRLRec) -> Callable[[Ints, Ints], Floats]:
    """Inner products of readers and items."""
    items = model.items()
    return lambda part, ends: np.asarray(model.encode(part, ends) @ items.T)


def _found(w: Purchases, x: Floats, sizes: tuple[int, ...], seed: int, epochs: int, tell: Tell) -> dict[str, Hits]:
    """Hits of each size of a model on the purchase to report, and of the whole on validation; cached."""
    from broadsheet_lab.compression import _nested  # needs torch

    def make(checkpoint: Path) -> dict[str, Hits]:
        model = FMRLRec(sizes=sizes, dropout=DROPOUT, rate=RATE, epochs=epochs, share=SHARE, seed=seed)
        model.fit(x, *w.without(2), kept=checkpoint, tell=tell)
        made = {str(m): _ranked(w, 1, _by(model.cut(m))) for m in sizes}
        return {**made, "validation": _ranked(w, 2, _by(model)), "minutes": np.array([model.course_.seconds / 60])}

    how = (sizes, seed, epochs, RATE, DROPOUT, SHARE, x.shape, len(w.items))
    return cached("beauty", how, (_purchases, _nested, fmrlrec), make)


def claims(w: Purchases, tell: Tell = lambda _: None, *, epochs: int = EPOCHS) -> list[Claimed]:
    """The claims of fmrlrec on purchases: trained nested, and at the length of the cut alone."""
    x = features(w, dimensions=DIMENSIONS)
    nested = [_found(w, x, SIZES, seed, epochs, tell) for seed in SEEDS]
    alone = [_found(w, x, (CUT,), seed, epochs, tell) for seed in SEEDS]
    whole, cut = (np.stack([one[str(m)][0] for one in nested]) for m in (SIZES[-1], CUT))
    short = np.stack([one[str(CUT)][0] for one in alone])
    counted, popular = _ranked(w, 1, neighbours_and_transitions(w, 1)), popularity(w)
    common = _ranked(w, 1, lambda _, ends: np.tile(popular, (len(ends) - 1, 1)))
    detail = {
        "recall@10 by size": {str(m): round(float(np.mean([one[str(m)][0] for one in nested])), 4) for m in SIZES},
        "ndcg@10 by size": {str(m): round(float(np.mean([one[str(m)][1] for one in nested])), 4) for m in SIZES},
        "recall@10 on validation": round(float(np.mean([one["validation"][0] for one in nested])), 4),
        "recall@10 of popularity": round(float(common[0].mean()), 4),
        "ndcg@10 of neighbours and transitions": round(float(counted[1].mean()), 4),
        "epochs": epochs,
        "minutes of a nested training": round(float(np.mean([one["minutes"] for one in nested])), 1),
    }
    name, rival = "256 dimensions, nested", "neighbours and transitions"
    metrics = [claim.metric for claim in CARD.claims]
    share = float(counted[0].mean())
    return [
        Claimed.ratio(DATASET, metrics[1], (name, whole), (rival, counted[0]), rival=(rival, 1.0), detail=detail),
        Claimed.ratio(
            DATASET, metrics[2], ("cut to 64", cut), (name, whole), rival=(rival, share / float(whole.mean()))
        ),
        Claimed.ratio(
            DATASET, metrics[3], ("cut to 64", cut), ("64 alone", short), rival=(rival, share / float(short.mean()))
        ),
    ]


def _purchased(out: Path, tell: Tell) -> Path:
    started = time.perf_counter()
    tell("training nested and separate models of purchases")
    found = claims(beauty(), tell)
    data = {f"beauty/{name}": beauty_path() / name for name in ("sequences.parquet", "item_attributes.json")}
    return write_claims(out, "fmrlrec", __name__, found, data=data, started=started)


def measure(out: Path, tell: Tell, only: Sequence[str] = ()) -> list[Path]:
    """Measure both methods, or those named; one file a method into `out`. Raises UsageError without data."""
    written = []
    if not only or "embedding_compression" in only:
        written += embedding_tables.measure(out, tell)
    if not only or "fmrlrec" in only:
        written.append(_purchased(out, tell))
    return written
