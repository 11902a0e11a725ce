"""Slips of typing: one keystroke of a query goes wrong, as it does on a keyboard.

A slip is drawn in two steps from a generator seeded by its key, so that the same key gives the same slip:
where — a letter of a word of four letters or more, each letter as likely as the other but the first of a word, which
is seldom missed; words with digits, marks or in capitals only (ids, links, names of models) are left alone;
what — a neighbouring key instead (2 of 5), the letter left out (1 of 5), swapped with the next (1 of 5), typed twice
(1 of 5). Shares like these are found in logs of searches: most slips are one letter, and substitutions lead.
"""

from __future__ import annotations

import random
import re
import zlib
from functools import lru_cache

__all__ = ["LEAST_LETTERS", "neighbours", "slip"]

LEAST_LETTERS = 4
KINDS = ("neighbour", "neighbour", "dropped", "swapped", "doubled")
_ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))  # and how far each row stands to the right
_REACH = 1.3  # key widths from one key to its neighbour
_WORD = re.compile(r"(?<![\w@/.:_+#-])[^\W\d_]+(?:-[^\W\d_]+)*(?![\w@/:_+#])")
_LETTERS = re.compile(r"[a-z]+", re.IGNORECASE)


@lru_cache(maxsize=1)
def neighbours() -> dict[str, str]:
    """The keys beside every letter."""
    places = {key: (x + shift, float(y)) for y, (row, shift) in enumerate(_ROWS) for x, key in enumerate(row)}
    return {
        key: "".join(
            other for other, (a, b) in places.items() if other != key and (a - x) ** 2 + (b - y) ** 2 <= _REACH**2
        )
        for key, (x, y) in places.items()
    }


def _places(text: str) -> list[int]:
    """The positions of the letters that a slip may hit."""
    found: list[int] = []
    for word in _WORD.finditer(text):
        if word.group().isupper():
            continue
        for part in _LETTERS.finditer(word.group()):
            if len(part.group()) >= LEAST_LETTERS:
                start = word.start() + part.start()
                found += range(start + 1, start + len(part.group()))
    return found


def slip(text: str, key: str) -> str:
    """The text with one slip; unchanged if it has no word to slip in."""
    places = _places(text)
    if not places:
        return text
    draw = random.Random(zlib.crc32(f"slip {key}".encode()))
    at = draw.choice(places)
    kind, letter = draw.choice(KINDS), text[at]
    if kind == "swapped" and (at + 1 not in places or text[at + 1].casefold() == letter.casefold()):
        kind = "dropped"  # at the end of a word, or both letters alike
    if kind == "neighbour":
        other = draw.choice(neighbours()[letter.lower()])
        return text[:at] + (other.upper() if letter.isupper() else other) + text[at + 1 :]
    if kind == "swapped":
        return text[:at] + text[at + 1] + letter + text[at + 2 :]
    return text[:at] + text[at + 1 :] if kind == "dropped" else text[: at + 1] + text[at:]
