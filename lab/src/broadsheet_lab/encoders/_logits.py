"""Logits of the words of texts over a vocabulary, the greatest of each text, and the gradients of those.

A word's state x (d,) has the logit x w_v + b_v of term v; if the word is v itself, x u + c_v is added. What is learned
is shared by all terms, for there are more terms than queries to learn from: a square matrix between x and w_v, which
are the terms' mean states and stay, as a masked-word model has one before its tied word vectors; u; and how b_v and c_v
depend on the term's rarity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import ndtri

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.kit.jit import jit
from broadsheet_lab.kit.optim import AdamW

__all__ = ["Head", "Pooled", "Shared", "States", "word_head"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
_BLOCK = 16  # texts whose logits are in memory at once
_FASTER = 30.0  # the rate of what is shared, over that of the matrix, which has many more entries
_TRUSTED = 10  # queries with a term, from which what foretells it counts as much as its mean state
_FEW = 8  # texts, too few for a mean and a spread


@jit
def _greatest(logits: Floats, own: Floats, columns: Ints, bounds: Ints, best: Floats, at: Ints) -> None:
    """best[i, v], at[i, v]: the greatest logit of v over the words t of text i, and that t; logits[t] is written on."""
    for i in range(len(bounds) - 1):
        for t in range(bounds[i], bounds[i + 1]):
            if columns[t] >= 0:
                logits[t, columns[t]] += own[t]
            for v in range(logits.shape[1]):
                if logits[t, v] > best[i, v]:
                    best[i, v] = logits[t, v]
                    at[i, v] = t


@dataclass(frozen=True, slots=True)
class States:
    """The words of n texts."""

    x: Floats  # (t, d)
    columns: Ints  # (t,) the term a word is, -1 for none of the vocabulary
    bounds: Ints  # (n + 1,)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def take(self, rows: Ints) -> States:
        """Some of the texts."""
        lengths = np.diff(self.bounds)[rows]
        bounds = np.concatenate([[0], np.cumsum(lengths)])
        at = np.arange(bounds[-1]) + np.repeat(self.bounds[rows] - bounds[:-1], lengths)
        return States(self.x[at], self.columns[at], bounds)

    def among(self, terms: Ints, size: int) -> States:
        """With columns that count in terms, ascending, of a vocabulary of `size`."""
        places = np.full(size + 1, -1, np.int64)  # the last is that of a word of no column
        places[terms] = np.arange(len(terms))
        return States(self.x, places[self.columns], self.bounds)


@dataclass(frozen=True, slots=True)
class Pooled:
    """The greatest logits of texts, and which words have them."""

    logits: Floats  # (n, V); -inf for a text without words
    at: Ints  # (n, V)


@dataclass(frozen=True, slots=True)
class Head:
    """The layer; a gradient by it has its shape."""

    w: Floats  # (V, d)
    b: Floats  # (V,)
    u: Floats  # (d,)
    c: Floats  # (V + 1,), the last for words outside the vocabulary

    @classmethod
    def empty(cls, size: int, dimensions: int) -> Head:
        """Of zeros."""
        shapes = ((size, dimensions), (size,), (dimensions,), (size + 1,))
        return cls(*(np.zeros(shape, np.float32) for shape in shapes))

    def some(self, chosen: Ints) -> Head:
        """The layer for some of the terms."""
        return Head(self.w[chosen], self.b[chosen], self.u, self.c[np.append(chosen, -1)])

    def own_logits(self, states: States) -> Floats:
        """x u + c_v of words, (t,)."""
        return np.asarray(states.x @ self.u + self.c[states.columns], np.float32)

    def pooled(self, states: States) -> Pooled:
        """The greatest logit of every term in every text."""
        best = np.full((len(states), len(self.b)), -np.inf, np.float32)
        at = np.zeros(best.shape, np.int64)
        own = self.own_logits(states)
        for low in range(0, len(states), _BLOCK):
            bounds = states.bounds[low : low + _BLOCK + 1]
            part = slice(bounds[0], bounds[-1])
            logits = states.x[part] @ self.w.T + self.b
            block = slice(low, low + _BLOCK)
            _greatest(logits, own[part], states.columns[part], bounds - bounds[0], best[block], at[block])
            at[block] += bounds[0]
        return Pooled(best, at)

    def gradient(self, states: States, at: Ints, by_logit: Floats) -> Head:
        """What by_logit (n, V), the gradient by the greatest logits, which the words `at` have, makes of it here."""
        rows, terms = np.nonzero(by_logit)
        words, values = at[rows, terms], by_logit[rows, terms]
        by_word = csr_matrix((values, (terms, words)), shape=(len(self.b), len(states.x)))
        same = states.columns[words] == terms
        return Head(
            np.asarray(by_word @ states.x, np.float32),
            np.bincount(terms, values, len(self.b)).astype(np.float32),
            np.asarray(values[same] @ states.x[words[same]], np.float32),
            np.bincount(terms[same], values[same], len(self.c)).astype(np.float32),
        )


class Shared:
    """The learned part of a layer that starts from `start`, moved by Adam; rarity (V + 1,) is by term."""

    def __init__(self, start: Head, rarity: Floats, *, rate: float) -> None:
        d = start.w.shape[1]
        self.start, self.rarity = start, rarity
        self.turn = np.eye(d, dtype=np.float32)
        self.rest = np.zeros(d + 4, np.float32)  # u; what all b and c gain, and gain by rarity
        self.optimisers = AdamW(rate=rate, epsilon_hat=True), AdamW(rate=_FASTER * rate, epsilon_hat=True)

    def head(self) -> Head:
        """The layer it stands for."""
        b, b_rarity, c, c_rarity = self.rest[-4:]
        return Head(
            self.start.w @ self.turn.T,
            self.start.b + b + b_rarity * self.rarity[:-1],
            self.start.u + self.rest[:-4],
            self.start.c + c + c_rarity * self.rarity,
        )

    def step(self, gradients: Sequence[tuple[Head, Ints]]) -> None:
        """Against the sum of gradients by the layers of some terms."""
        turn, rest = np.zeros_like(self.turn), np.zeros_like(self.rest)
        for by, terms in gradients:
            turn += by.w.T @ self.start.w[terms]
            by_b, by_c = by.b, by.c[:-1]
            rarity = self.rarity[terms]
            rest += np.concatenate([by.u, [by_b.sum(), by_b @ rarity, by_c.sum(), by_c @ rarity]])
        self.optimisers[0].step({"turn": self.turn}, {"turn": turn})
        self.optimisers[1].step({"rest": self.rest}, {"rest": rest})


def asked_vectors(states: States, asked: csr_matrix, *, ridge: float = 0.1) -> Floats:
    """The ridge regression, (V, d), of whether a text is asked for with a term, asked (n, V), on each of its words.

    Texts that nobody asked for are left out; `ridge` is a share of the mean variance.
    """
    rows = np.flatnonzero(np.diff(asked.indptr)).astype(np.int64)
    some = states.take(rows)
    member = csr_matrix(
        (np.ones(len(some.x), np.float32), np.arange(len(some.x)), some.bounds), (len(some), len(some.x))
    )
    gram = some.x.T @ some.x
    gram += np.float32(ridge * np.trace(gram) / len(gram)) * np.eye(len(gram), dtype=np.float32)
    return np.asarray(np.linalg.solve(gram, (asked[rows].T @ (member @ some.x)).T).T, np.float32)


def word_head(
    states: States,
    size: int,
    asked: csr_matrix | None = None,
    *,
    least_share: float = 0.02,
    slope: float = 0.2,
    own: float = 1.7,
    sample: Ints | slice = slice(None),
) -> Head:
    """A layer to start from: a word's logit of a term grows with its likeness to the mean state of the term's words.

    Where texts were asked for with the term, asked (n, V), with what foretells that too. The greatest likeness is
    standardised by term over the texts of a sample without the term, and a logit is `slope` for each standard deviation
    above what a text must have to be among the share of texts that are asked for with it; `own` more for the word.
    """
    head = Head.empty(size, states.x.shape[1])
    known = np.flatnonzero(states.columns >= 0)
    np.add.at(head.w, states.columns[known], states.x[known])
    head.w[:] = unit_rows(head.w)
    share = np.full(size, least_share)
    if asked is not None:
        times = np.bincount(asked.indices, minlength=size)
        trust = (times / (times + _TRUSTED))[:, None]
        head.w[:] = (1 - trust) * head.w + trust * unit_rows(asked_vectors(states, asked))
        share = np.clip(times / np.count_nonzero(np.diff(asked.indptr)), least_share, 0.5)
    texts = states.take(np.arange(len(states))[sample])
    known = np.flatnonzero(texts.columns >= 0)
    found = head.pooled(texts).logits.astype(np.float64)
    without = np.isfinite(found)
    text_of = np.repeat(np.arange(len(texts)), np.diff(texts.bounds))
    without[text_of[known], texts.columns[known]] = False
    many = without.sum(axis=0)
    mean = np.where(without, found, 0).sum(axis=0) / np.maximum(many, 1)
    spread = np.sqrt(np.square(np.where(without, found - mean, 0)).sum(axis=0) / np.maximum(many, 1))
    if np.any(usual := many >= _FEW):  # a term that nearly all texts have is taken to be like the others
        mean = np.where(usual, mean, np.median(mean[usual]))
        spread = np.where(usual, spread, np.median(spread[usual]))
    spread = np.maximum(spread, 1e-2)
    scale = (slope / spread).astype(np.float32)
    head.b[:] = -scale * (mean - ndtri(share) * spread)
    head.c[:] = own
    return Head(head.w * scale[:, None], head.b, head.u, head.c)
