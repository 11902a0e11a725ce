"""Private feeds: an address that nobody can guess for everything a reader follows, each revocable alone.

An address has the number of its feed, its generation, and their signature with the library's key. To revoke one moves
the generation on; the database holds nothing that opens a feed.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from broadsheet.catalogue.community.exchange import PrivateFeed
from broadsheet.community.exchange.opml import Line
from broadsheet.community.exchange.streams import Stream, stream_named, streams
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.community.community import Community

__all__ = ["FORMS", "LIST", "FollowedFeed", "PrivateFeeds"]

FORMS = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}
LIST = Stream("feeds", "all feeds", "/exchange")  # the list of all feeds has an address of its own
_RESOLUTION = timedelta(minutes=10)  # of the time a feed was last fetched
_TOKEN = re.compile(r"([0-9]{1,15})-([0-9]{1,9})-([0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class FollowedFeed:
    """A stream and its feed; a feed that was never made has none."""

    stream: Stream
    feed: PrivateFeed | None
    path: str  # without the form's ending; "" where no address is open


class PrivateFeeds:
    """The private feeds of a library's readers."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._library = community.library
        self._tables = community.library.catalogue.community.exchange

    def all(self, reader: str) -> list[FollowedFeed]:
        """The list of feeds, and everything that a reader follows, with the addresses that are open."""
        made = {feed.stream: feed for feed in self._tables.feeds(self._library.reader(reader).id)}
        own = [(stream, made.get(stream.key)) for stream in (LIST, *streams(self._community, reader))]
        return [FollowedFeed(stream, feed, self._path(feed) if feed and feed.is_open else "") for stream, feed in own]

    def lines(self, reader: str, base: str, *, make: bool = False) -> list[Line]:
        """The open feeds as lines of a list, below `base`; with `make`, what never had an address gets one."""
        if make and not self._library.catalogue.read_only:
            self.make(reader)
        title = self._library.settings.server.title
        return [
            Line(f"{title} {one.stream.title}", f"{base}{one.path}.atom", base + one.stream.home, one.stream.label)
            for one in self.all(reader)
            if one.path and one.stream != LIST
        ]

    def make(self, reader: str, key: str = "") -> None:
        """Give a stream an address, or all streams that never had one. Raises UsageError for none."""
        known = [LIST.key, *(stream.key for stream in streams(self._community, reader))]
        _require(key in known or not key, key)
        self._tables.add_feeds(self._reader_id(reader), [key] if key else known)

    def renew(self, reader: str, key: str) -> None:
        """Give a stream another address; from now on the present one opens nothing. Raises UsageError."""
        _require(any(one.stream.key == key for one in self.all(reader)), key)
        self._tables.add_feeds(self._reader_id(reader), [key])
        self._tables.renew_feed(self._reader_id(reader), key)

    def revoke(self, reader: str, key: str) -> None:
        """Revoke the address of a stream; it gets no other by itself. Raises UsageError."""
        _require(any(one.stream.key == key and one.path for one in self.all(reader)), key)
        self._tables.revoke_feed(self._reader_id(reader), key)

    def opened(self, token: str) -> tuple[str, Stream] | None:
        """The reader and the stream of an address; None where it is revoked or what it listed is gone.

        Raises UsageError for what never was an address.
        """
        parts = _TOKEN.fullmatch(token)
        signature = self._signature(int(parts[1]), int(parts[2])) if parts else ""
        if parts is None or not hmac.compare_digest(signature, parts[3]):
            raise UsageError("This is no address of a feed.")
        row = self._tables.feed(int(parts[1]))
        if row is None or not row[0].is_open or row[0].generation != int(parts[2]):
            return None
        feed, reader = row
        stream = LIST if feed.stream == LIST.key else stream_named(self._community, reader, feed.stream)
        if stream is not None:
            self._note_fetched(feed)
        return (reader, stream) if stream else None

    def _note_fetched(self, feed: PrivateFeed) -> None:
        is_recent = feed.fetched_at is not None and self._library.now() - feed.fetched_at < _RESOLUTION
        if not is_recent and not self._library.catalogue.read_only:
            self._tables.note_fetched(feed.id)

    def _path(self, feed: PrivateFeed) -> str:
        return f"/feeds/{feed.id}-{feed.generation}-{self._signature(feed.id, feed.generation)}"

    def _signature(self, number: int, generation: int) -> str:
        text = f"private feed {number} {generation}"
        return hmac.new(self._library.key, text.encode(), "sha256").hexdigest()[:40]

    def _reader_id(self, reader: str) -> int:
        return self._library.catalogue.readers.get(reader, create=reader == "me").id


def _require(condition: bool, key: str) -> None:
    if not condition:
        raise UsageError(f"there is no feed {key[:100]!r}; the page /exchange lists them")
