"""A community behind a reverse proxy: which hosts are answered, and whose word counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from broadsheet.web.hosts import Hosts
from tests.web.members import PASSWORD, Town, form_token, town

PROXIES = ("127.0.0.1", "10.0.0.0/8", "2001:db8::/32")


def scope(peer: str, *headers: tuple[str, str], scheme: str = "http") -> dict[str, Any]:
    lines = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "scheme": scheme, "client": (peer, 5), "headers": lines}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first is what the client wrote
        ("127.0.0.1", "203.0.113.9, 10.1.2.3", "203.0.113.9"),  # through two proxies
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "junk, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, junk", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "[2001:db9::1]", "2001:db9::1"),
        ("2001:db8::5", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),  # no proxy of ours
    ],
)
def test_the_client_is_the_last_address_in_front_of_our_proxies(peer: str, forwarded: str, client: str) -> None:
    seen = Hosts("http://papers.example.org", PROXIES).seen(scope(peer, ("x-forwarded-for", forwarded)))
    assert seen["client"] == (client, 5)


def test_several_lines_are_one_list() -> None:
    lines = (("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "203.0.113.9"))
    assert Hosts("", PROXIES).seen(scope("127.0.0.1", *lines))["client"][0] == "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "proto", "scheme"),
    [("127.0.0.1", "https", "https"), ("127.0.0.1", "gopher", "http"), ("192.0.2.1", "https", "http")],
)
def test_the_scheme_is_a_trusted_proxys(peer: str, proto: str, scheme: str) -> None:
    assert Hosts("", PROXIES).seen(scope(peer, ("x-forwarded-proto", proto)))["scheme"] == scheme


def test_without_proxies_nobodys_word_counts() -> None:
    sent = scope("127.0.0.1", ("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https"))
    assert Hosts().seen(sent) == sent


@pytest.mark.parametrize("host", ["papers.example.org", "PAPERS.example.org:443", "localhost:9", "127.0.0.1", "[::1]"])
def test_own_hosts_are_answered(host: str) -> None:
    assert Hosts("https://papers.example.org").has(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "papers.example.org.evil.example",
        "xpapers.example.org",
        "papersXexample.org",
        "a@papers.example.org",
    ],
)
def test_other_hosts_are_not(host: str) -> None:
    assert not Hosts("https://papers.example.org").has(host)
    assert not Hosts().has("papers.example.org")


@pytest.fixture(scope="module")
def public(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    settings = 'url = "https://papers.example.org"\nproxies = ["127.0.0.1"]'
    with town(stocked, tmp_path_factory.mktemp("public") / "library", settings) as running:
        yield running


def test_cookies_of_an_https_address_are_secure_and_of_this_host_alone(public: Town) -> None:
    host = {"Host": "papers.example.org"}
    form = httpx.get(public.url + "/sign-in", headers=host, trust_env=False)
    cookie = form.headers["set-cookie"]
    assert cookie.startswith("__Host-broadsheet=")
    assert cookie.endswith("; Path=/; Secure; HttpOnly; SameSite=Strict")
    token = form.text.partition('name="csrf" value="')[2].partition('"')[0]
    sent = {"csrf": token, "name": "rita", "password": PASSWORD}
    headers = {**host, "Cookie": cookie.partition(";")[0], "Origin": "https://papers.example.org"}
    answer = httpx.post(public.url + "/sign-in", headers=headers, data=sent, trust_env=False)
    assert answer.status_code == 303
    [session] = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-broadsheet_session=")]
    assert session.endswith("; Path=/; Max-Age=34560000; Secure; HttpOnly; SameSite=Lax")
    page = httpx.get(public.url + "/account", headers={**host, "Cookie": session.partition(";")[0]}, trust_env=False)
    assert page.status_code == 200
    unsafe = {**headers, "Origin": "http://papers.example.org"}
    assert httpx.post(public.url + "/sign-in", headers=unsafe, data=sent, trust_env=False).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "papers.example.org.evil.example"])
def test_a_host_header_leads_nowhere(public: Town, host: str) -> None:
    answer = httpx.get(public.url + "/sign-in", headers={"Host": host}, trust_env=False)
    assert answer.status_code == 421
    assert "answers only to papers.example.org, 127.0.0.1" in answer.text
    forged = httpx.get(public.url + "/", headers={"X-Forwarded-Host": host}, trust_env=False)
    assert host not in forged.text


def test_limits_count_the_sender_behind_the_proxy(public: Town) -> None:
    browser = public.browser()
    token = form_token(browser)

    def guess(sender: str) -> int:
        sent = {"csrf": token, "name": "otto", "password": "wrong password"}
        return browser.post("/sign-in", data=sent, headers={"X-Forwarded-For": f"1.1.1.1, {sender}"}).status_code

    assert [guess("203.0.113.9") for _ in range(11)] == [400] * 10 + [429]
    assert guess("203.0.113.10") == 400
