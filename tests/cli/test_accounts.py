"""The commands for accounts, and serving a community."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Cli

WORDS = "correct horse battery\n"


def community(library: Path, settings: str = "") -> None:
    (library / "broadsheet.toml").write_text(f'[community]\nmode = "community"\n{settings}\n')


def test_accounts_are_made_listed_and_changed(cli: Cli, tmp_path: Path) -> None:
    made = cli("account", "create", "Amos", "--admin", "--email", "Amos@Example.org", stdin=WORDS)
    assert (made.code, made.out) == (0, "created: amos (admin)\n")
    (tmp_path / "password").write_text("another long one\nand a note\n")
    file = ("--password-file", str(tmp_path / "password"))
    assert cli("account", "create", "cleo", "--curator", *file).code == 0
    rita = cli("account", "create", "rita", "--full-name", "Rita Reader", "--json", *file).json
    assert {key: rita[key] for key in ("name", "role", "email", "full_name", "suspended_at")} == {
        "name": "rita",
        "role": "reader",
        "email": "",
        "full_name": "Rita Reader",
        "suspended_at": None,
    }
    lines = cli("account", "list").out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["amos", "admin"], ["cleo", "curator"], ["rita", "reader"]]
    assert [one["name"] for one in cli("account", "list", "AMOS@", "--json").json] == ["amos"]
    assert cli("account", "role", "rita", "curator").out == "rita: curator\n"
    assert cli("account", "suspend", "rita", "sent\x1bspam").out == "rita: suspended: sent spam\n"
    assert cli("account", "restore", "rita").out == "rita: curator\n"
    assert cli("account", "password", "rita", stdin="yet another one\n").out == "rita: curator\n"
    assert cli("account", "sessions", "rita").out == "Signed in nowhere.\n"
    assert cli("account", "sessions", "rita", "--end").out == "signed out: 0\n"
    link = cli("account", "invite", "rita", "--note", "for Nina").out
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/invitations/[\w-]{43}\n", link)


def test_what_the_command_line_did_is_in_the_log(cli: Cli, library: Path) -> None:
    import broadsheet

    cli("account", "create", "rita", stdin=WORDS)
    cli("account", "role", "rita", "curator")
    cli("account", "password", "rita", stdin=WORDS)
    with broadsheet.open(library) as opened:
        acts = [(one.actor, one.act, one.target, one.detail) for one in opened.catalogue.community.audit.latest()]
    assert acts == [
        ("command line", "password", "rita", ""),
        ("command line", "role", "rita", "reader → curator"),
        ("command line", "create", "rita", "reader"),
    ]


def test_a_reader_who_is_here_keeps_what_they_saved(cli: Cli) -> None:
    cli("reader", "create", "ada")
    cli("save", "1", "--reader", "ada")
    assert cli("account", "create", "ada", stdin=WORDS).code == 0
    assert [one["name"] for one in cli("reader", "list", "--json").json].count("ada") == 1
    exported = cli("export", "--saved", "--reader", "ada", "--format", "jsonl").out
    assert len(exported.splitlines()) == 1


def test_deleting_a_reader_deletes_the_account_but_never_the_last_administrators(cli: Cli, library: Path) -> None:
    import broadsheet

    cli("account", "create", "amos", "--admin", stdin=WORDS)
    cli("account", "create", "rita", stdin=WORDS)
    refused = cli("reader", "delete", "amos", "--yes")
    assert (refused.code, refused.out) == (2, "")
    assert "amos is the last administrator; make another one first" in refused.err
    assert cli("reader", "delete", "rita", "--yes").out == "deleted: rita\n"
    assert [one["name"] for one in cli("account", "list", "--json").json] == ["amos"]
    assert "rita" not in [one["name"] for one in cli("reader", "list", "--json").json]
    with broadsheet.open(library) as opened:
        latest = opened.catalogue.community.audit.latest()[0]
        assert (latest.actor, latest.act, latest.target) == ("command line", "delete", "rita")
        assert opened.check().ok


@pytest.mark.parametrize(
    ("arguments", "stdin", "reason"),
    [
        (("create", "a"), WORDS, "cannot be a name"),
        (("create", "ada", "--email", "ada"), WORDS, "not an e-mail address"),
        (("create", "ada"), "", "no password"),
        (("create", "ada"), "short\n", "10 to 500 characters"),
        (("create", "ada", "--password-file", "missing"), "", "cannot be read"),
        (("create", "amos"), WORDS, "there is an account named 'amos' already"),
        (("create", "ada", "--email", "amos@example.org"), WORDS, "belongs to another account"),
        (("role", "amos", "king"), "", "'king' is no role; choose reader, curator, admin"),
        (("role", "amos", "reader"), "", "last administrator"),
        (("role", "nobody", "reader"), "", "no account is named 'nobody'"),
        (("suspend", "amos", "tired"), "", "last administrator"),
        (("suspend", "amos", " "), "", "has a reason"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_in_one_line(cli: Cli, arguments: tuple[str, ...], stdin: str, reason: str) -> None:
    cli("account", "create", "amos", "--admin", "--email", "amos@example.org", stdin=WORDS)
    run = cli("account", *arguments, stdin=stdin)
    assert (run.code, run.out, len(run.err.splitlines())) == (2, "", 1)
    assert reason in run.err


def test_on_a_terminal_the_password_is_asked_for_twice(library: Path) -> None:
    on_terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    command = [sys.executable, "-m", "broadsheet", "--library", str(library), "account", "create", "ada"]
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", on_terminal, *command], stdin=pipe, stdout=pipe) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        shown = b""
        dialogue = (
            *((b"Password: ", b"correct horse"), (b"The same again: ", b"correct house")),
            *((b"Password: ", b"battery staple"), (b"The same again: ", b"battery staple")),
        )
        for prompt, answer in dialogue:
            while not shown.endswith(prompt):
                piece = os.read(run.stdout.fileno(), 1000)
                assert piece, shown
                shown += piece
            run.stdin.write(answer + b"\n")
            run.stdin.flush()
            shown += b"|"
        shown += run.stdout.read()
    assert run.returncode == 0
    assert b"created: ada (reader)" in shown
    assert b"horse" not in shown


# --- serving --------------------------------------------------------------------------------------------------------


def test_a_private_library_is_served_to_this_machine_alone(cli: Cli) -> None:
    run = cli("serve", "--host", "0.0.0.0")
    assert (run.code, run.out) == (2, "")
    assert 'set mode = "community" under [community] in broadsheet.toml' in run.err


def test_a_community_is_served_elsewhere_once_it_has_an_administrator_and_an_address(cli: Cli, library: Path) -> None:
    community(library)
    run = cli("serve", "--host", "0.0.0.0")
    assert (run.code, "broadsheet account create NAME --admin" in run.err) == (2, True)
    cli("account", "create", "amos", "--admin", stdin=WORDS)
    run = cli("serve", "--host", "0.0.0.0")
    assert (run.code, 'set url = "https://…" under [community]' in run.err) == (2, True)


def test_a_community_opens_without_a_token(process, library: Path, cli: Cli) -> None:  # type: ignore[no-untyped-def]
    community(library, 'url = "http://papers.example.org"')
    cli("account", "create", "amos", "--admin", stdin=WORDS)
    server = process("serve", "--port", "0", "--host", "0.0.0.0")
    line = server.stdout.readline()
    port = re.search(r"http://0\.0\.0\.0:(\d+) ", line)
    assert port, line
    for host, status in (("papers.example.org", 200), (f"127.0.0.1:{port[1]}", 200), (f"0.0.0.0:{port[1]}", 421)):
        answer = httpx.get(f"http://127.0.0.1:{port[1]}/", headers={"Host": host}, trust_env=False, timeout=60)
        assert answer.status_code == status
