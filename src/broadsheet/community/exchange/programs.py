"""Feed readers that sign in: each has a password of its own, shown once, which opens nothing but what they need."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from broadsheet.catalogue.community.exchange import Program, ProgramHolder
from broadsheet.community.accounts.credentials import hashed
from broadsheet.community.actor import Actor, Role
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.community.community import Community

__all__ = ["Programs"]

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none is taken for another when it is typed
_GROUPS, _GROUP = 4, 5
_RESOLUTION = timedelta(minutes=10)  # of the time a program was last used


class Programs:
    """The programs that read for a library's readers."""

    def __init__(self, community: Community) -> None:
        self._library = community.library
        self._limits = community.accounts.limits
        self._tables = community.library.catalogue.community.exchange

    def all(self, reader: str) -> list[Program]:
        """Those of a reader, the newest first."""
        return self._tables.programs(self._library.reader(reader).id)

    def create(self, reader: str, name: str) -> str:
        """Let a program in; returns its password. Raises UsageError."""
        if not name.strip():
            raise UsageError("Name the program, so that you know later which one to lock out.")
        password = "".join(secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP))
        owner = self._library.catalogue.readers.get(reader, create=reader == "me")
        self._tables.add_program(owner.id, name, hashed(password))
        return "-".join(re.findall("." * _GROUP, password))

    def revoke(self, reader: str, program_id: int) -> None:
        """Lock a program out. Raises UsageError if the reader has none of that number."""
        if not self._tables.revoke_program(self._library.reader(reader).id, program_id):
            raise UsageError("You have no such program; it may be locked out already.")

    def sign_in(self, name: str, password: str, address: str) -> str:
        """What a program sends with its calls from now on. `name` is the reader's, or the account's address.

        Raises UsageError, the same for a wrong name and a wrong password, and RateLimited for a guesser.
        """
        secret = _plain(password)
        holder = self._tables.holder(hashed(secret)) if secret else None
        if holder is None or name.strip().lower() not in {holder.reader.lower(), holder.email or holder.reader.lower()}:
            self._limits.take("token", "", address)
            raise UsageError("This name and password do not belong together; /exchange makes a password.")
        self._note_used(holder)
        return secret

    def actor_of(self, secret: str, address: str) -> Actor | None:
        """Who a program with this secret reads for; None for nobody. Raises RateLimited for a guesser."""
        holder = self._tables.holder(hashed(_plain(secret))) if secret else None
        if holder is None:
            if secret:
                self._limits.take("token", "", address)
            return None
        self._note_used(holder)
        return Actor(Role.reader, holder.reader, holder.account_id)

    def _note_used(self, holder: ProgramHolder) -> None:
        used = holder.program.used_at
        is_recent = used is not None and self._library.now() - used < _RESOLUTION
        if not is_recent and not self._library.catalogue.read_only:
            self._tables.use_program(holder.program.id)


def _plain(password: str) -> str:
    """A password as it was made, however it was typed."""
    return re.sub(r"[\s-]+", "", password[:200]).lower()
