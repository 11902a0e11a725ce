"""The house keeps its order: rooms never import each other, and listing methods imports none of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_import_linter_passes() -> None:
    result = python("from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))")
    assert result.returncode == 0, result.stdout + result.stderr


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
