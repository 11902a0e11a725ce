"""What a result was measured with: the files of a method and of its benchmark, and a hash of what they do.

A hash leaves out what changes no figure: comments, docstrings, imports, the card, and how the text is laid out. So a
result is older than its source only where something else was written since.
"""

from __future__ import annotations

import ast
import hashlib
import io
import subprocess
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import broadsheet
import broadsheet_lab
from broadsheet.kit.errors import UsageError

__all__ = ["UNHASHED", "changed", "files_of", "fingerprint", "is_clean", "sources"]

UNHASHED = "measured before its source was hashed"
_ROOTS = {
    package.__name__: Path(package.__file__ or "").resolve().parent.parent for package in (broadsheet, broadsheet_lab)
}


def fingerprint(path: Path) -> str:
    """The hash of what a Python file does, 16 hexadecimal digits."""
    source = path.read_text(encoding="utf-8")
    lines = [line.encode() for line in _without_comments(source)]
    for node in _left_out(ast.parse(source, str(path))):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        tail = lines[last][node.end_col_offset :]
        lines[first] = lines[first][: node.col_offset] + (tail if first == last else b"")
        lines[first + 1 : last + 1] = [b""] * (last - first - 1) + [tail] * (first != last)
    return hashlib.sha256(b"".join(b"".join(lines).split())).hexdigest()[:16]


def _without_comments(source: str) -> list[str]:
    lines = source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return lines


def _left_out(tree: ast.Module) -> Iterator[ast.stmt]:
    """Docstrings, imports and the card, the last one first."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and _says_nothing(node)]
    return iter(sorted(found, key=lambda node: (node.lineno, node.col_offset), reverse=True))


def _says_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id in ("CARD", "__all__")
    return isinstance(node, (ast.Import, ast.ImportFrom))


def files_of(method: Path, bench: Sequence[str]) -> dict[str, Path]:
    """By module: the method's file, the benchmark's modules, and the private modules beside either that they import.

    Raises UsageError if there is no such module.
    """
    waiting = [method.resolve(), *(_path(name) for name in bench)]
    found: dict[str, Path] = {}
    while waiting:
        path = waiting.pop()
        if _module(path) not in found:
            found[_module(path)] = path
            waiting += _helpers(path)
    return dict(sorted(found.items()))


def _path(module: str) -> Path:
    place = _ROOTS[module.partition(".")[0]].joinpath(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    raise UsageError(f"no module {module!r}: measure again with the benchmark of today")


def _module(path: Path) -> str:
    root = next((root for root in _ROOTS.values() if path.is_relative_to(root)), path.parent)
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _helpers(path: Path) -> Iterator[Path]:
    """The private modules of the same folder that a file imports."""
    package = _module(path.parent / "__init__.py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [f"{node.module}"]
            for name in names:
                parent, _, stem = name.rpartition(".")
                if parent == package and stem.startswith("_") and (path.parent / f"{stem}.py").is_file():
                    yield path.parent / f"{stem}.py"


def sources(method: Path, bench: Sequence[str]) -> dict[str, str]:
    """The hash of every file that a result of this method follows from, by module."""
    return {name: fingerprint(path) for name, path in files_of(method, bench).items()}


def changed(result: Mapping[str, Any], method: Path) -> str:
    """Why a result says nothing of today's source, in words; empty if it does."""
    if "sources" not in result:
        return UNHASHED
    try:
        now = sources(method, result.get("bench", ()))
    except UsageError as error:
        return str(error)
    then = result["sources"]
    names = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    return f"changed since it was measured: {', '.join(names)}" if names else ""


def is_clean(paths: Sequence[Path]) -> bool:
    """Whether the files are as they were committed last."""
    command = ["git", "status", "--porcelain", "--", *map(str, paths)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=paths[0].parent, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return not done.stdout.strip()
