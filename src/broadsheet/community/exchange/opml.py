"""OPML 2.0: lists of feeds, written, and read for the feeds of papers that a library can follow.

A feed of arXiv's categories or of a search elsewhere becomes a saved search; every other feed is named in the report.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET  # writes only; foreign XML is parsed by sources.text.xmlstream

from broadsheet.community.searches import SearchTerms
from broadsheet.kit.errors import UsageError
from broadsheet.kit.fields import slug
from broadsheet.sources.text.xmlstream import DamagedXmlError, elements, local

if TYPE_CHECKING:
    from broadsheet.community.community import Community
    from broadsheet.kit.fields import Fields

__all__ = ["Line", "OpmlReport", "import_opml", "opml"]

_MOST = 2000  # feeds of a list
_LARGEST = 5_000_000  # bytes
_LONGEST = 200  # characters of a name
_ARXIV = re.compile(r"/(?:rss|atom)/([A-Za-z.+-]{2,400})/?")
_CATEGORY = re.compile(r"[a-z]{2,10}(?:-[a-z]{2,4})?(?:\.[A-Za-z-]{2,20})?")
_OF_A_SEARCH = re.compile(r".*/search\.(?:atom|json|rss)")
_ARXIV_WORDS = {"cat": "field", "ti": "title", "au": "author", "all": "", "abs": ""}
_ARXIV_TERM = re.compile(r'(cat|ti|au|all|abs):("[^"]{1,200}"|[^\s"()]{1,200})')


@dataclass(frozen=True, slots=True)
class Line:
    """A feed in a list."""

    title: str
    address: str
    home: str = ""
    label: str = ""  # of the folder it is in


@dataclass(frozen=True, slots=True)
class OpmlReport:
    """What became of the feeds of a list."""

    followed: tuple[str, ...]  # names of the new saved searches
    known: tuple[str, ...]  # saved searches that were here already
    skipped: tuple[tuple[str, str], ...]  # (feed, why nothing follows it)


def opml(title: str, lines: Sequence[Line]) -> str:
    """Feeds as an OPML document, each folder with its own."""
    root = ET.Element("opml", {"version": "2.0"})
    ET.SubElement(ET.SubElement(root, "head"), "title").text = title
    body = ET.SubElement(root, "body")
    folders: dict[str, ET.Element] = {"": body}
    for line in lines:
        if line.label not in folders:
            folders[line.label] = ET.SubElement(body, "outline", {"text": line.label, "title": line.label})
        about = {"type": "rss", "text": line.title, "title": line.title, "xmlUrl": line.address}
        ET.SubElement(folders[line.label], "outline", about | ({"htmlUrl": line.home} if line.home else {}))
    ET.indent(root, " ")
    return ET.tostring(root, "unicode", xml_declaration=True) + "\n"


def import_opml(community: Community, reader: str, body: bytes) -> OpmlReport:
    """Follow the feeds of a list as saved searches. Raises UsageError for what is no list of feeds; nothing is done."""
    feeds = _feeds(body)
    own = {SearchTerms.of(one): one.name for one in community.searches.all(reader)}
    names = set(own.values())
    followed, known, skipped = [], [], []
    for title, address in feeds:
        query = _query(address, community.fields)
        if not query:
            skipped.append((title or address, _why_not(address)))
            continue
        terms = SearchTerms(query)
        if terms in own:
            known.append(own[terms])
            continue
        choices = [name[:_LONGEST] for name in (title, query, f"{title} ({query})") if name]
        name = next((one for one in choices if one not in names), choices[0])
        try:
            saved = community.searches.save(reader, name, terms)
        except UsageError as error:
            skipped.append((title or address, str(error)))
            continue
        own[terms] = saved.name
        names.add(saved.name)
        followed.append(saved.name)
    return OpmlReport(tuple(followed), tuple(known), tuple(skipped))


def _feeds(body: bytes) -> list[tuple[str, str]]:
    """(title, address) of every feed of a list."""
    if len(body) > _LARGEST:
        raise UsageError(f"a list of feeds has {_LARGEST // 1_000_000} MB at most")
    feeds: list[tuple[str, str]] = []
    seen_root = False
    try:
        for root in elements(body, frozenset({"opml"})):
            seen_root = True
            for outline in root.iter():
                address = (outline.get("xmlUrl") or outline.get("xmlurl") or "").strip()
                if local(outline) == "outline" and address:
                    title = " ".join((outline.get("title") or outline.get("text") or "").split())
                    feeds.append((title[:_LONGEST], address[:2000]))
    except DamagedXmlError as error:
        raise UsageError(f"this is no OPML that can be read: {error}") from error
    if not seen_root:
        raise UsageError("this is no OPML: its root element is not opml; a feed reader exports one as OPML")
    if len(feeds) > _MOST:
        raise UsageError(f"the list has {len(feeds):,} feeds; {_MOST:,} are read at most: split it")
    return list(dict.fromkeys(feeds))


def _query(address: str, fields: Fields) -> str:
    """The query that finds what a feed lists; "" where there is none."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    if host == "arxiv.org" or host.endswith(".arxiv.org"):
        if path := _ARXIV.fullmatch(parts.path.removeprefix("/api")):
            known = [_field(name, fields) for name in path[1].split("+")]
            return " OR ".join(dict.fromkeys(known)) if all(known) else ""
        return _arxiv_query(parse_qs(parts.query).get("search_query", [""])[0], fields)
    if parts.scheme in ("http", "https") and _OF_A_SEARCH.fullmatch(parts.path):
        return " ".join(parse_qs(parts.query).get("q", [""])[0].split())[:2000]
    return ""


def _field(category: str, fields: Fields) -> str:
    """The filter for a category of arXiv; "" where no field here has it."""
    names = fields.of_categories((category,)) if _CATEGORY.fullmatch(category) else ()
    return f"field:{slug(names[0])}" if names else ""


def _arxiv_query(text: str, fields: Fields) -> str:
    """A query of arXiv's API in our words; "" where it has more than its simplest terms joined by AND."""
    parts = []
    for part in re.split(r"\s+AND\s+", unquote(text).strip()) if text else ():
        term = _ARXIV_TERM.fullmatch(part)
        name = _ARXIV_WORDS[term[1]] if term else ""
        words = term[2] if term else ""
        parts.append(_field(words, fields) if name == "field" else f"{name}:{words}" if name else words)
    return " ".join(parts) if all(parts) else ""


def _why_not(address: str) -> str:
    if "arxiv.org" in address:
        return "this query of arXiv’s has no equal here; save a search for it"
    return "no source reads this address; `broadsheet add FILE` takes a feed that you downloaded"
