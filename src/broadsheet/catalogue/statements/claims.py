"""Statements for claims: the names of authors that accounts say are theirs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, exists, insert, select, update

from broadsheet.catalogue.schema import (
    account_identities,
    accounts,
    author_claims,
    authorships,
    comments,
    people,
    readers,
)
from broadsheet.catalogue.statements.elements import each, lookup

_ID: BindParameter[Any] = bindparam("id")
_KEY: BindParameter[Any] = bindparam("key")
_MOST: BindParameter[Any] = bindparam("most")
_IDS = each("ids")

ADD_CLAIM = insert(author_claims)
CHANGE_CLAIM = update(author_claims).where(author_claims.c.id == bindparam("number"))
_claims = (
    select(
        *author_claims.c["id", "account_id", "name_key", "name", "state", "evidence", "is_shown", "at", "decided_at"],
        author_claims.c.decided_by,
        author_claims.c.reason,
        readers.c.name.label("member"),
    )
    .join_from(author_claims, accounts, accounts.c.id == author_claims.c.account_id)
    .join(readers, readers.c.id == accounts.c.reader_id)
)
CLAIM = _claims.where(author_claims.c.id == _ID)
CLAIMS_OF_ACCOUNT = _claims.where(author_claims.c.account_id == _ID).order_by(author_claims.c.id)
CLAIMS_OF_NAME = _claims.where(author_claims.c.name_key == _KEY).order_by(author_claims.c.id)
CLAIMS_IN_STATE = _claims.where(author_claims.c.state == bindparam("state")).order_by(author_claims.c.id).limit(_MOST)
SUBJECTS_OF_ACCOUNT = select(account_identities.c.subject).where(
    account_identities.c.account_id == _ID, account_identities.c.issuer == bindparam("issuer")
)
_authors = lookup(
    lookup(_IDS, authorships, authorships.c.paper_id == _IDS.c.value), people, people.c.id == authorships.c.person_id
)
_has_commented = exists().where(
    comments.c.paper_id == authorships.c.paper_id,
    comments.c.account_id == accounts.c.id,
    comments.c.group_id.is_(None),
    comments.c.deleted_at.is_(None),
    comments.c.hidden_at.is_(None),
)
MEMBERS_AMONG_AUTHORS = (
    select(
        authorships.c.paper_id,
        authorships.c.position,
        readers.c.name,
        accounts.c.full_name,
        author_claims.c.decided_at,
        _has_commented.label("has_commented"),
    )
    .select_from(
        lookup(
            lookup(
                lookup(_authors, author_claims, author_claims.c.name_key == people.c.key),
                accounts,
                accounts.c.id == author_claims.c.account_id,
            ),
            readers,
            readers.c.id == accounts.c.reader_id,
        )
    )
    .where(author_claims.c.state == "confirmed", author_claims.c.is_shown == 1)
    .order_by(author_claims.c.id.desc())
)
