"""Vectors to places in the plane, so that near papers are near on the map.

The nearest papers of each attract it and papers drawn at random repel it, by a noise-contrastive loss that begins as
UMAP does, for the large shape, and ends nearer to t-SNE, for the neighbourhoods. It begins with the two main
components, so that the same papers and seed give the same map. Papers that come later are placed among their nearest
and moved a little, while all others stay where they are.

Damrich, Böhm, Hamprecht, Kobak: From t-SNE to UMAP with contrastive learning. ICLR 2023.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel

__all__ = ["NEAR", "align", "lay_out", "place"]

NEAR = 15  # nearest papers that attract a paper
PUSHES = 15  # papers drawn at random, for each of them, that repel it
SPAN = 10.0  # standard deviation of the first positions
SAMPLE = 5000  # vectors whose components are found

Told = Callable[[int, int], None]  # rounds done, of how many
_round = kernel("layout_round")


@dataclass(frozen=True, slots=True)
class Stage:
    """Rounds with one noise, while the rate falls from `begin` to `end`."""

    rounds: int
    noise: float
    begin: float
    end: float


FIRST = (Stage(30, 1.0, 1.0, 0.5), Stage(90, 0.1, 2.0, 0.0))
LATER = (Stage(40, 0.1, 0.5, 0.0),)
SMALL = 3000  # up to so many papers the rounds are tripled: each moves little


def lay_out(
    vectors: NDArray[np.float32], near: NDArray[np.int32], *, seed: int = 0, told: Told = lambda *_: None
) -> NDArray[np.float32]:
    """The place of every paper, (n, 2), given unit vectors (n, d) and the rows of the nearest of each (n, k)."""
    n = len(vectors)
    rng = np.random.default_rng(seed)
    map_ = np.ascontiguousarray(_components(vectors) * np.float32(SPAN))
    map_ += rng.standard_normal((n, 2)).astype(np.float32) * np.float32(SPAN / 1000)
    if n > 1:
        rows = np.arange(n)
        _descend(map_, rows, near, np.zeros(n, np.bool_), FIRST, rng, told)
    return map_


def place(
    map_: NDArray[np.float32],
    new: NDArray[np.bool_],
    near: NDArray[np.int32],
    scores: NDArray[np.float32],
    *,
    seed: int = 0,
) -> NDArray[np.float32]:
    """The map (n, 2) with places for its rows that are `new` (n,); all others stay where they are, to the last bit.

    `near` (m, k) has the nearest rows of every new row, in order, and `scores` their cosines.
    """
    map_ = map_.copy()
    rng = np.random.default_rng(seed)
    rows, is_placed = np.flatnonzero(new), ~new
    jitter = rng.standard_normal((len(rows), 2)).astype(np.float32) * np.float32(SPAN / 1000)
    left = np.arange(len(rows))
    while len(left):
        usable = (near[left] >= 0) & is_placed[near[left]]
        now = left[usable.any(axis=1)]
        if not len(now):  # near to nothing that has a place: about the middle
            map_[rows[left]] = map_[is_placed].mean(axis=0) if is_placed.any() else 0
            map_[rows[left]] += jitter[left] * np.float32(1000)
            break
        usable = (near[now] >= 0) & is_placed[near[now]]
        map_[rows[now]] = _middles(map_, near[now], scores[now], usable) + jitter[now]
        is_placed[rows[now]] = True
        left = left[~is_placed[rows[left]]]
    _descend(map_, rows, near, ~new, LATER, rng, lambda *_: None)
    return map_


def _middles(
    map_: NDArray[np.float32], near: NDArray[np.int32], scores: NDArray[np.float32], usable: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Where papers with these usable neighbours go first: the mean of those about the most central one, (m, 2).

    Neighbours may be on several islands, whose mean is the sea between them.
    """
    at = map_[near]
    apart = np.sqrt(((at[:, :, None] - at[:, None]) ** 2).sum(axis=3))
    nearness = np.where(usable[:, None, :], np.exp(-apart / np.float32(SPAN / 10)), 0).sum(axis=2)
    centre = np.where(usable, nearness * np.maximum(scores, 0.01), -1).argmax(axis=1)
    distance = np.take_along_axis(apart, centre[:, None, None], 1)[:, 0]
    weights = np.where(usable, np.maximum(scores, 0.01) * np.exp(-distance / np.float32(SPAN / 10)), 0)
    return np.asarray((at * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1)[:, None], np.float32)


def _descend(
    map_: NDArray[np.float32],
    rows: NDArray[np.int64],
    near: NDArray[np.int32],
    fixed: NDArray[np.bool_],
    stages: tuple[Stage, ...],
    rng: np.random.Generator,
    told: Told,
) -> None:
    """Move the rows of the map that are not fixed; `near` (m, k) belongs to `rows` (m,)."""
    state = rng.integers(1, 2**63, 1).astype(np.uint64)
    times = 3 if len(map_) <= SMALL else 1
    total, done = times * sum(stage.rounds for stage in stages), 0
    near = np.ascontiguousarray(near)
    for stage in stages:
        rounds = times * stage.rounds
        for at in range(rounds):
            order = rng.permutation(len(rows))
            rate = stage.begin + (stage.end - stage.begin) * at / rounds
            shape = near, near.shape[1], order, len(rows)
            _round(map_, len(map_), rows, *shape, fixed, PUSHES, stage.noise, rate, state)
            done += 1
            told(done, total)


def _components(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The two main components of vectors (n, d), (n, 2), the first with deviation 1; zeros where all are equal."""
    if not len(vectors):
        return np.empty((0, 2), np.float32)
    mean = vectors.mean(axis=0)
    sample = vectors[:: -(-len(vectors) // SAMPLE)] - mean
    _, _, axes = np.linalg.svd(sample, full_matrices=False)
    axes = np.concatenate([axes, np.zeros((2, vectors.shape[1]), np.float32)])[:2]
    signs = np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])
    out = (vectors - mean) @ (axes * signs[:, None]).T
    deviation = float(out[:, 0].std())
    return np.asarray(out / deviation if deviation > 1e-6 else np.zeros_like(out), np.float32)


def align(map_: NDArray[np.float32], common: NDArray[np.int64], old: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map (n, 2) turned, mirrored and moved so that its rows `common` (m,) lie as near as can be to `old` (m, 2).

    Schönemann: A generalized solution of the orthogonal Procrustes problem. Psychometrika 1966.
    """
    if not len(common):
        return map_
    here, there = map_[common].astype(np.float64), old.astype(np.float64)
    left, _, right = np.linalg.svd((here - here.mean(axis=0)).T @ (there - there.mean(axis=0)))
    return np.asarray((map_ - here.mean(axis=0)) @ (left @ right) + there.mean(axis=0), np.float32)
