"""Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1: a feed as a document.

An entry's id belongs to the paper, not to its version or address, so that feed readers show a paper only once.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET  # writes only; no foreign XML is parsed here
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.utils import format_datetime
from html import escape
from uuid import NAMESPACE_URL, UUID, uuid5

from broadsheet.kit.paper import Paper
from broadsheet.pipeline.records import Stored
from broadsheet.web import presenters
from broadsheet.web.links import card_links, links
from broadsheet.web.mathematics import formulas
from broadsheet.web.mathematics import html as mathematics

__all__ = ["Entry", "Feed", "atom", "content", "json_feed", "rss", "updated"]

_ATOM = "http://www.w3.org/2005/Atom"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in a feed, with the reason why it is there."""

    stored: Stored
    why: str = ""
    number: int = 0  # names it for ever, where that is not the paper's number
    changed_at: datetime | None = None  # of an entry that tells of a change: it has an id of its own
    more: str = ""  # safe HTML below the reason

    @property
    def name(self) -> str:
        """What its id is made of: the same in every feed."""
        name = f"paper:{self.number or self.stored.id}"
        return f"{name}, changed {_stamp(self.changed_at)}" if self.changed_at else name


@dataclass(frozen=True, slots=True)
class Feed:
    """The content of a feed in either format. Its id is made from `key`; `home` and `here` are full addresses."""

    title: str
    key: str
    base: str
    home: str
    here: str
    entries: tuple[Entry, ...]
    instance: str
    hub: str = ""  # a WebSub hub that tells subscribers of changes

    def urn(self, name: str) -> str:
        """A stable id for `name` in this library."""
        try:
            space = UUID(self.instance)
        except ValueError:
            space = uuid5(NAMESPACE_URL, self.instance)
        return f"urn:uuid:{uuid5(space, name)}"


def updated(entry: Entry) -> datetime:
    """When an entry last changed: the date of the paper's version, or the time of adding. Aware, UTC."""
    if entry.changed_at:
        return entry.changed_at
    stored = entry.stored
    day = stored.paper.updated
    if day is not None:
        return datetime.combine(day, time(), UTC)
    added_at = stored.added_at
    return added_at.astimezone(UTC) if added_at.tzinfo else added_at.replace(tzinfo=UTC)


def _published(paper: Paper) -> datetime | None:
    """When a paper came out. Aware, UTC."""
    day = paper.announced or paper.submitted
    return datetime.combine(day, time(), UTC) if day else None


def content(entry: Entry) -> str:
    """An entry as safe HTML: reason, authors, venue, summary, abstract and links."""
    paper = entry.stored.paper
    anchors = " · ".join(f'<a href="{escape(link.href)}">{escape(link.label)}</a>' for link in card_links(links(paper)))
    kicker = " · ".join(piece.text for piece in presenters.kicker(paper))
    parts = [f"<p><em>{mathematics(entry.why)}</em></p>"] if entry.why else []
    parts += [entry.more] if entry.more else []
    parts += [f"<p>{escape(text)}</p>" for text in (presenters.byline(paper), kicker) if text]
    parts += [f"<p>{mathematics(text)}</p>" for text in (paper.summary, paper.abstract) if text]
    return "".join([*parts, f"<p>{anchors}</p>" if anchors else ""])


def atom(feed: Feed) -> bytes:
    """The feed as an Atom document in UTF-8."""
    root = ET.Element("feed", {"xmlns": _ATOM})
    _add(root, "title", feed.title)
    _add(root, "id", feed.urn(feed.key))
    _add(root, "updated", _stamp(max(map(updated, feed.entries), default=_EPOCH)))
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.here})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.home})
    if feed.hub:
        ET.SubElement(root, "link", {"rel": "hub", "href": feed.hub})
    _add(ET.SubElement(root, "author"), "name", "Broadsheet")
    for entry in feed.entries:
        _atom_entry(root, feed, entry)
    return _document(root)


def _atom_entry(root: ET.Element, feed: Feed, entry: Entry) -> None:
    stored, paper = entry.stored, entry.stored.paper
    element = ET.SubElement(root, "entry")
    _title(element, paper.title)
    _add(element, "id", feed.urn(entry.name))
    _add(element, "updated", _stamp(updated(entry)))
    if published := _published(paper):
        _add(element, "published", _stamp(published))
    for person in paper.authors:
        _add(ET.SubElement(element, "author"), "name", person.name)
    ET.SubElement(element, "link", {"rel": "alternate", "href": f"{feed.base}/paper/{stored.id}"})
    for link in links(paper):
        attributes = {"rel": "related", "title": _clean(link.label), "href": _clean(link.href)}
        ET.SubElement(element, "link", {**attributes, "type": "application/pdf"} if link.label == "PDF" else attributes)
    for category in paper.categories:
        ET.SubElement(element, "category", {"term": _clean(category)})
    body = ET.SubElement(element, "content", {"type": "html"})
    body.text = _clean(content(entry))


def rss(feed: Feed) -> bytes:
    """The feed as an RSS 2.0 document in UTF-8."""
    root = ET.Element("rss", {"version": "2.0", "xmlns:atom": _ATOM, "xmlns:dc": _DUBLIN_CORE})
    channel = ET.SubElement(root, "channel")
    for tag, text in (("title", feed.title), ("link", feed.home), ("description", feed.title)):
        _add(channel, tag, text)
    latest = max(map(updated, feed.entries), default=_EPOCH)
    _add(channel, "lastBuildDate", format_datetime(latest))
    ET.SubElement(channel, "atom:link", {"rel": "self", "type": "application/rss+xml", "href": feed.here})
    if feed.hub:
        ET.SubElement(channel, "atom:link", {"rel": "hub", "href": feed.hub})
    for entry in feed.entries:
        paper, item = entry.stored.paper, ET.SubElement(channel, "item")
        _add(item, "title", paper.title)
        _add(item, "link", f"{feed.base}/paper/{entry.stored.id}")
        ET.SubElement(item, "guid", {"isPermaLink": "false"}).text = feed.urn(entry.name)
        if published := _published(paper):
            _add(item, "pubDate", format_datetime(published))
        for person in paper.authors:
            _add(item, "dc:creator", person.name)
        for category in paper.categories:
            _add(item, "category", category)
        _add(item, "description", content(entry))
    return _document(root)


def json_feed(feed: Feed) -> bytes:
    """The feed as a JSON Feed 1.1 document in UTF-8."""
    items = []
    for entry in feed.entries:
        paper = entry.stored.paper
        item = {
            "id": feed.urn(entry.name),
            "url": f"{feed.base}/paper/{entry.stored.id}",
            "title": paper.title,
            "content_html": content(entry),
            "date_modified": _stamp(updated(entry)),
            "authors": [{"name": person.name} for person in paper.authors],
            "tags": [*paper.categories, *paper.keywords],
        }
        if external := links(paper):
            item["external_url"] = external[0].href
        if published := _published(paper):
            item["date_published"] = _stamp(published)
        items.append(item)
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.here,
        **({"hubs": [{"type": "WebSub", "url": feed.hub}]} if feed.hub else {}),
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _document(root: ET.Element) -> bytes:
    ET.indent(root, " ")
    document: bytes = ET.tostring(root, "utf-8", xml_declaration=True)
    return document


def _title(entry: ET.Element, title: str) -> None:
    """Add a title: as HTML if it has formulas, otherwise as plain text."""
    if formulas(title):
        ET.SubElement(entry, "title", {"type": "html"}).text = _clean(mathematics(title))
    else:
        _add(entry, "title", title)


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = _clean(text)


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _stamp(time_: datetime) -> str:
    return time_.strftime("%Y-%m-%dT%H:%M:%SZ")
