""" "Like this, but …": papers near an example paper that also fit words, each with its reasons.

like:17 ── words and vector of the paper ──► candidates ──┬──► near the paper ──┐
but for speech ── terms and vector ────────► candidates ──┴──► fits the words ──┴─► mix ──► top k
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.hits import top_k
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import term, tokenize
from broadsheet.kit.title_words import TITLE_STOP_TERMS
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Reason, Result
from broadsheet.pipeline.search import highlight
from broadsheet.pipeline.search import results as search_results
from broadsheet.pipeline.search.analysis import AnalyzedQuery, words_to_mark
from broadsheet.pipeline.search.ranking import Ranking
from broadsheet.pipeline.search.ranking import rank as rank_words
from broadsheet.pipeline.search.results import Located
from broadsheet.pipeline.search.similar import NamedPapers, more_like_this
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["WORDS", "ExampleQuery", "TwoSidedScores", "rank", "results", "sides", "without"]

WORDS = 0.5  # weight of the words against nearness to the papers; chosen on the dev half, results/composed.json
CANDIDATES = 64  # candidates of each side, at least
SHARED = 4  # words named in a reason, at most


@dataclass(frozen=True, slots=True)
class ExampleQuery(Ranking):
    """A ranking by papers and words; `near` is the share of nearness to the papers in each score, 0..1."""

    near: Mapping[int, float] = field(default_factory=dict)
    text: str = ""  # the words that rank, "" if there are none
    terms: NDArray[np.uint64] = field(
        default_factory=lambda: np.empty(0, np.uint64)
    )  # terms of the papers, highest weight first
    named: NamedPapers = field(default_factory=NamedPapers)


def _aligned(found: Ranking, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The lexical and semantic scores of the rows, scaled so that the best sum is 1; 0 for rows not in the ranking."""
    order = np.argsort(found.rows, kind="stable")
    at = order[np.minimum(np.searchsorted(found.rows, rows, sorter=order), len(order) - 1)] if len(order) else rows * 0
    there = found.rows[at] == rows if len(order) else np.zeros(len(rows), np.bool_)
    top = max(float(found.scores.max(initial=0.0)), 1e-12)
    lexical, semantic = (np.zeros(len(rows), np.float32) for _ in range(2))
    lexical[there], semantic[there] = found.lexical[at[there]] / top, found.semantic[at[there]] / top
    return lexical, semantic


@dataclass(frozen=True, slots=True)
class TwoSidedScores:
    """Candidates with two scores, each with its best at 1: nearness to the papers, and fit to the words; aligned."""

    rows: NDArray[np.int64]  # (m,)
    near: tuple[NDArray[np.float32], NDArray[np.float32]]  # lexical, semantic
    fit: tuple[NDArray[np.float32], NDArray[np.float32]]
    terms: NDArray[np.uint64]  # terms of the papers, highest weight first
    notes: tuple[str, ...] = ()

    def mixed(self, share: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(part of each score from nearness, part from the words), (m,) each."""
        return np.float32(1 - share) * (self.near[0] + self.near[1]), np.float32(share) * (self.fit[0] + self.fit[1])


def sides(
    query: AnalyzedQuery,
    papers: NamedPapers,
    depth: int,
    allowed: Mask,
    by_words: ConvexFusion,
    by_paper: ConvexFusion,
) -> TwoSidedScores:
    """The `depth` best rows of each side, scored by both. Needs a liked paper and a word that ranks."""
    near, terms = more_like_this(query.snapshot, papers.liked, papers.disliked, depth, allowed, by_paper)
    fitting = rank_words(query, depth, allowed, by_words)
    rows = np.union1d(near.rows, fitting.rows)
    among = Mask.of_rows(rows, len(query.snapshot))
    near = more_like_this(query.snapshot, papers.liked, papers.disliked, len(rows), among, by_paper)[0]
    told = rank_words(query, len(rows), among, by_words)
    return TwoSidedScores(rows, _aligned(near, rows), _aligned(told, rows), terms, fitting.notes)


def rank(
    query: AnalyzedQuery,
    papers: NamedPapers,
    k: int,
    allowed: Mask,
    by_words: ConvexFusion,
    by_paper: ConvexFusion,
) -> ExampleQuery:
    """The k best allowed rows for the query's papers and words; the papers themselves are left out.

    Without papers, or without words, the other side ranks alone.
    """
    allowed = without(allowed, papers)
    if not papers.liked:
        return _unlike_anything(query, papers, k, allowed, by_words)
    total = allowed.count()
    if not query.has_content:
        found, terms = more_like_this(query.snapshot, papers.liked, papers.disliked, k, allowed, by_paper)
        shares = dict.fromkeys(found.rows.tolist(), 1.0)
        parts = (found.rows, found.scores, found.lexical, found.semantic)
        return ExampleQuery(*parts, papers.notes, total, near=shares, terms=terms, named=papers)
    both = sides(query, papers, max(CANDIDATES, 2 * k), allowed, by_words, by_paper)
    near, fit = both.mixed(WORDS)
    hits = top_k(np.arange(len(both.rows), dtype=np.int64), near + fit, k)
    at, scores = hits.ids[hits.scores > 0], hits.scores[hits.scores > 0]
    rows = both.rows[at]
    lexical, semantic = (((1 - WORDS) * n + WORDS * w)[at] for n, w in zip(both.near, both.fit, strict=True))
    owed = np.clip(near[at] / scores, 0, 1)
    shares = dict(zip(rows.tolist(), owed.tolist(), strict=True))
    notes = (*papers.notes, *both.notes)
    parts = (rows, scores, lexical, semantic)
    return ExampleQuery(*parts, notes, total, near=shares, text=query.text, terms=both.terms, named=papers)


def without(allowed: Mask, papers: NamedPapers) -> Mask:
    """The allowed rows without the papers themselves."""
    flags = allowed.flags().copy()
    flags[[row for row, _ in (*papers.liked, *papers.disliked)]] = False
    return Mask.of(flags)


def _unlike_anything(
    query: AnalyzedQuery, papers: NamedPapers, k: int, allowed: Mask, fusion: ConvexFusion
) -> ExampleQuery:
    """The ranking without example papers: by the words alone, empty without words."""
    notes = papers.notes
    if papers.disliked:
        notes = (*notes, "-like: turns away from a paper only beside a like:; here it leaves out the paper itself")
    wanted = k if query.has_content or query.query.clauses or papers.disliked else 0
    found = rank_words(query, wanted, allowed, fusion)
    notes = (*notes, *found.notes)
    return ExampleQuery(
        found.rows, found.scores, found.lexical, found.semantic, notes, found.allowed, text=query.text, named=papers
    )


def results(
    snapshot: IndexSnapshot, papers: Located, found: ExampleQuery, page: Ranking, snippet_words: int
) -> tuple[Result, ...]:
    """The rows of `page`, a part of `found`, as search results; `papers` are their papers. The typed words are marked,
    or without words those of the example; the reasons give both shares."""
    typical = highlight.typical_words([text for _, text in found.named.liked], found.terms)
    by_term = {term(root): word for root, word in typical.items()}
    loud = found.terms[find_sorted(TITLE_STOP_TERMS, found.terms) < 0].tolist()
    marked = words_to_mark(found.text) if found.text else typical
    near = dict(zip(snapshot.ids[page.rows].tolist(), page.rows.tolist(), strict=True))
    out = []
    for result in search_results.results(snapshot, papers, page, marked, snippet_words):
        share = found.near.get(near[result.stored.id])
        if share is None:
            out.append(result)
            continue
        typed = {term(root) for root in marked} if found.text else set()
        paper = result.stored.paper
        theirs = set(tokenize([f"{paper.title}\n{paper.body}"]).terms.tolist()) - typed
        common = tuple(by_term[t] for t in loud if t in theirs and t in by_term)[:SHARED]
        out.append(replace(result, reasons=_reasons(found, share, common, result.matched)))
    return tuple(out)


def _reasons(found: ExampleQuery, share: float, common: Sequence[str], matched: tuple[str, ...]) -> tuple[Reason, ...]:
    """The reasons of a result: nearness to the papers and fit to the words, the larger share first."""
    paper = "the paper" if len(found.named.liked) == 1 else "the papers"
    sharing = f", sharing {', '.join(common)}" if common else ""
    if not found.text:
        return (Reason("near", f"near {paper}{sharing}", share, terms=tuple(common)),)
    fits = f"fits your words: {', '.join(matched)}" if matched else "fits your words in meaning"
    why = (
        Reason("near", f"near {paper}{sharing}", share, terms=tuple(common)),
        Reason("terms", fits, 1 - share, terms=matched),
    )
    return tuple(sorted(why, key=lambda reason: -reason.weight))
