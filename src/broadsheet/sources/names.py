"""Names of people as sources write them, taken apart and put together again by BibTeX's rules."""

from __future__ import annotations

import re
from collections.abc import Iterable

from broadsheet.kit.paper import Person
from broadsheet.sources.tex import is_braced, to_unicode
from broadsheet.sources.text import clean

__all__ = ["from_parts", "inverted", "is_group", "parse_name", "parse_names", "split_authors"]

MAX_AUTHORS = 10_000  # the largest collaborations sign with about 5,000 names; more is a broken field
_AND = re.compile(r"[{}]|\\.|\s+and\s+(?=\S)", re.DOTALL | re.IGNORECASE)


def from_parts(given: str, family: str, suffix: str = "") -> Person:
    """A person from name parts as a source gives them; at least one must be a word."""
    given, family, suffix = clean(given), clean(family), clean(suffix)
    return Person(" ".join(part for part in (given, family, suffix) if part), given, family)


def parse_name(text: str) -> Person | None:
    """One name: `First von Last`, `von Last, First`, `von Last, Jr, First` or `{A Group}`; None if it is blank."""
    text = text.strip()
    if is_braced(text):
        name = clean(to_unicode(text))
        return Person(name) if name else None
    parts = [clean(to_unicode(part)) for part in _split_commas(text)]
    if len(parts) >= 3:
        person = from_parts(" ".join(parts[2:]), parts[0], parts[1])
    elif len(parts) == 2:
        person = from_parts(parts[1], parts[0])
    else:
        words = parts[0].split()
        if len(words) < 2:
            return Person(parts[0]) if parts[0] else None
        start = next((i for i, word in enumerate(words[1:-1], 1) if word[0].islower()), len(words) - 1)
        person = from_parts(" ".join(words[:start]), " ".join(words[start:]))
    return person if person.name else None


def parse_names(text: str) -> tuple[tuple[Person, ...], bool]:
    """(people, whether the list ends in `and others`) of a BibTeX author field."""
    names = _split_and(text.strip())[: MAX_AUTHORS + 1]
    others = bool(names) and names[-1].strip().lower() in ("others", "et al", "et al.")
    people = (parse_name(name) for name in (names[:-1] if others else names))
    return tuple(person for person in people if person), others


def split_authors(text: str) -> tuple[Person, ...]:
    """The people in one string of an unknown convention: `;`, ` and `, or commas between whole names."""
    text = clean(to_unicode(text))
    if ";" in text:
        return _people(text.split(";"))
    if " and " in text:
        names = [name for part in text.split(" and ") for name in _whole_names(part)]
        return _people(names)
    return _people(_whole_names(text))


def _whole_names(text: str) -> list[str]:
    """`A B, C D` are two names; `B, A` is one: commas separate when what stands before the first has two words."""
    parts = text.split(",")
    return parts if len(parts) > 2 or len(parts[0].split()) > 1 else [text]


def _people(names: Iterable[str]) -> tuple[Person, ...]:
    found = (parse_name(name) for name in names)
    return tuple(person for person in found if person)[:MAX_AUTHORS]


def _split_and(text: str) -> list[str]:
    """Cut at ` and ` outside braces."""
    parts: list[str] = []
    depth = start = 0
    for mark in _AND.finditer(text):
        token = mark[0]
        if token in "{}":
            depth = max(0, depth + (1 if token == "{" else -1))
        elif token[0] != "\\" and depth == 0:
            parts.append(text[start : mark.start()])
            start = mark.end()
    parts.append(text[start:])
    return parts


def _split_commas(text: str) -> list[str]:
    parts: list[str] = []
    depth = start = 0
    for index, char in enumerate(text):
        if char == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
        else:
            depth = max(0, depth + (char == "{") - (char == "}"))
    parts.append(text[start:])
    return parts


def is_group(person: Person) -> bool:
    """Whether a name must be kept whole: no parts given, and a single word, a comma or an `and` inside."""
    name = person.name
    return not (person.family or person.given) and (" " not in name or "," in name or " and " in f" {name.lower()} ")


def inverted(person: Person) -> tuple[str, str, str]:
    """(family, given, suffix) of a person who is no group; read back by `parse_name` they make the same name."""
    if not person.family and not person.given:
        parsed = parse_name(person.name) or person
        return parsed.family, parsed.given, ""
    suffix = person.name.removeprefix(f"{person.given} {person.family}".strip()).strip()
    return person.family, person.given, suffix if suffix != person.name else ""
