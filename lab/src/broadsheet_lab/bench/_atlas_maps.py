"""Maps of the same vectors by other ways, and how well a map keeps what is near together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.threads import one_thread
from broadsheet.pipeline.atlas.layout import NEAR, lay_out
from broadsheet.pipeline.atlas.neighbours import neighbours

__all__ = ["Quality", "compare", "ours", "principal", "quality"]

NEAREST, ON_MAP = 10, 50  # of a paper: in vectors, and on the map
ASKED = 2000  # papers whose neighbours are looked up
Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Quality:
    """What a map keeps."""

    kept: float  # share of the 10 nearest in vectors that are among the 50 nearest on the map
    venue: float  # share of the 10 nearest on the map that have the paper's venue

    def to_json(self) -> dict[str, float]:
        """As written to the result file."""
        return {"near papers kept": round(self.kept, 4), "same venue": round(self.venue, 4)}


def quality(vectors: NDArray[np.float32], map_: Map, labels: NDArray[np.int64], *, seed: int = 0) -> Quality:
    """How well a map (n, 2) of unit vectors (n, d) keeps neighbourhoods; `labels` (n,) are venues."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(map_), min(len(map_), ASKED), replace=False))
    kept, venue = list[float](), list[float]()
    squares = (map_.astype(np.float64) ** 2).sum(axis=1)
    for row in rows.tolist():
        cosines = vectors @ vectors[row]
        apart = squares - 2 * (map_.astype(np.float64) @ map_[row].astype(np.float64))
        cosines[row], apart[row] = -np.inf, np.inf
        near = np.argpartition(-cosines, NEAREST)[:NEAREST]
        on_map = np.argpartition(apart, ON_MAP)[:ON_MAP]
        first = on_map[np.argsort(apart[on_map], kind="stable")[:NEAREST]]
        kept.append(len(set(near.tolist()) & set(on_map.tolist())) / NEAREST)
        venue.append(float((labels[first] == labels[row]).mean()))
    return Quality(float(np.mean(kept)), float(np.mean(venue)))


def ours(vectors: NDArray[np.float32]) -> Map:
    """The product's map."""
    near, _ = neighbours(vectors, np.arange(len(vectors)), NEAR)
    return lay_out(vectors, near)


def principal(vectors: NDArray[np.float32]) -> Map:
    """The two main components."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ axes[:, -2:], np.float32)


def _tsne(vectors: NDArray[np.float32]) -> Map:
    from sklearn.manifold import TSNE

    return np.asarray(TSNE(metric="cosine", init="pca", random_state=0, n_jobs=1).fit_transform(vectors), np.float32)


def _umap(vectors: NDArray[np.float32]) -> Map:
    import umap

    return np.asarray(umap.UMAP(metric="cosine", random_state=0, n_jobs=1).fit_transform(vectors), np.float32)


WAYS: Mapping[str, Callable[[NDArray[np.float32]], Map]] = {
    "**the product**": ours,
    "UMAP (umap-learn)": _umap,
    "t-SNE (scikit-learn)": _tsne,
    "two main components": principal,
}


def compare(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], tell: Callable[[str], None]
) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """(what each way keeps and its processor seconds, by name; why others were not run)."""
    systems: dict[str, dict[str, float]] = {}
    skipped: dict[str, str] = {}
    for name, way in WAYS.items():
        tell(f"laying out {len(vectors):,} papers: {name}")
        try:
            with one_thread():
                started = time.process_time()
                map_ = way(vectors)
        except ImportError as error:
            skipped[name] = f"{error.name} is not installed"
            continue
        systems[name] = {**quality(vectors, map_, labels).to_json(), "processor s": time.process_time() - started}
    return systems, skipped
