"""Papers as sentences, each weighed by how much it says of one aspect: task, method or result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.explanation.sentence_roles import ROLES, SentenceRoles
from broadsheet.kit.bag_of_words import Bags, bag
from broadsheet.kit.errors import UsageError
from broadsheet.kit.sentences import sentences
from broadsheet.kit.text import STOP_TERMS, Tokens, tokenize
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["ASPECTS", "AspectSentences", "Blend", "WeightedTerms", "checked"]

ASPECTS = ROLES
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
class AspectSentences:
    """Papers as sentences, the title being the first: paper i has bounds[i]:bounds[i + 1]."""

    sentences: tuple[str, ...]
    bounds: NDArray[np.int64]  # (n + 1,)
    speaks: NDArray[np.float32]  # (s,) p(aspect); 0 for titles
    weights: NDArray[np.float32]  # (s,) what each counts
    vectors: NDArray[np.float32]  # (s, d)
    tokens: Tokens  # of the sentences

    @classmethod
    def of(
        cls, snapshot: IndexSnapshot, roles: SentenceRoles, texts: Sequence[tuple[str, str]], aspect: str
    ) -> AspectSentences:
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
        return cls(flat, bounds, told[:, ROLES.index(aspect)], weights, snapshot.encoder.encode_tokens(tokens), tokens)

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
class WeightedTerms:
    """Rows of weighted terms, each of unit length."""

    rows: NDArray[np.int64]  # (nnz,)
    columns: NDArray[np.int32]
    values: NDArray[np.float64]
    terms: NDArray[np.uint64]
    n: int

    @classmethod
    def of(cls, snapshot: IndexSnapshot, bags: Bags) -> WeightedTerms:
        """Each term by its count and its rarity."""
        frequencies = snapshot.inverted.frequencies(bags.terms)
        rarity = snapshot.weighting.query(np.ones(len(bags.terms), np.float32), frequencies, max(len(snapshot), 1))
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
