"""Addresses that a browser may safely follow."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

__all__ = ["web_url"]


def web_url(url: str) -> str:
    """The address if a browser may safely follow it (http or https with a host), else an empty string.

    A user and password in front of the host are left out: they would be sent there, and hide which host it is.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
