"""Parts of papers without their records: who has a PDF, an abstract …; citation counts, categories."""

from __future__ import annotations

import json
from collections.abc import Iterable

from broadsheet.catalogue.database import Database, fetch, in_list
from broadsheet.catalogue.dialects import sql

__all__ = ["categories", "citations", "having", "uses"]

_HAVING = {
    "abstract": sql.HAVING_ABSTRACT,
    "arxiv": sql.HAVING_ARXIV,
    "doi": sql.HAVING_DOI,
    "pdf": sql.HAVING_PDF,
}


def having(database: Database, part: str) -> list[int]:
    """The numbers of the papers that have a part: abstract, arxiv, doi or pdf (of the record or an archive)."""
    with database.read() as connection:
        return [number for (number,) in fetch(connection, _HAVING[part])]


def citations(database: Database) -> dict[int, int]:
    """Paper number → citation count, of the papers whose records give one."""
    with database.read() as connection:
        return dict(fetch(connection, sql.CITATIONS))


def categories(database: Database, ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Per existing paper its categories, the main one first."""
    with database.read() as connection:
        rows = fetch(connection, sql.CATEGORIES, ids=in_list(set(ids)))
    return {number: tuple(json.loads(text)) if text else () for number, text in rows}


def uses(database: Database) -> dict[int, int]:
    """Paper number → number of readers who saved, opened or rated it up, of the papers with one."""
    with database.read() as connection:
        return dict(fetch(connection, sql.USES))
