"""Finds the methods by file name and reads their cards without importing them.

A method is a Python file of a method room, except `__init__.py`, `contract.py` and names that begin with `_`. Its
`CARD = Card(...)` is a literal that is read from the file's syntax tree, so listing a hundred methods imports no numpy
and no torch.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.errors import UsageError

__all__ = [
    "ROOMS",
    "Method",
    "methods",
    "read_card",
]

ROOMS = (
    "features",
    "encoders",
    "compression",
    "indexes",
    "retrieval",
    "ranking",
    "lifecycle",
    "explanation",
    "topics",
    "trending",
)
_NOT_METHODS = {"__init__", "contract"}


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its room, its name (the file's stem) and its card."""

    room: str
    name: str
    path: Path
    card: Card


def methods(package: Path | None = None) -> tuple[Method, ...]:
    """Every method, room by room in pipeline order, by name within. Raises UsageError for a file without a card."""
    root = package or Path(__file__).parent
    return tuple(
        Method(room, path.stem, path, read_card(path))
        for room in ROOMS
        for path in sorted((root / room).glob("*.py"))
        if path.stem not in _NOT_METHODS and not path.stem.startswith("_")
    )


def read_card(path: Path) -> Card:
    """The card in a method's file. Raises UsageError, naming file and line, if it is missing or not a literal."""
    for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and target.id == "CARD" and isinstance(value, ast.expr):
            card = _literal(value, path)
            if isinstance(card, Card):
                return card
            raise UsageError(f"{path}:{node.lineno}: CARD is not a Card(...)")
    raise UsageError(f"{path}: no CARD; every method says which paper it follows (CONTRIBUTING.md)")


def _literal(node: ast.expr, path: Path) -> Any:
    """The value of a literal made of constants, tuples, Card(...) and Claim(...)."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Card", "Claim"):
        make = Card if node.func.id == "Card" else Claim
        positional = [_literal(argument, path) for argument in node.args]
        keywords = {keyword.arg: _literal(keyword.value, path) for keyword in node.keywords if keyword.arg}
        try:
            return make(*positional, **keywords)
        except TypeError as error:
            raise UsageError(f"{path}:{node.lineno}: {error}") from None
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(_literal(item, path) for item in node.elts)
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise UsageError(f"{path}:{node.lineno}: a card holds literals only, not `{ast.unparse(node)}`") from None
