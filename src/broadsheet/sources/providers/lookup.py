"""Looks up papers by identifier: arXiv ids at arXiv, DOIs at Crossref or, if it does not have them, at DataCite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.identifiers import arxiv, find
from broadsheet.kit.paper import Paper, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import Endpoints
from broadsheet.sources.providers.arxiv_api import ApiAnswer, read_answer
from broadsheet.sources.providers.crossref_datacite import crossref_paper, datacite_paper
from broadsheet.sources.text.clean import rejected

__all__ = ["lookup"]

BATCH = 100  # ids in one request to arXiv
TRIES = 3  # arXiv sometimes answers without entries although there are some
_ARXIV_DOI = "10.48550/arxiv."
_NOT_FOUND = frozenset({404, 410})
_NONE = "neither an arXiv id such as 2603.01234 nor a DOI such as 10.1234/x"


def lookup(client: PoliteClient, ids: Sequence[str], *, endpoints: Endpoints | None = None) -> Iterator[Item]:
    """Yield the paper of each identifier, bare or as an address: first those of arXiv, then those with a DOI.

    An invalid or unknown id, or one whose provider cannot be reached, is yielded as Rejected with the id as its place.
    Raises nothing.
    """
    endpoints = endpoints or Endpoints()
    preprints: dict[str, str] = {}  # arXiv id → the id to request, with version if there is one
    dois: dict[str, None] = {}
    for text in ids:
        scheme, value = next((one for one in find(text) if one[0] in ("arxiv", "doi")), ("", ""))
        if scheme == "arxiv" and _ARXIV_DOI in text.lower():
            dois[f"{_ARXIV_DOI}{value}"] = None
        elif scheme == "arxiv":
            version = (arxiv(text) or ("", None))[1]
            preprints[value] = f"{value}v{version}" if version else value
        elif scheme:
            dois[value] = None
        else:
            yield rejected("lookup", text[:200], _NONE, text)
    requested = list(preprints.items())
    for start in range(0, len(requested), BATCH):
        yield from _from_arxiv(client, endpoints.arxiv_api, dict(requested[start : start + BATCH]))
    for doi in dois:
        yield _from_doi(client, endpoints, doi)


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
