"""The query language: words, "phrases", fields, -exclusions and OR. Any text is a query.

Words rank; everything else filters. `Query.clauses` must all hold, each being a choice of conditions joined by OR.
What cannot be understood is read as words or left out, and a note says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from broadsheet.kit.text import fold

__all__ = ["LONG_TEXT", "Condition", "Query", "parse", "shown"]

FIELDS = ("title", "author", "venue", "year", "id")
LONG_TEXT = 40  # words; more is a pasted passage, in which quotes and dashes are only punctuation

_TOKEN = re.compile(
    r"""(?P<minus>-(?=[^\s-]))?
        (?:(?P<field>title|author|venue|year|id):(?=\S))?
        (?:"(?P<phrase>[^"]*)(?P<closed>"?)|(?P<word>[^\s"]+))""",
    re.VERBOSE | re.IGNORECASE,
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_YEARS = re.compile(r"(?P<low>\d{4})?(?P<range>\.\.|-)(?P<high>\d{4})?|(?P<sign>[<>]=?)(?P<bound>\d{4})|(?P<one>\d{4})")
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing a paper must (or, `negated`, must not) satisfy."""

    kind: str  # word | phrase | title | author | venue | year | id
    value: str
    negated: bool = False
    years: tuple[int, int] = (0, 0)  # inclusive, for kind "year"


@dataclass(frozen=True, slots=True)
class Query:
    """A query understood. `text` is what ranks; `clauses` what filters; `notes` what was ignored or corrected."""

    text: str
    clauses: tuple[tuple[Condition, ...], ...] = ()
    notes: tuple[str, ...] = ()


def _years(value: str) -> tuple[int, int] | None:
    match = _YEARS.fullmatch(value)
    if not match:
        return None
    if match["one"]:
        return int(match["one"]), int(match["one"])
    if match["sign"]:
        bound = int(match["bound"])
        return {"<": (0, bound - 1), "<=": (0, bound), ">": (bound + 1, 9999), ">=": (bound, 9999)}[match["sign"]]
    if not match["low"] and not match["high"]:
        return None
    low, high = int(match["low"] or 0), int(match["high"] or 9999)
    return min(low, high), max(low, high)


def shown(value: str) -> str:
    """A value short enough for a note."""
    return value if len(value) <= 40 else f"{value[:40]}…"


class _Parser:
    """Reads token after token; `operands` are the alternatives of the clause being read."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.clauses: list[tuple[Condition, ...]] = []
        self.notes: list[str] = []
        self.last: list[Condition] = []  # the operands a following OR would join
        self.joining = False
        self.negate = False

    def operator(self, token: str) -> bool:
        """Take OR, AND and NOT; true if the token was one."""
        if token == "OR":
            if self.last and not self.joining:
                self.joining = True
            else:
                self.notes.append("OR needs something on both sides; it was ignored")
        elif token == "NOT":
            self.negate = True
        elif token == "AND":
            self.notes.append("AND is not needed: all filters must hold anyway")
        return token in ("OR", "NOT", "AND")

    def operand(self, condition: Condition) -> None:
        """Take one condition, alone or as an alternative to the last."""
        if self.joining:
            if len(self.last) == 1 and self.last[0].kind == "word" and not self.last[0].negated:
                self.clauses.append(())  # the word before OR only ranked so far; now it filters as well
            self.last.append(condition)
            self.clauses[-1] = tuple(self.last)
        else:
            self.last = [condition]
            if condition.kind != "word" or condition.negated:
                self.clauses.append((condition,))
        self.joining = False
        if not condition.negated and condition.kind not in ("year", "id", "venue"):
            self.words.append(condition.value)

    def field(self, name: str, value: str, negated: bool) -> None:
        """Take `name:value`."""
        if name == "year":
            span = _years(value)
            if span is None:
                self.notes.append(f"year:{shown(value)} is not a year or a range like 2019..2024; it was ignored")
            else:
                self.operand(Condition("year", value, negated, span))
        elif name == "id" or fold(value):
            self.operand(Condition(name, value, negated))
        else:
            self.notes.append(f"{name}:{shown(value)} has no word in it; it was ignored")


def parse(text: str) -> Query:
    """Understand any text as a query. Never raises."""
    text = text.translate(_QUOTES)
    count = sum(1 for _ in _WORDS.finditer(text))
    if count > LONG_TEXT:
        found = '"' in text or " OR " in text or re.search(r"(?:^|\s)-\w", text)
        return Query(text, (), ("this is long: read as plain text, without quotes, OR or -",) if found else ())
    parser = _Parser()
    for match in _TOKEN.finditer(text):
        negated = bool(match["minus"]) or parser.negate
        name = (match["field"] or "").lower()
        value = match["word"] if match["phrase"] is None else match["phrase"]
        if match["phrase"] is not None and not match["closed"]:
            parser.notes.append("a quote was not closed; it was read to the end")
        if not name and not match["minus"] and match["word"] and parser.operator(value):
            continue
        parser.negate = False
        if name:
            parser.field(name, value.strip(), negated)
        elif match["phrase"] is not None:
            if fold(value):
                parser.operand(Condition("phrase", value, negated))
        elif fold(value):
            parser.operand(Condition("word", value, negated))
    if parser.joining:
        parser.notes.append("OR needs something on both sides; it was ignored")
    return Query(" ".join(parser.words), tuple(parser.clauses), tuple(dict.fromkeys(parser.notes)))
