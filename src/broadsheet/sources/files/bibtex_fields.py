"""The fields of one BibTeX or BibLaTeX entry as a paper: what `Paper` has no place for goes to `extra`."""

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

# Fields whose backslashes and braces are their own, not TeX.
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
NUMBERED = frozenset({"techreport", "patent", "standard"})  # whose `number` is the report's, not an issue's
_IN_SERIES = frozenset({"inproceedings", "incollection"})


def paper_of(kind: str, key: str, fields: Mapping[str, str]) -> Paper:
    """The paper of an entry of this type (in lower case); `fields` are raw, under lower-case names."""
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
    """The words between commas and semicolons that stand outside braces."""
    raw = raw.strip()
    parts = split_outside(raw[1:-1] if is_braced(raw) else raw, ",;")
    return tuple(word for part in parts if (word := _text("keywords", part)))


def read_kind(entry_type: str, words: str, on_arxiv: bool, rest: dict[str, Any] | None = None) -> str:
    """Our kind: by `entrysubtype` of the fields that are left, if it names one of the same type, else by the table;
    a thesis by its `type`, an entry that says little a preprint if arXiv has it.
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
    """The web addresses of `url` and `howpublished`; a field that says more than addresses stays in `rest`."""
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
    """(identifiers, arXiv's primary category); what is no identifier after all stays in `left`."""
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
    """The date of `date` or of `year`, `month` and `day`; what names no day goes to `extra["date"]`."""
    whole = read_date(text.get("date", ""))
    parts = read_date(text.get("year", ""), text.get("month", ""), text.get("day", ""))
    day = whole.day or (parts.day if whole.year in (None, parts.year) else None)
    words = whole.text or parts.text
    if day and parts.year:
        words = ""  # the day says more
    elif whole.text and parts.text and not parts.year:
        rest["year"] = parts.text
    if words:
        rest["date"] = words
    return PublicationDate(parts.year or whole.year, day, words)


def _extra(kind: str, entry_type: str, key: str, fields: Mapping[str, str], rest: Mapping[str, Any]) -> dict[str, Any]:
    """The other fields under their canonical names, those that have none under their own."""
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
        if extra.setdefault(canonical, content) != content:  # `publisher` and `organization` of one paper
            extra.setdefault(name, content)
    return extra
