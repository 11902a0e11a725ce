"""LR2VQ on the table of the shipped encoder: what search keeps when a byte stands for sixteen of its weights.

The task is the one the table was trained for: the title of a paper finds its abstract among those of the batch. Rivals
have the same bytes: codewords without low rank, trained for as many steps, and codewords that the task has not trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.static import StaticEncoder
from broadsheet.kit.bag_of_words import bag, find_sorted
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.pipeline import pretrained
from broadsheet_lab.bench.codes._world import K, World
from broadsheet_lab.bench.report import Claimed, ratio_interval
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.bench.vector_data import best
from broadsheet_lab.compression.lr2vq import LR2VQ, estimated_dimension, task_of
from broadsheet_lab.training import Epochs

__all__ = ["claims"]

PAPERS = 20_000  # searched; all papers are learned from
SEARCHED = (
    "papers.parquet, 20,000 papers, table of the shipped encoder 64 times smaller, tldr and written queries, test half"
)
ROWS = "table of the shipped encoder, 5,000 of its rows, no queries"
SEEDS = (0, 1, 2)
LENGTH = 16  # weights a byte
STEPS = (60, 60)
SHAPE: dict[str, Any] = {"length": LENGTH, "batch": 128, "iterations": 10, "sample": 30_000, "rate": 3e-3}
SCALE = 20.0  # of inner products of unit vectors
DIMENSIONS = (2, 4, 8, 12, 16)
COMPARED = 5000  # rows of the table whose errors are compared

Floats = NDArray[np.float32]
Values = NDArray[np.float64]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Texts:
    """Texts as the rows of the table that they add up, with their weights."""

    rows: NDArray[np.int64]  # (t,)
    weights: Floats  # (t,)
    bounds: NDArray[np.int64]  # (n + 1,)

    @classmethod
    def of(cls, texts: Sequence[str], encoder: StaticEncoder) -> Texts:
        """Words that the table does not have are left out."""
        bags = bag(tokenize(texts), skip=STOP_TERMS)
        rows = find_sorted(encoder.vocabulary_, bags.terms)[bags.columns]
        known = rows >= 0
        counts = np.concatenate([[0], np.cumsum(known)])
        return cls(rows[known], np.log1p(bags.counts[known]).astype(np.float32), counts[bags.indptr])

    def some(self, at: NDArray[np.int64]) -> tuple[Any, Any, Any]:
        """(rows, where each text's begin, weights) of some texts, as torch's embedding_bag has them."""
        import torch

        parts = [np.arange(self.bounds[i], self.bounds[i + 1]) for i in at]
        starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])[:-1]]).astype(np.int64)
        joined = np.concatenate(parts)
        return tuple(map(torch.from_numpy, (self.rows[joined], starts, self.weights[joined])))


def claims(w: World, tell: Tell) -> list[Claimed]:  # long: flat
    """The claims of the card, over three seeds of the training."""
    encoder = pretrained.read_encoder(pretrained.ENCODER)
    table = encoder.weights(np.arange(len(encoder.codes_)))
    test = w.half(dev=False).pool(PAPERS)
    task = _task(w, encoder)
    kinds: dict[str, Callable[[int], LR2VQ]] = {
        "low rank": lambda seed: LR2VQ(steps=STEPS, seed=seed, **SHAPE),
        "no low rank": lambda seed: LR2VQ(steps=(0, sum(STEPS)), dimension=LENGTH, seed=seed, **SHAPE),
        "not trained": lambda seed: LR2VQ(steps=(0, 0), seed=seed, **SHAPE),
    }
    by: dict[str, Values] = {}
    detail: dict[str, Any] = {}
    for name, make in kinds.items():
        tell(f"the table, {name}")

        def measure(
            seed: int, make: Callable[[int], LR2VQ] = make, given: Any = None if name == "not trained" else task
        ) -> dict[str, NDArray[Any]]:
            method = make(seed).fit({"table": table}, given)
            seconds = sum(course.seconds for course in method.courses_)
            found = _found(test, encoder, method.matrices()["table"])
            shape = {"dimension": len(method.projections_["table"]), "bytes": method.bytes, "seconds": seconds}
            return {"found": found} | {key: np.array(value) for key, value in shape.items()}

        measured = over_seeds(f"lr2vq-{name.replace(' ', '-')}", SEEDS, measure, method="lr2vq")
        by[name] = measured.pop("found")
        detail[name] = {key: values.tolist() for key, values in measured.items()}
    whole = test.found(test.exact)
    detail |= {"bytes, whole table in 32 bits": table.nbytes}
    ours, plain, raw = by["low rank"], by["no low rank"], by["not trained"]
    asked = "recall@10 of the paper asked for"
    return [
        Claimed.ratio(
            SEARCHED,
            f"{asked}, over codewords without low rank, trained alike (ratio)",
            (asked, ours),
            (f"{asked}, without low rank", plain),
            rival=("the whole table", float(whole.mean() / plain.mean())),
            detail=detail,
        ),
        Claimed.ratio(
            SEARCHED,
            f"{asked}, over the whole table (ratio)",
            (asked, ours),
            (f"{asked}, the whole table", whole),
            rival=("codewords without low rank, trained alike", float(plain.mean() / whole.mean())),
        ),
        Claimed.ratio(
            SEARCHED,
            f"{asked}, trained by the task over not trained (ratio)",
            (asked, ours),
            (f"{asked}, not trained", raw),
            rival=("codewords without low rank, trained alike", float(plain.mean() / raw.mean())),
        ),
        _dimension(table, tell),
    ]


def _task(w: World, encoder: StaticEncoder) -> Any:
    """Titles that look for their abstracts."""
    import torch
    from torch.nn import functional as f

    from broadsheet_lab.losses import info_nce

    titles = Texts.of(list(w.titles), encoder)
    abstracts = Texts.of([text[len(title) + 2 :] for text, title in zip(w.texts, w.titles, strict=True)], encoder)
    usable = np.flatnonzero((np.diff(titles.bounds) > 0) & (np.diff(abstracts.bounds) > 0))

    def vectors(table: Any, asked: tuple[Any, Any, Any]) -> Any:
        rows, starts, weights = asked
        return f.normalize(f.embedding_bag(rows, table, starts, mode="sum", per_sample_weights=weights), dim=1)

    def loss(weights: Mapping[str, torch.Tensor], batch: Any) -> Any:
        return info_nce(*(vectors(weights["table"], side) for side in batch), scale=SCALE, both=True)

    return task_of(Epochs(len(usable), lambda _, at: (titles.some(usable[at]), abstracts.some(usable[at]))), loss)


def _found(test: World, encoder: StaticEncoder, table: Floats) -> Values:
    """Whether each query's paper is among the first ten with another table."""
    changed = StaticEncoder.of(encoder.vocabulary_, table)
    return test.found(best(changed.encode(list(test.queries)), changed.encode(list(test.texts)), K))


def _dimension(table: Floats, tell: Tell) -> Claimed:
    """The error of the table's rows by the dimension of representations, and the dimension estimated beforehand."""
    tell("dimension by dimension")
    parts = table.reshape(-1, LENGTH) / np.sqrt(np.square(table).mean())
    estimate = estimated_dimension(parts, 256)
    some = np.arange(0, len(table), len(table) // COMPARED)[:COMPARED]
    errors: dict[int, Values] = {}
    for d in sorted({*DIMENSIONS, estimate}):
        method = LR2VQ(steps=(0, 0), dimension=d, **SHAPE).fit({"table": table})
        errors[d] = np.square(method.matrices()["table"][some] - table[some]).sum(axis=1).astype(np.float64)
    least = min(errors, key=lambda d: float(errors[d].mean()))
    return Claimed(
        ROWS,
        "squared error, the estimated dimension over the best of all (ratio)",
        float(errors[estimate].mean() / errors[least].mean()),
        lower_is_better=True,
        interval=ratio_interval(errors[estimate], errors[least]),
        n=len(some),
        rival=("the best of all", 1.0),
        detail={
            "estimated": estimate,
            "best": least,
            "squared error": {str(d): float(f"{values.mean():.4g}") for d, values in errors.items()},
        },
    )
