"""Organisations, resolved from raw affiliations, the papers of organisations and people, and claims to names.

`affiliation_organisations`, `paper_organisations`, `person_papers` and `person_names` are derived: they are brought up
to date from the change log when somebody asks (catalogue/community/people_index.py), so that storing a paper costs
nothing more.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from broadsheet.catalogue.schema.columns import METADATA, integer_column, key_column, reference_column, text_column

__all__ = [
    "DERIVED",
    "affiliation_organisations",
    "author_claims",
    "organisations",
    "paper_organisations",
    "person_names",
    "person_papers",
]

organisations = Table(
    "organisations",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # of the normalised name: part of its address
    text_column("name"),  # as a curator calls it, else as first resolved
    text_column("resolved_name"),
    text_column("url", default=""),
    Column("joined_id", Integer),  # the organisation that a curator joined this one with
    Index("organisations_joined", "joined_id"),
    sqlite_autoincrement=True,
)
affiliation_organisations = Table(
    "affiliation_organisations",
    METADATA,
    key_column("affiliation_id", "affiliations.id"),
    key_column("organisation_id", "organisations.id"),
    Index("affiliation_organisations_by_organisation", "organisation_id"),
    sqlite_with_rowid=False,
)
paper_organisations = Table(  # after joining; rows of deleted papers go with the next update
    "paper_organisations",
    METADATA,
    key_column("organisation_id"),
    key_column("paper_id"),
    integer_column("place"),  # of the first author who is there: organisations are named in this order
    Index("paper_organisations_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
person_papers = Table(
    "person_papers",
    METADATA,
    key_column("person_id"),
    key_column("paper_id"),
    Index("person_papers_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)
person_names = Table(  # the people with an ORCID by the keys of the names they have on papers
    "person_names",
    METADATA,
    Column("name_key", Text, primary_key=True),
    key_column("person_id"),
    sqlite_with_rowid=False,
)
author_claims = Table(
    "author_claims",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("account_id", "accounts.id"),
    text_column("name_key"),  # the person's key: "orcid:…", else the normalised full name
    text_column("name"),
    text_column("state"),  # pending | confirmed | refused | withdrawn
    text_column("evidence", default=""),  # what confirms it: the address, an administrator's note
    integer_column("is_shown", default="0"),  # on the author's page
    text_column("at"),
    Column("decided_at", Text),
    text_column("decided_by", default=""),
    text_column("reason", default=""),  # of the decision, which the member can read
    Index("author_claims_by_account", "account_id"),
    Index("author_claims_by_name", "name_key"),
    sqlite_autoincrement=True,
)

DERIVED = (affiliation_organisations, paper_organisations, person_papers, person_names)
