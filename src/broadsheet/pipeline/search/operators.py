"""The operators of the query language, and when their words are words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from broadsheet.kit.text import STOP_WORDS

__all__ = ["OPERATORS", "in_capitals"]

OPERATORS = ("OR", "NOT", "AND")


def in_capitals(tokens: Sequence[re.Match[str]]) -> bool:
    """Whether the query is a title in capitals, where NOT and OR are words; A OR B OR C is not."""
    words = [match["word"] for match in tokens if match["word"] and not match["field"] and not match["minus"]]
    others = [word for word in words if word not in OPERATORS and any(map(str.isalpha, word))]
    if len(others) == len(words) or not others or any(word != word.upper() or word == word.lower() for word in others):
        return False
    if len(words) % 2 and all((word == "OR") == bool(at % 2) for at, word in enumerate(words)):
        return False
    return len(others) > 2 or (len(others) > 1 and any(word.lower() in STOP_WORDS for word in others))
