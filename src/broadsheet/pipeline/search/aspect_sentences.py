"""Papers as sentences, each weighted by how much it says about one aspect: task, method or result."""

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

__all__ = ["ASPECTS", "AspectSentences", "Blend", "WeightedTerms", "check_aspect"]

ASPECTS = ROLES
_BASE_SIMILARITY = 0.05  # added to cosines, so that a sentence on the aspect is quoted even if no cosine is above 0
_MIN_PROBABILITY = 0.2  # least probability of the aspect for a sentence in the text that retrieves candidates


@dataclass(frozen=True, slots=True)
class Blend:
    """The weights of similarity in one aspect."""

    roles: tuple[float, float, float]  # weight of a sentence of each of ROLES; the aspect's own role has 1
    title: float  # weight of the title
    aspect: float  # 0..1, share of the aspect in the score; the rest is similarity of whole papers
    semantic: float  # 0..1, share of vectors in the aspect's score; the rest is words

    @classmethod
    def of(cls, aspect: str) -> Blend:
        """The weights of an aspect. Raises UsageError if there is no such aspect."""
        return _BLENDS[check_aspect(aspect)]


# Chosen on the dev half of the laboratory's bench/text/sentence_roles.py; other roles weigh at most half.
_BLENDS = {
    "task": Blend((1.0, 0.1, 0.4), title=2.0, aspect=0.5, semantic=0.95),
    "method": Blend((0.4, 1.0, 0.4), title=3.0, aspect=0.65, semantic=0.7),
    "result": Blend((0.4, 0.1, 1.0), title=2.0, aspect=0.65, semantic=0.85),
}


def check_aspect(aspect: str) -> str:
    """Return the aspect. Raises UsageError naming the aspects if it is not one."""
    if aspect not in ASPECTS:
        raise UsageError(f"no aspect {aspect!r}; papers can be similar in {', '.join(ASPECTS)}")
    return aspect


@dataclass(frozen=True, slots=True)
class AspectSentences:
    """Papers as sentences, the title first: paper i has bounds[i]:bounds[i + 1]."""

    sentences: tuple[str, ...]
    bounds: NDArray[np.int64]  # (n + 1,)
    probability: NDArray[np.float32]  # (s,) p(aspect); 0 for titles
    weights: NDArray[np.float32]  # (s,) weight of each sentence
    vectors: NDArray[np.float32]  # (s, d)
    tokens: Tokens  # of the sentences

    @classmethod
    def of(
        cls, snapshot: IndexSnapshot, roles: SentenceRoles, texts: Sequence[tuple[str, str]], aspect: str
    ) -> AspectSentences:
        """Split titles and abstracts into sentences and label their roles."""
        blend = Blend.of(aspect)
        bodies = [[text[a:b] for a, b in sentences(text)] for _, text in texts]
        flat = tuple(s for (title, _), body in zip(texts, bodies, strict=True) for s in (title, *body))
        bounds = np.concatenate([[0], np.cumsum([1 + len(body) for body in bodies])]).astype(np.int64)
        of_body = np.ones(len(flat), np.bool_)
        of_body[bounds[:-1]] = False
        tokens = tokenize(flat)
        probabilities = np.zeros((len(flat), len(ROLES)), np.float32)
        probabilities[of_body] = roles.explain(bodies, _select_texts(tokens, of_body))
        weights = np.where(of_body, probabilities @ np.array(blend.roles, np.float32), np.float32(blend.title))
        return cls(
            flat, bounds, probabilities[:, ROLES.index(aspect)], weights, snapshot.encoder.encode_tokens(tokens), tokens
        )

    def means(self) -> NDArray[np.float32]:
        """One vector per paper, (n, d): the mean of its sentence vectors by weight and square root of length.

        Of unit length, or zeros.
        """
        weights = self.weights * np.sqrt(np.diff(self.tokens.bounds)).astype(np.float32)
        sums = np.add.reduceat(self.vectors * weights[:, None], self.bounds[:-1], axis=0)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        return np.asarray(sums / np.where(norms > 1e-6, norms, np.inf), np.float32)

    def bags(self) -> Bags:
        """One bag of words per paper, with words weighted by their sentence."""
        lengths = np.diff(self.tokens.bounds)
        papers = Tokens(self.tokens.terms, self.tokens.bounds[self.bounds])
        return bag(papers, weights=np.repeat(self.weights, lengths).astype(np.float32), skip=STOP_TERMS)

    def best_sentence(self, paper: int, direction: NDArray[np.float32]) -> str:
        """The paper's best sentence on the aspect, given a query direction (d,); "" without an abstract."""
        start, stop = int(self.bounds[paper]) + 1, int(self.bounds[paper + 1])
        if start == stop:
            return ""
        cosines = np.maximum(self.vectors[start:stop] @ direction, 0)
        return self.sentences[start + int((self.probability[start:stop] * (_BASE_SIMILARITY + cosines)).argmax())]

    def text(self, paper: int) -> str:
        """The sentences on the aspect, most probable first."""
        at = np.arange(self.bounds[paper], self.bounds[paper + 1])
        at = at[self.probability[at] >= _MIN_PROBABILITY]
        return " ".join(self.sentences[i] for i in at[np.argsort(-self.probability[at], kind="stable")])


def _select_texts(tokens: Tokens, mask: NDArray[np.bool_]) -> Tokens:
    """The texts where `mask` (n,) is true."""
    lengths = np.diff(tokens.bounds)
    bounds = np.concatenate([[0], np.cumsum(lengths[mask])]).astype(np.int64)
    return Tokens(tokens.terms[np.repeat(mask, lengths)], bounds)


@dataclass(frozen=True, slots=True)
class WeightedTerms:
    """Rows of weighted terms, each row of unit length."""

    rows: NDArray[np.int64]  # (nnz,)
    columns: NDArray[np.int32]
    values: NDArray[np.float64]
    terms: NDArray[np.uint64]
    n: int

    @classmethod
    def of(cls, snapshot: IndexSnapshot, bags: Bags) -> WeightedTerms:
        """Weight terms by count and idf."""
        frequencies = snapshot.inverted.frequencies(bags.terms)
        rarity = snapshot.weighting.query(np.ones(len(bags.terms), np.float32), frequencies, max(len(snapshot), 1))
        rows = np.repeat(np.arange(len(bags)), np.diff(bags.indptr))
        values = np.log1p(bags.counts.astype(np.float64)) * rarity[bags.columns]
        norms = np.sqrt(np.bincount(rows, values**2, minlength=len(bags)))
        return cls(rows, bags.columns, values / np.maximum(norms[rows], 1e-12), bags.terms, len(bags))

    def weighted_sum(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weighted sum of the rows, one value per term."""
        sums = np.bincount(self.columns, self.values * weights[self.rows], minlength=len(self.terms))
        return sums.astype(np.float64)

    def products(self, query: NDArray[np.float64]) -> NDArray[np.float32]:
        """The inner product of every row with one value per term, (n,)."""
        return np.bincount(self.rows, self.values * query[self.columns], minlength=self.n).astype(np.float32)
