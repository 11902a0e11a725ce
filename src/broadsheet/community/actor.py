"""Who acts: a visitor, or an account with a role."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["VISITOR", "Actor", "Role", "Scope"]


class Role(StrEnum):
    """What somebody may do; each may do what those before it may."""

    visitor = "visitor"  # not signed in
    reader = "reader"
    curator = "curator"
    admin = "admin"

    def may(self, needed: Role) -> bool:
        """Whether this role is `needed` or a greater one."""
        order = tuple(Role)
        return order.index(self) >= order.index(needed)


class Scope(StrEnum):
    """What a program with a token of an account may do, within what the account may."""

    feeds = "feeds"  # read the account's own Atom and JSON feeds
    read = "read"  # everything the API answers to GET
    write = "write"  # change what is the account's own: save, vote, comment, submit
    manage = "manage"  # what curators and administrators may do


@dataclass(frozen=True, slots=True)
class Actor:
    """Who a request or a command acts for."""

    role: Role
    reader: str = ""  # the name; "" for a visitor
    account_id: int | None = None  # None for a visitor and where there are no accounts
    scopes: frozenset[Scope] | None = None  # of the token that was shown; None: a person, who may do all


VISITOR = Actor(Role.visitor)
