"""What the parts of accounts share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broadsheet.catalogue.community import CommunityTables
from broadsheet.community.accounts.limits import Limits
from broadsheet.community.accounts.passwords import Passwords
from broadsheet.community.accounts.sessions import Sessions
from broadsheet.community.outbox import SendMessage
from broadsheet.kit.errors import BroadsheetError
from broadsheet.settings import Settings

__all__ = ["Desk"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """Storage, settings, the clock, the way out for mail, and what is counted."""

    tables: CommunityTables
    settings: Settings
    now: Callable[[], datetime]
    send_message: SendMessage
    passwords: Passwords
    limits: Limits
    sessions: Sessions

    def send(self, to: str, letter: tuple[str, str]) -> None:
        """Send a message; a mail server that fails is told of in the log, never to who asked."""
        try:
            self.send_message(to, *letter)
        except (BroadsheetError, OSError, ValueError):  # a mail server; an address that cannot be used
            _LOG.exception("a message to %s could not be sent", to)

    @property
    def title(self) -> str:
        """The name on the pages."""
        return self.settings.server.title
