"""Writes catalogue/dialects/sqlite/queries.py: every query of catalogue/statements as SQLite's text.

    python scripts/statements.py

A test compares the file with the statements, so run this after changing one.
"""

from __future__ import annotations

import json
import pkgutil
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from sqlalchemy import SelectBase
from sqlalchemy.sql.dml import UpdateBase

from broadsheet.catalogue import statements
from broadsheet.catalogue.dialects.building import text_of

FILE = Path(__file__).parents[1] / "src/broadsheet/catalogue/dialects/sqlite/queries.py"
_HEAD = '''"""Every query of `statements` as text, its parameters as `:name`. Made by scripts/statements.py."""

# fmt: off
# long: one entry a query
'''


def topics() -> Iterator[tuple[str, dict[str, SelectBase | UpdateBase]]]:
    """Per module of `statements` its named statements, in order."""
    for found in pkgutil.iter_modules(statements.__path__):
        module = import_module(f"{statements.__name__}.{found.name}")
        named = {name: one for name, one in vars(module).items() if isinstance(one, SelectBase | UpdateBase)}
        yield found.name, {name: one for name, one in named.items() if name.isupper()}


def queries_module() -> str:
    """The text of the file. Raises ValueError where two queries have one name."""
    lines = [_HEAD]
    names: set[str] = set()
    for topic, named in topics():
        queries = {name: text_of(one) for name, one in named.items() if isinstance(one, SelectBase)}
        if twice := names & queries.keys():
            raise ValueError(f"two queries named {twice.pop()}")
        names |= queries.keys()
        if queries:
            lines += ["", f"# {topic}"]
        for name, text in queries.items():
            lines += _constant(name, text)
    return "\n".join(lines) + "\n"


def _constant(name: str, text: str) -> Iterator[str]:
    whole = f"{name} = {json.dumps(text, ensure_ascii=False)}"
    if len(whole) <= 120:
        yield whole
        return
    yield f"{name} = ("
    pieces = textwrap.wrap(text, 100, drop_whitespace=False, break_long_words=False, break_on_hyphens=False)
    yield from (f"    {json.dumps(piece, ensure_ascii=False)}" for piece in pieces)
    yield ")"


if __name__ == "__main__":
    FILE.write_text(queries_module(), encoding="utf-8")
