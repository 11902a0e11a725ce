"""Passages of a text that are found again in a later version of it, by their words and what stood around them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["AROUND", "LONGEST", "Passage", "locate", "passage_of", "with_marks"]

AROUND = 60  # characters kept before and after
LONGEST = 2000  # characters of a passage
_GROWTH = 2  # a passage whose words changed is at most so many times as long as it was
_SPELLINGS = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})
_LEAST = 12  # characters around a passage that tell where it stands


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of a text, and what stood before and after them."""

    quote: str
    before: str = ""
    after: str = ""


def passage_of(text: str, quote: str) -> Passage | None:
    """The passage of a text that somebody pasted, as the text spells it; None if the text does not have it."""
    place = locate(text, Passage(quote))
    if place is None:
        return None
    start, stop = place
    return Passage(text[start:stop], text[max(start - AROUND, 0) : start], text[stop : stop + AROUND])


def locate(text: str, passage: Passage) -> tuple[int, int] | None:
    """Where a passage stands in a text, as (start, stop); None if it is gone.

    Of several places that have its words, the one whose surroundings are most alike. Where its words have changed, what
    stands between its surroundings.
    """
    folded, places = _folded(text)
    quote, before, after = (_folded(part)[0] for part in (passage.quote, passage.before, passage.after))
    quote = quote.strip()
    if not quote:
        return None
    starts = [match.start() for match in re.finditer(re.escape(quote), folded)]
    if starts:
        start = max(starts, key=lambda at: (_alike(folded, at, at + len(quote), before, after), -at))
        return places[start], places[start + len(quote) - 1] + 1
    if min(len(before.strip()), len(after.strip())) < _LEAST:
        return None
    first = folded.find(before.strip())
    start = first + len(before.strip())
    stop = folded.find(after.strip(), start) if first >= 0 else -1
    between = folded[start:stop].strip() if stop > start else ""
    if not between or len(between) > _GROWTH * len(quote):
        return None
    start = folded.index(between, start)
    return places[start], places[start + len(between) - 1] + 1


def with_marks(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is marked; overlapping spans become one."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, stop in sorted(spans):
        if stop <= at:
            continue
        first = max(start, at)
        pieces += [(text[at:first], False)] if first > at else []
        pieces.append((text[first:stop], True))
        at = stop
    return [*pieces, (text[at:], False)] if at < len(text) or not pieces else pieces


def _folded(text: str) -> tuple[str, list[int]]:
    """The text in small letters with single spaces and plain quotes, and the place of each of its characters."""
    out: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text.translate(_SPELLINGS)):
        if character.isspace():
            if not out or out[-1] != " ":
                out.append(" ")
                places.append(at)
            continue
        small = character.lower()
        out += small
        places += [at] * len(small)
    return "".join(out), places


def _alike(text: str, start: int, stop: int, before: str, after: str) -> int:
    """How many characters around a place are as they were."""
    return _same(text[:start][::-1], before[::-1]) + _same(text[stop:], after)


def _same(one: str, other: str) -> int:
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            break
        count += 1
    return count
