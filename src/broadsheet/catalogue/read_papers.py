"""Reading papers and resolving identifiers, always many papers per query."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue.database import Database, Reading, fetch, in_list, numbers, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import UNNAMED, clean_text, to_data
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.identifiers import canonical
from broadsheet.kit.paper import Paper
from broadsheet.kit.paper_json import from_json

__all__ = ["Document", "StoredRow"]


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A stored paper: its number, content, time of adding and sources."""

    id: int
    paper: Paper
    added_at: datetime  # UTC
    source_ids: tuple[tuple[str, str], ...]  # (source, id there or ""), first one first


class Document(NamedTuple):
    """The texts and columns of a paper that are indexed."""

    id: int
    title: str
    abstract: str
    summary: str
    authors: str  # names, one a line
    venue: str
    keywords: str  # one a line
    year: int  # 0: unknown
    day: int  # date.toordinal() of Paper.date; 0: unknown
    categories: str | None = None  # a JSON list
    links_code: int = 0  # whether its record, apart from the texts here, has the address of a code host


def stored(database: Database, ids: Iterable[int]) -> dict[int, StoredRow]:
    """The papers with these numbers that exist."""
    id_list = in_list(int(number) for number in ids)
    with database.read() as connection:
        rows = fetch(connection, sql.PAPER_ROWS, ids=id_list)
        names = _source_ids(connection, id_list)
    return {
        row[0]: StoredRow(row[0], from_json(to_data(row)), parse_time(row[9]), tuple(names[row[0]])) for row in rows
    }


def source_id(database: Database, ids: Iterable[int]) -> dict[int, str]:
    """Per existing paper the source id of its first record; "" if it has none."""
    with database.read() as connection:
        names = _source_ids(connection, in_list(int(number) for number in ids))
    return {paper_id: sources[0][1] for paper_id, sources in names.items()}


def _source_ids(connection: Reading, id_list: str) -> dict[int, list[tuple[str, str]]]:
    sources: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for paper_id, source, name in fetch(connection, sql.SOURCE_IDS, ids=id_list):
        sources[paper_id].append((source, "" if name.startswith(UNNAMED) else name))
    return sources


def resolve_many(database: Database, texts: Iterable[str]) -> dict[str, int | None]:
    """Text → paper number, None where it names no paper; `Papers.resolve` lists the forms."""
    paper_ids: dict[str, int | None] = dict.fromkeys(texts)
    numbers: dict[str, int] = {}
    schemes: dict[str, dict[str, str]] = defaultdict(dict)
    for text in paper_ids:
        bare = text.strip().removeprefix("paper:")
        if bare.isascii() and bare.isdigit() and len(bare) <= 18:
            numbers[text] = int(bare)
        elif identifier := canonical(clean_text(text)):
            schemes[identifier[0]][text] = identifier[1]
    with database.read() as connection:
        live = follow(connection, numbers.values())
        paper_ids.update({text: live.get(number) for text, number in numbers.items()})
        for scheme, values in schemes.items():
            by_value = dict(fetch(connection, sql.PAPERS_BY_IDENTIFIER, values=in_list(values.values()), scheme=scheme))
            paper_ids.update({text: by_value[value] for text, value in values.items() if value in by_value})
        left = {text: clean_text(text).strip() for text, paper_id in paper_ids.items() if paper_id is None}
        by_source = dict(
            fetch(connection, sql.PAPERS_BY_SOURCE_ID, values=in_list(name for name in left.values() if name))
        )
        paper_ids.update({text: by_source.get(name) for text, name in left.items() if not name.startswith(UNNAMED)})
    return paper_ids


def documents(database: Database, after: int, ids: Sequence[int] | None, batch: int) -> Iterator[list[Document]]:
    """Live papers with a number above `after` (and among `ids`), in lists of up to `batch`, ascending."""
    if ids is not None:
        selected = sorted({int(number) for number in ids if number > after})
        for start in range(0, len(selected), batch):
            with database.read() as connection:
                rows = fetch(connection, sql.DOCUMENTS, ids=in_list(selected[start : start + batch]))
            if rows:
                yield list(map(Document._make, rows))
        return
    while True:
        with database.read() as connection:
            rows = fetch(connection, sql.DOCUMENTS_AFTER, after=after, most=batch)
        if not rows:
            return
        yield list(map(Document._make, rows))
        after = rows[-1][0]


def count(database: Database) -> int:
    """How many papers there are."""
    with database.read() as connection:
        return int(fetch(connection, sql.PAPER_COUNT)[0][0])


def live_ids(database: Database) -> NDArray[np.int64]:
    """The numbers of all papers, ascending."""
    with database.read() as connection:
        text = fetch(connection, sql.PAPER_IDS)[0][0]
    return np.sort(numbers(text))


def last_added(database: Database) -> datetime | None:
    """When the newest paper was added."""
    with database.read() as connection:
        rows = fetch(connection, sql.LAST_ADDED)
    return parse_time(rows[0][0]) if rows else None


def last_number_at(database: Database, at: datetime) -> int:
    """The number of the newest paper that was there at a time; 0 if there was none.

    Papers are numbered as they come, so halving finds it.
    """
    time, best = stored_time(at), 0
    with database.read() as connection:
        rows = fetch(connection, sql.ADDED_UP_TO, most=2**62)
        low, high = 1, int(rows[0][0]) if rows else 0
        while low <= high:
            middle = (low + high) // 2
            rows = fetch(connection, sql.ADDED_UP_TO, most=middle)
            if not rows or rows[0][0] < low:  # deleted ones alone
                low = middle + 1
            elif rows[0][1] <= time:
                low, best = middle + 1, int(rows[0][0])
            else:
                high = int(rows[0][0]) - 1
    return best


def source_counts(database: Database) -> dict[str, int]:
    """Source → number of its papers."""
    with database.read() as connection:
        return dict(fetch(connection, sql.SOURCE_COUNTS))


def versions(database: Database, paper_id: int) -> list[tuple[int, datetime, Paper]]:
    """(number from 1, when it was replaced, content) of a paper's earlier contents, oldest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.VERSIONS_OF_PAPER, paper_id=paper_id)
    return [(n, parse_time(at), from_json(json.loads(content))) for n, at, content in rows]


def records(database: Database, paper_id: int) -> list[tuple[str, str, datetime, Paper]]:
    """(source, source id, when it was read, the paper as that source describes it) of each record, oldest first."""
    with database.read() as connection:
        rows = fetch(connection, sql.SOURCES_OF_PAPER, paper_id=paper_id)
        paper_rows = fetch(connection, sql.PAPER_ROW, paper_id=paper_id)
    paper = to_data(paper_rows[0]) if paper_rows else {"title": ""}
    return [
        (source, "" if name.startswith(UNNAMED) else name, parse_time(at), from_json(json.loads(c) if c else paper))
        for source, name, at, _, c in rows
    ]
