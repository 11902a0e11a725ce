"""Tokens gathered into whole words: one slot a distinct stem and text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import fold, stem, term
from broadsheet.kit.wordpiece import SPECIAL

__all__ = ["Words", "whole_words"]


@dataclass(frozen=True)
class Words:
    """The distinct stems of n texts, text i those at bounds[i]:bounds[i + 1], ascending; and the tokens of each."""

    slots: NDArray[np.int64]  # (t,) the place of a token's stem among those of its text, -1 for none
    stems: NDArray[np.uint64]  # (w,) hashes
    bounds: NDArray[np.int64]  # (n + 1,)
    spelling: Mapping[int, str]  # how each stem was spelt where it was first seen

    @classmethod
    def of(
        cls, ids: NDArray[np.int32], bounds: NDArray[np.int64], pieces: Sequence[str], *, whole: bool = True
    ) -> Words:
        """Of the ids (t,) of texts, without punctuation and special pieces. Not `whole`: a slot for every token."""
        found, spelling = whole_words(ids, bounds, pieces)
        slots = np.full(len(ids), -1, np.int64)
        stems, counts = [np.empty(0, np.uint64)], np.zeros(len(bounds) - 1, np.int64)
        for i, (start, stop) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
            at = np.flatnonzero(found[start:stop]) + start
            held, slots[at] = np.unique(found[at], return_inverse=True) if whole else (found[at], np.arange(len(at)))
            stems.append(held)
            counts[i] = len(held)
        return cls(slots, np.concatenate(stems), np.concatenate([[0], np.cumsum(counts)]), spelling)

    def padded(self, read: Any, rows: NDArray[np.int64]) -> tuple[Any, Any]:
        """(slots of the tokens (b, l), -1 for padding; stems (b, w), 0 for padding) of some texts, in torch."""
        import torch

        at, seen = read.places(rows)
        slots = np.where(seen, self.slots[at], -1)
        lengths = np.diff(self.bounds)[rows]
        places = np.arange(lengths.max(initial=0))
        held = places < lengths[:, None]
        stems = np.where(held, self.stems.view(np.int64)[np.where(held, self.bounds[rows][:, None] + places, 0)], 0)
        return torch.from_numpy(slots), torch.from_numpy(stems)


def whole_words(
    tokens: NDArray[np.integer[Any]], bounds: NDArray[np.int64], pieces: Sequence[str]
) -> tuple[NDArray[np.uint64], dict[int, str]]:
    """(the stem of the word every token is a piece of, (t,), 0 for punctuation; how each stem was first spelt).

    `pieces` is the WordPiece vocabulary; a piece that begins with ## goes on with the word before it.
    """
    goes_on = np.array([p.startswith("##") for p in pieces], np.bool_)[tokens]
    goes_on[bounds[:-1][bounds[:-1] < len(tokens)]] = False  # no word runs on into the next text
    starts = np.append(np.flatnonzero(~goes_on), len(tokens))
    spelling: dict[int, str] = {}
    known: dict[bytes, int] = {}
    stems = np.empty(len(starts) - 1, np.uint64)
    kept = np.ascontiguousarray(tokens, np.int32)
    for i, (start, stop) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)):
        key = kept[start:stop].tobytes()
        if key not in known:
            spelt = "".join(pieces[t].removeprefix("##") for t in kept[start:stop])
            folded = "" if spelt in SPECIAL else fold(spelt).replace(" ", "")
            known[key] = term(stem(folded)) if folded else 0
            spelling.setdefault(known[key], folded)
        stems[i] = known[key]
    spelling.pop(0, None)
    return np.repeat(stems, np.diff(starts)), spelling
