"""Reads people in tagged formats: `Last, First`, `Last, First, Jr.`, or a name without a comma."""

from __future__ import annotations

import re
from collections.abc import Sequence

from broadsheet.kit.paper import Person
from broadsheet.sources.text.clean import plain_text
from broadsheet.sources.text.latex import is_braced
from broadsheet.sources.text.name_marks import is_nameless, without_marks
from broadsheet.sources.text.names import is_et_al
from broadsheet.sources.text.person_names import (
    from_inverted,
    from_parts,
    group,
    is_family_first,
    is_suffix,
    names_group,
    parse_name,
)

__all__ = ["has_et_al", "people_of", "person_of"]

_BETWEEN = re.compile(r"\s*;\s*")


def people_of(lines: Sequence[str]) -> list[Person]:
    """Read the people of one field: one per line, or several between semicolons; a name may continue on a line."""
    text = ""
    for line in lines:  # a line with a comma begins a name, one without continues the name before it
        text += ("; " if text and "," in line and not text.endswith(",") else " " if text else "") + line
    names = (part for part in _names(plain_text(text)) if not is_et_al(part))
    return [person for part in names if not is_nameless((person := person_of(part)).name)]


def has_et_al(lines: Sequence[str]) -> bool:
    """Whether one of the names of a field is `et al.`."""
    return any(is_et_al(part) for line in lines for part in _names(plain_text(line)))


def _names(text: str) -> list[str]:
    parts = [part for part in _BETWEEN.split(text) if part]
    pieces = [piece.strip() for piece in text.split(",")]  # `Smith JA, Doe K, et al.`
    if len(pieces) > 1 and is_family_first(pieces[0]) and all(is_family_first(p) or is_et_al(p) for p in pieces):
        return pieces
    if len(parts) == 1 and " and " in text:
        joined = text.split(" and ")
        return joined if all("," in part.strip(" ,") for part in joined) else parts
    return parts


def person_of(text: str) -> Person:
    """Read one person. A name whose only comma is at its end is a group's; a name with a group's words is one too.

    A double comma is a comma in a group's name. A name without a comma is not split.
    """
    if ",," in text:  # EndNote: a comma inside a group's name is doubled
        return group(text.strip().rstrip(" ,").replace(",,", ","))
    name = without_marks(text.strip().rstrip(" ,"))
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 1:
        if is_braced(name) or is_family_first(name):
            return parse_name(name) or Person(name)
        if text.rstrip().endswith(",") or names_group(name):
            return group(name)
        return Person(name)
    if len(parts) == 2 and all(parts):
        return from_inverted(*parts)
    if len(parts) > 2 and is_suffix(parts[1]):  # `Last, Jr., First`
        parts = [parts[0], parts[2], parts[1], *parts[3:]]
    return from_parts(parts[1], parts[0], ", ".join(parts[2:]))
