"""The commands for mail with a real relay: what is due goes out once, what came back is listed, and what one can do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.clocked import Clock, at
from tests.cli.conftest import Cli
from tests.community.relay import Sink, relay, settings

WORDS = "correct horse battery\n"
COMMUNITY = '[community]\nmode = "community"\nurl = "https://papers.example.org"\n'


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with relay() as running:
        yield running


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    with at(clock):
        yield clock


@pytest.fixture
def post(cli: Cli, library: Path, sink: Sink, clock: Clock) -> Cli:
    """A community with two members, one of whose addresses the relay refuses, and three papers in the open day."""
    sink.mails.clear()
    settings(library, sink.port, f'open_list = "yes"\nunsubscribe = "leave@example.org"\n{COMMUNITY}')
    for name in ("dora", "reject"):
        assert cli("account", "create", name, "--email", f"{name}@example.org", stdin=WORDS).code == 0
    assert cli("edition", "pick", "inv-1", "inv-2", "inv-3", "--reader", "dora").code == 0
    return cli


def choose(library: Path, clock: Clock, *names: str) -> None:
    """These members want a mail a day."""
    import broadsheet
    from broadsheet.community import Community

    with broadsheet.open(library) as opened:
        for name in names:
            Community(opened).mail.subscriptions.choose(name, "daily", 6, "UTC")


def test_daily_does_what_is_due_and_nothing_twice(post: Cli, library: Path, sink: Sink, clock: Clock) -> None:
    choose(library, clock, "dora")
    assert post("daily", "--no-sync").out.splitlines() == [
        "sent: nothing to send",
        "vectors: 18 more papers",
        "map: 18 papers placed",
    ]
    clock.tomorrow()
    first = post("daily", "--no-sync")
    assert first.out.splitlines() == ["closed: 2026-06-29", "mail: 1 queued", "sent: 1 sent"]
    assert [to for to, _ in sink.mails] == ["dora@example.org"]
    again = post("daily", "--no-sync", "--json").json
    assert again == {"done": ["sent: nothing to send"]}
    assert len(sink.mails) == 1


def test_without_anything_due_it_says_so(cli: Cli, clock: Clock) -> None:
    assert cli("daily", "--no-sync").out == "vectors: 18 more papers\nmap: 18 papers placed\n"
    assert cli("daily", "--no-sync").out == "nothing is due\n"


def test_status_tells_of_every_mail(post: Cli, library: Path, clock: Clock) -> None:
    choose(library, clock, "dora", "reject")
    clock.tomorrow()
    assert post("daily", "--no-sync").out.splitlines()[-3:-1] == ["sent: 1 refused, 1 sent", "vectors: 18 more papers"]
    lines = post("mail", "status").out.splitlines()
    assert re.fullmatch(r"relay: 127\.0\.0\.1:\d+", lines[0])
    assert lines[1:3] == ["deliveries: 1 dead, 1 sent", "subscribers: none"]
    dead = lines[lines.index("dead letters:") + 2].split()
    assert " ".join(dead[1:]) == "reader 2 daily reject@example.org 1 550 5.1.1 there is no such mailbox"
    report = post("mail", "status", "--json").json
    assert [(one["address"], one["state"], one["content"]) for one in report["dead"]] == [
        ("reject@example.org", "dead", "")
    ]
    assert {job["name"] for job in report["jobs"]} == {"compose", "close", "prune"}


def test_a_dead_letter_is_sent_again_or_dropped(post: Cli, library: Path, clock: Clock) -> None:
    choose(library, clock, "reject")
    clock.tomorrow()
    post("daily", "--no-sync")
    number = str(post("mail", "status", "--json").json["dead"][0]["id"])
    assert post("mail", "resend", number, "99").out == "queued again: 1\n"
    assert post("mail", "send").out == "1 refused\n"
    assert post("mail", "drop", number).out == "dropped: 1\n"
    assert post("mail", "resend", number, "--json").json == {"queued": 0}
    counts = post("mail", "status", "--json").json["counts"]
    assert counts == {"skipped": 1}


def test_three_refusals_suspend_an_address_until_it_is_released(post: Cli, library: Path, clock: Clock) -> None:
    choose(library, clock, "reject")
    for n in range(3):
        clock.tomorrow()
        assert post("edition", "pick", f"inv-{n + 4}", "--reader", "dora").code == 0
        post("daily", "--no-sync")
    suspended = post("mail", "status").out
    assert "suspended:" in suspended
    assert "reject@example.org" in suspended.partition("suspended:")[2]
    assert post("mail", "release", "reject@example.org").out == "released: reject@example.org\n"
    refused = post("mail", "release", "reject@example.org")
    assert (refused.code, "is not suspended" in refused.err) == (2, True)
    assert post("mail", "status", "--json").json["suspended"] == []


def test_a_relay_that_is_down_is_told_with_code_1(post: Cli, library: Path, clock: Clock) -> None:
    choose(library, clock, "dora")
    clock.tomorrow()
    post("edition", "close")
    settings(library, 1, COMMUNITY)
    post("daily", "--no-sync")
    run = post("mail", "send")
    assert run.code == 1
    assert "127.0.0.1:1: ConnectionRefusedError" in run.out
    assert post("mail", "status", "--json").json["counts"] == {"queued": 1}


def test_the_mail_that_somebody_would_get_is_shown(post: Cli, library: Path, sink: Sink, clock: Clock) -> None:
    assert "no edition has closed yet" in post("digest", "--preview", "--reader", "dora").err
    clock.tomorrow()
    post("edition", "close")
    shown = post("digest", "--preview", "--reader", "dora", "--html", "mail.html")
    assert shown.out.splitlines()[0].startswith("Subject: Daily kelp, 29 June: ")
    assert "/mail/act/" in shown.out
    assert Path("mail.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    answer = post("digest", "--preview", "--subscriber", "New@example.org", "--json").json
    assert set(answer) == {"subject", "text", "html", "headers"}
    assert "/mail/act/" not in answer["text"]  # only readers save
    assert "every day at 7:00 (UTC), at New@example.org" in " ".join(answer["text"].split())
    assert sink.mails == []
    assert post("mail", "status", "--json").json["counts"] == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say --preview"),
        (("--preview", "--reader", "a", "--subscriber", "b@c.org"), "are two mails"),
        (("--preview", "--reader", "nobody"), "no reader named 'nobody'"),
        (("--preview",), "no mail for reader 3: no edition has closed yet"),
    ],
)
def test_what_is_no_preview(post: Cli, arguments: tuple[str, ...], said: str) -> None:
    refused = post("digest", *arguments)
    assert (refused.code, refused.out, len(refused.err.splitlines())) == (2, "", 1)
    assert said in refused.err


def test_mail_that_comes_back_is_read_from_a_pipe(post: Cli, library: Path, sink: Sink, clock: Clock) -> None:
    choose(library, clock, "dora")
    clock.tomorrow()
    post("daily", "--no-sync")
    ways = str(sink.mails[0][1]["List-Unsubscribe"])
    found = re.search(r"subject=unsubscribe%20([^>]+)>", ways)
    assert found
    leave = f"From: dora@example.org\nSubject: unsubscribe {found[1]}\n\n"
    assert post("mail", "bounce", "-", stdin=leave).out == "unsubscribe: unsubscribed\n"
    clock.tomorrow()
    assert "mail:" not in post("daily", "--no-sync").out
    (library / "odd.eml").write_bytes(b"\xff\x00 no mail at all")
    assert json.loads(post("mail", "bounce", str(library / "odd.eml"), "--json").out)[0]["kind"] == "other"
    assert "cannot be read" in post("mail", "bounce", "missing.eml").err


# --- webhooks -------------------------------------------------------------------------------------------------------


def test_webhooks_are_added_listed_and_removed(cli: Cli, clock: Clock) -> None:
    secret = "https://chat.example.org/hooks/SECRET"
    assert cli("webhook", "add", "lab", secret).out == "added: lab\n"
    assert cli("webhook", "add", "room", secret, "--shape", "discord", "--json").json == {"added": "room"}
    listed = cli("webhook", "list")
    assert [line.split() for line in listed.out.splitlines()] == [
        ["NAME", "SHAPE", "HOST", "SINCE"],
        ["lab", "slack", "chat.example.org", "2026-06-29"],
        ["room", "discord", "chat.example.org", "2026-06-29"],
    ]
    assert "SECRET" not in listed.out + cli("webhook", "list", "--json").out  # whoever has it can post
    assert cli("webhook", "remove", "lab").out == "removed: lab\n"
    assert [one["name"] for one in cli("webhook", "list", "--json").json] == ["room"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "lab", "https://chat.example.org/x", "--shape", "teams"), "'teams' is no shape; there are slack"),
        (("add", "a b", "https://chat.example.org/x"), "'a b' cannot be a name"),
        (("add", "lab", "ftp://chat.example.org/x"), "begins with https://"),
        (("add", "taken", "https://chat.example.org/x"), "there is a webhook 'taken' already"),
        (("remove", "lab"), "there is no webhook 'lab'"),
        (("test", "lab"), "there is no webhook 'lab'"),
        (("test", "taken"), "not a public address; refused"),
    ],
)
def test_what_cannot_be_a_webhook(cli: Cli, clock: Clock, arguments: tuple[str, ...], said: str) -> None:
    cli("webhook", "add", "taken", "http://127.0.0.1:1/x")
    refused = cli("webhook", *arguments)
    assert (refused.code != 0, refused.out, len(refused.err.splitlines())) == (True, "", 1)
    assert said in refused.err
    assert [one["name"] for one in cli("webhook", "list", "--json").json] == ["taken"]
