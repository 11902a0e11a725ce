"""Queries as people ask, written for papers from their abstracts: in a few words, as a need, half remembered.

Each kind comes in three: as written, with one slip of typing (slips.py), and over papers of mixed lengths (lengths.py).
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from broadsheet_lab.bench.search.lengths import mixed_lengths
from broadsheet_lab.bench.search.query_set import Need, QuerySet, Source, known_items
from broadsheet_lab.bench.search.slips import slip

__all__ = ["KINDS", "MIXED", "SLIPS", "WRITTEN", "as_written", "mixed", "read_needs", "slipped"]

KINDS = ("short", "need", "recall")
FILE = "queries.jsonl"  # beside papers.parquet


def read_needs(papers: Path) -> tuple[Need, ...]:
    """The written queries beside papers.parquet, in file order; none without the file."""
    path = papers.with_name(FILE)
    if not path.is_file():
        return ()
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(Need(row["paper_id"], {kind: row[kind] for kind in KINDS}) for row in rows)


def _written(source: Source, kind: str) -> list[tuple[int, str]]:
    """(row of the paper, query) of one kind."""
    rows = {doc.id: at for at, doc in enumerate(source.docs)}
    return [(rows[need.paper], need.texts[kind]) for need in source.needs if need.paper in rows]


def _set(name: str, source: Source, asked: list[tuple[int, str]]) -> QuerySet:
    return known_items(name, source.docs, [row for row, _ in asked], [text for _, text in asked])


def as_written(source: Source, kind: str) -> QuerySet:
    """The queries of one kind."""
    return _set(kind, source, _written(source, kind))


def slipped(source: Source, kind: str) -> QuerySet:
    """The same with one slip of typing each, the same ones every time."""
    ids = [doc.id for doc in source.docs]
    return _set(
        f"{kind}-slips", source, [(row, slip(text, f"{kind} {ids[row]}")) for row, text in _written(source, kind)]
    )


def mixed(source: Source, kind: str) -> QuerySet:
    """The same queries over papers of mixed lengths."""
    asked = _written(source, kind)
    docs = mixed_lengths(source) if asked else source.docs
    return known_items(f"{kind}-mixed", docs, [row for row, _ in asked], [text for _, text in asked])


WRITTEN = {kind: partial(as_written, kind=kind) for kind in KINDS}
SLIPS = {f"{kind}-slips": partial(slipped, kind=kind) for kind in KINDS}
MIXED = {f"{kind}-mixed": partial(mixed, kind=kind) for kind in KINDS}
