"""Statements for API tokens and for identities at OpenID Connect providers."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, or_, select, update

from broadsheet.catalogue.dialects.building import into
from broadsheet.catalogue.schema import account_identities, accounts, api_tokens, readers

# --- tokens -----------------------------------------------------------------------------------------------------
_NOW = bindparam("now", type_=api_tokens.c.created_at.type)
_token = api_tokens.c["id", "account_id", "name", "scopes", "created_at", "used_at", "expires_at"]
TOKEN_HOLDER = (
    select(*_token, accounts.c.role, readers.c.name)
    .join_from(api_tokens, accounts, accounts.c.id == api_tokens.c.account_id)
    .join(readers, readers.c.id == accounts.c.reader_id)
    .where(
        api_tokens.c.token_hash == bindparam("hash"),
        or_(api_tokens.c.expires_at.is_(None), api_tokens.c.expires_at > _NOW),
        accounts.c.suspended_at.is_(None),
    )
)
TOKENS_OF_ACCOUNT = (
    select(*_token).where(api_tokens.c.account_id == bindparam("account_id")).order_by(api_tokens.c.id.desc())
)
ADD_TOKEN = into(api_tokens, "token_hash", "account_id", "name", "scopes", "created_at", "expires_at")
USE_TOKEN = update(api_tokens).where(api_tokens.c.id == bindparam("of_token"))
REVOKE_TOKEN = delete(api_tokens).where(
    api_tokens.c.id == bindparam("token_id"), api_tokens.c.account_id == bindparam("account_id")
)

# --- identities -------------------------------------------------------------------------------------------------
IDENTITY = select(account_identities.c.account_id).where(
    account_identities.c.issuer == bindparam("issuer"), account_identities.c.subject == bindparam("subject")
)
IDENTITIES_OF_ACCOUNT = (
    select(*account_identities.c["issuer", "subject", "linked_at"])
    .where(account_identities.c.account_id == bindparam("account_id"))
    .order_by(account_identities.c.linked_at)
)
ADD_IDENTITY = into(account_identities, "issuer", "subject", "account_id", "linked_at")
REMOVE_IDENTITY = delete(account_identities).where(
    account_identities.c.issuer == bindparam("issuer"),
    account_identities.c.subject == bindparam("subject"),
    account_identities.c.account_id == bindparam("account_id"),
)
