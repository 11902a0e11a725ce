"""Reads arXiv's announcement feeds: today's papers, with the day and type of announcement.

The feed is early but incomplete; the OAI harvest later adds the remaining fields and corrects the authors. So the
records of the feed have their own source name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from broadsheet.sources.contract import Item, Page
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import Endpoints
from broadsheet.sources.providers.feeds import FeedSource, read_feed
from broadsheet.sources.text.clean import rejected

__all__ = ["ArxivFeed"]

SOURCE = "arxiv-feed"
TRIES = 2  # a truncated feed is requested once more
_CUT = ":after entry "  # in the place of the rejection with which read_feed reports a truncated feed


class ArxivFeed:
    """Today's announcements in categories such as `cs.IR`, in one request.

    `base_url` ends in /atom or /rss, which selects the format. On a day without announcements the feed is empty. The
    cursor `arxiv-feed:<categories>` has the validators of the last feed that was read completely; an unchanged feed
    yields no page. Raises SourceError if arXiv does not know a category.
    """

    name = SOURCE

    def __init__(
        self, client: PoliteClient, categories: Sequence[str], *, base_url: str = Endpoints.arxiv_feed
    ) -> None:
        self._client = client
        self._names = "+".join(dict.fromkeys(categories))
        self._url = f"{base_url.rstrip('/')}/{quote(self._names, safe='+')}"

    def pages(self, cursor: Callable[[str], str | None]) -> Iterator[Page]:
        """Yield one page with all announcements; none if the feed has not changed since the cursor."""
        name = f"{SOURCE}:{self._names}"
        etag, last_modified = _validators(cursor(name))
        items: tuple[Item, ...] = ()
        for _ in range(TRIES):
            response = self._client.get("arxiv", self._url, etag=etag, last_modified=last_modified)
            if response.body is None:
                return
            page_items = self._items(response.body)
            if not _is_cut(page_items):
                value = json.dumps({"etag": response.etag, "last_modified": response.last_modified})
                yield Page(page_items, (name, value))
                return
            items = max(items, page_items, key=len)
        yield Page(items)

    def _items(self, body: bytes) -> tuple[Item, ...]:
        place = f"{SOURCE} {self._names}"
        if not FeedSource().sniff(body[:8192]):
            text = body[:2000].decode("utf-8", errors="replace")
            return (rejected(SOURCE, f"{place}{_CUT}0", "the answer is no feed; asked for again next time", text),)
        return tuple(read_feed(body, place=place, source=SOURCE))


def _is_cut(items: tuple[Item, ...]) -> bool:
    return bool(items) and _CUT in items[-1].place


def _validators(cursor: str | None) -> tuple[str, str]:
    """(ETag, Last-Modified) in a cursor's value; empty strings if it is missing or invalid."""
    try:
        stored = json.loads(cursor or "{}")
    except (ValueError, RecursionError):
        return "", ""
    values = (stored.get(key, "") for key in ("etag", "last_modified")) if isinstance(stored, dict) else ("", "")
    etag, last_modified = (value if isinstance(value, str) else "" for value in values)
    return etag, last_modified
