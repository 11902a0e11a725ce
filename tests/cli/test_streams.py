"""Standard streams that are closed, full, or of another encoding; a terminal that titles must not steer."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from broadsheet.cli import files, main, output
from broadsheet.cli.output import Line, clean, columns, jsonable
from broadsheet.kit.errors import UsageError
from tests.cli.conftest import Cli, jsonl, record

ODD = "Café 😀 on ‘graphs’"
STEERING = "Kelp \x1b[31mred\x9b2J\u202eback\u2066 and bell\x07"


def add_titles(cli: Cli, tmp_path: Path, *titles: str) -> None:
    records = [{**record(n), "id": f"odd-{n}", "title": title} for n, title in enumerate(titles)]
    (tmp_path / "odd.jsonl").write_text(jsonl(records), encoding="utf-8")
    assert cli("add", str(tmp_path / "odd.jsonl")).code == 0


class Narrow:
    """A standard output in an encoding of its own, as a terminal in another locale has."""

    def __init__(self, encoding: str) -> None:
        self.raw = io.BytesIO()
        self.stream = io.TextIOWrapper(self.raw, encoding=encoding, newline="")

    def text(self, encoding: str) -> str:
        self.stream.flush()
        return self.raw.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_json_is_json_in_every_encoding(
    cli: Cli, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    add_titles(cli, tmp_path, ODD)
    narrow = Narrow(encoding)
    monkeypatch.setattr(sys, "stdout", narrow.stream)
    assert main(["--library", str(library), "show", "odd-0", "--json"]) == 0
    assert json.loads(narrow.text(encoding))["title"] == ODD


@pytest.mark.parametrize("form", ["jsonl", "csl", "bibtex", "ris"])
def test_exports_are_utf_8_in_every_locale(
    cli: Cli, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    add_titles(cli, tmp_path, ODD)
    cli("collection", "add", "Odd", "odd-0")
    cli("export", "--collection", "Odd", "--format", form, "-o", str(tmp_path / "file"))
    narrow = Narrow("ascii")
    monkeypatch.setattr(sys, "stdout", narrow.stream)
    assert main(["--library", str(library), "export", "--collection", "Odd", "--format", form]) == 0
    assert narrow.text("utf-8") == (tmp_path / "file").read_text(encoding="utf-8")
    assert "Café" in narrow.text("utf-8")


def test_lines_for_people_say_what_the_terminal_lacks(
    cli: Cli, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_titles(cli, tmp_path, ODD)
    narrow = Narrow("ascii")
    monkeypatch.setattr(sys, "stdout", narrow.stream)
    assert main(["--library", str(library), "show", "odd-0"]) == 0
    assert narrow.text("ascii").startswith(r"Caf\xe9 \U0001f600 on \u2018graphs\u2019  [")


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "odd-0"),
        ("show", "odd-0", "--bibtex"),
        ("show", "odd-0", "--ris"),
        ("show", "odd-0", "--sources"),
        ("search", "kelp"),
        ("similar", "odd-1", "--count", "19"),
        ("collection", "show", "Kelp"),
        ("collection", "list"),
        ("feed",),
    ],
    ids=" ".join,
)
def test_no_title_steers_the_terminal(cli: Cli, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    add_titles(cli, tmp_path, STEERING, "Kelp again")
    cli("collection", "add", "Kelp", "odd-0")
    shown = cli(*arguments)
    assert shown.code == 0
    assert "Kelp" in shown.out
    assert not [c for c in shown.out if c != "\n" and clean(c) != c]


class Terminal(io.StringIO):
    """What thinks it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_lines_on_a_terminal_are_clean_too(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stdout", shown)
    output.write_lines(["plain \x1b[31m\u202e text", Line((("  bold\x07", "bold"), (" rest", "")))])
    assert shown.getvalue().replace(" ", "") == "plain[31mtext\nboldrest\n"


def test_a_bar_is_drawn_on_a_terminal_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", shown)
    with output.progress() as tell:
        tell("reading", 1, None)
        tell("indexing\x07", 2, 4)
        tell("indexing\x07", 4, 4)
    assert "indexing" in shown.getvalue()
    assert "\x07" not in shown.getvalue()


def test_slow_work_is_told_line_by_line_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = iter([0.0, 1.0, 6.0, 7.0, 12.0])
    monkeypatch.setattr("broadsheet.cli.output.time", SimpleNamespace(monotonic=lambda: next(times)))
    with output.progress() as tell:
        for done in (10, 2000, 2001, 3000):
            tell("reading", done, 4000 if done < 3000 else None)
    assert capsys.readouterr().err == "reading: 2,000 of 4,000, about 5 seconds left\nreading: 3,000\n"


class Full(io.StringIO):
    """A stream on a full disk."""

    encoding = "utf-8"

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("write", [output.write_json, lambda data: output.write_lines([str(data)])])
def test_a_full_disk_behind_standard_output_is_told(monkeypatch: pytest.MonkeyPatch, write: Any) -> None:
    monkeypatch.setattr(sys, "stdout", Full())
    silenced: list[int] = []
    monkeypatch.setattr(os, "dup2", lambda _, to: silenced.append(to))
    with pytest.raises(UsageError, match=r"standard output cannot be written \(No space left on device\)"):
        write({"a": 1})
    assert silenced == [1]


def run(library: Path, line: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as a shell starts it; `line` says what becomes of its streams.

    No library is preloaded: one that opens a file of its own would take the number of a closed stream.
    """
    command = [sys.executable, "-m", "broadsheet", "--library", str(library), *arguments]
    return subprocess.run(
        ["/bin/sh", "-c", f'"$@" {line}', "sh", *command],
        env={name: value for name, value in os.environ.items() if name != "LD_PRELOAD"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("search", "interaction"), "standard output cannot be written (No space left on device)"),
        (("export", "--all"), "standard output cannot be written (No space left on device)"),
        (("--help",), "stopped: No space left on device"),
    ],
    ids=["search", "export", "help"],
)
def test_a_full_disk_is_one_line_and_2(library: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = run(library, "> /dev/full", *arguments)
    assert (ended.returncode, ended.stderr) == (2, f"broadsheet: {said}\n")


@pytest.mark.parametrize(
    ("line", "arguments", "code", "said"),
    [
        (">&-", ("search", "interaction"), 0, ""),
        (">&- 2>&-", ("export", "--all"), 0, ""),
        ("<&-", ("add", "-"), 2, "broadsheet: stdin.jsonl: is empty\n"),
        ("<&-", ("reader", "delete", "me"), 2, "Say --yes to go on without being asked\n"),
    ],
    ids=["no output", "no output at all", "nothing to read", "nobody to ask"],
)
def test_closed_streams_end_no_command(
    library: Path, line: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended = run(library, line, *arguments)
    assert ended.returncode == code
    assert ended.stderr.endswith(said)
    assert "Traceback" not in ended.stderr


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "real.bib").write_text("old", encoding="utf-8")
    (tmp_path / "link.bib").symlink_to(tmp_path / "real.bib")
    with files.write_text(tmp_path / "link.bib") as out:
        out.write("new")
    assert (tmp_path / "link.bib").is_symlink()
    assert (tmp_path / "real.bib").read_text(encoding="utf-8") == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.bib", "real.bib"]


def test_a_failure_midway_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), files.write_text(tmp_path / "kept") as out:
        out.write(str(1 / int("0")))
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("kept", "old")]


def test_a_pipe_is_written_in_place(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with files.write_text(tmp_path / "pipe") as out:
        out.write("through")
    assert os.read(reading, 100) == b"through"
    os.close(reading)


@pytest.mark.parametrize(
    ("name", "why"),
    [("a" * 300, "File name too long"), ("no/such/place", "No such file or directory"), ("", "Is a directory")],
    ids=["long", "missing", "folder"],
)
def test_where_nothing_can_be_written(cli: Cli, tmp_path: Path, name: str, why: str) -> None:
    refused = cli("export", "--all", "-o", str(tmp_path / name))
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == f"broadsheet: {tmp_path / name}: cannot be written ({why}); nothing was left there\n"


def test_columns_and_json() -> None:
    assert list(columns(("A", "NAME"), [(1, "x\ty"), (200, "")])) == ["A    NAME", "1    x y", "200"]
    assert jsonable({1: {3, 2}, "b": (Path,)[:0]}) == {"1": [2, 3], "b": []}
