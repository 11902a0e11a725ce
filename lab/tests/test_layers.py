"""The laboratory keeps its order: benchmarks use methods, rooms do not import one another."""

from __future__ import annotations

import os
import re
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


def test_one_loop_trains() -> None:
    """Networks are trained by `training.train` and by nothing else: seeded, resumable, stopped early."""
    source = LAB / "src" / "broadsheet_lab"
    steps = re.compile(r"\.backward\(\)|torch\.optim|from torch import optim")
    found = {p.relative_to(source).as_posix() for p in source.rglob("*.py") if steps.search(p.read_text("utf-8"))}
    assert found == {"training.py"}


def test_methods_can_be_imported_without_torch() -> None:
    rooms = ("encoders", "compression", "indexes", "retrieval", "ranking")
    code = (
        "import importlib, pkgutil, sys; sys.modules['torch'] = None\n"
        f"for room in {rooms!r}:\n"
        "    package = importlib.import_module(f'broadsheet_lab.{room}')\n"
        "    for module in pkgutil.iter_modules(package.__path__):\n"
        "        if not module.name.startswith('_'):\n"
        "            importlib.import_module(f'broadsheet_lab.{room}.{module.name}')\n"
    )
    here = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run([sys.executable, "-c", code], check=False, env=here, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
