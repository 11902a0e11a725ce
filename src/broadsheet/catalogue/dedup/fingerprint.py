"""Fingerprints for comparing two records: identifiers, title, author names, year, venue, volume and page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from broadsheet.catalogue.dedup.title_hashes import first_field, first_page, hashes_at, normalise_title
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
    """Scheme → canonical value of the identifiers of `paper`; values that are not valid are left out."""
    ids: dict[str, str] = {}
    pairs = paper.ids.pairs()
    if isinstance(pmcid := paper.extra.get("pmcid"), str):
        pairs.append(("pmcid", pmcid))
    for scheme, value in pairs:
        # An arXiv DOI in the `doi` field names the arXiv id; any other mismatch is a mistake in the source.
        if identifier := of_scheme(scheme, value):
            ids.setdefault(*identifier)
    return ids


def names_of(paper: Paper) -> tuple[str, ...]:
    """The family name of each author, or the whole name where the source does not split it."""
    return tuple([person.family or person.name for person in paper.authors])


_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "phd", "md"))
_TRANSLITERATION = str.maketrans(
    {"ø": "oe", "Ø": "Oe", "ö": "oe", "Ö": "Oe", "ä": "ae", "Ä": "Ae", "ü": "ue", "Ü": "Ue", "å": "aa", "Å": "Aa"}
)


def surnames(names: Iterable[str]) -> frozenset[str]:
    """The surnames of these names, folded: the last word before a comma, or the last word of the whole name."""
    folded: set[str] = set()
    for name in names:
        folded.update(_surname(name))
    return frozenset(folded)


@lru_cache(maxsize=65536)
def _surname(name: str) -> tuple[str, ...]:
    """The surname in each of its usual spellings: Møller is Moller and Moeller."""
    spellings: dict[str, None] = {}
    for text in (name, name.translate(_TRANSLITERATION)):
        words = fold(text.partition(",")[0]).split() or fold(text).split()
        while len(words) > 1 and words[-1] in _SUFFIXES:
            words.pop()
        spellings["".join(words[-1:])] = None
    return tuple(filter(None, spellings))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The fields by which two records are compared; texts are folded, and empty where unknown."""

    title: str
    names: tuple[str, ...]  # see `names_of`
    year: int | None
    ids: frozenset[tuple[str, str]] = frozenset()  # (scheme, value)
    venue: str = ""
    kind: str = ""
    volume: str = ""
    issue: str = ""
    page: str = ""  # the first page
    et_al: bool = False


def fingerprint(paper: Paper, ids: Mapping[str, str]) -> Fingerprint:
    """The fingerprint of a paper with these canonical identifiers."""
    year = paper.year or (paper.date.year if paper.date else None)
    id_pairs = frozenset(ids.items())
    return make_fingerprint(
        normalise_title(paper.title), names_of(paper), year, id_pairs, paper.venue, paper.kind, paper.extra
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
    """Make a fingerprint from single fields; `title` is normalised."""
    return Fingerprint(
        title,
        names,
        year,
        ids,
        fold(venue),
        _FORMS.get(kind, ""),
        first_field(extra, "volume"),
        first_field(extra, "issue", "number"),
        first_page(extra),
        bool(extra.get("et_al")),
    )


def print_hashes(fingerprint: Fingerprint) -> list[int]:
    """The title hashes of a paper with this fingerprint."""
    return hashes_at(fingerprint.title, fingerprint.volume, fingerprint.page)
