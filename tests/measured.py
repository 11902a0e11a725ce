"""How much of the project is tests, how long its files and functions are, how much of it the tests reach.

    python tests/measured.py                       tests : source by lines of code; what is too long
    python tests/measured.py build/coverage.json   branch coverage, at least 90 % of each of FOLDERS

Exit code 1 below a bar. Comments, docstrings and blank lines are no code. A file or function that is long for a
reason says so: `# long: REASON` in the line of its `def`, or in a line of its own for a file.
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARE = 0.9
FILE_LINES = 300
FUNCTION_LINES = 50
COVERED = 0.9
FOLDERS = ("pipeline", "catalogue", "sources", "web")  # of the product
GENERATED = "dialects/sqlite/queries.py"  # made by scripts/statements.py: its lines are nobody's to test
_SILENT = frozenset(
    {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
)
_FILE_REASON = re.compile(r"^# long: \S", re.MULTILINE)
_FUNCTION_REASON = re.compile(r"# long: \S")


def code_lines(text: str) -> int:
    """Lines of a module that hold code: no comments, no docstrings, nothing blank."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _SILENT:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - docstring_lines(ast.parse(text)))


def docstring_lines(tree: ast.Module) -> set[int]:
    """The lines of every docstring of a module."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                lines |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def too_long(text: str) -> Iterator[tuple[str, int]]:
    """(what, lines) of a module and its functions that are longer than they may be and give no reason."""
    lines = text.splitlines()
    if len(lines) > FILE_LINES and not _FILE_REASON.search(text):
        yield "file", len(lines)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES and not _FUNCTION_REASON.search(lines[node.lineno - 1]):
                yield node.name, length


def modules(*folders: str) -> Iterator[Path]:
    """Every module below these folders of the project; what is compiled aside."""
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "_native" not in path.parts)


def measure() -> int:
    """Print lines and what is too long; 1 if a bar is missed."""
    source, tests = (
        sum(code_lines(_text(path)) for path in modules(folder) if not path.as_posix().endswith(GENERATED))
        for folder in ("src", "tests")
    )
    print(f"tests : source = {tests:,} : {source:,} lines of code = {tests / source:.2f} (at least {SHARE})")
    long = [(path, *one) for path in modules("src", "tests", "lab") for one in too_long(_text(path))]
    for path, what, lines in long:
        print(f"too long: {path.relative_to(ROOT)}: {what}, {lines} lines")
    return int(tests < SHARE * source or bool(long))


def covered(files: dict[str, Any]) -> dict[str, float]:
    """Folder -> the share of its lines and branches that ran, of the files of a coverage report in JSON."""
    ran: Counter[str] = Counter()
    all_: Counter[str] = Counter()
    for name, file in files.items():
        folder = next((one for one in FOLDERS if f"broadsheet/{one}/" in name.replace("\\", "/")), "")
        told = file["summary"]
        ran[folder] += told["covered_lines"] + told["covered_branches"]
        all_[folder] += told["num_statements"] + told["num_branches"]
    return {folder: ran[folder] / all_[folder] if all_[folder] else 0.0 for folder in FOLDERS}


def report(path: Path) -> int:
    """Print the branch coverage of each folder; 1 if one is below the bar."""
    shares = covered(json.loads(_text(path))["files"])
    for folder, share in shares.items():
        print(f"{folder}: {share:.1%} of lines and branches run in the tests (at least {COVERED:.0%})")
    return int(min(shares.values()) < COVERED)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(report(Path(sys.argv[1])) if sys.argv[1:] else measure())
