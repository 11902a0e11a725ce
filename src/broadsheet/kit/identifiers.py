"""Parses identifiers of papers in every form that people and programs write: the one grammar of Broadsheet.

A text is first stripped (`_identifier_text`: invisible characters, TeX, entities, labels, brackets), then parsed as a
bare identifier, then as an address (`_identifier_addresses`). Values are canonical: an arXiv id without its version,
a DOI in lower case without its resolver; the DOI of an arXiv paper becomes its arXiv id.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from broadsheet.kit._identifier_addresses import may_identify, read_address
from broadsheet.kit._identifier_text import plain, trim, visible

__all__ = [
    "SCHEMES", "arxiv", "arxiv_year", "canonical", "doi", "find", "is_cut_doi", "is_doi", "is_preprint_doi",
    "of_scheme", "visible",
]  # fmt: skip

SCHEMES = ("arxiv", "doi", "acl", "openalex", "s2", "pmid", "pmcid", "openreview")  # in order of trust

_LONGEST = 2000  # characters of an identifier or its address, at most
_LONGEST_TEXT = 50_000  # characters of a text that `find` reads
_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|cond-mat|cs|dg-ga|"
    "econ|eess|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math-ph|math|mtrl-th|nlin|nucl-ex|nucl-th|patt-sol|physics|"
    "plasm-ph|q-alg|q-bio|q-fin|quant-ph|solv-int|stat|supr-con"
)
_NEW = r"\d\d(?:0[1-9]|1[0-2])\.\d{4,6}"
_ID = rf"(?:(?P<new>{_NEW})|(?P<archive>{_ARCHIVES})(?:\.[a-z]{{2}})?/(?P<old>\d{{7}}))(?:v(?P<version>\d{{1,4}}))?"
_ARXIV_LABEL = (
    r"(?:(?:oai:)?arxiv(?:\.org)?(?:\s{1,4}(?:e-?prints?|pre-?print|id|no\.?)){0,2}\s{0,4}(?:[:./-]\s{0,4})?)"
)
_ARXIV = re.compile(
    rf"{_ARXIV_LABEL}{{0,3}}{_ID}(?:\.pdf)?/?(?:\s*\[[a-z.-]+\](?:\s+\d{{1,2}}\s+[a-z]{{3,9}}\.?\s+\d{{4}})?)?",
    re.I | re.A,
)
_ARXIV_DOI = re.compile(rf"10\.48550/arxiv\.{_ID}", re.I | re.A)
_PLAIN_DOI = re.compile(r"10\.\d{4,9}/[a-z0-9._/()-]*[a-z0-9]", re.A)
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/\S+", re.A)
_PREPRINT_VERSION = re.compile(r"(10\.(?:1101|64898)/[\d.]*\d)v\d{1,3}")  # in bioRxiv's addresses, not in its DOIs
_PREPRINT_DOI = re.compile(
    r"10\.(?:1101|64898|48550|20944|21203|26434|31219|31222|31234|31235|2139|36227|22541|33774|14293)/"
)
_CUT_DOI = re.compile(r"10\.\d{4,9}/\(sici\)(?!.*;2-).*", re.I)
_RESOLVED = re.compile(r"(?:https?:/{1,2})?(?:dx[.-]|www[.-])?doi[.-]org\b", re.I)
_ACL = r"[a-z]\d{2}-\d{4,5}|(?:19|20)\d{2}\.[a-z0-9_]+-[a-z0-9_]+\.\d+"
_OTHERS = (
    ("acl", re.compile(rf"(?:acl(?:\s+anthology)?\s*[:]?\s*)?({_ACL})", re.I | re.A)),
    ("openalex", re.compile(r"(?:openalex\s*[:]\s*)(w\d{1,15})|(w\d{4,15})", re.I | re.A)),
    ("s2", re.compile(r"(?:(?:s2|s2id|s2paperid)\s*:\s*)?([0-9a-f]{40})", re.I | re.A)),
    ("s2", re.compile(r"(?:s2:)?(corpus\s?id:\s?\d{1,12})", re.I | re.A)),
    ("pmid", re.compile(r"(?:pmid|pubmed(?:\s+id)?|medline)\s*[:=#]?\s*0*(\d{1,9})", re.I | re.A)),
    ("pmcid", re.compile(r"(?:pmc(?:id)?\s*[:=#]\s*)?(pmc\s?\d{3,9})(?:\.\d{1,2})?", re.I | re.A)),
    ("openreview", re.compile(r"openreview:\s*([a-z0-9_-]{4,80})", re.I | re.A)),
)
_OF_SCHEME = {  # bare values that are accepted in a field of that scheme
    "acl": re.compile(r"[A-Za-z0-9._-]{4,80}"),
    "openreview": re.compile(r"[A-Za-z0-9_-]{4,80}"),
    "pmid": re.compile(r"\d{1,9}", re.A),
    "pmcid": re.compile(r"(?:PMC)?\d{3,9}", re.A | re.I),
    "openalex": re.compile(r"w\d{1,15}", re.A | re.I),
    "s2": re.compile(r"\d{1,12}", re.A),  # a corpus id
}
_IN_TEXT = re.compile(  # possible identifiers in a text, as long as they can be
    r"(?P<address>(?:https?:/{1,2}|www\.)[^\s<>\"]+(?:<[^<>\s]*:[^<>\s]*>[^\s<>\"]*)*)"
    r"|(?P<site>(?<![\w@./-])(?:[a-z0-9-]+\.)*(?:arxiv|doi|openreview|aclanthology|semanticscholar|openalex|"
    r"alphaxiv|huggingface|hf)\.(?:org|net|co)/[^\s<>\"]+)"
    r"|(?P<doi>(?<![\d.])10\.\d{4,9}(?:\.\d+)*/(?:[^\s<>\"]|<[^<>\s]*:[^<>\s]*>)+)"
    rf"|(?P<labelled>\b{_ARXIV_LABEL}{{1,3}}(?:{_NEW}|(?:{_ARCHIVES})(?:\.[a-z]{{2}})?/\d{{7}})(?:v\d{{1,4}})?)(?![\d/])"
    rf"|(?P<arxiv>(?<![\w./$€£-])(?:(?:1[5-9]|2\d)(?:0[1-9]|1[0-2])\.\d{{5}}|(?:{_ARCHIVES})(?:\.[a-z]{{2}})?/\d{{7}})"
    r"(?:v\d{1,4})?)(?![\d/%]|[.,]\d)"
    r"|(?P<other>\b(?:pmid|pubmed(?:\s+id)?)\s*[:=#]?\s*\d{1,9}\b|\bpmc\s?\d{4,9}\b|\bcorpus\s?id:\s?\d{1,12}\b"
    r"|\bopenalex:\s*w\d+\b|\bopenreview:\s*[\w-]{4,80}|\bs2(?:id|paperid)?:\s*[0-9a-f]{40}\b"
    r"|\bacl(?:\s+anthology)?\s*:\s*(?:[a-z]\d{2}-\d{4,5}|\d{4}\.[\w-]+\.\d+)"
    r"|(?<![\w./-])(?:[acdehijklmnopqrstuwxyACDEHIJKLMNOPQRSTUWXY]\d{2}-\d{4}|(?:19|20)\d{2}\.[a-z0-9_]+-[a-z0-9_]+\.\d+)(?![\w-]))",
    re.I | re.A,
)
_BETWEEN = re.compile(r"[,;|](?=10\.\d{4,9}/|https?:|doi:|arxiv:)", re.I)  # two identifiers without a space


class _Identifier(NamedTuple):
    scheme: str
    value: str
    version: int | None = None


def canonical(text: str) -> tuple[str, str] | None:
    """(scheme, value) of a text that is one identifier, bare, labelled or as an address; else None."""
    identifier = _parse(text)
    return (identifier.scheme, identifier.value) if identifier else None


def arxiv(text: str) -> tuple[str, int | None] | None:
    """(id without version, version or None) of an arXiv id, address or arXiv DOI; None for anything else."""
    identifier = _parse(text)
    return (identifier.value, identifier.version) if identifier and identifier.scheme == "arxiv" else None


def doi(text: str) -> str | None:
    """A DOI in lower case without resolver, label, brackets or punctuation; None for anything else."""
    identifier = _parse(text)
    return identifier.value if identifier and identifier.scheme == "doi" else None


def is_doi(text: str) -> bool:
    """Whether a text is one DOI, bare or with a resolver, including arXiv DOIs; a publisher's address is not one."""
    if "10." not in text or (identifier := _parse(text)) is None or identifier.scheme not in ("doi", "arxiv"):
        return False
    text = plain(text)
    return text.startswith("10.") or bool(_RESOLVED.match(text))


def is_preprint_doi(value: str) -> bool:
    """Whether a canonical DOI has the prefix of a preprint server."""
    return bool(_PREPRINT_DOI.match(value))


def is_cut_doi(value: str) -> bool:
    """Whether a DOI is a truncated SICI, as left by programs that take its `<` for markup."""
    return bool(_CUT_DOI.fullmatch(value))


def of_scheme(scheme: str, text: str) -> tuple[str, str] | None:
    """(scheme, value) of a field of that scheme, which may hold a bare number; None if it is no such identifier.

    The returned scheme differs in one case: the DOI of an arXiv paper is returned as an arXiv id.
    """
    identifier = canonical(text)
    if identifier and (identifier[0] == scheme or (scheme, identifier[0]) == ("doi", "arxiv")):
        return identifier
    bare = _OF_SCHEME.get(scheme)
    value = plain(text) if bare and len(text) <= _LONGEST else ""
    if not bare or not bare.fullmatch(value):
        return None
    if scheme == "s2":
        value = f"corpusid:{value}"
    return scheme, _spelling(scheme, value)


def find(text: str) -> list[tuple[str, str]]:
    """Find every identifier in a text (a reference, a sentence, a pasted page), in order, each once.

    An identifier that looks like a number or word is found only with its label or address: `PMID 123`, not `123`.
    """
    whole = canonical(text)
    if whole:
        return [whole]
    identifiers: dict[tuple[str, str], None] = {}
    text = _BETWEEN.sub(" ", plain(text[:_LONGEST_TEXT], inside=True))
    for match in _IN_TEXT.finditer(text):
        if identifier := canonical(match[0]):
            identifiers[identifier] = None
    return list(identifiers)


def arxiv_year(identifier: str) -> int:
    """The year in which arXiv assigned a canonical identifier."""
    digits = identifier.rpartition("/")[2][:2]
    return (1900 if int(digits) > 90 else 2000) + int(digits)


@lru_cache(maxsize=16384)  # the reader of a record and the catalogue both parse its identifiers
def _parse(text: str) -> _Identifier | None:
    if _PLAIN_DOI.fullmatch(text) and not text.startswith(("10.48550/", "10.1101/", "10.64898/")):
        return _Identifier("doi", text) if len(text) <= _LONGEST else None
    if not text or len(text) > _LONGEST or (text.startswith("http") and not may_identify(text)):
        return None
    text = plain(text)
    if _BETWEEN.search(text):
        return None
    if not text.startswith("http") and (identifier := _parse_bare(text)):  # no bare identifier begins with http
        return identifier
    address = read_address(text)
    if address is None:
        return None
    scheme, value = address
    return _parse_bare(value) if scheme in ("arxiv", "doi") else _Identifier(scheme, _spelling(scheme, value))


def _parse_bare(text: str) -> _Identifier | None:
    """Parse an identifier that is not an address."""
    if match := _ARXIV.fullmatch(text) or _ARXIV_DOI.fullmatch(text):
        version = int(match["version"]) if match["version"] else 0
        return _Identifier("arxiv", match["new"] or f"{match['archive'].lower()}/{match['old']}", version or None)
    if _DOI.fullmatch(text):
        value = trim(_PREPRINT_VERSION.sub(r"\1", text.lower())).rstrip("/")
        return _Identifier("doi", value) if _DOI.fullmatch(value) else None
    for scheme, pattern in _OTHERS:
        if match := pattern.fullmatch(text):
            return _Identifier(scheme, _spelling(scheme, next(filter(None, match.groups()))))
    return None


def _spelling(scheme: str, value: str) -> str:
    """The canonical spelling: old ACL ids, PMC and OpenAlex in capitals, OpenReview unchanged, others in lower case."""
    if scheme == "openreview":
        return value
    value = value.replace(" ", "")
    if scheme == "pmid":
        return value.lstrip("0") or "0"
    if scheme in ("openalex", "pmcid"):
        start = "W" if scheme == "openalex" else "PMC"
        return start + value.upper().removeprefix(start)
    if scheme == "acl" and value[1:3].isdigit() and value[3:4] == "-":
        return value.upper()
    return value.lower()
