"""Organisations, resolved from raw affiliations, and authors' names that accounts claim."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from broadsheet.catalogue.schema.columns import METADATA, key, ref, words

__all__ = ["affiliation_organisations", "author_claims", "organisations"]

organisations = Table(
    "organisations",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # of the normalised name: part of its address
    words("name"),
    words("url", default=""),
    sqlite_autoincrement=True,
)
affiliation_organisations = Table(
    "affiliation_organisations",
    METADATA,
    key("affiliation_id", "affiliations.id"),
    key("organisation_id", "organisations.id"),
    Index("affiliation_organisations_by_organisation", "organisation_id"),
    sqlite_with_rowid=False,
)
author_claims = Table(
    "author_claims",
    METADATA,
    Column("id", Integer, primary_key=True),
    ref("account_id", "accounts.id"),
    words("name_key"),  # the normalised full name
    words("name"),
    words("state"),  # pending | confirmed | refused
    words("evidence", default=""),  # what confirms it: the address, an administrator's note
    words("at"),
    Column("decided_at", Text),
    words("decided_by", default=""),
    Index("author_claims_by_account", "account_id"),
    Index("author_claims_by_name", "name_key"),
    sqlite_autoincrement=True,
)
