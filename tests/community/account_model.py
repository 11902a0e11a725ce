"""What the model of accounts knows: members, browsers that were signed in, and links that were sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broadsheet.community.actor import Role

UNUSED, LONGEST, RESOLUTION = timedelta(days=30), timedelta(days=365), timedelta(minutes=10)


@dataclass
class Member:
    """What the model knows of a member."""

    password: str
    role: Role = Role.reader
    email: str = ""
    is_suspended: bool = False
    invitations: int = 2


@dataclass
class Session:
    """A browser that was signed in once."""

    name: str
    created: datetime
    used: datetime
    expires: datetime
    has_ended: bool = False

    def is_open(self, now: datetime) -> bool:
        """Whether it is signed in still; looking uses it."""
        if self.has_ended or now >= self.expires:
            return False
        if now - self.used > RESOLUTION:
            self.used, self.expires = now, min(now + UNUSED, self.created + LONGEST)
        return True


@dataclass
class Code:
    """A link in a mail, or an invitation."""

    text: str
    until: datetime
    of: str = ""  # who invited, or whose password it resets
    email: str = ""


@dataclass
class Box:
    """The links of the mails of one kind that are out."""

    codes: list[Code] = field(default_factory=list)
