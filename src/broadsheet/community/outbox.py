"""Where messages go while no mail server is set: files that the operator can read."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import TypeAlias

__all__ = ["Outbox", "SendMessage"]

SendMessage: TypeAlias = Callable[[str, str, str], None]  # to, subject, text

_LOG = logging.getLogger(__name__)


class Outbox:
    """Writes each message into a file of a folder that only its owner can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, to: str, subject: str, text: str) -> None:
        """Write a message. Raises ValueError for a line break in `to` or `subject`, OSError."""
        message = EmailMessage()
        message["To"], message["Subject"] = to, subject
        message.set_content(text)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{secrets.token_hex(8)}.eml"
        path.touch(mode=0o600)
        path.write_bytes(message.as_bytes())
        _LOG.warning("no mail server is set; a message to %s lies in %s", to, path)
