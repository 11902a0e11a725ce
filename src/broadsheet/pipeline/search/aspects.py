"""Similarity in one aspect: papers with a similar task, method or result, each with its best sentence.

paper ── sentences ── roles ──► sentences weighted by the aspect ──► words and vector of the aspect ──┐
  └────── whole ──► candidates by the whole paper and by the aspect's words ──► whole similarity ─────┴─► mix ► top k
With vectors of the transformer, it also reads the first candidates sentence by sentence (`aspect_matching`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from broadsheet.explanation.sentence_roles import SentenceRoles
from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.hits import top_k
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import term
from broadsheet.kit.title_words import TITLE_STOP_TERMS
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Reason, Result
from broadsheet.pipeline.search import highlight
from broadsheet.pipeline.search import results as search_results
from broadsheet.pipeline.search.aspect_matching import SentenceVectors, match_sentences
from broadsheet.pipeline.search.aspect_sentences import AspectSentences, Blend, WeightedTerms
from broadsheet.pipeline.search.meaning import impute_cosines
from broadsheet.pipeline.search.ranking import Ranking
from broadsheet.pipeline.search.results import RankedPapers
from broadsheet.pipeline.search.similar import LIKE_TERMS, NEGATIVE_WEIGHT, Example, ExampleVectors, more_like_this
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["AspectMatch", "AspectQuery", "Likeness", "blend_scores", "likeness", "results"]

Examples = Sequence[Example]

CANDIDATES = 128  # candidates by the whole paper, and as many by the aspect's words; a smaller library is scored whole
QUOTED = 300  # characters of a quoted sentence, at most
SHARED = 4  # words named in a reason, at most
# Of whole papers and of sentences by the transformer, of static vectors, of words: near the best of a flat optimum on
# the dev halves of the laboratory's labels of tasks, methods and data sets.
READ_WEIGHTS = (0.35, 0.35, 0.2, 0.1)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Candidates with their similarity as whole papers and in one aspect; aligned arrays."""

    whole: Ranking
    words: NDArray[np.float32]  # (m,) of the aspect
    meaning: NDArray[np.float32]  # (m,)
    sentences: tuple[str, ...]  # each candidate's best sentence on the aspect; "" without one
    terms: NDArray[np.uint64]  # terms of the aspect, highest weight first
    n_sentences: int  # sentences of the liked papers
    read: ReadCandidates | None = None  # by the transformer


@dataclass(frozen=True, slots=True)
class ReadCandidates:
    """What the transformer says of the candidates; aligned arrays."""

    whole: NDArray[np.float32]  # (m,) cosine of whole papers
    sentences: NDArray[np.float32]  # (m,) match of the sentences on the aspect


@dataclass(frozen=True, slots=True)
class AspectMatch:
    """A ranking with each paper's best sentence on the aspect; aligned."""

    ranking: Ranking
    sentences: tuple[str, ...]  # each paper's best sentence; "" without one
    shares: NDArray[np.float32]  # share of the aspect in each score, 0..1
    terms: NDArray[np.uint64]  # terms of the aspect, highest weight first
    notes: tuple[str, ...] = ()


def _candidates(
    snapshot: IndexSnapshot,
    aspect_texts: Sequence[str],
    liked: Examples,
    disliked: Examples,
    allowed: Mask,
    fusion: ConvexFusion,
    vectors: PaperVectors | None,
) -> Ranking:
    """Candidates by similarity of whole papers and by the words of the aspect, scored as whole papers.

    `aspect_texts` are the liked papers' sentences on the aspect. All allowed rows are candidates if they are few.
    """
    examples = [row for row, _ in (*liked, *disliked)]
    flags = allowed.flags().copy()
    flags[examples] = False
    allowed = Mask.of(flags)
    total = allowed.count()
    if total > 2 * CANDIDATES:
        whole_rows = more_like_this(snapshot, liked, disliked, CANDIDATES, allowed, fusion, vectors)[0].rows
        in_aspect = [(row, text) for (row, _), text in zip(liked, aspect_texts, strict=True)]
        aspect_rows = more_like_this(snapshot, in_aspect, disliked, CANDIDATES, allowed, fusion, vectors)[0].rows
        allowed = Mask.of_rows(np.union1d(whole_rows, aspect_rows), len(snapshot))
    ranking, _ = more_like_this(snapshot, liked, disliked, allowed.count(), allowed, fusion, vectors)
    unranked = np.setdiff1d(allowed.rows(), ranking.rows)
    nothing = np.zeros(len(unranked), np.float32)
    scores, lexical, semantic = (
        np.concatenate([p, nothing]) for p in (ranking.scores, ranking.lexical, ranking.semantic)
    )
    return Ranking(np.concatenate([ranking.rows, unranked]), scores, lexical, semantic, (), total)


@dataclass(frozen=True, slots=True)
class AspectQuery:
    """The example papers of an aspect search, and the candidates to compare with them."""

    snapshot: IndexSnapshot
    roles: SentenceRoles
    aspect: str
    liked: Examples
    disliked: Examples
    texts: Sequence[tuple[str, str]]  # (title, abstract) of the liked, then the disliked
    candidates: Ranking  # scored as whole papers
    n_sentences: int  # sentences of the liked papers
    vectors: PaperVectors | None = None  # the transformer's, if there are any

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
        vectors: PaperVectors | None = None,
    ) -> AspectQuery:
        """Find the candidates among the allowed rows; `vectors` are the transformer's.

        Raises UsageError for an unknown aspect.
        """
        example_sentences = AspectSentences.of(snapshot, roles, texts[: len(liked)], aspect)
        in_aspect = [example_sentences.text(i) for i in range(len(liked))]
        candidates = _candidates(snapshot, in_aspect, liked, disliked, allowed, fusion, vectors)
        n_sentences = len(example_sentences.sentences) - len(liked)
        vectors = vectors if vectors and vectors.count else None
        return cls(snapshot, roles, aspect, liked, disliked, texts, candidates, n_sentences, vectors)


def likeness(query: AspectQuery, texts: Sequence[tuple[str, str]], kept: SentenceVectors | None = None) -> Likeness:
    """Score the candidates in the aspect by Rocchio's rule on words and on vectors.

    `texts` are the (title, abstract) of each candidate. Similarity to disliked papers counts against a candidate. With
    vectors the transformer reads the first candidates; `kept` has the vectors of sentences that it read before.
    """
    examples, n_liked = len(query.texts), len(query.liked)
    all_sentences = AspectSentences.of(query.snapshot, query.roles, [*query.texts, *texts], query.aspect)
    vectors, paper_terms = all_sentences.means(), WeightedTerms.of(query.snapshot, all_sentences.bags())
    pull = np.zeros(len(vectors))
    pull[:n_liked] = 1 / n_liked
    pull[n_liked:examples] = -NEGATIVE_WEIGHT / max(len(query.disliked), 1)
    direction = unit_rows((pull @ vectors).astype(np.float32))
    weights = paper_terms.weighted_sum(pull)
    order = np.argsort(-weights, kind="stable")[:LIKE_TERMS]
    found = Likeness(
        query.candidates,
        np.maximum(paper_terms.products(weights)[examples:], 0),
        vectors[examples:] @ direction,
        tuple(all_sentences.best_sentence(i, direction) for i in range(examples, len(vectors))),
        paper_terms.terms[order[weights[order] > 0]],
        query.n_sentences,
    )
    return found if query.vectors is None else _read(query, found, all_sentences, pull[:examples], kept)


def _read(
    query: AspectQuery,
    found: Likeness,
    all_sentences: AspectSentences,
    pull: NDArray[np.float64],
    kept: SentenceVectors | None,
) -> Likeness:
    """The candidates with what the transformer says of them."""
    vectors, rows = query.vectors, found.whole.rows
    assert vectors is not None, "the caller has looked"
    kept = SentenceVectors() if kept is None else kept
    prior = np.sum(_mix(found, Blend.of(query.aspect))[:2], axis=0)
    encode = partial(kept.encode, vectors.encoder.name, vectors.encoder)
    matches = match_sentences(all_sentences, pull, prior, vectors.vectors(rows), encode)
    cosines = ExampleVectors.of(vectors, query.liked, query.disliked).cosines(rows)
    read = ReadCandidates(impute_cosines(cosines, found.whole.semantic), matches.similarity)
    quotes = tuple(matches.quotes.get(i, sentence) for i, sentence in enumerate(found.sentences))
    return replace(found, read=read, sentences=quotes)


Parts = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]  # words, meaning; the aspect's in both


def _mix(candidates: Likeness, blend: Blend) -> Parts:
    """The parts of each candidate's score by words and static vectors."""
    by_words, by_meaning = ConvexFusion(semantic=blend.semantic).parts(candidates.words, candidates.meaning)
    mix = np.float32(blend.aspect)
    lexical = (1 - mix) * candidates.whole.lexical + mix * by_words
    meaning = (1 - mix) * candidates.whole.semantic + mix * by_meaning
    return lexical, meaning, mix * (by_words + by_meaning)


def _mix_read(candidates: Likeness, read: ReadCandidates) -> Parts:
    """The parts of each candidate's score where the transformer read the first; the best score is 1."""
    near = (read.whole, read.sentences, candidates.meaning, candidates.words)
    whole, sentences, meaning, words = (w * _scaled(x) for w, x in zip(READ_WEIGHTS, near, strict=True))
    total = whole + sentences + meaning + words
    present = (candidates.whole.scores > 0) | (read.whole > 0)
    unit = np.where(present, 1 / max(float(total.max(initial=0)), 1e-12), 0).astype(np.float32)
    return words * unit, (whole + sentences + meaning) * unit, (sentences + meaning + words) * unit


def _scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values in standard deviations, the least being 1."""
    if not len(values):
        return values
    return np.asarray(1 + (values - values.min()) / max(float(values.std()), 1e-6), np.float32)


def blend_scores(candidates: Likeness, blend: Blend, k: int) -> AspectMatch:
    """The k best candidates by the weighted sum of whole and aspect similarity."""
    parts = _mix(candidates, blend) if candidates.read is None else _mix_read(candidates, candidates.read)
    lexical, meaning, of_aspect = parts
    hits = top_k(np.arange(len(lexical), dtype=np.int64), lexical + meaning, k)
    at, scores = hits.ids[hits.scores > 0], hits.scores[hits.scores > 0]
    shares = np.minimum(of_aspect[at] / np.maximum(scores, 1e-12), 1)
    ranking = Ranking(candidates.whole.rows[at], scores, lexical[at], meaning[at], (), candidates.whole.n_allowed)
    notes = () if candidates.n_sentences else ("without an abstract to read, papers are compared as wholes",)
    return AspectMatch(ranking, tuple(candidates.sentences[i] for i in at.tolist()), shares, candidates.terms, notes)


def results(
    snapshot: IndexSnapshot, papers: RankedPapers, match: AspectMatch, liked: Examples, aspect: str, snippet_words: int
) -> tuple[Result, ...]:
    """The match as search results; snippet and reason of each are its best sentence on the aspect."""
    marks = highlight.typical_words([text for _, text in liked], match.terms)
    by_id = dict(
        zip(snapshot.ids[match.ranking.rows].tolist(), zip(match.sentences, match.shares, strict=True), strict=True)
    )
    out = []
    for result in search_results.results(snapshot, papers, match.ranking, marks, 0):
        sentence, share = by_id[result.stored.id]
        if not sentence:
            out.append(
                replace(result, reasons=(Reason("semantic", f"like it as a whole; no sentence on its {aspect}"),))
            )
            continue
        here = highlight.typical_words([sentence], match.terms)
        terms = tuple(here[root] for root in marks if root in here and not _is_title_stop_word(root))[:SHARED]
        snippet, _ = highlight.mark(sentence, marks, snippet_words or None)
        reason = Reason("aspect", f"its {aspect}: “{_shorten_quote(sentence)}”", float(share), terms=terms)
        out.append(replace(result, snippet=snippet if snippet_words else (), reasons=(reason,)))
    return tuple(out)


def _is_title_stop_word(root: str) -> bool:
    """Whether a stem is a stop word of titles."""
    return bool(find_sorted(TITLE_STOP_TERMS, np.array([term(root)], np.uint64))[0] >= 0)


def _shorten_quote(sentence: str) -> str:
    """The sentence on one line, cut at a word to QUOTED characters."""
    line = " ".join(sentence.split())
    return line if len(line) <= QUOTED else f"{line[:QUOTED].rpartition(' ')[0] or line[:QUOTED]} …"
