"""Sends one HTTP request with limits on sizes, times and addresses, so that a hostile server can do no harm."""

from __future__ import annotations

import errno
import ipaddress
import socket
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from broadsheet.kit.errors import SourceError

__all__ = ["Answer", "BrokenTransferError", "inflate", "is_loopback", "redirect_target", "transfer"]

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NO_WAY_OUT = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})
_SECRETS = frozenset({"authorization", "zotero-api-key", "x-api-key"})  # headers for the provider's own hosts alone
_INFLATE_STEP = 1 << 20  # bytes decompressed at a time, so that a small chunk cannot expand without limit
_GZIP = b"\x1f\x8b"  # the first bytes of a gzip member
# IPv4 addresses in IPv6: mapped, compatible, NAT64
_HOLD_IPV4 = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "::/96", "64:ff9b::/96")))
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _is_offline(error: BaseException | None) -> bool:
    """Whether this machine has no network, so that the error says nothing about the provider."""
    while error is not None:
        if isinstance(error, socket.gaierror) or getattr(error, "errno", None) in _NO_WAY_OUT:
            return True
        error = error.__cause__ or error.__context__
    return False


class BrokenTransferError(SourceError):
    """The connection or the body ended early; another try may succeed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response. Header names are in lower case; the body is decompressed."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def transfer(
    client: httpx.Client,
    url: str,
    headers: Mapping[str, str],
    *,
    hosts: Collection[str],
    max_bytes: int,
    timeout: float,
    pause: Callable[[], None],
    posted: Mapping[str, Any] | None = None,
    follows: bool = True,
) -> Answer:
    """GET `url`, following up to five redirects, with `pause()` before each.

    What is `posted`, as httpx takes it (data, json), is sent by POST. Then, or unless it `follows`, a redirect is the
    answer.

    `hosts` are the provider's own hosts. A redirect to another host is followed only if all its addresses are public,
    and then to the address that was checked. Raises BrokenTransferError if another try may succeed, else SourceError.
    """
    ends_at = time.monotonic() + timeout
    loopback = any(is_loopback(host) for host in hosts)
    target, request_headers = httpx.URL(url), dict(headers)
    extensions: dict[str, Any] = {}
    for hop in range(MAX_REDIRECTS + 1):
        if hop:
            pause()
            ends_at = time.monotonic() + timeout
        try:
            options = {"headers": request_headers, "extensions": extensions, "timeout": timeout, **(posted or {})}
            request = client.build_request("POST" if posted else "GET", target, **options)
            response = client.send(request, stream=True, follow_redirects=False)
            try:
                if posted or not follows or response.status_code not in _REDIRECTS:
                    body = _body(response, max_bytes, ends_at, timeout)
                    return Answer(url, response.status_code, dict(response.headers), body)
                location = response.headers.get("location", "")
            finally:
                response.close()
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise SourceError(f"{url}: {error}") from error
        except httpx.HTTPError as error:
            raise _network_error(url, error) from error
        previous, url = url, _join(url, location)
        target, host = redirect_target(previous, url, hosts, loopback=loopback)
        extensions = {"sni_hostname": httpx.URL(url).host} if host else {}
        request_headers = _headers_for(headers, host)
    raise SourceError(f"{url}: more than {MAX_REDIRECTS} redirects; the provider's address may have changed")


def _network_error(url: str, error: httpx.HTTPError) -> SourceError:
    if _is_offline(error):
        return SourceError(f"{httpx.URL(url).host} cannot be found: is this machine offline? Try again later")
    return BrokenTransferError(f"{url}: {type(error).__name__}: {error}")


def _headers_for(headers: Mapping[str, str], host: str) -> dict[str, str]:
    """The headers of a request; one to `host`, which is another's, holds no token of ours."""
    if not host:
        return dict(headers)
    return {**{name: value for name, value in headers.items() if name.lower() not in _SECRETS}, "Host": host}


def _body(response: httpx.Response, max_bytes: int, ends_at: float, timeout: float) -> bytes:
    """The decompressed body, counted as it arrives, so that neither length nor compression can exhaust memory."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip"}:
        raise SourceError(f"{response.url}: body encoded as {encoding[:40]!r}, which was not asked for")
    body = bytearray()
    raw = response.iter_raw()  # unbuffered: waiting for a full chunk from a slow server could exceed the time limit
    for part in inflate(raw, str(response.url)) if "gzip" in encoding else raw:
        body += part
        if len(body) > max_bytes:
            raise SourceError(f"{response.url}: body larger than {max_bytes:,} bytes; refused")
        if time.monotonic() > ends_at:
            raise BrokenTransferError(f"{response.url}: not complete after {timeout:g} s")
    return bytes(body)


def inflate(chunks: Iterable[bytes], url: str) -> Iterator[bytes]:
    """Decompress a gzip stream of one or several members in parts of bounded size; bytes after it are ignored.

    Raises BrokenTransferError if it is damaged or truncated.
    """
    gzip = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if gzip.eof and not rest.startswith(_GZIP):
                    break
                gzip = zlib.decompressobj(wbits=31) if gzip.eof else gzip
                yield gzip.decompress(rest, _INFLATE_STEP)
                rest = gzip.unconsumed_tail or gzip.unused_data
    except zlib.error as error:
        raise BrokenTransferError(f"{url}: compressed body damaged: {error}") from error
    if not gzip.eof:
        raise BrokenTransferError(f"{url}: compressed body cut short")


def _join(url: str, location: str) -> str:
    try:
        return str(httpx.URL(url).join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(f"{url}: redirects to {location[:200]!r}, which is not an address") from error


def redirect_target(previous: str, url: str, hosts: Collection[str], *, loopback: bool) -> tuple[httpx.URL, str]:
    """(the URL to connect to for a redirect to `url`, the Host header if it differs from that URL's host, else "")."""
    try:
        target, source = httpx.URL(url), httpx.URL(previous)
    except httpx.InvalidURL as error:
        raise SourceError(f"{previous}: redirects to {url[:200]!r}, which is not an address") from error
    if target.scheme not in {"http", "https"} or (source.scheme == "https" and target.scheme == "http"):
        raise SourceError(f"{previous}: redirects to {url[:200]!r}; refused, only https may follow https")
    if target.host in hosts:
        return target, ""
    addresses = _addresses(target.host)
    if not addresses:
        raise BrokenTransferError(f"{previous}: redirects to {target.host!r}, which has no address")
    for address in addresses:
        if not (_is_public(address) or (loopback and address.is_loopback)):
            raise SourceError(f"{previous}: redirects to {target.host!r} at {address}, not a public address; refused")
    # Connect to the address that was checked: the name could resolve to another one a moment later.
    return target.copy_with(host=str(addresses[0])), target.netloc.decode("ascii")


def _addresses(host: str) -> list[_Address]:
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = {ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries}
    except (OSError, ValueError):
        return []
    return sorted(
        addresses, key=lambda address: (address.version, int(address))
    )  # IPv4 first: not every machine has IPv6


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _HOLD_IPV4):  # a gateway goes on to the last 32 bits
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        else:
            address = address.sixtofour or address
    return address.is_global and not address.is_multicast


def is_loopback(host: str) -> bool:
    """Whether a host name or address in a URL is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
