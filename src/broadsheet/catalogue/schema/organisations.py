"""Organisations, resolved from raw affiliations, and authors' names that accounts claim."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from broadsheet.catalogue.schema.columns import METADATA, key_column, reference_column, text_column

__all__ = ["affiliation_organisations", "author_claims", "organisations"]

organisations = Table(
    "organisations",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # of the normalised name: part of its address
    text_column("name"),
    text_column("url", default=""),
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
author_claims = Table(
    "author_claims",
    METADATA,
    Column("id", Integer, primary_key=True),
    reference_column("account_id", "accounts.id"),
    text_column("name_key"),  # the normalised full name
    text_column("name"),
    text_column("state"),  # pending | confirmed | refused
    text_column("evidence", default=""),  # what confirms it: the address, an administrator's note
    text_column("at"),
    Column("decided_at", Text),
    text_column("decided_by", default=""),
    Index("author_claims_by_account", "account_id"),
    Index("author_claims_by_name", "name_key"),
    sqlite_autoincrement=True,
)
