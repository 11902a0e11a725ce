"""The fields that a BibTeX entry inherits: through `crossref` by BibLaTeX's rules, through `xdata` unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["Entry", "inherit", "is_no_paper", "parent_keys"]

_DEEPEST = 8  # generations
# Entries that control a style or hold data for others: @IEEEtranBSTCTL, @CONTROL of REVTeX, @xdata, @set.
_NO_PAPER = re.compile(r"\w*bstctl|\w*control|xdata|set|footnote|bibnote", re.IGNORECASE)
_PARENTS = frozenset(
    {"proceedings", "mvproceedings", "collection", "mvcollection", "mvbook", "mvreference", "periodical"}
)
# Fields that are not inherited through `crossref`.
_OWN_FIELDS = (
    "crossref xref xdata ids entryset execute label options presort related relatedtype sortkey shorthand doi url "
    "eprint eprinttype eprintclass archiveprefix primaryclass arxiv arxivid pmid pmcid acl openalex s2 openreview "
    "abstract summary keywords file pdf pages pagetotal note annote annotation groups urldate shorttitle "
    "sorttitle indextitle"
)
_OWN = frozenset(_OWN_FIELDS.split())
_TITLES = ("title", "subtitle", "titleaddon")


@dataclass(slots=True)
class Entry:
    """One entry: its type in lower case, its key, its raw fields with lower-case names, and its place in the file."""

    kind: str
    key: str
    fields: dict[str, str]
    place: str
    raw: str


def is_no_paper(kind: str) -> bool:
    """Whether entries of this type are not publications."""
    return bool(_NO_PAPER.fullmatch(kind))


def _names(entry: Entry, name: str) -> list[str]:
    return [key for part in entry.fields.get(name, "").split(",") if (key := part.strip().lower())]


def parent_keys(entries: Iterable[Entry]) -> set[str]:
    """The lower-case keys of proceedings and collections that exist only because other entries refer to them."""
    entries = list(entries)
    referenced = {key for entry in entries for name in ("crossref", "xref") for key in _names(entry, name)}
    return {key for entry in entries if entry.kind in _PARENTS and (key := entry.key.lower()) in referenced}


def inherit(entry: Entry, by_key: Mapping[str, Entry], depth: int = 0) -> dict[str, str]:
    """The entry's own and inherited fields; `by_key` has keys in lower case.

    A reference field is removed when it is resolved and stays when it is not.
    """
    fields = dict(entry.fields)
    if depth == _DEEPEST:
        return fields
    for key in _names(entry, "xdata"):
        if (source := by_key.get(key)) and source is not entry:
            inherited = inherit(source, by_key, depth + 1)
            fields |= {name: value for name, value in inherited.items() if name not in fields and name != "xdata"}
            fields.pop("xdata", None)
    for key in _names(entry, "crossref"):
        if (parent := by_key.get(key)) and parent is not entry:
            inherited = _from_parent(entry.kind, parent.kind, inherit(parent, by_key, depth + 1))
            fields |= {name: value for name, value in inherited.items() if name not in fields}
            fields.pop("crossref", None)
    if any(key in by_key for key in _names(entry, "xref")):
        fields.pop("xref")
    return fields


def _from_parent(kind: str, parent: str, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that a child inherits: the parent's title becomes the title of the book, journal or main work."""
    prefix = ""
    if parent == "periodical":
        prefix = "journal"
    elif parent.startswith("mv") and not kind.startswith("mv"):
        prefix = "main"
    elif kind.startswith(("in", "suppbook", "bookinbook", "suppcollection", "conference")):
        prefix = "book"
    inherited = {name: value for name, value in fields.items() if name not in _OWN and name not in _TITLES}
    if not prefix:
        return inherited | {name: fields[name] for name in _TITLES if name in fields}
    for name in _TITLES:
        if name in fields:
            inherited.setdefault(prefix + name, fields[name])
    if prefix == "book" and parent in ("book", "mvbook") and "author" in fields:
        inherited["bookauthor"] = fields["author"]
        if kind == "incollection":
            del inherited["author"]
    return inherited
