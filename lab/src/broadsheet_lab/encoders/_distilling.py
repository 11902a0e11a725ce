"""How sparse documents learn from teachers: the ranking's loss, the weights' penalty, and the gradients of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from broadsheet.kit.contrast import softmax
from broadsheet.kit.text import Tokens
from broadsheet_lab.encoders._logits import Head, States

__all__ = [
    "Lessons",
    "ensemble",
    "flops",
    "kl_gradient",
    "penalty_gradient",
    "ranking_gradient",
    "wanted_with",
    "weight",
]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lessons:
    """Queries, the documents each may find, and what the teachers think of those."""

    queries: Tokens  # q
    candidates: Ints  # (q, m) rows of documents; the first is the one wanted
    teacher: Floats  # (q, m), as `ensemble` gives

    def drawn(self, chosen: Ints, size: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """Candidates of some queries and the teachers' scores, (b, size) each: the wanted one and others by chance."""
        others = np.argsort(rng.random((len(chosen), self.candidates.shape[1] - 1)), axis=1)[:, : size - 1] + 1
        columns = np.column_stack([np.zeros(len(chosen), np.int64), others])
        return self.candidates[chosen[:, None], columns], self.teacher[chosen[:, None], columns]


def wanted_with(asked: csr_matrix, wanted: Ints, documents: int) -> csr_matrix:
    """Which of so many documents, of which `wanted` (q,) are asked for, are with which terms, (n, V): 1 or nothing."""
    q = len(wanted)
    chosen = csr_matrix((np.ones(q, np.float32), (wanted, np.arange(q))), shape=(documents, q))
    found = csr_matrix(chosen @ asked)
    found.data[:] = 1
    return found


def weight(logits: Floats) -> Floats:
    """log(1 + relu(z)), elementwise: how much a term whose greatest logit is z counts in a document."""
    return np.asarray(np.log1p(np.maximum(logits, 0)), np.float32)


def _slope(logits: Floats) -> Floats:
    """The derivative of `weight`."""
    return np.where(logits > 0, 1 / (1 + np.maximum(logits, 0)), 0).astype(np.float32)


def flops(weights: Floats) -> float:
    """sum_j (mean_i w_ij)^2 of weights (n, V): in proportion to what an average pair of documents would cost."""
    return float(np.square(weights.mean(axis=0, dtype=np.float64)).sum())


def penalty_gradient(head: Head, states: States, strength: float) -> Head:
    """Of strength * flops(weights of the documents)."""
    pooled = head.pooled(states)
    by_weight = np.float32(2 * strength / len(states)) * weight(pooled.logits).mean(axis=0)
    return head.gradient(states, pooled.at, by_weight * _slope(pooled.logits))


def ensemble(teachers: Sequence[Floats], *, scale: float = 30.0) -> Floats:
    """What the teachers say together of candidates (q, m): each brought to 0..1 by query, averaged, times `scale`."""
    total = np.zeros(teachers[0].shape, np.float32)
    for scores in teachers:
        low, high = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
        total += (scores - low) / (high - low + np.float32(1e-6))
    return total * np.float32(scale / len(teachers))


def kl_gradient(student: Floats, teacher: Floats) -> Floats:
    """The gradient by student (q, m) of the mean over q of KL(softmax(teacher) || softmax(student))."""
    return np.asarray((softmax(student) - softmax(teacher)) / len(student), np.float32)


def ranking_gradient(
    head: Head, states: States, asked: csr_matrix, candidates: Ints, teacher: Floats
) -> tuple[Head, Ints]:
    """Of the divergence of queries asked (b, V) from their teacher (b, m) over candidates (b, m), rows of `states`.

    Terms that none of them asks for have no part in it: the gradient is that by the layer of the terms it names.
    """
    rows, place = np.unique(candidates, return_inverse=True)
    place = place.reshape(candidates.shape)
    terms = np.unique(asked.indices).astype(np.int64)
    documents, some = states.take(rows).among(terms, len(head.b)), head.some(terms)
    pooled = some.pooled(documents)
    weights = asked[:, terms].toarray()  # (b, terms)
    scores = weights @ weight(pooled.logits).T  # (b, rows)
    by_score, at = np.zeros_like(scores), np.arange(len(scores))[:, None]
    by_score[at, place] = kl_gradient(scores[at, place], teacher)
    return some.gradient(documents, pooled.at, (by_score.T @ weights) * _slope(pooled.logits)), terms
