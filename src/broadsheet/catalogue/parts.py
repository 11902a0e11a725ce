"""Which papers have a PDF, code, an abstract …, and how often they are cited: read from the records, all at once."""

from __future__ import annotations

from broadsheet.catalogue.database import Database, fetch

__all__ = ["citations", "having"]

# A pattern is looked for before JSON is read, which takes far longer.
_PDF = (
    "SELECT id FROM papers WHERE content LIKE '%.pdf%' OR "
    "(content LIKE '%\"pdf_url\":%' AND json_extract(content, '$.pdf_url') <> '') UNION "
    "SELECT paper_id FROM identifiers WHERE scheme IN ('arxiv', 'acl', 'openreview')"
)
_HOSTS = (
    "github.com/",
    "gitlab.com/",
    "bitbucket.org/",
    "codeberg.org/",
    "huggingface.co/spaces/",
    "paperswithcode.com/",
)
_CODE = "SELECT id FROM papers WHERE " + " OR ".join(
    f"instr({column}, '{host}')" for column in ("content", "abstract", "summary") for host in _HOSTS
)
_HAVING = {
    "abstract": "SELECT id FROM papers WHERE abstract <> ''",
    "arxiv": "SELECT paper_id FROM identifiers WHERE scheme = 'arxiv'",
    "code": _CODE,
    "doi": "SELECT paper_id FROM identifiers WHERE scheme = 'doi'",
    "pdf": _PDF,
}
_CITED = (
    "SELECT id, json_extract(content, '$.citations') FROM papers "
    "WHERE content LIKE '%\"citations\":%' AND json_extract(content, '$.citations') IS NOT NULL"
)


def having(database: Database, part: str) -> list[int]:
    """The numbers of the papers that have a part: abstract, arxiv, code, doi or pdf (told, or kept by an archive)."""
    with database.read() as connection:
        return [number for (number,) in fetch(connection, _HAVING[part])]


def citations(database: Database) -> dict[int, int]:
    """How often each paper is cited, where its record says."""
    with database.read() as connection:
        return dict(fetch(connection, _CITED))
