"""Makes models/feed_metric.bin: projections of papers' vectors that bring together what one person wrote.

It sees papers of papers.parquet up to 2022 with an abstract, as pairs that share an author. No pair lies within the
saves of a reader of author_readers.jsonl, of either half, so that both halves say what it is worth for new readers; no
paper of 2023 or later is seen, and so nothing that a reader is to find.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from broadsheet.kit import artifacts
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.feed.projection import METHOD, Projection
from broadsheet_lab import training
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.feed.authors import SINCE
from broadsheet_lab.bench.feed.papers import Papers, read_papers

__all__ = ["STEPS", "Pairs", "fit", "pairs_of", "train"]

STEPS = 1500
WIDTH = 128  # of the projected vectors
BATCH = 1024  # pairs
RATE = 3e-3
WARM = 50  # steps
SHARPNESS = 12.0  # of the softmax over cosines, at first
MOST_PAPERS = 80  # of an author; a name with more stands for several people
MOST_PAIRS = 200  # of an author

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Pairs:
    """Pairs of papers with a common author."""

    rows: NDArray[np.int64]  # (n, 2)
    chances: NDArray[np.float64]  # (n,), summing to 1
    authors: Sequence[frozenset[str]]  # of every paper


def pairs_of(
    authors: Sequence[Collection[str]], usable: NDArray[np.bool_], without: Collection[tuple[int, int]], seed: int = 0
) -> Pairs:
    """The pairs of usable papers with a common author, less those in `without` (lower row first).

    An author of n pairs is drawn as often as the root of n says. Raises ValueError if there are none.
    """
    rng, papers = np.random.default_rng(seed), defaultdict(list)
    for row in np.flatnonzero(usable).tolist():
        for author in sorted(set(authors[row])):
            papers[author].append(row)
    rows: list[tuple[int, int]] = []
    chances: list[float] = []
    for own in papers.values():
        if len(own) > MOST_PAPERS:
            continue
        found = [pair for pair in combinations(own, 2) if pair not in without]
        if len(found) > MOST_PAIRS:
            found = [found[i] for i in rng.choice(len(found), MOST_PAIRS, replace=False).tolist()]
        rows += found
        chances += [max(len(found), 1) ** -0.5] * len(found)
    if not rows:
        raise ValueError("no two papers have a common author")
    return Pairs(np.array(rows), np.array(chances) / sum(chances), [frozenset(a) for a in authors])


def _same(authors: Sequence[frozenset[str]], first: NDArray[np.int64], second: NDArray[np.int64]) -> Tensor:
    """What is added to likenesses, (n, n): -inf where the papers of two pairs share an author."""
    places = defaultdict(list)
    for at, row in enumerate(second.tolist()):
        for author in authors[row]:
            places[author].append(at)
    mask = torch.zeros(len(first), len(second))
    for at, row in enumerate(first.tolist()):
        mask[at, [place for author in authors[row] for place in places[author]]] = -torch.inf
    return mask.fill_diagonal_(0)


def _drawn(pairs: Pairs, reach: NDArray[np.float64], rng: np.random.Generator, size: int) -> NDArray[np.int64]:
    """Pairs by their chances, either paper first, (size, 2)."""
    at = np.minimum(np.searchsorted(reach, rng.random(size)), len(reach) - 1)
    return np.where(rng.random((size, 1)) < 0.5, pairs.rows[at], pairs.rows[at, ::-1])


def fit(
    parts: Sequence[NDArray[np.float32]], pairs: Pairs, tell: Tell, *, steps: int = STEPS, seed: int = 0
) -> Projection:
    """The projection of vectors that stand side by side, each (papers, d), which every paper of a pair has.

    Pairs are drawn by their chances; each is to be told from the other pairs of its batch. The vectors are whitened
    first, so that all directions are learned at one rate; the whitening is part of what is returned.
    """
    white = [Projection.whitening(part[np.unique(pairs.rows)]) for part in parts]
    moved = [np.asarray((p - w.mean) @ w.matrix, np.float32) for p, w in zip(parts, white, strict=True)]
    given = torch.from_numpy(np.concatenate([m / np.sqrt((m**2).sum(axis=1).mean()) for m in moved], axis=1))
    with training.seeded(seed):
        weights = torch.nn.Parameter(torch.randn(given.shape[1], WIDTH) / given.shape[1] ** 0.5)
    sharpness = torch.nn.Parameter(torch.tensor(SHARPNESS).log())

    def loss(rows: NDArray[np.int64]) -> Tensor:
        a, b = (torch.nn.functional.normalize(given[side] @ weights, dim=1) for side in rows.T)
        logits = a @ b.T * sharpness.exp() + _same(pairs.authors, *rows.T)
        return torch.nn.functional.cross_entropy(logits, torch.arange(len(rows)))

    plan = training.Plan(steps=steps, batch=BATCH, rate=RATE, warm=WARM, seed=seed)
    draw = partial(_drawn, pairs, np.cumsum(pairs.chances))
    training.train([weights, sharpness], draw, loss, plan, tell=tell)
    return _joined(white, moved, weights.detach().numpy())


def _joined(
    white: Sequence[Projection], moved: Sequence[NDArray[np.float32]], weights: NDArray[np.float32]
) -> Projection:
    """Whitening and projection as one."""
    matrices, start = [], 0
    for w, m in zip(white, moved, strict=True):
        own = weights[start : start + m.shape[1]] / np.float32(np.sqrt((m**2).sum(axis=1).mean()))
        matrices.append(w.matrix @ own)
        start += m.shape[1]
    return Projection(np.concatenate([w.mean for w in white]), np.concatenate(matrices))


def _read_authors(path: Path) -> list[frozenset[str]]:
    import pyarrow.parquet as pq

    return [frozenset(names or ()) for names in pq.read_table(path, columns=["authors"]).column("authors").to_pylist()]


def _saved_together(path: Path, rows: dict[str, int]) -> set[tuple[int, int]]:
    """The pairs of papers in the saves of a reader, lower row first."""
    found: set[tuple[int, int]] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        saved = sorted(rows[paper] for paper in json.loads(line)["saved"] if paper in rows)
        found.update(combinations(saved, 2))
    return found


def _pairs(papers: Papers) -> Pairs:
    usable = (papers.years < SINCE) & (papers.years > 0) & np.array([bool(text) for text in papers.abstracts])
    without = _saved_together(datasets.data_folder() / "author_readers.jsonl", papers.rows)
    return pairs_of(_read_authors(datasets.papers_path()), usable, without)


def train(out: Path, tell: Tell, *, steps: int = STEPS, seed: int = 0) -> dict[str, Any]:
    """Train and write both projections: of static vectors, and with the transformer's. Raises UsageError."""
    started = time.perf_counter()
    papers = read_papers(datasets.papers_path(), tell)
    pairs = _pairs(papers)
    arrays: dict[str, NDArray[Any]] = {}
    tell(f"{len(pairs.rows):,} pairs of papers")
    for prefix, parts in (("", [papers.static]), (pretrained.WITH_VECTORS, [papers.static, papers.transformer])):
        made = fit(parts, pairs, tell, steps=steps, seed=seed)
        arrays |= {prefix + "mean": made.mean, prefix + "matrix": made.matrix.astype(np.float16)}
    meta = {
        "encoder": artifacts.fingerprint(pretrained.ENCODER),
        "transformer": artifacts.fingerprint(pretrained.TRANSFORMER),
        "papers": datasets.digest(datasets.papers_path()),
        "pairs": len(pairs.rows),
        "steps": steps,
        "seed": seed,
    }
    artifacts.write(out, arrays, method=METHOD, version=pretrained.VERSION, meta=meta)
    return {**meta, "seconds": round(time.perf_counter() - started)}
