"""arXiv's announcement feeds: what is new today, with the day of announcement and its type.

The feed is the fast lane; the OAI harvest tells the rest of every paper and corrects what the feed says of authors.
Its records therefore carry a source name of their own.
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
TRIES = 2  # a feed that ends too early is asked for once more
_CUT = ":after entry "  # in the place of what read_feed says of a damaged feed


class ArxivFeed:
    """Today's announcements in categories such as `cs.IR`, in one request.

    `base_url` chooses the shape: it ends in /atom or /rss. An empty feed is a quiet day. The cursor
    `arxiv-feed:<categories>` holds the validators of the last feed that was read whole; an unchanged feed gives no
    page. Raises SourceError if arXiv does not know a category.
    """

    name = SOURCE

    def __init__(
        self, client: PoliteClient, categories: Sequence[str], *, base_url: str = Endpoints.arxiv_feed
    ) -> None:
        self._client = client
        self._names = "+".join(dict.fromkeys(categories))
        self._url = f"{base_url.rstrip('/')}/{quote(self._names, safe='+')}"

    def pages(self, cursor: Callable[[str], str | None]) -> Iterator[Page]:
        """One page with all announcements; none if nothing has changed since the cursor."""
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
    """(ETag, Last-Modified) of a cursor's value; empty if there is none or it makes no sense."""
    try:
        stored = json.loads(cursor or "{}")
    except (ValueError, RecursionError):
        return "", ""
    values = (stored.get(key, "") for key in ("etag", "last_modified")) if isinstance(stored, dict) else ("", "")
    etag, last_modified = (value if isinstance(value, str) else "" for value in values)
    return etag, last_modified
