"""Makes a paper from an entry of an RSS or Atom feed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.providers.arxiv_text import split_with_places
from broadsheet.sources.records.ids import clean_doi, clean_url, identifiers
from broadsheet.sources.text.clean import clean, plain_text
from broadsheet.sources.text.dates import PublicationDate, read_date
from broadsheet.sources.text.latex import to_unicode
from broadsheet.sources.text.names import MAX_AUTHORS, parse_name
from broadsheet.sources.text.xmlstream import child_text, local

__all__ = ["categories_of", "entry_paper", "text_in", "texts_of"]

_MAX_TEXT = 200_000  # characters of one element; a longer text is a whole article
_MAIL = re.compile(r"\S+@\S+(?:\s+\(([^()]*)\))?")  # RSS 2.0: mail address (Name)
_PUBLISHED = ("published", "pubDate", "date", "issued", "publicationDate", "coverDate")
# Elements of journals' feeds (PRISM, Dublin Core) → canonical name.
_FIELDS = {
    "volume": "volume", "number": "issue", "issn": "issn", "eIssn": "issn", "isbn": "isbn", "publisher": "publisher",
    "pageRange": "pages", "section": "section",
}  # fmt: skip


def entry_paper(entry: Element, identifier: str) -> Paper:
    """Make the paper of an entry of any feed except arXiv's. Raises RecordError without a title."""
    title = _first(entry, "title")
    if not title:
        raise RecordError("the entry has no title")
    links = _links(entry, identifier)
    urls = tuple(url for url in links if not url.lower().endswith(".pdf"))
    publication = _publication_date(entry)
    dois = [doi for name in ("doi", "DOI", "identifier") for text in texts_of(entry, name) if (doi := clean_doi(text))]
    people, mail_author = _authors(entry)
    extra = {key: text for name, key in _FIELDS.items() if (text := _first(entry, name))} | _pages(entry)
    extra |= {"date": publication.text} if publication.text else {}
    extra |= {"author": mail_author} if mail_author else {}
    return Paper(
        title,
        _first(entry, "summary", "description", "content", "encoded"),
        people,
        identifiers(doi=next(iter(dois), ""), urls=links, arxiv=identifier if "arxiv" in identifier.lower() else ""),
        publication.year,
        _first(entry, "publicationName"),
        keywords=tuple(dict.fromkeys([*categories_of(entry), *texts_of(entry, "subject")])),
        announced=publication.day,
        updated=read_date(_first(entry, "updated")).day,
        urls=urls,
        pdf_url=next((url for url in links if url not in urls), ""),
        licence=_first(entry, "license"),
        language=_first(entry, "language")[:20],
        extra=extra,
    )


def text_in(element: Element) -> str:
    """The text of an RSS or Atom element on one line, without markup."""
    text = "".join(element.itertext())[:_MAX_TEXT]
    return clean(text) if element.get("type") in ("text", "xhtml") else plain_text(text)


def texts_of(entry: Element, name: str) -> list[str]:
    """The texts of all children with that local name that are not empty."""
    return [text for child in entry if local(child) == name and (text := text_in(child))]


def categories_of(entry: Element) -> Iterator[str]:
    """Yield the entry's categories, from Atom or RSS."""
    for child in entry:
        if local(child) == "category" and (text := clean(child.get("term") or child.text or "")):
            yield text


def _first(entry: Element, *names: str) -> str:
    return next((text for name in names for text in texts_of(entry, name)), "")


def _publication_date(entry: Element) -> PublicationDate:
    """The first date with a day, else the first that is not empty."""
    dates = [read_date(text) for name in _PUBLISHED for text in texts_of(entry, name)]
    return next(
        (date for date in dates if date.day),
        next((date for date in dates if date != PublicationDate()), PublicationDate()),
    )


def _pages(entry: Element) -> dict[str, str]:
    first, last = _first(entry, "startingPage"), _first(entry, "endingPage")
    return {"pages": f"{first}-{last}" if last and last != first else first} if first else {}


def _links(entry: Element, identifier: str) -> tuple[str, ...]:
    """The addresses of an entry: its links, else its id if that is an address."""
    links = [
        url
        for child in entry
        if local(child) == "link" and child.get("rel", "alternate") in ("alternate", "related", "via")
        if (url := clean_url(child.get("href") or child.text or ""))
    ]
    own = clean_url(identifier)
    return tuple(dict.fromkeys(links)) or ((own,) if own else ())


def _authors(entry: Element) -> tuple[tuple[Person, ...], str]:
    """(people, an author of whom only a mail address is given).

    Atom has one `author/name` per person; RSS has `author` with a mail address, or `dc:creator` with one or more names.
    """
    people: list[Person] = []
    mail_author = ""
    for child in entry:
        kind = local(child)
        if kind == "author" and (name := child_text(child, "name")):
            people.extend(filter(None, [parse_name(to_unicode(name))]))
        elif kind in ("creator", "author"):
            text = text_in(child)
            mail = _MAIL.fullmatch(text)
            people.extend(split_with_places((mail[1] or "") if mail else text))
            mail_author = text if mail and not mail[1] else mail_author
    return tuple(dict.fromkeys(people))[:MAX_AUTHORS], mail_author
