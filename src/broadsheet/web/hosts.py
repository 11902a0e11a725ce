"""Which hosts are answered, and what a reverse proxy says of a request.

A community answers to the host of its address and to this machine's names. A request that names another is refused, so
that no link of ours ever leads there. X-Forwarded-For and -Proto count only when they come from a proxy that is set.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

__all__ = ["Hosts"]

# Any port: it adds nothing against rebinding, and people forward ports over ssh.
_PORT = r"(:\d{1,5})?"
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])" + _PORT, re.IGNORECASE)


class Hosts:
    """Judges requests by the host they name and the address they come from."""

    def __init__(self, url: str = "", proxies: Sequence[str] = ()) -> None:
        """`url` is the address by which people reach us; `proxies` are addresses or networks."""
        parts = urlsplit(url)
        self._name = parts.netloc.rpartition("@")[2]
        self._is_https = parts.scheme == "https"
        name = re.escape(re.sub(r":\d*$", "", self._name))
        self._ours = re.compile(name + _PORT, re.IGNORECASE) if name else None
        self._proxies = [ipaddress.ip_network(one) for one in proxies]

    @property
    def names(self) -> str:
        """The hosts that are answered, in words."""
        others = f"{self._name}, " if self._name else ""
        return f"{others}127.0.0.1, localhost and [::1]"

    def has(self, host: str) -> bool:
        """Whether a request may name this host."""
        return _LOOPBACK.fullmatch(host) is not None or self._is_ours(host)

    def seen(self, scope: Scope) -> Scope:
        """The request as its sender sent it: client and scheme as trusted proxies say, https at an https address."""
        headers = Headers(scope=scope)
        client, scheme = scope.get("client"), scope["scheme"]
        if client and self._trusts(client[0]):
            client = (self._sender(client[0], headers.getlist("x-forwarded-for")), client[1])
            proto = headers.get("x-forwarded-proto", "").strip().lower()
            scheme = proto if proto in ("http", "https") else scheme
        if self._is_https and self._is_ours(headers.get("host", "")):
            scheme = "https"
        return {**scope, "client": client, "scheme": scheme}

    def _is_ours(self, host: str) -> bool:
        return self._ours is not None and self._ours.fullmatch(host) is not None

    def _sender(self, peer: str, lines: Sequence[str]) -> str:
        """The last address in front of our proxies; what stands before it may be anybody's invention."""
        for text in reversed([part.strip() for line in lines for part in line.split(",")]):
            try:
                peer = str(ipaddress.ip_address(text.strip("[]")))
            except ValueError:
                return peer
            if not self._trusts(peer):
                return peer
        return peer

    def _trusts(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(found in network for network in self._proxies if network.version == found.version)
