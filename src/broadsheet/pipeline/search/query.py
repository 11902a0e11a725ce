"""A query understood: what ranks, what filters, and the papers it names.

Words and papers rank; identifiers name papers that come first; everything else filters. `Query.clauses` must all hold,
each being a choice of conditions joined by OR. What cannot be understood is read as words or left out, and a note says
so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["LONG_TEXT", "Condition", "Query", "shorten", "to_query_string"]

LONG_TEXT = 40  # words; more is a pasted passage, in which quotes and dashes are only punctuation


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing a paper must (or, `negated`, must not) satisfy."""

    kind: str  # word | phrase | title | author | venue | year | id | tag | is | has
    value: str
    negated: bool = False
    years: tuple[int, int] = (0, 0)  # inclusive, for kind "year"


@dataclass(frozen=True, slots=True)
class Query:
    """A query understood. `text` is what ranks; `clauses` what filters; `notes` what was ignored or corrected.

    `free` are the words of `text` that no clause asks for. `ids` are identifiers typed as such: the papers they name
    come first. `order` is "date" or "citations" where the best do not come first. `like` and `unlike` name papers by
    any id: what is wanted is near the ones and away from the others.
    """

    text: str
    clauses: tuple[tuple[Condition, ...], ...] = ()
    notes: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    order: str = ""
    free: str = field(default="", compare=False)  # follows from the others


def shorten(value: str) -> str:
    """A value short enough for a note."""
    return value if len(value) <= 40 else f"{value[:40]}…"


def to_query_string(like: Sequence[str], unlike: Sequence[str], words: str) -> str:
    """The query that says so in one line: like:17 -like:4 but for speech."""
    papers = [*(f"like:{_quoted(name)}" for name in like), *(f"-like:{_quoted(name)}" for name in unlike)]
    words = words.strip()
    if words and not re.match(r"but\b", words, re.IGNORECASE):
        papers.append("but")
    return " ".join([*papers, words]).strip()


def _quoted(name: str) -> str:
    return name if re.fullmatch(r'[^\s",;]+', name) else '"' + name.replace('"', " ") + '"'
