"""A query → its candidates: the best rows by words and the best by vectors, each scored by both.

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

__all__ = ["NEAREST", "Candidates", "depth_of", "find_candidates", "truncate_candidates"]

MIN_CANDIDATES = 64  # rows from each retriever; 100 gain nothing on the dev queries
CANDIDATE_FACTOR = 1.125  # candidates that get features, per row of a retriever; more gain nothing on the dev queries
NEAREST = 24  # candidates by the transformer's vectors, in addition to those by words and static vectors
MIN_COSINE = 0.1  # least cosine of a semantic candidate


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidate rows, ascending, with their lexical and semantic scores; aligned arrays."""

    rows: NDArray[np.int64]
    lexical: NDArray[np.float32]
    semantic: NDArray[np.float32]


def depth_of(k: int) -> int:
    """How many rows each retriever returns for k results: powers of two, so that most pages share candidates."""
    return max(MIN_CANDIDATES, 1 << (k - 1).bit_length())


def find_candidates(
    snapshot: IndexSnapshot,
    terms: SparseQuery,
    vector: NDArray[np.float32],
    k: int,
    allowed: Mask,
    fusion: ConvexFusion,
    also: NDArray[np.int64] | None = None,
    *,
    scans: bool = True,
) -> Candidates:
    """The best rows of both retrievers for k results, plus the rows `also`; by words alone without `scans`."""
    depth = depth_of(k)
    scores = snapshot.inverted.scores(terms)
    lexical = top_k_masked(scores, depth, allowed, floor=0.0) if fusion.semantic < 1 else Hits.none()
    scans = scans and fusion.semantic > 0 and bool(vector.any())
    semantic = snapshot.dense.search(vector, depth, allowed) if scans else Hits.none()
    rows = np.union1d(lexical.ids, semantic.ids[semantic.scores >= MIN_COSINE])
    if also is not None:
        rows = np.union1d(rows, also)
    return Candidates(rows, scores[rows], snapshot.dense.score(vector, rows) if len(rows) else np.empty(0, np.float32))


def truncate_candidates(
    candidates: Candidates, fusion: ConvexFusion, k: int, always: NDArray[np.int64] | None = None
) -> Candidates:
    """The candidates with the best fused scores, enough for k results; the rows `always` are among them."""
    most = int(CANDIDATE_FACTOR * depth_of(k))
    if len(candidates.rows) <= most:
        return candidates
    words, meaning = fusion.parts(candidates.lexical, candidates.semantic)
    scores = words + meaning
    if always is not None:
        scores[np.isin(candidates.rows, always)] = np.inf
    first = np.sort(np.argpartition(-scores, most - 1)[:most])
    return Candidates(candidates.rows[first], candidates.lexical[first], candidates.semantic[first])
