"""Reads arXiv's daily mail: a list of new, cross-listed and replaced papers, each between lines of two backslashes.

    \\
    arXiv:2603.01234 (*cross-listing*)
    Date: Sun, 1 Mar 2026 10:00:00 GMT   (14kb)

    Title: A title, which may
      go on
    Authors: Ada Example and Bo Sample
    Categories: cs.IR cs.LG
    \\
      The abstract.
    \\ ( https://arxiv.org/abs/2603.01234 ,  14kb)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.paper import Paper, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.providers.arxiv_text import arxiv_people, arxiv_text, split_with_places
from broadsheet.sources.records.ids import arxiv_id, arxiv_year, identifiers
from broadsheet.sources.text.clean import clean, decode, parse_date, read_bytes, rejected

__all__ = ["ArxivMailSource", "listed_paper"]

_EXPECTED = "a daily mail of arXiv"
_START = re.compile(r"^\\\\[ \t\r]*\n(?:Paper: |arXiv:)", re.MULTILINE)
_END = re.compile(r"^\\\\ \(.*$|^-{20,}[ \t\r]*$|^%%--%%.*$", re.MULTILINE)
_HEAD = re.compile(r"(?:Paper: )?(?:arXiv:)?(?P<id>\S+)(?P<cross> \(\*cross-listing\*\))?")
_REPLACED = re.compile(r"^replaced with revised version (?P<date>.*?)(?:\s*\(.*)?$", re.MULTILINE)
_FIELD = re.compile(r"^([A-Z][A-Za-z-]{2,15}): *(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_CATEGORY = re.compile(r"[a-z]+(-[a-z]+)*(\.[A-Za-z-]+)?")
_LONGEST = 50_000  # characters of an entry


class ArxivMailSource:
    """Every entry of a mail, or of several in one file; `extra["announce_type"]` is new, cross or replace.

    Authors are provisional: a mail has them in one string.
    """

    name = "arxiv-mail"
    suffixes = (".txt", ".eml", ".mbox")

    def sniff(self, head: bytes) -> bool:
        """Whether an entry begins near the top."""
        return bool(_START.search(decode(head)))

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every entry in order. Raises SourceError if there is none."""
        text = decode(read_bytes(path, _EXPECTED)).replace("\r\n", "\n")
        starts = [match.start() for match in _START.finditer(text)]
        if not starts:
            raise SourceError(f"{path}: holds no entry; expected {_EXPECTED}")
        line, position = 1, 0
        for start, following in zip(starts, [*starts[1:], len(text)], strict=True):
            line, position = line + text.count("\n", position, start), start
            yield _item(text[start + 3 : following][:_LONGEST], path.name, f"{path.name}:{line}")


def listed_paper(identifier: str, fields: dict[str, str], abstract: str) -> Paper:
    """The paper of an entry of a listing, from its fields by name. Raises RecordError without an id or a title."""
    key, version = arxiv_id(identifier)
    title = arxiv_text(fields.get("Title", ""))
    if not key or not title:
        raise RecordError(f"an entry of a listing needs an id and a title; its id is {identifier[:80]!r}")
    words = re.split(r"[\s;]+", fields.get("Categories", ""))
    return Paper(
        title,
        arxiv_text(abstract),
        arxiv_people(split_with_places(clean(fields.get("Authors", "")))),
        identifiers(arxiv=key, doi=fields.get("DOI", "").split(" ")[0]),
        arxiv_year(key),
        arxiv_text(fields.get("Journal-ref", "")),
        "preprint",
        categories=tuple(dict.fromkeys(word for word in words if len(word) < 40 and _CATEGORY.fullmatch(word))),
        version=version,
        urls=(f"https://arxiv.org/abs/{key}",),
        pdf_url=f"https://arxiv.org/pdf/{key}",
        comments=arxiv_text(fields.get("Comments", "")),
    )


def _item(text: str, file: str, place: str) -> Item:
    source = f"arxiv-mail:{file}"
    head, _, rest = text.partition("\n")
    named = _HEAD.match(head)
    body, _, abstract = rest.partition("\n\\\\\n")
    end = _END.search(abstract)
    abstract = abstract[: end.start()] if end else abstract
    fields = {match[1]: clean(match[2]) for match in _FIELD.finditer(body)}
    replaced = _REPLACED.search(body)
    kind = "replace" if replaced else "cross" if named and named["cross"] else "new"
    try:
        paper = listed_paper(named["id"] if named else "", fields, abstract)
    except RecordError as error:
        return rejected(source, place, str(error), text)
    day = parse_date((replaced["date"] if replaced else fields.get("Date", "")).partition("(")[0])
    submitted, updated = (None, day) if replaced else (day, None)
    paper = replace(paper, licence=fields.get("License", ""), submitted=submitted, updated=updated)
    paper = replace(paper, extra={"announce_type": kind})
    return Record(paper, source, paper.ids.arxiv, place)
