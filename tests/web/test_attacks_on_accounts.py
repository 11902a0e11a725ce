"""Attacks on accounts: finding out who is a member, addresses that are two, and lines in what is no line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.kit.errors import RateLimited
from broadsheet.settings import Settings
from tests.web.members import PASSWORD, Town, form_token, post, town


@pytest.fixture
def open_town(stocked: Path, tmp_path: Path) -> Iterator[Town]:
    with town(stocked, tmp_path / "library", 'sign_up = "open"') as running:
        yield running


TWO_IN_ONE = (
    "ada@example.org,eve@evil.example", "ada@example.org;eve@evil.example", "ada@example.org eve@evil.example",
    "ada@example.org\r\nBcc: eve@evil.example", "ada@example.org\nSubject: x", "ada@example.org%0aBcc:eve@evil.example",
    "Ada <ada@example.org>", "<ada@example.org>", "ada@example.org(eve@evil.example)", '"a@b"@example.org',
    "ada@evil.example@example.org", "@evil.example:ada@example.org", "ada@[192.0.2.1]", "ada@ex\u00e4mple.org",
    "\u0430da@example.org", "ada@example.org\u2028", "ada@example.org\x00", "a" * 65 + "@example.org", "ada@-x.org",
    "ada@example..org", "ada@.org", "@example.org", "ada@",
)  # fmt: skip


def test_an_address_is_one_address(open_town: Town) -> None:
    browser = open_town.browser()
    for address in TWO_IN_ONE:
        expected = 200 if address.strip() == "ada@example.org" else 400  # a separator at its end is no part of it
        for path in ("/sign-up", "/reset-password"):
            assert post(browser, path, email=address).status_code == expected, (path, address)
        assert post(open_town.as_("rita"), "/account/address", email=address, password=PASSWORD).status_code == expected
    open_town.letter("ada@example.org")
    assert {to for to, _, _ in open_town.mail} <= {"ada@example.org"}


def test_a_mailbox_with_many_addresses_gets_few_mails(open_town: Town) -> None:
    """What stands behind a plus is the same mailbox for most providers: it must not multiply what we send there."""
    browser = open_town.browser()
    token = form_token(browser, "/sign-up")

    def ask(path: str, n: int) -> int:
        return browser.post(path, data={"csrf": token, "email": f"victim+{n}@example.org"}).status_code

    assert [ask("/sign-up", n) for n in range(5)] == [200, 200, 200, 429, 429]
    assert [ask("/reset-password", n) for n in range(7)] == [200] * 5 + [429, 429]
    limits = open_town.site.community.accounts.limits
    with pytest.raises(RateLimited):
        limits.take("sign-up", "VICTIM+9@example.org".lower(), "192.0.2.9")
    limits.take("sign-up", "victim@example.com", "192.0.2.9")


def test_nobody_finds_out_who_is_a_member(open_town: Town) -> None:
    """The same answer, but for the token of the form, for a member's address or name and for nobody's."""

    def said(path: str, **fields: str) -> tuple[int, str]:
        answer = post(open_town.browser(), path, **fields)
        text = re.sub(r'value="[0-9a-f]{64}"', "", answer.text)
        for value in fields.values():
            text = text.replace(value, "…")
        return answer.status_code, text

    for path in ("/sign-up", "/reset-password"):
        assert said(path, email="rita@example.org") == said(path, email="nope@example.org"), path
    for known, unknown in (("rita", "nope"), ("rita@example.org", "nope@example.org")):
        assert said("/sign-in", name=known, password="wrong one") == said(
            "/sign-in", name=unknown, password="wrong one"
        )
    visitor = open_town.browser()
    names = ("rita", "nope")
    for path in ("/api/daily_papers?submitter={}", "/search?q={}", "/tags/{}", "/account/{}", "/users/{}", "/@{}"):
        answers = [visitor.get(path.format(name)) for name in names]
        assert answers[0].status_code == answers[1].status_code, path


LINES = ("x\r\nSet-Cookie: a=b", "x\nBcc: eve@evil.example", "x\x00y", "x\x1b[2J", "x\u2028y", "\u202egnp")


def test_no_line_is_added_by_a_name(open_town: Town) -> None:
    rita, browser = open_town.as_("rita"), open_town.browser()
    for text in LINES:
        post(rita, "/account/profile", full_name=text)
        shown = open_town.site.community.accounts.named("rita").full_name
        assert not re.search("[\r\n\x00\x1b\u2028\u202e]", shown)
        for path, fields in (
            ("/account/invitations", {"note": text}),
            ("/account/tokens", {"name": text, "scopes": "read"}),
            ("/collections", {"what": "create", "name": text}),
            ("/papers/1/act", {"action": "tag", "value": text}),
        ):
            answer = post(rita, path, **fields)
            assert answer.status_code < 500, path
            assert "a=b" not in answer.headers.get("set-cookie", ""), path
            assert not set(answer.headers) & {"bcc", "a"}, path
        assert post(browser, "/sign-in", name=text, password=PASSWORD).status_code == 400
    archive = rita.post("/account/archive", data={"csrf": form_token(rita, "/search")})
    assert archive.status_code == 200
    assert archive.headers["content-disposition"] == 'attachment; filename="broadsheet-rita.zip"'


def test_a_stolen_browser_does_not_keep_the_account(open_town: Town) -> None:
    """Whoever has a session can neither change the password nor the address, nor leave, without the password."""
    thief = open_town.browser()
    thief.cookies = open_town.as_("rita").cookies
    for path, fields in (
        ("/account/password", {"new": "another good password"}),
        ("/account/address", {"email": "eve@evil.example"}),
        ("/account/leave", {"name": "rita"}),
    ):
        assert post(thief, path, **fields, password="not hers at all").status_code == 400, path
    assert open_town.mail == []
    assert open_town.site.community.accounts.named("rita").email == "rita@example.org"


def test_the_defaults_are_the_careful_ones() -> None:
    settings = Settings()
    assert settings.community.mode == "private"
    assert settings.community.sign_up == "invitation"
    assert settings.community.proxies == ()
