"""Papers as files for other programs: BibTeX (for biber), RIS, CSL-JSON and our own JSON lines.

Every writer takes papers one by one and gives text piece by piece, so that an export of any size streams. What a
format has no field for is left out of it; JSON lines keep everything.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from broadsheet.kit.paper import Paper, Person
from broadsheet.kit.paper_json import from_json, to_json
from broadsheet.sources.bibtex import VERBATIM
from broadsheet.sources.fields import FIELDS, KIND_OF, KINDS
from broadsheet.sources.names import inverted, is_group
from broadsheet.sources.tex import balanced, escape
from broadsheet.sources.text import clean

__all__ = ["WRITERS", "citation_key", "write_bibtex", "write_csl", "write_jsonl", "write_ris"]

_SKIPPED_WORDS = frozenset("a an the on of in to for from with and towards toward is are".split())  # noqa: SIM905
_JOURNAL = re.compile(r"journal|transactions|letters|review|magazine|annals|\bj\.", re.IGNORECASE)
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_VERBATIM_UNSAFE = str.maketrans({char: f"%{ord(char):02X}" for char in '{}\\ "<>^`|'})
_VENUE_FIELDS = {"article": "journal", "inproceedings": "booktitle", "incollection": "booktitle"}
_RIS_TYPES = {kind.name: kind.ris[0] for kind in KINDS if kind.ris}
_BIBTEX_TYPES = {kind.name: kind.bibtex[0] for kind in KINDS if kind.bibtex}
_BIBTEX_NAMES = {field.name: field.bibtex[0] for field in FIELDS if field.bibtex} | {"report_number": "number"}
_BIBTEX_PEOPLE = frozenset(field.name for field in FIELDS if field.people and field.bibtex)
_CSL_TYPES = {kind.name: kind.csl[0] for kind in KINDS if kind.csl}


def write_bibtex(papers: Iterable[Paper]) -> Iterator[str]:
    """One entry a piece; keys are the user's own or lastnameYEARfirstword in ASCII, unique within the export."""
    keys: set[str] = set()
    for paper in papers:
        key = _unique(_own_key(paper) or citation_key(paper), keys)
        kind = _kind(paper)
        lines = [f"  {name} = {{{value}}}" for name, value in _bibtex_fields(paper, kind) if value]
        yield f"@{_BIBTEX_TYPES.get(kind, kind)}{{{key},\n" + ",\n".join(lines) + "\n}\n\n"


def _own_key(paper: Paper) -> str:
    """The key under which the user cites this paper, if BibTeX can hold it."""
    key = paper.extra.get("citation_key")
    return key if isinstance(key, str) and re.fullmatch(r"[^\s{}(),=#%\"'\\~]{1,200}", key) else ""


def citation_key(paper: Paper) -> str:
    """`example2026invented`: first author's last name, year, first telling word of the title, ASCII."""
    author = paper.authors[0] if paper.authors else None
    last = "" if author is None else author.name if is_group(author) else inverted(author)[0]
    words = re.findall(r"[a-z0-9]+", _ascii(paper.title))
    first = next((word for word in words if word not in _SKIPPED_WORDS), "")
    key = f"{re.sub(r'[^a-z]', '', _ascii(last))[:30]}{_year(paper) or ''}{first[:30]}"
    return key or "paper"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode().lower()


_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "AE", "đ": "d", "ı": "i"})


def _unique(key: str, taken: set[str]) -> str:
    """The key, with a, b, …, z, aa, … behind it if it was given out before."""
    candidate, number = key, 0
    while candidate in taken:
        number, suffix, rest = number + 1, "", number + 1
        while rest:
            rest, letter = divmod(rest - 1, 26)
            suffix = chr(ord("a") + letter) + suffix
        candidate = key + suffix
    taken.add(candidate)
    return candidate


def _year(paper: Paper) -> int | None:
    return paper.year or (paper.date.year if paper.date else None)


def _kind(paper: Paper) -> str:
    """The entry type: as imported, else guessed from the venue."""
    if re.fullmatch(r"[a-z]{1,20}", paper.kind) and paper.kind not in ("comment", "preamble", "string"):
        return paper.kind
    if not paper.venue:
        return "preprint" if paper.ids.arxiv else "misc"
    return "article" if _JOURNAL.search(paper.venue) else "inproceedings"


def _bibtex_fields(paper: Paper, kind: str) -> Iterator[tuple[str, str]]:
    ids, year = paper.ids, _year(paper)
    people = [_bibtex_name(person) for person in paper.authors]
    yield "title", f"{{{escape(paper.title)}}}"
    yield "author", " and ".join([*people, "others"] if people and paper.extra.get("et_al") is True else people)
    yield "year", str(year or "")
    yield _VENUE_FIELDS.get(kind, "howpublished"), escape(paper.venue)
    if ids.arxiv:
        yield "eprint", ids.arxiv
        yield "archiveprefix", "arXiv"
    yield "primaryclass", escape(paper.categories[0] if paper.categories else "")
    yield "doi", ids.doi.translate(_VERBATIM_UNSAFE)
    yield "url", _url(paper).translate(_VERBATIM_UNSAFE)
    for scheme, value in ids.pairs():
        if scheme not in ("arxiv", "doi"):
            yield scheme, escape(value)
    yield "abstract", escape(paper.abstract)
    yield "summary", escape(paper.summary)
    yield "keywords", escape(", ".join(_listed(paper.keywords)))
    yield "note", escape(paper.comments)
    yield "language", escape(paper.language)
    for canonical, value in paper.extra.items():
        name = _BIBTEX_NAMES.get(canonical, canonical)
        if canonical in _BIBTEX_PEOPLE and isinstance(value, list):
            listed = from_json({"title": "-", "authors": value}).authors
            yield name, " and ".join(_bibtex_name(person) for person in listed)
        elif _FIELD_NAME.fullmatch(name) and name not in _WRITTEN and type(value) in (str, int):
            text = clean(str(value))
            yield name, text if name in VERBATIM and balanced(text) else escape(text)


_WRITTEN = frozenset(
    {
        "title", "author", "year", "journal", "booktitle", "howpublished", "eprint", "archiveprefix", "primaryclass",
        "doi", "url", "acl", "openalex", "s2", "pmid", "openreview", "abstract", "summary", "keywords", "note",
        "language", "et_al", "page_day", "listed", "citation_key", "crossref", "xref", "xdata",
    }
)  # fmt: skip


def _bibtex_name(person: Person) -> str:
    if is_group(person):
        return f"{{{escape(person.name)}}}"
    family, given, suffix = inverted(person)
    parts = [_braced(part) for part in (family, suffix, given) if part]
    return ", ".join(parts) if given else f"{{{escape(person.name)}}}"


def _braced(part: str) -> str:
    """A name part as BibTeX reads it whole: commas and `and` inside braces."""
    return f"{{{escape(part)}}}" if "," in part or " and " in f" {part.lower()} " else escape(part)


def _url(paper: Paper) -> str:
    if paper.urls:
        return paper.urls[0]
    return f"https://openreview.net/forum?id={paper.ids.openreview}" if paper.ids.openreview else ""


def _listed(words: Iterable[str]) -> list[str]:
    """Keywords that survive being written with commas between them."""
    return [re.sub(r"\s*[;,]\s*", " ", word).strip() for word in words]


def write_ris(papers: Iterable[Paper]) -> Iterator[str]:
    """One record a piece, from TY to ER."""
    keys: set[str] = set()
    for paper in papers:
        lines = [("TY", _ris_type(paper)), ("ID", _unique(citation_key(paper), keys))]
        lines += [("TI", paper.title), *(("AU", _ris_name(person)) for person in paper.authors)]
        lines += [("PY", str(_year(paper) or "")), ("DA", f"{paper.submitted:%Y/%m/%d}" if paper.submitted else "")]
        lines += [("T2", paper.venue), ("AB", paper.abstract), *(("KW", word) for word in paper.keywords)]
        lines += [("DO", paper.ids.doi), ("AN", f"arXiv:{paper.ids.arxiv}" if paper.ids.arxiv else "")]
        lines += [("C1", f"{scheme}:{value}") for scheme, value in paper.ids.pairs() if scheme not in ("arxiv", "doi")]
        lines += [*(("UR", url) for url in paper.urls), ("L1", paper.pdf_url), ("N1", paper.comments)]
        lines += [("LA", paper.language)]
        # clean() keeps a value on its line: a line break in a title must not start a tag of its own
        yield "".join(f"{tag}  - {text}\n" for tag, value in lines if (text := clean(value))) + "ER  - \n\n"


def _ris_type(paper: Paper) -> str:
    """The type as RIS had it, if the paper's kind is still the one read from that; else the one of the kind."""
    kind, original = _kind(paper), paper.extra.get("TY")
    if isinstance(original, str) and KIND_OF["ris"].get(original, "") == paper.kind:
        return original
    return _RIS_TYPES.get(kind, "GEN")


def _ris_name(person: Person) -> str:
    if is_group(person):
        return person.name.replace(",", "")
    family, given, suffix = inverted(person)
    parts = (family, given, suffix) if suffix else (family, given)
    return ", ".join(part.replace(",", "") for part in parts) if given else person.name


def write_csl(papers: Iterable[Paper]) -> Iterator[str]:
    """A JSON list, one item a piece."""
    keys: set[str] = set()
    separator = "[\n"
    for paper in papers:
        yield separator + json.dumps(_csl_item(paper, _unique(citation_key(paper), keys)), ensure_ascii=False)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _csl_item(paper: Paper, key: str) -> dict[str, Any]:
    kind = _kind(paper)
    day, year = paper.submitted, _year(paper)
    others = {scheme: value for scheme, value in paper.ids.pairs() if scheme not in ("arxiv", "doi", "pmid")}
    item: dict[str, Any] = {
        "id": key,
        "type": _CSL_TYPES.get(kind, "document"),
        "title": paper.title,
        "author": [_csl_name(person) for person in paper.authors],
        # the day only where it says the same as the year
        "issued": {"date-parts": [[day.year, day.month, day.day] if day and day.year == year else [year]]}
        if year
        else None,
        "container-title": paper.venue,
        "DOI": paper.ids.doi,
        "number": f"arXiv:{paper.ids.arxiv}" if paper.ids.arxiv else "",
        "publisher": "arXiv" if kind == "preprint" and paper.ids.arxiv else "",
        "PMID": paper.ids.pmid,
        "URL": _url(paper),
        "abstract": paper.abstract,
        "keyword": ", ".join(_listed(paper.keywords)),
        "note": paper.comments,
        "language": paper.language,
        "custom": others,
    }
    return {name: value for name, value in item.items() if value}


def _csl_name(person: Person) -> dict[str, str]:
    if is_group(person):
        return {"literal": person.name}
    family, given, suffix = inverted(person)
    return {name: part for name, part in (("family", family), ("given", given), ("suffix", suffix)) if part}


def write_jsonl(papers: Iterable[Paper]) -> Iterator[str]:
    """One JSON object a line with everything we know of a paper; `add` takes it back unchanged."""
    for paper in papers:
        yield json.dumps(to_json(paper), ensure_ascii=False, allow_nan=False) + "\n"


WRITERS: Mapping[str, Callable[[Iterable[Paper]], Iterator[str]]] = MappingProxyType(
    {"bibtex": write_bibtex, "ris": write_ris, "csl": write_csl, "jsonl": write_jsonl}
)
