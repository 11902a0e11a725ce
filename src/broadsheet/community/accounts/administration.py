"""What administrators do to accounts. Every act is in the audit log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from broadsheet.catalogue.community.accounts import Account
from broadsheet.catalogue.community.audit import AuditEntry
from broadsheet.community.accounts.desk import Desk
from broadsheet.community.actor import Role
from broadsheet.kit.errors import UsageError

__all__ = ["Administration", "Branch"]

_LONGEST_REASON = 500  # characters
_MEMBER = "a member"  # whom everybody may read of: neither who it is nor why


@dataclass(frozen=True, slots=True)
class Branch:
    """A member, and whom they invited."""

    id: int
    name: str
    joined_at: datetime
    is_suspended: bool
    invited: list[Branch] = field(default_factory=list)


class Administration:
    """Roles, suspensions and the log of them. `by` names who acts; everybody reads that a member was suspended."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def set_role(self, account: Account, role: Role, by: str) -> None:
        """Give an account another role; its sessions end. Raises UsageError for the last administrator's."""
        if role is Role.visitor:
            raise UsageError("an account is a reader, a curator or an admin")
        if account.role == role:
            return
        self._desk.tables.accounts.restrict(account.id, role=role.value)
        self.record(by, "role", account.name, f"{account.role} → {role.value}")

    def suspend(self, account: Account, reason: str, by: str) -> None:
        """Keep an account out, for a reason; its sessions end. Raises UsageError for the last administrator."""
        reason = " ".join(reason.split())
        if not 0 < len(reason) <= _LONGEST_REASON:
            raise UsageError(f"a suspension has a reason of 1 to {_LONGEST_REASON} characters")
        now = self._desk.now().isoformat(timespec="microseconds")
        self._desk.tables.accounts.restrict(account.id, suspended_at=now, suspended_reason=reason)
        self.record(by, "suspend", account.name, reason)
        self._desk.tables.moderation.publish(by, "suspend", _MEMBER)

    def restore(self, account: Account, by: str) -> None:
        """Let a suspended account in again."""
        self._desk.tables.accounts.change(account.id, suspended_at=None, suspended_reason="")
        self.record(by, "restore", account.name)
        self._desk.tables.moderation.publish(by, "restore", _MEMBER)

    def end_sessions(self, account: Account, by: str) -> int:
        """End every session of an account; how many there were."""
        count = self._desk.sessions.end_all(account.id)
        self.record(by, "end sessions", account.name, str(count))
        return count

    def record(self, by: str, act: str, target: str, detail: str = "") -> None:
        """Note an act in the audit log."""
        self._desk.tables.audit.record(by, act, target, detail)

    def log(self, most: int = 100, before: int = 2**62) -> list[AuditEntry]:
        """Acts, newest first, those before the number `before`."""
        return self._desk.tables.audit.latest(most, before)

    def tree(self) -> list[Branch]:
        """Who invited whom; first those whom nobody invited, or somebody who has left."""
        rows = self._desk.tables.accounts.tree()
        branches = {number: Branch(number, name, joined, gone) for number, name, _, joined, gone in rows}
        roots: list[Branch] = []
        for number, _, by, *_ in rows:
            above = branches.get(by) if by is not None else None
            (above.invited if above else roots).append(branches[number])
        return roots
