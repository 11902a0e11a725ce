"""Query → ranked papers: filters become a mask, words and meaning score under it, both are fused.

text ── terms ──► inverted ──┐
  └──── vector ─► scan ──────┴► candidates ──► evidence for each ──► learned weights ──► top k
clauses ─────► mask ─────────┘
Papers like a paper are ranked by words and vectors alone, fused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import SparseQuery
from broadsheet.kit.bag_of_words import bag, locate
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.mask import Mask
from broadsheet.kit.select import best
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.pipeline.index.names import STOP_NAMES, name_tokens
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.pretrained import read_ranker
from broadsheet.pipeline.records import Reason
from broadsheet.pipeline.search.features import (
    FEATURES,
    LEXICAL,
    RankingFeatures,
    asked_bag,
    asked_tokens,
    query_vector,
)
from broadsheet.pipeline.search.filters import holding
from broadsheet.pipeline.search.precise import PRECISE_FEATURES, PRECISE_RANKER, Asked, Precise
from broadsheet.pipeline.search.query import Condition, Query
from broadsheet.pipeline.search.query_fields import SILENT_KINDS
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = [
    "Ranking",
    "evidence_of",
    "like",
    "part",
    "rank",
    "sparse_query",
]


NAME_WEIGHT = 0.2  # of a word found in a name against one found in text: "Young" is rarely meant when young is typed
MOST_TERMS = 128  # distinct words of a query that are scored, the rarest first
LEAST_CANDIDATES = 64  # from each side; on dev queries 100 find no more
CLOSER = 1.125  # of both sides' candidates so many for each of one side's are read; on dev queries all find no more
LEAST_LIKENESS = 0.1  # cosine below which two texts have nothing to do with each other: one is no candidate for it
DISLIKED = 0.5  # how much a disliked paper counts against a liked one
LEAST_SCORE = np.float32(1e-3)  # of a paper that was found
LIKE_TERMS = 40  # the words of a paper that a search for similar ones uses


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows best first, with what each side contributed to the score; aligned arrays."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]
    lexical: NDArray[np.float32]
    semantic: NDArray[np.float32]
    notes: tuple[str, ...] = ()
    allowed: int = 0  # papers that pass the filters
    passing: Mask | None = None  # which they are
    evidence: RankingFeatures | None = None  # what the words of the rows were compared by
    lifted: Mapping[int, Reason] = field(default_factory=dict)  # rows that the query names, which come first, and how


def part(found: Ranking, offset: int, k: int) -> Ranking:
    """The k rows after the first `offset`."""
    at = slice(offset, offset + k)
    return replace(
        found, rows=found.rows[at], scores=found.scores[at], lexical=found.lexical[at], semantic=found.semantic[at]
    )


def sparse_query(view: IndexSnapshot, text: str) -> tuple[SparseQuery, bool]:
    """The weighted terms of a text, and whether some had to be left out.

    A word is looked up as its stem (titles, abstracts, keywords) and as it stands (names). Stop words count
    only in a text that has no other words.
    """
    counted = asked_bag(text)
    if not len(counted.counts):
        counted = bag(asked_tokens(text))
    names = np.unique(name_tokens([text]).terms)
    names = names[locate(STOP_NAMES, names) < 0]
    terms = np.concatenate([counted.terms[counted.columns], names])
    counts = np.concatenate([np.ones(len(counted.columns), np.float32), np.full(len(names), NAME_WEIGHT, np.float32)])
    weights = view.weighting.query(counts, view.inverted.frequencies(terms), max(len(view), 1))
    cut = len(terms) > MOST_TERMS
    if cut:
        kept = np.argsort(-weights, kind="stable")[:MOST_TERMS]
        terms, weights = terms[kept], weights[kept]
    return SparseQuery(terms, weights), cut


def _in_order(view: IndexSnapshot, k: int, allowed: Mask, today: date, keys: NDArray[np.int64] | None) -> Ranking:
    """Without any word to rank by: the greatest of `keys` (n,) first, then the newest, then the latest arrival; a date
    to come counts as none."""
    rows = allowed.rows()
    days = view.believed_days(today)[rows]
    above = np.zeros(len(rows), np.int64) if keys is None else keys[rows]
    rows = rows[np.lexsort((-view.ids[rows], -days, -above))][:k]
    nothing = np.zeros(len(rows), np.float32)
    return Ranking(rows, nothing, nothing, nothing, (), allowed.count())


def _depth(k: int) -> int:
    """How many candidates each side brings for k results: in steps, so that most pages share their candidates."""
    return max(LEAST_CANDIDATES, 1 << (k - 1).bit_length())


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The rows worth a closer look, ascending, with their score by words and by vectors; aligned arrays."""

    rows: NDArray[np.int64]
    lexical: NDArray[np.float32]
    semantic: NDArray[np.float32]


def _candidates(
    view: IndexSnapshot,
    terms: SparseQuery,
    vector: NDArray[np.float32],
    k: int,
    allowed: Mask,
    fusion: ConvexFusion,
    precise: Asked | None = None,
) -> _Candidates:
    """The best of both sides and those that `precise` brings, each scored by both."""
    depth = _depth(k)
    scores = view.inverted.scores(terms)
    lexical = best(scores, depth, allowed, floor=0.0) if fusion.semantic < 1 else Hits.none()
    semantic = view.dense.search(vector, depth, allowed) if fusion.semantic > 0 and vector.any() else Hits.none()
    rows = np.union1d(lexical.ids, semantic.ids[semantic.scores >= LEAST_LIKENESS])
    if precise:
        rows = np.union1d(rows, precise.candidates(allowed))
    return _Candidates(rows, scores[rows], view.dense.score(vector, rows) if len(rows) else np.empty(0, np.float32))


def _ordered(
    rows: NDArray[np.int64], words: NDArray[np.float32], meaning: NDArray[np.float32], k: int, allowed: Mask
) -> Ranking:
    """The k best by what both sides add up to; what has nothing for it is left out."""
    hits = top_k(np.arange(len(rows), dtype=np.int64), words + meaning, k)
    hits = Hits(hits.ids[hits.scores > 0], hits.scores[hits.scores > 0])
    return Ranking(rows[hits.ids], hits.scores, words[hits.ids], meaning[hits.ids], (), allowed.count())


def _closer(found: _Candidates, fusion: ConvexFusion, most: int) -> _Candidates:
    """The candidates that the fused scores of both sides put first."""
    if len(found.rows) <= most:
        return found
    words, meaning = fusion.parts(found.lexical, found.semantic)
    kept = np.sort(np.argpartition(-(words + meaning), most - 1)[:most])
    return _Candidates(found.rows[kept], found.lexical[kept], found.semantic[kept])


def _fused(
    view: IndexSnapshot,
    terms: SparseQuery,
    vector: NDArray[np.float32],
    k: int,
    allowed: Mask,
    fusion: ConvexFusion,
) -> Ranking:
    """Candidates of both sides, each scored by both, fused."""
    found = _candidates(view, terms, vector, k, allowed, fusion)
    return _ordered(found.rows, *fusion.parts(found.lexical, found.semantic), k, allowed)


def evidence_of(
    view: IndexSnapshot,
    text: str,
    *,
    k: int = 10,
    allowed: Mask | None = None,
    terms: SparseQuery | None = None,
    fusion: ConvexFusion | None = None,
    precise: Asked | None = None,
) -> tuple[RankingFeatures, NDArray[np.float32]]:
    """The candidates for a text and all that speaks for each, (n, f) as named in FEATURES; rows ascend.

    With `precise` more candidates, and one more column: their cosines.
    """
    vector = query_vector(view, text)
    wanted = sparse_query(view, text)[0] if terms is None else terms
    among = view.alive if allowed is None else allowed
    found = _candidates(view, wanted, vector, k, among, fusion or ConvexFusion(), precise)
    if not precise:
        found = _closer(found, fusion or ConvexFusion(), int(CLOSER * _depth(k)))
    evidence = RankingFeatures.about(view, text, vector, found.rows)
    features = evidence.features(found.lexical, found.semantic)
    return evidence, precise.added(features, found.rows, read_ranker(FEATURES)) if precise else features


def _weighed(
    view: IndexSnapshot,
    text: str,
    terms: SparseQuery,
    k: int,
    allowed: Mask,
    fusion: ConvexFusion,
    precise: Precise | None = None,
) -> Ranking:
    """Candidates of both sides ranked by all that speaks for them, weighed as learned.

    The semantic weight of `fusion` shifts the learned balance: at its default it is kept as it is, at 0 words alone
    count, at 1 meaning alone.
    """
    asked = precise.ask(text) if precise else None
    evidence, features = evidence_of(view, text, k=k, allowed=allowed, terms=terms, fusion=fusion, precise=asked)
    ranker = read_ranker(PRECISE_FEATURES, PRECISE_RANKER) if asked else read_ranker(FEATURES)
    parts = ranker.parts(features)
    usual = ConvexFusion().semantic
    lexical = np.flatnonzero(LEXICAL)
    words = parts[:, lexical].sum(axis=1) * np.float32(min((1 - fusion.semantic) / (1 - usual), 1))
    share = np.float32(min(fusion.semantic / usual, 1))
    meaning = np.delete(parts, lexical, axis=1).sum(axis=1) * share
    if asked and share > 0:
        first, more = asked.read(evidence.rows, words + meaning)
        # what was found stays found: a score of nothing would leave it out
        meaning[first] = np.maximum(meaning[first] + share * more, LEAST_SCORE)
    return replace(_ordered(evidence.rows, words, meaning, k, allowed), evidence=evidence)


def _offers_other_than_words(clause: Sequence[Condition]) -> bool:
    """Whether a paper can satisfy the clause without a word that ranks it: rye OR year:2016."""
    ranks = [not c.negated and c.kind not in SILENT_KINDS for c in clause]
    return any(ranks) and not all(ranks)


def _followed(found: Ranking, others: Ranking, k: int) -> Ranking:
    """`found`, then those of `others` it does not have, k in all."""
    rest = others.rows[~np.isin(others.rows, found.rows)][: k - len(found.rows)]
    rows, nothing = np.concatenate([found.rows, rest]), np.zeros(len(rest), np.float32)
    scores, lexical, semantic = (np.concatenate([p, nothing]) for p in (found.scores, found.lexical, found.semantic))
    return replace(found, rows=rows, scores=scores, lexical=lexical, semantic=semantic)


def rank(
    view: IndexSnapshot,
    query: Query,
    k: int,
    allowed: Mask,
    fusion: ConvexFusion,
    precise: Precise | None = None,
    *,
    today: date = date.max,
    cited: NDArray[np.int64] | None = None,
) -> Ranking:
    """The k best rows for the query's text among those allowed; with `precise`, a transformer's vectors count too.

    `today` says which dates are still to come and not believed; `cited`, (n,), how often each row is cited, which a
    query for that order needs.
    """
    if k <= 0 or not len(view):
        nothing = np.empty(0, np.float32)
        return Ranking(np.empty(0, np.int64), nothing, nothing, nothing, (), allowed.count())
    words = asked_tokens(query.text).terms
    if not len(words) or (query.clauses and (locate(STOP_TERMS, words) >= 0).all()):  # author:Will: nothing to rank by
        return _in_order(view, k, allowed, today, cited)
    if query.order:
        either = any(len(clause) > 1 for clause in query.clauses)  # whose words need not all be there
        among = allowed if either else allowed & Mask.of(holding(view, query.text))
        return _in_order(view, k, among, today, cited)
    terms, cut = sparse_query(view, query.text)
    found = _weighed(view, query.text, terms, k, allowed, fusion, precise)
    if len(found.rows) < k and any(map(_offers_other_than_words, query.clauses)):
        found = _followed(found, _in_order(view, k, allowed, today, None), k)
    notes = (f"only the {MOST_TERMS} rarest words of the query were matched",) if cut else ()
    if precise:
        notes = (*notes, *precise.notes)
    return replace(found, notes=notes)


def like(
    view: IndexSnapshot,
    liked: Sequence[tuple[int, str]],
    disliked: Sequence[tuple[int, str]],
    k: int,
    allowed: Mask,
    fusion: ConvexFusion,
) -> tuple[Ranking, NDArray[np.uint64]]:
    """The k rows most like the liked papers and least like the disliked ones: Rocchio's rule on words and vectors.

    Papers are (row, text). None of them is among the results. Also gives the terms that were looked for.
    """
    flags = allowed.flags().copy()
    flags[[row for row, _ in (*liked, *disliked)]] = False
    vector = view.dense.vectors(np.array([row for row, _ in liked], np.int64)).mean(axis=0)
    wanted, gains = _typical_terms(view, [text for _, text in liked])
    terms, weights = wanted, gains
    if disliked:
        vector = vector - DISLIKED * view.dense.vectors(np.array([row for row, _ in disliked], np.int64)).mean(axis=0)
        bad, losses = _typical_terms(view, [text for _, text in disliked])
        terms, weights = np.concatenate([terms, bad]), np.concatenate([weights, -DISLIKED * losses])
    return _fused(view, SparseQuery(terms, weights), vector, k, Mask.of(flags), fusion), wanted


def _typical_terms(view: IndexSnapshot, texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """The terms that set the texts apart, with their mean weights: at most LIKE_TERMS."""
    bags = bag(tokenize(texts), skip=STOP_TERMS)
    counts = np.bincount(bags.columns, np.log1p(bags.counts), minlength=len(bags.terms)) / max(len(texts), 1)
    weights = view.weighting.query(counts.astype(np.float32), view.inverted.frequencies(bags.terms), max(len(view), 1))
    kept = np.argsort(-weights, kind="stable")[:LIKE_TERMS]
    return bags.terms[kept], weights[kept]
