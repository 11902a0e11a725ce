"""The rules at the door, for whatever is sent: hosts, proxies, origins, form tokens, ways back, calls of programs.

Pure functions of a request; that the server applies them to every route, test_roles and test_security show.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Scope

from broadsheet.kit.errors import RateLimited
from broadsheet.web.call_limit import WINDOW, CallLimit
from broadsheet.web.cookies import cookie_name, cookie_of
from broadsheet.web.hosts import Hosts
from broadsheet.web.security import FormTokens, local_path, refusal_of
from tests.clock import NOON

OURS = Hosts("https://papers.example.org", ["10.0.0.0/8", "2001:db8::/32"])
HOST_SIGNS = st.text(alphabet="papersexmlog.:[]127@/#\\ 0\x00é-", max_size=40)


def scope(
    method: str = "GET",
    *,
    host: str = "papers.example.org",
    peer: str = "192.0.2.9",
    scheme: str = "http",
    **more: str,
) -> Scope:
    """A request with these headers; an underscore in a name is a hyphen."""
    named = {"host": host, **{name.replace("_", "-"): value for name, value in more.items()}}
    return {
        "type": "http",
        "method": method,
        "scheme": scheme,
        "path": "/",
        "query_string": b"",
        "client": (peer, 5000),
        "headers": [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in named.items()],
    }


# --- hosts and proxies ----------------------------------------------------------------------------------------------


@given(HOST_SIGNS)
def test_a_host_that_is_answered_is_ours_and_nothing_else(host: str) -> None:
    if OURS.has(host):
        name, _, port = host.lower().rpartition(":") if host[-1:].isdigit() and ":" in host else (host.lower(), "", "")
        assert name in {"papers.example.org", "127.0.0.1", "localhost", "[::1]"}
        assert port == "" or port.isdigit()


@pytest.mark.parametrize(
    "host",
    [
        "papers.example.org.evil.example",
        "evil.example/papers.example.org",
        "papers.example.org@evil.example",
        "papersXexample.org",
        "papers.example.org:",
        "papers.example.org:80:80",
        "papers.example.org\n",
        "[::1].evil.example",
        "127.0.0.1.evil.example",
        "",
    ],
)
def test_a_host_that_looks_like_ours_is_not(host: str) -> None:
    assert not OURS.has(host)


@given(st.lists(st.ip_addresses(), max_size=6), st.ip_addresses())
def test_the_sender_is_the_last_address_that_no_proxy_of_ours_has(chain: list[object], peer: object) -> None:
    trusted = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]
    seen = OURS.seen(scope(peer=str(peer), x_forwarded_for=", ".join(map(str, chain))))
    expected, is_trusted = str(peer), any(peer in network for network in trusted)
    for one in reversed(chain):
        if not is_trusted:
            break
        expected, is_trusted = str(one), any(one in network for network in trusted)
    assert seen["client"] == (expected, 5000)


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=60))
def test_whatever_a_stranger_says_of_themself_they_are_who_they_are(forwarded: str) -> None:
    seen = OURS.seen(scope(peer="192.0.2.9", x_forwarded_for=forwarded, x_forwarded_proto=forwarded))
    assert seen["client"] == ("192.0.2.9", 5000)
    behind = OURS.seen(scope(peer="10.1.2.3", x_forwarded_for=forwarded))["client"][0]
    assert str(ip_address(behind)) == behind  # an address whatever was said


@pytest.mark.parametrize(
    ("host", "peer", "proto", "scheme"),
    [
        ("papers.example.org", "192.0.2.9", "", "https"),  # the address that is set says so
        ("papers.example.org", "192.0.2.9", "http", "https"),
        ("127.0.0.1:8000", "192.0.2.9", "https", "http"),  # a stranger's word
        ("127.0.0.1:8000", "10.0.0.1", "https", "https"),
        ("127.0.0.1:8000", "10.0.0.1", "gopher", "http"),
    ],
)
def test_the_scheme(host: str, peer: str, proto: str, scheme: str) -> None:
    assert OURS.seen(scope(host=host, peer=peer, x_forwarded_proto=proto))["scheme"] == scheme


# --- what may change something --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),  # a program
        ({"origin": "https://papers.example.org"}, None),
        ({"origin": "https://PAPERS.example.org"}, None),
        ({"origin": "http://papers.example.org"}, 403),  # less safe than we are
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "https://papers.example.org.evil.example"}, 403),
        ({"origin": "https://papers.example.org:8443"}, 403),
        ({"sec_fetch_site": "same-origin"}, None),
        ({"sec_fetch_site": "none"}, None),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"content_length": "10485760"}, None),
        ({"content_length": "10485761"}, 413),
        ({"content_length": "3", "transfer_encoding": "chunked"}, 400),
    ],
    ids=str,
)
def test_a_change_comes_from_a_page_of_ours(method: str, headers: dict[str, str], status: int | None) -> None:
    refusal = refusal_of(scope(method, scheme="https", **headers), OURS)
    assert (refusal.status_code if refusal else None) == status


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_may_come_from_anywhere_but_to_our_own_name(method: str) -> None:
    assert refusal_of(scope(method, origin="https://evil.example", sec_fetch_site="cross-site"), OURS) is None
    refusal = refusal_of(scope(method, host="evil.example"), OURS)
    assert refusal is not None
    assert refusal.status_code == 421


# --- form tokens ----------------------------------------------------------------------------------------------------

TOKENS = FormTokens(b"the key of this library")


def request(cookie: str, host: str = "127.0.0.1:8000") -> Request:
    return Request(scope(host=host, cookie=f"{cookie_name(scope(host=host))}={cookie}"))


def test_a_form_of_the_browsers_own_is_accepted() -> None:
    cookie = TOKENS.new_cookie()
    assert TOKENS.cookie_of(request(cookie)) == cookie
    assert TOKENS.accepts(request(cookie), TOKENS.token_of(cookie))
    assert FormTokens(b"the key of this library").accepts(request(cookie), TOKENS.token_of(cookie))  # after a restart


def test_a_form_of_another_browser_or_library_is_not() -> None:
    mine, other, foreign = TOKENS.new_cookie(), TOKENS.new_cookie(), FormTokens(b"another key")
    assert not TOKENS.accepts(request(mine), TOKENS.token_of(other))
    assert not TOKENS.accepts(request(mine), foreign.token_of(mine))
    assert not TOKENS.accepts(request(foreign.new_cookie()), TOKENS.token_of(mine))
    assert TOKENS.cookie_of(request(foreign.new_cookie())) != foreign.new_cookie()
    assert not FormTokens().accepts(request(mine), TOKENS.token_of(mine))
    assert len({TOKENS.new_cookie() for _ in range(50)}) == 50


@given(st.text(alphabet="0123456789abcdefXYZ._-é", max_size=120), st.text(alphabet="0123456789abcdef.-é", max_size=70))
def test_no_pair_that_somebody_made_up_is_accepted(cookie: str, token: str) -> None:
    """Not even one whose form is signed as if for the cookie: the cookie itself must be one of ours."""
    assert not TOKENS.accepts(request(cookie), token)
    assert not TOKENS.accepts(request(cookie), TOKENS.token_of(cookie))


def test_a_cookie_of_another_port_is_another_broadsheets() -> None:
    cookie = TOKENS.new_cookie()
    asked = scope(host="127.0.0.1:8001", cookie=f"broadsheet_8000={cookie}")
    assert cookie_of(asked) == ""
    assert cookie_of(scope(host="127.0.0.1:8000", cookie=f"a=b; broadsheet_8000={cookie}; c=d")) == cookie
    assert cookie_name(scope(scheme="https")) == "__Host-broadsheet"
    assert cookie_name(scope(host="localhost"), "_in") == "broadsheet_80_in"


# --- the way back ---------------------------------------------------------------------------------------------------


@given(st.text(alphabet="/\\:.@?#aevilxmp \t\n\r\x00é%25ht", max_size=40))
def test_the_way_back_never_leads_elsewhere(text: str) -> None:
    path = local_path(text, "/default")
    assert path in (text, "/default")
    there = urlsplit(urljoin("https://papers.example.org/somewhere", path))
    assert (there.scheme, there.netloc) == ("https", "papers.example.org")
    assert "\n" not in path
    assert "\r" not in path


# --- calls of programs ----------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(("a", "b")), st.integers(0, 200)), max_size=40), st.integers(1, 4))
def test_calls_are_counted_by_caller_in_windows_that_begin_together(steps: list[tuple[str, int]], most: int) -> None:
    limit, now, counts, window = CallLimit(), NOON, Counter[str](), 0
    for caller, passes in steps:
        now += timedelta(seconds=passes)
        current = math.floor(now.timestamp() / WINDOW)
        if current != window:
            window, counts = current, Counter()
        counts[caller] += 1
        if counts[caller] <= most:
            limit.take(caller, most, now)
            continue
        with pytest.raises(RateLimited) as caught:
            limit.take(caller, most, now)
        then = now + timedelta(seconds=caught.value.seconds)
        assert math.floor(then.timestamp() / WINDOW) == current + 1  # whoever waits so long may call again
        CallLimit().take(caller, most, then)


def test_the_limit_is_the_same_to_the_second() -> None:
    limit = CallLimit()
    start = datetime.fromtimestamp(WINDOW * 5_000_000, UTC)
    for n in range(3):
        limit.take(str(IPv4Address(1)), 3, start + timedelta(seconds=n))
    with pytest.raises(RateLimited, match="Come back in 5 minutes"):
        limit.take(str(IPv4Address(1)), 3, start + timedelta(seconds=3))
    limit.take(str(IPv4Address(1)), 3, start + timedelta(seconds=WINDOW))
