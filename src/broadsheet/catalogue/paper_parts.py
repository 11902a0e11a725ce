"""Which papers have a PDF, code, an abstract …, and how often they are cited: read from the records, all at once."""

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
    """The numbers of the papers that have a part: abstract, arxiv, code, doi or pdf (told, or kept by an archive)."""
    with database.read() as connection:
        return [number for (number,) in fetch(connection, _HAVING[part])]


def citations(database: Database) -> dict[int, int]:
    """Paper → citation count, where its record has one."""
    with database.read() as connection:
        return dict(fetch(connection, sql.CITATIONS))
