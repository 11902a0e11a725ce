"""Candidates → a ranking by learned weights of their features; without words, by date or a count.

query ──► candidates ──► features of each ──► learned weights ──► k best
Ranking does no input or output: what a step needs in addition to the snapshot is an argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.pretrained import RANKER, RANKER_WITH_VECTORS, read_ranker
from broadsheet.pipeline.records import Reason
from broadsheet.pipeline.search.analysis import MAX_TERMS, AnalyzedQuery
from broadsheet.pipeline.search.candidates import NEAREST, Candidates, depth_of, find_candidates, truncate_candidates
from broadsheet.pipeline.search.features import FEATURES, LEXICAL, RankingFeatures
from broadsheet.pipeline.search.filters import rows_with_all_words
from broadsheet.pipeline.search.meaning import FEATURES_WITH_VECTORS, QueryMeaning
from broadsheet.pipeline.search.query import Condition
from broadsheet.pipeline.search.query_fields import SILENT_KINDS
from broadsheet.ranking.listnet import ListNet
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["Ranking", "features_of", "page_of", "rank", "rank_hybrid"]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows, best first, with the lexical and semantic parts of their scores; aligned arrays."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]
    lexical: NDArray[np.float32]
    semantic: NDArray[np.float32]
    notes: tuple[str, ...] = ()
    n_allowed: int = 0  # papers that pass the filters
    passing_mask: Mask | None = None  # the mask of these papers
    features: RankingFeatures | None = None  # features of the candidates, if computed
    named_rows: Mapping[int, Reason] = field(default_factory=dict)  # known items, which come first, and why
    order: str = ""  # what the rows are sorted by: date, votes or citations; "" is relevance

    @classmethod
    def unscored(cls, rows: NDArray[np.int64], allowed: int) -> Ranking:
        """Rows in a given order, without scores."""
        nothing = np.zeros(len(rows), np.float32)
        return cls(rows, nothing, nothing, nothing, (), allowed)


def page_of(ranking: Ranking, offset: int, k: int) -> Ranking:
    """The page of k rows after the first `offset`."""
    at = slice(offset, offset + k)
    return replace(
        ranking,
        rows=ranking.rows[at],
        scores=ranking.scores[at],
        lexical=ranking.lexical[at],
        semantic=ranking.semantic[at],
    )


def rank(
    query: AnalyzedQuery,
    k: int,
    allowed: Mask,
    fusion: ConvexFusion,
    meaning: QueryMeaning | None = None,
    *,
    today: date = date.max,
    counts: NDArray[np.int64] | None = None,
) -> Ranking:
    """The k best allowed rows for the query's words; `meaning` adds a transformer's cosines.

    Dates after `today` are ignored. `counts`, (n,), are what a query sorted by votes or citations is sorted by.
    """
    if k <= 0 or not len(query.snapshot):
        return Ranking.unscored(np.empty(0, np.int64), allowed.count())
    if not query.ranks:
        return _in_order(query.snapshot, k, allowed, today, counts)
    if query.query.order:
        either = any(len(clause) > 1 for clause in query.query.clauses)  # with OR, not every word must occur
        among = allowed if either else allowed & Mask.of(rows_with_all_words(query))
        return _in_order(query.snapshot, k, among, today, counts)
    ranking = rerank_learned(query, k, allowed, fusion, meaning)
    if len(ranking.rows) < k and any(map(_offers_other_than_words, query.query.clauses)):
        ranking = append_rest(ranking, _in_order(query.snapshot, k, allowed, today, None), k)
    notes = (f"only the {MAX_TERMS} rarest words of the query were matched",) if query.is_cut else ()
    return replace(ranking, notes=notes)


def _in_order(snapshot: IndexSnapshot, k: int, allowed: Mask, today: date, keys: NDArray[np.int64] | None) -> Ranking:
    """Rows by descending `keys` (n,), then date, then paper number; a future date counts as unknown."""
    rows = allowed.rows()
    days = snapshot.valid_days(today)[rows]
    above = np.zeros(len(rows), np.int64) if keys is None else keys[rows]
    return Ranking.unscored(rows[np.lexsort((-snapshot.ids[rows], -days, -above))][:k], allowed.count())


def _top_k(
    rows: NDArray[np.int64], words: NDArray[np.float32], meaning: NDArray[np.float32], k: int, n: int
) -> Ranking:
    """The k rows with the highest sum of both parts; rows with a sum of 0 are left out. `n` papers are allowed."""
    hits = top_k(np.arange(len(rows), dtype=np.int64), words + meaning, k)
    hits = Hits(hits.ids[hits.scores > 0], hits.scores[hits.scores > 0])
    return Ranking(rows[hits.ids], hits.scores, words[hits.ids], meaning[hits.ids], (), n)


def rank_hybrid(candidates: Candidates, k: int, allowed: Mask, fusion: ConvexFusion) -> Ranking:
    """Rank candidates by their fused lexical and semantic scores."""
    words, meaning = fusion.parts(candidates.lexical, candidates.semantic)
    return _top_k(candidates.rows, words, meaning, k, allowed.count())


def features_of(
    query: AnalyzedQuery,
    *,
    k: int = 10,
    allowed: Mask | None = None,
    fusion: ConvexFusion | None = None,
    meaning: QueryMeaning | None = None,
) -> tuple[RankingFeatures, NDArray[np.float32]]:
    """The candidates of a query and their features, (n, f) as in FEATURES; rows ascend.

    `meaning` adds candidates of its own and, if enough candidates have a vector, one column: as in
    FEATURES_WITH_VECTORS.
    """
    fusion = fusion or ConvexFusion()
    among = query.snapshot.alive if allowed is None else allowed
    replaces = bool(meaning and meaning.vectors.is_complete)  # static vectors would find hardly any that rank
    nearest = meaning.nearest(depth_of(k) if replaces else NEAREST, among).ids if meaning else None
    candidates = find_candidates(
        query.snapshot, query.sparse, query.vector, k, among, fusion, nearest, scans=not replaces
    )
    candidates = truncate_candidates(candidates, fusion, k, None if nearest is None else nearest[:NEAREST])
    features = RankingFeatures(query, candidates.rows)
    matrix = features.features(candidates.lexical, candidates.semantic)
    wider = meaning.add_cosines(candidates.rows, matrix, _ranker(query, FEATURES)) if meaning else None
    return features, matrix if wider is None else wider


def _ranker(query: AnalyzedQuery, features: tuple[str, ...]) -> ListNet:
    """The weights of these features, for papers of the field that the query searches."""
    path = RANKER if features == FEATURES else RANKER_WITH_VECTORS
    return read_ranker(features, path, query.snapshot.familiarity)


def rerank_learned(
    query: AnalyzedQuery, k: int, allowed: Mask, fusion: ConvexFusion, meaning: QueryMeaning | None = None
) -> Ranking:
    """Rank candidates by the learned weights of their features.

    The semantic weight of `fusion` shifts the learned balance: the default leaves it as learned, 0 ranks by words only,
    1 by meaning only.
    """
    features, matrix = features_of(query, k=k, allowed=allowed, fusion=fusion, meaning=meaning)
    ranker = _ranker(query, FEATURES)
    if meaning and matrix.shape[1] > len(FEATURES):
        ranker = _ranker(query, FEATURES_WITH_VECTORS).mixed(ranker.widened(), meaning.trust(features.rows))
    parts = ranker.parts(matrix)
    usual = ConvexFusion().semantic
    lexical = np.flatnonzero(LEXICAL)
    words = parts[:, lexical].sum(axis=1) * np.float32(min((1 - fusion.semantic) / (1 - usual), 1))
    share = np.float32(min(fusion.semantic / usual, 1))
    by_meaning = np.delete(parts, lexical, axis=1).sum(axis=1) * share
    return replace(_top_k(features.rows, words, by_meaning, k, allowed.count()), features=features)


def _offers_other_than_words(clause: Sequence[Condition]) -> bool:
    """Whether a paper can satisfy the clause without its words: rye OR year:2016."""
    ranks = [not c.negated and c.kind not in SILENT_KINDS for c in clause]
    return any(ranks) and not all(ranks)


def append_rest(ranking: Ranking, others: Ranking, k: int) -> Ranking:
    """The ranking, followed by further rows of `others`; k in all."""
    rest = others.rows[~np.isin(others.rows, ranking.rows)][: k - len(ranking.rows)]
    rows, nothing = np.concatenate([ranking.rows, rest]), np.zeros(len(rest), np.float32)
    parts = (ranking.scores, ranking.lexical, ranking.semantic)
    scores, lexical, semantic = (np.concatenate([part, nothing]) for part in parts)
    return replace(ranking, rows=rows, scores=scores, lexical=lexical, semantic=semantic)
