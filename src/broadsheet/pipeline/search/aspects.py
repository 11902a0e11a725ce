"""Similar in one aspect: papers near one in task, method or result, each with the sentence that says so.

paper ── sentences ── roles ──► its sentences weighed by the aspect ──► words and vector of the aspect ──┐
  └────── whole ──► candidates by the whole paper and by the aspect's words ──► whole likeness ─────────┴─► mix ► top k
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.explanation.sentence_roles import ROLES, SentenceRoles
from broadsheet.kit.bag_of_words import Bags, bag, locate
from broadsheet.kit.errors import UsageError
from broadsheet.kit.hits import top_k
from broadsheet.kit.mask import Mask
from broadsheet.kit.sentences import sentences
from broadsheet.kit.text import STOP_TERMS, Tokens, term, tokenize
from broadsheet.kit.title_words import TITLE_STOP_TERMS
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Reason, Result
from broadsheet.pipeline.search import highlight, ranking
from broadsheet.pipeline.search import results as search_results
from broadsheet.pipeline.search.ranking import Ranking
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["ASPECTS", "AspectMatch", "Blend", "Likeness", "blended", "checked", "likeness", "results"]

Examples = Sequence[tuple[int, str]]  # (row, text) of papers

ASPECTS = ROLES
CANDIDATES = 128  # by the whole paper, and as many by the aspect's words; a smaller library is scored whole
QUOTED = 300  # characters of a sentence that a reason quotes at most
SHARED = 4  # words a reason names at most
_ALIKE = 0.05  # so that among sentences near to nothing the one that speaks of the aspect is quoted
_LEAST = 0.2  # probability with which a sentence must speak of the aspect to be in the text that finds candidates


@dataclass(frozen=True, slots=True)
class Blend:
    """How likeness in an aspect is mixed."""

    roles: tuple[float, float, float]  # what a sentence on each of ROLES counts; the aspect's own counts 1
    title: float  # what the title counts
    aspect: float  # 0..1, of the score, against the likeness of the whole papers
    semantic: float  # 0..1, of the aspect's part, against its words

    @classmethod
    def of(cls, aspect: str) -> Blend:
        """The one of an aspect. Raises UsageError if there is no such aspect."""
        return _BLENDS[checked(aspect)]


# Chosen on the dev half of what bench/text/sentence_roles.py of the laboratory measures, other roles at most half.
_BLENDS = {
    "task": Blend((1.0, 0.1, 0.4), title=2.0, aspect=0.5, semantic=0.95),
    "method": Blend((0.4, 1.0, 0.4), title=3.0, aspect=0.65, semantic=0.7),
    "result": Blend((0.4, 0.1, 1.0), title=2.0, aspect=0.65, semantic=0.85),
}


def checked(aspect: str) -> str:
    """The aspect, if there is such a one. Raises UsageError naming those there are."""
    if aspect not in ASPECTS:
        raise UsageError(f"no aspect {aspect!r}; papers can be similar in {', '.join(ASPECTS)}")
    return aspect


@dataclass(frozen=True, slots=True)
class _Read:
    """Papers as sentences, the title being the first: paper i has bounds[i]:bounds[i + 1]."""

    sentences: tuple[str, ...]
    bounds: NDArray[np.int64]  # (n + 1,)
    speaks: NDArray[np.float32]  # (s,) p(aspect); 0 for titles
    weights: NDArray[np.float32]  # (s,) what each counts
    vectors: NDArray[np.float32]  # (s, d)
    tokens: Tokens  # of the sentences

    @classmethod
    def of(cls, view: IndexSnapshot, roles: SentenceRoles, texts: Sequence[tuple[str, str]], aspect: str) -> _Read:
        """From titles and abstracts."""
        blend = Blend.of(aspect)
        bodies = [[text[a:b] for a, b in sentences(text)] for _, text in texts]
        flat = tuple(s for (title, _), body in zip(texts, bodies, strict=True) for s in (title, *body))
        bounds = np.concatenate([[0], np.cumsum([1 + len(body) for body in bodies])]).astype(np.int64)
        of_body = np.ones(len(flat), np.bool_)
        of_body[bounds[:-1]] = False
        tokens = tokenize(flat)
        told = np.zeros((len(flat), len(ROLES)), np.float32)
        told[of_body] = roles.explain(bodies, _chosen(tokens, of_body))
        weights = np.where(of_body, told @ np.array(blend.roles, np.float32), np.float32(blend.title))
        return cls(flat, bounds, told[:, ROLES.index(aspect)], weights, view.encoder.encode_tokens(tokens), tokens)

    def means(self) -> NDArray[np.float32]:
        """One vector a paper: its sentences' by weight and the root of their length; of unit length or zeros."""
        weights = self.weights * np.sqrt(np.diff(self.tokens.bounds)).astype(np.float32)
        found = np.add.reduceat(self.vectors * weights[:, None], self.bounds[:-1], axis=0)
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(found / np.where(norms > 1e-6, norms, np.inf), np.float32)

    def bags(self) -> Bags:
        """One bag a paper: each word counts by the weight of its sentence."""
        lengths = np.diff(self.tokens.bounds)
        papers = Tokens(self.tokens.terms, self.tokens.bounds[self.bounds])
        return bag(papers, weights=np.repeat(self.weights, lengths).astype(np.float32), skip=STOP_TERMS)

    def telling(self, paper: int, direction: NDArray[np.float32]) -> str:
        """The sentence of a paper that speaks most of the aspect in `direction` (d,); "" without an abstract."""
        start, stop = int(self.bounds[paper]) + 1, int(self.bounds[paper + 1])
        if start == stop:
            return ""
        near = np.maximum(self.vectors[start:stop] @ direction, 0)
        return self.sentences[start + int((self.speaks[start:stop] * (_ALIKE + near)).argmax())]

    def text(self, paper: int) -> str:
        """The sentences that speak of the aspect, those that do most first."""
        at = np.arange(self.bounds[paper], self.bounds[paper + 1])
        at = at[self.speaks[at] >= _LEAST]
        return " ".join(self.sentences[i] for i in at[np.argsort(-self.speaks[at], kind="stable")])


def _chosen(tokens: Tokens, wanted: NDArray[np.bool_]) -> Tokens:
    """The texts for which `wanted` (n,) is true."""
    lengths = np.diff(tokens.bounds)
    bounds = np.concatenate([[0], np.cumsum(lengths[wanted])]).astype(np.int64)
    return Tokens(tokens.terms[np.repeat(wanted, lengths)], bounds)


@dataclass(frozen=True, slots=True)
class _Weighted:
    """Rows of weighted terms, each of unit length."""

    rows: NDArray[np.int64]  # (nnz,)
    columns: NDArray[np.int32]
    values: NDArray[np.float64]
    terms: NDArray[np.uint64]
    n: int

    @classmethod
    def of(cls, view: IndexSnapshot, bags: Bags) -> _Weighted:
        frequencies = view.inverted.frequencies(bags.terms)
        rarity = view.weighting.query(np.ones(len(bags.terms), np.float32), frequencies, max(len(view), 1))
        rows = np.repeat(np.arange(len(bags)), np.diff(bags.indptr))
        values = np.log1p(bags.counts.astype(np.float64)) * rarity[bags.columns]
        norms = np.sqrt(np.bincount(rows, values**2, minlength=len(bags)))
        return cls(rows, bags.columns, values / np.maximum(norms[rows], 1e-12), bags.terms, len(bags))

    def mixed(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weighted sum of the rows, one value a term."""
        sums = np.bincount(self.columns, self.values * weights[self.rows], minlength=len(self.terms))
        return sums.astype(np.float64)

    def products(self, query: NDArray[np.float64]) -> NDArray[np.float32]:
        """The inner product of every row with a value a term, (n,)."""
        return np.bincount(self.rows, self.values * query[self.columns], minlength=self.n).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Candidates with how like they are as wholes and in one aspect; aligned arrays."""

    whole: Ranking
    words: NDArray[np.float32]  # (m,) of the aspect
    meaning: NDArray[np.float32]  # (m,)
    telling: tuple[str, ...]  # the sentence that tells most of the aspect looked for; "" without one
    terms: NDArray[np.uint64]  # what was looked for, the most telling first
    read: int  # sentences of the liked papers


@dataclass(frozen=True, slots=True)
class AspectMatch:
    """The ranking, and for each of its papers what shows the likeness; aligned."""

    found: Ranking
    sentences: tuple[str, ...]  # of each paper, the one that tells most; "" without one
    shares: NDArray[np.float32]  # of the score that the aspect accounts for, 0..1
    terms: NDArray[np.uint64]  # what was looked for, the most telling first
    notes: tuple[str, ...] = ()


def _texts(catalogue: Catalogue, ids: Sequence[int]) -> list[tuple[str, str]]:
    """The title, and the abstract or else the summary, of every paper; empty where it is gone."""
    held = {d.id: (d.title, d.abstract or d.summary) for batch in catalogue.documents(ids=ids) for d in batch}
    return [held.get(i, ("", "")) for i in ids]


def _candidates(
    view: IndexSnapshot, asked: Sequence[str], liked: Examples, disliked: Examples, allowed: Mask, fusion: ConvexFusion
) -> Ranking:
    """Papers near the liked ones as wholes or in the words of the aspect, `asked`, with their likeness as wholes.

    All that are allowed, where these are few.
    """
    examples = [row for row, _ in (*liked, *disliked)]
    flags = allowed.flags().copy()
    flags[examples] = False
    allowed = Mask.of(flags)
    total = allowed.count()
    if total > 2 * CANDIDATES:
        near = ranking.like(view, liked, disliked, CANDIDATES, allowed, fusion)[0].rows
        in_aspect = [(row, text) for (row, _), text in zip(liked, asked, strict=True)]
        also = ranking.like(view, in_aspect, disliked, CANDIDATES, allowed, fusion)[0].rows
        allowed = Mask.of_rows(np.union1d(near, also), len(view))
    found, _ = ranking.like(view, liked, disliked, allowed.count(), allowed, fusion)
    rest = np.setdiff1d(allowed.rows(), found.rows)
    nothing = np.zeros(len(rest), np.float32)
    scores, lexical, semantic = (np.concatenate([p, nothing]) for p in (found.scores, found.lexical, found.semantic))
    return Ranking(np.concatenate([found.rows, rest]), scores, lexical, semantic, (), total)


def likeness(
    catalogue: Catalogue,
    view: IndexSnapshot,
    roles: SentenceRoles,
    liked: Examples,
    disliked: Examples,
    aspect: str,
    allowed: Mask,
    whole: ConvexFusion,
) -> Likeness:
    """How like the liked papers and unlike the disliked ones each candidate is, as a whole and in the aspect.

    None of the examples is among them: Rocchio's rule on words and on vectors. Raises UsageError for an unknown aspect.
    """
    ours = view.ids[np.array([row for row, _ in (*liked, *disliked)], np.int64)].tolist()
    texts = _texts(catalogue, ours)
    asked = _Read.of(view, roles, texts[: len(liked)], aspect)
    near = _candidates(view, [asked.text(i) for i in range(len(liked))], liked, disliked, allowed, whole)
    read = _Read.of(view, roles, [*texts, *_texts(catalogue, view.ids[near.rows].tolist())], aspect)
    vectors, weighted = read.means(), _Weighted.of(view, read.bags())
    pull = np.zeros(len(vectors))
    pull[: len(liked)] = 1 / len(liked)
    pull[len(liked) : len(ours)] = -ranking.DISLIKED / max(len(disliked), 1)
    direction = (pull @ vectors).astype(np.float32)
    direction /= max(float(np.linalg.norm(direction)), 1e-12)
    query = weighted.mixed(pull)
    order = np.argsort(-query, kind="stable")[: ranking.LIKE_TERMS]
    return Likeness(
        near,
        np.maximum(weighted.products(query)[len(ours) :], 0),
        vectors[len(ours) :] @ direction,
        tuple(read.telling(i, direction) for i in range(len(ours), len(vectors))),
        weighted.terms[order[query[order] > 0]],
        len(asked.sentences) - len(liked),
    )


def blended(found: Likeness, blend: Blend, k: int) -> AspectMatch:
    """The k best candidates by their mixed likeness."""
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
    catalogue: Catalogue, view: IndexSnapshot, match: AspectMatch, liked: Examples, aspect: str, snippet_words: int
) -> tuple[Result, ...]:
    """The match as search results; the snippet of each is the sentence that matched, and so says its reason."""
    marks = highlight.typical_words([text for _, text in liked], match.terms)
    said = dict(zip(view.ids[match.found.rows].tolist(), zip(match.sentences, match.shares, strict=True), strict=True))
    out = []
    for result in search_results.results(catalogue, view, match.found, marks, 0):
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
    """Whether a stem is a word of titles that says nothing of a topic."""
    return bool(locate(TITLE_STOP_TERMS, np.array([term(root)], np.uint64))[0] >= 0)


def _clipped(sentence: str) -> str:
    """The sentence on one line, cut at a word where it is too long to quote."""
    line = " ".join(sentence.split())
    return line if len(line) <= QUOTED else f"{line[:QUOTED].rpartition(' ')[0] or line[:QUOTED]} …"
