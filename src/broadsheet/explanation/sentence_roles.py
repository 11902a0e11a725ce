"""Sentence roles: which sentences of an abstract are about the task, the method or the result.

Problem: two papers may share their task but not their method; to compare them in one aspect, the role of each sentence
must be known. Idea: roles follow each other in a typical order, so all sentences are labelled at once by a chain (a
linear conditional random field); features of a sentence are its words, word pairs, the words of its neighbours and its
place. Training maximises the likelihood of the marked sentences, summed over the possible roles of unmarked ones.

Hirohata, Okazaki, Ananiadou, Ishizuka: Identifying Sections in Scientific Abstracts using Conditional Random Fields.
IJCNLP 2008, pages 381-388, sections 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.errors import with_extra
from broadsheet.kit.native import kernel
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.quantise import quantise_rows
from broadsheet.kit.text import Tokens, tokenize

__all__ = ["CARD", "ROLES", "Features", "SentenceRoles", "features", "forward_backward"]

CARD = Card(
    title="Identifying Sections in Scientific Abstracts using Conditional Random Fields",
    paper="IJCNLP 2008, ACL Anthology I08-1050",
    year=2008,
    fidelity="reduced",
    solves="which sentences of an abstract speak of the task, the method and the result",
    when=(
        "Choose it for abstracts of research papers in English, to compare task with task and method with method; a "
        "sentence alone, out of its abstract, is told less well."
    ),
    costs=(
        "About a minute of training on a few hundred marked abstracts; a few hundred kilobytes; tens of "
        "microseconds a sentence."
    ),
    stage="similar papers by task, method or result, and highlighting",
    claims=(
        Claim("abstract", "structured abstracts of Medline, four sections", "accuracy a sentence", 0.955),
        Claim("ours", "144 held-out marked abstracts", "macro F1, chained over alone (ratio)", 1.0, ours=True),
        Claim("ours", "144 held-out marked abstracts", "macro F1 of the three roles", 0.85, ours=True),
        Claim(
            "ours",
            "papers.parquet, 2,524 papers of sessions, test half",
            "MAP@10 by task, over whole papers (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 2,361 papers by task keywords, test half",
            "MAP@10 by task, over whole papers (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 2,298 papers by method keywords, test half",
            "MAP@10 by method, over whole papers (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 1,084 papers by masked data sets, test half",
            "MAP@10 by result, over whole papers (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "three roles, task (with the problem), method and result, instead of four headings",
        "sentences without a mark are summed over instead of being given a role: the marks here are incomplete",
        "n-grams are hashed and weights kept in a byte each, so that the whole model is a small file",
    ),
)

ROLES = ("task", "method", "result")
_PLACES = 5  # equal parts of an abstract, for the place of a sentence
_DIGIT = re.compile(r"\d")
_SHAPES = (("%", " times "), ("http", "www.", "github"), ("?",))  # substrings used as features
_EXTRA = 4 + _PLACES + len(_SHAPES)  # features that are not hashed: alone, first, last, digit; place; shapes
# One salt per kind of feature: words, pairs, words of the sentence before, words of the sentence after.
_SALTS = np.array([0, 0x165667B19E3779F9, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)


@dataclass(frozen=True, slots=True)
class Features:
    """Sentence s has the features columns[indptr[s]:indptr[s + 1]], each once."""

    indptr: NDArray[np.int64]  # (n + 1,)
    columns: NDArray[np.int32]
    bounds: NDArray[np.int64]  # (papers + 1,): paper i has the sentences bounds[i]:bounds[i + 1]


_columns = kernel("sentence_roles_columns")
_forward_backward = kernel("sentence_roles_forward_backward")


def features(papers: Sequence[Sequence[str]], buckets: int, tokens: Tokens | None = None) -> Features:
    """The features of every sentence of every paper; `tokens` are those of the sentences, if already known."""
    flat = [s for paper in papers for s in paper]
    tokens = tokenize(flat) if tokens is None else tokens
    counts = np.array([len(paper) for paper in papers], np.int64)
    bounds = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    place, size = np.arange(len(flat)) - np.repeat(bounds[:-1], counts), np.repeat(counts, counts)
    extra = np.zeros((len(flat), _EXTRA), np.bool_)
    extra[:, 0], extra[:, 1], extra[:, 2] = size == 1, place == 0, place + 1 == size
    extra[:, 3] = [_DIGIT.search(s) is not None for s in flat]
    extra[np.arange(len(flat)), 4 + place * _PLACES // np.maximum(size, 1)] = True
    for j, parts in enumerate(_SHAPES, start=4 + _PLACES):
        extra[:, j] = [any(part in s for part in parts) for s in flat]
    indptr = np.zeros(len(flat) + 1, np.int64)
    columns = np.empty(4 * len(tokens.terms) + _EXTRA * len(flat), np.int32)
    arrays, scratch = (tokens.terms, tokens.bounds, bounds, len(papers)), np.full(buckets, -1, np.int64)
    total = _columns(*arrays, buckets, extra, _EXTRA, _SALTS, scratch, indptr, columns)
    return Features(indptr, columns[:total].copy(), bounds)


def forward_backward(
    scores: NDArray[np.float64],
    bounds: NDArray[np.int64],
    transitions: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    marginals: NDArray[np.float64],
    pairs: NDArray[np.float64],
) -> float:
    """The log of the sum of exp(scores + transitions) over all allowed labellings of all chains.

    Fills marginals (n, r) with p(role of a sentence) and pairs (r, r) with the expected number of each transition.
    """
    roles = scores.shape[1]
    pairs[:] = 0.0
    scratch = np.empty_like(scores), np.empty_like(scores), np.ones_like(scores), *np.empty((2, roles, roles))
    arguments = scores, bounds, len(bounds) - 1, transitions, allowed, roles
    return float(_forward_backward(*arguments, *scratch, marginals, pairs))


class SentenceRoles(Persistent):
    """`penalty` is the weight of the squared weights; `chained=False` labels each sentence alone.

    Learns `weights_` (buckets + extras, r) in a byte each with `scales_` (r,), and `transitions_` (r, r).

    The model that ships:

    >>> from broadsheet.explanation.sentence_roles import ROLES
    >>> from broadsheet.pipeline.pretrained import read_sentence_roles
    >>> abstract = ["We study search.", "We train a model on clicks.", "It improves recall by two points."]
    >>> [ROLES[role] for role in read_sentence_roles().explain([abstract]).argmax(axis=1)]
    ['task', 'method', 'result']
    """

    def __init__(self, *, buckets: int = 1 << 16, penalty: float = 0.5, chained: bool = True, iterations: int = 200):
        self.buckets = buckets
        self.penalty = penalty
        self.chained = chained
        self.iterations = iterations
        self.weights_ = np.zeros((buckets + _EXTRA, len(ROLES)), np.int8)
        self.scales_ = np.ones(len(ROLES), np.float32)
        self.transitions_ = np.zeros((len(ROLES), len(ROLES)), np.float32)

    def fit(self, papers: Sequence[Sequence[str]], allowed: NDArray[np.bool_]) -> SentenceRoles:
        """Fit on papers as lists of sentences and, for each sentence in order, the roles it may have, (n, r).

        Raises ImportError without the extra `train`.
        """
        try:
            from scipy.optimize import minimize
            from scipy.sparse import csr_matrix
        except ImportError:
            raise ImportError(f"learning sentence roles needs scipy: {with_extra('train')}") from None

        x_features = features(papers, self.buckets)
        n, roles = len(x_features.indptr) - 1, len(ROLES)
        if allowed.shape != (n, roles) or not n or not allowed.any(axis=1).all():
            raise ValueError(f"{n} sentences need at least one role each, not marks of shape {allowed.shape}")
        x = csr_matrix(
            (np.ones(len(x_features.columns)), x_features.columns, x_features.indptr), shape=(n, self.buckets + _EXTRA)
        )
        every, size = np.ones_like(allowed), x.shape[1] * roles
        (free, clamped), (free_steps, clamped_steps) = np.empty((2, n, roles)), np.empty((2, roles, roles))

        def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            weights, transitions = parameters[:size].reshape(-1, roles), parameters[size:].reshape(roles, roles)
            scores = np.ascontiguousarray(x @ weights)
            value = forward_backward(scores, x_features.bounds, transitions, every, free, free_steps)
            value -= forward_backward(scores, x_features.bounds, transitions, allowed, clamped, clamped_steps)
            steps = (free_steps - clamped_steps) * self.chained
            slope = (
                np.concatenate([np.asarray(x.T @ (free - clamped)).ravel(), steps.ravel()]) + self.penalty * parameters
            )
            return value + 0.5 * self.penalty * float(parameters @ parameters), slope

        start = np.zeros(size + roles * roles)
        optimum = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": self.iterations}).x
        weights = optimum[:size].reshape(-1, roles)
        codes, self.scales_ = quantise_rows(weights.T)
        self.weights_ = np.ascontiguousarray(codes.T)
        self.transitions_ = optimum[size:].reshape(roles, roles).astype(np.float32)
        return self

    def explain(self, papers: Sequence[Sequence[str]], tokens: Tokens | None = None) -> NDArray[np.float32]:
        """p(role) of every sentence of every paper, one paper after the other, (n, r); rows sum to 1."""
        x_features = features(papers, self.buckets, tokens)
        scores = np.zeros((len(x_features.indptr) - 1, len(ROLES)))
        if len(scores):  # every sentence has features: those of its place
            scores += np.add.reduceat(self.weights_[x_features.columns], x_features.indptr[:-1], axis=0, dtype=np.int64)
        scores *= self.scales_
        marginals, transitions = np.empty_like(scores), self.transitions_.astype(np.float64)
        every = np.ones(scores.shape, np.bool_)
        forward_backward(scores, x_features.bounds, transitions, every, marginals, np.empty_like(transitions))
        return marginals.astype(np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """The learned weights."""
        return {"weights": self.weights_, "scales": self.scales_, "transitions": self.transitions_}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> SentenceRoles:
        """Restore the method. Raises ValueError if the arrays do not fit together."""
        weights, roles = arrays["weights"], len(ROLES)
        fits = weights.ndim == 2 and weights.shape[1] == roles and len(weights) > _EXTRA and weights.dtype == np.int8
        if not fits or arrays["scales"].shape != (roles,) or arrays["transitions"].shape != (roles, roles):
            raise ValueError(f"weights of shape {weights.shape} do not fit {roles} roles")
        method = cls(buckets=len(weights) - _EXTRA)
        method.weights_, method.scales_, method.transitions_ = weights, arrays["scales"], arrays["transitions"]
        return method
