"""Reads RSS 2.0, RSS 1.0 and Atom, from files or a provider; this includes arXiv's announcement feeds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from xml.etree.ElementTree import Element

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.paper import Record
from broadsheet.sources.contract import Item
from broadsheet.sources.providers.arxiv_entry import arxiv_announcement, is_announcement
from broadsheet.sources.providers.feed_entry import entry_paper, text_in
from broadsheet.sources.text.clean import clean, decode, read_bytes, rejected
from broadsheet.sources.text.xmlrecovery import split_records
from broadsheet.sources.text.xmlstream import DamagedXmlError, RefusedXmlError, child_text, elements, local

__all__ = ["FeedSource", "read_feed"]

_EXPECTED = "an RSS or Atom feed"
_ROOT = re.compile("<(?:\\w+:)?(?:rss|feed|RDF)[\\s>]")
_WANTED = frozenset({"item", "entry", "title", "id", "link"})  # the last three name the feed itself
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


class FeedSource:
    """A saved feed with one record per entry. An empty feed has no records."""

    name = "feed"
    suffixes = (".xml", ".rss", ".atom", ".rdf")

    def sniff(self, head: bytes) -> bool:
        """Whether the root element is that of a feed."""
        return bool(_ROOT.search(decode(head)))

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every entry. The records' source is the feed's id if it has one, else the file's name."""
        data = read_bytes(path, _EXPECTED)
        if not self.sniff(data[:8192]):
            raise SourceError(
                f"{path}: is not a feed: no element rss, feed or RDF near its start; expected {_EXPECTED}"
            )
        yield from read_feed(data, place=path.name)


def read_feed(body: bytes, *, place: str, source: str = "") -> Iterator[Item]:
    """Yield every entry of a feed in order; a damaged entry, and the rest of a truncated or hostile feed, as Rejected.

    `place` names the file or request in messages. `source` goes into the records; "" means `feed:<its id>`. arXiv's
    feeds are recognised by the ids of their entries. Raises SourceError if the provider reports that the query failed.
    """
    draft = _Draft(place, source)
    try:
        draft.read(elements(body, _WANTED))
    except RefusedXmlError as error:
        draft.reject_rest(error)
    except DamagedXmlError as error:
        draft = _read_by_record(body, _Draft(place, source), error)
    yield from draft.items


def _read_by_record(body: bytes, draft: _Draft, damage: DamagedXmlError) -> _Draft:
    """Read a damaged feed entry by entry."""
    parts = split_records(body, ("item", "entry"))
    with suppress(DamagedXmlError):
        draft.read(elements(parts.around, _WANTED))
    for text in parts.records:
        try:
            draft.read(parts.read(text, _WANTED))
        except RefusedXmlError as error:
            draft.reject_rest(error)
            return draft
        except DamagedXmlError as error:
            draft.number += 1
            draft.items.append(rejected(draft.name, f"{draft.place}:entry {draft.number}", str(error), text))
    if not parts.is_whole:
        draft.reject_rest(damage)
    return draft


class _Draft:
    """The state of reading a feed: its name and the items so far."""

    def __init__(self, place: str, source: str) -> None:
        self.place, self.source = place, source
        self.name = source or f"feed:{place}"
        self.number = 0
        self.items: list[Item] = []

    def read(self, stream: Iterable[Element]) -> None:
        for element in stream:
            kind = local(element)
            if kind in ("item", "entry"):
                self.number += 1
                self.items.append(_item(element, self.name, f"{self.place}:entry {self.number}"))
            elif not self.number:
                self._take_name(kind, text_in(element) or element.get("href", ""))

    def _take_name(self, kind: str, text: str) -> None:
        if kind == "title" and text.startswith("Feed error"):
            raise SourceError(f"{self.place}: the provider answers {text[:200]!r}; check the category or query")
        if kind != "title" and not self.source and text and (kind == "id" or self.name == f"feed:{self.place}"):
            self.name = f"feed:{text[:200]}"

    def reject_rest(self, error: DamagedXmlError) -> None:
        self.items.append(rejected(self.name, f"{self.place}:after entry {self.number}", str(error)))


def _item(entry: Element, source: str, place: str) -> Item:
    try:
        identifier = child_text(entry, "id") or child_text(entry, "guid") or entry.get(_RDF_ABOUT, "")
        if is_announcement(entry, identifier):
            paper = arxiv_announcement(entry, identifier)
            return Record(paper, source, paper.ids.arxiv, place)
        return Record(entry_paper(entry, identifier), source, identifier[:500], place)
    except RecordError as error:
        return rejected(source, place, str(error), " | ".join(t for t in map(clean, entry.itertext()) if t))
