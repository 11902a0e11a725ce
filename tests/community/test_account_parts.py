"""Accounts beneath the pages: passwords, limits, names, codes, and what holds among processes."""

from __future__ import annotations

import multiprocessing
import smtplib
import sys
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

import broadsheet
from broadsheet.community import Community
from broadsheet.community.accounts import Accounts, passwords
from broadsheet.community.accounts.credentials import account_name, hashed, mail_address, new_code
from broadsheet.community.accounts.limits import network_of
from broadsheet.community.accounts.passwords import Passwords, usual_hasher
from broadsheet.community.actor import VISITOR, Role
from broadsheet.community.outbox import Outbox
from broadsheet.kit.errors import UsageError
from tests.clock import NOON
from tests.community import taker
from tests.community.house import opened_accounts
from tests.web.members import CHEAP, PASSWORD

# --- passwords ------------------------------------------------------------------------------------------------------


def test_the_default_is_argon2id_of_rfc_9106(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "usual_hasher", usual_hasher)  # the tests have a cheap one
    stored = Passwords().hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert Passwords().verify(stored, PASSWORD)
    assert not Passwords().verify(stored, PASSWORD + "x")


def test_one_spelling_of_a_password() -> None:
    assert CHEAP.verify(CHEAP.hash("Ko\u0308rner und \ufb01sch"), "K\u00f6rner und fisch")


def test_a_password_gets_the_parameters_of_today_when_it_is_used(tmp_path: Path) -> None:
    library, before = opened_accounts(tmp_path)
    with library:
        before.create("rita", PASSWORD)
        grown = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
        after = Accounts(library.catalogue.community, library.settings, library.now, print, grown)
        number = after.named("rita").id
        assert "m=8,t=1," in library.catalogue.community.accounts.password(number)
        after.sign_in("rita", PASSWORD, address="")
        assert "m=16,t=2," in library.catalogue.community.accounts.password(number)
        assert after.sign_in("rita", PASSWORD, address="")


def test_unknown_names_cost_what_known_ones_do(tmp_path: Path) -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Any:
            verified.append(str(hash).rpartition("$")[0].rpartition("$")[0])  # its parameters
            return super().verify(hash, password)

    library, accounts = opened_accounts(tmp_path, Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1)))
    with library:
        accounts.create("rita", PASSWORD)
        tries = [("rita", "wrong password"), ("nobody", PASSWORD), ("x@example.org", PASSWORD), ("", ""), ("\x00", "")]
        for name, password in tries:
            with pytest.raises(UsageError, match="do not belong together"):
                accounts.sign_in(name, password, address="192.0.2.1")
    assert len(verified) == len(tries)
    assert len(set(verified)) == 1


# --- names, addresses, codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "name"), [("Ada", "ada"), (" a1 ", "a1"), ("a-b_c", "a-b_c"), ("x" * 30, "x" * 30)])
def test_names_are_in_small_letters(text: str, name: str) -> None:
    assert account_name(text) == name


@pytest.mark.parametrize(
    "text", ["", "a", "-a", "a-", "a--b", "a b", "é1", "\u0430da", "x" * 31, "a/b", "@ada", "ada.b"]
)
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be a name"):
        account_name(text)


@pytest.mark.parametrize("text", ["Ada@Example.org ", "a+b@x.io", "a.b'c@sub.example.org", "root@localhost"])
def test_addresses_are_in_small_letters(text: str) -> None:
    assert mail_address(text) == text.strip().lower()


@pytest.mark.parametrize(
    "text",
    ["", "@", "a@", "@b", "a@b@c", "a@-b.org", "a@b..org", "a b@c", "é@c.org", "a@c\r\nTo: x@y", '"a"@c', "a@[::1]"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="not an e-mail address"):
        mail_address(text)


def test_codes_are_long_and_stored_as_hashes() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert {len(code) for code in codes} == {43}  # 32 random bytes
    assert hashed("x") == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"


def test_no_code_or_password_is_in_the_file(accounts: Accounts, tmp_path: Path) -> None:
    accounts.create("rita", PASSWORD, email="rita@example.org")
    rita = accounts.named("rita")
    secrets = [accounts.joining.invite(rita), accounts.start_session(rita.id)]
    accounts.recovery.write_reset("rita@example.org", "http://x")
    [letter] = (tmp_path / "outbox").iterdir()
    secrets += [letter.read_text().partition("/reset-password/")[2][:43], PASSWORD]
    content = b"".join(path.read_bytes() for path in tmp_path.glob("catalogue.db*"))
    assert [code for code in secrets if code.encode() in content] == []
    assert [hashed(code).encode() in content for code in secrets] == [True, True, True, False]


# --- sessions -------------------------------------------------------------------------------------------------------


def test_guessed_tokens_are_of_nobody(accounts: Accounts) -> None:
    accounts.create("rita", PASSWORD, Role.curator)
    token = accounts.sign_in("rita", PASSWORD, address="")
    actor = accounts.actor_of(token)
    assert (actor.role, actor.reader, actor.account_id) == (Role.curator, "rita", accounts.named("rita").id)
    for guess in ("", "x", token[:-1], token + "x", token.swapcase(), hashed(token), "' OR 1=1 --", "\x00", "é"):
        assert accounts.actor_of(guess) == VISITOR


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9%eth0", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_is_one_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_attempts_leave_the_window_one_by_one(tmp_path: Path) -> None:
    now = [NOON]
    with broadsheet.open(tmp_path, clock=lambda: now[0]) as library:
        table = library.catalogue.community.attempts
        limit = [("x", 2, timedelta(minutes=10))]
        assert table.take(limit) is None
        now[0] += timedelta(minutes=4)
        assert table.take(limit) is None
        assert table.take(limit) == timedelta(minutes=6)
        assert table.take([*limit, ("y", 1, timedelta(minutes=1))]) == timedelta(minutes=6)
        assert table.take([("y", 1, timedelta(minutes=1))]) is None  # what was refused was not counted
        now[0] += timedelta(minutes=6)
        assert table.take(limit) is None
        assert table.take(limit) == timedelta(minutes=4)


def test_limits_outlive_the_process(tmp_path: Path) -> None:
    for attempt in range(11):
        library, accounts = opened_accounts(tmp_path)
        with library:
            expected = "do not belong" if attempt < 10 else "tried too often"
            with pytest.raises(UsageError, match=expected):
                accounts.sign_in("rita", "guess", address="192.0.2.1")


def test_limits_hold_among_processes(tmp_path: Path) -> None:
    broadsheet.open(tmp_path).close()
    context = multiprocessing.get_context("spawn")
    count = context.Value("i", 0)
    workers = [context.Process(target=taker.take, args=(tmp_path / "catalogue.db", count)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert count.value == 10


# --- what members see of each other ---------------------------------------------------------------------------------


def test_a_full_name_that_is_an_authors_counts_their_vote_no_longer(community: Community, member: Any) -> None:
    actor = member("bo")
    community.votes.cast(actor, 1, "paper", 1)
    assert community.votes.counts([1]) == {1: 1}
    community.library.catalogue.community.accounts.change(actor.account_id, full_name="Bo Sample")
    assert community.votes.counts([1]).get(1, 0) == 0


# --- the way out ----------------------------------------------------------------------------------------------------


def test_letters_lie_in_a_folder_of_the_owner_while_no_server_is_set(accounts: Accounts, tmp_path: Path) -> None:
    accounts.create("rita", PASSWORD, email="rita@example.org")
    accounts.recovery.write_reset("rita@example.org", "https://papers.example.org")
    [path] = (tmp_path / "outbox").iterdir()
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (message["To"], message["Subject"]) == ("rita@example.org", "A new password for Broadsheet")
    assert "https://papers.example.org/reset-password/" in message.get_content()
    if sys.platform != "win32":
        assert [one.stat().st_mode & 0o777 for one in (path, path.parent)] == [0o600, 0o700]


@pytest.mark.parametrize(("to", "subject"), [("a@b.org\r\nBcc: c@d.org", "x"), ("a@b.org", "x\r\nBcc: c@d.org")])
def test_no_header_is_injected(tmp_path: Path, to: str, subject: str) -> None:
    with pytest.raises(ValueError, match=r"[Ll]ine|newline"):
        Outbox(tmp_path / "outbox")(to, subject, "text")


def test_a_server_that_fails_is_not_told_to_who_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    library, _ = opened_accounts(tmp_path)

    def fail(*_: str) -> None:
        raise smtplib.SMTPServerDisconnected("gone")

    with library:
        failing = Accounts(library.catalogue.community, library.settings, library.now, fail, CHEAP)
        failing.create("rita", PASSWORD, email="rita@example.org")
        failing.recovery.write_reset("rita@example.org", "")
    assert "could not be sent" in caplog.text
