"""Acronyms that a text defines: "graph neural network (GNN)", "GNN (graph neural network)".

The short form stands beside its long form in parentheses. From its last letter to its first, every letter and digit of
the short form is sought leftwards in the long form; the first letter must begin a word.

Schwartz, Hearst: A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical Text. Pacific Symposium on
Biocomputing, 2003. Here the letters of a short form must all be initials if the long form has as many words; a plural
(GNNs) is read as its singular; single words are no long forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from broadsheet.kit.text import STOP_WORDS

__all__ = ["definitions", "has_initials", "is_short_form", "singular"]

_SHORTEST, _LONGEST = 2, 10  # characters of a short form
_REACH = 160  # characters before a parenthesis that may hold the long form
_INSIDE = re.compile(r"\(([^()]{2,120})\)")
_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9+/&*.-]{0,11}")
_LAST_WORD = re.compile(r"[A-Za-z0-9][\w+/&*.-]{1,11}$")
_WORD = re.compile(r"[^\W_]+")
_CLAUSE = re.compile(r"[.!?;:]\s|[()\[\]]|,\s")  # a long form does not run across these
_CUT = re.compile(r"[;,:]|\be\.g\.|\bi\.e\.")  # what follows inside a parenthesis is no part of a form


def singular(short: str) -> str:
    """A short form without the s of its plural: GNNs → GNN."""
    return short[:-1] if len(short) > 2 and short[-1] == "s" and short[-2].isupper() else short


def is_short_form(text: str) -> bool:
    """Whether a text looks like an acronym: short, begins with a letter or digit, two capitals or a capital inside."""
    letters = [char for char in text if char.isalpha()]
    return (
        bool(_SHORT.fullmatch(text))
        and _SHORTEST <= sum(map(str.isalnum, text)) <= _LONGEST
        and bool(letters)
        and (sum(map(str.isupper, letters)) > 1 or any(char.isupper() for char in text[1:]))
    )


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """Yield (short form, long form) as written, the short form in the singular."""
    if "(" not in text:
        return
    for match in _INSIDE.finditer(text):
        inside = _CUT.split(match[1], maxsplit=1)[0].strip()
        if is_short_form(inside):
            short = singular(inside)
            before = _CLAUSE.split(text[max(0, match.start() - _REACH) : match.start()])[-1]
            if long := _long_form(short, before):
                yield short, long
        elif " " in inside or "-" in inside:
            last = _LAST_WORD.search(text[max(0, match.start() - 16) : match.start()].rstrip())
            if last and is_short_form(last[0]):
                short = singular(last[0])
                if (long := _long_form(short, inside)) and len(long) == len(inside):
                    yield short, long


def _long_form(short: str, before: str) -> str:
    """The long form at the end of `before`; "" if there is none."""
    before = before.rstrip(" \"'”’")
    letters = [char for char in short.lower() if char.isalnum()]
    start = _first_letter(letters, before.lower())
    if start < 0:
        return ""
    long = before[start:]
    words = _WORD.findall(long)
    most = min(len(letters) + 5, 2 * len(letters))
    if not 1 < len(words) <= most or len(long) <= len(short) or words[0].lower() in STOP_WORDS:
        return ""
    if any(word.lower() == short.lower() for word in words) or long[-1:] in ",.-":
        return ""
    if len(letters) <= 3 and len(words) == len(letters) and not has_initials(short, long):
        return ""
    return long


def has_initials(short: str, long: str) -> bool:
    """Whether the letters of a short form are the initials of its long form, with or without its small words."""
    letters = "".join(filter(str.isalnum, short.lower()))
    words = [word.lower() for word in _WORD.findall(long)]
    content = [word for word in words if word not in STOP_WORDS]
    return letters in ("".join(word[0] for word in words), "".join(word[0] for word in content))


def _first_letter(letters: list[str], text: str) -> int:
    """Where the first letter of a short form begins a word, after all others are found from the right; else -1."""
    at = len(text)
    for place in range(len(letters) - 1, -1, -1):
        at -= 1
        while at >= 0 and (text[at] != letters[place] or (place == 0 and at > 0 and text[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return -1
    return at
