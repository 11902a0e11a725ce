"""Items of a Zotero library: read into records and what is their owner's alone, and made of papers.

The record has what describes the paper. Tags set by hand, notes, attachments and free text of the field Extra belong to
the owner and are kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Person, Record, Rejected
from broadsheet.sources.files.tabular import paper_of, text_of
from broadsheet.sources.files.works import row_of_work
from broadsheet.sources.records.ids import arxiv_id, clean_doi, clean_url
from broadsheet.sources.text.clean import clean, plain_text, rejected, sketch

__all__ = ["ZoteroItem", "collection_names", "read_item", "zotero_json"]

_KEY = re.compile(r"[A-Za-z0-9]{1,20}")
_CHILDREN = frozenset({"note", "attachment", "annotation"})
_LONGEST_TAG = 200
_LONGEST_NOTE = 20_000
_MOST = 200  # tags or collections of an item
_EXTRA_FIELD = re.compile(r"\s*([A-Za-z][A-Za-z .-]{1,40}?)\s*:\s*(\S.*)")
_ARXIV = re.compile(r"arxiv\s*:\s*(\S+)", re.IGNORECASE)
_EXTRA_FIELDS = {  # of the field Extra, in lower case → the column of a row
    "doi": "DOI", "arxiv": "archiveID", "pmid": "pmid", "pmcid": "pmcid", "citation key": "citationKey",
    "tex.eprint": "archiveID", "publisher": "publisher", "original date": "original_date",
}  # fmt: skip
_OWN = frozenset(  # keys of an item that do not describe the paper
    {
        "key", "version", "tags", "collections", "relations", "extra", "dateAdded", "dateModified", "deleted",
        "inPublications", "parentItem", "note", "callNumber", "libraryCatalog", "accessDate", "archiveLocation",
    }
)  # fmt: skip
_KINDS = {
    "article": "journalArticle", "inproceedings": "conferencePaper", "preprint": "preprint", "book": "book",
    "incollection": "bookSection", "phdthesis": "thesis", "mastersthesis": "thesis", "techreport": "report",
    "dataset": "dataset", "software": "computerProgram",
}  # fmt: skip
_VENUES = {
    "journalArticle": "publicationTitle", "conferencePaper": "proceedingsTitle", "bookSection": "bookTitle",
    "preprint": "repository", "thesis": "university", "report": "institution", "dataset": "repository",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ZoteroItem:
    """An item as a sync needs it. A note or an attachment has a parent or stands alone; neither has a record."""

    key: str
    version: int
    parent: str = ""
    is_gone: bool = False  # in the bin
    record: Record | Rejected | None = None
    tags: tuple[str, ...] = ()  # set by hand
    collections: tuple[str, ...] = ()  # keys
    content: Mapping[str, Any] = field(default_factory=dict)  # what is the owner's alone


def read_item(row: Mapping[str, Any], source: str) -> ZoteroItem | None:
    """The item of a row of an answer; None for what is none. Raises nothing."""
    key, data = row.get("key"), row.get("data")
    version = row.get("version")
    if not (isinstance(key, str) and _KEY.fullmatch(key) and isinstance(data, dict)):
        return None
    version = version if isinstance(version, int) and 0 <= version < 2**53 else 0
    parent = data.get("parentItem")
    parent = parent if isinstance(parent, str) and _KEY.fullmatch(parent) else ""
    kind = text_of(data.get("itemType"))
    is_gone = bool(data.get("deleted"))
    if kind in _CHILDREN or not kind:
        return ZoteroItem(key, version, parent, is_gone, content=_child(kind, data))
    tags = _listed(data.get("tags"))
    by_hand = [tag for tag, set_by in tags if not set_by]
    collections = [one for one in _list(data.get("collections")) if isinstance(one, str) and _KEY.fullmatch(one)]
    extra = data.get("extra")
    fields, free = _extra(extra if isinstance(extra, str) else "")
    content = {"extra": free} if free else {}
    record = None if is_gone else _record(key, {**data, **fields}, [tag for tag, by in tags if by], source)
    marks = tuple(dict.fromkeys(by_hand)), tuple(dict.fromkeys(collections))[:_MOST]
    return ZoteroItem(key, version, "", is_gone, record, *marks, content)


def _record(key: str, data: Mapping[str, Any], keywords: Sequence[str], source: str) -> Record | Rejected:
    place = f"zotero item {key}"
    described = {name: value for name, value in data.items() if name not in _OWN}
    row = row_of_work({"title": "", **described, "key": key})
    try:
        if row is None:
            raise RecordError("the item is of no known form")
        names = ("title", "caseName", "nameOfAct", "subject")
        title = next((value for name in names if isinstance(value := data.get(name), str) and value.strip()), "")
        abstract = row.get("abstract")
        row |= {"title": plain_text(title), "keywords": list(keywords), "key": ""}
        row |= {"abstract": plain_text(abstract)} if isinstance(abstract, str) else {}
        paper, _ = paper_of(row)
    except (RecordError, RecursionError, ValueError) as error:
        return rejected(source, place, str(error) or "nested too deeply", sketch(described))
    return Record(paper, source, key, place)


def _extra(text: str) -> tuple[dict[str, str], str]:
    """(the columns that lines of the field Extra fill, the other lines)."""
    fields: dict[str, str] = {}
    rest: list[str] = []
    for line in map(clean, text.splitlines()):
        match = _EXTRA_FIELD.fullmatch(line)
        name = _EXTRA_FIELDS.get(match[1].lower(), "") if match else ""
        value = match[2].strip() if match else ""
        is_valid = (name != "archiveID" or arxiv_id(value)[0]) and (name != "DOI" or clean_doi(value))
        if name and is_valid and name not in fields:
            fields[name] = value
        elif (found := _ARXIV.search(line)) and arxiv_id(found[1])[0] and "archiveID" not in fields:
            fields["archiveID"] = found[1]
            rest.append(line)
        elif line.strip():
            rest.append(line)
    return fields, "\n".join(rest)[:_LONGEST_NOTE]


def _child(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a note or an attachment."""
    if kind == "note":
        text = plain_text(str(data.get("note", ""))[: 2 * _LONGEST_NOTE])[:_LONGEST_NOTE]
        return {"note": text} if text else {}
    if kind == "attachment":
        kept = {"title": clean(text_of(data.get("title")))[:300], "url": clean_url(text_of(data.get("url")))}
        kept["type"] = clean(text_of(data.get("contentType")))[:100]
        return {name: value for name, value in kept.items() if value}
    return {}


def _listed(tags: Any) -> list[tuple[str, bool]]:
    """(tag, whether a program set it) of an item."""
    pairs = [
        (clean(tag.get("tag", ""))[:_LONGEST_TAG], tag.get("type") == 1)
        for tag in _list(tags)
        if isinstance(tag, dict) and isinstance(tag.get("tag"), str)
    ]
    return [pair for pair in pairs if pair[0]][:_MOST]


def collection_names(rows: Mapping[str, Sequence[str]], longest: int = 200) -> dict[str, str]:
    """The name of each collection with those it lies in, "Reading / Search", from key → (name, parent's key)."""
    names: dict[str, str] = {}
    for key in rows:
        parts: list[str] = []
        above, seen = key, set[str]()
        while above in rows and above not in seen:
            seen.add(above)
            parts.insert(0, rows[above][0] or "Untitled")
            above = rows[above][1]
        names[key] = " / ".join(parts)[-longest:].strip() or "Untitled"
    return names


def zotero_json(paper: Paper, tags: Sequence[str], collection: str) -> dict[str, Any]:
    """The paper as a new item, with these tags, in a collection."""
    kind = _KINDS.get(paper.kind, "preprint" if paper.ids.arxiv else "journalArticle" if paper.venue else "document")
    day = paper.submitted or paper.announced
    is_day = day is not None and paper.year in (None, day.year)
    item: dict[str, Any] = {
        "itemType": kind,
        "title": paper.title,
        "creators": [_creator(person) for person in paper.authors],
        "abstractNote": paper.abstract,
        "date": day.isoformat() if is_day and day else str(paper.year or ""),
        "url": paper.urls[0] if paper.urls else "",
        "language": paper.language,
        "tags": [{"tag": tag} for tag in tags],
        "collections": [collection],
        "extra": "\n".join(_extra_lines(paper, kind)),
    }
    if kind in {"journalArticle", "conferencePaper", "preprint", "dataset"}:
        item["DOI"] = paper.ids.doi
    if kind in {"preprint", "dataset"}:
        item["archiveID" if kind == "preprint" else "identifier"] = (
            f"arXiv:{paper.ids.arxiv}" if paper.ids.arxiv else ""
        )
    venue = "arXiv" if kind == "preprint" and paper.ids.arxiv and not paper.venue else paper.venue
    if kind in _VENUES:
        item[_VENUES[kind]] = venue
    return {name: value for name, value in item.items() if value or name in {"itemType", "tags", "collections"}}


def _extra_lines(paper: Paper, kind: str) -> list[str]:
    has_doi = kind in {"journalArticle", "conferencePaper", "preprint", "dataset"}
    ids = [("DOI", "" if has_doi else paper.ids.doi), ("arXiv", paper.ids.arxiv if kind != "preprint" else "")]
    return [f"{name}: {value}" for name, value in [*ids, ("PMID", paper.ids.pmid)] if value]


def _creator(person: Person) -> dict[str, str]:
    if person.is_group or not person.family:
        return {"creatorType": "author", "name": person.name}
    last = f"{person.family}, {person.suffix}" if person.suffix else person.family
    return {"creatorType": "author", "firstName": person.given, "lastName": last}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
