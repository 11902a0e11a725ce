"""Similarity in one aspect: papers near others in task, method or result, each with the sentence that shows it.

paper ── sentences ── roles ──► its sentences weighed by the aspect ──► words and vector of the aspect ──┐
  └────── whole ──► candidates by the whole paper and by the aspect's words ──► whole likeness ─────────┴─► mix ► top k
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.explanation.sentence_roles import SentenceRoles
from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.hits import top_k
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import term
from broadsheet.kit.title_words import TITLE_STOP_TERMS
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Reason, Result
from broadsheet.pipeline.search import highlight
from broadsheet.pipeline.search import results as search_results
from broadsheet.pipeline.search.aspect_sentences import AspectSentences, Blend, WeightedTerms
from broadsheet.pipeline.search.ranking import Ranking
from broadsheet.pipeline.search.results import Located
from broadsheet.pipeline.search.similar import LIKE_TERMS, NEGATIVE_WEIGHT, Example, more_like_this
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["AspectMatch", "AspectQuery", "Likeness", "blended", "likeness", "results"]

Examples = Sequence[Example]

CANDIDATES = 128  # candidates by the whole paper, and as many by the aspect's words; a smaller library is scored whole
QUOTED = 300  # characters of a quoted sentence, at most
SHARED = 4  # words named in a reason, at most


@dataclass(frozen=True, slots=True)
class Likeness:
    """Candidates with their likeness as a whole and in one aspect; aligned arrays."""

    whole: Ranking
    words: NDArray[np.float32]  # (m,) of the aspect
    meaning: NDArray[np.float32]  # (m,)
    telling: tuple[str, ...]  # each candidate's best sentence on the aspect; "" without one
    terms: NDArray[np.uint64]  # terms of the aspect, highest weight first
    read: int  # sentences of the liked papers


@dataclass(frozen=True, slots=True)
class AspectMatch:
    """A ranking with each paper's evidence of likeness; aligned."""

    found: Ranking
    sentences: tuple[str, ...]  # each paper's best sentence; "" without one
    shares: NDArray[np.float32]  # share of the aspect in each score, 0..1
    terms: NDArray[np.uint64]  # terms of the aspect, highest weight first
    notes: tuple[str, ...] = ()


def _candidates(
    snapshot: IndexSnapshot,
    asked: Sequence[str],
    liked: Examples,
    disliked: Examples,
    allowed: Mask,
    fusion: ConvexFusion,
) -> Ranking:
    """Papers near the liked ones as a whole or by the words of the aspect, `asked`, with their likeness as a whole.

    All allowed rows, where these are few.
    """
    examples = [row for row, _ in (*liked, *disliked)]
    flags = allowed.flags().copy()
    flags[examples] = False
    allowed = Mask.of(flags)
    total = allowed.count()
    if total > 2 * CANDIDATES:
        near = more_like_this(snapshot, liked, disliked, CANDIDATES, allowed, fusion)[0].rows
        in_aspect = [(row, text) for (row, _), text in zip(liked, asked, strict=True)]
        also = more_like_this(snapshot, in_aspect, disliked, CANDIDATES, allowed, fusion)[0].rows
        allowed = Mask.of_rows(np.union1d(near, also), len(snapshot))
    found, _ = more_like_this(snapshot, liked, disliked, allowed.count(), allowed, fusion)
    rest = np.setdiff1d(allowed.rows(), found.rows)
    nothing = np.zeros(len(rest), np.float32)
    scores, lexical, semantic = (np.concatenate([p, nothing]) for p in (found.scores, found.lexical, found.semantic))
    return Ranking(np.concatenate([found.rows, rest]), scores, lexical, semantic, (), total)


@dataclass(frozen=True, slots=True)
class AspectQuery:
    """The example papers of an aspect search, and the candidates to compare with them."""

    snapshot: IndexSnapshot
    roles: SentenceRoles
    aspect: str
    liked: Examples
    disliked: Examples
    texts: Sequence[tuple[str, str]]  # (title, abstract) of the liked, then the disliked
    candidates: Ranking  # with their likeness as a whole
    read: int  # sentences of the liked papers

    @classmethod
    def of(
        cls,
        snapshot: IndexSnapshot,
        roles: SentenceRoles,
        liked: Examples,
        disliked: Examples,
        texts: Sequence[tuple[str, str]],
        aspect: str,
        allowed: Mask,
        fusion: ConvexFusion,
    ) -> AspectQuery:
        """Find the candidates among the allowed rows. Raises UsageError for an unknown aspect."""
        asked = AspectSentences.of(snapshot, roles, texts[: len(liked)], aspect)
        in_aspect = [asked.text(i) for i in range(len(liked))]
        candidates = _candidates(snapshot, in_aspect, liked, disliked, allowed, fusion)
        read = len(asked.sentences) - len(liked)
        return cls(snapshot, roles, aspect, liked, disliked, texts, candidates, read)


def likeness(query: AspectQuery, texts: Sequence[tuple[str, str]]) -> Likeness:
    """Each candidate's likeness to the liked papers minus that to the disliked ones, as a whole and in the aspect,
    given the (title, abstract) of each: Rocchio's rule on words and on vectors."""
    examples, n_liked = len(query.texts), len(query.liked)
    read = AspectSentences.of(query.snapshot, query.roles, [*query.texts, *texts], query.aspect)
    vectors, weighted = read.means(), WeightedTerms.of(query.snapshot, read.bags())
    pull = np.zeros(len(vectors))
    pull[:n_liked] = 1 / n_liked
    pull[n_liked:examples] = -NEGATIVE_WEIGHT / max(len(query.disliked), 1)
    direction = unit_rows((pull @ vectors).astype(np.float32))
    weights = weighted.mixed(pull)
    order = np.argsort(-weights, kind="stable")[:LIKE_TERMS]
    return Likeness(
        query.candidates,
        np.maximum(weighted.products(weights)[examples:], 0),
        vectors[examples:] @ direction,
        tuple(read.telling(i, direction) for i in range(examples, len(vectors))),
        weighted.terms[order[weights[order] > 0]],
        query.read,
    )


def blended(found: Likeness, blend: Blend, k: int) -> AspectMatch:
    """The k best candidates by mixed likeness."""
    by_words, by_meaning = ConvexFusion(semantic=blend.semantic).parts(found.words, found.meaning)
    mix = np.float32(blend.aspect)
    lexical = (1 - mix) * found.whole.lexical + mix * by_words
    meaning = (1 - mix) * found.whole.semantic + mix * by_meaning
    hits = top_k(np.arange(len(lexical), dtype=np.int64), lexical + meaning, k)
    at, scores = hits.ids[hits.scores > 0], hits.scores[hits.scores > 0]
    shares = np.minimum(mix * (by_words + by_meaning)[at] / np.maximum(scores, 1e-12), 1)
    ranked = Ranking(found.whole.rows[at], scores, lexical[at], meaning[at], (), found.whole.allowed)
    notes = () if found.read else ("without an abstract to read, papers are compared as wholes",)
    return AspectMatch(ranked, tuple(found.telling[i] for i in at.tolist()), shares, found.terms, notes)


def results(
    snapshot: IndexSnapshot, papers: Located, match: AspectMatch, liked: Examples, aspect: str, snippet_words: int
) -> tuple[Result, ...]:
    """The match as search results; snippet and reason of each are the sentence that matched."""
    marks = highlight.typical_words([text for _, text in liked], match.terms)
    said = dict(
        zip(snapshot.ids[match.found.rows].tolist(), zip(match.sentences, match.shares, strict=True), strict=True)
    )
    out = []
    for result in search_results.results(snapshot, papers, match.found, marks, 0):
        sentence, share = said[result.stored.id]
        if not sentence:
            out.append(
                replace(result, reasons=(Reason("semantic", f"like it as a whole; no sentence on its {aspect}"),))
            )
            continue
        here = highlight.typical_words([sentence], match.terms)
        terms = tuple(here[root] for root in marks if root in here and not _is_silent(root))[:SHARED]
        snippet, _ = highlight.mark(sentence, marks, snippet_words or None)
        reason = Reason("aspect", f"its {aspect}: “{_clipped(sentence)}”", float(share), terms=terms)
        out.append(replace(result, snippet=snippet if snippet_words else (), reasons=(reason,)))
    return tuple(out)


def _is_silent(root: str) -> bool:
    """Whether a stem is a stop word of titles."""
    return bool(find_sorted(TITLE_STOP_TERMS, np.array([term(root)], np.uint64))[0] >= 0)


def _clipped(sentence: str) -> str:
    """The sentence on one line, cut at a word if too long to quote."""
    line = " ".join(sentence.split())
    return line if len(line) <= QUOTED else f"{line[:QUOTED].rpartition(' ')[0] or line[:QUOTED]} …"
