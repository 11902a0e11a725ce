"""Statements for accounts, their sessions, invitations and codes, limits and the audit log."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, func, or_, select, update

from broadsheet.catalogue.dialects.building import into
from broadsheet.catalogue.schema import (
    account_sessions,
    accounts,
    audit_log,
    credential_attempts,
    invitations,
    one_time_codes,
    readers,
)
from broadsheet.catalogue.statements.elements import any_of

_ACCOUNT: BindParameter[Any] = bindparam("account_id")
_HASH: BindParameter[Any] = bindparam("hash")
_MOST: BindParameter[Any] = bindparam("most")
_NOW: BindParameter[Any] = bindparam("now")

# --- accounts ---------------------------------------------------------------------------------------------------
_columns = (
    accounts.c.id,
    accounts.c.reader_id,
    readers.c.name,
    *accounts.c["email", "role", "full_name", "joined_at", "invited_by", "show_votes", "invitations_left"],
    *accounts.c["suspended_at", "suspended_reason", "password"],
)
_account = select(*_columns).join_from(accounts, readers, readers.c.id == accounts.c.reader_id)
ACCOUNT = _account.where(accounts.c.id == _ACCOUNT)
ACCOUNT_NAMED = _account.where(readers.c.name == bindparam("name"))
ACCOUNT_OF_EMAIL = _account.where(accounts.c.email == bindparam("email"), accounts.c.email != "")
ACCOUNT_OF_READER = _account.where(accounts.c.reader_id == bindparam("reader_id"))
ACCOUNTS_AMONG = _account.where(any_of(accounts.c.id, "ids")).order_by(accounts.c.id)
ACCOUNTS_LIKE = (
    _account.where(
        or_(
            readers.c.name.like(bindparam("pattern"), escape="\\"),
            accounts.c.email.like(bindparam("pattern"), escape="\\"),
            accounts.c.full_name.like(bindparam("pattern"), escape="\\"),
        ),
        accounts.c.id > bindparam("after"),
    )
    .order_by(accounts.c.id)
    .limit(_MOST)
)
ACTIVE_WITH_ROLE = select(func.count()).where(accounts.c.role == bindparam("role"), accounts.c.suspended_at.is_(None))
INVITED = (
    select(accounts.c.id, readers.c.name, accounts.c.invited_by, accounts.c.joined_at, accounts.c.suspended_at)
    .join_from(accounts, readers, readers.c.id == accounts.c.reader_id)
    .order_by(accounts.c.id)
)
ADD_ACCOUNT = into(
    accounts,
    *("reader_id", "email", "confirmed_at", "password", "role", "full_name", "joined_at", "invited_by"),
    "invitations_left",
)
CHANGE_ACCOUNT = update(accounts).where(accounts.c.id == bindparam("of_account"))
SPEND_INVITATION = (
    update(accounts)
    .where(accounts.c.id == bindparam("of_account"), accounts.c.invitations_left > 0)
    .values(invitations_left=accounts.c.invitations_left - 1)
)
RETURN_INVITATION = (
    update(accounts)
    .where(accounts.c.id == bindparam("of_account"))
    .values(invitations_left=accounts.c.invitations_left + 1)
)

# --- sessions ---------------------------------------------------------------------------------------------------
_session = select(
    *account_sessions.c["id", "account_id", "created_at", "used_at", "expires_at", "agent"],
)
SIGNED_IN = (
    select(
        *account_sessions.c["id", "account_id", "created_at", "used_at", "expires_at", "agent"],
        accounts.c.role,
        readers.c.name,
    )
    .join_from(account_sessions, accounts, accounts.c.id == account_sessions.c.account_id)
    .join(readers, readers.c.id == accounts.c.reader_id)
    .where(
        account_sessions.c.token_hash == _HASH, account_sessions.c.expires_at > _NOW, accounts.c.suspended_at.is_(None)
    )
)
SESSIONS_OF_ACCOUNT = _session.where(
    account_sessions.c.account_id == _ACCOUNT, account_sessions.c.expires_at > _NOW
).order_by(account_sessions.c.used_at.desc(), account_sessions.c.id.desc())
ADD_SESSION = into(account_sessions, "token_hash", "account_id", "created_at", "used_at", "expires_at", "agent")
USE_SESSION = update(account_sessions).where(account_sessions.c.id == bindparam("of_session"))
END_SESSION = delete(account_sessions).where(account_sessions.c.token_hash == _HASH)
END_SESSION_OF_ACCOUNT = delete(account_sessions).where(
    account_sessions.c.id == bindparam("session_id"), account_sessions.c.account_id == _ACCOUNT
)
END_SESSIONS_OF_ACCOUNT = delete(account_sessions).where(account_sessions.c.account_id == _ACCOUNT)
END_OTHER_SESSIONS = delete(account_sessions).where(
    account_sessions.c.account_id == _ACCOUNT, account_sessions.c.id != bindparam("session_id")
)
FORGET_SESSIONS = delete(account_sessions).where(account_sessions.c.expires_at <= _NOW)

# --- invitations ------------------------------------------------------------------------------------------------
_invitation = select(
    *invitations.c["id", "account_id", "note", "created_at", "expires_at", "used_by", "used_at"],
)
INVITATION = _invitation.where(invitations.c.code_hash == _HASH)
INVITATIONS_OF_ACCOUNT = _invitation.where(invitations.c.account_id == _ACCOUNT).order_by(invitations.c.id.desc())
ADD_INVITATION = into(invitations, "code_hash", "account_id", "note", "created_at", "expires_at")
USE_INVITATION = update(invitations).where(
    invitations.c.id == bindparam("of_invitation"), invitations.c.used_at.is_(None)
)
REVOKE_INVITATION = delete(invitations).where(
    invitations.c.id == bindparam("invitation_id"),
    invitations.c.account_id == _ACCOUNT,
    invitations.c.used_at.is_(None),
)

# --- codes that work once ---------------------------------------------------------------------------------------
CODE = select(*one_time_codes.c["purpose", "account_id", "email", "expires_at", "used_at"]).where(
    one_time_codes.c.code_hash == _HASH
)
ADD_CODE = into(one_time_codes, "code_hash", "purpose", "account_id", "email", "created_at", "expires_at")
USE_CODE = update(one_time_codes).where(
    one_time_codes.c.code_hash == bindparam("of_hash"), one_time_codes.c.used_at.is_(None)
)
VOID_CODES = delete(one_time_codes).where(
    one_time_codes.c.account_id == _ACCOUNT, one_time_codes.c.purpose == bindparam("purpose")
)
FORGET_CODES = delete(one_time_codes).where(one_time_codes.c.expires_at <= bindparam("before"))

# --- limits -----------------------------------------------------------------------------------------------------
ATTEMPTS = (
    select(credential_attempts.c.at)
    .where(credential_attempts.c.subject == bindparam("subject"), credential_attempts.c.at > bindparam("since"))
    .order_by(credential_attempts.c.at.desc())
    .limit(_MOST)
)
ADD_ATTEMPT = into(credential_attempts, "subject", "at")
FORGET_ATTEMPTS = delete(credential_attempts).where(credential_attempts.c.subject == bindparam("of_subject"))
_last_attempt = (
    select(func.max(credential_attempts.c.id)).where(credential_attempts.c.subject == bindparam("of_subject"))
).scalar_subquery()
WITHDRAW_ATTEMPT = delete(credential_attempts).where(credential_attempts.c.id == _last_attempt)
FORGET_OLD_ATTEMPTS = delete(credential_attempts).where(credential_attempts.c.at <= bindparam("before"))

# --- the audit log ----------------------------------------------------------------------------------------------
AUDIT = select(audit_log).where(and_(audit_log.c.id < bindparam("before"))).order_by(audit_log.c.id.desc()).limit(_MOST)
ADD_AUDIT = into(audit_log, "at", "actor", "act", "target", "detail")
