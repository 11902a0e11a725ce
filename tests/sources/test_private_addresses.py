"""Every spelling of an address within a network that a server could be sent to by others."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from broadsheet.kit.errors import SourceError
from broadsheet.sources.net.fetch import redirect_target
from broadsheet.sources.net.post import NotConnectedError, post_json

PRIVATE = (
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://017700000001/",
    "http://0/", "http://0.0.0.0/", "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://224.0.0.1/", "http://255.255.255.255/",
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[fe80::1]/",
    "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[ff02::1]/", "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::1]/", "http://[2002:a9fe:a9fe::1]/", "http://localhost/",
    "http://localhost./", "https://example.org@127.0.0.1/", "http://127.0.0.1:25/", "http://①②⑦.0.0.1/",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_spelling_of_a_private_address_is_reached(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def numbers_alone(host: str, port: None, *, type: int) -> Any:
        """As this machine reads numbers; no name is looked up elsewhere."""
        if host.rstrip(".") == "localhost":
            return look_up("127.0.0.1", port, type=type)
        return look_up(host, port, type=type, flags=socket.AI_NUMERICHOST)

    monkeypatch.setattr(socket, "getaddrinfo", numbers_alone)
    with pytest.raises(SourceError) as refused:
        post_json(address, {}, any_address=False)
    # either it is told from a public one, or it stands for nothing here; nothing is connected to
    assert "not a public address" in str(refused.value) or isinstance(refused.value, NotConnectedError)
    with pytest.raises(SourceError):
        redirect_target("http://provider.example/", address, {"provider.example"}, loopback=False)


@pytest.mark.parametrize("address", ["ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1:25/x", "//x", "x"])
def test_what_is_no_web_address_is_refused(address: str) -> None:
    with pytest.raises(SourceError):
        post_json(address, {}, any_address=False)


def test_a_name_that_resolves_to_both_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in ("93.184.215.14", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(SourceError, match="not a public address"):
        post_json("https://chat.example/hook", {}, any_address=False)


def test_the_address_that_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is given another address a moment later gains nothing: it is looked up once."""
    count = []

    def public(*_: Any, **__: Any) -> list[Any]:
        count.append(1)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", public)
    target, host = redirect_target("https://chat.example/", "https://chat.example/hook", (), loopback=False)
    assert (target.host, host, len(count)) == ("93.184.215.14", "chat.example", 1)
