"""When are two records the same paper? Pure functions: canonical identifiers, and the comparison of titles.

The normalised form of a title is stored (as gram hashes), so `normalise_title` may change only with a migration.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from broadsheet.kit.paper import Paper

__all__ = [
    "TITLE_THRESHOLD",
    "Fingerprint",
    "canonical",
    "canonical_arxiv",
    "canonical_doi",
    "clash",
    "fingerprint",
    "gram_hashes",
    "identifiers",
    "names_of",
    "normalise_title",
    "plausible",
    "surnames",
    "title_grams",
    "title_score",
]

TITLE_THRESHOLD = 0.9  # Jaccard of word 3-grams
_MIN_WORDS = 4
_ONE_A_PAPER = ("arxiv", "doi", "acl", "pmid")  # the other catalogues know many a paper twice
_MAX_YEARS = 2
_LONGEST = 2000  # no identifier or its URL is longer

_ARXIV_HOSTS = (
    r"(?:https?://)?(?:[a-z.-]+\.)?(?:arxiv\.org/(?:abs|pdf|src|html|format|e-print|ps|list)|"
    r"alphaxiv\.org/(?:abs|overview|pdf)|huggingface\.co/papers|doi\.org/10\.48550|ar5iv\.org/(?:abs|html))/"
)
_ARXIV = re.compile(
    rf"(?:{_ARXIV_HOSTS})?(?:(?:oai:)?arxiv[:.]\s*(?:org:)?)?"
    r"(?:(?P<new>\d{4}\.\d{4,6})|(?P<archive>[a-z-]+)(?:\.[a-z]{2})?/(?P<old>\d{7}))"
    r"(?:v(?P<version>[1-9]\d{0,3}))?(?:\.pdf)?/?(?:\s*\[[a-z.-]+\])?(?:[?#].*)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_DOI = re.compile(
    r"(?:(?:https?://)?(?:[a-z.-]+\.)?doi\.org/|https?://[^/\s]+/doi/(?:[a-z]+/)?|doi:\s*|info:doi/|urn:doi:)?"
    r"(10\.\d{4,9}(?:\.\d+)*/\S+)",
    re.IGNORECASE,
)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.", re.IGNORECASE)
_OTHERS = (
    ("acl", re.compile(r"(?:(?:https?://)?(?:www\.)?aclanthology\.org/|acl:)([a-z0-9._-]+?)(?:\.pdf|\.bib)?/?", re.I)),
    ("acl", re.compile(r"([a-z]\d{2}-\d{4,5}|(?:19|20)\d{2}\.[a-z0-9_]+-[a-z0-9_]+\.\d+)", re.I)),
    ("openalex", re.compile(r"(?:(?:https?://)?(?:api\.)?openalex\.org/(?:works/)?|openalex:)?(w\d{4,12})", re.I)),
    ("s2", re.compile(r"(?:https?://(?:www\.|api\.)?semanticscholar\.org/\S*?|s2:)?([0-9a-f]{40})", re.I)),
    ("s2", re.compile(r"(?:s2:)?(corpusid:\d{1,12})", re.I)),
    ("pmid", re.compile(r"(?:(?:https?://)?(?:www\.)?pubmed\.ncbi\.nlm\.nih\.gov/|pmid:\s*)(\d{1,9})/?", re.I)),
    (
        "openreview",
        re.compile(
            r"(?:(?:https?://)?(?:www\.)?openreview\.net/(?:forum|pdf|attachment)\?id=|openreview:)"
            r"([A-Za-z0-9_-]+)(?:[&#].*)?",
            re.I,
        ),
    ),
)
_PLAIN = {
    "acl": re.compile(r"[A-Za-z0-9._-]{4,80}"),
    "openreview": re.compile(r"[A-Za-z0-9_-]{4,80}"),
    "pmid": re.compile(r"\d{1,9}", re.ASCII),
}
_CASED = frozenset({"openreview"})
_NOT_LETTERS = re.compile(r"[\W_]+")
# Headings of proceedings, not titles: many papers share them, so they never say that two records are one paper.
_NEVER = re.compile(
    r"acknowledg|author index|book review|call for papers|conference organ|correction to|corrections to|corrigend|"
    "copyright|editor|errata|erratum|foreword|front matter|guest editor|introduction|keynote|letter from|"
    "letter to the editor|list of|message from|obituary|organising committee|organizing committee|panel |plenary|"
    "poster session|preface|proceedings of|program committee|programme committee|reply|response to|retract|supplement|"
    "table of contents|title page|tutorial|welcome|workshop on|workshops"
)


def canonical_arxiv(text: str) -> tuple[str, int | None] | None:
    """(id without version, version or None) of an arXiv id in any of its forms or URLs; None if it is none."""
    text = text.strip()
    match = _ARXIV.fullmatch(unquote(text)) if len(text) <= _LONGEST else None
    if match is None:
        return None
    version = int(match["version"]) if match["version"] else None
    return match["new"] or f"{match['archive'].lower()}/{match['old']}", version


def canonical_doi(text: str) -> str | None:
    """A DOI in lower case without prefix, resolver or trailing punctuation; None if `text` is none."""
    text = text.strip()
    match = _DOI.fullmatch(unquote(text)) if len(text) <= _LONGEST else None
    if match is None:
        return None
    doi = match[1].lower().rstrip(".,;:'\"")
    for opening, closing in ("()", "[]", "<>", "{}"):
        if doi.endswith(closing) and doi.count(closing) > doi.count(opening):
            doi = doi[:-1].rstrip(".,;:'\"")
    return doi if not doi.endswith("/") else None


def canonical(text: str) -> tuple[str, str] | None:
    """(scheme, value) of any identifier we know, in any form or URL; the DOI of an arXiv paper is its arXiv id."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if arxiv := canonical_arxiv(text):
        return "arxiv", arxiv[0]
    if doi := canonical_doi(text):
        return ("doi", doi) if not _ARXIV_DOI.match(doi) else _arxiv_of_doi(doi)
    for scheme, pattern in _OTHERS:
        if match := pattern.fullmatch(text):
            return scheme, _spelling(scheme, match[1])
    return None


def identifiers(paper: Paper) -> dict[str, str]:
    """Scheme to canonical value of the identifiers `paper` carries; what cannot be one is left out."""
    found: dict[str, str] = {}
    for scheme, value in paper.ids.pairs():
        known = canonical(value)
        if known is None or known[0] != scheme:
            plain = _PLAIN.get(scheme)
            if plain and plain.fullmatch(value.strip()):
                known = scheme, _spelling(scheme, value.strip())
        # An arXiv DOI in the `doi` field names the arXiv id; any other mismatch is a mistake in the source.
        if known and (known[0] == scheme or (scheme, known[0]) == ("doi", "arxiv")):
            found.setdefault(*known)
    return found


def _arxiv_of_doi(doi: str) -> tuple[str, str]:
    arxiv = canonical_arxiv(_ARXIV_DOI.sub("", doi))
    return ("arxiv", arxiv[0]) if arxiv else ("doi", doi)


def _spelling(scheme: str, value: str) -> str:
    """The one way we write a value: ACL's old ids and OpenAlex's in capitals, the rest in lower case."""
    if scheme in _CASED:
        return value
    if scheme == "openalex" or (scheme == "acl" and value[1:3].isdigit() and value[3:4] == "-"):
        return value.upper()
    return value.lower()


def normalise_title(text: str) -> str:
    """Letters, digits and single spaces; case and accents folded. Applying it twice changes nothing."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = "".join(c for c in folded if not unicodedata.combining(c))
    return _NOT_LETTERS.sub(" ", text.lower()).strip()


@lru_cache(maxsize=8192)  # a batch asks for the same titles again and again
def title_grams(normalised: str) -> frozenset[str]:
    """The word 3-grams of a normalised title; none if it has fewer than four words and so may not be compared."""
    words = normalised.split()
    if len(words) < _MIN_WORDS:
        return frozenset()
    return frozenset([f"{a} {b} {c}" for a, b, c in zip(words, words[1:], words[2:], strict=False)])


def gram_hashes(grams: frozenset[str]) -> list[int]:
    """Hashes of the grams by which a title must be findable: the first |G| - ceil(0.9 |G|) + 1 in a fixed order.

    Prefix filtering: whatever the order, two sets with Jaccard >= 0.9 share at least one of these. Long grams come
    first because they are rare, so that few titles are found in vain ("a survey of" comes last).
    """
    if not grams:
        return []
    ordered = sorted(sorted(grams), key=len, reverse=True)
    return [zlib.crc32(gram.encode()) for gram in ordered[: len(grams) - (9 * len(grams) + 9) // 10 + 1]]


def names_of(paper: Paper) -> tuple[str, ...]:
    """Per author the family name where the source tells it apart, else the whole name."""
    return tuple([person.family or person.name for person in paper.authors])


def surnames(names: Iterable[str]) -> frozenset[str]:
    """The last word of each family name, normalised; of a whole name its last word, or what stands before a comma."""
    found: set[str] = set()
    for name in names:
        words = normalise_title(name.partition(",")[0]).split() or normalise_title(name).split()
        found.update(words[-1:])
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the comparison of titles looks at."""

    title: str  # normalised
    names: tuple[str, ...]  # see `names_of`
    year: int | None
    ids: frozenset[tuple[str, str]] = frozenset()  # (scheme, value)


def fingerprint(paper: Paper, ids: dict[str, str]) -> Fingerprint:
    """The fingerprint of a paper with these canonical identifiers."""
    return Fingerprint(
        normalise_title(paper.title),
        names_of(paper),
        paper.year or (paper.date.year if paper.date else None),
        frozenset(ids.items()),
    )


def clash(a: Iterable[tuple[str, str]], b: Iterable[tuple[str, str]]) -> bool:
    """Whether these identifiers are two papers': both name one in a scheme of one id a paper, and none in common."""
    for scheme in _ONE_A_PAPER:
        mine, theirs = ({value for name, value in ids if name == scheme} for ids in (a, b))
        if mine and theirs and not mine & theirs:
            return True
    return False


def title_score(a: Fingerprint, b: Fingerprint) -> float:
    """Jaccard of the titles' word 3-grams if the two may be one paper, else 0.

    They may not if neither an author is shared nor, where a side names none, the titles are equal; if they lie more
    than two years apart; if their identifiers clash; or if the title is a heading many papers share.
    """
    score = _jaccard(a.title, b.title)  # first, since it decides nearly always and names are dear to normalise
    if score < TITLE_THRESHOLD or _NEVER.match(a.title) or _NEVER.match(b.title):
        return 0.0
    if a.year and b.year and abs(a.year - b.year) > _MAX_YEARS:
        return 0.0
    if clash(a.ids, b.ids):
        return 0.0
    if a.names and b.names:
        return score if surnames(a.names) & surnames(b.names) else 0.0
    return score if a.title == b.title else 0.0


def _jaccard(a: str, b: str) -> float:
    """Of the word 3-grams of two normalised titles; 0 if one is too short to be compared."""
    if a == b:
        return 1.0 if title_grams(a) else 0.0
    mine, theirs = title_grams(a), title_grams(b)
    return len(mine & theirs) / len(mine | theirs) if mine and theirs else 0.0


def plausible(a: str, b: str) -> bool:
    """Whether two normalised titles share at least half of the shorter one's words."""
    mine, theirs = set(a.split()), set(b.split())
    if not mine or not theirs:
        return a == b
    return 2 * len(mine & theirs) >= min(len(mine), len(theirs))
