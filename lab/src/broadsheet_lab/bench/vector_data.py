"""Vectors, queries, filters and right answers for the vectors benchmark; a generator of more vectors of their kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import BroadsheetError
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline.pretrained import ENCODER, read_encoder
from broadsheet_lab.bench.study import opened

__all__ = ["FILTERS", "SHARES", "allowed_rows", "best", "grown", "halves", "made_more", "of_papers", "recall"]

Floats = NDArray[np.float32]
SHARES = (0.5, 0.1, 0.01, 0.001)  # selectivities
FILTERS = ("random", "near the query", "far from the query")
QUERIES = 300  # of each half
_AT_ONCE = 256
_ROWS_AT_ONCE = 100_000


def of_papers(path: Path, dimensions: int = 256) -> tuple[Floats, Floats] | None:
    """(vectors of title and abstract of every paper, of every one-sentence summary).

    256 dimensions: the encoder that ships with the package. 384: MiniLM, None where it is not installed and its vectors
    are not kept from an earlier run.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["title", "abstract", "tldr"]).to_pydict()
    summaries = [tldr for tldr in table["tldr"] if tldr]
    pairs = [(title or "", abstract or "") for title, abstract in zip(table["title"], table["abstract"], strict=True)]
    if dimensions == 256:
        encoder = read_encoder(ENCODER)
        return encoder.encode([f"{t}\n{a}" for t, a in pairs]), encoder.encode(summaries)
    study = opened()
    try:
        return study.encode([f"{t}. {a}" for t, a in pairs]), study.encode(summaries)
    except (ImportError, BroadsheetError):
        return None


def halves(queries: Floats) -> tuple[Floats, Floats]:
    """(dev, test) queries, drawn once for all: settings are chosen on the former, the latter is reported."""
    mixed = queries[np.random.default_rng(1).permutation(len(queries))]
    middle = len(mixed) // 2
    return mixed[:middle][:QUERIES], mixed[middle:][:QUERIES]


def made_more(vectors: Floats, n: int, *, seed: int = 0, neighbours: int = 30, step: float = 0.7) -> Iterator[Floats]:
    """n made vectors, in parts: a vector plus `step` times the difference of two of its neighbours.

    Differences of neighbours lie in the directions in which the data vary around that vector, so the made ones keep
    their local intrinsic dimension; interpolation would lower it and Gaussian noise raise it to that of the space.
    """
    rng = np.random.default_rng(seed)
    pool = vectors[rng.choice(len(vectors), min(len(vectors), 20_000), replace=False)]
    near = np.concatenate([best(part, pool, neighbours + 1)[:, 1:] for part in np.array_split(pool, 80)])
    for start in range(0, n, 50_000):
        size = min(50_000, n - start)
        at = rng.integers(0, len(pool), size)
        first, second = (near[at, rng.integers(0, neighbours, size)] for _ in range(2))
        made = pool[at] + step * (pool[first] - pool[second])
        yield unit_rows(made).astype(np.float32)


def grown(vectors: Floats, n: int, *, seed: int = 0) -> Floats:
    """`vectors` and made ones, n in all."""
    return np.concatenate([vectors, *made_more(vectors, n - len(vectors), seed=seed)])


def best(queries: Floats, vectors: Floats, k: int, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """The k rows with the greatest inner products, (m, k), best first; `allowed` (n,) or (m, n), at least k of them."""
    found = []
    for start in range(0, len(queries), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        flags = allowed if allowed is None or allowed.ndim == 1 else allowed[part]
        found.append(_best(queries[part], vectors, k, flags))
    return np.concatenate(found)


def _best(queries: Floats, vectors: Floats, k: int, allowed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    rows = np.empty((len(queries), 0), np.int64)
    kept = np.empty((len(queries), 0), np.float32)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        scores = queries @ vectors[start : start + _ROWS_AT_ONCE].T
        if allowed is not None:
            scores = np.where(allowed[..., start : start + _ROWS_AT_ONCE], scores, -np.inf)
        top = np.argpartition(-scores, min(k, scores.shape[1]) - 1, axis=1)[:, :k]
        rows = np.concatenate([rows, top + start], axis=1)
        kept = np.concatenate([kept, np.take_along_axis(scores, top, axis=1)], axis=1)
        order = np.argsort(-kept, axis=1, kind="stable")[:, :k]
        rows, kept = np.take_along_axis(rows, order, axis=1), np.take_along_axis(kept, order, axis=1)
    return rows


def recall(found: list[NDArray[np.int64]], exact: NDArray[np.int64]) -> float:
    """The mean share of the exact rows that were found."""
    shares = [len(set(f.tolist()) & set(e.tolist())) / len(e) for f, e in zip(found, exact, strict=False)]
    return float(np.mean(shares))


def allowed_rows(vectors: Floats, queries: Floats, kind: str, share: float, *, seed: int = 0) -> NDArray[np.bool_]:
    """Which rows a filter lets through, (m, n): the same ones for all queries where it is random.

    Near and far: those with the greatest or least inner product with a direction half query, half noise.
    """
    rng = np.random.default_rng(seed)
    count = max(10, round(share * len(vectors)))
    if kind == "random":
        chosen = np.zeros(len(vectors), np.bool_)
        chosen[rng.choice(len(vectors), count, replace=False)] = True
        return np.broadcast_to(chosen, (len(queries), len(vectors)))
    noise = rng.standard_normal(queries.shape).astype(np.float32)
    direction = queries + unit_rows(noise)
    sign = 1 if kind.startswith("near") else -1
    flags = np.zeros((len(queries), len(vectors)), np.bool_)
    for i, d in enumerate(direction):
        flags[i, np.argpartition(-sign * (vectors @ d), count - 1)[:count]] = True
    return flags
