"""Vectors, queries, filters and right answers for the vectors benchmark; a generator of more vectors of their kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.lsa import LSA

__all__ = ["FILTERS", "SHARES", "allowed_rows", "best", "grown", "of_papers", "recall"]

Floats = NDArray[np.float32]
SHARES = (0.5, 0.1, 0.01, 0.001)  # selectivities
FILTERS = ("random", "near the query", "far from the query")
_AT_ONCE = 256


def of_papers(path: Path) -> tuple[Floats, Floats]:
    """(vectors of title and abstract of every paper, of every one-sentence summary), 256 dimensions each."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["title", "abstract", "tldr"]).to_pydict()
    texts = [
        f"{title or ''}\n{abstract or ''}" for title, abstract in zip(table["title"], table["abstract"], strict=True)
    ]
    encoder = LSA().fit(texts)
    return encoder.encode(texts), encoder.encode([tldr for tldr in table["tldr"] if tldr])


def grown(vectors: Floats, n: int, *, seed: int = 0, neighbours: int = 30, step: float = 0.7) -> Floats:
    """`vectors` and made ones, n in all: a vector plus `step` times the difference of two of its neighbours.

    Differences of neighbours lie in the directions in which the data vary around that vector, so the made ones keep
    their local intrinsic dimension; interpolation would lower it and Gaussian noise raise it to that of the space.
    """
    rng = np.random.default_rng(seed)
    pool = vectors[rng.choice(len(vectors), min(len(vectors), 20_000), replace=False)]
    near = np.concatenate([best(part, pool, neighbours + 1)[:, 1:] for part in np.array_split(pool, 80)])
    parts = [vectors]
    for start in range(len(vectors), n, 50_000):
        size = min(50_000, n - start)
        at = rng.integers(0, len(pool), size)
        first, second = (near[at, rng.integers(0, neighbours, size)] for _ in range(2))
        made = pool[at] + step * (pool[first] - pool[second])
        parts.append((made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)).astype(np.float32))
    return np.concatenate(parts)[:n]


def best(queries: Floats, vectors: Floats, k: int, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """The k rows with the greatest inner products, (m, k), best first; `allowed` (n,) or (m, n)."""
    found = []
    for start in range(0, len(queries), _AT_ONCE):
        scores = queries[start : start + _AT_ONCE] @ vectors.T
        if allowed is not None:
            scores = np.where(allowed if allowed.ndim == 1 else allowed[start : start + _AT_ONCE], scores, -np.inf)
        top = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        found.append(np.take_along_axis(top, np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1), axis=1))
    return np.concatenate(found)


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
    direction = queries + noise / np.linalg.norm(noise, axis=1, keepdims=True)
    sign = 1 if kind.startswith("near") else -1
    flags = np.zeros((len(queries), len(vectors)), np.bool_)
    for i, d in enumerate(direction):
        flags[i, np.argpartition(-sign * (vectors @ d), count - 1)[:count]] = True
    return flags
