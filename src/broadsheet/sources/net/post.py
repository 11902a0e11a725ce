"""Requests to addresses that somebody typed or named: sent to the address that was checked, and never redirected."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from broadsheet.kit.errors import SourceError
from broadsheet.sources.net.fetch import BrokenTransferError, redirect_target

__all__ = ["NotConnectedError", "Posted", "exchange", "post_json"]

_MAX_BYTES = 10_000  # of an answer that is read


class NotConnectedError(BrokenTransferError):
    """Nothing was sent; another try may succeed."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer."""

    status: int
    text: str  # its beginning


def post_json(address: str, content: Any, *, any_address: bool, timeout: float = 10.0) -> Posted:
    """POST `content` and return the answer, whatever its status.

    With `any_address` it may go to this machine and its network, too. Raises NotConnectedError where nothing was sent,
    BrokenTransferError where it was perhaps received, SourceError for an address that is refused.
    """
    own = urlsplit(address).hostname or ""
    try:
        target, host = redirect_target(address, address, {own} if any_address else (), loopback=any_address)
    except BrokenTransferError as error:
        raise NotConnectedError(f"{own}: cannot be found") from error
    except (SourceError, httpx.InvalidURL) as error:
        raise SourceError(f"{own or address[:100]}: not a public address; refused") from error
    try:
        status, body = exchange("POST", target, host, most=_MAX_BYTES, timeout=timeout, json=content)
        return Posted(status, body[:300].decode("utf-8", "replace"))
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NotConnectedError(f"{own}: {type(error).__name__}") from error
    except httpx.HTTPError as error:
        raise BrokenTransferError(f"{own}: {type(error).__name__}") from error


def exchange(
    method: str, target: httpx.URL, host: str, *, most: int, timeout: float, **options: Any
) -> tuple[int, bytes]:
    """Send one request to a checked address, as `redirect_target` gives both; the status, and the body up to a little
    more than `most` bytes. `host` is the name and port that the address stands for, "" where it stands for itself.

    `options` are those of httpx. Raises httpx.HTTPError.
    """
    headers = {**options.pop("headers", {}), **({"Host": host} if host else {})}
    extensions = {"sni_hostname": httpx.URL(f"https://{host}").host} if host else {}
    with (
        httpx.Client(trust_env=False, timeout=timeout, follow_redirects=False) as client,
        client.stream(method, target, headers=headers, extensions=extensions, **options) as response,
    ):
        body, end = bytearray(), time.monotonic() + 2 * timeout
        for part in response.iter_bytes():
            body += part
            if len(body) > most:
                break
            if time.monotonic() > end:
                raise httpx.ReadTimeout("the body drips")
        return response.status_code, bytes(body)
