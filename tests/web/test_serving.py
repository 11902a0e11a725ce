"""A connection that sends its request too slowly is closed; HEAD is answered everywhere."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from broadsheet.web import serving
from tests.web.served import Served


@pytest.fixture
def hurried(site: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    monkeypatch.setattr(serving, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(serving, "BODY_SECONDS", 0.3)
    return site


def connect(site: Served) -> socket.socket:
    parts = urlsplit(site.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)


def drip(connection: socket.socket) -> None:
    """Send a header every now and then, for ten seconds."""
    for number in range(200):
        connection.sendall(b"X-%d: y\r\n" % number)
        time.sleep(0.05)


def is_closed(connection: socket.socket) -> bool:
    """Wait for the server's end; true if it closed without an answer."""
    return connection.recv(1) == b""


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", b"GE"], ids=["silent", "headers", "line"]
)
def test_slow_headers_are_not_waited_for(hurried: Served, sent: bytes) -> None:
    with connect(hurried) as connection:
        connection.sendall(sent)
        started = time.monotonic()
        assert is_closed(connection)
        assert time.monotonic() - started < 10


def test_dripping_headers_do_not_hold_the_connection(hurried: Served) -> None:
    with connect(hurried) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            drip(connection)


def test_a_slow_second_request_and_a_slow_body_are_not_waited_for(hurried: Served) -> None:
    with connect(hurried) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while b'"ok"' not in connection.recv(65536):
            pass
        connection.sendall(b"GET /health HTTP/1.1\r\nHost")
        assert is_closed(connection)
    with connect(hurried) as connection:
        head = b"POST /undo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        connection.sendall(head + b"Content-Length: 100\r\n\r\ncsrf=")
        assert is_closed(connection)


def test_a_request_in_pieces_is_answered(site: Served) -> None:
    with connect(site) as connection:
        for piece in (b"GET /hea", b"lth HTTP/1.1\r\nHo", b"st: 127.0.0.1\r\nConnection: close\r\n\r\n"):
            connection.sendall(piece)
            time.sleep(0.05)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


HEADS = (
    *("/", "/search?q=late", "/paper/1", "/library", "/sources", "/about-feed", "/api", "/feed.atom", "/feed.json"),
    *("/search.atom?q=late", "/paper/1/export/bibtex", "/library/export/ris", "/favicon.ico", "/health"),
    *("/static/style.css", "/api/v1/search?q=late", "/api/v1/papers/1", "/api/v1/feed", "/api/v1/collections"),
)


@pytest.mark.parametrize("path", HEADS)
def test_head_is_answered_as_get_without_the_body(site: Served, path: str) -> None:
    answer = site.client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == site.client.get(path).headers["content-type"]
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_head_of_what_is_not_there(site: Served) -> None:
    assert site.client.head("/nowhere").status_code == 404
    assert site.client.head("/undo").status_code == 405
    assert httpx.head(f"{site.url}/paper/2601.00001", trust_env=False).status_code == 307
