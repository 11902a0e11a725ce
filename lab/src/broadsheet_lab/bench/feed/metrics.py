"""What a ranking of all candidates is worth to one reader, and means over readers with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.feed.readers import Rows
from broadsheet_lab.bench.report import interval

__all__ = ["METRICS", "calibration_error", "measured", "shares", "summary", "top"]

METRICS = ("recall@50", "recall@200", "ndcg@20", "mrr")
DEPTH = 200
BINS = 10


def top(scores: NDArray[np.float32], candidates: Rows, saved: Rows, k: int = DEPTH) -> Rows:
    """The k best candidates by score (c,), best first, without those saved; ties in the order of the rows."""
    scores = np.where(np.isin(candidates, saved), -np.inf, scores)
    k = min(k, len(scores))
    best = np.argpartition(-scores, k - 1)[:k] if k < len(scores) else np.arange(len(scores))
    best = best[np.lexsort((candidates[best], -scores[best]))]
    rows: Rows = candidates[best[np.isfinite(scores[best])]]
    return rows


def measured(ranking: Rows, relevant: Rows, recalls: Sequence[int] = (50, 200)) -> dict[str, float]:
    """Recall at some depths, NDCG@20 and MRR of one ranking (200 deep or deeper)."""
    hits = np.isin(ranking, relevant)
    gains = 1 / np.log2(np.arange(2, 22))
    places = np.flatnonzero(hits)
    found = {f"recall@{k}": float(hits[:k].sum() / max(len(relevant), 1)) for k in recalls}
    best = gains[: min(len(relevant), 20)].sum()
    found["ndcg@20"] = float((gains[: len(hits[:20])] * hits[:20]).sum() / best) if best else 0.0
    found["mrr"] = float(1 / (places[0] + 1)) if len(places) else 0.0
    return found


def summary(values: Sequence[Mapping[str, float]]) -> dict[str, float | list[float]]:
    """The mean of every metric over readers, and its 95 % interval under `METRIC, interval`."""
    found: dict[str, float | list[float]] = {}
    for metric in values[0] if values else ():
        every = np.array([value[metric] for value in values], np.float64)
        found[metric] = round(float(every.mean()), 5)
        found[f"{metric}, interval"] = [round(bound, 5) for bound in interval(every, draws=1000)]
    return found


def calibration_error(probabilities: NDArray[np.float32], wanted: NDArray[np.bool_]) -> float:
    """The expected calibration error of the papers shown: |said − true| over BINS bins of equally many papers."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    gaps = [abs(float(probabilities[part].mean()) - float(wanted[part].mean())) * len(part) for part in parts]
    return sum(gaps) / max(len(order), 1)


def shares(page: Rows, interests: Sequence[Rows], vectors: NDArray[np.float32]) -> dict[str, float]:
    """How far the interests' shares of a page lie from their shares of the saves.

    A paper of the page belongs to the interest whose three nearest saves are nearest by `vectors` (n, d). `share error`
    is the mean distance over the interests, `least share` the least share over its fair one.
    """
    nearness = [np.sort(vectors[page] @ vectors[rows].T, axis=1)[:, -3:].mean(axis=1) for rows in interests]
    owner = np.argmax(np.stack(nearness), axis=0)
    own = np.bincount(owner, minlength=len(interests)) / max(len(page), 1)
    fair = np.array([len(rows) for rows in interests], np.float64)
    fair /= fair.sum()
    return {"share error": float(np.abs(own - fair).mean()), "least share": float((own / fair).min())}
