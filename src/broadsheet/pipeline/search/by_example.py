"""Search by example, "like this, but …": papers similar to example papers that also match words, with reasons.

like:17 ── words and vector of the paper ──► candidates ──┬──► score by paper ──┐
but for speech ── terms and vector ────────► candidates ──┴──► score by words ──┴─► mix ──► top k
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
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Reason, Result
from broadsheet.pipeline.search import highlight
from broadsheet.pipeline.search import results as search_results
from broadsheet.pipeline.search.analysis import AnalyzedQuery, words_to_mark
from broadsheet.pipeline.search.meaning import QueryMeaning
from broadsheet.pipeline.search.ranking import Ranking
from broadsheet.pipeline.search.ranking import rank as rank_words
from broadsheet.pipeline.search.results import RankedPapers
from broadsheet.pipeline.search.similar import NamedPapers, more_like_this
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["WORDS", "ExampleQuery", "TwoSidedScores", "rank", "results", "sides", "without"]

WORDS = 0.5  # weight of the words; the rest is similarity to the papers. Chosen on papers of the dev half
CANDIDATES = 64  # candidates of each side, at least
SHARED = 4  # words named in a reason, at most


@dataclass(frozen=True, slots=True)
class ExampleQuery(Ranking):
    """A ranking by example papers and words; `paper_shares` are the papers' share of the score of each row, 0..1."""

    paper_shares: Mapping[int, float] = field(default_factory=dict)
    text: str = ""  # the words that rank, "" if there are none
    terms: NDArray[np.uint64] = field(
        default_factory=lambda: np.empty(0, np.uint64)
    )  # terms of the papers, highest weight first
    examples: NamedPapers = field(default_factory=NamedPapers)


def _align_scores(ranking: Ranking, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The lexical and semantic scores of the rows, scaled to a best sum of 1; 0 for rows not in the ranking."""
    order = np.argsort(ranking.rows, kind="stable")
    at = (
        order[np.minimum(np.searchsorted(ranking.rows, rows, sorter=order), len(order) - 1)] if len(order) else rows * 0
    )
    present = ranking.rows[at] == rows if len(order) else np.zeros(len(rows), np.bool_)
    top = max(float(ranking.scores.max(initial=0.0)), 1e-12)
    lexical, semantic = (np.zeros(len(rows), np.float32) for _ in range(2))
    lexical[present], semantic[present] = ranking.lexical[at[present]] / top, ranking.semantic[at[present]] / top
    return lexical, semantic


@dataclass(frozen=True, slots=True)
class TwoSidedScores:
    """Candidates with two scores, each at most 1: similarity to the papers and fit to the words; aligned arrays."""

    rows: NDArray[np.int64]  # (m,)
    paper_parts: tuple[NDArray[np.float32], NDArray[np.float32]]  # lexical, semantic
    word_parts: tuple[NDArray[np.float32], NDArray[np.float32]]
    terms: NDArray[np.uint64]  # terms of the papers, highest weight first
    notes: tuple[str, ...] = ()

    def mix(self, share: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(part of each score from the papers, part from the words), (m,) each; `share` is the weight of the words."""
        return np.float32(1 - share) * (self.paper_parts[0] + self.paper_parts[1]), np.float32(share) * (
            self.word_parts[0] + self.word_parts[1]
        )


def sides(
    query: AnalyzedQuery,
    papers: NamedPapers,
    depth: int,
    allowed: Mask,
    by_words: ConvexFusion,
    by_paper: ConvexFusion,
    vectors: PaperVectors | None = None,
) -> TwoSidedScores:
    """The `depth` best rows by papers and by words, scored by both. Needs a liked paper and a content word."""
    examples = (query.snapshot, papers.liked, papers.disliked)
    meaning = QueryMeaning.of(vectors, query.text) if vectors and vectors.count and by_words.semantic > 0 else None
    paper_ranking, terms = more_like_this(*examples, depth, allowed, by_paper, vectors)
    word_ranking = rank_words(query, depth, allowed, by_words, meaning)
    rows = np.union1d(paper_ranking.rows, word_ranking.rows)
    among = Mask.of_rows(rows, len(query.snapshot))
    paper_ranking = more_like_this(*examples, len(rows), among, by_paper, vectors)[0]
    word_ranking = rank_words(query, len(rows), among, by_words, meaning)
    return TwoSidedScores(
        rows, _align_scores(paper_ranking, rows), _align_scores(word_ranking, rows), terms, word_ranking.notes
    )


def rank(
    query: AnalyzedQuery,
    papers: NamedPapers,
    k: int,
    allowed: Mask,
    by_words: ConvexFusion,
    by_paper: ConvexFusion,
    vectors: PaperVectors | None = None,
) -> ExampleQuery:
    """The k best allowed rows for the example papers and the words; the example papers are left out.

    Without liked papers the words rank alone, without words the papers. `vectors` are the transformer's.
    """
    allowed = without(allowed, papers)
    if not papers.liked:
        return _rank_without_examples(query, papers, k, allowed, by_words)
    total = allowed.count()
    if not query.has_content:
        ranking, terms = more_like_this(query.snapshot, papers.liked, papers.disliked, k, allowed, by_paper, vectors)
        shares = dict.fromkeys(ranking.rows.tolist(), 1.0)
        parts = (ranking.rows, ranking.scores, ranking.lexical, ranking.semantic)
        return ExampleQuery(*parts, papers.notes, total, paper_shares=shares, terms=terms, examples=papers)
    candidates = sides(query, papers, max(CANDIDATES, 2 * k), allowed, by_words, by_paper, vectors)
    from_papers, from_words = candidates.mix(WORDS)
    hits = top_k(np.arange(len(candidates.rows), dtype=np.int64), from_papers + from_words, k)
    at, scores = hits.ids[hits.scores > 0], hits.scores[hits.scores > 0]
    rows = candidates.rows[at]
    lexical, semantic = (
        ((1 - WORDS) * n + WORDS * w)[at] for n, w in zip(candidates.paper_parts, candidates.word_parts, strict=True)
    )
    paper_shares = np.clip(from_papers[at] / scores, 0, 1)
    shares = dict(zip(rows.tolist(), paper_shares.tolist(), strict=True))
    notes = (*papers.notes, *candidates.notes)
    parts = (rows, scores, lexical, semantic)
    return ExampleQuery(
        *parts, notes, total, paper_shares=shares, text=query.text, terms=candidates.terms, examples=papers
    )


def without(allowed: Mask, papers: NamedPapers) -> Mask:
    """The allowed rows without the example papers."""
    flags = allowed.flags().copy()
    flags[[row for row, _ in (*papers.liked, *papers.disliked)]] = False
    return Mask.of(flags)


def _rank_without_examples(
    query: AnalyzedQuery, papers: NamedPapers, k: int, allowed: Mask, fusion: ConvexFusion
) -> ExampleQuery:
    """Rank without liked papers: by the words alone; empty without words, filters and disliked papers."""
    notes = papers.notes
    if papers.disliked:
        notes = (
            *notes,
            "-like: lowers similar papers only together with like:; here it leaves out just the paper itself",
        )
    depth = k if query.has_content or query.query.clauses or papers.disliked else 0
    ranking = rank_words(query, depth, allowed, fusion)
    notes = (*notes, *ranking.notes)
    return ExampleQuery(
        ranking.rows,
        ranking.scores,
        ranking.lexical,
        ranking.semantic,
        notes,
        ranking.n_allowed,
        text=query.text,
        examples=papers,
    )


def results(
    snapshot: IndexSnapshot, papers: RankedPapers, ranking: ExampleQuery, page: Ranking, snippet_words: int
) -> tuple[Result, ...]:
    """The rows of `page`, a part of `ranking`, as search results; `papers` are their papers.

    The query words are highlighted, or without words those of the example papers; the reasons give both shares.
    """
    example_words = highlight.typical_words([text for _, text in ranking.examples.liked], ranking.terms)
    by_term = {term(root): word for root, word in example_words.items()}
    content_terms = ranking.terms[find_sorted(TITLE_STOP_TERMS, ranking.terms) < 0].tolist()
    highlight_words = words_to_mark(ranking.text) if ranking.text else example_words
    row_of = dict(zip(snapshot.ids[page.rows].tolist(), page.rows.tolist(), strict=True))
    out = []
    for result in search_results.results(snapshot, papers, page, highlight_words, snippet_words):
        share = ranking.paper_shares.get(row_of[result.stored.id])
        if share is None:
            out.append(result)
            continue
        query_terms = {term(root) for root in highlight_words} if ranking.text else set()
        paper = result.stored.paper
        paper_terms = set(tokenize([f"{paper.title}\n{paper.body}"]).terms.tolist()) - query_terms
        common = tuple(by_term[t] for t in content_terms if t in paper_terms and t in by_term)[:SHARED]
        out.append(replace(result, reasons=_reasons(ranking, share, common, result.matched)))
    return tuple(out)


def _reasons(
    ranking: ExampleQuery, share: float, common: Sequence[str], matches: tuple[str, ...]
) -> tuple[Reason, ...]:
    """The reasons of a result: similarity to the papers and fit to the words, the larger share first."""
    paper = "the paper" if len(ranking.examples.liked) == 1 else "the papers"
    sharing = f", sharing {', '.join(common)}" if common else ""
    if not ranking.text:
        return (Reason("near", f"near {paper}{sharing}", share, terms=tuple(common)),)
    fits = f"fits your words: {', '.join(matches)}" if matches else "fits your words in meaning"
    why = (
        Reason("near", f"near {paper}{sharing}", share, terms=tuple(common)),
        Reason("terms", fits, 1 - share, terms=matches),
    )
    return tuple(sorted(why, key=lambda reason: -reason.weight))
