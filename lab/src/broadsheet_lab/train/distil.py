"""Trains the bi-encoder: near its teacher's vectors, and each query nearer to its paper than to the others of a batch.

A batch is made of groups of papers that the teacher takes for alike, so that each is a hard negative for the queries of
its group; and of words with their definitions, so that meaning outside the papers' field stays.
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
from broadsheet_lab.bench.search.query_set import Doc
from broadsheet_lab.kit.pieces import Pieces
from broadsheet_lab.networks import Retriever, encoded
from broadsheet_lab.train.asking import Drawn, Maker
from broadsheet_lab.train.papers import Asked, Ids, Papers
from broadsheet_lab.training import Course, Plan

__all__ = ["Batches", "Mixture", "Sources", "passage", "train"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a batch is made of, and how its parts count."""

    groups: int = 20  # of papers alike
    group: int = 4
    asked: int = 10  # dev queries
    glosses: int = 8
    temperature: float = 0.05
    near: tuple[float, float] = (3.0, 2.5)  # weight of the teacher's vectors, at first and at last
    alike: float = 0.92  # papers nearer than that are no negatives of one another
    lengths: tuple[int, int] = (64, 100)  # pieces of a passage
    query_length: int = 40


def passage(papers: Papers, i: int, most: int, drawn: Drawn | None = None) -> Ids:
    """What is encoded of a paper: its title and its abstract from the start, without what a query was taken from."""
    without = drawn.without if drawn else -1
    title = [] if drawn and drawn.untitled else [papers.titles[i]]
    inside = np.concatenate([np.empty(0, np.int32), *title, *papers.abstract(i, without)])[: most - 2]
    return np.concatenate([[CLS], inside, [SEP]]).astype(np.int32)


@dataclass(frozen=True)
class Sources:
    """What batches are drawn from."""

    docs: Sequence[Doc]
    papers: Papers
    able: NDArray[np.int64]  # rows that may be trained on
    alike: NDArray[np.int32]  # (len(able), n): places in `able` of the papers nearest to each
    vectors: NDArray[np.float16]  # the teacher's, of every paper
    asked: Sequence[Asked]
    glosses: Sequence[tuple[str, str, str]]
    pieces: Pieces
    maker: Maker


@dataclass(frozen=True)
class Batch:
    """Texts, as ids and for the teacher; the papers come first, then the definitions."""

    queries: list[Ids]
    query_texts: list[str]
    passages: list[Ids]
    rows: NDArray[np.int64]  # of the papers
    definitions: list[str]


class Batches:
    """Draws batches."""

    def __init__(self, sources: Sources, mixture: Mixture) -> None:
        self.sources, self.mixture = sources, mixture

    def _rows(self, rng: np.random.Generator) -> list[int]:
        s, plan = self.sources, self.mixture
        rows: dict[int, None] = {}
        for seed in rng.choice(len(s.able), plan.groups, replace=False).tolist():
            near = s.alike[seed][rng.choice(s.alike.shape[1], plan.group - 1, replace=False)]
            rows |= dict.fromkeys([int(s.able[seed]), *s.able[near].tolist()])
        return list(rows)

    def draw(self, rng: np.random.Generator) -> Batch:
        """A batch."""
        s, plan = self.sources, self.mixture
        rows = self._rows(rng)
        drawn: list[Drawn] = [s.maker.draw(s.docs[i], rng) for i in rows]
        for at in rng.choice(len(s.asked), plan.asked, replace=False).tolist():
            item = s.asked[at]
            if item.row not in rows:
                rows.append(item.row)
                drawn.append(Drawn(item.text, item.kind))
        most = int(rng.integers(*plan.lengths))
        passages = [passage(s.papers, i, most, d) for i, d in zip(rows, drawn, strict=True)]
        texts = [d.text for d in drawn]
        words, definitions = [], []
        for at in rng.choice(len(s.glosses), plan.glosses, replace=False).tolist():
            word, definition, example = s.glosses[at]
            words.append(example if example and rng.random() < 0.3 else word)
            definitions.append(definition)
        ends = s.pieces.ids([*texts, *words, *definitions])
        cut = [np.array([CLS, *x[: plan.query_length - 2], SEP], np.int32) for x in ends]
        n = len(texts) + len(words)
        return Batch(cut[:n], [*texts, *words], [*passages, *cut[n:]], np.array(rows), definitions)


@dataclass(frozen=True)
class Losses:
    """Of one batch."""

    contrast: Tensor
    near: Tensor


def losses(q: Tensor, p: Tensor, tq: Tensor, tp: Tensor, same: Tensor, temperature: float) -> Losses:
    """Of vectors (n, d) of queries and passages, and the teacher's; `same` (n, n): papers that are no negatives."""
    scores = (q @ p.T / temperature).masked_fill(same, -1e4)
    target = torch.arange(len(q))
    contrast = f.cross_entropy(scores, target) + 0.3 * f.cross_entropy(scores.T, target)
    near = (1 - (q * tq).sum(1)).mean() + (1 - (p * tp).sum(1)).mean()
    return Losses(contrast, near)


def train(
    model: Retriever,
    batches: Batches,
    teach: Callable[[Sequence[str]], Tensor],
    turn: Tensor,
    plan: Plan,
    *,
    before: Callable[[int], None],
    kept: Path | None = None,
    tell: Callable[[str], None],
) -> Course:
    """Train in place. `teach` gives the teacher's vectors of texts, `turn` (d, 384) brings them to the model's size.

    How much the teacher's vectors count goes from the first to the second of `Mixture.near` over half of the steps.
    """
    mixture, s = batches.mixture, batches.sources
    first, last = mixture.near
    now = [first]

    def prepare(step: int) -> None:
        now[0] = first + (last - first) * min(1.0, 2 * (step / plan.steps))
        before(step)

    def loss(batch: Batch) -> Tensor:
        whole = torch.from_numpy(s.vectors[batch.rows].astype(np.float32))
        taught = teach([*batch.query_texts, *batch.definitions])
        n = len(batch.queries)
        papers = torch.cat([whole, taught[n:]])
        same = papers @ papers.T > mixture.alike
        same.fill_diagonal_(False)
        tq, tp = f.normalize(taught[:n] @ turn.T, dim=1), f.normalize(papers @ turn.T, dim=1)
        q, p = encoded(model, batch.queries), encoded(model, batch.passages)
        found = losses(q, p, tq, tp, same, mixture.temperature)
        return found.contrast + now[0] * found.near

    return training.train(
        model.parameters(), lambda rng, _: batches.draw(rng), loss, plan, before=prepare, kept=kept, tell=tell
    )
