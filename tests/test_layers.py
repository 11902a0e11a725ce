"""The house keeps its order: rooms never import each other, and listing methods imports none of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import reachable

ROOT = Path(__file__).parents[1]


def python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_import_linter_passes() -> None:
    result = python("from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))")
    assert result.returncode == 0, result.stdout + result.stderr


def test_nearly_all_of_the_product_can_be_reached_from_its_commands_and_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reachable.main() == 0
    assert " lines can be reached from the commands, pages and front door\n" in capsys.readouterr().out
    for name, text in {
        "__init__": "import broadsheet.a",
        "a": "def f():\n    from broadsheet import b",
        "b": "X = 1\n",
        "alone": "import broadsheet.a\n",
    }.items():
        (tmp_path / "broadsheet").mkdir(exist_ok=True)
        (tmp_path / "broadsheet" / f"{name}.py").write_text(text, encoding="utf-8")
    paths = reachable.modules(tmp_path)
    assert paths.keys() - reachable.reached(paths) == {"broadsheet.alone"}


def test_the_product_and_its_tests_know_nothing_of_the_laboratory() -> None:
    files = [path for folder in ("src", "tests", "examples", "scripts") for path in (ROOT / folder).rglob("*.py")]
    names = re.compile(r"^\s*(?:import|from) broadsheet_lab", re.MULTILINE)
    assert [path for path in files if names.search(path.read_text(encoding="utf-8"))] == []


def test_listing_methods_imports_no_method_and_nothing_heavy() -> None:
    result = python(
        "import sys; from broadsheet.methods import ROOMS, methods; print(len(methods()));"
        "print([m for m in sys.modules if m.split('.')[0] in ('numpy', 'scipy', 'numba', 'torch', 'sqlalchemy')"
        " or m.startswith(tuple('broadsheet.' + room for room in ROOMS))])"
    )
    count, imported = result.stdout.splitlines()
    assert int(count) >= 5
    assert imported == "[]"


def test_help_imports_no_web_framework_database_or_arrays() -> None:
    result = python(
        "import sys; from broadsheet.cli import main; main(['--help']);"
        "heavy = ('fastapi', 'httpx', 'pyarrow', 'numpy', 'numba', 'sqlalchemy', 'uvicorn');"
        "print([m for m in heavy if m in sys.modules])"
    )
    assert result.stdout.splitlines()[-1] == "[]"
