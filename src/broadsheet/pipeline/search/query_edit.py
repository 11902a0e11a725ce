"""Changes of a query's text: a part taken out, a filter put in. Pure functions of a parsed query."""

from __future__ import annotations

import re

from broadsheet.pipeline.search.query import Part, Query

__all__ = ["condition_text", "find_part", "narrowed", "parts_json", "without"]

_PLAIN = re.compile(r"[^\s\",;:()]+")


def condition_text(kind: str, value: str) -> str:
    """A filter as it is typed: year:2021, venue:"Tidal Letters"."""
    return f"{kind}:{value}" if _PLAIN.fullmatch(value) else f'{kind}:"{value.replace(chr(34), " ")}"'


def find_part(query: Query, kind: str, value: str) -> Part | None:
    """The part of a query that chooses this value, in any letters; None if there is none."""
    same = (part for part in query.parts if part.kind == kind and not part.negated)
    return next((part for part in same if part.value.casefold().strip() == value.casefold().strip()), None)


def without(query: Query, part: Part) -> str:
    """The query's text without a part, and without the OR that joined it with another."""
    later = query.parts[query.parts.index(part) + 1 :]
    start, stop = part.start, part.stop
    if part.joined_at >= 0:
        start = part.joined_at
    elif later and later[0].joined_at >= 0:
        stop = later[0].start
    return " ".join(f"{query.source[:start]} {query.source[stop:]}".split())


def parts_json(query: Query) -> list[dict[str, str | bool]]:
    """How a query was read, as the API and the command line say it: its parts, each with the query without it."""
    return [
        {"kind": part.kind, "value": part.value, "negated": part.negated, "without": without(query, part)}
        for part in query.parts
    ]


def narrowed(query: Query, kind: str, value: str) -> str:
    """The query's text with a further filter; beside a choice of the same kind, the new one is an alternative to it."""
    text = condition_text(kind, value)
    for at, part in enumerate(query.parts):
        alternatives = [part]
        for later in query.parts[at + 1 :]:
            if later.joined_at < 0:
                break
            alternatives.append(later)
        if part.joined_at < 0 and all(one.kind == kind and not one.negated for one in alternatives):
            stop = alternatives[-1].stop
            return f"{query.source[:stop]} OR {text}{query.source[stop:]}".strip()
    return f"{query.source} {text}".strip()
