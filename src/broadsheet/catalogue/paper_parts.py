"""Which papers have a PDF, code, an abstract …, and their citation counts: one query for the whole library."""

from __future__ import annotations

from broadsheet.catalogue.database import Database, fetch
from broadsheet.catalogue.dialects import sql

__all__ = ["citations", "having"]

_HAVING = {
    "abstract": sql.HAVING_ABSTRACT,
    "arxiv": sql.HAVING_ARXIV,
    "code": sql.HAVING_CODE,
    "doi": sql.HAVING_DOI,
    "pdf": sql.HAVING_PDF,
}


def having(database: Database, part: str) -> list[int]:
    """The numbers of the papers that have a part: abstract, arxiv, code, doi or pdf (of the record or an archive)."""
    with database.read() as connection:
        return [number for (number,) in fetch(connection, _HAVING[part])]


def citations(database: Database) -> dict[int, int]:
    """Paper number → citation count, of the papers whose records give one."""
    with database.read() as connection:
        return dict(fetch(connection, sql.CITATIONS))
