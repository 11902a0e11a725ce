"""The page of attacks names tests that exist, are collected and are not skipped, and covers every kind of attack."""

from __future__ import annotations

import ast
import re

import pytest

from tests.community import test_closing, test_sending_killed, test_voting_hard
from tests.docs.blocks import ROOT

TEXT, _, KILLS = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8").partition("## Processes that are killed")
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and "`" in line.rpartition(" | ")[2]
]
NAMES = sorted(set(re.findall(r"`([\w/]+::\w+)`", TEXT + KILLS)))
COVERED = (
    "CSRF", "XSS through titles", "XSS through comments", "XSS through Markdown", "XSS through math",
    "XSS through SVG pictures", "host header", "open redirect", "session fixation", "token guessing", "timing",
    "invitation abuse", "vote replay", "header injection in mail", "SSRF by links", "SSRF by webhooks",
    "SSRF by OIDC discovery", "path traversal", "image bombs", "zip bombs", "mass sign-up",
)  # fmt: skip


@pytest.mark.parametrize("attack", COVERED)
def test_the_attack_is_in_the_table(attack: str) -> None:
    assert any(row[0].startswith(attack) for row in ROWS)


def test_every_row_says_what_holds_the_attack_and_names_tests() -> None:
    assert len(ROWS) > 45
    for row in ROWS:
        assert len(row) == 3, row
        assert row[1], row
        assert re.fullmatch(r"`[\w/]+::\w+`(, `[\w/]+::\w+`)*", row[2]), row


@pytest.mark.parametrize("name", NAMES)
def test_a_named_test_is_one(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / "tests" / f"{path}.py").read_text(encoding="utf-8"))
    [found] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    marks = {part for mark in found.decorator_list for part in ast.unparse(mark).replace("(", ".").split(".")}
    assert not marks & {"skip", "skipif", "xfail"}, "it does not run everywhere"


def test_more_than_two_hundred_processes_are_killed() -> None:
    kills = [test_voting_hard.KILLS, test_closing.KILLS, test_sending_killed.KILLS]
    assert [int(number) for number in re.findall(r" \| (\d+) \| ", KILLS)] == kills
    assert sum(kills) >= 200
