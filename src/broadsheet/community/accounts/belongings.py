"""Taking everything along: an archive of what is a reader's."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET  # writes only; no foreign XML is parsed here

from broadsheet.pipeline.library import Library

__all__ = ["archive", "opml"]

_ABOUT = """What is in this archive:

everything.json   every row that is yours, by table, times in UTC
saved.bib         the papers you saved, as BibTeX
papers.jsonl      every paper you did something with, whole
feeds.opml        your feeds, for a feed reader
"""


def archive(library: Library, reader: str, feeds: Sequence[tuple[str, str]]) -> bytes:
    """A ZIP file of everything that is a reader's; `feeds` are their (title, address). Raises UnknownReader."""
    of_reader = library.catalogue.readers.get(reader)
    rows = library.catalogue.community.belongings.all(of_reader.id)
    state = library.state(reader)
    numbers = sorted({int(row["paper_id"]) for part in rows.values() for row in part if row.get("paper_id")})
    buffer = io.BytesIO()
    at = library.now()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        _write(file, at, "README.txt", _ABOUT)
        _write(file, at, "everything.json", json.dumps(rows, ensure_ascii=False, indent=1))
        _write(file, at, "saved.bib", "".join(library.export(sorted(state.saved), "bibtex")))
        _write(file, at, "papers.jsonl", "".join(library.export(numbers, "jsonl")))
        _write(file, at, "feeds.opml", opml(f"{reader}'s feeds", feeds))
    return buffer.getvalue()


def opml(title: str, feeds: Sequence[tuple[str, str]]) -> str:
    """Feeds, each (title, address), as an OPML 2.0 document."""
    root = ET.Element("opml", {"version": "2.0"})
    ET.SubElement(ET.SubElement(root, "head"), "title").text = title
    body = ET.SubElement(root, "body")
    for name, address in feeds:
        ET.SubElement(body, "outline", {"type": "rss", "text": name, "title": name, "xmlUrl": address})
    ET.indent(root, " ")
    return ET.tostring(root, "unicode", xml_declaration=True) + "\n"


def _write(file: zipfile.ZipFile, at: datetime, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(entry, text.encode("utf-8", "replace"))
