"""A query → the papers worth a closer look: the best by words and the best by vectors, each scored by both.

terms ──► inverted ──┐
vector ─► scan ──────┴──► candidates
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import SparseQuery
from broadsheet.kit.hits import Hits
from broadsheet.kit.mask import Mask
from broadsheet.kit.select import top_k_masked
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["Candidates", "find_candidates", "truncate_candidates"]

MIN_CANDIDATES = 64  # from each side; on dev queries 100 find no more
CANDIDATE_FACTOR = 1.125  # candidates looked at for one of each side's; on dev queries looking at all finds no more
MIN_COSINE = 0.1  # below it two texts have nothing to do with each other: one is no candidate for the other


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows, ascending, with their score by words and by vectors; aligned arrays."""

    rows: NDArray[np.int64]
    lexical: NDArray[np.float32]
    semantic: NDArray[np.float32]


def _depth(k: int) -> int:
    """How many candidates each side brings for k results: in steps, so that most pages share their candidates."""
    return max(MIN_CANDIDATES, 1 << (k - 1).bit_length())


def find_candidates(
    snapshot: IndexSnapshot,
    terms: SparseQuery,
    vector: NDArray[np.float32],
    k: int,
    allowed: Mask,
    fusion: ConvexFusion,
    also: NDArray[np.int64] | None = None,
) -> Candidates:
    """The best of both sides for k results, and the rows `also`."""
    depth = _depth(k)
    scores = snapshot.inverted.scores(terms)
    lexical = top_k_masked(scores, depth, allowed, floor=0.0) if fusion.semantic < 1 else Hits.none()
    semantic = snapshot.dense.search(vector, depth, allowed) if fusion.semantic > 0 and vector.any() else Hits.none()
    rows = np.union1d(lexical.ids, semantic.ids[semantic.scores >= MIN_COSINE])
    if also is not None:
        rows = np.union1d(rows, also)
    return Candidates(rows, scores[rows], snapshot.dense.score(vector, rows) if len(rows) else np.empty(0, np.float32))


def truncate_candidates(candidates: Candidates, fusion: ConvexFusion, k: int) -> Candidates:
    """Of the candidates for k results those that the fused scores of both sides put first."""
    most = int(CANDIDATE_FACTOR * _depth(k))
    if len(candidates.rows) <= most:
        return candidates
    words, meaning = fusion.parts(candidates.lexical, candidates.semantic)
    first = np.sort(np.argpartition(-(words + meaning), most - 1)[:most])
    return Candidates(candidates.rows[first], candidates.lexical[first], candidates.semantic[first])
