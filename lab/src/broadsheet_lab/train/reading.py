"""Trains the reader: of the papers that words and vectors find for a query, which one is meant.

queries, made and real ──► first papers by words + vectors ──► excerpts, as the product reads them ──► reader
Each list is the right paper and some of the others; the scores of the first stage are added when the loss is taken, so
that the reader learns what they miss.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as f

from broadsheet.kit.wordpiece import CLS, SEP
from broadsheet_lab import training
from broadsheet_lab.networks import Reader, chunks, in_order, ragged_batch
from broadsheet_lab.train.papers import Ids
from broadsheet_lab.training import Course, Epochs, Plan

__all__ = ["TOKENS", "Candidates", "pair", "train"]


WRONG = 7  # other papers a list
TOKENS, QUERY_TOKENS = 112, 40


@dataclass(frozen=True, slots=True)
class Candidates:
    """A query with papers to read, the right one first, as ids, and the scores of the first stage."""

    query: Ids
    texts: tuple[Ids, ...]
    scores: tuple[float, ...]
    weight: float = 1.0


def pair(query: Ids, text: Ids) -> tuple[Ids, Ids]:
    """(ids, sides) of [CLS] query [SEP] text [SEP]."""
    head = [CLS, *query[:QUERY_TOKENS], SEP]
    tail = [*text[: TOKENS - len(head) - 1], SEP]
    return np.array(head + tail, np.int32), np.array([0] * len(head) + [1] * len(tail), np.int32)


def scores(model: Reader, pairs: Sequence[tuple[Ids, Ids]]) -> Tensor:
    """The score of every pair, (n,)."""
    places = chunks([len(ids) for ids, _ in pairs])
    parts = [
        model(ragged_batch([pairs[i][0] for i in part]), ragged_batch([pairs[i][1] for i in part])) for part in places
    ]
    return in_order(parts, places)


def loss(read: Tensor, first: Tensor, mix: Tensor, weights: Tensor) -> Tensor:
    """Of scores (lists, n) by reading and by the first stage; the right paper is the first of each list."""
    target = torch.zeros(len(read), dtype=torch.long)
    alone = f.cross_entropy(read, target, reduction="none")
    both = f.cross_entropy(read + f.softplus(mix) * first, target, reduction="none")
    return ((alone + both) * weights).mean()


@dataclass(frozen=True, slots=True)
class _Batch:
    pairs: list[tuple[Ids, Ids]]
    first: list[list[float]]  # scores of the first stage
    weights: list[float]


def train(
    model: Reader, lists: Sequence[Candidates], plan: Plan, *, kept: Path | None, tell: Callable[[str], None]
) -> tuple[float, Course]:
    """Train in place, embeddings apart: (the weight of the first stage beside the reader, the course)."""
    mix = torch.nn.Parameter(torch.tensor(0.5))
    model.body.embeddings.requires_grad_(False)

    def make(rng: np.random.Generator, places: NDArray[np.int64]) -> _Batch:
        batch = _Batch([], [], [])
        for item in (lists[i] for i in places):
            at = [0, *(1 + rng.choice(len(item.texts) - 1, WRONG, replace=False)).tolist()]
            batch.pairs.extend(pair(item.query, item.texts[i]) for i in at)
            batch.first.append([item.scores[i] for i in at])
            batch.weights.append(item.weight)
        return batch

    def loss_of(batch: _Batch) -> Tensor:
        read = scores(model, batch.pairs).view(len(batch.first), -1)
        return loss(read, torch.tensor(batch.first), mix, torch.tensor(batch.weights))

    batches = Epochs(len(lists), make)
    course = training.train([*model.parameters(), mix], batches, loss_of, plan, kept=kept, tell=tell)
    return float(f.softplus(mix).detach()), course
