"""Trains the reader: of the papers that words and vectors find for a query, which one is meant.

queries, made and real ──► first papers by words + vectors ──► excerpts, as the product reads them ──► reader
Each list is the right paper and some of the others; the scores of the first stage are added when the loss is taken, so
that the reader learns what they miss.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as f

from broadsheet.kit.wordpiece import CLS, SEP
from broadsheet_lab.networks import Reader, chunks, in_order, ragged_batch
from broadsheet_lab.train.descent import adam_of, descend, set_rate
from broadsheet_lab.train.papers import Ids

__all__ = ["Candidates", "Plan", "pair", "train"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The course of training."""

    steps: int
    batch: int = 12  # lists
    wrong: int = 7  # other papers a list
    rate: float = 2e-4
    warm: int = 50
    tokens: int = 112
    query_tokens: int = 40
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Candidates:
    """A query with papers to read, the right one first, as ids, and the scores of the first stage."""

    query: Ids
    texts: tuple[Ids, ...]
    scores: tuple[float, ...]
    weight: float = 1.0


def pair(query: Ids, text: Ids, plan: Plan) -> tuple[Ids, Ids]:
    """(ids, sides) of [CLS] query [SEP] text [SEP]."""
    head = [CLS, *query[: plan.query_tokens], SEP]
    tail = [*text[: plan.tokens - len(head) - 1], SEP]
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


def train(model: Reader, lists: Sequence[Candidates], plan: Plan, on_step: Callable[[int, float], None]) -> float:
    """Train in place, embeddings apart; returns the weight of the first stage beside the reader."""
    rng = np.random.default_rng(plan.seed)
    mix = torch.nn.Parameter(torch.tensor(0.5))
    model.body.embeddings.requires_grad_(False)
    learned = [p for p in model.parameters() if p.requires_grad]
    adam = adam_of([*learned, mix], plan.rate)
    order = np.empty(0, np.int64)
    for step in range(plan.steps):
        set_rate(adam, plan.rate, step=step, steps=plan.steps, warm=plan.warm)
        if len(order) < plan.batch:
            order = rng.permutation(len(lists))
        chosen, order = [lists[i] for i in order[: plan.batch]], order[plan.batch :]
        pairs, first = [], []
        for item in chosen:
            others = 1 + rng.choice(len(item.texts) - 1, plan.wrong, replace=False)
            at = [0, *others.tolist()]
            pairs += [pair(item.query, item.texts[i], plan) for i in at]
            first.append([item.scores[i] for i in at])
        read = scores(model, pairs).view(len(chosen), -1)
        value = loss(read, torch.tensor(first), mix, torch.tensor([x.weight for x in chosen]))
        descend(adam, value, learned)
        on_step(step, value.item())
    return float(f.softplus(mix).detach())
