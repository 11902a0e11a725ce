"""Triples and galleries for retrieval under a condition, from which paper has which keyword."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

__all__ = ["TASKS", "Galleries", "Mined", "galleries", "mined"]

TASKS = ("focus", "change")

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Galleries:
    """Queries with their galleries: candidate 0 is right. Papers and conditions by number."""

    references: Numbers  # (q,)
    conditions: Numbers  # (q,) kinds of keywords for "focus", keywords for "change"
    candidates: Numbers  # (q, size)


@dataclass(frozen=True)
class Mined:
    """Triples: the target is right for the reference under the condition. By number; (n,) each."""

    references: Numbers
    conditions: Numbers
    targets: Numbers


def _row(matrix: csr_matrix, at: int) -> Numbers:
    """The columns that a row of a sparse matrix holds."""
    return np.asarray(matrix.indices[matrix.indptr[at] : matrix.indptr[at + 1]], np.int64)


def mined(held: csr_matrix, kinds: Numbers, task: str, *, most: int = 200, seed: int = 0, count: int = 10_000) -> Mined:
    """At most `count` triples from which paper has which keyword (m, v) and of what kind each is (v,), -1 none.

    Section 5. "focus": reference and target share a keyword, and the condition is its kind. "change": they share a
    keyword, and the condition is one that only the target has. Keywords that only one paper has, or more than `most`,
    say too little.
    """
    if task not in TASKS:
        raise ValueError(f"no task {task!r}; there are {', '.join(TASKS)}")
    rng = np.random.default_rng(seed)
    frequency = np.asarray(held.sum(axis=0)).ravel()
    telling = (frequency >= 2) & (frequency <= most)
    holders = csr_matrix(held.T)
    drawn = np.flatnonzero(telling & (kinds >= 0) if task == "focus" else telling)
    triples = []
    for keyword in rng.choice(drawn, 4 * count).tolist() if len(drawn) else ():
        reference, target = rng.choice(_row(holders, keyword), 2, replace=False).tolist()
        if task == "focus":
            triples.append((reference, int(kinds[keyword]), target))
        else:
            new = np.setdiff1d(_row(held, target), _row(held, reference))
            new = new[telling[new]]
            if len(new):
                triples.append((reference, int(rng.choice(new)), target))
        if len(triples) == count:
            break
    return Mined(*np.array(triples, np.int64).reshape(-1, 3).T)


def galleries(
    held: csr_matrix, kinds: Numbers, task: str, *, size: int = 15, seed: int = 0, count: int = 2000
) -> Galleries:
    """At most `count` queries, each with `size` candidates of which the first is right. Section 3.

    "focus": the distractors share keywords with the reference, but none of the kind that the condition names. "change":
    half of them share keywords with the reference without the new one, half have the new one and share nothing.
    """
    triples = mined(held, kinds, task, seed=seed, count=4 * count)
    common, holders = csr_matrix(held @ held.T), csr_matrix(held.T)
    alike = [csr_matrix(of @ of.T) for of in (held[:, kinds == kind] for kind in range(int(kinds.max(initial=-1)) + 1))]
    rng = np.random.default_rng(seed + 1)
    kept, found = [], []
    for at, (reference, condition, target) in enumerate(
        zip(triples.references.tolist(), triples.conditions.tolist(), triples.targets.tolist(), strict=True)
    ):
        near = _row(common, reference)
        right = _row(alike[condition], reference) if task == "focus" else _row(holders, condition)
        wrong = [np.setdiff1d(near, [*right, reference])]
        if task == "change":
            wrong.append(np.setdiff1d(right, near))
        wanted = [(size - 1 + i) // len(wrong) for i in range(len(wrong))]
        if any(len(some) < number for some, number in zip(wrong, wanted, strict=True)):
            continue
        chosen = [rng.choice(some, number, replace=False) for some, number in zip(wrong, wanted, strict=True)]
        kept.append(at)
        found.append(np.concatenate([[target], *chosen]))
        if len(kept) == count:
            break
    candidates = np.array(found, np.int64).reshape(-1, size)
    return Galleries(triples.references[kept], triples.conditions[kept], candidates)
