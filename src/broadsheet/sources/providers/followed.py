"""What can be followed at OpenAlex and Semantic Scholar: an author's papers, and the papers that cite a paper."""

from __future__ import annotations

import re
from dataclasses import dataclass

from broadsheet.kit.errors import UsageError
from broadsheet.kit.identifiers import canonical

__all__ = ["Followed", "followed"]

_ORCID = re.compile(r"(?:orcid:|https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])")
_OPENALEX = re.compile(r"(?:openalex:|https?://(?:api\.)?openalex\.org/(?:authors/)?)?(A\d{4,12})", re.IGNORECASE)
_S2 = re.compile(r"(?:s2:|https?://(?:www\.)?semanticscholar\.org/author/(?:[^/]*/)?)(\d{1,15})")
_FORMS = "orcid:0000-0002-1825-0097, openalex:A5000000001 or s2:1741101"


@dataclass(frozen=True, slots=True)
class Followed:
    """One thing: kind is orcid, openalex or s2 for an author, or cites for what cites the paper (scheme, value)."""

    kind: str
    value: str
    scheme: str = ""

    @property
    def label(self) -> str:
        """As it is written in settings and messages."""
        return f"{self.kind}:{self.scheme}:{self.value}" if self.scheme else f"{self.kind}:{self.value}"


def followed(text: str) -> Followed:
    """Read "orcid:…", "openalex:A…", "s2:…", an address of such an author, or "cites:" and an identifier of a paper.

    Raises UsageError.
    """
    text = text.strip()
    if text.lower().startswith("cites:"):
        paper = canonical(text[6:].strip())
        if paper is None:
            raise UsageError(f"{text[:100]!r} names no paper; write cites: and a DOI, an arXiv id or a PMID")
        return Followed("cites", paper[1], paper[0])
    for kind, pattern in (("orcid", _ORCID), ("s2", _S2), ("openalex", _OPENALEX)):
        if match := pattern.fullmatch(text):
            value = match[1].upper() if kind != "s2" else match[1]
            return Followed(kind, value)
    raise UsageError(f"{text[:100]!r} is no author; write {_FORMS}")
