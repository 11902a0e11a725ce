"""Reads a record's identifiers by the grammar of `kit.identifiers`, and checks web addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from broadsheet.kit import identifiers as grammar
from broadsheet.kit.identifiers import arxiv_year
from broadsheet.kit.paper import Identifiers

__all__ = ["arxiv_id", "arxiv_year", "clean_doi", "clean_url", "identifiers"]

_LONGEST_URL = 2000


def arxiv_id(text: str) -> tuple[str, int | None]:
    """(identifier without version, version) of an arXiv id, address, or arXiv DOI; ("", None) for any other text."""
    identifier = grammar.arxiv(text) if text else None
    if identifier is None and " " in text and (first := text.split(maxsplit=1)[:1]):  # `2603.01234 [cs.LG], 12 pages`
        identifier = grammar.arxiv(first[0])
    return identifier or ("", None)


def clean_doi(text: str) -> str:
    """The DOI in a text, in lower case without resolver; "" if there is none or more than one."""
    if not text:
        return ""
    identifier = grammar.doi(text)
    if identifier is None and not grammar.arxiv(text):
        dois = [value for scheme, value in grammar.find(text) if scheme == "doi"]
        identifier = dois[0] if len(dois) == 1 else None
    return identifier or ""


def clean_url(text: str) -> str:
    """A web address that can be used as a link; "" for anything that is not http or https."""
    if not text:
        return ""
    text = grammar.visible(text).strip()
    fit = len(text) <= _LONGEST_URL and text[:8].lower().startswith(("http://", "https://")) and text.isprintable()
    return text if fit and " " not in text else ""


def identifiers(
    *, arxiv: str = "", doi: str = "", urls: Iterable[str] = (), other_ids: Mapping[str, str] | None = None
) -> Identifiers:
    """The identifiers of a paper, from its fields or, if they are empty, from its addresses.

    `other_ids` has identifiers of other schemes, which are not checked. An arXiv DOI becomes its arXiv id.
    """
    values = {scheme: value for scheme, value in (other_ids or {}).items() if value}
    from_doi = arxiv_id(doi)[0]
    values["arxiv"] = arxiv_id(arxiv)[0] or from_doi
    values["doi"] = "" if from_doi else clean_doi(doi)
    for url in urls:
        identifier = grammar.canonical(url) if url else None
        if identifier and identifier[0] in _FIELDS and not values.get(identifier[0]):
            values[identifier[0]] = identifier[1]
    return Identifiers(**values)


_FIELDS = frozenset(Identifiers.__dataclass_fields__)
