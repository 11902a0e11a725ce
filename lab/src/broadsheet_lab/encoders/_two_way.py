"""The heads of ColBERTer on frozen states, where they begin, and their training with gradients written by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.contrast import cross_entropy
from broadsheet_lab.encoders._whole_words import WordBags
from broadsheet_lab.kit.jit import jit, jit_reordering
from broadsheet_lab.kit.optim import AdamW

__all__ = ["Heads", "Pairs", "Plan", "begun", "directions", "loss_and_gradients", "matched", "trained", "word_vectors"]

# The scores training begins at: cosines times these squared, sharp enough for a cross-entropy to learn from.
_RETRIEVAL_SCALE = 5.0
_WORD_SCALE = 2.0
_LENGTH = 3.0  # of a word's vector where any words may match
_BATCH = 32  # queries
_MAPS = ("retrieval", "retrieval_bias", "word", "word_bias")

Floats = NDArray[np.float32]
Rows = NDArray[np.integer[Any]]


class Heads(NamedTuple):
    """What is learned on top of states of length D: the maps to r and d dimensions, the gate and the mixture."""

    retrieval: Floats  # (D, r)
    retrieval_bias: Floats  # (r,)
    word: Floats  # (D, d)
    word_bias: Floats  # (d,)
    gate: Floats  # (D,)
    gate_bias: Floats  # (1,), begins at 1: every word is kept
    mixture: Floats  # (1,), begins at 0: both scores count alike


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train: see ColBERTer."""

    exact: bool
    gate_weight: float
    retrieval_weight: float
    epochs: int
    rate: float
    decay: float
    seed: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Query i wants document wanted[i] and none of negatives[i]."""

    queries: WordBags
    documents: WordBags
    wanted: Rows  # (m,)
    negatives: Rows  # (m, h)


@jit_reordering
def matched(
    query: Floats,
    query_words: NDArray[np.uint64],
    query_bounds: NDArray[np.int64],
    vectors: Floats,
    words: NDArray[np.uint64],
    bounds: NDArray[np.int64],
    rows: NDArray[np.int64],
    scores: Floats,
    at: NDArray[np.int64],
) -> None:
    """scores[i, j] = sum over the words q of query i of the greatest <q, p> over the words p of document rows[j].

    Equation 7; at[q, j] is that p, -1 where there is none. Only equal words match (equation 10), or any if
    `query_words` is empty.
    """
    exact = len(query_words) > 0
    for i in range(len(query_bounds) - 1):
        for j in range(len(rows)):
            total = np.float32(0)
            for q in range(query_bounds[i], query_bounds[i + 1]):
                most, found = np.float32(-np.inf), -1
                for w in range(bounds[rows[j]], bounds[rows[j] + 1]):
                    if exact and words[w] != query_words[q]:
                        continue
                    product = np.float32(0)
                    for k in range(query.shape[1]):
                        product += query[q, k] * vectors[w, k]
                    if product > most:
                        most, found = product, w
                at[q, j] = found
                if found >= 0:
                    total += most
            scores[i, j] = total


@jit
def _scattered(
    gradient: Floats,
    query: Floats,
    query_bounds: NDArray[np.int64],
    vectors: Floats,
    at: NDArray[np.int64],
    d_query: Floats,
    d_vectors: Floats,
) -> None:
    """The gradient (b, p) of the scores of `matched`, handed on to the words that made them."""
    for i in range(len(query_bounds) - 1):
        for q in range(query_bounds[i], query_bounds[i + 1]):
            for j in range(at.shape[1]):
                w = at[q, j]
                if w >= 0:
                    for k in range(query.shape[1]):
                        d_query[q, k] += gradient[i, j] * vectors[w, k]
                        d_vectors[w, k] += gradient[i, j] * query[q, k]


def word_vectors(states: Floats, heads: Heads, *, exact: bool) -> tuple[Floats, Floats]:
    """(the vectors (w, d) of words with the given states, before the gate; their lengths as mapped (w, 1)).

    Where any words may match, all are scaled to one length, so that the nearest word wins and not the longest; where
    only equal words may, the length is what tells an important word.
    """
    mapped = states @ heads.word + heads.word_bias
    lengths = np.maximum(np.linalg.norm(mapped, axis=1, keepdims=True), np.float32(1e-6))
    return (mapped if exact else _LENGTH * mapped / lengths), lengths


def _unscaled(gradient: Floats, scaled: Floats, lengths: Floats) -> Floats:
    """The gradient of vectors from that of the same scaled to one length."""
    along = (gradient * scaled).sum(axis=1, keepdims=True) / _LENGTH
    return np.asarray((_LENGTH * gradient - along * scaled) / lengths)


def directions(x: NDArray[np.floating[Any]], k: int) -> Floats:
    """The k leading principal directions of rows (m, D) as columns (D, k), scaled so that a row's mean square is 1."""
    sample = np.asarray(x, np.float64)
    values, vectors = np.linalg.eigh(sample.T @ sample / max(1, len(sample)))
    kept = vectors[:, ::-1][:, :k]  # (D, k)
    return np.asarray(kept / np.sqrt(max(float(values[::-1][:k].sum()), 1e-12)), np.float32)


def begun(documents: WordBags, retrieval_dimensions: int, word_dimensions: int, *, seed: int) -> Heads:
    """Heads that begin at the principal directions of the documents' states: as near to the frozen model as can be."""
    words = len(documents.states)
    drawn = np.sort(np.random.default_rng(seed).permutation(words)[:20_000])
    retrieval = np.float32(_RETRIEVAL_SCALE) * directions(documents.pooled, retrieval_dimensions)
    word = np.float32(_WORD_SCALE) * directions(documents.states[drawn], word_dimensions)
    zeros = [np.zeros(n, np.float32) for n in (retrieval.shape[1], word.shape[1], len(retrieval), 1)]
    return Heads(retrieval, zeros[0], word, zeros[1], zeros[2], np.ones(1, np.float32), zeros[3])


def loss_and_gradients(heads: Heads, pairs: Pairs, at: Rows, plan: Plan) -> tuple[float, dict[str, Floats]]:
    """a_b L_b + a_CLS L_CLS + a_CS L_CS (equation 11) of the queries `at` against all documents of their batch."""
    rows, goal = np.unique(np.concatenate([pairs.wanted[at], pairs.negatives[at].reshape(-1)]), return_inverse=True)
    goal = goal[: len(at)]
    asked, kept = pairs.queries.taken(at), pairs.documents.taken(rows)
    asked_states, kept_states = asked.states.astype(np.float32), kept.states.astype(np.float32)
    q, q_lengths = word_vectors(asked_states, heads, exact=plan.exact)  # (l, d)
    raw, lengths = word_vectors(kept_states, heads, exact=plan.exact)  # (m, d)
    gates = np.maximum(kept_states @ heads.gate + heads.gate_bias, 0)  # (m,)
    open_ = np.flatnonzero(gates)
    bounds = np.searchsorted(open_, kept.bounds).astype(np.int64)  # of the words whose gate is open
    p = raw[open_] * gates[open_, None]
    words = np.empty((len(at), len(rows)), np.float32)
    found = np.empty((len(q), len(rows)), np.int64)
    every = np.arange(len(rows))
    telling = asked.words if plan.exact else asked.words[:0]
    matched(q, telling, asked.bounds, p, kept.words[open_], bounds, every, words, found)
    left = asked.pooled @ heads.retrieval + heads.retrieval_bias  # (b, r)
    right = kept.pooled @ heads.retrieval + heads.retrieval_bias  # (p, r)
    whole = left @ right.T
    share = np.float32(1 / (1 + np.exp(-heads.mixture[0])))
    loss, d_both = cross_entropy(share * whole + (1 - share) * words, goal)
    alone, d_alone = cross_entropy(whole, goal)
    loss += plan.retrieval_weight * alone + plan.gate_weight * float(gates.sum()) / max(1, len(gates))
    d_both, d_alone = (np.asarray(d / np.float32(len(at)), np.float32) for d in (d_both, d_alone))
    d_whole = share * d_both + np.float32(plan.retrieval_weight) * d_alone
    d_left, d_right = d_whole @ right, d_whole.T @ left
    d_q, d_p = np.zeros_like(q), np.zeros_like(p)
    _scattered((1 - share) * d_both, q, asked.bounds, p, found, d_q, d_p)
    d_gates = (d_p * raw[open_]).sum(axis=1)
    d_raw = d_p * gates[open_, None]
    if not plan.exact:
        d_q, d_raw = _unscaled(d_q, q, q_lengths), _unscaled(d_raw, raw[open_], lengths[open_])
    d_gates += np.float32(plan.gate_weight / max(1, len(gates)))
    return loss, {
        "retrieval": asked.pooled.T @ d_left + kept.pooled.T @ d_right,
        "retrieval_bias": d_left.sum(axis=0) + d_right.sum(axis=0),
        "word": asked_states.T @ d_q + kept_states[open_].T @ d_raw,
        "word_bias": d_q.sum(axis=0) + d_raw.sum(axis=0),
        "gate": kept_states[open_].T @ d_gates,
        "gate_bias": d_gates.sum(keepdims=True),
        "mixture": (d_both * (whole - words)).sum().reshape(1) * share * (1 - share),
    }


def trained(start: Heads, pairs: Pairs, plan: Plan) -> Heads:
    """Adam from `start` with a rate that falls to zero; the maps are drawn back to where they began, not the gate."""
    rng = np.random.default_rng(plan.seed)
    count = len(pairs.wanted)
    learned = {name: head.copy() for name, head in start._asdict().items()}
    maps = AdamW(rate=plan.rate, decay=plan.decay, towards=start._asdict())
    gate = AdamW(rate=plan.rate)
    firsts = range(0, count, _BATCH)
    for epoch in range(plan.epochs):
        order = rng.permutation(count)
        for step, first in enumerate(firsts):
            maps.rate = gate.rate = plan.rate * (1 - (epoch * len(firsts) + step) / (plan.epochs * len(firsts)))
            batch = order[first : first + _BATCH]
            gradients = loss_and_gradients(Heads(**learned), pairs, batch, plan)[1]
            maps.step(learned, {name: gradients.pop(name) for name in _MAPS})
            gate.step(learned, gradients)
    return Heads(**learned)
