"""Every program in examples/ runs as it stands, in a folder of its own files, and ends well."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.docs.runner import environment

EXAMPLES = sorted([*(ROOT / "examples").glob("*.py"), *(ROOT / "examples").glob("*.sh")])


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda program: program.name)
def test_an_example_prints_what_its_docstring_shows(program: Path, tmp_path: Path) -> None:
    start = [sys.executable, "-W", "error"] if program.suffix == ".py" else ["bash"]
    done = subprocess.run(
        [*start, str(program)],
        cwd=tmp_path,
        env=environment(tmp_path, tmp_path / "programs"),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    head = re.split(r'"""\n\n|\n\n', program.read_text(encoding="utf-8").partition("prints\n")[2].lstrip("\n#"))[0]
    shown = re.findall(r"^#? {4}(.+)$", head, re.MULTILINE)
    assert shown, f"{program.name} does not say what it prints"
    for line in shown:
        assert line.strip() in done.stdout, done.stdout


def test_the_examples_are_listed() -> None:
    listed = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert len(EXAMPLES) >= 6
    for program in EXAMPLES:
        assert f"`{program.name}`" in listed
