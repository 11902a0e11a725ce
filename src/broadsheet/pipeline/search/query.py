"""A parsed query: words and example papers that rank, conditions that filter, identifiers of known items.

Papers named by identifier come first. Every clause of `Query.clauses` must hold; a clause is one or more conditions
joined by OR. Input that does not parse is searched as words or ignored, with a note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["LONG_TEXT", "Condition", "Part", "Query", "shorten", "to_query_string"]

LONG_TEXT = 40  # words; a longer text is a pasted passage, in which quotes and dashes are only punctuation


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that a paper must, or if `negated` must not, satisfy."""

    kind: str  # word | phrase | title | author | venue | org | field | year | id | tag | is | has
    value: str
    negated: bool = False
    years: tuple[int, int] = (0, 0)  # inclusive, for kind "year"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a query's source that means one thing."""

    kind: str  # as of a condition; like, known (an identifier), sort, or ignored
    value: str
    start: int
    stop: int  # in the source
    negated: bool = False
    joined_at: int = -1  # where the OR stands that joins it with the part before; -1 without one


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: `text` ranks, `clauses` filter, `notes` say what was ignored or corrected.

    `free` are the words of `text` that are not part of a clause. `ids` are identifiers; their papers come first.
    `order` is "date", "votes" or "citations", or empty for best first. `like` and `unlike` are ids of positive and
    negative example papers. `parts` say what each stretch of `source`, the query as it was read, means; a pasted
    passage has none.
    """

    text: str
    clauses: tuple[tuple[Condition, ...], ...] = ()
    notes: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    order: str = ""
    verbatim: bool = False  # search the words as typed: no corrections, nothing beside them
    free: str = field(default="", compare=False)  # derived from the others
    source: str = field(default="", compare=False)
    parts: tuple[Part, ...] = field(default=(), compare=False)


def shorten(value: str) -> str:
    """A value, cut to 40 characters for a note."""
    return value if len(value) <= 40 else f"{value[:40]}…"


def to_query_string(like: Sequence[str], unlike: Sequence[str], words: str) -> str:
    """The query as text: like:17 -like:4 but for speech."""
    papers = [*(f"like:{_quoted(name)}" for name in like), *(f"-like:{_quoted(name)}" for name in unlike)]
    words = words.strip()
    if words and not re.match(r"but\b", words, re.IGNORECASE):
        papers.append("but")
    return " ".join([*papers, words]).strip()


def _quoted(name: str) -> str:
    return name if re.fullmatch(r'[^\s",;]+', name) else '"' + name.replace('"', " ") + '"'
