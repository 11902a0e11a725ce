"""Names, addresses and codes: what is accepted, in one spelling, and how they are stored."""

from __future__ import annotations

import hashlib
import re
import secrets

from broadsheet.kit.errors import UsageError

__all__ = ["account_name", "full_name", "hashed", "mail_address", "new_code"]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9]|[-_](?=[a-z0-9])){1,29}")
_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"  # of a host's name
_ADDRESS = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")
_LONGEST_ADDRESS = 254
_LONGEST_FULL_NAME = 80
_BYTES = 32  # of a code


def account_name(text: str) -> str:
    """A name to sign in with, in small letters. Raises UsageError with the rule."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{text.strip()[:60]!r} cannot be a name: it has 2 to 30 of the letters a to z, digits, and single - or _ "
            "between them"
        )
    return name


def mail_address(text: str) -> str:
    """An e-mail address in small letters. Raises UsageError where it is none."""
    address = text.strip().lower()
    if len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise UsageError(f"{text.strip()[:100]!r} is not an e-mail address such as ada@example.org")
    return address


def full_name(text: str) -> str:
    """A name to be shown, "" for none. Raises UsageError for one that is too long or holds control characters."""
    name = " ".join(text.split())
    if len(name) > _LONGEST_FULL_NAME or not name.isprintable():
        raise UsageError(f"a name that is shown has at most {_LONGEST_FULL_NAME} characters, all of them printable")
    return name


def new_code() -> str:
    """A code that nobody can guess."""
    return secrets.token_urlsafe(_BYTES)


def hashed(code: str) -> str:
    """What the database holds of a code or a session's token."""
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
