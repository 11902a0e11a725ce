"""Looks up papers by identifier: arXiv ids at arXiv, DOIs at Crossref or, if it does not have them, at DataCite.

Numbers of PubMed and OpenAlex are looked up at OpenAlex, those of the ACL Anthology and Semantic Scholar at the latter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias
from urllib.parse import quote

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.identifiers import arxiv, canonical, find
from broadsheet.kit.paper import Paper, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import Endpoints
from broadsheet.sources.providers.arxiv_api import ApiAnswer, read_answer
from broadsheet.sources.providers.crossref_datacite import crossref_paper, datacite_paper
from broadsheet.sources.providers.openalex import OpenAlex
from broadsheet.sources.providers.semantic_scholar import SemanticScholar
from broadsheet.sources.text.clean import rejected

__all__ = ["lookup"]

BATCH = 100  # ids in one request to arXiv
TRIES = 3  # arXiv sometimes answers without entries although there are some
_ARXIV_DOI = "10.48550/arxiv."
_NOT_FOUND = frozenset({404, 410})
_NONE = "neither an arXiv id such as 2603.01234 nor a DOI such as 10.1234/x"
_SCHEMES = ("arxiv", "doi", "pmid", "openalex", "acl", "s2")
_AT_OPENALEX = frozenset({"pmid", "openalex"})
Graphs: TypeAlias = tuple[OpenAlex, SemanticScholar]


def lookup(
    client: PoliteClient, ids: Sequence[str], *, endpoints: Endpoints | None = None, graphs: Graphs | None = None
) -> Iterator[Item]:
    """Yield the paper of each identifier, bare or as an address: those of arXiv, those with a DOI, then the others.

    Others than arXiv ids and DOIs are looked up where there are `graphs`.

    An invalid or unknown id, or one whose provider cannot be reached, is yielded as Rejected with the id as its place.
    Raises nothing.
    """
    endpoints = endpoints or Endpoints()
    preprints: dict[str, str] = {}  # arXiv id → the id to request, with version if there is one
    dois: dict[str, None] = {}
    others: dict[tuple[str, str], None] = {}
    for text in ids:
        whole = canonical(text)
        found = [one for one in ([whole] if whole else find(text)) if one[0] in (_SCHEMES if graphs else _SCHEMES[:2])]
        scheme, value = next(iter(found), ("", ""))
        if scheme == "arxiv" and _ARXIV_DOI in text.lower():
            dois[f"{_ARXIV_DOI}{value}"] = None
        elif scheme == "arxiv":
            version = (arxiv(text) or ("", None))[1]
            preprints[value] = f"{value}v{version}" if version else value
        elif scheme == "doi":
            dois[value] = None
        elif scheme:
            others[scheme, value] = None
        else:
            yield rejected("lookup", text[:200], _NONE, text)
    requested = list(preprints.items())
    for start in range(0, len(requested), BATCH):
        yield from _from_arxiv(client, endpoints.arxiv_api, dict(requested[start : start + BATCH]))
    for doi in dois:
        yield _from_doi(client, endpoints, doi)
    if graphs:
        yield from _from_graphs(graphs, list(others))


def _from_graphs(graphs: Graphs, ids: list[tuple[str, str]]) -> Iterator[Item]:
    """Yield the papers of OpenAlex and Semantic Scholar."""
    openalex, scholar = graphs
    for scheme, value in [one for one in ids if one[0] in _AT_OPENALEX]:
        try:
            yield openalex.work(scheme, value)
        except SourceError as error:
            yield rejected("openalex", f"{scheme}:{value}", str(error))
    rest = [one for one in ids if one[0] not in _AT_OPENALEX]
    try:
        yield from scholar.papers(rest)
    except SourceError as error:
        yield from (rejected("s2", f"{scheme}:{value}", str(error)) for scheme, value in rest)


def _from_arxiv(client: PoliteClient, url: str, requested: dict[str, str]) -> Iterator[Item]:
    """Yield the papers of `requested` (arXiv id → id to request). An id that arXiv refuses is found by bisection."""
    try:
        answer = _ask(client, url, list(requested.values()))
    except SourceError as error:
        yield from (rejected("arxiv", key, str(error)) for key in requested)
        return
    if answer.error and len(requested) > 1:
        items, half = list(requested.items()), len(requested) // 2
        yield from _from_arxiv(client, url, dict(items[:half]))
        yield from _from_arxiv(client, url, dict(items[half:]))
        return
    missing = dict(requested)
    for item in answer.items:
        if not isinstance(item, Record) or missing.pop(item.source_id, ""):
            yield item
    reason = answer.error or answer.damage or "arXiv knows no paper of this id"
    yield from (rejected("arxiv", key, reason) for key in missing)


def _ask(client: PoliteClient, url: str, ids: list[str]) -> ApiAnswer:
    params = {"id_list": ",".join(ids), "max_results": str(len(ids))}
    best = ApiAnswer()
    for _ in range(TRIES):
        response = client.get("arxiv", url, params, accept={400})
        answer = read_answer(response.body or b"")
        if response.status == 400 and not answer.error:
            return ApiAnswer(error="arXiv refuses the request (status 400)")
        if answer.error or not (answer.damage or (answer.total and not answer.items)):
            return answer
        best = answer if len(answer.items) >= len(best.items) else best
    return best


def _from_doi(client: PoliteClient, endpoints: Endpoints, doi: str) -> Item:
    source = "datacite" if doi.startswith(_ARXIV_DOI) else "crossref"
    try:
        paper = None if source == "datacite" else _crossref(client, endpoints.crossref, doi)
        if paper is None:
            source = "datacite"
            paper = _datacite(client, endpoints.datacite, doi)
    except (SourceError, RecordError) as error:
        return rejected(source, doi, str(error))
    return Record(paper, source, doi, f"{source} {doi}")


def _crossref(client: PoliteClient, url: str, doi: str) -> Paper | None:
    """The paper, or None if Crossref does not have the DOI."""
    response = client.get("crossref", f"{url}/{quote(doi, safe='')}", accept=_NOT_FOUND)
    return None if response.status in _NOT_FOUND else crossref_paper(response.body or b"", doi)


def _datacite(client: PoliteClient, url: str, doi: str) -> Paper:
    response = client.get("datacite", f"{url}/{quote(doi, safe='')}", accept=_NOT_FOUND)
    if response.status in _NOT_FOUND:
        raise RecordError("neither Crossref nor DataCite knows this DOI; check its spelling")
    return datacite_paper(response.body or b"", doi)
