"""What a paper cites, as far as its record says: identifiers in the fields where sources list references. Pure.

OpenAlex lists `referenced_works`, Semantic Scholar and BibTeX files `references`, Crossref `reference`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from broadsheet.kit import identifiers
from broadsheet.kit.paper import Paper

__all__ = ["FIELDS", "references"]

FIELDS = ("referenced_works", "references", "reference")  # of `extra`
_MOST = 5000  # of one paper
_LONGEST = 2000  # characters of an entry of words
_KEYS = ("DOI", "doi", "arxiv", "ArXiv", "id", "paperId", "openalex", "url", "unstructured")
_NESTED = ("externalIds", "citedPaper", "ids")


def references(paper: Paper) -> frozenset[tuple[str, str]]:
    """(scheme, canonical value) of everything that the record of a paper cites."""
    cited: set[tuple[str, str]] = set()
    for name in FIELDS:
        for entry in _entries(paper.extra.get(name)):
            cited.update(_identifiers(entry))
            if len(cited) >= _MOST:
                return frozenset(cited)
    return frozenset(cited)


def _entries(value: Any) -> Iterator[Any]:
    if isinstance(value, str):
        yield from value[: _MOST * 100].replace(";", "\n").splitlines()
    elif isinstance(value, list | tuple):
        yield from value[:_MOST]


def _identifiers(entry: Any) -> Iterator[tuple[str, str]]:
    if isinstance(entry, str):
        text = entry[:_LONGEST].strip()
        one = identifiers.canonical(text)
        yield from [one] if one else identifiers.find(text)
    elif isinstance(entry, dict):
        for key in _KEYS:
            if isinstance(entry.get(key), str):
                yield from _identifiers(entry[key])
        for key in _NESTED:
            nested = entry.get(key)
            if isinstance(nested, dict):
                yield from (pair for name, value in list(nested.items())[:20] for pair in _named(str(name), value))


def _named(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str | int):
        scheme = {"pubmed": "pmid", "pubmedcentral": "pmcid", "corpusid": "s2", "paperid": "s2"}.get(
            name.lower(), name.lower()
        )
        one = identifiers.of_scheme(scheme, str(value)[:_LONGEST])
        yield from [one] if one else []
