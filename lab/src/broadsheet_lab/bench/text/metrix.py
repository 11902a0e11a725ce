"""Metrix: groups of papers by tag, some to learn from, some to choose on, some never seen."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import Claimed, ratio_interval
from broadsheet_lab.bench.study import Study
from broadsheet_lab.encoders.lsa import right_singular_vectors
from broadsheet_lab.encoders.metrix import Loss, Metrix, utilization

__all__ = ["MIXING", "Groups", "by_rarest_tag", "chosen", "claims"]

_DATASET = "citeulike-t, LSA vectors to 64 dimensions, groups by tag, test groups"
_LEAST, _MOST = 8, 100  # papers that have a tag for it to make a group
_SEEDS = (0, 1, 2)
_STEPS = (300, 1000)
MIXING = (0.1, 0.4, 0.9)


@dataclass(frozen=True)
class Groups:
    """Vectors and group numbers."""

    vectors: NDArray[np.float32]
    labels: NDArray[np.int64]

    def found(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Whether the nearest other of each, (n,), is of its group: Recall@1 is the mean."""
        scores = vectors @ vectors.T
        np.fill_diagonal(scores, -np.inf)
        return np.asarray(self.labels[scores.argmax(axis=1)] == self.labels, np.float64)


def _vectors(folder: Path) -> NDArray[np.float32]:
    """tf-idf of the papers' words in their 256 leading directions, of unit length, (n, 256)."""
    from scipy.sparse import csr_matrix, diags

    papers, words, counts = (c.to_numpy() for c in pq.read_table(folder / "words.parquet").itercolumns())
    rarity = np.log1p((papers.max() + 1) / np.maximum(np.bincount(words), 1))
    weighted = csr_matrix(((np.log1p(counts) * rarity[words]).astype(np.float32), (papers, words)))
    weighted = csr_matrix(diags(1 / _lengths(np.sqrt(weighted.multiply(weighted).sum(axis=1)))) @ weighted)
    x = weighted @ right_singular_vectors(weighted, 256, seed=0)
    return np.asarray(x / _lengths(np.linalg.norm(x, axis=1))[:, None], np.float32)


def _lengths(x: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.maximum(np.asarray(x).ravel(), 1e-9).astype(np.float32)


def by_rarest_tag(papers: NDArray[np.int64], tags: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(papers, the group of each): each under its rarest tag of 8 to 100 papers, from aligned papers and tags.

    A paper that would be alone in its group is left out.
    """
    counts = np.bincount(tags)
    fit = (counts[tags] >= _LEAST) & (counts[tags] <= _MOST)
    order = np.lexsort((tags[fit], counts[tags[fit]], papers[fit]))
    rows, first = np.unique(papers[fit][order], return_index=True)
    labels = tags[fit][order][first].astype(np.int64)
    alone = np.bincount(labels)[labels] < 2
    return rows[~alone], labels[~alone]


def _groups(folder: Path) -> tuple[Groups, Groups, Groups]:
    """(learn, choose, report): papers grouped by tag, tags parted by a hash."""
    rows, labels = by_rarest_tag(*(c.to_numpy() for c in pq.read_table(folder / "tags.parquet").itercolumns()))
    vectors = _vectors(folder)[rows]
    hashed = np.array([zlib.crc32(str(tag).encode()) % 10 for tag in labels])
    bounds = ((0, 5), (5, 7), (7, 10))
    learn, choose, report = (
        Groups(vectors[part], labels[part]) for part in ((hashed >= low) & (hashed < high) for low, high in bounds)
    )
    return learn, choose, report


@dataclass(frozen=True)
class _Trained:
    """The settings chosen, and per seed whether each test paper is found and how far it lies from what was learned."""

    settings: tuple[int, float]  # steps, mixing
    chosen_at: float
    found: NDArray[np.float64]  # (n,) mean over the seeds
    reach: float


def chosen(loss: Loss, mixings: tuple[float, ...], learn: Groups, choose: Groups) -> tuple[tuple[int, float], float]:
    """(the steps and the weight of mixing that are best on the groups to choose on, Recall@1 there)."""
    options = {}
    for steps in _STEPS:
        for mixing in mixings:
            method = Metrix(loss=loss, steps=steps, mixing=mixing).fit(learn.vectors, learn.labels)
            options[steps, mixing] = float(choose.found(method.encode(choose.vectors)).mean())
    settings = max(options, key=lambda option: options[option])
    return settings, options[settings]


def _trained(loss: Loss, mixings: tuple[float, ...], parts: tuple[Groups, Groups, Groups]) -> _Trained:
    learn, choose, report = parts
    (steps, mixing), value = chosen(loss, mixings, learn, choose)
    found, reach = [], []
    for seed in _SEEDS:
        method = Metrix(loss=loss, steps=steps, mixing=mixing, seed=seed).fit(learn.vectors, learn.labels)
        z = method.encode(report.vectors)
        found.append(report.found(z))
        reach.append(utilization(z.astype(np.float64), method.encode(learn.vectors).astype(np.float64)))
    return _Trained((steps, mixing), value, np.mean(found, axis=0), float(np.mean(reach)))


def claims(study: Study) -> list[Claimed]:  # long: flat: what is measured once, then one entry a claim of the card
    """Both losses with and without mixing; steps and the weight of mixing chosen on groups of their own."""
    folder = study.papers.parent / "citeulike-t"
    parts = _groups(folder)
    learn, _, report = parts
    frozen = float(report.found(report.vectors).mean())
    begun = float(
        report.found(Metrix(steps=1, rate=1e-12).fit(learn.vectors, learn.labels).encode(report.vectors)).mean()
    )
    data = {name: datasets.digest(folder / name) for name in ("words.parquet", "tags.parquet")}
    measured = []
    reaches = {}
    losses: tuple[Loss, ...] = ("multi-similarity", "contrastive")
    for loss in losses:
        without, mixed = _trained(loss, (0.0,), parts), _trained(loss, MIXING, parts)
        reaches[loss] = (mixed.reach, without.reach)
        measured.append(
            Claimed(
                _DATASET,
                f"Recall@1, {loss} with mixing over without (ratio)",
                float(mixed.found.mean() / without.found.mean()),
                interval=ratio_interval(mixed.found, without.found),
                baseline={
                    f"Recall@1, {loss} without mixing": float(without.found.mean()),
                    "Recall@1, LSA, 256 dimensions": frozen,
                    "Recall@1, its 64 leading directions": begun,
                },
                detail={
                    "Recall@1": round(float(mixed.found.mean()), 4),
                    "steps and mixing": {"with": mixed.settings, "without": without.settings},
                    "Recall@1 of the groups to choose on": {
                        "with": round(mixed.chosen_at, 4),
                        "without": round(without.chosen_at, 4),
                    },
                    "papers": [len(part.labels) for part in parts],
                    "groups": [len(np.unique(part.labels)) for part in parts],
                    "seeds": list(_SEEDS),
                    "data": data,
                },
            )
        )
    mixed_reach, clean_reach = reaches["multi-similarity"]
    measured.append(
        Claimed(
            _DATASET,
            "utilization, multi-similarity with mixing over without (ratio)",
            mixed_reach / clean_reach,
            lower_is_better=True,
            baseline={"without mixing": clean_reach},
            detail={"with mixing": round(mixed_reach, 4), "of": "unmixed learned papers"},
        )
    )
    return measured
