"""Reads works from OpenAlex: of an author by ORCID or OpenAlex id, that cite a paper, or by identifiers.

one thing followed ──► pages of 100 by cursor, the newest first ──► until a page has nothing newer than last time
The works keep `referenced_works` in `extra`: what each paper cites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Record
from broadsheet.sources.contract import Item, Page
from broadsheet.sources.files.json_shapes import item_in
from broadsheet.sources.net.http import PoliteClient, Response
from broadsheet.sources.net.json_answers import json_again
from broadsheet.sources.net.rate_limit import Endpoints
from broadsheet.sources.providers.followed import Followed
from broadsheet.sources.text.clean import parse_date, rejected

__all__ = ["OpenAlex"]

NAME = "openalex"
SIZE = 100  # works of a page, the most that OpenAlex gives
OVERLAP = timedelta(days=60)  # works are added late, and dated back
MOST = 10_000  # works of one thing
_MISSING = frozenset({400, 404, 410})
_FILTERS = {"orcid": "authorships.author.orcid", "openalex": "authorships.author.id"}
_PREFIXES = {"doi": "doi:", "pmid": "pmid:", "openalex": "", "arxiv": "doi:10.48550/arxiv."}


class OpenAlex:
    """OpenAlex, asked for what is followed. `key` is a parameter that no message shows."""

    name = NAME

    def __init__(
        self,
        client: PoliteClient,
        follow: Sequence[Followed] = (),
        *,
        base_url: str = Endpoints.openalex,
        key: str = "",
        limit: int | None = None,
    ) -> None:
        self._client = client
        self._follow = follow
        self._url = base_url.rstrip("/")
        self._key = key
        self._limit = limit

    def pages(self, cursor: Callable[[str], str | None]) -> Iterator[Page]:
        """Yield one page for each answer; the cursor of a thing is the day up to which it was read.

        Raises SourceError where nothing is followed, or OpenAlex refuses.
        """
        if not self._follow:
            raise SourceError('nobody is followed; set [openalex] follow = ["orcid:…", "cites:DOI"] in broadsheet.toml')
        for one in self._follow:
            name = f"{NAME}:{one.label}"
            since = parse_date(cursor(name) or "")
            yield from self._of(one, name, since.isoformat() if since else "")

    def author(self, one: Followed) -> Iterator[Item]:
        """Every work of an author, or that cites a paper, the newest first. Raises SourceError."""
        for page in self._of(one, "", ""):
            yield from page.items

    def work(self, scheme: str, value: str) -> Item:
        """The work with this identifier: doi, pmid, arxiv or openalex. Raises SourceError where it cannot be asked."""
        place = f"{NAME} {scheme}:{value}"
        response = self._get(_path(scheme, value), {})
        if response is None:
            return rejected(NAME, place, "OpenAlex knows no work with this identifier; check its spelling")
        return _item(response, place)

    def _of(self, one: Followed, name: str, since: str) -> Iterator[Page]:
        query = {"filter": self._filter(one), "per_page": str(SIZE), "sort": "publication_date:desc"}
        query["filter"] += f",from_publication_date:{since}" if since else ""
        today = datetime.fromtimestamp(self._client.now(), UTC).date()
        place, count, number = "*", 0, 0
        while place:
            answer = self._get("/works", {**query, "cursor": place})
            rows = answer.get("results") if answer else None
            if answer is None or not isinstance(rows, list):
                raise SourceError(f"OpenAlex gives no works of {one.label}; check that it is spelt right")
            number += 1
            items = tuple(_item(row, f"{NAME} {one.label} page {number} #{at}") for at, row in enumerate(rows, 1))
            count += len(items)
            meta = answer.get("meta")
            place = str(meta.get("next_cursor") or "") if isinstance(meta, dict) else ""
            is_last = not place or not rows or count >= min(MOST, self._limit or MOST)
            done = (name, (today - OVERLAP).isoformat()) if is_last and name else None
            yield Page(items, done)
            if is_last:
                return

    def _filter(self, one: Followed) -> str:
        if one.kind in _FILTERS:
            return f"{_FILTERS[one.kind]}:{one.value}"
        if one.kind != "cites":
            raise SourceError(f"OpenAlex does not know {one.label}; it knows orcid: and openalex:A…")
        if one.scheme not in _PREFIXES:
            raise SourceError(f"OpenAlex finds no paper by {one.scheme}; write its DOI, arXiv id or PMID")
        work = one.value
        if one.scheme != "openalex":
            found = self._get(_path(one.scheme, one.value), {"select": "id"})
            work = str((found or {}).get("id", "")).rpartition("/")[2]
            if not work:
                raise SourceError(f"OpenAlex does not know the paper {one.value}")
        return f"cites:{work}"

    def _get(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        """An answer; None where there is no such thing. Raises SourceError, also where it is cut twice."""

        def ask() -> Response:
            return self._client.get(NAME, self._url + path, query, accept=_MISSING, secret=("api_key", self._key))

        return json_again(ask, dict, "OpenAlex", "it is asked for again next time", without=_MISSING)[1]


def _path(scheme: str, value: str) -> str:
    """Where the work with this identifier is."""
    return f"/works/{quote(_PREFIXES[scheme] + value, safe=':/.')}"


def _item(row: Any, place: str) -> Item:
    item = item_in(row, NAME, place)
    return replace(item, source_id=item.source_id.rpartition("/")[2]) if isinstance(item, Record) else item
