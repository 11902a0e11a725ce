"""Answers on the wire that are unusual: what is whole is taken, and what is not is named."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.errors import SourceError
from broadsheet.sources.net.fetch import Answer, BrokenTransferError, inflate, is_loopback, redirect_target
from tests.sources.asking import NO_SUCH, ask, gaps
from tests.sources.network import FakeClock, client_of
from tests.sources.provider import provider


def packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)  # no hour of packing in it


def unpacked(*chunks: bytes) -> bytes:
    return b"".join(inflate(chunks, "here"))


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.integers(1, 64))
def test_gzip_of_several_members_is_one_body(parts: list[bytes], size: int) -> None:
    whole = b"".join(map(packed, parts))
    assert unpacked(whole) == b"".join(parts)
    one = packed(b"".join(parts))
    assert unpacked(*(one[at : at + size] for at in range(0, len(one), size))) == b"".join(parts)


@pytest.mark.parametrize("behind", [b"", b"\0\0\0\0", b"<!-- served by a cache -->", b"\r\n"])
def test_what_stands_behind_the_last_member_is_passed_over(behind: bytes) -> None:
    assert unpacked(packed(b"tides") + behind) == b"tides"
    assert unpacked(packed(b"tides"), behind) == b"tides"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "cut short"),
        (packed(b"tides" * 99)[:-9], "cut short"),
        (packed(b"tides") + packed(b"stones")[:-4], "cut short"),
        (b"plain text", "damaged"),
        (packed(b"tides")[:-8] + b"\0" * 8, "damaged"),
        (packed(b"tides") + b"\x1f\x8bno member", "damaged"),
    ],
    ids=["nothing", "cut", "second cut", "no gzip", "wrong sum", "no member"],
)
def test_gzip_that_is_cut_or_damaged_may_be_tried_again(body: bytes, message: str) -> None:
    with pytest.raises(BrokenTransferError, match=f"here: compressed body {message}"):
        unpacked(body)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("text/XML; charset=UTF-8", "text/xml"),
        (" Application/JSON ", "application/json"),
        ("", ""),
        (";", ""),
    ],
)
def test_the_type_of_an_answer_has_no_parameters(header: str, kind: str) -> None:
    assert Answer("u", 200, {"content-type": header}, b"").content_type == kind
    assert Answer("u", 200, {}, b"").content_type == ""


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("tides.example", False),
        ("localhost.tides.example", False),
        ("", False),
    ],
)
def test_this_machine_by_its_names(host: str, is_here: bool) -> None:
    assert is_loopback(host) is is_here


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://a.example/x", "only https may follow https"),
        ("file:///etc/passwd", "only https may follow https"),
        ("javascript:alert(1)", "only https may follow https"),
        ("http://a.example/x", "only https may follow https"),
    ],
)
def test_redirects_to_what_is_no_safe_address_are_refused(url: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        redirect_target("https://a.example/", url, {"a.example"}, loopback=False)


def test_a_redirect_among_the_providers_own_hosts_needs_no_look_up() -> None:
    target, host = redirect_target(
        "https://a.example/1", "https://b.example/2?x=%20", {"a.example", "b.example"}, loopback=False
    )
    assert (str(target), host) == ("https://b.example/2?x=%20", "")


def test_a_redirect_to_a_name_without_address_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise OSError("no such name")

    monkeypatch.setattr("broadsheet.sources.net.fetch.socket.getaddrinfo", unknown)
    with pytest.raises(BrokenTransferError, match=r"redirects to 'gone\.example', which has no address"):
        redirect_target("https://a.example/", "https://gone.example/", {"a.example"}, loopback=False)


@pytest.mark.parametrize("status", ["429", "500", "502", "503", "504"])
def test_a_provider_that_recovers_is_asked_as_before(status: str) -> None:
    clock = FakeClock()
    with provider(faults={"crossref": [status]}, clock=clock.now) as server, client_of(server, clock) as client:
        assert [ask(client, server).status for _ in range(3)] == [404] * 3
    first, *others = gaps(server.arrivals())
    assert 5.0 <= first <= 6.25
    assert others == [1.0, 1.0]


def test_a_redirect_to_no_address_is_an_error_at_once() -> None:
    clock = FakeClock()
    with provider(clock=clock.now) as server, client_of(server, clock) as client:
        with pytest.raises(SourceError, match="status 404; check the address"):
            client.get("crossref", f"{server.endpoints.crossref}/{NO_SUCH}")
        assert client.now() == clock.time
    assert len(server.log) == 1


def test_validators_that_are_no_header_are_left_out() -> None:
    clock = FakeClock()
    with provider(clock=clock.now) as server, client_of(server, clock) as client:
        ask(client, server, etag='"é"\r\nX: y', last_modified="\0")
        ask(client, server, etag='"fine"', last_modified="Fri, 20 Mar 2026 04:00:00 GMT")
    sent = [{name for name in seen.headers if name.startswith("If-")} for seen in server.log]
    assert sent == [set(), {"If-None-Match", "If-Modified-Since"}]
