"""The pieces of words a small model knows: the most frequent ones of the texts it is made for, out of MiniLM's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.wordpiece import SPECIAL
from broadsheet_lab.kit.minilm_file import special_first

__all__ = ["Pieces", "frequent"]

_BATCH = 10_000


@dataclass(frozen=True)
class Pieces:
    """A vocabulary of WordPiece, lower-cased; the four special pieces come first."""

    vocabulary: tuple[str, ...]

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import BertWordPieceTokenizer

        return BertWordPieceTokenizer(vocab={p: i for i, p in enumerate(self.vocabulary)}, lowercase=True)

    def ids(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """The ids of every text without special pieces."""
        found: list[NDArray[np.int32]] = []
        for start in range(0, len(texts), _BATCH):
            part = self._tokenizer.encode_batch(list(texts[start : start + _BATCH]), add_special_tokens=False)
            found += [np.array(x.ids, np.int32) for x in part]
        return found

    def places_in(self, other: Sequence[str]) -> list[int]:
        """The id of every piece in another vocabulary."""
        place = {piece: i for i, piece in enumerate(other)}
        return [place[piece] for piece in self.vocabulary]


def frequent(whole: Sequence[str], texts: Iterable[Sequence[str]], most: int) -> Pieces:
    """The `most` most frequent pieces of several groups of texts, each group with the same say, and every letter."""
    every = Pieces(tuple(special_first(whole)))
    shares: Counter[int] = Counter()
    for group in texts:
        counts = np.bincount(np.concatenate(every.ids(group)), minlength=len(every.vocabulary))
        for i in np.flatnonzero(counts).tolist():
            shares[i] += counts[i] / counts.sum()
    letters = [i for i, p in enumerate(every.vocabulary) if _is_letter(p)]
    kept = dict.fromkeys([*range(len(SPECIAL)), *letters])
    for i, _ in shares.most_common():
        if len(kept) >= most:
            break
        kept.setdefault(i)
    return Pieces(tuple(every.vocabulary[i] for i in sorted(kept)))


def _is_letter(piece: str) -> bool:
    """Whether it is one character that words of Latin or Greek script, numbers or formulas are made of."""
    character = piece.removeprefix("##")
    return len(character) == 1 and ord(character) < 0x400
