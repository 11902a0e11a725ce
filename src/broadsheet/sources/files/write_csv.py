"""Writes CSV (RFC 4180) for spreadsheets: one line a paper, under a line of column names.

A cell that a spreadsheet would take for a formula begins with an apostrophe. The file begins with a byte order mark,
without which Excel reads letters outside ASCII wrongly.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from broadsheet.kit.paper import Paper
from broadsheet.kit.web_address import web_url
from broadsheet.sources.files.writing import Keys, year_of_paper
from broadsheet.sources.text.clean import clean

__all__ = ["COLUMNS", "write_csv"]

COLUMNS = (
    *("key", "title", "authors", "year", "date", "venue", "kind", "doi", "arxiv", "identifiers"),
    *("url", "pdf", "citations", "keywords", "abstract"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a cell begins with that a spreadsheet would compute


def write_csv(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield the line of column names, then one line a paper."""
    yield "\ufeff" + _line(COLUMNS)
    keys = Keys()
    for paper in papers:
        yield _line([_safe(value) for value in _values(paper, keys.of(paper))])


def _values(paper: Paper, key: str) -> Iterator[str]:
    ids = paper.ids
    yield key
    yield paper.title
    yield "; ".join(person.name for person in paper.authors)
    yield str(year_of_paper(paper) or "")
    yield paper.date.isoformat() if paper.date else ""
    yield paper.venue
    yield paper.kind
    yield ids.doi
    yield ids.arxiv
    yield " ".join(f"{scheme}:{value}" for scheme, value in ids.pairs() if scheme not in ("arxiv", "doi"))
    yield next(filter(None, map(web_url, paper.urls)), "")
    yield web_url(paper.pdf_url) or ""
    yield "" if paper.citations is None else str(paper.citations)
    yield "; ".join(paper.keywords)
    yield paper.abstract


def _safe(value: str) -> str:
    """One line of plain text that no spreadsheet computes."""
    text = clean(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(values: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)  # as RFC 4180 has it: "a, b", "" for ", \r\n at the end
    return out.getvalue()
