"""Reads papers from Semantic Scholar's graph: of an author, that cite a paper, or by identifiers, 500 at once.

one thing followed ──► pages of 100 by offset ──► until an answer names no next one
The papers keep `references` in `extra`, where Semantic Scholar gives them: what each paper cites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from broadsheet.kit.errors import SourceError
from broadsheet.sources.contract import Item, Page
from broadsheet.sources.files.json_shapes import item_in
from broadsheet.sources.net.http import PoliteClient, Response
from broadsheet.sources.net.json_answers import json_again, json_of
from broadsheet.sources.net.rate_limit import Endpoints
from broadsheet.sources.providers.followed import Followed
from broadsheet.sources.text.clean import rejected

__all__ = ["SemanticScholar"]

NAME = "semantic-scholar"
SOURCE = "s2"  # of its records
SIZE = 100
BATCH = 500  # papers asked for by identifier
MOST = 10_000  # papers of one thing
_MISSING = frozenset({400, 404})
_SAID = ("Semantic Scholar", "try again later")  # of an answer that is cut
_FIELDS = (
    "externalIds,url,title,abstract,venue,year,publicationDate,publicationTypes,journal,openAccessPdf,citationCount,"
    "authors"
)
_PREFIXES = {"doi": "DOI:", "arxiv": "ARXIV:", "pmid": "PMID:", "acl": "ACL:", "s2": ""}


class SemanticScholar:
    """Semantic Scholar, asked for what is followed; `key` goes to its own host alone."""

    name = NAME

    def __init__(
        self,
        client: PoliteClient,
        follow: Sequence[Followed] = (),
        *,
        base_url: str = Endpoints.semantic_scholar,
        key: str = "",
        limit: int | None = None,
    ) -> None:
        self._client = client
        self._follow = follow
        self._url = f"{base_url.rstrip('/')}/graph/v1"
        self._headers = {"x-api-key": key} if key else {}
        self._limit = limit

    def pages(self, cursor: Callable[[str], str | None]) -> Iterator[Page]:
        """Yield one page for each answer; a run that was stopped goes on at the offset of its cursor.

        Raises SourceError where nothing is followed, or Semantic Scholar refuses.
        """
        if not self._follow:
            hint = 'set [semantic_scholar] follow = ["s2:1741101"] or "cites:DOI" in broadsheet.toml'
            raise SourceError(f"nobody is followed; {hint}")
        for one in self._follow:
            name = f"{NAME}:{one.label}"
            text = cursor(name) or ""
            yield from self._of(one, name, int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0)

    def author(self, one: Followed) -> Iterator[Item]:
        """Every paper of an author, or that cites a paper. Raises SourceError."""
        for page in self._of(one, "", 0):
            yield from page.items

    def papers(self, ids: Sequence[tuple[str, str]]) -> Iterator[Item]:
        """The papers with these identifiers (scheme, value); an unknown one is rejected. Raises SourceError."""
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            content = {"ids": [_PREFIXES[scheme] + value for scheme, value in batch]}
            url = f"{self._url}/paper/batch?fields={_FIELDS},references.externalIds"
            rows = json_of(self._client.post_json(NAME, url, content, headers=self._headers), list, *_SAID)
            for (scheme, value), row in zip(batch, [*rows, *[None] * len(batch)], strict=False):
                place = f"{NAME} {scheme}:{value}"
                unknown = rejected(SOURCE, place, "Semantic Scholar knows no paper with this identifier")
                yield item_in(row, SOURCE, place) if row is not None else unknown

    def _of(self, one: Followed, name: str, offset: int) -> Iterator[Page]:
        path, inside, fields = _path(one)
        start: int | None = offset
        while start is not None:
            query = {"fields": fields, "limit": str(SIZE), "offset": str(start)}
            answer = self._answer(path, query, one)
            rows = answer.get("data")
            rows = rows if isinstance(rows, list) else []
            papers = [row.get(inside) if inside and isinstance(row, dict) else row for row in rows]
            items = tuple(item_in(row, SOURCE, f"{NAME} {one.label} #{start + at}") for at, row in enumerate(papers, 1))
            following = answer.get("next")
            is_next = isinstance(following, int) and start < following < min(MOST, self._limit or MOST) and rows
            start = following if is_next else None
            yield Page(items, (name, str(start or 0)) if name else None)

    def _answer(self, path: str, query: dict[str, str], one: Followed) -> dict[str, Any]:
        def ask() -> Response:
            return self._client.get(NAME, self._url + path, query, accept=_MISSING, headers=self._headers)

        _, answer = json_again(ask, dict, *_SAID, without=_MISSING)
        if answer is None:
            raise SourceError(f"Semantic Scholar does not know {one.label}; check that it is spelt right")
        return answer


def _path(one: Followed) -> tuple[str, str, str]:
    """(the path that lists a thing's papers, the key of the paper in a row, the fields to ask for)."""
    if one.kind == "s2":
        return f"/author/{one.value}/papers", "", f"{_FIELDS},references.externalIds"
    if one.kind == "cites" and one.scheme in _PREFIXES:
        paper = quote(_PREFIXES[one.scheme] + one.value, safe=":/.")
        return f"/paper/{paper}/citations", "citingPaper", _FIELDS
    raise SourceError(f"Semantic Scholar finds nothing by {one.label}; it knows s2: and cites:")
