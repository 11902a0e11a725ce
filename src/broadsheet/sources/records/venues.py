"""The name of a journal among a record's full and abbreviated ones."""

from __future__ import annotations

import re

__all__ = ["abbreviates"]

_WORD = re.compile(r"[^\W\d_]+")
_SMALL = frozenset("of the and for in on a an de la le les du des et und der die das für el los y e do da di".split())  # noqa: SIM905


def abbreviates(short: str, full: str) -> bool:
    """Whether `short` stands for `full` word by word (`Proc Natl Acad Sci`) or letter by letter (`PNAS`)."""
    if len(short) >= len(full):
        return False
    short_words = _WORD.findall(short)
    full_words = _WORD.findall(full)
    telling = [word for word in full_words if word.lower() not in _SMALL] or full_words
    if not short_words or not full_words:
        return False
    acronym = "".join(short_words)
    if (
        acronym.isupper()
        and len(acronym) > 1
        and (len(short_words) == 1 or all(len(word) == 1 for word in short_words))
    ):
        return any(
            "".join(word if word.isupper() else word[0] for word in words).upper().startswith(acronym)
            for words in (telling, full_words)
        )
    own = [word for word in short_words if word.lower() not in _SMALL] or short_words
    return len(own) == len(telling) and all(map(_shortens, own, telling))


def _shortens(short: str, full: str) -> bool:
    """Whether the letters of `short` stand in `full` in their order, the first of both being the same."""
    letters = iter(full.lower())
    return short[:1].lower() == full[:1].lower() and all(letter in letters for letter in short.lower())
