"""What feed readers read: items in streams with the time they came in, and which are read and starred.

A star is a save. A paper that was opened alone counts as opened; papers marked as read together were seen, no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from broadsheet.catalogue import Event, ReaderState
from broadsheet.community.exchange.streams import Stream, kind_of, papers_of, streams
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.community.community import Community

__all__ = ["LABEL", "READ", "READING_LIST", "STARRED", "UNREAD", "Reading", "subscription_id"]

_STATE = "user/-/state/com.google/"
READING_LIST, READ, STARRED, UNREAD = (_STATE + name for name in ("reading-list", "read", "starred", "unread"))
_KEPT_UNREAD = _STATE + "kept-unread"
LABEL = "user/-/label/"
PROGRAM = "program"  # the policy of what a feed reader showed, and of what it sends back
_SIZE = 200  # papers of a stream that are looked at
_KEPT = 500  # papers that stay in a ranked stream


@dataclass(frozen=True, slots=True)
class _Contents:
    """A stream, and when each paper came into it."""

    stream: Stream
    arrived: Mapping[int, datetime]


def subscription_id(stream: Stream) -> str:
    """How programs name a stream."""
    return "feed/" + quote(stream.key, safe="")


class Reading:
    """What one reader's programs read; made for one request."""

    def __init__(self, community: Community, reader: str) -> None:
        self._community = community
        self._library = community.library
        self._tables = community.library.catalogue.community.exchange
        self._reader = reader
        self._reader_id = community.library.catalogue.readers.get(reader, create=reader == "me").id

    @cached_property
    def subscriptions(self) -> list[Stream]:
        """The streams that a program shows; what is saved is starred there, and no stream."""
        return [stream for stream in streams(self._community, self._reader) if stream.kind != "saved"]

    @cached_property
    def saved(self) -> dict[int, datetime]:
        """The starred papers, and since when."""
        return self._state.saved

    @cached_property
    def read(self) -> frozenset[int]:
        """The papers that are read: marked so, opened, rated or hidden here, or filed by the reader alone."""
        marks = self._tables.read_marks(self._reader_id)
        state = self._state
        own = [set(one.arrived) for one in self._contents if kind_of(one.stream).is_own]
        news = [set(one.arrived) for one in self._contents if not kind_of(one.stream).is_own]
        filed = set().union(*own) - set().union(*news)
        known = {*state.opened, *state.ratings, *state.hidden, *filed}
        return frozenset({paper for paper, is_read in marks.items() if is_read} | (known - marks.keys()))

    @cached_property
    def arrived(self) -> dict[int, datetime]:
        """Every paper of all streams, and when it came into the first of them."""
        first: dict[int, datetime] = {}
        for one in self._contents:
            for paper, at in one.arrived.items():
                first[paper] = min(first.get(paper, at), at)
        return first

    @cached_property
    def origins(self) -> dict[int, list[Stream]]:
        """The streams of every paper."""
        origins: dict[int, list[Stream]] = {}
        for one in self._contents:
            for paper in one.arrived:
                origins.setdefault(paper, []).append(one.stream)
        return origins

    def items(self, name: str) -> dict[int, datetime]:
        """The papers of what a program calls a stream, and when each came in. Raises UsageError for another name."""
        name = _named(name)
        if name.startswith("feed/"):
            found = self._named.get(name)
            if found is None:
                raise UsageError(f"there is no stream {name[:100]!r}; subscription/list has them")
            return dict(found.arrived)
        if name.startswith(LABEL):
            label = name.removeprefix(LABEL)
            papers = [paper for one in self._contents if one.stream.label == label for paper in one.arrived]
            return {paper: self.arrived[paper] for paper in papers}
        if name == STARRED:
            return {paper: self.arrived.get(paper, at) for paper, at in self.saved.items()}
        if name in (READ, UNREAD, _KEPT_UNREAD):
            return {paper: at for paper, at in self.arrived.items() if (paper in self.read) == (name == READ)}
        if name == READING_LIST:
            return dict(self.arrived)
        if name.startswith("user/"):  # a state that papers do not have here
            return {}
        raise UsageError(f"there is no stream {name[:100]!r}; subscription/list has them")

    def mark(self, papers: Collection[int], added: Collection[str], removed: Collection[str]) -> None:
        """Give papers states and labels, and take others: read, starred, and labels, which are tags. Raises UsageError.

        What is so already stays, so that a call sent twice changes nothing.
        """
        live = self._library.catalogue.community.editions.live(list(papers))
        numbers = list(dict.fromkeys(live[paper] for paper in papers if paper in live))
        added, removed = {_named(name) for name in added}, {_named(name) for name in removed}
        events = []
        if STARRED in added:
            events += [Event("save", paper, policy=PROGRAM) for paper in numbers if paper not in self.saved]
        if STARRED in removed:
            events += [Event("unsave", paper, policy=PROGRAM) for paper in numbers if paper in self.saved]
        for names, kind in ((added, "tag"), (removed, "untag")):
            for label in (name.removeprefix(LABEL) for name in sorted(names) if name.startswith(LABEL)):
                have = self._state.tags.get(label, frozenset())
                numbers_of = [paper for paper in numbers if (paper in have) == (kind == "untag")]
                events += [Event(kind, paper, value=label, policy=PROGRAM) for paper in numbers_of]
        is_read = READ in added
        if is_read:
            unread = [paper for paper in numbers if paper not in self.read]
            kind = "open" if len(numbers) == 1 else "impression"
            events += [Event(kind, paper, policy=PROGRAM) for paper in unread]
        if events:
            self._library.catalogue.readers.log(self._reader_id, events)
        if numbers and (is_read or READ in removed or _KEPT_UNREAD in added):
            self._tables.mark_read(self._reader_id, numbers, is_read=is_read)

    def mark_all(self, name: str, until: datetime) -> None:
        """Mark everything in a stream that came until then as read. Raises UsageError."""
        papers = [paper for paper, at in self.items(name).items() if at <= until and paper not in self.read]
        if papers:
            live = self._library.catalogue.community.editions.live(papers).values()
            events = [Event("impression", paper, policy=PROGRAM) for paper in dict.fromkeys(live)]
            self._library.catalogue.readers.log(self._reader_id, events)
            self._tables.mark_read(self._reader_id, papers, is_read=True)

    @cached_property
    def _state(self) -> ReaderState:
        return self._library.state(self._reader)

    @cached_property
    def _contents(self) -> list[_Contents]:
        return [_Contents(stream, self._arrived_in(stream)) for stream in self.subscriptions]

    @cached_property
    def _named(self) -> dict[str, _Contents]:
        """The contents by what programs call their streams; some decode the name."""
        decoded = {f"feed/{one.stream.key}": one for one in self._contents}
        return decoded | {subscription_id(one.stream): one for one in self._contents}

    def _arrived_in(self, stream: Stream) -> dict[int, datetime]:
        """When each paper of a stream came in; new ones now."""
        noted = self._tables.stream(self._reader_id, stream.key)
        present = [paper for paper, _ in papers_of(self._community, self._reader, stream, _SIZE)]
        now = self._library.now()
        new = {paper: now for paper in present if paper not in noted}
        stays = noted if kind_of(stream).is_ranked else {paper: noted[paper] for paper in present if paper in noted}
        arrived = dict(list({**new, **stays}.items())[:_KEPT])
        gone = noted.keys() - arrived.keys()
        if (new or gone) and not self._library.catalogue.read_only:
            self._tables.note_stream(self._reader_id, stream.key, new, gone)
        return arrived


def _named(name: str) -> str:
    """A name as this module writes it: programs write the reader's number or name for the dash."""
    parts = name.split("/", 2)
    return "/".join(["user", "-", parts[2]]) if parts[0] == "user" and len(parts) == 3 else name
