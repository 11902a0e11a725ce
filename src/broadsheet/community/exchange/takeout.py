"""A take-out: one archive with everything of a reader, to be read by people, by other programs and by another library.

Papers have keys that no library gives: their first identifier, else their title's. So an archive says the same whatever
library it comes from.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from broadsheet.catalogue.takeout.rows import archived_rows, papers_in
from broadsheet.community.exchange.opml import Line, opml
from broadsheet.community.exchange.takeout_page import takeout_page
from broadsheet.kit.paper import Paper
from broadsheet.kit.paper_json import to_json
from broadsheet.kit.text import fold

if TYPE_CHECKING:
    from broadsheet.community.community import Community
    from broadsheet.kit.progress import Progress
    from broadsheet.pipeline.records import Stored

__all__ = ["FORMAT", "VERSION", "keyed", "write_takeout"]

FORMAT = "broadsheet take-out"
VERSION = 1
_BATCH = 500  # papers read from the catalogue at once
_README = """Everything that is yours in one Broadsheet.

index.html          to read it: open it with a browser
takeout.json        what this archive is, and how many rows it has
papers.jsonl        every paper you did something with, all its fields; one JSON object a line
papers.csl.json     the same papers for Zotero and other programs (CSL-JSON)
saved.bib           the papers you saved (BibTeX)
feeds.opml          what you follow; the addresses open nothing without a token
rows/NAME.jsonl     every row that is yours, by table; papers by their key, times in UTC

`broadsheet import-takeout FILE.zip` reads it into another library. It has no password, no token and nothing else that
opens something.
"""


def write_takeout(community: Community, reader: str, path: Path, progress: Progress | None = None) -> dict[str, int]:
    """Write everything of a reader to a ZIP file; the number of rows by table, and of papers. Raises UnknownReader."""
    library = community.library
    may_create = reader == "me" and not library.catalogue.read_only
    rows = library.catalogue.community.belongings.all(library.catalogue.readers.get(reader, create=may_create).id)
    numbers = papers_in(rows)
    papers: list[Stored] = []
    for start in range(0, len(numbers), _BATCH):
        papers += library.papers(numbers[start : start + _BATCH])
        if progress:
            progress("papers", len(papers), len(numbers))
    keys = keyed([stored.paper for stored in papers])
    key_of = {stored.id: key for stored, key in zip(papers, keys, strict=True)}
    tables = dict(archived_rows(rows, lambda number: key_of.get(number, f"gone:{number}")))
    counts = {name: len(table_rows) for name, table_rows in tables.items()} | {"papers": len(papers)}
    ordered = sorted(zip(keys, papers, strict=True), key=lambda pair: pair[0])
    in_order = [stored.id for _, stored in ordered]
    saved = sorted(library.state(reader).saved)
    about = {
        **{"format": FORMAT, "version": VERSION, "reader": reader, "made_at": library.now().isoformat()},
        **{"library": library.instance_id, "counts": counts},
    }
    at = library.now()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        _write(file, at, "takeout.json", [json.dumps(about, ensure_ascii=False, indent=1)])
        _write(file, at, "README.txt", [_README])
        _write(file, at, "index.html", takeout_page(about, tables, ordered))
        _write(file, at, "papers.jsonl", _lines(to_json(stored.paper) for _, stored in ordered))
        _write(file, at, "papers.csl.json", library.export(in_order, "csl"))
        _write(file, at, "saved.bib", library.export(saved, "bibtex"))
        _write(file, at, "feeds.opml", [opml(f"{reader}’s feeds", _feeds(community, reader))])
        for done, (name, table_rows) in enumerate(tables.items(), 1):
            _write(file, at, f"rows/{name}.jsonl", _lines(table_rows))
            if progress:
                progress("tables", done, len(tables))
    return counts


def keyed(papers: Sequence[Paper]) -> list[str]:
    """A key for each of these papers; where two have one, the later has a number behind it, in the order of content."""
    plain = [_key(paper) for paper in papers]
    order = sorted(range(len(papers)), key=lambda at: (plain[at], _digest(json.dumps(to_json(papers[at])))))
    keys, seen = [""] * len(papers), dict[str, int]()
    for at in order:
        seen[plain[at]] = count = seen.get(plain[at], 0) + 1
        keys[at] = plain[at] + (f"#{count}" if count > 1 else "")
    return keys


def _key(paper: Paper) -> str:
    for scheme, value in paper.ids.pairs():
        return f"{scheme}:{value}"
    first = paper.authors[0].name if paper.authors else ""
    return "title:" + _digest("\n".join((fold(paper.title), fold(first), str(paper.year or ""))))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def _feeds(community: Community, reader: str) -> list[Line]:
    """What the reader follows, where one who has signed in reads it."""
    base, state = community.library.settings.community.url, community.library.state(reader)
    tags = [
        Line(f"Tagged {name}", f"{base}/tagged.atom?tag={quote(name, safe='')}", label="Tags") for name in state.tags
    ]
    own = community.searches.all(reader)
    searches = [Line(one.name, f"{base}/searches/{one.id}/feed.atom", label="Saved searches") for one in own]
    return [Line(f"{community.library.settings.server.title} for {reader}", f"{base}/feed.atom"), *tags, *searches]


def _lines(values: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def _write(file: zipfile.ZipFile, at: datetime, name: str, texts: Iterable[str]) -> None:
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    with file.open(entry, "w", force_zip64=True) as out:
        for text in texts:
            out.write(text.encode("utf-8", "replace"))
