"""How much of the product can be reached by imports from a command, a page or `import broadsheet`; 97 % at least.

    python tests/reachable.py    prints the share and every module that is not reached; exit code 1 below the limit

Imports inside functions count, and so does a module that the front names in a text and loads when it is asked for.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
LIMIT = 0.97
FRONT = ("broadsheet.cli", "broadsheet.web")
DOORS = {"broadsheet", "broadsheet.__main__"}


def modules(source: Path = SOURCE) -> dict[str, Path]:
    """Every module of the package by name; what is made by `native/build.py` aside."""
    paths = (path for path in (source / "broadsheet").rglob("*.py") if "_native" not in path.parts)
    return {".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def reached(paths: Mapping[str, Path]) -> set[str]:
    """The modules that are imported, directly or not, from the front."""
    waiting = [name for name in paths if name in DOORS or name.startswith(FRONT)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen and name in paths:
            seen.add(name)
            waiting += [name.rpartition(".")[0], *_imports(name, paths[name])]
    return seen


def _imports(name: str, path: Path) -> Iterator[str]:
    """The names that a module may import: modules, and what may be one inside a package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif path.name == "__init__.py" and isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield f"{name}.{node.value}"  # loaded when it is asked for


def main() -> int:
    """Print the share; 1 if it is below the limit."""
    paths = modules()
    seen = reached(paths)
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in paths.items()}
    share = sum(lines[name] for name in seen) / sum(lines.values())
    print(f"{share:.1%} of {sum(lines.values()):,} lines can be reached from the commands, pages and front door")
    for name in sorted(paths.keys() - seen):
        print(f"not reached: {name} ({lines[name]} lines)")
    return int(share < LIMIT)


if __name__ == "__main__":
    sys.exit(main())
