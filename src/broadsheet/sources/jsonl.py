"""JSON lines, one paper a line, in three shapes: our own export, arXiv's metadata snapshot, and plain tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.kit.paper_json import from_json
from broadsheet.sources.contract import Item
from broadsheet.sources.ids import arxiv_id, clean_url, identifiers
from broadsheet.sources.names import MAX_AUTHORS, from_parts, split_authors
from broadsheet.sources.rows import DROPPED, paper_of, plain
from broadsheet.sources.tex import to_unicode
from broadsheet.sources.text import clean, decode, parse_date, rejected

__all__ = ["JsonLinesSource"]

_HEAD = 65536  # bytes in which the first object must begin
_MAX_LINE = 8 * 2**20  # bytes; a paper with 5,000 authors and their addresses is about 1 MiB
_OURS = frozenset({"ids", "extra", "urls", "version", "is_retracted"})  # keys only our own export has
_EXPECTED = "one JSON object a line, each with a `title`"


class JsonLinesSource:
    """One JSON object a line; the shape of each line is told by its keys."""

    name = "jsonl"
    suffixes = (".jsonl", ".ndjson", ".json")

    def sniff(self, head: bytes) -> bool:
        """Some line begins an object with a quoted key, and the file does not begin as a list or as XML."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return start.startswith(b"{") and start[1:].lstrip()[:1] in (b'"', b"}", b"")

    def read(self, path: Path) -> Iterator[Item]:
        """Every line, one at a time in memory. Raises SourceError if no line near the start begins an object."""
        source = f"jsonl:{path.name}"
        try:
            with open(path, "rb") as file:
                head = file.read(_HEAD)
                if not any(line.lstrip(b"\xef\xbb\xbf \t\r").startswith(b"{") for line in head.split(b"\n")):
                    state = "holds no JSON object" if head.strip() else "is empty"
                    raise SourceError(f"{path}: {state}; expected {_EXPECTED}")
                file.seek(0)
                for number, line, whole in _lines(file):
                    if line.strip(b" \t\r\n\xef\xbb\xbf"):
                        yield _item(line, whole, source, f"{path.name}:{number}")
        except OSError as error:
            raise SourceError(f"{path}: cannot be read ({error.strerror}); expected {_EXPECTED}") from error


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """(line number, line, whether it is whole); of a line over _MAX_LINE only its beginning."""
    number = 0
    while line := file.readline(_MAX_LINE):
        number += 1
        whole = len(line) < _MAX_LINE or line.endswith(b"\n")
        yield number, line, whole
        while not whole and (rest := file.readline(_MAX_LINE)):
            whole = rest.endswith(b"\n")


def _item(line: bytes, whole: bool, source: str, place: str) -> Item:
    text = decode(line)
    if not whole:
        return rejected(source, place, f"the line is longer than {_MAX_LINE // 2**20} MiB", text)
    try:
        row = json.loads(text)
        if not isinstance(row, dict):
            raise RecordError(f"the line is no JSON object but {type(row).__name__}")
        paper, source_id = _paper(row)
    except json.JSONDecodeError as error:
        cut = "" if line.endswith(b"\n") else "; the file ends inside this record"
        return rejected(source, place, f"not valid JSON at character {error.pos + 1}: {error.msg}{cut}", text)
    except RecordError as error:
        return rejected(source, place, str(error), text)
    except (ValueError, RecursionError):
        return rejected(source, place, "a number of absurd length, or nested too deeply", text)
    return Record(paper, source, source_id, place)


def _paper(row: dict[str, Any]) -> tuple[Paper, str]:
    if "authors_parsed" in row and ("versions" in row or "update_date" in row):
        return _snapshot_paper(row)
    return _exported_paper(row) if _OURS & row.keys() else paper_of(row)


def _exported_paper(row: dict[str, Any]) -> tuple[Paper, str]:
    """A line of our own export. It may have been edited since: identifiers and addresses are cleaned again."""
    row = {key: value for key, value in plain(row).items() if key.lower() not in DROPPED}
    source_id = [str(row.pop(key, "")) for key in ("paper_id", "id")]
    paper = from_json(row)
    given = dict(paper.ids.pairs())
    arxiv, doi = given.pop("arxiv", ""), given.pop("doi", "")
    urls = tuple([url for text in paper.urls if (url := clean_url(text))])
    extra = {key: value for key, value in paper.extra.items() if key.lower() not in DROPPED}
    paper = replace(
        paper,
        ids=identifiers(arxiv=arxiv, doi=doi, given=given),
        urls=urls,
        pdf_url=clean_url(paper.pdf_url),
        extra=extra,
    )
    return paper, source_id[0] or source_id[1]


def _snapshot_paper(row: Mapping[str, Any]) -> tuple[Paper, str]:
    """A line of arXiv's metadata snapshot; dates and version from its list of versions."""

    def text(key: str) -> str:
        value = row.get(key)
        return clean(value) if isinstance(value, str) else ""

    identifier, _ = arxiv_id(text("id"))
    title = clean(to_unicode(text("title")))
    if not identifier or not title:
        raise RecordError(f"a snapshot line needs `id` and `title`; its id is {row.get('id')!r:.80}")
    days = [parse_date(str(v.get("created", ""))) for v in _list(row.get("versions")) if isinstance(v, dict)]
    submitted = days[0] if days else None
    categories = tuple(text("categories").split())
    paper = Paper(
        title,
        text("abstract"),
        _snapshot_authors(row),
        identifiers(arxiv=identifier, doi=text("doi").partition(" ")[0]),
        submitted.year if submitted else None,
        text("journal-ref"),
        "preprint",
        categories=categories,
        submitted=submitted,
        updated=(days[-1] if days else None) or parse_date(text("update_date")),
        version=len(days) or None,
        urls=(f"https://arxiv.org/abs/{identifier}",),
        pdf_url=f"https://arxiv.org/pdf/{identifier}",
        licence=text("license"),
        comments=clean(to_unicode(text("comments"))),
        extra={"report_no": report} if (report := text("report-no")) else {},
    )
    return paper, identifier


def _snapshot_authors(row: Mapping[str, Any]) -> tuple[Person, ...]:
    people = []
    for parts in _list(row.get("authors_parsed"))[:MAX_AUTHORS]:
        names = [to_unicode(part) if isinstance(part, str) else "" for part in _list(parts)] + ["", "", ""]
        person = from_parts(names[1], names[0], names[2])
        if person.name:
            people.append(person)
    authors = row.get("authors")
    return tuple(people) or (split_authors(authors) if isinstance(authors, str) else ())


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
