"""The laboratory keeps its order: benchmarks use methods, rooms do not import one another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LAB = Path(__file__).parents[1]


def test_import_linter_passes() -> None:
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    command = [sys.executable, "-c", code]
    here = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}  # as this process finds both houses
    result = subprocess.run(command, check=False, cwd=LAB, env=here, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
