"""What a command does not import: a person waits for every library that is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LABORATORY = ("numba", "llvmlite", "scipy", "torch", "transformers", "matplotlib", "pytest")
NETWORK = ("httpx", "fastapi", "starlette", "uvicorn", "jinja2", "pyarrow", "bibtexparser", "defusedxml")
LIBRARY = ("sqlalchemy", "numpy", "broadsheet.pipeline", "broadsheet.catalogue", "broadsheet.settings")
TERMINAL = ("rich", "threadpoolctl", "pydantic", "pydantic_core")


def imported(code: str, names: tuple[str, ...]) -> list[str]:
    """Which of the modules a fresh Python has loaded after `code`."""
    report = f"import sys; print(*(name for name in {names!r} if name in sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\ntry:\n    {code}\nfinally:\n    {report}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.split()


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert imported("import broadsheet", (*LABORATORY, *NETWORK, *LIBRARY, *TERMINAL, "typer")) == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["search", "--help"], ["serve", "--help"]])
def test_help_loads_no_library_and_no_other_command(arguments: list[str]) -> None:
    code = f"from broadsheet.cli import main; assert main({arguments!r}) == 0"
    assert imported(code, (*LABORATORY, *NETWORK, *LIBRARY, *TERMINAL, "broadsheet.cli.feedback")) == []


@pytest.mark.parametrize("command", [["search", "late interaction"], ["show", "inv-3"], ["save", "inv-3"]])
def test_a_command_loads_neither_laboratory_nor_network(command: list[str], library: Path) -> None:
    arguments = ["--library", str(library), *command]
    code = f"from broadsheet.cli import main; assert main({arguments!r}) == 0"
    assert imported(code, (*LABORATORY, *NETWORK, *TERMINAL, "broadsheet.cli.maintenance")) == []
