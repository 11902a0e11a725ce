"""Writes BibTeX entries that both BibTeX and Broadsheet's own reader accept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.files.bibtex_fields import NUMBERED, VERBATIM, read_kind
from broadsheet.sources.files.writing import Keys, kind_of, people_in, texts_in, year_of_paper
from broadsheet.sources.records.fields import FIELDS, KIND
from broadsheet.sources.text.clean import clean
from broadsheet.sources.text.dates import MONTHS
from broadsheet.sources.text.latex import balanced, escape, is_braced
from broadsheet.sources.text.names import inverted, is_group, parse_name

__all__ = ["write_bibtex"]

_TYPE = re.compile(r"[a-z][a-z-]{0,20}")
_NO_TYPES = frozenset({"comment", "preamble", "string"})
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_VERBATIM_UNSAFE = str.maketrans({char: f"%{ord(char):02X}" for char in '{}\\ "<>^`|'})
_TEX_UNSAFE = str.maketrans({char: f"%{ord(char):02X}" for char in "{}\\^"})
_JOURNAL_KINDS = frozenset({"article", "newspaper", "magazine", "review", "periodical"})
_BOOK_KINDS = frozenset({"inproceedings", "incollection", "inreference", "entry"})
_SCHOOL_KINDS = frozenset({"phdthesis", "mastersthesis"})
_SEPARATORS = {"issn": ", ", "isbn": ", ", "affiliations": "; "}
_ESCAPED_BRACE = re.compile(r"\\[{}]")
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_NUMERIC = re.compile(r"[\d/.~?%X-]+")
# References to other entries, which may not be in the file, and fields that are written elsewhere.
_NOT_EXPORTED = (
    "author title crossref xref xdata entryset related relatedtype et_al citation_key entrytype date year month day "
    "url page_day listed"
)
_LEFT_OUT = frozenset(_NOT_EXPORTED.split())


def write_bibtex(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one entry at a time; its key is the user's own or lastnameYEARfirstword, unique within the export."""
    keys = Keys()
    for paper in papers:
        kind = kind_of(paper)
        entry_type = _entry_type(paper, kind)
        fields: dict[str, str] = {}
        for name, value in _fields(paper, kind, entry_type):
            if value:
                fields.setdefault(name, value)
        lines = [f"  {name} = {value}" for name, value in fields.items()]
        yield f"@{entry_type}{{{keys.of(paper)},\n" + ",\n".join(lines) + "\n}\n\n"


def _entry_type(paper: Paper, kind: str) -> str:
    """The entry type with which the paper was imported if it still fits, else that of its kind."""
    original = paper.extra.get("entrytype")
    if isinstance(original, str) and _is_type(original) and _kind_after_import(paper, original) == kind:
        return original
    known_kind = KIND.get(kind)
    return known_kind.bibtex[0] if known_kind else kind if _is_type(kind) else "misc"


def _is_type(name: str) -> bool:
    return bool(_TYPE.fullmatch(name)) and name not in _NO_TYPES


def _kind_after_import(paper: Paper, entry_type: str) -> str:
    return read_kind(entry_type, " ".join(texts_in(paper.extra.get("genre"))), bool(paper.ids.arxiv))


def _fields(paper: Paper, kind: str, entry_type: str) -> Iterator[tuple[str, str]]:
    """Yield (name, BibTeX value) of every field; of two with the same name the first counts."""
    ids = paper.ids
    yield "title", f"{{{_in_braces(escape(clean(paper.title)))}}}"
    yield "author", _people(paper.authors, paper.extra.get("et_al"))
    if paper.kind and _kind_after_import(paper, entry_type) != kind:
        yield "entrysubtype", _text(kind)
    yield from _date_fields(paper)
    venue = "journal" if kind in _JOURNAL_KINDS else "booktitle" if kind in _BOOK_KINDS else "howpublished"
    yield venue, _text(paper.venue)
    if ids.arxiv:
        yield "eprint", _text(ids.arxiv)
        yield "archiveprefix", "{arXiv}"
    yield "primaryclass", _text(paper.categories[0] if paper.categories else "")
    yield "categories", _text(" ".join(paper.categories) if len(paper.categories) > 1 else "")
    yield "doi", _doi(ids.doi)
    yield from _addresses(paper)
    for scheme, value in ids.pairs():
        if scheme not in ("arxiv", "doi"):
            yield scheme, _text(value)
    yield "abstract", _text(paper.abstract)
    yield "summary", _text(paper.summary)
    yield "keywords", _keywords(paper.keywords)
    yield "note", _text(paper.comments)
    yield "language", _text(paper.language)
    yield "licence", _text(paper.licence)
    yield from _others(paper.extra, kind)


def _addresses(paper: Paper) -> Iterator[tuple[str, str]]:
    """The first address as `url`, because styles expect one; further ones, and other kinds of address, as `urls`."""
    urls = [url.translate(_VERBATIM_UNSAFE) for url in paper.urls]
    if not urls and paper.ids.openreview:
        urls = [f"https://openreview.net/forum?id={paper.ids.openreview}"]
    other = " ".join(texts_in(paper.extra.get("url"))).translate(_TEX_UNSAFE)
    links = list(dict.fromkeys([*urls, *([other] if other else [])]))
    yield "url", _in_braces(links[0]) if links else ""
    yield "urls", _in_braces(" ".join(links[1:])) if links[1:] else ""
    yield "pdf", _verbatim(paper.pdf_url)


def _date_fields(paper: Paper) -> Iterator[tuple[str, str]]:
    """Year, month and day in the form that all BibTeX styles read; a range as BibLaTeX's `date`; text unchanged."""
    year, day = year_of_paper(paper), paper.submitted
    text = " ".join(texts_in(paper.extra.get("date")))
    other = " ".join(texts_in(paper.extra.get("year")))  # `in press`, beside a date
    yield "year", _text(other or str(year or "") or text)
    month = _MONTH.fullmatch(text)
    if day and day.year == year:
        yield "month", MONTHS[day.month - 1]
        yield "day", f"{{{day.day}}}"
    else:
        yield "submitted", _text(day.isoformat() if day else "")
    if not text or not (year or other):
        return
    if month and int(month[1]) == year and 1 <= int(month[2]) <= 12 and not other:
        yield "month", MONTHS[int(month[2]) - 1]
    elif text.endswith(f" {year}") and not _NUMERIC.match(text):
        yield "month", _text(text.removesuffix(str(year)))
    else:
        yield "date", _text(text)


def _others(extra: Any, kind: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of the table under their BibTeX names, then all others whose name is valid in BibTeX."""
    for field in FIELDS:
        value = extra.get(field.name)
        if value is None or field.name in _LEFT_OUT:
            continue
        name = field.bibtex[0] if field.bibtex else field.name
        if field.people:
            yield name, _people(people_in(value), extra.get(f"{field.name}_et_al"))
        else:
            yield _own_name(field.name, name, kind), _value(field.name, name, texts_in(value))
    for name, value in extra.items():
        if _FIELD_NAME.fullmatch(name) and name not in _LEFT_OUT and name != "type" and name not in _CANONICAL:
            yield name, _value(name, name, texts_in(value))


_CANONICAL = frozenset(field.name for field in FIELDS)


def _own_name(canonical: str, name: str, kind: str) -> str:
    """The BibTeX name for a kind: `number` is a report number or an issue, a thesis has a school."""
    if canonical == "report_number" and kind in NUMBERED:
        return "number"
    if canonical == "issue" and kind in NUMBERED:
        return "issue"
    return "school" if canonical == "institution" and kind in _SCHOOL_KINDS else name


def _value(canonical: str, name: str, texts: list[str]) -> str:
    text = _SEPARATORS.get(canonical, "; ").join(texts)
    if canonical == "pages":
        return _in_braces(re.sub(r"(?<=\w)-(?=\w)", "--", escape(text))) if text else ""
    if name == "doi":
        return _doi(text)
    if name in VERBATIM and text and balanced(text) and not _ESCAPED_BRACE.search(text):
        return _in_braces(f"{text} " if text.endswith("\\") else text)
    return _text(text)


def _text(text: str) -> str:
    text = escape(clean(text))
    return _in_braces(text) if text else ""


def _keywords(words: Iterable[str]) -> str:
    """Keywords separated by commas; one that contains a comma or semicolon is put in braces."""
    parts = [
        _in_braces(escape(word)) if re.search("[,;]", word) else escape(word) for word in map(clean, words) if word
    ]
    text = ", ".join(parts)
    return _in_braces(f"{text}," if is_braced(text) else text) if text else ""


def _doi(text: str) -> str:
    """A DOI without escaping `<` and `>`: readers decode addresses, but not DOIs."""
    return _in_braces(text.translate(_TEX_UNSAFE)) if text else ""


def _verbatim(text: str) -> str:
    return _in_braces(text.translate(_VERBATIM_UNSAFE)) if text else ""


def _in_braces(text: str) -> str:
    return f"{{{text}}}"


def _people(people: Iterable[Person], et_al: object) -> str:
    names = [_name(person) for person in people]
    return _in_braces(" and ".join([*names, "others"] if et_al is True else names)) if names else ""


def _name(person: Person) -> str:
    if is_group(person) and not _is_read_plain(person):
        return _in_braces(escape(clean(person.name)))
    family, given, suffix = inverted(person)
    if not given and not suffix:
        return escape(person.name) if _is_read_plain(person) else _in_braces(escape(clean(person.name)))
    return ", ".join(_part(part) for part in (family, suffix, given) if part)


def _is_read_plain(person: Person) -> bool:
    """Whether a name without parts can be written without braces and is read back unchanged: `Plato`."""
    name = escape(person.name)
    parsed = parse_name(name) if " and " not in f" {name.lower()} " else None
    return (
        parsed is not None
        and not person.is_group
        and not parsed.is_group
        and parsed.name == person.name
        and not parsed.given
    )


def _part(part: str) -> str:
    """A part of a name, in braces if it has a comma or `and`."""
    return _in_braces(escape(part)) if "," in part or " and " in f" {part.lower()} " else escape(part)
