"""Fingerprints, by which two records are compared: identifiers, title, names, year, place in a venue. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from broadsheet.catalogue.dedup.title_hashes import first_page, hashes_at, normalise_title, said
from broadsheet.kit.identifiers import of_scheme
from broadsheet.kit.paper import Paper
from broadsheet.kit.text import fold

__all__ = ["Fingerprint", "fingerprint", "identifiers", "make_fingerprint", "names_of", "print_hashes", "surnames"]

_FORMS = {
    form: kind
    for kind, forms in (
        ("thesis", "thesis phdthesis mastersthesis"),
        ("book", "book proceedings collection mvbook reference"),
        ("other", "patent software dataset data map standard"),
        ("paper", "article inproceedings conference incollection inbook"),
        ("preprint", "preprint"),
    )
    for form in forms.split()
}


def identifiers(paper: Paper) -> dict[str, str]:
    """Scheme to canonical value of the identifiers `paper` carries; what cannot be one is left out."""
    found: dict[str, str] = {}
    pairs = paper.ids.pairs()
    if isinstance(pmcid := paper.extra.get("pmcid"), str):
        pairs.append(("pmcid", pmcid))
    for scheme, value in pairs:
        # An arXiv DOI in the `doi` field names the arXiv id; any other mismatch is a mistake in the source.
        if known := of_scheme(scheme, value):
            found.setdefault(*known)
    return found


def names_of(paper: Paper) -> tuple[str, ...]:
    """Per author the family name where the source tells it apart, else the whole name."""
    return tuple([person.family or person.name for person in paper.authors])


_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "phd", "md"))
_WRITTEN_OUT = str.maketrans(
    {"ø": "oe", "Ø": "Oe", "ö": "oe", "Ö": "Oe", "ä": "ae", "Ä": "Ae", "ü": "ue", "Ü": "Ue", "å": "aa", "Å": "Aa"}
)


def surnames(names: Iterable[str]) -> frozenset[str]:
    """The last word of each family name, normalised; of a whole name its last word, or what stands before a comma."""
    found: set[str] = set()
    for name in names:
        found.update(_surname(name))
    return frozenset(found)


@lru_cache(maxsize=65536)
def _surname(name: str) -> tuple[str, ...]:
    """The surname in each of its usual spellings: Møller is Moller and Moeller."""
    spelled: dict[str, None] = {}
    for text in (name, name.translate(_WRITTEN_OUT)):
        words = fold(text.partition(",")[0]).split() or fold(text).split()
        while len(words) > 1 and words[-1] in _SUFFIXES:
            words.pop()
        spelled["".join(words[-1:])] = None
    return tuple(filter(None, spelled))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What two records are compared by; texts are folded, and empty where unknown."""

    title: str
    names: tuple[str, ...]  # see `names_of`
    year: int | None
    ids: frozenset[tuple[str, str]] = frozenset()  # (scheme, value)
    venue: str = ""
    kind: str = ""
    volume: str = ""
    issue: str = ""
    page: str = ""  # the first one
    et_al: bool = False


def fingerprint(paper: Paper, ids: Mapping[str, str]) -> Fingerprint:
    """The fingerprint of a paper with these canonical identifiers."""
    year = paper.year or (paper.date.year if paper.date else None)
    named = frozenset(ids.items())
    return make_fingerprint(
        normalise_title(paper.title), names_of(paper), year, named, paper.venue, paper.kind, paper.extra
    )


def make_fingerprint(
    title: str,
    names: tuple[str, ...],
    year: int | None,
    ids: frozenset[tuple[str, str]],
    venue: str,
    kind: str,
    extra: Mapping[str, Any],
) -> Fingerprint:
    """A fingerprint of parts; `title` is normalised."""
    return Fingerprint(
        title,
        names,
        year,
        ids,
        fold(venue),
        _FORMS.get(kind, ""),
        said(extra, "volume"),
        said(extra, "issue", "number"),
        first_page(extra),
        bool(extra.get("et_al")),
    )


def print_hashes(one: Fingerprint) -> list[int]:
    """The title hashes of a paper with this fingerprint."""
    return hashes_at(one.title, one.volume, one.page)
