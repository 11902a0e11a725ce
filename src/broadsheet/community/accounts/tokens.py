"""Tokens for programs: made by a member, shown once, limited by scopes, revocable."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from broadsheet.catalogue.community.api_tokens import ApiToken, ApiTokenTable
from broadsheet.community.accounts.credentials import hashed, new_code
from broadsheet.community.accounts.limits import Limits
from broadsheet.community.actor import VISITOR, Actor, Role, Scope
from broadsheet.kit.errors import UsageError

__all__ = ["PREFIX", "Tokens"]

PREFIX = "bst_"  # by which scanners for lost secrets know it
_RESOLUTION = timedelta(minutes=10)  # of the time a token was last used
_LONGEST = 3650  # days


class Tokens:
    """Makes, finds and revokes tokens."""

    def __init__(self, table: ApiTokenTable, limits: Limits, now: Callable[[], datetime]) -> None:
        self._table = table
        self._limits = limits
        self._now = now

    def create(self, account_id: int, name: str, scopes: Collection[Scope], days: int | None = None) -> str:
        """Make a token that expires after `days`, or never; the token. Raises UsageError."""
        if not name.strip():
            raise UsageError("Give the token a name, so that you know later what it is for.")
        if not scopes:
            raise UsageError(f"Choose what the token may do: {', '.join(Scope)}.")
        if days is not None and not 1 <= days <= _LONGEST:
            raise UsageError(f"A token lasts 1 to {_LONGEST} days, or until it is revoked.")
        token = PREFIX + new_code()
        expires = None if days is None else self._now() + timedelta(days=days)
        self._table.add(account_id, hashed(token), name, sorted(scopes), expires)
        return token

    def actor_of(self, token: str, address: str) -> Actor:
        """Who the holder of a token acts for; a visitor if it is of none. Raises RateLimited for a guesser."""
        holder = self._table.holder(hashed(token)) if token.startswith(PREFIX) else None
        if holder is None:
            self._limits.take("token", "", address)
            return VISITOR
        used = holder.token.used_at
        if used is None or self._now() - used > _RESOLUTION:
            self._table.use(holder.token.id)
        scopes = frozenset(Scope(name) for name in holder.token.scopes)
        return Actor(Role(holder.role), holder.name, holder.token.account_id, scopes)

    def of_account(self, account_id: int) -> list[ApiToken]:
        """The tokens of an account, the newest first."""
        return self._table.of_account(account_id)

    def revoke(self, account_id: int, token_id: int) -> None:
        """Revoke a token. Raises UsageError if the account has none of that number."""
        if not self._table.revoke(account_id, token_id):
            raise UsageError("You have no such token; it may be revoked already.")
