"""Who acts: a visitor, or an account with a role."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["VISITOR", "Actor", "Role"]


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


@dataclass(frozen=True, slots=True)
class Actor:
    """Who a request or a command acts for."""

    role: Role
    reader: str = ""  # the name; "" for a visitor
    account_id: int | None = None  # None for a visitor and where there are no accounts


VISITOR = Actor(Role.visitor)
