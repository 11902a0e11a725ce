"""Runs the blocks of a page as a reader would: one folder, one shell, one after the other.

A line that is one plain `broadsheet` command runs in this process, which saves a start of Python each; everything else
runs in bash, where `broadsheet` is a script that does the same. It is noon of one day in both. A server runs until the
page ends.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from broadsheet.cli import main
from tests.docs.blocks import ROOT, Block

__all__ = ["Runner", "environment"]

_SHELL = set("|&;<>$`*?(){}~\\")
_SECONDS = 60  # for a block in bash
_SCRIPT = """#!{python}
import sys
sys.path[:0] = [{root!r}]
import broadsheet.kit.clock
from tests.clock import noon
broadsheet.kit.clock.utc_now = noon
from broadsheet.cli import main
sys.exit(main())
"""


def environment(folder: Path, programs: Path) -> dict[str, str]:
    """The variables of a reader who has just installed Broadsheet and set nothing.

    `programs` gets the commands `broadsheet` and `python`.
    """
    programs.mkdir(parents=True, exist_ok=True)
    script = programs / "broadsheet"
    script.write_text(_SCRIPT.format(python=sys.executable, root=str(ROOT)), encoding="utf-8")
    script.chmod(0o755)
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    given = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    return {
        **given,
        "PATH": f"{programs}{os.pathsep}{given['PATH']}",
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        "PYTHONUNBUFFERED": "1",
        "XDG_DATA_HOME": str(folder / "data"),
        "BROADSHEET_SERVER__PORT": "0",  # a free one, whatever else runs here
    }


class Runner:
    """Use as a context manager in the folder and environment of a reader; ends the servers it started."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._servers: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for server in self._servers:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=_SECONDS)

    def run(self, block: Block) -> None:
        """Run one block. Raises AssertionError if it fails or prints something else than the page shows."""
        if block.language == "python":
            _compare(block, block.output, self._program(block))
        elif block.language == "console":
            for command, shown in _session(block.code):
                _compare(block, shown, self._command(block, command)[1])
        else:
            _compare(block, block.output, self._commands(block))

    def _program(self, block: Block) -> str:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(block.code, str(block), "exec", dont_inherit=True), self._names)
        return out.getvalue()

    def _commands(self, block: Block) -> str:
        lines = [line for line in block.code.splitlines() if line.strip() and not line.startswith("#")]
        if not all(map(_plain, lines)):
            lines = [block.code]
        printed = []
        for line in lines:
            code, text = self._command(block, line)
            assert code == 0, f"{block}: `{line}` ends with {code}:\n{text}"
            printed.append(text)
        return "".join(printed)

    def _command(self, block: Block, command: str) -> tuple[int, str]:
        """Exit code and everything printed."""
        words = _plain(command)
        if words[1:2] == ["serve"]:
            return 0, self._serve(words)
        if words:
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                code = main(words[1:])
            return code, out.getvalue()
        shell = ["bash", "-euo", "pipefail", "-c", command]
        done = subprocess.run(
            shell,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout

    def _serve(self, words: list[str]) -> str:
        """Start a server on a free port, whichever the page names, and give the first line it prints."""
        words = ["0" if before == "--port" else word for before, word in zip(["", *words], words, strict=False)]
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background have it ignored
        try:
            server = subprocess.Popen(words, env=self._variables, encoding="utf-8", stdout=subprocess.PIPE)
        finally:
            signal.signal(signal.SIGINT, before)
        self._servers.append(server)
        assert server.stdout is not None
        return server.stdout.readline()


def _plain(line: str) -> list[str]:
    """The words of a line that is one `broadsheet` command and nothing for a shell; empty for any other."""
    lexer = shlex.shlex(line, posix=False, punctuation_chars="")
    lexer.whitespace_split = True
    try:
        bare = [word for word in lexer if not word.startswith("'")]
        words = shlex.split(line, comments=True)
    except ValueError:
        return []
    return words if words[:1] == ["broadsheet"] and not any(_SHELL & set(word) for word in bare) else []


def _session(code: str) -> list[tuple[str, str]]:
    """(command, what it prints) of a console block; a command goes on in lines that begin with `> `."""
    commands: list[tuple[str, str]] = []
    for line in code.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append((line[2:], ""))
        elif line.startswith("> ") and not commands[-1][1]:
            commands[-1] = (commands[-1][0] + line[2:], "")
        else:
            commands[-1] = (commands[-1][0], commands[-1][1] + line)
    return commands


def _compare(block: Block, shown: str, printed: str) -> None:
    """Hold what was printed against the page, where `...` stands for anything."""
    if shown.strip():
        same = doctest.OutputChecker().check_output(shown, printed, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        assert same, f"{block} shows\n{shown}\nbut this is printed:\n{printed}"
