"""serve, check, merges, bench, help, and how a command ends when it is stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError

import pytest

from broadsheet.cli import COMMANDS, main
from broadsheet.cli.commands import Entry
from broadsheet.cli.maintenance import loopback
from broadsheet.kit.errors import UsageError
from tests.cli.conftest import Cli, jsonl, record

Start = Callable[..., subprocess.Popen[str]]


def test_a_sound_library(cli: Cli) -> None:
    run = cli("check", "--json")
    assert (run.code, run.json["ok"], run.json["problems"]) == (0, True, [])
    assert "The library is sound." in cli("check").out


def test_damage_is_found_and_repaired(cli: Cli, library: Path) -> None:
    victim = max((library / "indexes").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else -1)
    victim.write_bytes(victim.read_bytes()[:-7])
    assert cli("check").code == 1
    run = cli("check", "--repair", "--json")
    assert (run.code, run.json["ok"]) == (0, True)
    assert run.json["repaired"]
    assert cli("check").code == 0


def test_a_join_by_title_can_be_taken_apart(cli: Cli) -> None:
    assert cli("merges", "--json").json == []
    twin = {**record(3), "id": "twin"}
    Path("other.jsonl").write_text(jsonl([twin]), encoding="utf-8")
    assert cli("add", "other.jsonl", "--json").json["merged"] == 1
    found = cli("merges", "--json").json
    assert [(one["source_id"], one["undone"]) for one in found] == [("twin", False)]
    assert cli("merges").out.splitlines()[0].split()[:4] == ["ID", "PAPER", "RULE", "WAS"]
    assert cli("merges", "--undo", str(found[0]["id"]), "--json").json["undone"] == found[0]["id"]
    assert cli("show", "twin", "--json").json["id"] != cli("show", "inv-3", "--json").json["id"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.8.8"])
def test_loopback_addresses_are_served(host: str) -> None:
    assert loopback(host).startswith(("127.", "::1"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::1", "no such host"])
def test_any_other_address_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="--host"):
        loopback(host)


def test_serving_elsewhere_is_refused_before_anything_starts(cli: Cli) -> None:
    run = cli("serve", "--host", "0.0.0.0")
    assert (run.code, run.out) == (2, "")
    assert "no accounts to tell readers apart" in run.err


def test_a_busy_port_is_told_with_the_fix(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = cli("serve", "--port", str(port))
    assert run.code == 2
    assert f"port {port} on 127.0.0.1 cannot be used" in run.err
    assert f"broadsheet serve --port {port + 1}" in run.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_answers_and_stops_politely(process: Start, number: signal.Signals) -> None:
    server = process("serve", "--port", "0")
    assert server.stdout is not None
    url = server.stdout.readline().split(" ")[3]
    assert "/?token=" in url
    with pytest.raises(HTTPError, match="401"):
        urllib.request.urlopen(url.partition("?")[0], timeout=30)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(url, timeout=30) as answer:
        assert answer.status == 200
        assert b"<h1" in answer.read()
    server.send_signal(number)
    out, err = server.communicate(timeout=30)
    assert (server.returncode, out, err) == (0, "", "broadsheet: closed\n")


@pytest.mark.parametrize(
    ("options", "setting", "told"),
    [
        (["--no-token"], "auto", ""),
        ([], "off", ""),
        ([], "a-token-of-my-own-making", "a-token-of-my-own-making"),
    ],
    ids=["option", "setting", "own"],
)
def test_the_token_can_be_off_or_ones_own(
    process: Start, monkeypatch: pytest.MonkeyPatch, options: list[str], setting: str, told: str
) -> None:
    monkeypatch.setenv("BROADSHEET_SERVER__TOKEN", setting)
    server = process("serve", "--port", "0", "--json", *options)
    assert server.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        line = server.stdout.readline()
        assert line, server.communicate()[1]
        text += line
    found = json.loads(text)
    assert found["token"] == told
    assert found["open"] == found["url"] + (f"/?token={told}" if told else "")
    asked = urllib.request.Request(f"{found['url']}/api/v1/stats", headers={"Authorization": f"Bearer {told}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.status == 200
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=30)


def test_ctrl_c_is_one_line_and_130(process: Start) -> None:
    running = process("add", "-", stdin=subprocess.PIPE)
    while not _reads_stdin(running.pid):
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (130, "")
    assert err == "broadsheet: stopped; everything acknowledged so far is kept\n"


def _reads_stdin(pid: int) -> bool:
    """Whether the command has come so far that it spools its input."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it is closing others at this moment
            if "stdin.jsonl" in os.readlink(entry):
                return True
    return False


def test_a_reader_that_goes_away_is_no_error(process: Start) -> None:
    running = process("export", "--all")
    assert running.stdout is not None
    running.stdout.close()
    with running:
        assert running.stderr is not None
        assert running.stderr.read() == ""
    assert running.returncode == 141


def test_help_is_grouped_and_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for panel in ("Collect", "Read", "Your signals", "Keep", "Look after"):
        assert panel in text
    assert "Example:" in text


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_the_help_says_of_every_command_what_its_own_help_says_first(entry: Entry) -> None:
    command = entry.load()
    assert (command.help or "").partition("\n\n")[0].replace("\n", " ") == entry.help
    assert command.name == entry.name


def test_version_and_typos(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("broadsheet ")
    assert main(["serch", "x"]) == 2
    assert "'search'" in capsys.readouterr().err


def test_a_command_that_moved_is_answered_with_its_new_name(cli: Cli) -> None:
    for words in (["bench"], ["bench", "spine", "--out", "x"], ["bench", "--table"], ["bench", "--help"]):
        answer = cli(*words)
        assert (answer.code, answer.out) == (2, "")
        assert "`python -m broadsheet_lab.bench NAME`" in answer.err
