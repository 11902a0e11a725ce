"""RSS 2.0, RSS 1.0 and Atom, as files or as a provider's answer; arXiv's announcement feeds among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.ids import arxiv_id, arxiv_year, clean_doi, clean_url, identifiers
from broadsheet.sources.names import MAX_AUTHORS, parse_name, split_authors
from broadsheet.sources.tex import to_unicode
from broadsheet.sources.text import clean, parse_date, plain_text, read_bytes, rejected, year_of
from broadsheet.sources.xmlstream import DamagedXmlError, child_text, elements, local

__all__ = ["FeedSource", "arxiv_announcement", "read_feed"]

_EXPECTED = "an RSS or Atom feed"
_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF)[\s>]")
_WIDE_ROOT = re.compile("<(?:\\w+:)?(?:rss|feed|RDF)[\\s>]")
_WANTED = frozenset({"item", "entry", "title", "id", "link"})  # the last three name the feed itself
_MAX_TEXT = 200_000  # characters of one element taken as text; whole articles are no abstracts
_OAI_PREFIX = "oai:arXiv.org:"
_HEADER = re.compile(r"(?:arXiv:\S+\s+)?Announce Type:\s*(?P<type>[a-z-]+)\s*(?:Abstract:\s*)?", re.IGNORECASE)
_RSS_AUTHOR = re.compile(r"\S+@\S+\s+\(([^()]*)\)")  # RSS 2.0: mail address (Name)


class FeedSource:
    """A saved feed, one record an entry. An empty feed is read as no records."""

    name = "feed"
    suffixes = (".xml", ".rss", ".atom", ".rdf")

    def sniff(self, head: bytes) -> bool:
        """The root element is one of a feed."""
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return bool(_WIDE_ROOT.search(head.decode("utf-16", errors="replace")))
        return bool(_ROOT.search(head))

    def read(self, path: Path) -> Iterator[Item]:
        """Every entry. Records name the feed by its own id where it tells one, else by the file's name."""
        data = read_bytes(path, _EXPECTED)
        if not self.sniff(data[:8192]):
            raise SourceError(f"{path}: is no feed: no element rss, feed or RDF near its start; expected {_EXPECTED}")
        yield from read_feed(data, place=path.name)


def read_feed(body: bytes, *, place: str, source: str = "") -> Iterator[Item]:
    """Every entry of a feed in order; if it is damaged or hostile, the entries before that, then one Rejected.

    `place` names the file or request in messages. `source` goes into the records; "" stands for `feed:<its id>`.
    arXiv's feeds are told by their entries' ids. Raises SourceError if the provider says that the query failed.
    """
    name = source or f"feed:{place}"
    number = 0
    try:
        for element in elements(body.lstrip(), _WANTED):
            kind = local(element)
            if kind in ("item", "entry"):
                number += 1
                yield _item(element, name, f"{place}:entry {number}")
            elif not number:
                text = _text_of(element) or element.get("href", "")
                if kind == "title" and text.startswith("Feed error"):
                    raise SourceError(f"{place}: the provider answers {text[:200]!r}; check the category or query")
                if kind != "title" and not source and text and (kind == "id" or name == f"feed:{place}"):
                    name = f"feed:{text[:200]}"
    except DamagedXmlError as error:
        yield rejected(name, f"{place}:after entry {number}", str(error))


def _item(entry: Element, source: str, place: str) -> Item:
    try:
        identifier = child_text(entry, "id") or child_text(entry, "guid") or entry.get(_RDF_ABOUT, "")
        if identifier.startswith(_OAI_PREFIX):
            paper = arxiv_announcement(entry)
            return Record(paper, source, paper.ids.arxiv, place)
        return Record(_paper(entry, identifier), source, identifier[:500], place)
    except RecordError as error:
        return rejected(source, place, str(error), " | ".join(t for t in map(clean, entry.itertext()) if t))


_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


def arxiv_announcement(entry: Element) -> Paper:
    """The paper of one entry of arXiv's RSS or Atom feeds. Raises RecordError without a readable id or title.

    `extra["announce_type"]` is new, cross, replace or replace-cross. Only a new paper, or one cross-listed
    when it was new, is announced by it; of a replacement the day is that of its update. Authors are
    provisional: the feed gives them as one string.
    """
    given_id = child_text(entry, "id") or child_text(entry, "guid")
    identifier, version = arxiv_id(given_id)
    title = clean(to_unicode(child_text(entry, "title")))
    if not identifier or not title:
        raise RecordError(f"an entry of an arXiv feed needs an id and a title; its id is {given_id[:80]!r}")
    summary = child_text(entry, "summary") or child_text(entry, "description")
    header = _HEADER.match(summary)
    kind = child_text(entry, "announce_type") or (header["type"] if header else "")
    day = parse_date(child_text(entry, "published") or child_text(entry, "pubDate"))
    fresh = kind == "new" or (kind == "cross" and version == 1 and _is_recent(identifier, day))
    return Paper(
        title,
        summary[header.end() :] if header else summary,
        split_authors(", ".join(_texts(entry, "creator"))),
        identifiers(arxiv=identifier, doi=child_text(entry, "DOI")),
        arxiv_year(identifier),
        child_text(entry, "journal_reference"),
        "preprint",
        categories=tuple(dict.fromkeys(_categories(entry))),
        announced=day if fresh else None,
        updated=day if kind.startswith("replace") else None,
        version=version,
        urls=(f"https://arxiv.org/abs/{identifier}",),
        pdf_url=f"https://arxiv.org/pdf/{identifier}",
        licence=child_text(entry, "rights"),
        extra={"announce_type": kind} if kind else {},
    )


def _is_recent(identifier: str, day: date | None) -> bool:
    """Whether the identifier was given out in the month of `day` or the one before."""
    if day is None or "." not in identifier:
        return False
    months = arxiv_year(identifier) * 12 + int(identifier[2:4])
    return 0 <= day.year * 12 + day.month - months <= 1


def _categories(entry: Element) -> Iterator[str]:
    for child in entry:
        if local(child) == "category" and (text := clean(child.get("term") or child.text or "")):
            yield text


def _texts(entry: Element, name: str) -> list[str]:
    return [text for child in entry if local(child) == name and (text := _text_of(child))]


def _text_of(element: Element) -> str:
    """The text of an RSS or Atom text construct on one line, its markup taken off."""
    text = "".join(element.itertext())[:_MAX_TEXT]
    if element.get("type") in ("text", "xhtml") or ("<" not in text and "&" not in text):
        return clean(text)
    return plain_text(text)


def _paper(entry: Element, identifier: str) -> Paper:
    """The paper of an entry of any other feed."""
    title = next(iter(_texts(entry, "title")), "")
    if not title:
        raise RecordError("the entry has no title")
    abstracts = [text for name in ("summary", "description", "content", "encoded") for text in _texts(entry, name)]
    links = _links(entry, identifier)
    urls = tuple(url for url in links if not url.lower().endswith(".pdf"))
    published = next((d for name in _PUBLISHED for text in _texts(entry, name) if (d := parse_date(text))), None)
    dois = [doi for name in ("doi", "DOI", "identifier") for text in _texts(entry, name) if (doi := clean_doi(text))]
    years = _texts(entry, "publicationDate") + _texts(entry, "coverDate")
    return Paper(
        title,
        abstracts[0] if abstracts else "",
        _authors(entry),
        identifiers(doi=next(iter(dois), ""), urls=links, arxiv=identifier if "arxiv" in identifier.lower() else ""),
        published.year if published else year_of(next(iter(years), "")),
        next(iter(_texts(entry, "publicationName")), ""),
        keywords=tuple(dict.fromkeys([*_categories(entry), *_texts(entry, "subject")])),
        announced=published,
        updated=next((d for text in _texts(entry, "updated") if (d := parse_date(text))), None),
        urls=urls,
        pdf_url=next((url for url in links if url not in urls), ""),
        licence=next(iter(_texts(entry, "license")), ""),
    )


_PUBLISHED = ("published", "pubDate", "date", "issued")


def _links(entry: Element, identifier: str) -> tuple[str, ...]:
    """The addresses of an entry: its links, else its id if that is one."""
    found = [
        url
        for child in entry
        if local(child) == "link" and child.get("rel", "alternate") in ("alternate", "related", "via")
        if (url := clean_url(child.get("href") or child.text or ""))
    ]
    own = clean_url(identifier)
    return tuple(dict.fromkeys(found)) or ((own,) if own else ())


def _authors(entry: Element) -> tuple[Person, ...]:
    """Atom has one `author/name` each; RSS has `author` with a mail address, or `dc:creator`, one or many in each."""
    people: list[Person] = []
    for child in entry:
        kind = local(child)
        if kind == "author" and (name := child_text(child, "name")):
            people.extend(filter(None, [parse_name(to_unicode(name))]))
        elif kind in ("creator", "author"):
            text = _text_of(child)
            mail = _RSS_AUTHOR.fullmatch(text)
            people.extend(split_authors(mail[1] if mail else text))
    return tuple(dict.fromkeys(people))[:MAX_AUTHORS]
