"""Papers and what is derived from them.

`papers` holds the merged record of each paper, whole, so that reading one costs one row; everything beside it
(identifiers, people, title grams) is derived from it and from `source_records`, and exists to be searched.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, text

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, reference_column, text_column

__all__ = [
    "affiliations",
    "authorship_affiliations",
    "authorships",
    "identifiers",
    "kept_apart",
    "merges",
    "papers",
    "people",
    "redirects",
    "source_records",
    "title_grams",
    "versions",
]

papers = Table(
    "papers",
    METADATA,
    Column("id", Integer, primary_key=True),  # AUTOINCREMENT: never used again after a deletion
    text_column("title"),
    text_column("abstract"),
    text_column("summary"),
    text_column("authors"),  # names, one a line
    text_column("venue"),
    text_column("keywords"),  # one a line
    integer_column("year"),  # 0: unknown
    integer_column("day"),  # date.toordinal() of Paper.date; 0: unknown
    text_column("added_at"),
    text_column("content"),  # JSON of all other fields
    Index("papers_by_day", "day"),  # SQLite also reads count(*) and the list of ids from it
    sqlite_autoincrement=True,
)
source_records = Table(
    "source_records",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("paper_id", "papers.id"),
    text_column("source"),
    text_column("source_id"),  # if the source gives none: \x1f and a hash of title, names and year
    text_column("fetched_at"),
    text_column("place"),
    Column("content", Text),  # JSON of this source's record; NULL: the only source, equal to the paper
    Column("import_id", Integer),  # the import that added it; NULL: from before version 3
    Index("source_records_by_import", "import_id", sqlite_where=text("import_id IS NOT NULL")),
    Index("source_records_by_paper", "paper_id"),
    Index("source_records_by_source", "source_id", "source"),
)
identifiers = Table(
    "identifiers",
    METADATA,
    Column("scheme", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    reference_column("paper_id", "papers.id"),
    Index("identifiers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
versions = Table(
    "versions",
    METADATA,
    key_column("paper_id", "papers.id"),
    key_column("n"),
    text_column("recorded_at"),
    text_column("content"),  # JSON of the whole earlier paper
    sqlite_with_rowid=False,
)
title_grams = Table(
    "title_grams",
    METADATA,
    key_column("hash"),
    key_column("paper_id", "papers.id"),
    Index("title_grams_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
merges = Table(
    "merges",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("paper_id", "papers.id"),
    text_column("source"),
    text_column("source_id"),
    text_column("rule"),
    Column("score", Text, nullable=False),
    text_column("at"),
    Column("undone_at", Text),
    Column("absorbed", Text),  # JSON of the absorbed paper (`AbsorbedPaper`); NULL: a record merged by title
    Index("merges_by_paper", "paper_id"),
)
redirects = Table(
    "redirects",
    METADATA,
    key_column("old_id"),  # the number of an absorbed paper
    integer_column("paper_id"),  # no foreign key: the survivor may be absorbed or deleted later
)
kept_apart = Table(
    "kept_apart",
    METADATA,
    key_column("paper_id", "papers.id"),
    Column("source", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)

# People and their affiliations.
people = Table(
    "people",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # "orcid:…", else the normalised full name (provisional)
    text_column("name"),
    text_column("given"),
    text_column("family"),
    text_column("orcid"),
)
authorships = Table(
    "authorships",
    METADATA,
    key_column("paper_id", "papers.id"),
    key_column("position"),
    reference_column("person_id", "people.id"),
    Column("name", Text),  # as named on this paper; NULL: as in `people`
    sqlite_with_rowid=False,
)
affiliations = Table(
    "affiliations", METADATA, Column("id", Integer, primary_key=True), Column("name", Text, nullable=False, unique=True)
)
authorship_affiliations = Table(
    "authorship_affiliations",
    METADATA,
    key_column("paper_id", "papers.id"),
    key_column("position"),
    key_column("affiliation_id", "affiliations.id"),
    sqlite_with_rowid=False,
)
