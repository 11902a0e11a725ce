"""Identifiers as people and providers write them, brought to the one form the catalogue compares."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from broadsheet.kit.paper import Identifiers

__all__ = ["arxiv_id", "arxiv_year", "clean_doi", "clean_url", "identifiers"]

_NEW = r"(?P<new>\d{4}\.\d{4,6})"
_OLD = r"(?P<archive>[a-z][a-z-]*)(?:\.[A-Z]{2})?/(?P<number>\d{7})"
_ARXIV = re.compile(
    rf"(?:arxiv:\s*)?(?:{_NEW}|{_OLD})(?:v(?P<version>\d{{1,4}}))?(?:\.pdf)?(?=$|[\s\[?#])", re.IGNORECASE
)
_ARXIV_PREFIX = re.compile(
    r"(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html|src|format)/"
    r"|(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?10\.48550/arxiv\.|oai:arxiv\.org:",
    re.IGNORECASE,
)
_DOI_PREFIX = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:\s*", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>{}]+")
_URL_IDS = (
    ("openreview.net", "openreview", re.compile(r"https?://(?:www\.)?openreview\.net/(?:forum|pdf)\?id=([\w-]{5,40})")),
    ("aclanthology.org", "acl", re.compile(r"https?://(?:www\.)?aclanthology\.org/([A-Z]\d{2}-\d{4}|\d{4}\.[a-z0-9_]+-[a-z0-9_]+\.\d+)(?:\.pdf|/|$)")),
    ("openalex.org", "openalex", re.compile(r"https?://(?:api\.)?openalex\.org/(?:works/)?(W\d{1,15})")),
    ("pubmed.", "pmid", re.compile(r"https?://pubmed\.ncbi\.nlm\.nih\.gov/(\d{1,9})")),
    ("semanticscholar.org", "s2", re.compile(r"https?://(?:www\.)?semanticscholar\.org/paper/(?:[^/\s]+/)?([0-9a-f]{40})")),
)  # fmt: skip


def arxiv_id(text: str) -> tuple[str, int | None]:
    """(identifier without version, version) of an arXiv id, address, or arXiv DOI; ("", None) if it is none."""
    if not text:
        return "", None
    text = text.strip()
    prefix = _ARXIV_PREFIX.match(text)
    found = _ARXIV.match(text, prefix.end() if prefix else 0)
    if not found:
        return "", None
    version = int(found["version"]) if found["version"] else None
    return found["new"] or f"{found['archive'].lower()}/{found['number']}", version or None


def arxiv_year(identifier: str) -> int:
    """The year in which a canonical arXiv identifier was given out."""
    digits = identifier.rpartition("/")[2][:2]
    return (1900 if int(digits) > 90 else 2000) + int(digits)


def clean_doi(text: str) -> str:
    """A DOI in lower case without resolver; "" if the text holds none."""
    if not text:
        return ""
    text = text.strip()
    prefix = _DOI_PREFIX.match(text)
    if "%" in text:
        text = unquote(text)
    found = _DOI.match(text, prefix.end() if prefix else 0)
    if not found:
        return ""
    doi = found[0].rstrip(".,;")
    return (doi.rstrip(")") if doi.count(")") > doi.count("(") else doi).rstrip(".,;").lower()


def clean_url(text: str) -> str:
    """A web address fit to be a link; "" for anything that is not http or https."""
    if not text:
        return ""
    text = text.strip()
    fit = len(text) <= 2000 and text[:8].lower().startswith(("http://", "https://")) and text.isprintable()
    return text if fit and " " not in text else ""


def identifiers(
    *, arxiv: str = "", doi: str = "", urls: Iterable[str] = (), given: Mapping[str, str] | None = None
) -> Identifiers:
    """What names a paper, from its fields and, where they say nothing, from the addresses it is known under.

    `given` holds identifiers of other schemes as they are. An arXiv DOI becomes the arXiv id it stands for.
    """
    found = {scheme: value for scheme, value in (given or {}).items() if value}
    from_doi = arxiv_id(doi)[0]
    found["arxiv"] = arxiv_id(arxiv)[0] or from_doi
    found["doi"] = "" if from_doi else clean_doi(doi)
    for url in urls:
        if not found["arxiv"] and "arxiv" in url.lower():
            found["arxiv"] = arxiv_id(url)[0]
        if not found["doi"] and "doi.org/" in url and not arxiv_id(url)[0]:
            found["doi"] = clean_doi(url)
        for host, scheme, pattern in _URL_IDS:
            if host in url and scheme not in found and (match := pattern.match(url)):
                found[scheme] = match[1]
    return Identifiers(**found)
