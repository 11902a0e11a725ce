"""The fields of the query language, their values, and suggestions for unknown field names."""

from __future__ import annotations

import difflib
import re

__all__ = ["FIELDS", "ORDERS", "PARTS", "SILENT_KINDS", "quote_author_names", "suggest_field", "years"]

FIELDS = ("title", "author", "venue", "org", "field", "year", "id", "like", "tag", "is", "has", "sort")
SILENT_KINDS = frozenset(
    {"year", "id", "venue", "org", "field", "tag", "is", "has"}
)  # conditions that filter but do not rank
PARTS = ("abstract", "arxiv", "code", "doi", "note", "pdf")  # values of has:
ORDERS = ("date", "votes", "citations", "relevance")
_SYNONYMS = {  # field names of other search engines
    **dict.fromkeys(("au", "by", "authors", "inauthor", "creator", "writer"), "author"),
    **dict.fromkeys(("ti", "intitle", "allintitle", "name"), "title"),
    **dict.fromkeys(("journal", "conference", "booktitle", "conf", "proceedings", "publication", "so", "ta"), "venue"),
    **dict.fromkeys(("organisation", "organization", "affiliation", "institution", "inst", "lab"), "org"),
    **dict.fromkeys(("category", "cat", "subject", "topic", "area"), "field"),
    **dict.fromkeys(("date", "after", "before", "since", "until", "published", "py", "dp"), "year"),
    **dict.fromkeys(("doi", "arxiv", "pmid", "eprint", "identifier"), "id"),
    **dict.fromkeys(("similar", "related"), "like"),
    **dict.fromkeys(("label", "collection", "folder"), "tag"),
    **dict.fromkeys(("order", "orderby", "sortby"), "sort"),
}
_MIN_SIMILARITY = 0.75
_YEARS = re.compile(r"(?P<low>\d{4})?(?P<range>\.\.|-)(?P<high>\d{4})?|(?P<sign>[<>]=?)(?P<bound>\d{4})|(?P<one>\d{4})")

# initials: G.  J.-P.  JR, or one letter after another (J R Smith); then a family name with its particles
_INITIALS = r"(?:[^\W\d_](?:\.-?|(?=[ \t])))+"
_PARTICLES = r"(?:(?:al|da|das|de|del|della|den|der|di|dos|du|el|la|le|ten|ter|van|von|zu|zur)[ \t]+)*"
_FAMILY = r"(?!(?-i:OR|AND|NOT)\b)[^\W\d_][\w’'-]*"
_GIVEN_FIRST = rf"(?:{_INITIALS}[ \t]*)+{_PARTICLES}{_FAMILY}"
_FAMILY_FIRST = rf"{_FAMILY},?(?:[ \t]+(?:[^\W\d_]\.-?)+)+"
_AUTHOR = re.compile(rf"(?<![^\s-])(author:[ \t]*)({_GIVEN_FIRST}|{_FAMILY_FIRST})(?=[\s,;)]|$)", re.IGNORECASE)


def quote_author_names(text: str) -> str:
    """Quote author names with initials, so that each is one value: author:G. Hinton, author:Hinton, G. E."""
    return _AUTHOR.sub(r'\1"\2"', text) if "author:" in text.lower() else text


def suggest_field(name: str) -> str:
    """The field to suggest for an unknown lower-case name: a synonym or a similar spelling; "" if none."""
    if name in _SYNONYMS:
        return _SYNONYMS[name]
    matches = difflib.get_close_matches(name, FIELDS, 1, _MIN_SIMILARITY) if len(name) > 3 else []
    return matches[0] if matches else ""


def years(value: str) -> tuple[int, int] | None:
    """Parse a value of year: into (first, last) year, both included; None if it is not valid."""
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
