"""Makes a paper from the fields of a BibTeX or BibLaTeX entry; fields that `Paper` does not have go to `extra`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from broadsheet.kit.paper import Identifiers, Paper
from broadsheet.kit.paper_json import person_to_json
from broadsheet.sources.records.fields import FIELD_OF, FIELDS, KIND, KIND_OF, degree_kind
from broadsheet.sources.records.ids import arxiv_id, clean_url, identifiers
from broadsheet.sources.records.venues import JOURNAL_MACROS
from broadsheet.sources.text.clean import clean, parse_date, plain_text, unescape_entities
from broadsheet.sources.text.dates import PublicationDate, iso_day, read_date
from broadsheet.sources.text.latex import is_braced, to_unicode
from broadsheet.sources.text.latex_reader import unescape_verbatim
from broadsheet.sources.text.names import parse_names
from broadsheet.sources.text.person_names import split_outside

__all__ = ["NUMBERED", "VERBATIM", "paper_of", "read_kind"]

# Fields that are not TeX: backslashes and braces are literal.
VERBATIM = frozenset(
    {"file", "url", "urls", "doi", "eprint", "pdf", "groups", "arxiv", "arxivid", "crossref", "xref", "xdata"}
)
_VENUES = ("journal", "journaltitle", "booktitle", "howpublished")
_SCHEMES = ("acl", "openalex", "s2", "pmid", "openreview")
_READ = "title abstract summary keywords note language author year month day date groups"
_PEOPLE = {name: field.name for field in FIELDS if field.people for name in field.bibtex}
_TEXTS = frozenset(_READ.split()) | _PEOPLE.keys()
_URL_PIECE = re.compile(r"\\(?:url|path|nolinkurl)\s*(?=\{)|<a\s[^>]*href=|[\s,;]+(?=\w+://|www\.)|\s+")
_DASHES = re.compile(r"\s*(?:--+|[‐-―−])\s*|(?<=\d)\s*-\s*(?=\d)")
NUMBERED = frozenset({"techreport", "patent", "standard"})  # their `number` is a report number, not an issue
_IN_SERIES = frozenset({"inproceedings", "incollection"})


def paper_of(kind: str, key: str, fields: Mapping[str, str]) -> Paper:
    """Make the paper of an entry. `kind` is its type in lower case; `fields` are raw, with lower-case names."""
    text = {name: _text(name, value) for name, value in fields.items()}
    rest: dict[str, Any] = {name: value for name, value in text.items() if value and name not in _TEXTS}
    authors, et_al = parse_names(fields.get("author", ""))
    venue = _venue(text, rest)
    urls = _addresses(fields, rest)
    ids, arxiv_class = _identifiers(text, venue, urls, rest)
    publication = _publication_date(text, rest)
    entry_type, kind = kind, read_kind(kind, text.get("type", ""), bool(ids.arxiv), rest)
    submitted = parse_date(text.get("submitted", "")) if not publication.day else None
    if submitted:
        del rest["submitted"]
    categories = rest.pop("categories", "").split()
    if not venue and kind in _IN_SERIES:
        venue = rest.pop("series", "")
    pdf = clean_url(text.get("pdf", ""))
    language = text.get("language", "") or rest.pop("langid", "")
    if pdf:
        rest.pop("pdf", None)
    if rest.get("langid") == language:
        del rest["langid"]
    return Paper(
        text["title"],
        text.get("abstract", ""),
        authors,
        ids,
        publication.year,
        venue,
        kind,
        text.get("summary", ""),
        _keywords(fields.get("keywords", "")),
        tuple(dict.fromkeys([*([arxiv_class] if arxiv_class else []), *categories])),
        submitted=publication.day or submitted,
        urls=urls,
        pdf_url=pdf,
        licence=rest.pop("licence", "") or rest.pop("license", ""),
        comments=text.get("note", ""),
        language=language,
        extra=_extra(kind, entry_type, key, fields, rest) | ({"et_al": True} if et_al else {}),
    )


def _is_bibdesk_url(name: str) -> bool:
    return name.startswith("bdsk-url-")


def _text(name: str, value: str) -> str:
    if name in VERBATIM or _is_bibdesk_url(name):
        return clean(value if name in ("file", "groups") else unescape_entities(unescape_verbatim(value)))
    return plain_text(to_unicode(value))


def _keywords(raw: str) -> tuple[str, ...]:
    """Split keywords at commas and semicolons outside braces."""
    raw = raw.strip()
    parts = split_outside(raw[1:-1] if is_braced(raw) else raw, ",;")
    return tuple(word for part in parts if (word := _text("keywords", part)))


def read_kind(entry_type: str, words: str, on_arxiv: bool, rest: dict[str, Any] | None = None) -> str:
    """The kind of an entry: its `entrysubtype` if that is a kind of the same type, else by the table of kinds.

    The `type` field (`words`) decides for a thesis. A misc, online or unpublished entry on arXiv is a preprint.
    """
    subtype = KIND.get(str((rest or {}).get("entrysubtype", "")).lower())
    if rest and subtype and entry_type in (*subtype.bibtex, "article", "misc"):
        del rest["entrysubtype"]
        return subtype.name
    if entry_type == "misc":
        return "preprint" if on_arxiv else "misc"
    if on_arxiv and entry_type in ("online", "unpublished"):
        return "preprint"
    if entry_type == "thesis":
        return degree_kind(words)
    return KIND_OF["bibtex"].get(entry_type, entry_type)


def _venue(text: Mapping[str, str], rest: dict[str, Any]) -> str:
    for name in _VENUES:
        value = text.get(name, "")
        if value and not (name == "howpublished" and ("http" in value or "www." in value)):
            rest.pop(name, None)
            return JOURNAL_MACROS.get(value.removeprefix("\\"), value) if value.startswith("\\") else value
    return ""


def _addresses(fields: Mapping[str, str], rest: dict[str, Any]) -> tuple[str, ...]:
    """The web addresses in `url` and `howpublished`; text that is not an address stays in `rest`."""
    links: list[str] = []
    others: list[str] = []
    for name in ("url", "urls", "howpublished", *filter(_is_bibdesk_url, fields)):
        words, raw = [], fields.get(name, "")
        if not raw or (name == "howpublished" and "http" not in raw and "www." not in raw):
            continue
        for piece in _URL_PIECE.split(raw):
            bare = clean(unescape_entities(unescape_verbatim(piece))).strip("<>\"'")
            if name == "howpublished" or links:
                bare = bare.rstrip(".,;")
            url = clean_url(f"http://{bare}" if bare.lower().startswith("www.") else bare)
            if url:
                links.append(url)
            elif bare.strip(",;. ") and bare.lower() not in ("and", "url:", "available"):
                words.append(bare)
        if not words:
            rest.pop(name, None)
        elif name == "howpublished":
            rest[name] = _text(name, raw)
        else:
            others.append(" ".join(words) if all(":" in word for word in words) else rest[name])
            del rest[name]
    if others:
        rest["url"] = " ".join(others)
    return tuple(dict.fromkeys(links))


def _identifiers(
    text: Mapping[str, str], venue: str, urls: tuple[str, ...], rest: dict[str, Any]
) -> tuple[Identifiers, str]:
    """(identifiers, arXiv's primary category); values that are not identifiers stay in `rest`."""
    eprint, prefix = text.get("eprint", ""), (text.get("archiveprefix") or text.get("eprinttype") or "arxiv").lower()
    candidates = [text.get("arxiv", ""), text.get("arxivid", ""), eprint if prefix == "arxiv" else ""]
    if venue.lower().startswith("arxiv preprint"):
        candidates.append(venue.lower().removeprefix("arxiv preprint").strip())
    arxiv = next((identifier for candidate in candidates if (identifier := arxiv_id(candidate)[0])), "")
    other_ids = {scheme: text[scheme] for scheme in _SCHEMES if text.get(scheme)}
    ids = identifiers(arxiv=arxiv, doi=text.get("doi", ""), urls=urls, other_ids=other_ids)
    for name in ("arxiv", "arxivid", "eprint"):
        if arxiv_id(text.get(name, ""))[0]:
            rest.pop(name, None)
    if ids.doi or arxiv_id(text.get("doi", ""))[0]:
        rest.pop("doi", None)
    for scheme in other_ids:
        if getattr(ids, scheme):
            rest.pop(scheme, None)
    category = ""
    for name in ("primaryclass", "primarycategory", "eprintclass"):
        category = category or rest.pop(name, "")
    rest.pop("archiveprefix", None)
    rest.pop("eprinttype", None)
    if "eprint" in rest:
        rest["eprinttype"] = prefix
    return ids, category


def _publication_date(text: Mapping[str, str], rest: dict[str, Any]) -> PublicationDate:
    """The date in `date`, or in `year`, `month` and `day`; a date without a day goes to `extra["date"]`."""
    whole = read_date(text.get("date", ""))
    parts = read_date(text.get("year", ""), text.get("month", ""), text.get("day", ""))
    day = whole.day or (parts.day if whole.year in (None, parts.year) else None)
    words = whole.text or parts.text
    if day and parts.year:
        words = ""  # the day is more exact
    elif whole.text and parts.text and not parts.year:
        rest["year"] = parts.text
    if words:
        rest["date"] = words
    return PublicationDate(parts.year or whole.year, day, words)


def _extra(kind: str, entry_type: str, key: str, fields: Mapping[str, str], rest: Mapping[str, Any]) -> dict[str, Any]:
    """The remaining fields under their canonical names, or under their own names if they have none."""
    extra: dict[str, Any] = {"citation_key": key} if key else {}
    if kind in KIND and entry_type != KIND[kind].bibtex[0]:
        extra["entrytype"] = entry_type
    for name, canonical in _PEOPLE.items():
        people, others = parse_names(fields.get(name, ""))
        if people:
            extra[canonical] = [person_to_json(person) for person in people]
        if others:
            extra[f"{canonical}_et_al"] = True
    for name, value in rest.items():
        field = FIELD_OF["bibtex"].get(name)
        canonical = field.name if field else name
        if name == "number" and kind in NUMBERED:
            canonical = "report_number"
        content = _DASHES.sub("-", value) if canonical == "pages" else value
        content = iso_day(content) if field and field.is_date else content
        if extra.setdefault(canonical, content) != content:  # one paper has `publisher` and `organization`
            extra.setdefault(name, content)
    return extra
