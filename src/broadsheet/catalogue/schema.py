"""The tables of a catalogue. Times are ISO 8601 text in UTC; JSON is text.

`papers` holds the merged record of each paper, whole, so that reading one costs one row; everything beside it
(identifiers, people, title grams) is derived from it and from `source_records`, and exists to be searched.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

__all__ = ["METADATA"]

METADATA = MetaData()


def _key(name: str, target: str | None = None, *, cascade: bool = True) -> Column[int]:
    """An integer that is part of a primary key."""
    if target is None:
        return Column(name, Integer, primary_key=True, autoincrement=False)
    reference = ForeignKey(target, ondelete="CASCADE" if cascade else None)
    return Column(name, Integer, reference, primary_key=True, autoincrement=False)


def _ref(name: str, target: str) -> Column[int]:
    return Column(name, Integer, ForeignKey(target, ondelete="CASCADE"), nullable=False)


def _number(name: str, *, default: str | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=default)


def _text(name: str, *, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


_meta = Table("meta", METADATA, Column("key", Text, primary_key=True), _text("value"))

# --- papers -----------------------------------------------------------------------------------------------------
_papers = Table(
    "papers",
    METADATA,
    Column("id", Integer, primary_key=True),  # AUTOINCREMENT: never used again after a deletion
    _text("title"),
    _text("abstract"),
    _text("summary"),
    _text("authors"),  # names, one a line
    _text("venue"),
    _text("keywords"),  # one a line
    _number("year"),  # 0: unknown
    _number("day"),  # date.toordinal() of Paper.date; 0: unknown
    _text("added_at"),
    _text("content"),  # JSON of all other fields
    Index("papers_by_day", "day"),  # also what count(*) and the list of ids are read from
    sqlite_autoincrement=True,
)
_source_records = Table(
    "source_records",
    METADATA,
    Column("id", Integer, primary_key=True),
    _ref("paper_id", "papers.id"),
    _text("source"),
    _text("source_id"),  # where the source gives none: a hash of title, names and year behind a \x1f
    _text("fetched_at"),
    _text("place"),
    Column("content", Text),  # JSON of the paper as this source tells it; NULL: the only source, see the paper
    Column("import_id", Integer),  # the import that brought it; NULL: before imports were noted
    Index("source_records_by_import", "import_id", sqlite_where=text("import_id IS NOT NULL")),
    Index("source_records_by_paper", "paper_id"),
    Index("source_records_by_source", "source_id", "source"),
)
_identifiers = Table(
    "identifiers",
    METADATA,
    Column("scheme", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    _ref("paper_id", "papers.id"),
    Index("identifiers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
_versions = Table(
    "versions",
    METADATA,
    _key("paper_id", "papers.id"),
    _key("n"),
    _text("recorded_at"),
    _text("content"),  # JSON of the whole paper as it was before
    sqlite_with_rowid=False,
)
_title_grams = Table(
    "title_grams",
    METADATA,
    _key("hash"),
    _key("paper_id", "papers.id"),
    Index("title_grams_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
_merges = Table(
    "merges",
    METADATA,
    Column("id", Integer, primary_key=True),
    _ref("paper_id", "papers.id"),
    _text("source"),
    _text("source_id"),
    _text("rule"),
    Column("score", Text, nullable=False),
    _text("at"),
    Column("undone_at", Text),
    Column("absorbed", Text),  # JSON of what a paper had that became part of this one; NULL: a record joined by title
    Index("merges_by_paper", "paper_id"),
)
_redirects = Table(
    "redirects",
    METADATA,
    _key("old_id"),  # the number of a paper that became part of another
    _number("paper_id"),  # no foreign key: that one may be absorbed or deleted in its turn
)
_kept_apart = Table(
    "kept_apart",
    METADATA,
    _key("paper_id", "papers.id"),
    Column("source", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)

# --- what can be undone -----------------------------------------------------------------------------------------
_imports = Table(
    "imports",
    METADATA,
    Column("id", Integer, primary_key=True),
    _text("at"),
    _text("source"),
    Column("undone", Integer),  # the deletion that took out what it brought
)
_deletions = Table(
    "deletions",
    METADATA,
    Column("id", Integer, primary_key=True),
    _text("at"),
    _text("kind"),  # paper | import | collection
    _text("label"),
    _number("papers"),
    _text("content"),  # JSON of every row that was taken out; empty once restored
    Column("restored_at", Text),
    sqlite_autoincrement=True,
)
_tombstones = Table(
    "tombstones",
    METADATA,
    Column("scheme", Text, primary_key=True),  # of an identifier, or `key`, \x1f and a source
    Column("value", Text, primary_key=True),
    _key("deletion_id", "deletions.id"),
    _text("title"),
    Index("tombstones_by_deletion", "deletion_id"),
    sqlite_with_rowid=False,
)

# --- people -----------------------------------------------------------------------------------------------------
_people = Table(
    "people",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # "orcid:…", else the normalised full name (provisional)
    _text("name"),
    _text("given"),
    _text("family"),
    _text("orcid"),
)
_authorships = Table(
    "authorships",
    METADATA,
    _key("paper_id", "papers.id"),
    _key("position"),
    _ref("person_id", "people.id"),
    Column("name", Text),  # as named on this paper; NULL: as in `people`
    sqlite_with_rowid=False,
)
_affiliations = Table(
    "affiliations", METADATA, Column("id", Integer, primary_key=True), Column("name", Text, nullable=False, unique=True)
)
_authorship_affiliations = Table(
    "authorship_affiliations",
    METADATA,
    _key("paper_id", "papers.id"),
    _key("position"),
    _key("affiliation_id", "affiliations.id"),
    sqlite_with_rowid=False,
)

# --- journal ----------------------------------------------------------------------------------------------------
_changes = Table(
    "changes",
    METADATA,
    Column("seq", Integer, primary_key=True),
    _number("paper_id"),
    _text("kind"),  # add | update | delete
    sqlite_autoincrement=True,
)
_cursors = Table("cursors", METADATA, Column("name", Text, primary_key=True), _text("value"), _text("at"))
_quarantine = Table(
    "quarantine",
    METADATA,
    Column("id", Integer, primary_key=True),
    _text("at"),
    _text("source"),
    _text("place"),
    _text("reason"),
    _text("raw"),
    UniqueConstraint("source", "place", "reason"),
)
_providers = Table("providers", METADATA, Column("name", Text, primary_key=True), _text("state"), _text("at"))
_runs = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    _text("source"),
    _text("started"),
    _text("finished"),
    _text("report"),
)

# --- readers ----------------------------------------------------------------------------------------------------
_readers = Table(
    "readers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    _text("created_at"),
    _text("settings"),
    _number("last_event", default="0"),  # id of the last event that is no impression
    sqlite_autoincrement=True,
)
_events = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    _ref("reader_id", "readers.id"),
    _text("at"),
    _text("kind"),
    _number("paper_id"),  # no foreign key: what happened stays when the paper is deleted
    Column("position", Integer),
    _text("policy"),
    _text("value"),
    Column("undoes", Integer, unique=True),  # the event this one takes back
    Index("events_actions", "reader_id", "paper_id", sqlite_where=text("kind <> 'impression'")),
    Index("events_by_reader", "reader_id", "id", sqlite_where=text("kind <> 'impression'")),
    sqlite_autoincrement=True,
)
# The state the events add up to, kept in the same transaction.
_reader_papers = Table(
    "reader_papers",
    METADATA,
    _key("reader_id", "readers.id"),
    _key("paper_id", "papers.id"),
    Column("saved_at", Text),
    _number("rating", default="0"),
    _number("hidden", default="0"),
    Column("opened_at", Text),
    _number("days_seen", default="0"),  # distinct days with an impression
    _text("last_seen_day", default=""),
    Index("reader_papers_by_paper", "paper_id"),
    Index(
        "reader_papers_touched",
        "reader_id",
        sqlite_where=text("saved_at IS NOT NULL OR rating <> 0 OR hidden <> 0 OR opened_at IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)
_reader_days = Table(
    "reader_days",
    METADATA,
    _key("reader_id", "readers.id"),
    _key("paper_id", "papers.id"),
    Column("day", Text, primary_key=True),
    Index("reader_days_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
_reader_tags = Table(
    "reader_tags",
    METADATA,
    _key("reader_id", "readers.id"),
    Column("tag", Text, primary_key=True),
    _key("paper_id", "papers.id"),
    Index("reader_tags_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
_collections = Table(
    "collections",
    METADATA,
    Column("id", Integer, primary_key=True),
    _ref("reader_id", "readers.id"),
    _text("name"),
    _text("created_at"),
    UniqueConstraint("reader_id", "name"),
)
_collection_papers = Table(
    "collection_papers",
    METADATA,
    _key("collection_id", "collections.id"),
    _key("paper_id", "papers.id"),
    _text("added_at"),
    Index("collection_papers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
