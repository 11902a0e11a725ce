"""Clicks on apps in context (Frappe) and a small network that predicts them from a table of embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.special import expit
from scipy.stats import rankdata

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench.datasets import data_folder
from broadsheet_lab.compression._embeddings import Floats, Ints
from broadsheet_lab.compression.embedding_compression import CompressedEmbedding
from broadsheet_lab.kit.optim import LazyAdam

__all__ = ["Clicks", "Network", "Rows", "auc", "auc_interval", "frappe", "frappe_path", "predicted", "train"]


@dataclass(frozen=True)
class Rows:
    """Rows of clicks: the id of every field's value, and whether there was a click."""

    ids: Ints  # (n, fields)
    labels: Floats  # (n,)


@dataclass(frozen=True)
class Clicks:
    """Rows to train on, to choose by and to report. Ids are numbered by how often they occur in `train`."""

    train: Rows
    validation: Rows
    test: Rows
    size: int  # ids of all fields


def frappe_path() -> Path:
    """The folder of Frappe. Raises UsageError if it is missing."""
    folder = data_folder() / "frappe"
    if not (folder / "train.parquet").is_file():
        raise UsageError(f"{folder}: train.parquet is missing; this benchmark needs it")
    return folder


def frappe() -> Clicks:
    """Frappe with its published validation and test rows. Raises UsageError if it is missing."""
    import pyarrow.parquet as pq

    folder, parts = frappe_path(), {}
    for name in ("train", "validation", "test"):
        table = pq.read_table(folder / f"{name}.parquet")
        fields = [column for column in table.column_names if column != "label"]
        ids = np.stack([table[field].to_numpy() for field in fields], axis=1).astype(np.int64)
        parts[name] = ids, table["label"].to_numpy().astype(np.float32)
    size = max(int(ids.max()) for ids, _ in parts.values()) + 1
    counts = np.bincount(parts["train"][0].ravel(), minlength=size)
    rank = np.empty(size, np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(size)
    made = {name: Rows(rank[ids], labels) for name, (ids, labels) in parts.items()}
    return Clicks(made["train"], made["validation"], made["test"], size)


class Network:
    """Embeddings of all fields side by side, through two hidden layers, to the log odds of a click."""

    def __init__(self, inputs: int, *, hidden: tuple[int, int] = (64, 32), seed: int = 0) -> None:
        rng, sizes = np.random.default_rng(seed), (inputs, *hidden, 1)
        self.layers = [
            LazyAdam(np.vstack([(2 / a) ** 0.5 * rng.standard_normal((a, b)), np.zeros((1, b))]).astype(np.float32))
            for a, b in pairwise(sizes)
        ]

    def _forward(self, x: Floats) -> list[Floats]:
        """What goes into every layer, and what comes out of the last (n, 1)."""
        found = [x]
        for at, layer in enumerate(self.layers):
            x = found[-1] @ layer.value[:-1] + layer.value[-1]
            found.append(np.maximum(x, 0) if at + 1 < len(self.layers) else x)
        return found

    def __call__(self, x: Floats) -> Floats:
        """The log odds (n,) for x (n, inputs)."""
        return np.asarray(self._forward(x)[-1][:, 0])

    def step(self, x: Floats, labels: Floats, rate: float) -> Floats:
        """One step of Adam against the mean log loss; the gradient of x, (n, inputs)."""
        values = self._forward(x)
        g = ((expit(values[-1][:, 0]) - labels) / len(x))[:, None].astype(np.float32)
        for at in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[at]
            back = g @ layer.value[:-1].T
            moved = np.vstack([values[at].T @ g, g.sum(axis=0)])
            layer.step(np.arange(len(layer.value)), moved, rate)
            g = back * (values[at] > 0) if at else back
        return np.asarray(g)


def _batches(rows: Rows, size: int, rng: np.random.Generator) -> Iterator[tuple[Ints, Floats]]:
    order = rng.permutation(len(rows.labels))
    for start in range(0, len(order), size):
        part = order[start : start + size]
        yield rows.ids[part], rows.labels[part]


def train(
    table: CompressedEmbedding, network: Network, rows: Rows, *, epochs: int, batch: int, rate: float, seed: int
) -> None:
    """Train the network and the table together."""
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        for ids, labels in _batches(rows, batch, rng):
            distinct, at = np.unique(ids, return_inverse=True)
            x = table.lookup(distinct)[at.reshape(ids.shape)]  # (b, fields, d)
            back = network.step(x.reshape(len(ids), -1), labels, rate).reshape(-1, x.shape[2])
            total = np.zeros((len(distinct), x.shape[2]), np.float32)
            np.add.at(total, at.ravel(), back)
            table.step(distinct, total, rate=rate)


def predicted(table: CompressedEmbedding, network: Network, rows: Rows, size: int) -> Floats:
    """The log odds of every row, (n,)."""
    whole = table.lookup(np.arange(size))
    parts = np.array_split(rows.ids, max(1, len(rows.ids) // 8192))
    return np.concatenate([network(whole[ids].reshape(len(ids), -1)) for ids in parts])


def auc(scores: Floats, labels: Floats) -> float:
    """The share of pairs of a click and none that the scores (n,) order rightly, ties half."""
    positive = labels > 0
    count, ranks = int(positive.sum()), rankdata(scores)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(labels) - count)))


def auc_interval(
    pairs: Sequence[tuple[Floats, Floats | None]], labels: Floats, *, draws: int = 200, seed: int = 0
) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean, over pairs, of the AUC of one side less that of the other, if any.

    Scores are (n,), or (seeds, n): the same rows and seeds are drawn anew for all.
    """
    rng, found = np.random.default_rng(seed), []
    sides = [[side if side is None else np.atleast_2d(side) for side in pair] for pair in pairs]
    count = max(len(side) for pair in sides for side in pair if side is not None)
    for _ in range(draws):
        at, seeds = rng.integers(0, len(labels), len(labels)), rng.integers(0, count, count)
        drawn = np.unique(seeds, return_counts=True)

        def mean(side: Floats | None, at: Ints = at, drawn: tuple[Ints, Ints] = drawn) -> float:
            if side is None:
                return 0.0
            return float(np.average([auc(side[s % len(side)][at], labels[at]) for s in drawn[0]], weights=drawn[1]))

        found.append(float(np.mean([mean(one) - mean(other) for one, other in sides])))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)
