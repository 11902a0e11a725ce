"""Streams: what a reader can follow in another program, one feed each.

A kind of stream is one object in KINDS; every stream of it then has a private feed, a line in the list of feeds and a
subscription in feed readers. A stream's key never names another one later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlencode

from broadsheet.community.searches import SearchTerms
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.community.community import Community
    from broadsheet.pipeline.feed.own_interests import ReaderInterest

__all__ = ["KINDS", "Stream", "StreamKind", "kind_of", "papers_of", "stream_named", "streams"]

_PAGE = 30  # papers of the page at once: what is ranked lower comes when the rest was read
Papers: TypeAlias = "Sequence[tuple[int, str]]"  # numbers, each with why it is there; what came last first


@dataclass(frozen=True, slots=True)
class Stream:
    """Something to follow; `home` is the path of its page."""

    key: str  # "page", "tag:thesis", "search:7"
    title: str
    home: str
    label: str = ""  # of the folder it is in

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return self.key.partition(":")[0]

    @property
    def name(self) -> str:
        """Which one of its kind."""
        return self.key.partition(":")[2]


@dataclass(frozen=True, slots=True)
class StreamKind:
    """Streams of one kind: which a reader has, and the papers of one, at most so many."""

    name: str
    label: str  # of the folder they are in
    all: Callable[[Community, str], Iterable[Stream]]
    papers: Callable[[Community, str, Stream, int], Papers]
    is_ranked: bool = False  # what was in it once stays: the ranking of today says nothing of yesterday's
    is_own: bool = False  # the reader put its papers there: they are no news
    find: Callable[[Community, str, str], Stream | None] | None = None  # one by a name that is not listed any more


def streams(community: Community, reader: str) -> list[Stream]:
    """Everything that a reader can follow. Raises UnknownReader."""
    return [replace(stream, label=kind.label) for kind in KINDS for stream in kind.all(community, reader)]


def stream_named(community: Community, reader: str, key: str) -> Stream | None:
    """The stream of this key; None where it is gone. Only streams of its kind are looked at."""
    name_of_kind, _, name = key.partition(":")
    kind = _KIND.get(name_of_kind)
    if kind is None:
        return None
    found = next((one for one in kind.all(community, reader) if one.key == key), None)
    if found is None and kind.find:
        found = kind.find(community, reader, name)
    return replace(found, label=kind.label) if found else None


def papers_of(community: Community, reader: str, stream: Stream, most: int) -> Papers:
    """The papers of a stream, at most so many, each with why it is there."""
    return _KIND[stream.kind].papers(community, reader, stream, most)


def kind_of(stream: Stream) -> StreamKind:
    """The kind of a stream."""
    return _KIND[stream.kind]


def _page(community: Community, reader: str) -> Iterable[Stream]:
    yield Stream("page", f"for {reader}", "/for-you" if community.has_accounts else "/")


def _page_papers(community: Community, reader: str, _: Stream, most: int) -> Papers:
    items = community.followed_page(reader)[: min(most, _PAGE)]
    return [(item.stored.id, "; ".join(reason.text for reason in item.reasons)) for item in items]


def _interests(community: Community, reader: str) -> Iterable[Stream]:
    for one in community.library.steering.view(reader).interests:
        if one.stored.state == "on" and one.stored.name:
            yield _interest(one)


def _interest(one: ReaderInterest) -> Stream:
    return Stream(f"interest:{one.key}", one.stored.name, "/interests")


def _find_interest(community: Community, reader: str, name: str) -> Stream | None:
    """An interest that was not stored when it got its feed, and is now."""
    if not name.startswith("p"):
        return None
    with suppress(UsageError):
        one = community.library.steering.interest(reader, name)
        return replace(_interest(one), key=f"interest:{name}")
    return None


def _interest_papers(community: Community, reader: str, stream: Stream, most: int) -> Papers:
    with suppress(UsageError):
        key = community.library.steering.interest(reader, stream.name).key
        items = community.followed_page(reader)
        own = [item for item in items if any(reason.interest == key for reason in item.reasons)]
        return [(item.stored.id, "; ".join(reason.text for reason in item.reasons)) for item in own[:most]]
    return []


def _shelf(_: Community, reader: str) -> Iterable[Stream]:
    yield Stream("saved", f"saved by {reader}", "/library?shelf=saved")


def _shelf_papers(community: Community, reader: str, _: Stream, most: int) -> Papers:
    saved = community.library.state(reader).saved
    return [(paper, "Saved") for paper in sorted(saved, key=lambda paper: (saved[paper], paper), reverse=True)[:most]]


def _alerts(community: Community, reader: str) -> Iterable[Stream]:
    for one in community.alerts.all(reader):
        yield Stream(f"alert:{one.id}", f"alert “{one.name}”", f"/alerts/{one.id}")


def _alert_papers(community: Community, reader: str, stream: Stream, most: int) -> Papers:
    hits = community.alerts.hits(reader, int(stream.name), most)
    return [(hit.paper_id, f"Found by the {stream.title}") for hit in hits]


def _tags(community: Community, reader: str) -> Iterable[Stream]:
    for name in community.library.state(reader).tags:
        yield Stream(f"tag:{name}", f"tagged “{name}”", "/library?" + urlencode({"tag": name}))


def _tag_papers(community: Community, reader: str, stream: Stream, most: int) -> Papers:
    papers = community.library.state(reader).tags.get(stream.name, ())
    return [(paper, f"Tagged {stream.name}") for paper in sorted(papers, reverse=True)[:most]]


def _searches(community: Community, reader: str) -> Iterable[Stream]:
    for one in community.searches.all(reader):
        home = "/search?" + urlencode(SearchTerms.of(one).pairs)
        yield Stream(f"search:{one.id}", f"“{one.name}”", home)


def _search_papers(community: Community, reader: str, stream: Stream, most: int) -> Papers:
    terms = SearchTerms.of(community.searches.get(reader, stream.name))
    return [(paper, f"Matches {terms.label}") for paper in community.searches.matching(reader, terms)[:most]]


def _collections(community: Community, reader: str) -> Iterable[Stream]:
    library = community.library
    own = library.catalogue.community.exchange.collections(library.reader(reader).id)
    for key, name in own.items():
        yield Stream(f"collection:{key}", name, "/library?" + urlencode({"collection": name}))


def _collection_papers(community: Community, reader: str, stream: Stream, most: int) -> Papers:
    papers = community.library.collections(reader).get(stream.title, ())
    return [(paper, f"In {stream.title}") for paper in reversed(papers[-most:])]


def _groups(community: Community, reader: str) -> Iterable[Stream]:
    for group in community.group_reading.of_reader(reader):
        yield Stream(f"group:{group.id}", group.name, f"/groups/{group.id}")


def _group_papers(community: Community, reader: str, stream: Stream, most: int) -> Papers:
    return community.group_reading.news(reader, int(stream.name))[:most]


KINDS = (
    StreamKind("page", "Your page", _page, _page_papers, is_ranked=True),
    StreamKind("interest", "Interests", _interests, _interest_papers, is_ranked=True, find=_find_interest),
    StreamKind("saved", "Your page", _shelf, _shelf_papers, is_own=True),
    StreamKind("search", "Saved searches", _searches, _search_papers),
    StreamKind("alert", "Alerts", _alerts, _alert_papers),
    StreamKind("tag", "Tags", _tags, _tag_papers, is_own=True),
    StreamKind("collection", "Collections", _collections, _collection_papers, is_own=True),
    StreamKind("group", "Groups", _groups, _group_papers),
)
_KIND = {kind.name: kind for kind in KINDS}
