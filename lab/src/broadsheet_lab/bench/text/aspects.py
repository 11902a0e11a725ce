"""Aspect heads measured: the value of an aspect two papers share, found when its name is masked in both.

Values are names of tasks, methods and data sets matched in the texts and masked there. Heads are learned on the dev
half of the papers; the other half is searched within itself. A third of the values is held out for the last claim.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, ratio_interval
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._aspects import LEXICONS, Labels, average_precision, wholly_masked
from broadsheet_lab.encoders.aspects import AspectHeads

__all__ = ["NAMES", "claims", "learned"]

MOST = 6000  # papers that name anything, taken in the order of the study
NAMES = {"task": "tasks", "method": "methods", "data": "data sets"}
Values = list[frozenset[str]]


def _masked(study: Study) -> tuple[NDArray[np.float32], NDArray[np.bool_], dict[str, Values]]:
    """(vectors of papers that name anything, the names masked; which are for learning; the values of each aspect)."""
    named = {a: [LEXICONS[a].named(text) for text in study.texts] for a in NAMES}
    rows = [i for i in range(len(study.texts)) if any(values[i] for values in named.values())][:MOST]
    values = {a: [named[a][i] for i in rows] for a in NAMES}
    vectors = np.array(study.encode([wholly_masked(study.texts[i]) for i in rows]), np.float32)
    return vectors, study.dev[np.array(rows)], values


def _heads(x: NDArray[np.float32], dev: NDArray[np.bool_], kept: Mapping[str, Values]) -> AspectHeads:
    return AspectHeads().fit(x[dev], {a: _part(v, dev) for a, v in kept.items()})


def learned(study: Study) -> AspectHeads:
    """A head an aspect, on the dev half."""
    x, dev, values = _masked(study)
    return _heads(x, dev, {a: _full(Labels.of(v), len(x)) for a, v in values.items()})


def claims(study: Study) -> list[Claimed]:
    """Every claim of the card that can be measured."""
    return list(_measured(*_masked(study)))


def _measured(x: NDArray[np.float32], dev: NDArray[np.bool_], values: Mapping[str, Values]) -> Iterator[Claimed]:
    """The claims, from masked vectors (n, d), which papers are for learning, and their values."""
    kept = {a: _full(Labels.of(v), len(x)) for a, v in values.items()}
    heads = _heads(x, dev, kept)
    shares = {}
    for aspect, noun in NAMES.items():
        labels = Labels.of(_part(kept[aspect], ~dev), least=2, most=1.0)
        plain = _average(x[~dev], labels)
        found = {head: _average(heads.encode(x[~dev], head), labels) for head in NAMES}
        own, best = found[aspect], max(float(found[h].mean()) for h in NAMES if h != aspect)
        shares[aspect] = float(own.mean()) / best
        yield Claimed(
            f"papers.parquet, masked names of {noun}",
            "MAP@10, its head over MiniLM (ratio)",
            float(own.mean() / plain.mean()),
            interval=ratio_interval(own, plain),
            baseline={"MiniLM": float(plain.mean())},
            detail={
                "MAP@10 by head": {head: round(float(v.mean()), 4) for head, v in found.items()},
                "papers": len(labels.rows),
                "values": len({v for held in labels.values for v in held}),
            },
        )
    yield Claimed(
        "papers.parquet, masked names of each aspect",
        "MAP@10, its head over the best other head, least of three (ratio)",
        min(shares.values()),
        detail={aspect: round(share, 3) for aspect, share in shares.items()},
    )
    yield _held_out(x, dev, kept)


def _held_out(x: NDArray[np.float32], dev: NDArray[np.bool_], kept: Mapping[str, Values]) -> Claimed:
    """As above, learned without a third of the values and tested on these alone."""
    heads = AspectHeads().fit(x[dev], {a: [_of(v, held=False) for v in _part(kept[a], dev)] for a in NAMES})
    ratios, detail = [], {}
    for aspect in NAMES:
        labels = Labels.of([_of(v, held=True) for v in _part(kept[aspect], ~dev)], least=2, most=1.0)
        plain, own = _average(x[~dev], labels), _average(heads.encode(x[~dev], aspect), labels)
        ratios.append(float(own.mean() / plain.mean()))
        detail[aspect] = {"head": round(float(own.mean()), 4), "MiniLM": round(float(plain.mean()), 4)}
    return Claimed(
        "papers.parquet, masked names held out of training",
        "MAP@10, its head over MiniLM, mean of three (ratio)",
        float(np.mean(ratios)),
        detail=detail,
    )


def _of(values: frozenset[str], *, held: bool) -> frozenset[str]:
    """The values that are held out, or the others."""
    return frozenset(v for v in values if (zlib.crc32(v.encode()) % 3 == 0) == held)


def _full(labels: Labels, n: int) -> Values:
    """The values of all n papers, empty for those without any."""
    every: Values = [frozenset()] * n
    for row, held in zip(labels.rows.tolist(), labels.values, strict=True):
        every[row] = held
    return every


def _part(values: Sequence[frozenset[str]], inside: NDArray[np.bool_]) -> Values:
    return [held for held, wanted in zip(values, inside.tolist(), strict=True) if wanted]


def _average(vectors: NDArray[np.float32], labels: Labels) -> NDArray[np.float64]:
    """AP@10 of every labelled paper, the other labelled ones being searched by cosine."""
    x, relevant = vectors[labels.rows], labels.relevant()
    likeness = x @ x.T
    np.fill_diagonal(likeness, -np.inf)
    found = np.argsort(-likeness, axis=1, kind="stable")[:, :10]
    return np.array(
        [
            average_precision(relevant[i, row], int(relevant[i].sum()))
            for i, row in enumerate(found)
            if relevant[i].any()
        ]
    )
