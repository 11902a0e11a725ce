"""Given saves → a ranking, for a reader that is not stored: nothing is read of any reader, and nothing is logged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.mask import Mask
from broadsheet.pipeline.feed.interests import WEIGHTS
from broadsheet.pipeline.feed.taste import Likes, Taste
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["RankedPapers", "rank_for"]


@dataclass(frozen=True, slots=True)
class RankedPapers:
    """Papers, best first; aligned arrays."""

    numbers: NDArray[np.int64]  # (n,)
    scores: NDArray[np.float32]  # (n,)
    probabilities: NDArray[np.float32]  # (n,) that the reader saves the paper, 0..1


def rank_for(
    snapshot: IndexSnapshot,
    vectors: PaperVectors | None,
    saved: Sequence[int],
    disliked: Sequence[int],
    among: Collection[int] | None,
    k: int,
    opened: Sequence[int] = (),
) -> RankedPapers:
    """The k best papers for somebody who saved, opened and disliked these, oldest first, without those themselves.

    Unknown numbers are left out; with `among` only its papers are ranked. Without a save or an opened paper the newest
    come first, all with probability 0.
    """
    likes, dislikes = likes_of(snapshot, saved, disliked, opened)
    allowed = _allowed(snapshot, among, {*saved, *opened, *disliked})
    k = max(k, 0)
    if not len(likes.rows):
        rows = allowed.rows()
        rows = rows[np.lexsort((rows, -snapshot.days[rows].astype(np.int64)))][:k]
        zeros = np.zeros(len(rows), np.float32)
        return RankedPapers(snapshot.ids[rows], zeros, zeros)
    taste = Taste(snapshot, vectors, likes, dislikes)
    rows = taste.candidates(allowed, k)
    scores = taste.scores(rows)
    best = np.lexsort((rows, -scores))[:k]
    return RankedPapers(snapshot.ids[rows[best]], scores[best], taste.probabilities(scores[best]))


def likes_of(
    snapshot: IndexSnapshot, saved: Sequence[int], disliked: Sequence[int], opened: Sequence[int] = ()
) -> tuple[Likes, Likes]:
    """The papers of the snapshot among these numbers, each once at its latest place; a disliked one is not liked.

    Opened papers are liked less than saved ones, and come before them.
    """
    bad, weights = set(disliked), {**dict.fromkeys(opened, WEIGHTS["opened"]), **dict.fromkeys(saved, WEIGHTS["saved"])}
    good = [number for number in dict.fromkeys((*reversed(saved), *reversed(opened))) if number not in bad][::-1]
    rows, worse = snapshot.present_rows(good), snapshot.present_rows(list(dict.fromkeys(disliked)))
    liked = np.array([weights[number] for number in snapshot.ids[rows].tolist()], np.float32)
    return Likes(rows, liked), Likes(worse, np.ones(len(worse), np.float32))


def _allowed(snapshot: IndexSnapshot, among: Collection[int] | None, without: Collection[int]) -> Mask:
    flags = snapshot.alive.flags().copy()
    if among is not None:
        flags &= Mask.of_rows(snapshot.present_rows(among), len(flags)).flags()
    flags[snapshot.present_rows(without)] = False
    return Mask.of(flags)
