"""WordPiece: splits a text into pieces of words from a learned vocabulary, as BERT's uncased models expect.

A word that is not in the vocabulary becomes its longest beginning that is, then the longest continuation ("##…"), and
so on; a word with no such pieces is one [UNK]. Text is lower-cased, accents and control characters are dropped, and
punctuation and Chinese characters stand alone. Departure: "[SEP]" in a text is text, not the end of it.

Schuster, Nakajima: Japanese and Korean Voice Search. ICASSP 2012; Wu et al.: Google's Neural Machine Translation
System. arXiv:1609.08144, 2016; the rules for text are those of Devlin et al.: BERT. NAACL 2019.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["CLS", "PAD", "SEP", "SPECIAL", "UNK", "WordPiece"]

PAD, UNK, CLS, SEP = range(4)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_LONGEST_WORD = 100  # characters; a longer word is [UNK]
_CHARACTERS_PER_TOKEN = 32  # a text is cut at so many for each token that is wanted
_MOST_CACHED = 100_000  # words
_CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def _folded(char: str) -> str:
    """What a character becomes: lower case without accents, a space, nothing, or itself between spaces."""
    if char in "\t\n\r":
        return " "
    kind = unicodedata.category(char)
    if kind[0] == "C" or char == "\ufffd":
        return ""
    if kind[0] == "Z":
        return " "
    letters = [c for c in unicodedata.normalize("NFD", char) if unicodedata.category(c) != "Mn"]
    text = "".join([_between_spaces(c) if _is_punctuation(c) else c.lower() for c in letters])
    return _between_spaces(text) if any(low <= ord(char) <= high for low, high in _CHINESE) else text


def _between_spaces(text: str) -> str:
    return f" {text} "


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] == "P" or (char.isascii() and not char.isalnum() and not char.isspace())


class _Characters(dict[int, str]):
    """What every character becomes, worked out once."""

    def __missing__(self, code: int) -> str:
        self[code] = text = _folded(chr(code))
        return text


_CHARACTERS = _Characters()


class WordPiece:
    """Splits texts into ids of `pieces`, which begin with [PAD], [UNK], [CLS] and [SEP].

    Raises ValueError if they do not, or if a piece occurs twice.
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = tuple(pieces)
        if self.pieces[:4] != SPECIAL or len(set(self.pieces)) != len(self.pieces):
            raise ValueError(f"a vocabulary begins with {', '.join(SPECIAL)} and has no piece twice")
        self._ids = {piece: i for i, piece in enumerate(self.pieces) if i >= len(SPECIAL)}
        self._longest = max(map(len, self.pieces))
        self._cache: dict[str, tuple[int, ...]] = {}

    def ids(self, text: str, most: int) -> list[int]:
        """The first `most` ids of a text, without [CLS] and [SEP]."""
        ids: list[int] = []
        cache = self._cache
        for word in text[: most * _CHARACTERS_PER_TOKEN].translate(_CHARACTERS).split():
            known = cache.get(word)
            ids.extend(self._split(word) if known is None else known)
            if len(ids) >= most:
                return ids[:most]
        return ids

    def _split(self, word: str) -> tuple[int, ...]:
        """The ids of one folded word; remembered."""
        if len(word) > _LONGEST_WORD:
            return (UNK,)
        ids: list[int] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            for stop in range(min(len(word), start + self._longest), start, -1):
                piece = self._ids.get(mark + word[start:stop])
                if piece is not None:
                    break
            else:
                ids = [UNK]
                break
            ids.append(piece)
            start = stop
        if len(self._cache) >= _MOST_CACHED:
            self._cache.clear()
        self._cache[word] = result = tuple(ids)
        return result
