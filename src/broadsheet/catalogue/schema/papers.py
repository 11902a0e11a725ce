"""Papers and what is derived from them.

`papers` holds the merged record of each paper, whole, so that reading one costs one row; everything beside it
(identifiers, people, title grams) is derived from it and from `source_records`, and exists to be searched.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, text

from broadsheet.catalogue.schema.columns import METADATA, key, number, ref, words

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
    words("title"),
    words("abstract"),
    words("summary"),
    words("authors"),  # names, one a line
    words("venue"),
    words("keywords"),  # one a line
    number("year"),  # 0: unknown
    number("day"),  # date.toordinal() of Paper.date; 0: unknown
    words("added_at"),
    words("content"),  # JSON of all other fields
    Index("papers_by_day", "day"),  # also what count(*) and the list of ids are read from
    sqlite_autoincrement=True,
)
source_records = Table(
    "source_records",
    METADATA,
    Column("id", Integer, primary_key=True),
    ref("paper_id", "papers.id"),
    words("source"),
    words("source_id"),  # where the source gives none: a hash of title, names and year behind a \x1f
    words("fetched_at"),
    words("place"),
    Column("content", Text),  # JSON of the paper as this source tells it; NULL: the only source, see the paper
    Column("import_id", Integer),  # the import that brought it; NULL: before imports were noted
    Index("source_records_by_import", "import_id", sqlite_where=text("import_id IS NOT NULL")),
    Index("source_records_by_paper", "paper_id"),
    Index("source_records_by_source", "source_id", "source"),
)
identifiers = Table(
    "identifiers",
    METADATA,
    Column("scheme", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    ref("paper_id", "papers.id"),
    Index("identifiers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
versions = Table(
    "versions",
    METADATA,
    key("paper_id", "papers.id"),
    key("n"),
    words("recorded_at"),
    words("content"),  # JSON of the whole paper as it was before
    sqlite_with_rowid=False,
)
title_grams = Table(
    "title_grams",
    METADATA,
    key("hash"),
    key("paper_id", "papers.id"),
    Index("title_grams_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
merges = Table(
    "merges",
    METADATA,
    Column("id", Integer, primary_key=True),
    ref("paper_id", "papers.id"),
    words("source"),
    words("source_id"),
    words("rule"),
    Column("score", Text, nullable=False),
    words("at"),
    Column("undone_at", Text),
    Column("absorbed", Text),  # JSON of what a paper had that became part of this one; NULL: a record joined by title
    Index("merges_by_paper", "paper_id"),
)
redirects = Table(
    "redirects",
    METADATA,
    key("old_id"),  # the number of a paper that became part of another
    number("paper_id"),  # no foreign key: that one may be absorbed or deleted in its turn
)
kept_apart = Table(
    "kept_apart",
    METADATA,
    key("paper_id", "papers.id"),
    Column("source", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)

# People and where they work.
people = Table(
    "people",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # "orcid:…", else the normalised full name (provisional)
    words("name"),
    words("given"),
    words("family"),
    words("orcid"),
)
authorships = Table(
    "authorships",
    METADATA,
    key("paper_id", "papers.id"),
    key("position"),
    ref("person_id", "people.id"),
    Column("name", Text),  # as named on this paper; NULL: as in `people`
    sqlite_with_rowid=False,
)
affiliations = Table(
    "affiliations", METADATA, Column("id", Integer, primary_key=True), Column("name", Text, nullable=False, unique=True)
)
authorship_affiliations = Table(
    "authorship_affiliations",
    METADATA,
    key("paper_id", "papers.id"),
    key("position"),
    key("affiliation_id", "affiliations.id"),
    sqlite_with_rowid=False,
)
