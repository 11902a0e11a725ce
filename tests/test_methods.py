"""Cards are read from syntax trees, and methods found by the names of their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.errors import UsageError
from broadsheet.methods import methods, read_card

CARD = """
import a_module_nobody_has
CARD = Card(
    title="An Invented" " Method",
    paper="2603.01234",
    year=2026,
    solves="x",
    claims=(Claim("table 2", "toy", "recall@10", 0.5), Claim("ours", "toy", "gap", -1.5, ours=True)),
    departures=("a", "b"),
)
"""
EXPECTED = Card(
    "An Invented Method",
    "2603.01234",
    2026,
    "x",
    claims=(Claim("table 2", "toy", "recall@10", 0.5), Claim("ours", "toy", "gap", -1.5, ours=True)),
    departures=("a", "b"),
)


def method_file(root: Path, text: str, name: str = "indexes/invented.py") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_card_is_read_without_running_the_file(tmp_path: Path) -> None:
    assert read_card(method_file(tmp_path, CARD)) == EXPECTED
    assert read_card(method_file(tmp_path, CARD.replace("CARD =", "CARD: Card ="))) == EXPECTED


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\n", r"invented\.py: no CARD"),
        ("CARD = 3\n", r"invented\.py:1: CARD is not a Card"),
        ("\nCARD = Card(title=name())\n", r"invented\.py:2: a card holds literals only, not `name\(\)`"),
        ("CARD = Card(titel='x')\n", r"invented\.py:1: .*titel"),
    ],
)
def test_a_wrong_card_names_file_and_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_card(method_file(tmp_path, text))


def test_methods_are_the_files_of_the_rooms_in_pipeline_order(tmp_path: Path) -> None:
    for name in ("retrieval/b.py", "indexes/z.py", "indexes/a.py"):
        method_file(tmp_path, CARD, name)
    for name in ("indexes/__init__.py", "indexes/contract.py", "indexes/_shared.py", "sources/arxiv.py"):
        method_file(tmp_path, "", name)
    assert [(one.room, one.name) for one in methods(tmp_path)] == [
        ("indexes", "a"),
        ("indexes", "z"),
        ("retrieval", "b"),
    ]
