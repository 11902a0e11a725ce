"""Finds the methods by file name and reads their cards, importing none; renders the page made of cards and results.

A method is a Python file of a method room other than `__init__.py`, `contract.py` and names that begin with `_`.
Its `CARD = Card(...)` is a literal: it is read from the file's syntax tree, so listing a hundred methods loads
no array library, no model and no torch.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.errors import UsageError
from broadsheet.tables import Results

__all__ = [
    "ROOMS",
    "Method",
    "methods",
    "read_card",
    "read_results",
    "render_methods",
    "verdict",
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
)
_NOT_METHODS = {"__init__", "contract"}
_NEAR = 0.05  # a measured value within this share of the claim is near it


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its room, its name (that of its file) and its card."""

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
        named = {keyword.arg: _literal(keyword.value, path) for keyword in node.keywords if keyword.arg}
        try:
            return make(*positional, **named)
        except TypeError as error:
            raise UsageError(f"{path}:{node.lineno}: {error}") from None
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(_literal(item, path) for item in node.elts)
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise UsageError(f"{path}:{node.lineno}: a card holds literals only, not `{ast.unparse(node)}`") from None


def read_results(folder: Path) -> dict[str, dict[str, Any]]:
    """name -> content of every `<name>.json` in `folder`; empty if there is no such folder."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UsageError(f"{path}: not JSON ({error}); measure again or delete it") from None
        if isinstance(content, dict):
            found[path.stem] = content
    return found


def verdict(claim: Claim, measured: Mapping[str, Any] | None) -> str:
    """holds, near (within 5 %), fails, or not measured.

    `measured` has `value`, and `lower_is_better` where that is so (a time, an error).
    """
    if measured is None or not isinstance(measured.get("value"), (int, float)):
        return "not measured"
    gap = float(measured["value"]) - claim.value
    if measured.get("lower_is_better"):
        gap = -gap
    if gap >= 0:
        return "holds"
    return "near" if -gap <= _NEAR * abs(claim.value) else "fails"


def _measured(claim: Claim, result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The entry of `claims` in a result file that measures this claim: same dataset, same metric."""
    for entry in result.get("claims", ()):
        if (entry.get("dataset"), entry.get("metric")) == (claim.dataset, claim.metric):
            return dict(entry)
    return None


def render_methods(found: Iterable[Method], results: Results) -> str:
    """METHODS.md: every method with its claims, what was measured, and the verdict."""
    lines = [
        "# Methods",
        "",
        "Generated by `broadsheet bench --table` from the cards in the source and the files in `results/`;",
        "edit those, not this page. *ours* marks a claim the paper does not make.",
    ]
    room = ""
    for method in found:
        if method.room != room:
            room = method.room
            lines += ["", f"## {room}"]
        lines += _method_lines(method, results.get(method.name, {}))
    return "\n".join(lines) + "\n"


def _method_lines(method: Method, result: Mapping[str, Any]) -> Iterator[str]:
    card = method.card
    yield from (
        "",
        f"### {method.name}",
        "",
        f"{card.title} ({card.year}), {card.paper.replace('<', '&lt;')}. For {card.solves}.",
    )
    if card.builds_on:
        yield from ("", f"Builds on: {', '.join(card.builds_on)}.")
    if card.needs:
        yield from ("", f"Needs the extras: {', '.join(card.needs)}.")
    if card.departures:
        yield from ("", "Departs from the paper: " + "; ".join(card.departures) + ".")
    if not card.claims:
        return
    yield from ("", "| claim | where | value | measured | verdict |", "|---|---|---:|---:|---|")
    for claim in card.claims:
        measured = _measured(claim, result)
        value = f"{measured['value']:.4g}" if measured and verdict(claim, measured) != "not measured" else ""
        where = "ours" if claim.ours else claim.where
        cells = (f"{claim.metric}, {claim.dataset}", where, f"{claim.value:.4g}", value, verdict(claim, measured))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
