"""Triples and galleries for retrieval under a condition, from which paper has which keyword."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

__all__ = ["TASKS", "Galleries", "Mined", "galleries", "mined"]

TASKS = ("focus attribute", "change attribute", "focus object", "change object")

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Galleries:
    """Queries with their galleries: candidate 0 is right. Papers and conditions by number."""

    references: Numbers  # (q,)
    conditions: Numbers  # (q,) kinds of keywords for "focus attribute", else keywords
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


def _sharing(common: csr_matrix, paper: int, least: int) -> Numbers:
    """The papers that share at least so many keywords with one, by how many any two share."""
    part = slice(common.indptr[paper], common.indptr[paper + 1])
    return np.asarray(common.indices[part][common.data[part] >= least], np.int64)


def _fit(kinds: Numbers, task: str) -> NDArray[np.bool_]:
    """Which keywords a task's conditions are of: attributes have a kind, objects have none."""
    return np.asarray(kinds >= 0) if task.endswith("attribute") else np.asarray(kinds < 0)


def mined(held: csr_matrix, kinds: Numbers, task: str, *, most: int = 200, seed: int = 0, count: int = 10_000) -> Mined:
    """At most `count` triples from which paper has which keyword (m, v) and of what kind each is (v,), -1 none.

    Section 5. "focus attribute": reference and target share a keyword, and the condition is its kind. "focus object":
    they share two, and the condition is one of them. "change": they share a keyword, and the condition is one that only
    the target has. Keywords that only one paper has, or more than `most`, say too little.
    """
    if task not in TASKS:
        raise ValueError(f"no task {task!r}; there are {', '.join(TASKS)}")
    rng = np.random.default_rng(seed)
    frequency = np.asarray(held.sum(axis=0)).ravel()
    telling = (frequency >= 2) & (frequency <= most)
    fit = telling & _fit(kinds, task)
    holders = csr_matrix(held.T)
    common = csr_matrix(held @ held.T) if task == "focus object" else None
    drawn = np.flatnonzero(fit if task.startswith("focus") else telling)
    triples = []
    for keyword in rng.choice(drawn, 4 * count).tolist() if len(drawn) else ():
        reference, target = rng.choice(_row(holders, keyword), 2, replace=False).tolist()
        if task == "focus attribute":
            triples.append((reference, int(kinds[keyword]), target))
        elif common is not None:
            near = np.intersect1d(_row(holders, keyword), _sharing(common, reference, 2))
            near = near[near != reference]
            if len(near):
                triples.append((reference, keyword, int(rng.choice(near))))
        else:
            new = np.setdiff1d(_row(held, target), _row(held, reference))
            new = new[fit[new]]
            if len(new):
                triples.append((reference, int(rng.choice(new)), target))
        if len(triples) == count:
            break
    return Mined(*np.array(triples, np.int64).reshape(-1, 3).T)


def galleries(
    held: csr_matrix, kinds: Numbers, task: str, *, size: int = 15, seed: int = 0, count: int = 2000
) -> Galleries:
    """At most `count` queries, each with `size` candidates of which the first is right. Section 3.

    "focus attribute": the distractors share keywords with the reference, but none of the kind that the condition names.
    Else half of them share keywords with the reference and do not have the condition's, and half have it and share
    nothing (else).
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
        if task == "focus attribute":
            wrong = [np.setdiff1d(near, [*_row(alike[condition], reference), reference])]
        else:
            having = _row(holders, condition)
            nearer = _sharing(common, reference, 2) if task == "focus object" else near
            wrong = [np.setdiff1d(near, [*having, reference]), np.setdiff1d(having, [*nearer, reference])]
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
