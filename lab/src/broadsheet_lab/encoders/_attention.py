"""The words of texts with the attention that a transformer's first token pays them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import STOP_WORDS

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network

__all__ = ["Attention"]


@dataclass(frozen=True, slots=True)
class Attention:
    """Whole words of n texts in order, with the attention that [CLS] pays them."""

    words: NDArray[np.int64]  # (t,) numbers of `names`
    weights: NDArray[np.float64]  # (t,)
    bounds: NDArray[np.int64]  # (n + 1,): text i has bounds[i]:bounds[i + 1]
    names: tuple[str, ...]

    @classmethod
    def of(cls, network: Network, texts: Sequence[str], names: Sequence[str] = (), *, batch: int = 32) -> Attention:
        """The last layer's, a mean over heads; a word's is the sum over its pieces. New words come after `names`.

        Stop words, numbers and punctuation are no words.
        """
        from broadsheet_lab.encoders._set_reader import attention_of_first

        rows, known = network.ids(texts), {name: number for number, name in enumerate(names)}
        found: list[list[tuple[str, float]]] = [[] for _ in texts]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        for start in range(0, len(order), batch):
            at = order[start : start + batch]
            for i, paid in zip(at, attention_of_first(network, [rows[i] for i in at]), strict=True):
                found[i] = _whole_words([network.pieces.vocabulary[piece] for piece in rows[i]], paid)
        words = np.array([known.setdefault(name, len(known)) for row in found for name, _ in row], np.int64)
        weights = np.array([weight for row in found for _, weight in row], np.float64)
        return cls(words, weights, np.cumsum([0, *map(len, found)], dtype=np.int64), tuple(known))


def _whole_words(pieces: Sequence[str], weights: NDArray[np.float64]) -> list[tuple[str, float]]:
    """(word, the sum of the weights of its pieces) in order."""
    spans: list[tuple[str, float]] = []
    for piece, weight in zip(pieces, weights.tolist(), strict=True):
        if piece.startswith("##") and spans:
            name, sum_so_far = spans[-1]
            spans[-1] = (name + piece[2:], sum_so_far + weight)
        else:
            spans.append((piece, weight))
    return [(name, w) for name, w in spans if name.isalpha() and len(name) > 1 and name not in STOP_WORDS]
