"""Invitations: each makes one account, and the tree of who invited whom stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from broadsheet.catalogue.community.accounts import Account, NewAccount, create
from broadsheet.catalogue.database import Database, fetch, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.statements import accounts as statements
from broadsheet.kit.errors import UsageError

__all__ = ["Invitation", "InvitationTable"]

_LONGEST_NOTE = 200  # characters


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation, used or not."""

    id: int
    account_id: int  # who invites
    note: str  # for whom it is, in the words of who invites
    created_at: datetime
    expires_at: datetime
    used_by: int | None  # the account it made
    used_at: datetime | None


class InvitationTable:
    """Stores invitations, each under the hash of its code."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account_id: int, code_hash: str, note: str, expires_at: datetime, *, is_free: bool) -> None:
        """Store a new invitation. One that is not free takes one of the account's. Raises UsageError if it has none."""
        row = (code_hash, account_id, clean_text(note)[:_LONGEST_NOTE], self._database.now(), stored_time(expires_at))
        with self._database.write() as connection:
            spent = is_free or connection.execute(statements.SPEND_INVITATION, {"of_account": account_id}).rowcount
            if not spent:
                raise UsageError("no invitations are left; one that is revoked unused comes back")
            insert(connection, statements.ADD_INVITATION, [row])

    def find(self, code_hash: str) -> Invitation | None:
        """The invitation with this code, if it can still be used."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.INVITATION, hash=code_hash)
        found = _invitation(rows[0]) if rows else None
        now = parse_time(self._database.now())
        return found if found and found.used_at is None and found.expires_at > now else None

    def of_account(self, account_id: int) -> list[Invitation]:
        """The invitations of an account, newest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.INVITATIONS_OF_ACCOUNT, account_id=account_id)
        return [_invitation(row) for row in rows]

    def revoke(self, account_id: int, invitation_id: int, *, is_free: bool) -> bool:
        """Delete an unused invitation of an account, which gets it back unless it was free; False if there is none."""
        with self._database.write() as connection:
            row = {"account_id": account_id, "invitation_id": invitation_id}
            count = connection.execute(statements.REVOKE_INVITATION, row).rowcount
            if count and not is_free:
                connection.execute(statements.RETURN_INVITATION, {"of_account": account_id})
        return bool(count)

    def accept(self, code_hash: str, new: NewAccount) -> Account | None:
        """Make the account that an invitation is for and use it up, both or neither; None if it cannot be used.

        Raises UsageError if the name is taken.
        """
        now = self._database.now()
        with self._database.write() as connection:
            rows = fetch(connection, sql.INVITATION, hash=code_hash)
            found = _invitation(rows[0]) if rows else None
            if found is None or found.used_at is not None or found.expires_at <= parse_time(now):
                return None
            account = create(connection, replace(new, invited_by=found.account_id), now)
            use = {"of_invitation": found.id, "used_by": account.id, "used_at": now}
            connection.execute(statements.USE_INVITATION, use)
        return account


def _invitation(row: Sequence[Any]) -> Invitation:
    number, account_id, note, created, expires, used_by, used_at = row
    used = None if used_at is None else parse_time(used_at)
    return Invitation(number, account_id, note, parse_time(created), parse_time(expires), used_by, used)
