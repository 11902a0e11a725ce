"""What the measure of the project counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.measured import FOLDERS, code_lines, covered, report, too_long

MODULE = '''"""A docstring
of two lines."""

# a comment
import os  # code

TEXT = """a text,
no docstring"""


def one():
    """Says what."""
    return (
        os,
    )
'''


def long_function(lines: int, beside: str = "") -> str:
    return f"def f():{beside}\n" + "    x = 1\n" * (lines - 1)


def test_comments_docstrings_and_blank_lines_are_no_code() -> None:
    assert code_lines(MODULE) == 7
    assert code_lines("") == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\n" * 300, []),
        ("x = 1\n" * 301, [("file", 301)]),
        ("# long: one table\n" + "x = 1\n" * 301, []),
        ("# long:\n" + "x = 1\n" * 301, [("file", 302)]),
        (long_function(50), []),
        (long_function(51), [("f", 51)]),
        (long_function(51, "  # long: one table"), []),
    ],
    ids=["300", "301", "reason", "no reason", "50", "51", "function with reason"],
)
def test_what_is_too_long(text: str, found: list[tuple[str, int]]) -> None:
    assert list(too_long(text)) == found


def file(lines: tuple[int, int], branches: tuple[int, int]) -> dict[str, dict[str, int]]:
    names = ("covered_lines", "num_statements", "covered_branches", "num_branches")
    return {"summary": dict(zip(names, (*lines, *branches), strict=True))}


def test_coverage_is_of_each_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "src/broadsheet/web/a.py": file((9, 10), (1, 2)),
        "src/broadsheet/web/b.py": file((8, 8), (0, 0)),
        "src/broadsheet/kit/c.py": file((0, 100), (0, 0)),
        **{f"src/broadsheet/{name}/a.py": file((19, 20), (0, 0)) for name in ("pipeline", "catalogue")},
    }
    assert covered(files) == {"web": 0.9, "pipeline": 0.95, "catalogue": 0.95, "sources": 0.0}
    assert tuple(covered({})) == FOLDERS
    whole = '{"files": {"broadsheet/%s/a.py": {"summary": {"covered_lines": 9, "num_statements": 10, '
    whole += '"covered_branches": 9, "num_branches": 10}}}}'
    (tmp_path / "c.json").write_text(whole % "web", encoding="utf-8")
    assert report(tmp_path / "c.json") == 1
    assert (
        capsys.readouterr().out.splitlines()[-1] == "web: 90.0% of lines and branches run in the tests (at least 90%)"
    )
